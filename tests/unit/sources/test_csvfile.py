"""Tables by the names of their columns, however they are separated and quoted."""

import csv
import io
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.sources.csvfile import parse_csv

HEADER = "Title,Abstract,Authors,arXiv ID,DOI,Published at,upvotes,Venue"


def told(parsed):
    return [(problem.line, problem.reason, problem.refused) for problem in parsed.problems]


def titles(parsed):
    return [paper.title for paper in parsed.papers]


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_full_row(delimiter, newline):
    row = [
        "Small, Tiny; Models",
        'We\nshow "it".',
        "Ada Example; Bo Sample",
        "2611.00001v2",
        "10.1000/A",
        "2026-11-20",
        "7",
    ]
    table = io.StringIO()
    csv.writer(table, delimiter=delimiter, lineterminator=newline).writerows([HEADER.split(","), [*row, "Hall 1"]])
    parsed = parse_csv("\ufeff" + table.getvalue(), "a.csv")
    assert parsed.problems == ()
    (paper,) = parsed.papers
    assert (paper.title, paper.abstract) == ("Small, Tiny; Models", 'We show "it".')
    assert paper.authors == ("Ada Example", "Bo Sample")
    assert (paper.id, paper.version, paper.other_ids) == ("arxiv:2611.00001", 2, ("doi:10.1000/a",))
    assert (paper.published, paper.signals.upvotes) == (date(2026, 11, 20), 7)
    assert (paper.source, paper.position, paper.extra) == ("file", None, {"Venue": "Hall 1"})


def test_what_a_reference_manager_writes():
    text = (
        "Key,Publication Year,Author,Title,Abstract Note,Url,Manual Tags\n"
        'A1,2026,"Example, Ada; Sample, Bo",T1,We show.,https://example.org/1,a; b\n'
    )
    (paper,) = parse_csv(text, "a.csv").papers
    assert (paper.authors, paper.abstract) == (("Example, Ada", "Sample, Bo"), "We show.")
    assert (paper.links.paper, paper.keywords) == ("https://example.org/1", ("a", "b"))
    assert paper.extra == {"Key": "A1", "Publication Year": "2026"}


def test_bad_rows_cost_only_themselves():
    lines = [
        "title,abstract,upvotes",
        "One,We show.,many",
        "",
        " , ,",
        'Two,"not closed,3',
        'Three,"closed" late,3',
        "Four,a,b,c",
        "?!,,",
        "one,again,",
        "Five",
        'Six,"over\ntwo lines",6',
        "Seven,,7",
    ]
    parsed = parse_csv("\n".join(lines) + "\n", "a.csv")
    assert titles(parsed) == ["One", "Five", "Six", "Seven"]
    assert [paper.signals.upvotes for paper in parsed.papers] == [None, None, 6, 7]
    assert [(line, refused) for line, _, refused in told(parsed)] == [
        (2, False),
        (5, True),
        (6, True),
        (7, True),
        (8, True),
        (9, True),
    ]
    assert parsed.problems[3].reason == "4 fields under 3 columns; is a quote missing?"
    assert parsed.problems[5].reason.startswith("the paper of line 2 again")


def test_a_forgotten_quote_swallows_nothing():
    rows = [f"Paper {number},a" for number in range(150)]
    text = "\n".join(["title,abstract", 'First,"not closed', *rows, 'Last,b"'])
    parsed = parse_csv(text, "a.csv")
    assert titles(parsed) == [*(f"Paper {number}" for number in range(150)), "Last"]
    assert [(line, refused) for line, _, refused in told(parsed)] == [(2, True)]


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("", None, "the file is empty; expected a header"),
        ("\n \n", None, "the file is empty; expected a header"),
        ("name,year\nx,y\n", 1, 'the header has no column "title"; found name, year'),
        ("title,x,title\n", 1, 'the header has the column "title" twice'),
        ("title,abstract,summary,Abstract\n", 1, 'the header has the column "abstract" twice'),
        ('"title,x\n', 1, "this row can't be read: unexpected end of data"),
        ("title,abstract\n", None, "no papers below the header"),
        ("title," + ",".join(f"c{n}" for n in range(300)) + "\n", 1, "a header of 301 columns; expected 200 at most"),
    ],
)
def test_files_that_are_no_table(text, line, says):
    parsed = parse_csv(text, "a.csv")
    assert parsed.papers == ()
    (problem,) = parsed.problems
    assert (problem.line, problem.refused) == (line, True)
    assert problem.reason.startswith(says)


CELLS = st.text(alphabet=st.characters(exclude_categories=("Cs",), exclude_characters="\x00"), max_size=10)


@given(st.lists(st.tuples(CELLS, CELLS, CELLS), max_size=6), st.sampled_from(",;\t"))
def test_every_row_is_a_paper_or_a_problem(rows, delimiter):
    table = io.StringIO()
    csv.writer(table, delimiter=delimiter).writerows([("title", "abstract", "x"), *rows])
    parsed = parse_csv(table.getvalue(), "a.csv")
    count = sum(any(cell.strip() for cell in row) for row in rows)
    assert len(parsed.papers) + sum(problem.refused for problem in parsed.problems) == count or count == 0


@given(st.text() | st.text(alphabet='title,;\t"\n\r x'))
def test_no_text_breaks_it(text):
    for begin in ("", "title,abstract\n"):
        parsed = parse_csv(begin + text, "a.csv")
        assert parsed.papers or parsed.problems
        assert all("\n" not in str(problem) for problem in parsed.problems)
