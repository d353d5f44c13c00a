"""The file of an import: opened, understood, and read row by row."""

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from io import TextIOWrapper
from itertools import chain, islice
from pathlib import Path
from typing import BinaryIO, TextIO

from digest.errors import InputError
from digest.foreign.dialect import SAMPLE_LINES, find_dialect
from digest.foreign.encoding import Encoding, find_encoding
from digest.foreign.jsonfile import JsonRow, as_row, objects_in_array, objects_in_lines
from digest.foreign.layout import Layout, layout_of
from digest.subscribers.address import parse_address
from digest.subscribers.table import Dialect, RawRow, Window, first_row, rows

_CHUNK = 1 << 20
_LONGEST_LINE = 1_000_000
"""Characters of a line that are read at a time: a file without line ends is not held whole."""

_MOST_COLUMNS = 1_000

_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}


@dataclass(frozen=True, slots=True)
class Source:
    """A file that was understood. `dialect` is None for JSON; `rows` reads them, once each time it is called."""

    file: str
    encoding: Encoding
    dialect: Dialect | None
    layout: Layout
    rows: Callable[[], Iterator[RawRow]]

    @property
    def described(self) -> str:
        """How the file was understood, in a line."""
        program = self.layout.program
        kind = f"an export of {program.name}" if program.marks else "a table of subscribers"
        if self.dialect is None:
            form = "JSON"
        else:
            quotes = ", quoted with '" if self.dialect.quote == "'" else ""
            form = f"separated by {_SEPARATORS[self.dialect.separator]}{quotes}"
        return f"{kind}, {self.encoding.name}, {form}"


@contextmanager
def opened_source(path: Path, asked: Mapping[str, str]) -> Iterator[Source]:
    """Open the file at `path`, "-" for standard input, as it is to be read.

    `asked` names, by ours, columns that the operator wants taken. Raises InputError when the file can't be read or
    understood; what is wrong with single rows is no error.
    """
    with _opened(path) as file:
        try:
            source = _understood(file, _name(path), asked)
        except InputError as error:
            raise InputError(f"{path}: {error}") from None
        yield source


def _name(path: Path) -> str:
    """Return the name of a file as it can be stored: bytes in it that are not UTF-8 become question marks."""
    return "standard input" if str(path) == "-" else path.name.encode("utf-8", "replace").decode()


def _opened(path: Path) -> BinaryIO:
    try:
        if str(path) == "-":
            spool = tempfile.TemporaryFile()  # noqa: SIM115
            shutil.copyfileobj(sys.stdin.buffer, spool)  # it is read more than once
            spool.flush()
            return spool
        if path.is_fifo():  # to open one waits until somebody writes
            raise InputError(f"{path}: a pipe; expected a file, or - for standard input")
        return path.open("rb")
    except OSError as error:
        reason = "there is no such file" if isinstance(error, FileNotFoundError) else error.strerror
        raise InputError(f"{path}: {reason}") from None


def _understood(file: BinaryIO, name: str, asked: Mapping[str, str]) -> Source:
    encoding = find_encoding(_chunks(file))
    text = partial(_text, file, encoding)
    sample = list(islice(_lines(text()), SAMPLE_LINES))
    begin = next((line.strip("\ufeff \t\r\n") for line in sample if line.strip("\ufeff \t\r\n")), "")
    if not begin:
        raise InputError("the file is empty")
    if begin[0] in "[{":
        return _json(text, begin, name, encoding, asked)
    dialect = find_dialect(sample)
    header = first_row(Window(sample), dialect)
    if header is None or header.reason:
        raise InputError("the header can't be read" + (f": {header.reason}" if header else ""))
    bare = len(header.fields) == 1 and _is_address(header.fields[0])
    names = ("email",) if bare else header.fields
    shown = [row.fields for row in _rows(iter(sample), dialect, (), bare)]
    layout = layout_of(names, asked, name, shown)
    used = tuple(layout.taken.values())
    return Source(name, encoding, dialect, layout, lambda: _rows(_lines(text()), dialect, used, bare))


def _json(text: Callable[[], TextIO], begin: str, name: str, encoding: Encoding, asked: Mapping[str, str]) -> Source:
    if begin.startswith("{") and not _is_object(begin):
        raise InputError("the first line is no whole JSON object; expected an object a line, or one array of objects")

    def objects() -> Iterator[JsonRow]:
        if begin.startswith("["):
            return objects_in_array(iter(partial(text().read, _CHUNK), ""))
        return objects_in_lines(_lines(text()))

    # A key may come late and say that somebody left, so all objects are asked.
    names = list(islice(dict.fromkeys(chain.from_iterable(row.value for row in objects())), _MOST_COLUMNS))
    sample = [as_row(row, names).fields for row in islice(objects(), SAMPLE_LINES)]
    layout = layout_of(names, asked, name, sample)
    return Source(name, encoding, None, layout, lambda: (as_row(row, layout.names) for row in objects()))


def _rows(lines: Iterator[str], dialect: Dialect, used: tuple[int, ...], bare: bool) -> Iterator[RawRow]:
    window = Window(lines)
    header = first_row(window, dialect)
    # In a list of addresses alone the first one is a row like the others.
    return chain([header] if bare and header else [], rows(window, used, dialect))


def _reading(file: BinaryIO) -> BinaryIO:
    """Return another reading of an open file, from its beginning; it doesn't close the file."""
    os.lseek(file.fileno(), 0, os.SEEK_SET)
    return open(file.fileno(), "rb", closefd=False)


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    return iter(partial(_reading(file).read, _CHUNK), b"")


def _text(file: BinaryIO, encoding: Encoding) -> TextIO:
    errors = "surrogateescape" if encoding.codec.startswith("utf-8") else "replace"
    return TextIOWrapper(_reading(file), encoding=encoding.codec, errors=errors, newline="")


def _lines(text: TextIO) -> Iterator[str]:
    return iter(partial(text.readline, _LONGEST_LINE), "")


def _is_address(text: str) -> bool:
    try:
        parse_address(text)
    except ValueError:
        return False
    return True


def _is_object(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False
