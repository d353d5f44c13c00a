"""The subscriber whose message the preview shows: a row of the list's file, which may have a million."""

from functools import lru_cache
from itertools import islice
from pathlib import Path

from digest.errors import InputError
from digest.site import MailingList, Site
from digest.subscribers.address import parse_address
from digest.subscribers.edit import read_lines
from digest.subscribers.file import RowProblem, SubscriberRow, find_row, written_addresses

OFFERED = 50
"""How many addresses are offered; any other can be typed."""

_NAMED = 3
"""How many addresses are named that hold what was typed."""


def first_addresses(site: Site, mailing_list: MailingList) -> tuple[str, ...]:
    """Return the first addresses of a list's subscriber file, as far as there is one that can be read."""
    path = site.subscriber_file(mailing_list)
    try:
        return tuple(islice(written_addresses(read_lines(path), str(path)), OFFERED))
    except InputError:
        return ()


def row_of(site: Site, mailing_list: MailingList, written: str) -> SubscriberRow:
    """Return the row of a subscriber. Raises InputError when they have none, or one that can't be used."""
    path = site.subscriber_file(mailing_list)
    try:
        canonical = parse_address(written).canonical
    except ValueError:
        canonical = written.strip().casefold()
    topics = tuple(topic.id for topic in site.topics(mailing_list))
    found = _found(path, _signature(path), topics, canonical)
    if found is None:
        raise InputError(f"list {mailing_list.name} has no subscriber {written[:80]!r}{_near(path, canonical)}")
    if isinstance(found, RowProblem):
        raise InputError(f"{path}:{found.line}: {found.reason}")
    return found


def _signature(path: Path) -> tuple[int, ...]:
    """Return what changes when a file is written. Raises InputError when it can't be read."""
    try:
        stat = path.stat()
    except OSError as error:
        raise InputError(f"{path}: can't be read: {error.strerror}") from None
    return stat.st_ino, stat.st_size, stat.st_mtime_ns


@lru_cache(maxsize=64)  # a page, its frames and each reload ask for the same row, and a million take a second
def _found(
    path: Path,
    signature: tuple[int, ...],  # noqa: ARG001 (a file that was written is another one)
    topics: tuple[str, ...],
    canonical: str,
) -> SubscriberRow | RowProblem | None:
    return find_row(read_lines(path), str(path), topics, canonical)


def _near(path: Path, typed: str) -> str:
    """Name some addresses that hold what was typed, so that a part of one is enough to find it."""
    holding = (one for one in written_addresses(read_lines(path), str(path)) if typed in one.casefold())
    near = list(islice(holding, _NAMED))
    return f"; did you mean {' or '.join(near)}?" if near else f" in {path}"
