"""The papers page saved as text loads whatever was done to it, and says what it could not use."""

import textwrap
from datetime import date
from itertools import cycle
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import InputError
from digest.papers.ids import local_id
from digest.papers.latex import legible
from digest.sources.layout import Line, pieces
from digest.sources.page import page_day, parse_page

SEED = (Path(__file__).parents[3] / "seeds" / "seed-page.txt").read_text(encoding="utf-8")
LINES = [line for line in SEED.split("\n") if line.strip()][5:]
PAIRS = list(zip(LINES[::2], LINES[1::2], strict=True))
HEADER = "new\n\nGet trending papers in your email inbox!\n\nSubscribe\n\nbyAK and the research community\n\n"
A = "We study small things and show that they matter. Experiments on three tasks confirm it; code is open."
B = "Large things are studied less often than they should be. This paper closes the gap with a simple method."


def page(*blocks, head=HEADER + "Mar 12"):
    return "\n\n".join([head, *blocks]) + "\n"


def load(text, year=2025):
    return parse_page(text, "page.txt", year)


def pairs(parsed):
    return [(paper.title, paper.abstract) for paper in parsed.papers]


def told(parsed):
    return [(problem.line, problem.refused) for problem in parsed.problems]


def test_the_seed_page():
    parsed = load(SEED)
    assert parsed.problems == ()
    assert pairs(parsed) == [(legible(title), legible(" ".join(abstract.split()))) for title, abstract in PAIRS]
    assert len(parsed.papers) == 46
    first = parsed.papers[0]
    assert (first.source, first.position, first.published) == ("page", 1, date(2025, 3, 12))
    assert first.id == local_id("page", PAIRS[0][0])
    assert [paper.position for paper in parsed.papers] == list(range(1, 47))


@pytest.mark.parametrize(("width", "hyphens"), [(60, False), (72, True), (100, True)])
def test_the_seed_page_wrapped(width, hyphens):
    wrap = textwrap.TextWrapper(width, break_long_words=False, break_on_hyphens=hyphens)
    parsed = load("\n\n".join(wrap.fill(block) for block in SEED.split("\n\n")))
    assert parsed.problems == ()
    assert pairs(parsed) == pairs(load(SEED))


def test_the_seed_page_with_lines_broken_at_will():
    def broken(block):
        words, widths, lines = block.split(), cycle([70, 45, 90, 60, 81, 52]), []
        while words:
            wrap = textwrap.TextWrapper(next(widths), break_long_words=False, break_on_hyphens=False)
            lines.append(wrap.wrap(" ".join(words))[0])
            words = words[len(lines[-1].split()) :]
        return "\n".join(lines)

    parsed = load("\n\n".join(broken(block) for block in SEED.split("\n\n")))
    assert parsed.problems == ()
    assert pairs(parsed) == pairs(load(SEED))


def test_the_seed_page_without_blank_lines_between_title_and_abstract():
    parsed = load(page(*(f"{title}\n{abstract}" for title, abstract in PAIRS)))
    assert parsed.problems == ()
    assert pairs(parsed) == pairs(load(SEED))


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("\n", "\r"),
        lambda text: "\ufeff" + text,
        lambda text: text.replace("\n\n", "\n\x0c\n"),
        lambda text: text.replace("\n\n", "\n \u00a0\n\n\n"),
        lambda text: text.rstrip(),
    ],
)
def test_other_line_ends_and_blanks(change):
    parsed = load(change(SEED))
    assert parsed.problems == ()
    assert pairs(parsed) == pairs(load(SEED))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Mar 12", (3, 12, None)),
        ("March 3", (3, 3, None)),
        ("3 Mar", (3, 3, None)),
        ("3rd of March", (3, 3, None)),
        ("Sept. 9", (9, 9, None)),
        ("Wednesday, Mar 12", (3, 12, None)),
        ("Mar 12, 2025", (3, 12, 2025)),
        ("12 March 2025", (3, 12, 2025)),
        ("2025-03-12", (3, 12, 2025)),
        ("Feb 29", (2, 29, None)),
    ],
)
def test_days(line, expected):
    text = page("A Small Title", A, head=HEADER + line)
    day = page_day(text)
    assert day is not None
    assert (day.month, day.day, day.year, day.line, day.text) == (*expected, 9, line)
    month, number, year = expected
    parsed = load(text, year=year or 2024)
    assert parsed.papers[0].published == date(year or 2024, month, number)
    assert parsed.problems == ()


@pytest.mark.parametrize("line", ["March", "Mar 45", "May we see", "12", "Marvel 3"])
def test_what_is_no_day(line):
    assert page_day(page("A Small Title", A, head=line)) is None


def test_a_day_without_a_year_asks_for_one():
    with pytest.raises(InputError, match=r"^page\.txt:9: the page says \"Mar 12\" but no year; add --year") as caught:
        load(SEED, year=None)
    assert "\n" not in str(caught.value)
    assert load(page("A Small Title", A, head="Mar 12, 2025"), year=None).papers[0].published == date(2025, 3, 12)


def test_a_page_without_a_day_needs_no_year():
    parsed = load(page("A Small Title", A, head=HEADER.strip()), year=None)
    assert pairs(parsed) == [("A Small Title", A)]
    assert (parsed.papers[0].published, parsed.problems) == (None, ())


@pytest.mark.parametrize(("line", "year"), [("Feb 29", 2025), ("Feb 30", 2024), ("Jun 31, 2025", None)])
def test_a_day_that_does_not_exist_is_told(line, year):
    parsed = load(page("A Small Title", A, head=HEADER + line), year)
    assert [paper.published for paper in parsed.papers] == [None]
    assert told(parsed) == [(9, False)]


def test_the_pages_own_year_wins_and_it_is_told():
    parsed = load(page("A Small Title", A, head="Mar 12, 2025"), year=2024)
    assert parsed.papers[0].published == date(2025, 3, 12)
    assert "--year 2024 was not used" in parsed.problems[0].reason


def test_no_header_at_all():
    parsed = load(f"A Small Title\n\n{A}\n\nA Large Title\n\n{B}\n", year=None)
    assert pairs(parsed) == [("A Small Title", A), ("A Large Title", B)]
    assert parsed.problems == ()


def test_unknown_header_lines_are_told():
    parsed = load(page("A Small Title", A, head="Old news!\n\nSubscribe\nBy somebody else\n\nMar 12"))
    assert pairs(parsed) == [("A Small Title", A)]
    assert told(parsed) == [(1, False), (4, False)]
    assert parsed.problems[0].reason == 'header line not known, skipped: "Old news!"'


def test_a_title_without_an_abstract_loads():
    parsed = load(page("A Small Title", A, "A Title Alone Here", "A Large Title", B, "One More Last Title"))
    assert pairs(parsed) == [
        ("A Small Title", A),
        ("A Title Alone Here", ""),
        ("A Large Title", B),
        ("One More Last Title", ""),
    ]
    assert told(parsed) == [(15, False), (21, False)]
    assert str(parsed.problems[0]) == 'page.txt:15: a title without an abstract: "A Title Alone Here"'


def test_an_abstract_without_a_title_costs_only_itself():
    parsed = load(page(B, "A Small Title", A, B, "A Large Title", B))
    assert pairs(parsed) == [("A Small Title", A), ("A Large Title", B)]
    assert told(parsed) == [(11, True), (17, True)]


def test_a_title_twice():
    parsed = load(page("A Small Title", A, "A small title!", B, "A Large Title", B))
    assert pairs(parsed) == [("A Small Title", A), ("A Large Title", B)]
    assert told(parsed) == [(15, True)]
    assert "the title of line 11 again" in parsed.problems[0].reason


def test_lines_that_belong_to_no_paper_are_told():
    parsed = load(page("A Small Title", A, "120", "Mar 11", "A Large Title", B))
    assert pairs(parsed) == [("A Small Title", A), ("A Large Title", B)]
    assert told(parsed) == [(15, False), (17, False)]


@pytest.mark.parametrize("text", ["", "\ufeff", "\n \n\x0c\n", "\x00"])
def test_an_empty_file(text):
    parsed = load(text)
    assert parsed.papers == ()
    assert [str(problem) for problem in parsed.problems] == [
        "page.txt: the file is empty; expected titles and abstracts"
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("email,name\na@example.org,A\nb@example.org,B\n" * 1000, "this is no papers page"),
        ("<!doctype html>\n<html><body>\n<p>Papers</p></html>", "this looks like HTML"),
        ("buy milk\n", "this is no papers page"),
    ],
)
def test_another_kind_of_file(text, says):
    parsed = load(text)
    assert parsed.papers == ()
    assert len(parsed.problems) == 1
    assert parsed.problems[0].refused
    assert says in parsed.problems[0].reason


def test_an_abstract_that_swallowed_another_is_told():
    parsed = load(page("A Small Title", " ".join([A] * 40)))
    assert told(parsed) == [(11, False)]
    assert "is a blank line missing" in parsed.problems[0].reason


NOUNS = [
    "Models",
    "Robots",
    "Graphs",
    "Tokens",
    "Scenes",
    "Speech",
    "Proteins",
    "Benchmarks",
    "Policies",
    "Kernels",
]
VERBS = ["improve", "explain", "compress", "reconstruct", "align", "predict", "retrieve", "transform"]
CLAUSES = [
    "existing methods need much data",
    "the cost of training grows with its size",
    "a simple rule is enough on most tasks",
    "our approach outperforms strong baselines (by 3.5 points)",
    "errors remain where annotations are noisy, e.g. in long documents",
    "we release code and models",
]
title_words = st.lists(st.sampled_from(NOUNS + [verb.title() for verb in VERBS]), min_size=3, max_size=9)
titles = st.builds(
    lambda words, name, end: f"{name}: {' '.join(words)}{end}",
    title_words,
    st.sampled_from(["FOO", "BarNet", "On the Way", "Why"]),
    st.sampled_from(["", "", "?", " with Less"]),
)
sentence = st.builds(
    lambda noun, verb, clause: f"{noun} {verb} what we know, but {clause}.",
    st.sampled_from(NOUNS),
    st.sampled_from(VERBS),
    st.sampled_from(CLAUSES),
)
abstracts = st.lists(sentence, min_size=2, max_size=8).map(" ".join)
DAMAGE = ["none", "none", "no abstract", "no title", "wrapped", "glued", "twice"]
entries = st.lists(
    st.tuples(titles, abstracts, st.sampled_from(DAMAGE), st.integers(50, 100)),
    min_size=3,
    max_size=12,
    unique_by=lambda entry: local_id("page", entry[0]),
)


def _damaged(entries):
    """Return the lines of a page with this damage, the pairs it must give, and the lines to be told."""
    lines, expected, problems = ["Mar 12", ""], [], []
    before = "none"
    for title, abstract, damage, width in entries:
        if damage == "no title" and before == "no abstract":  # nobody could tell: title, foreign abstract
            damage = "none"  # noqa: PLW2901
        at = len(lines) + 1
        if damage == "no title":
            problems.append((at, True))
        else:
            expected.append((title, "" if damage == "no abstract" else abstract))
        if damage == "no abstract":
            problems.append((at, False))
        blocks = {
            "no abstract": [title],
            "no title": [abstract],
            "wrapped": ["\n".join(textwrap.wrap(part, width)) for part in (title, abstract)],
            "glued": [f"{title}\n{abstract}"],
            "twice": [title, abstract, title, abstract],
        }.get(damage, [title, abstract])
        if damage == "twice":
            problems.append((at + 4, True))
        lines += "\n\n".join([*blocks, ""]).split("\n")[:-1]
        before = damage
    return lines, expected, problems


@given(entries, st.sampled_from(["\n", "\r\n"]), st.sampled_from(["", "\ufeff"]))
def test_each_damage_costs_only_itself_and_is_told_at_its_line(entries, newline, mark):
    lines, expected, problems = _damaged(entries)
    parsed = load(mark + newline.join(lines))
    assert pairs(parsed) == expected
    assert told(parsed) == problems


@given(st.text(alphabet=st.sampled_from(list("aB .\n\r\x0c\x00Mar 12\ud800"))) | st.text())
def test_no_text_breaks_it(text):
    parsed = load(text)
    assert all(paper.title and "\n" not in paper.title + paper.abstract for paper in parsed.papers)
    assert parsed.papers or parsed.problems


def test_a_block_that_is_no_page_takes_time_in_proportion_to_its_lines():
    class Counted(list[Line]):
        copied = 0

        def __getitem__(self, place):
            found = super().__getitem__(place)
            Counted.copied += len(found) if isinstance(place, slice) else 0
            return found

    block = Counted(Line(number, f"line {number}") for number in range(1, 5_001))
    assert len(pieces([block])) == 1
    assert Counted.copied < 10 * len(block)
