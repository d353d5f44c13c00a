"""The table in a subscriber file: lines → header and rows of fields, read as a stream.

CSV (RFC 4180) below a header; a row may run over several lines. At most `MAX_LINES` are held at a time,
so a file of any length takes the same memory. Files of other programs are read by the same rules, in their dialects.
"""

import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from itertools import islice
from typing import NamedTuple

from digest.errors import InputError

FIELDS = ("email", "name", "topics", "frequency", "timezone", "language")
HEADER = ",".join(FIELDS)

MAX_LINES = 100
"""Most lines that one row may run over. It bounds what a forgotten closing quote can swallow."""

QUOTES = "a quote is not closed, or text follows a closed one; a quote inside a field is written twice"


class Dialect(NamedTuple):
    """How the fields of a row are written: what stands between two, and around one that holds such a thing."""

    separator: str = ","
    quote: str = '"'


CSV = Dialect()


@dataclass(frozen=True, slots=True)
class Header:
    """How many fields a row has, where ours stand among them, and what all columns are called."""

    width: int
    columns: Mapping[str, int]
    names: tuple[str, ...] = ()


class RawRow(NamedTuple):
    """A row as it is written: lines `start` to `end` (exclusive, 0-based), and its fields.

    `reason` is "" unless the row can't be read at all; `fields` is empty then, and `text` its first line.
    """

    start: int
    end: int
    fields: Sequence[str]
    reason: str = ""
    text: str = ""


def split_lines(text: str) -> list[str]:
    r"""Return the lines of `text` with their ends: \n, \r\n or \r and nothing else, as csv counts them."""
    return list(StringIO(text, newline=""))


def read_table(lines: Iterable[str], where: str) -> tuple[Header, Iterator[RawRow]]:
    """Return the header of a subscriber file and its rows, to be walked through once.

    `lines` come with their ends; `where` is the file's name in errors. Blank lines and rows of empty
    fields are not rows. Raises InputError at once when there is no header, or one without `email`.
    """
    window = Window(lines)
    header = _header(window, where)
    return header, rows(window, header.columns.values())


class Window:
    """Lines to be taken one by one, with a look at those that follow; `taken` counts them."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._source = iter(lines)
        self._ahead: deque[str] = deque()
        self.taken = 0

    def take(self) -> str | None:
        """Return the next line, None at the end."""
        line = self._ahead.popleft() if self._ahead else next(self._source, None)
        if line is not None:
            self.taken += 1
        return line

    def from_line(self, line: str) -> list[str]:
        """Return the line just taken and those that could belong to its row."""
        self._ahead.extend(islice(self._source, MAX_LINES - 1 - len(self._ahead)))
        return [line, *self._ahead]

    def skip(self, count: int) -> None:
        """Take lines and let them go."""
        for _ in range(count):
            self.take()


def first_row(window: Window, dialect: Dialect = CSV) -> RawRow | None:
    """Take the row that stands first below comments and blank lines: the header. None when there is none."""
    line = window.take()
    while line is not None and _above_header(line):
        line = window.take()
    if line is None:
        return None
    raw = _read_row(line.removeprefix("\ufeff"), window, dialect)  # before a quote, the mark would make it a letter
    window.skip(raw.end - raw.start - 1)
    return raw


def _header(window: Window, where: str) -> Header:
    raw = first_row(window)
    if raw is None:
        raise InputError(f"{where}: is empty; expected the header line: {HEADER}")
    names = [field.strip().lower() for field in raw.fields]
    columns = {name: index for index, name in enumerate(names) if name in FIELDS}
    if "email" not in columns or len(columns) < sum(name in FIELDS for name in names):
        raise InputError(f"{where}:{raw.start + 1}: {_header_reason(names, raw)}")
    return Header(len(names), columns, tuple(names))


def _above_header(line: str) -> bool:
    # A spreadsheet puts quotes around a comment that has a comma.
    return line.lstrip("\ufeff \t").startswith(("#", '"#')) or not line.strip("\ufeff \t\r\n,;|")


def _header_reason(names: Sequence[str], raw: RawRow) -> str:
    line = raw.text or ",".join(names)
    if "\0" in line:
        return "holds NUL bytes, as UTF-16 does; save the file as CSV in UTF-8"
    if "email" in names:
        twice = next(name for name in FIELDS if names.count(name) > 1)
        return f"the header has the column {twice!r} twice"
    if "@" in line:
        wanted = ",".join(FIELDS[: len(names)]) if len(names) <= len(FIELDS) else HEADER
        return f"expected a header and found an address; add this line above it: {wanted}"
    if raw.reason:
        return f"the header can't be read: {raw.reason}"
    if "email" in re.split(r"[;\t]", line.strip("\ufeff \r\n").lower()):
        return f"the header's columns must be separated by commas: {HEADER}"
    return f"the header has no column 'email'; expected {HEADER} (only email is needed)"


def rows(window: Window, ours: Iterable[int], dialect: Dialect = CSV) -> Iterator[RawRow]:
    """Yield the rows that follow; `ours` are the columns in which no address stands behind a line break."""
    ours = tuple(ours)
    while (line := window.take()) is not None:
        row = _read_row(line, window, dialect)
        if row.end > row.start + 1:
            if _swallowed(row, ours):
                # Go on with the line below its first.
                row = RawRow(row.start, row.start + 1, (), QUOTES, line)
            window.skip(row.end - row.start - 1)
        if row.reason or "".join(row.fields).strip():
            yield row


def _read_row(line: str, window: Window, dialect: Dialect) -> RawRow:
    """Return the row that begins with `line`, just taken; the lines it runs on to stay in the window."""
    start = window.taken - 1
    if line.startswith("#"):
        return RawRow(start, start + 1, (), "starts with #; comments stand above the header", line)
    quotes = line.count(dialect.quote)
    if not quotes:
        return RawRow(start, start + 1, line.rstrip("\r\n").split(dialect.separator))
    # With an even number of quotes a row ends in its line, nearly always.
    alone = _parsed([line], start, dialect) if quotes % 2 == 0 else None
    if alone is not None and not alone.reason:
        return alone
    return _parsed(window.from_line(line), start, dialect)


def _parsed(lines: list[str], start: int, dialect: Dialect) -> RawRow:
    # Each row has a reader of its own: after a broken row we go on with the line below its first.
    separator, quote = dialect
    reader = csv.reader(lines, delimiter=separator, quotechar=quote, strict=True, skipinitialspace=True)
    try:
        fields = next(reader)
    except csv.Error as error:
        return RawRow(start, start + 1, (), str(error) if "limit" in str(error) else QUOTES, lines[0])
    return RawRow(start, start + reader.line_num, fields)


def _swallowed(row: RawRow, ours: Iterable[int]) -> bool:
    """Tell whether one of our fields took in rows below: a quote left open that a later one closed."""
    found = (row.fields[index] for index in ours if index < len(row.fields))
    return any("@" in field and ("\n" in field or "\r" in field) for field in found)
