import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.foreign.dialect import find_dialect
from digest.subscribers.table import Window, first_row, rows, split_lines

ROWS = [
    ["Email Address", "First Name", "Notes, and more", "Joined"],
    ["ada@example.org", "Ada", "likes; semicolons | and, commas", "2026-01-01"],
    ["kurt@example.net", 'Kurt "K" Gödel', "", "2026-01-02"],
    ["emmy@example.com", "Emmy", "two\nlines", "2026-01-03"],
]


def written(table: list[list[str]], separator: str, quote: str = '"', quoting: int = csv.QUOTE_MINIMAL) -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=separator, quotechar=quote, quoting=quoting).writerows(table)
    return out.getvalue()


def read(text: str) -> list[list[str]]:
    lines = split_lines(text)
    dialect, window = find_dialect(lines[:200]), Window(lines)
    header = first_row(window, dialect)
    return [list(header.fields), *(list(row.fields) for row in rows(window, (), dialect))]


@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_separator_and_quotes_are_found(separator, quoting):
    assert read(written(ROWS, separator, '"', quoting)) == ROWS


def test_single_quotes_are_found_where_all_is_quoted_so():
    table = [["email", "name"], ["ada@example.org", "Lovelace, Ada"]]
    assert read(written(table, ",", "'", csv.QUOTE_ALL)) == table


def test_an_apostrophe_is_no_quote():
    table = [["email", "name"], ["pat@example.org", "Pat O'Brien"], ["kim@example.org", "'t Hooft"]]
    assert read(written(table, ",")) == table


def test_one_column_is_csv():
    assert find_dialect(["email\n", "ada@example.org\n"]) == (",", '"')
    assert find_dialect([]) == (",", '"')


def test_commas_in_names_do_not_make_a_table_of_tabs_one_of_commas():
    text = "email\tname, full\nada@example.org\tLovelace, Ada\nkurt@example.net\tGödel, Kurt\n"
    assert find_dialect(split_lines(text)).separator == "\t"


field = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0", exclude_categories=["Cs", "Cc"]), max_size=12)


@given(
    st.sampled_from(",;\t|"),
    st.lists(st.tuples(field, field), min_size=1, max_size=8),
)
def test_what_a_spreadsheet_writes_is_read_as_it_was(separator, found):
    table = [["email", "name", "note"], *([f"r{n}@example.org", *rest] for n, rest in enumerate(found))]
    as_read = read(written(table, separator, '"', csv.QUOTE_ALL))
    assert [[one.strip() for one in row] for row in as_read] == [[one.strip() for one in row] for row in table]
