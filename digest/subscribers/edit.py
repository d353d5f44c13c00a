"""The operator's changes to a subscriber file: pure edits of its text; `disk.py` writes it.

An edit touches its own row. Everything else stays byte for byte: order, quotes, columns of the
operator's own, comments, line ends.
"""

from collections.abc import Mapping, Sequence
from itertools import zip_longest

from digest.errors import InputError
from digest.subscribers.address import is_of, parse_address
from digest.subscribers.fields import quoted, with_fields
from digest.subscribers.file import clean_name
from digest.subscribers.formulas import FORMULA
from digest.subscribers.subscriber import Subscriber
from digest.subscribers.table import Header, RawRow, read_table, split_lines


def add_row(text: str, subscriber: Subscriber, where: str = "the subscriber file") -> str:
    """Return `text` with a row for `subscriber` at its end.

    Raises InputError when the address can't be used or has a row already, when the file has no column
    for something the subscriber has, or when a quote left open above would swallow the row.
    """
    lines = split_lines(text)
    header, rows = read_table(lines, where)
    values, canonical = _values(subscriber, where)
    before = list(rows)
    for row in before:
        if _is_of(row, header, canonical):
            raise InputError(f"{where}:{row.start + 1}: {values['email']} has this row already")
    placed = _placed(values, header, where)
    fields = [placed.get(place, "") for place in range(header.width)]
    end = line_end(lines[0])
    joint = "" if text.endswith(("\n", "\r")) else end
    added = text + joint + ",".join(map(quoted, fields)) + end
    _expect_rows(added, [*(row.fields for row in before), fields], before, where)
    return added


def change_row(
    text: str, canonical: str, changes: Mapping[str, str], where: str = "the subscriber file"
) -> tuple[str, int]:
    """Return `text` with other values in the row of a canonical address, and the row's 1-based line.

    `changes` are values by column, "" to clear it. The row's other fields keep their very bytes. Where an address
    has several rows the first holds, so it is the one that changes. Raises InputError when there is no such row that
    can be read, or no column for a value.
    """
    lines = split_lines(text)
    header, rows = read_table(lines, where)
    placed = _placed(changes, header, where)
    before = list(rows)
    at = _place_of(before, header, canonical, where)
    row = before[at]
    new = {place: value for place, value in placed.items() if row.fields[place].strip() != value}
    written = with_fields("".join(lines[row.start : row.end]), new)
    changed = "".join([*lines[: row.start], written, *lines[row.end :]])
    fields = [new.get(place, field) for place, field in enumerate(row.fields)]
    _expect_rows(changed, [one.fields if one is not row else fields for one in before], before, where)
    return changed, row.start + 1


def remove_row(text: str, canonical: str, where: str = "the subscriber file") -> tuple[str, int]:
    """Return `text` without the rows of the canonical address, and the 1-based line of the first.

    A duplicate goes too, or removing somebody would leave them on the list. Raises InputError when
    there is no such row.
    """
    lines = split_lines(text)
    header, rows = read_table(lines, where)
    gone: list[RawRow] = []
    kept: list[RawRow] = []
    for row in rows:
        (gone if _is_of(row, header, canonical) else kept).append(row)
    if not gone:
        raise InputError(f"{where}: {canonical} has no row here")
    for row in reversed(gone):
        del lines[row.start : row.end]
    without = "".join(lines)
    _expect_rows(without, [row.fields for row in kept], kept, where)
    return without, gone[0].start + 1


def _values(subscriber: Subscriber, where: str) -> tuple[dict[str, str], str]:
    """Return what a subscriber's row holds by column, and their canonical address."""
    try:
        address = parse_address(subscriber.email)
    except ValueError as error:
        raise InputError(f"{where}: {error}") from None
    email = address.address
    if email.startswith(FORMULA):
        raise InputError(f"{where}: {email} begins like a formula, which a spreadsheet would run; it is not added")
    values = {
        "email": email,
        "name": clean_name(subscriber.name),
        "topics": " ".join(subscriber.topics),
        "frequency": subscriber.frequency or "",
        "timezone": subscriber.timezone or "",
        "language": subscriber.language or "",
    }
    return values, address.canonical


def _placed(values: Mapping[str, str], header: Header, where: str) -> dict[int, str]:
    """Return values by the place of their column."""
    for name, value in values.items():
        if value and name not in header.columns:
            raise InputError(f"{where}: has no column {name!r} to hold {value!r}; add it to the header and every row")
    return {header.columns[name]: value for name, value in values.items() if name in header.columns}


def _place_of(rows: Sequence[RawRow], header: Header, canonical: str, where: str) -> int:
    """Return the place of the first row of an address that has all its fields."""
    theirs = [place for place, row in enumerate(rows) if _is_of(row, header, canonical)]
    if not theirs:
        raise InputError(f"{where}: {canonical} has no row here")
    whole = [place for place in theirs if len(rows[place].fields) == header.width]
    if not whole:
        row = rows[theirs[0]]
        raise InputError(
            f"{where}:{row.start + 1}: has {len(row.fields)} fields where the header has {header.width};"
            " mend the row before it is changed"
        )
    return whole[0]


def line_end(line: str) -> str:
    """Return what a line ends with; a line feed where it is the last one and has no end."""
    return line[len(line.rstrip("\r\n")) :] or "\n"


def _is_of(row: RawRow, header: Header, canonical: str) -> bool:
    index = header.columns["email"]
    return index < len(row.fields) and is_of(row.fields[index], canonical)


def _expect_rows(text: str, rows: Sequence[Sequence[str]], known: Sequence[RawRow], where: str) -> None:
    """Make sure that an edit changed no other row: beside a quote that was left open, it could."""
    _, now = read_table(split_lines(text), where)
    if all(one is not None and two is not None and _alike(one.fields, two) for one, two in zip_longest(now, rows)):
        return
    line = next((row.start + 1 for row in known if row.reason), None)
    place = where if line is None else f"{where}:{line}"
    raise InputError(f"{place}: close the quote that is left open before the file is changed")


def _alike(one: Sequence[str], two: Sequence[str]) -> bool:
    # A row with a quote in it is read without the spaces before its fields.
    return list(one) == list(two) or [field.strip() for field in one] == [field.strip() for field in two]
