import csv
import re
import tracemalloc
from collections.abc import Iterator
from io import StringIO
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import InputError
from digest.resources import shipped
from digest.subscribers.file import (
    MAX_NAME,
    RowProblem,
    SubscriberFile,
    SubscriberRow,
    clean_name,
    find_row,
    parse_subscribers,
    read_rows,
    written_addresses,
)
from digest.subscribers.subscriber import Subscriber
from digest.subscribers.table import FIELDS, HEADER

TOPICS = ("language-models", "robotics")


def parse(text: str) -> SubscriberFile:
    return parse_subscribers(text, "daily.csv", TOPICS)


def emails(text: str) -> list[str]:
    return [row.subscriber.email for row in parse(text).rows]


def only_problem(text: str) -> RowProblem:
    (problem,) = parse(text).problems
    return problem


def test_a_full_row() -> None:
    (row,) = parse(
        f"{HEADER}\nAda@Example.org,Ada Lovelace,robotics;language-models|robotics,Weekly,Europe/London,pt-br\n"
    ).rows
    assert row.line == 2
    assert row.address.canonical == "ada@example.org"
    assert row.subscriber == Subscriber(
        "Ada@example.org", "Ada Lovelace", ("robotics", "language-models"), "weekly", "Europe/London", "pt-BR"
    )


def test_an_empty_field_means_what_the_list_has() -> None:
    (row,) = parse(f"{HEADER}\nada@example.org,,,,,\n").rows
    assert row.subscriber == Subscriber("ada@example.org")


def test_columns_in_any_order_with_others_between_and_in_any_case() -> None:
    (row,) = parse("Notes, NAME ,e,Email\nlikes tea, Ada ,x, ada@example.org \n").rows
    assert row.subscriber == Subscriber("ada@example.org", "Ada")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("header", ["email,name", '"email","name"'])
def test_byte_order_mark_line_ends_comments_and_blank_lines(end: str, mark: str, header: str) -> None:
    lines = [header, "", "ada@example.org,Ada", ",", "  ", "emmy@example.org,Emmy"]
    assert emails(mark + end.join(lines)) == ["ada@example.org", "emmy@example.org"]
    commented = ["# our readers, since 1843", '"# quoted, by a spreadsheet"', "", *lines]
    found = parse(mark + end.join(commented) + end)
    assert [row.line for row in found.rows] == [6, 9]
    assert found.problems == ()


def test_lines_are_counted_through_fields_of_several_lines() -> None:
    text = 'email,notes\nada@example.org,"one\ntwo\r\nthree"\nnobody,x\nemmy@example.org,"say ""hi"""\n'
    found = parse(text)
    assert [row.line for row in found.rows] == [2, 6]
    assert [problem.line for problem in found.problems] == [5]


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("ada.example.org,,,,,", "@-sign"),
        ("Ada <ada@example.org>,,,,,", "without name and angle brackets"),
        (",Ada,,,,", "the address is empty"),
        ("ada@example.org,,robotic,,,", "'robotic' is not declared; did you mean 'robotics'?"),
        ("ada@example.org,,chess,,,", "known: language-models, robotics"),
        ("ada@example.org,,,monthly,,", "'monthly' is neither daily nor weekly"),
        ("ada@example.org,,,,Mars/Base,", "'Mars/Base' is no IANA timezone"),
        ("ada@example.org,,,,../../etc/passwd,", "is no IANA timezone"),
        ("ada@example.org,,,,Europe,", "is no IANA timezone"),
        ("ada@example.org,,,,,german", "'german' is no language tag"),
        ("ada@example.org,,,,,de_DE", "'de_DE' is no language tag"),
        ("ada@example.org,Ada", "has 2 fields where the header has 6; a field with a comma"),
        ("ada@example.org,Lovelace, Ada,,,,", "has 7 fields"),
        ("ada@example.org,A\0da,,,,", "NUL byte"),
        ('ada@example.org,"Ada,,,,', "a quote is not closed"),
        ('ada@example.org,"Ada"x,,,,', "a quote is not closed"),
        ("#ada@example.org,,,,,", "comments stand above the header"),
        ("Emmy@Example.org,,,,,", "the same address as in line 2"),
    ],
)
def test_a_bad_row_costs_only_itself_and_says_why(row: str, says: str) -> None:
    found = parse(f"{HEADER}\nemmy@example.org,,,,,\n{row}\nkurt@example.org,,,,,\n")
    assert [r.line for r in found.rows] == [2, 4]
    (problem,) = found.problems
    assert problem.line == 3
    assert problem.refused
    assert says in problem.reason
    assert str(problem).isprintable()


def test_a_duplicate_of_a_refused_row_is_no_duplicate() -> None:
    found = parse("email,frequency\nada@example.org,monthly\nada@example.org,weekly\n")
    assert [row.line for row in found.rows] == [3]
    assert [problem.line for problem in found.problems] == [2]


def test_the_same_mailbox_under_two_spellings_of_its_domain_is_one() -> None:
    problem = only_problem("email\nkurt@gödel.example.org\nKURT@xn--gdel-5qa.example.org\n")
    assert (problem.line, problem.email) == (3, "KURT@xn--gdel-5qa.example.org")


@pytest.mark.parametrize("opened", ["ada@example.org,'\",x", 'ada@example.org,"Ada', '"ada@example.org,Ada', 'x","'])
def test_a_quote_left_open_swallows_nobody(opened: str) -> None:
    rows = "".join(f"reader{i}@example.org,Reader\n" for i in range(200))
    found = parse(f"email,name\n{opened}\n{rows}")
    assert len(found.rows) == 200
    assert [problem.line for problem in found.problems] == [2]


@pytest.mark.parametrize(
    ("header", "rows"),
    [(header, rows) for header in ("email,name", "name,email", "email,topics") for rows in (1, 150)]
    + [("email,notes", 150)],  # one row could be a note of two lines
)
def test_a_quote_left_open_and_closed_far_below_swallows_nobody(header: str, rows: int) -> None:
    row = "robotics,reader{}@example.org\n" if header == "name,email" else "reader{}@example.org,robotics\n"
    between = "".join(row.format(number) for number in range(rows))
    found = parse(f"{header}\n" + row.format("A").replace("rob", '"rob') + between + 'x,y"\n')
    assert [r.subscriber.email for r in found.rows] == [f"reader{number}@example.org" for number in range(rows)]
    assert [problem.line for problem in found.problems] == [2, rows + 3]


def test_a_quote_left_open_that_a_later_one_closes_names_its_line() -> None:
    found = parse('email,name\nada@example.org,"Ada\nemmy@example.org,"Emmy"\nkurt@example.org,Kurt\n')
    assert [row.line for row in found.rows] == [3, 4]
    assert [problem.line for problem in found.problems] == [2]


def test_a_row_that_ran_on_says_how_far() -> None:
    problem = only_problem('email,notes\nada@example.org,"tea\nemmy@example.org",x\n')
    assert "(the row runs to line 3)" in problem.reason


def test_a_name_that_is_not_utf8_is_left_out_and_its_reader_is_not() -> None:
    text = "email,name\njose@example.org,José\n".encode("latin-1").decode("utf-8", "surrogateescape")
    found = parse(text)
    assert found.rows[0].subscriber == Subscriber("jose@example.org")
    (problem,) = found.problems
    assert not problem.refused
    assert "not UTF-8" in problem.reason


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("", "", "is empty; expected the header line: email,name"),
        ("# nothing yet\n\n", "", "is empty"),
        ("name,topics\nAda,robotics\n", ":1", "no column 'email'"),
        ("# ours\nada@example.org\nemmy@example.org\n", ":2", "add this line above it: email"),
        ("ada@example.org,Ada\n", ":1", "add this line above it: email,name"),
        ("email;name\nada@example.org;Ada\n", ":1", "separated by commas"),
        ("email,name,email\n", ":1", "'email' twice"),
        ("email,name,Name\n", ":1", "'name' twice"),
        ('email,"name\n', ":1", "can't be read"),
        ("e\0m\0a\0i\0l\0", ":1", "UTF-16"),
    ],
)
def test_without_a_header_one_line_says_what_to_add(text: str, line: str, says: str) -> None:
    with pytest.raises(InputError) as error:
        parse(text)
    assert str(error.value).startswith(f"daily.csv{line}: ")
    assert says in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("  Ada \t Lovelace\r\nBcc: x ", "Ada Lovelace Bcc: x"),
        ("A\x00d\x1ba\x7f", "Ada"),
        ("Ada\u202egro.elpmaxe", "Adagro.elpmaxe"),
        ("Go\u0308del", "Gödel"),
        ("A\udce9da", "Ada"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("x" * 500, "x" * MAX_NAME),
    ],
)
def test_a_name_is_one_clean_line(name: str, clean: str) -> None:
    assert clean_name(name) == clean


@given(st.text())
def test_a_clean_name_stays_as_it_is(text: str) -> None:
    name = clean_name(text)
    assert clean_name(name) == name
    assert len(name) <= MAX_NAME
    assert not re.search("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]", name)


STRUCTURE = [",", "\n", "\r\n", "\r", '"', '""', "#", "\0", "\ufeff", " ", ";", "\u2028", "\x1c", "\udce9"]
WORDS = ["email", "name", "timezone", "ada@example.org", "x@", "Europe/Berlin", "robotics"]
FRAGMENTS = st.sampled_from([*STRUCTURE, *WORDS])


@given(st.lists(FRAGMENTS, max_size=30).map("".join) | st.text(max_size=60))
def test_no_text_is_too_odd_to_be_reported(tail: str) -> None:
    for text in (tail, HEADER + "\n" + tail, "email\n" + tail):
        try:
            found = parse(text)
        except InputError as error:
            assert "\n" not in str(error)
            continue
        lines = len(list(StringIO(text, newline="")))
        taken = [row.line for row in found.rows] + [p.line for p in found.problems if p.refused]
        assert len(set(taken)) == len(taken)
        assert all(1 <= line <= lines for line in taken)


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[str], list[list[str]]]:
    """A header in any order with columns of the operator's own, and rows of any text in those."""
    extra = draw(st.lists(st.from_regex(r"[a-z]{7,9}", fullmatch=True), unique=True, max_size=3))
    header = draw(st.permutations([*FIELDS, *(e for e in extra if e not in FIELDS)]))
    good = {"topics": "robotics", "frequency": "daily", "timezone": "Asia/Tokyo", "language": "en"}
    text = st.text(st.characters(exclude_characters="\0@", exclude_categories=["Cs"]), max_size=8)
    rows = []
    for number in range(draw(st.integers(0, 5))):
        values = {**good, "email": f"reader{number}@example.org"}
        row = [values[c] if c in values else draw(text) for c in header]
        if not row[0].startswith("#"):
            rows.append(row)
    return header, rows


# With line ends of \n, Python 3.11 leaves a \r inside a field without quotes, so those rows get all of them.
DIALECTS = [("\r\n", csv.QUOTE_MINIMAL), ("\r\n", csv.QUOTE_ALL), ("\n", csv.QUOTE_ALL)]


@given(tables(), st.sampled_from(DIALECTS))
def test_whatever_a_csv_writer_writes_is_read(
    table: tuple[list[str], list[list[str]]], dialect: tuple[str, Literal[0, 1]]
) -> None:
    header, rows = table
    end, quoting = dialect
    file = StringIO(newline="")
    csv.writer(file, lineterminator=end, quoting=quoting).writerows([header, *rows])
    found = parse(file.getvalue())
    assert found.problems == ()
    assert [r.subscriber.email for r in found.rows] == [row[header.index("email")] for row in rows]
    assert [r.subscriber.name for r in found.rows] == [clean_name(row[header.index("name")]) for row in rows]


@pytest.mark.parametrize(("name", "count"), [("daily.csv", 6), ("weekly.csv", 4)])
def test_the_sample_lists_have_no_problem_and_mail_nobody_real(name: str, count: int) -> None:
    text = (shipped("subscribers") / name).read_text("utf-8")
    found = parse_subscribers(text, name, TOPICS)
    assert found.problems == ()
    assert len(found.rows) == count
    assert all(re.search(r"@example\.(org|com|net)$", row.subscriber.email) for row in found.rows)


def test_ten_times_the_rows_take_no_more_memory() -> None:
    def lines(count: int) -> Iterator[str]:
        yield "email,name,notes\n"
        for number in range(count):
            yield f'reader{number}@example.org,Reader {number},"likes\n'
            yield 'tea"\n'

    def peak(count: int) -> int:
        tracemalloc.start()
        try:
            assert sum(1 for _ in read_rows(lines(count), "daily.csv", TOPICS)) == count
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(10)  # what is cached for good
    assert peak(10_000) < 1.25 * peak(1_000)


def test_a_stream_says_who_comes_twice_as_often_as_they_come() -> None:
    found = list(read_rows(["email\n", "ada@example.org\n", "bad\n", "ADA@example.org\n"], "daily.csv", ()))
    assert [one.line for one in found] == [2, 3, 4]
    assert [isinstance(one, RowProblem) for one in found] == [False, True, False]


FOUND = """# who gets it
name,email,topics
Ada, Ada@Example.org ,robotics
Umlaut,mia@bücher.example,
Twice,ada@example.org,
Bad,bad@example.org,gardening
Broken,broken
,,
No address,nobody,
"""


def found(canonical: str) -> SubscriberRow | RowProblem | None:
    return find_row(FOUND.splitlines(keepends=True), "daily.csv", TOPICS, canonical)


def test_one_subscribers_row_is_the_one_that_holds() -> None:
    row = found("ada@example.org")
    assert row == parse(FOUND).rows[0]
    assert isinstance(row, SubscriberRow)
    assert (row.line, row.subscriber.name) == (3, "Ada")
    umlaut = found("mia@xn--bcher-kva.example")
    assert isinstance(umlaut, SubscriberRow)
    assert umlaut.line == 4


def test_one_subscribers_row_may_be_wrong_or_none() -> None:
    problem = found("bad@example.org")
    assert isinstance(problem, RowProblem)
    assert problem == parse(FOUND).problems[1]
    assert found("eve@example.org") is None
    with pytest.raises(InputError):
        find_row(["ada@example.org"], "daily.csv", TOPICS, "ada@example.org")


def test_addresses_are_as_they_are_written() -> None:
    written = written_addresses(FOUND.splitlines(keepends=True), "daily.csv")
    assert [*written] == ["Ada@Example.org", "mia@bücher.example", "ada@example.org", "bad@example.org"]
