"""BibTeX: an entry a paper, TeX left alone, braces of protection gone."""

import time
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.sources.bibtex import parse_bibtex, unbraced

FULL = r"""
@string{small = "Journal of Small Models"}
% a remark
@article{example2026,
  title = {{BERT} and {Deep} \"Uber {$x_{1}$} Models},
  author = "Example, Ada and {The Team, Inc} and G{\"o}del, Kurt and van Sample, Jr, Bo and Cy Test and others",
  year = 2026, month = nov,
  abstract = {We show it:
    50\% more.},
  doi = {10.1000/a\_1},
  eprint = {2611.00001v2}, archivePrefix = {arXiv}, primaryClass = {cs.CL},
  keywords = {small models, distillation; more},
  url = {\url{https://example.org/a\_b}},
  journal = small
}
"""


def told(parsed):
    return [(problem.line, problem.reason, problem.refused) for problem in parsed.problems]


def test_a_full_entry():
    parsed = parse_bibtex(FULL, "a.bib")
    assert parsed.problems == ()
    (paper,) = parsed.papers
    assert (paper.id, paper.version, paper.other_ids) == ("arxiv:2611.00001", 2, ("doi:10.1000/a_1",))
    assert paper.title == "BERT and Deep Über x₁ Models"
    assert paper.abstract == r"We show it: 50% more."
    assert paper.authors == ("Ada Example", "The Team, Inc", "Kurt Gödel", "Bo van Sample, Jr", "Cy Test")
    assert paper.published == date(2026, 11, 1)
    assert (paper.categories, paper.keywords) == (("cs.CL",), ("small models", "distillation", "more"))
    assert (paper.links.paper, paper.source, paper.position) == ("https://example.org/a_b", "file", None)
    assert paper.extra == {
        "year": "2026",
        "journal": "Journal of Small Models",
        "entry_type": "article",
        "key": "example2026",
    }


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("year = 2026, month = mar", date(2026, 3, 1)),
        ("year = 2026, month = {March}", date(2026, 3, 1)),
        ("year = 2026, month = 3", date(2026, 3, 1)),
        ("date = {2026-03-05}", date(2026, 3, 5)),
        ("date = {2026-03}", date(2026, 3, 1)),
        ("year = 2026", None),
        ("date = {2026}", None),
        ("year = {to appear}, month = mar", None),
    ],
)
def test_dates(fields, expected):
    parsed = parse_bibtex(f"@misc{{k, title = {{One}}, {fields}}}", "a.bib")
    assert (parsed.papers[0].published, parsed.problems) == (expected, ())


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("journal = {arXiv preprint arXiv:2611.00001}", "arxiv:2611.00001"),
        ("journal = {CoRR}, volume = {abs/2611.00001}", "arxiv:2611.00001"),
        ("eprint = {math/0309136}, eprinttype = {arXiv}", "arxiv:math/0309136"),
        ("eprint = {12345}, eprinttype = {pubmed}, doi = {https://doi.org/10.1000/A}", "doi:10.1000/a"),
    ],
)
def test_where_ids_stand(fields, expected):
    assert parse_bibtex(f"@misc{{k, title = {{One}}, {fields}}}", "a.bib").papers[0].id == expected


def test_bad_entries_cost_only_themselves():
    text = r"""@misc{a, title = {One}}
@misc{broken, title = {not closed, year = 2026
@misc{b, title = "Two", title = "Twice", author = "Example, Ada"}
@misc{a, title = {Three}}
@misc{c, author = {Nobody}}
@misc{d, title = {one}}
@misc{e, title = {Four}
"""
    parsed = parse_bibtex(text, "a.bib")
    assert [paper.title for paper in parsed.papers] == ["One", "Two", "Three"]
    assert parsed.papers[1].authors == ("Ada Example",)
    assert [(line, refused) for line, _, refused in told(parsed)] == [
        (2, True),
        (3, False),
        (5, True),
        (6, True),
        (7, True),
    ]
    assert parsed.problems[0].reason.startswith("this entry can't be read: Unexpected block start: `@misc`")
    assert parsed.problems[1].reason == "twice in it: title; the first was kept"


@pytest.mark.parametrize("text", ["", "A page of text.\n", "@comment{nothing}", "@string{a = {b}}"])
def test_files_without_entries(text):
    parsed = parse_bibtex(text, "a.bib")
    assert [problem.refused for problem in parsed.problems] == [True]
    assert "no entries in it" in parsed.problems[0].reason


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{BERT} {{A}}nd", "BERT And"),
        (r"$x_{1}^{{2}}$ {and} x_{1}", "$x_{1}^{{2}}$ and x_{1}"),
        (r"\emph{a} \frac{a}{b}{c}", r"\emph{a} \frac{a}{b}{c}"),
        (r"{\"o} \"{o} \'{\i} {\bf X}", r"{\"o} \"{o} \'{\i} {\bf X}"),
        (r"\{a\} {b}", r"\{a\} b"),
        ("{open", "{open"),
        ("a}{b}", "a}{b}"),
        ("", ""),
    ],
)
def test_braces_of_protection(text, expected):
    assert unbraced(text) == expected


@given(st.text(alphabet=r"{}$\ab^_ "))
def test_only_braces_go(text):
    assert unbraced(text).replace("{", "").replace("}", "") == text.replace("{", "").replace("}", "")


TITLES = st.text(alphabet=st.characters(categories=("L", "Nd", "Zs")), max_size=10)


@given(st.lists(TITLES, max_size=6))
def test_every_entry_is_a_paper_or_a_problem(titles):
    text = "\n".join(f"@misc{{k{number}, title = {{{title}}}}}" for number, title in enumerate(titles))
    parsed = parse_bibtex(text, "a.bib")
    assert len(parsed.papers) + sum(problem.refused for problem in parsed.problems) == max(len(titles), 1)


@given(st.text() | st.text(alphabet='@{}="#,\\ \nmisctle'))
def test_no_text_breaks_it(text):
    for begin in ("", "@misc{k, title = {One}, author = {"):
        parsed = parse_bibtex(begin + text, "a.bib")
        assert parsed.papers or parsed.problems
        assert all("\n" not in str(problem) for problem in parsed.problems)


@pytest.mark.parametrize("authors", ["A," * 50_000, "{," * 20_000 + "}" * 20_000, "A and " * 20_000])
def test_a_huge_field_takes_no_huge_time(authors):
    start = time.perf_counter()
    parse_bibtex(f"@misc{{k, title = {{One}}, author = {{{authors}}}}}", "a.bib")
    assert time.perf_counter() - start < 10
