"""Files of people who must not be mailed: every form that is read, and every row that isn't."""

import csv
import io
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import InputError
from digest.subscribers.file import RowProblem
from digest.subscribers.suppressed import COLUMNS, Entry, read_entries

HEADER = "who,key,scope,reason,date,source"


def read(text: str) -> list[Entry | RowProblem]:
    return list(read_entries(io.StringIO(text, newline=""), "left.csv"))


def entries(text: str) -> list[Entry]:
    found = read(text)
    assert all(isinstance(one, Entry) for one in found), found
    return [one for one in found if isinstance(one, Entry)]


def problems(text: str) -> list[str]:
    return [str(one) for one in read(text) if isinstance(one, RowProblem)]


def test_an_address_or_a_domain_a_line() -> None:
    found = entries("# left in 2024\nAda@Example.org\n\nexample.net\n@bücher.example.com\n")
    assert [(one.line, one.address and one.address.canonical, one.domain) for one in found] == [
        (2, "ada@example.org", ""),
        (4, None, "example.net"),
        (5, None, "xn--bcher-kva.example.com"),
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_table_in_any_of_three_dialects(delimiter: str) -> None:
    row = ["ada@example.org", "", "daily", "left", "2024-05-01", '"one click, or two"']
    (found,) = entries("\ufeff" + delimiter.join(HEADER.split(",")) + "\r\n" + delimiter.join(row) + "\r\n")
    assert found.address is not None
    assert (found.line, found.scope, found.reason, found.source) == (2, "daily", "left", "one click, or two")
    assert found.at == datetime(2024, 5, 1, tzinfo=UTC)


@pytest.mark.parametrize("name", ["email", "E-Mail", "Email Address", "address", "who"])
def test_the_column_of_addresses_may_have_other_names_and_all_others_may_be_missing(name: str) -> None:
    (found,) = entries(f"{name},First Name\nada@example.org,Ada\n")
    assert found.address is not None
    assert (found.scope, found.reason, found.at, found.key, found.source) == ("", "", None, "", "")


def test_comments_stand_above_a_header_and_below_it_an_address_may_begin_like_one() -> None:
    (found,) = entries("# ours\nemail\n#ada@example.org\n")
    assert found.address is not None
    assert found.address.address == "#ada@example.org"


def test_a_domain_beside_an_address_is_not_suppressed_with_it() -> None:
    (found,) = entries("email,domain\nada@example.org,example.org\n")
    assert found.domain == ""
    assert found.address is not None


def test_json_a_line() -> None:
    (found,) = entries('{"email": "ada@example.org", "List": "daily", "at": "2024-05-01T10:00:00+02:00", "n": 1}\n')
    assert found.scope == "daily"
    assert found.at == datetime(2024, 5, 1, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("ada@example.org\nnobody at all\n", "line 2: "),
        ("ada@example.org\nada@example\n", "line 2: "),
        (f"{HEADER}\nada@example.org,left\n", "line 2: has 2 fields where the header has 6"),
        (f'{HEADER}\n"ada@example.org,,,,,\n', "line 2: a quote is not closed"),
        (f"{HEADER}\n,,daily,left,,\n", "line 2: names nobody"),
        (f"{HEADER}\n,deadbeef,daily,left,,\n", "line 2: the key is neither"),
        ('{"who": "ada@example.org"}\n{"who": \n', "line 2: is no JSON"),
        ('{"who": "ada@example.org"}\n["ada@example.net"]\n', "line 2: is no JSON object"),
        ('{"who": "ada@example.org"}\n{"who": 5}\n', "line 2: names nobody"),
    ],
)
def test_a_bad_row_is_refused_with_its_line_and_costs_only_itself(text: str, says: str) -> None:
    found = problems(text + "\n")
    assert len(found) == 1
    assert found[0].startswith(says)


def test_a_date_that_cannot_be_read_costs_only_the_date() -> None:
    found, note = read("email,date\nada@example.org,yesterday\n")
    assert isinstance(found, Entry)
    assert found.at is None
    assert isinstance(note, RowProblem)
    assert not note.refused
    assert "'yesterday' is no date" in note.reason


def test_utf_16_is_said_in_words() -> None:
    with pytest.raises(InputError, match=r"left\.csv: holds NUL bytes.*save the file in UTF-8"):
        read("e\0m\0a\0i\0l\0\n")


def test_what_strangers_wrote_is_one_bounded_line() -> None:
    (found,) = entries("email,reason,source\nada@example.org," + "r" * 99 + ",a\x07b\u202ec\n")
    assert found.reason == "r" * 30
    assert found.source == "a b c"


@given(st.text(max_size=200))
def test_any_text_gives_entries_or_problems_and_no_exception(text: str) -> None:
    try:
        found = read(text)
    except InputError:
        return
    for one in found:
        assert isinstance(one, Entry | RowProblem)


printable = st.text(st.characters(blacklist_categories=("C", "Z")), max_size=30)


@given(reason=printable, source=printable)
def test_what_an_export_writes_is_read_back(reason: str, source: str) -> None:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerow(["", "0" * 32, "*", reason, "2024-05-01T10:00:00.123456+00:00", source])
    (found,) = entries(out.getvalue())
    assert (found.reason, found.source, found.key, found.scope) == (reason, source, "0" * 32, "*")
    assert found.at == datetime(2024, 5, 1, 10, microsecond=123456, tzinfo=UTC)
