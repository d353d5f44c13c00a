"""Files of people who must not be mailed: text → entries, and every row that can't be used with its line and reason.

A row is an address or a domain, in one of three forms: a line that holds nothing else; CSV (RFC 4180, also with
semicolons or tabs) under a header; or a JSON object a line. Only whom it is about is needed:

    who,key,scope,reason,date,source
    ada@example.org,,daily,left,2026-11-20,one click
    @example.net,,everywhere,by hand,2026-11-21T08:00:00+00:00,operator

`key` is what an export writes beside everybody, and alone for an address that isn't kept: somebody asked to be
forgotten.
"""

import csv
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from digest.errors import InputError
from digest.subscribers.address import Address, parse_address, parse_domain
from digest.subscribers.file import RowProblem
from digest.subscribers.formulas import unescaped

COLUMNS = ("who", "key", "scope", "reason", "date", "source")

MAX_REASON = 30
"""Longest reason in characters; the rest is cut."""

_MAX_SOURCE = 2_000
_NAMES = {
    "address": "who",
    "email": "who",
    "e-mail": "who",
    "email address": "who",
    "email_address": "who",
    "list": "scope",
    "at": "date",
    "since": "date",
}
_KEY = re.compile(r"[0-9a-f]{32}|@[a-z0-9.-]{1,253}")


@dataclass(frozen=True, slots=True)
class Entry:
    """A usable row: its `address`, else its `domain` (in A-labels), else its `key` says whom it is about.

    `key` is "" unless an export wrote the row; `scope` is as it is written, and `at` None where there is no date.
    """

    line: int
    address: Address | None
    domain: str
    key: str
    scope: str
    reason: str
    at: datetime | None
    source: str


def read_entries(lines: Iterable[str], where: str) -> Iterator[Entry | RowProblem]:
    """Yield the entries of a file and the problems with its other rows, as a stream in its order.

    `lines` come with their ends. A date that can't be read costs only the date: the row still keeps somebody from
    being mailed. Raises InputError where this is no such file.
    """
    split: Callable[[str], Mapping[str, str]] | None = None
    is_table = False
    for number, raw in enumerate(lines, start=1):
        line = raw.strip("\ufeff \r\n") if number == 1 else raw.strip(" \r\n")
        if not line or (line.startswith("#") and not is_table):  # in a table an address may begin so
            continue
        if split is None:
            if "\0" in line:
                raise InputError(f"{where}: holds NUL bytes, as UTF-16 does; save the file in UTF-8")
            split, is_table = _form(line)
            if is_table:
                continue
        try:
            yield from _entry(number, split(line))
        except ValueError as error:
            yield RowProblem(number, str(error), _shown(line))


def _form(line: str) -> tuple[Callable[[str], Mapping[str, str]], bool]:
    """Return what makes the values of a line, and whether this first one is a header."""
    if line.startswith("{"):
        return _of_json, False
    delimiter = next((one for one in "\t;" if one in line), ",")
    names = [_NAMES.get(name, name) for name in (cell.strip().lower() for cell in _cells(line, delimiter))]
    if "@" not in line and {"who", "domain", "key"} & set(names):
        return lambda text: _of_cells(_cells(text, delimiter), names), True
    return lambda text: {"who": text}, False


def _cells(line: str, delimiter: str) -> Sequence[str]:
    if '"' not in line:
        return line.split(delimiter)
    try:
        return next(csv.reader([line], delimiter=delimiter, strict=True))
    except csv.Error:
        raise ValueError("a quote is not closed, or text follows a closed one; a row is one line") from None


def _of_cells(cells: Sequence[str], names: Sequence[str]) -> Mapping[str, str]:
    if len(cells) != len(names):
        raise ValueError(f"has {len(cells)} fields where the header has {len(names)}; a comma in a field needs quotes")
    return dict(zip(names, map(unescaped, cells), strict=True))


def _of_json(line: str) -> Mapping[str, str]:
    try:
        found = json.loads(line)
    except ValueError:
        raise ValueError("is no JSON") from None
    if not isinstance(found, dict):
        raise ValueError("is no JSON object")  # noqa: TRY004 (like any other line that can't be used)
    return {_NAMES.get(name.lower(), name.lower()): value for name, value in found.items() if isinstance(value, str)}


def _entry(line: int, values: Mapping[str, str]) -> Iterator[Entry | RowProblem]:
    """Yield the entry of a row, and what of it is left out. Raises ValueError when it can't be used."""
    who, domain, key = (values.get(name, "").strip() for name in ("who", "domain", "key"))
    is_address = "@" in who.removeprefix("@")
    address = parse_address(who) if is_address else None
    domain = "" if is_address else (who or domain).removeprefix("@")
    if key and not _KEY.fullmatch(key):
        raise ValueError("the key is neither 32 hexadecimal digits nor a domain after an @")
    if not (address or domain or key):
        raise ValueError("names nobody; expected an address or a domain")
    text = values.get("date", "").strip()
    at = _moment(text)
    yield Entry(
        line=line,
        address=address,
        domain=parse_domain(domain) if domain else "",
        key=key,
        scope=values.get("scope", "").strip(),
        reason=_clean(values.get("reason", ""), MAX_REASON),
        at=at,
        source=_clean(values.get("source", ""), _MAX_SOURCE),
    )
    if text and at is None:
        reason = f"{text[:40]!r} is no date such as 2026-11-24; the row is taken as of now"
        yield RowProblem(line, reason, who, refused=False)


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found


def _clean(text: str, most: int) -> str:
    if not text.isprintable():
        text = "".join(c if c.isprintable() else " " for c in text)
    return text.strip()[:most]


def _shown(line: str) -> str:
    return _clean(line, 80)
