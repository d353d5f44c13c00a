"""Any edits of any file: the same as on a dict, and every line that isn't theirs stays byte for byte."""

from collections.abc import Callable

from hypothesis import example, given
from hypothesis import strategies as st

from digest.errors import InputError
from digest.subscribers.edit import add_row, change_row, remove_row
from digest.subscribers.file import clean_name, parse_subscribers
from digest.subscribers.subscriber import Subscriber
from digest.subscribers.table import RawRow, read_table, split_lines
from tests.unit.subscribers.oddfiles import READERS, TEXTS, OddFile, odd_files

NAMES = TEXTS.map(clean_name)
STEPS = st.lists(st.tuples(st.sampled_from(["add", "set", "remove"]), st.sampled_from(READERS), NAMES), max_size=8)

EDITS: dict[str, Callable[[str, str, str], str]] = {
    "add": lambda text, reader, name: add_row(text, Subscriber(reader, name)),
    "set": lambda text, reader, name: change_row(text, reader, {"name": name})[0],
    "remove": lambda text, reader, _name: remove_row(text, reader)[0],
}


@given(odd_files(), STEPS)
def test_any_edits_are_those_of_a_dict_and_leave_every_other_byte(
    file: OddFile, steps: list[tuple[str, str, str]]
) -> None:
    text = file.text
    assert names_in(text) == cleaned(file)
    for verb, reader, name in steps:
        model = {"add": file.add, "set": file.set, "remove": lambda reader, _name: file.remove(reader)}[verb]
        done = model(reader, name)
        try:
            text = EDITS[verb](text, reader, name)
        except InputError:
            assert not done
        else:
            assert done
        assert text == file.text
        assert names_in(text) == cleaned(file)


def names_in(text: str) -> dict[str, str]:
    return {row.address.canonical: row.subscriber.name for row in parse_subscribers(text, "x", ()).rows}


def cleaned(file: OddFile) -> dict[str, str]:
    return {reader: clean_name(name) for reader, name in file.names.items()}


LINES = st.lists(
    st.sampled_from(
        [
            "email,name\n",
            "name,email\r\n",
            '"',
            "\n",
            "\r",
            "#",
            "a,b\n",
            "ada@example.org",
            ",",
            "x\n",
            '"",',
            "@",
            " ",
        ]
    ),
    max_size=24,
).map("".join)


@given(st.sampled_from(["email,name\n", "\ufeffname,email,notes\r\n", "notes,email\r"]), LINES, NAMES)
@example("email,name\n", 'emmy@example.org,"tea\nada@example.org,x\n', "Ada")
def test_an_edit_of_whatever_can_be_read_touches_no_row_but_its_own(header: str, below: str, name: str) -> None:
    text = header + below
    before = rows_of(text)
    for verb, edit in EDITS.items():
        try:
            after = edit(text, "ada@example.org", name)
        except InputError as error:
            assert "\n" not in str(error)
            continue
        lines, now = split_lines(text), split_lines(after)
        columns, rows = read_table(lines, "x")
        hers = [row for row in rows if is_hers(row, columns.columns["email"])]
        if verb == "add":
            assert after.startswith(text)
            assert rows_of(after)[:-1] == before
        elif verb == "set":
            assert now[: hers[0].start] == lines[: hers[0].start]
            assert len(rows_of(after)) == len(before)
        else:
            gone = {number for row in hers for number in range(row.start, row.end)}
            assert after == "".join(line for number, line in enumerate(lines) if number not in gone)
            assert len(rows_of(after)) == len(before) - len(hers)


def is_hers(row: RawRow, place: int) -> bool:
    return [field.strip() for field in row.fields][place : place + 1] == ["ada@example.org"]


def rows_of(text: str) -> list[list[str]]:
    def fields(row: RawRow) -> list[str]:
        return [field.strip() for field in row.fields] or [row.reason]

    return [fields(row) for row in read_table(split_lines(text), "x")[1]]
