"""Who is invited to a list: the rows of its subscriber file, as a stream; and lists that have none."""

import logging
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Connection

from digest.errors import InputError
from digest.site import MailingList, Site
from digest.store import people, readers
from digest.subscribers.disk import read_lines
from digest.subscribers.file import RowProblem, SubscriberRow, read_rows
from digest.subscribers.table import HEADER

log = logging.getLogger(__name__)


def invited_rows(connection: Connection, site: Site, mailing_list: MailingList) -> Iterator[SubscriberRow | RowProblem]:
    """Return the rows of a list's subscriber file, and the problems with others, as a stream.

    None at all where the file is missing and all the list's readers signed up by themselves. Raises InputError where
    it is missing otherwise (a wrong path, a renamed list), or is no such file: an issue that went to a few would be
    finished, and the others had missed it.
    """
    path = site.subscriber_file(mailing_list)
    if not _has_text(path) and _needs_none(connection, mailing_list, path):
        return iter(())
    topics = [topic.id for topic in site.topics(mailing_list)]
    return read_rows(read_lines(path), str(path), topics)


def _has_text(path: Path) -> bool:
    try:
        return path.stat().st_size > 0
    except FileNotFoundError:
        return False
    except OSError:
        return True  # reading it will say why it can't be read


def _needs_none(connection: Connection, mailing_list: MailingList, path: Path) -> bool:
    """Tell whether a list does without a file: nobody named one, and nobody was invited by one. Raises InputError."""
    signed_up = readers.count_confirmed(connection, mailing_list.id)
    if mailing_list.table.subscribers is not None or not signed_up:
        return False
    if missed := people.invited_before(connection, mailing_list.id):
        raise InputError(
            f"{path}: is missing or empty, but the last issue of {mailing_list.name} went to {missed:,} who did not"
            f" sign up by themselves; restore it, or make one that has this header line alone: {HEADER}"
        )
    log.warning(
        "list %s has no subscriber file (%s): its issue goes to the %d who signed up by themselves",
        mailing_list.name, path, signed_up,
    )  # fmt: skip
    return True
