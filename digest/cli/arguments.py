"""Arguments and options that several commands share, and how they are read."""

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast
from zoneinfo import ZoneInfo

import typer

from digest.errors import InputError, meant

if TYPE_CHECKING:
    from digest.config.settings import Frequency
    from digest.issues.issue import IssueKey
    from digest.site import MailingList, Site

ListName = Annotated[str, typer.Argument(metavar="LIST", help="A list's name, as in digest.toml.")]
PaperName = Annotated[
    str, typer.Argument(metavar="PAPER", help="An id or address, the beginning of an id, or words of the title.")
]
FrequencyOption = Annotated[
    str | None,
    typer.Option("--frequency", "-f", help="daily or weekly; else the list's own.", show_default=False),
]
DateOption = Annotated[
    str | None,
    typer.Option("--date", "-d", metavar="YYYY-MM-DD", help="The issue's day; else today in the list's timezone."),
]
IssueName = Annotated[
    str,
    typer.Argument(metavar="ISSUE", help="LIST, LIST/PERIOD or LIST/FREQUENCY/PERIOD; LIST alone is its newest."),
]


def opened(context: typer.Context) -> "Site":
    """Open the site that --site names. Raises ConfigError."""
    from digest.site import Site

    root = context.obj
    assert isinstance(root, Path)
    return Site.open(root)


def frequency_of(mailing_list: "MailingList", given: str | None) -> "Frequency":
    """Return the frequency that was asked for, or the list's own. Raises InputError."""
    if given is None:
        return mailing_list.table.frequency
    if given not in ("daily", "weekly"):
        raise InputError(f"--frequency {given}: expected daily or weekly")
    return cast("Frequency", given)


def day_of(mailing_list: "MailingList", given: str | None, now: datetime) -> date:
    """Return the day that was asked for, or the list's today. Raises InputError."""
    if given is None:
        return now.astimezone(ZoneInfo(mailing_list.table.timezone)).date()
    try:
        return date.fromisoformat(given)
    except ValueError:
        raise InputError(f"--date {given}: expected a day such as 2026-11-24") from None


def topics_of(site: "Site", mailing_list: "MailingList", given: str) -> tuple[str, ...]:
    """Return the topic ids that were asked for. Raises InputError for one that the list doesn't have."""
    known = [topic.id for topic in site.topics(mailing_list)]
    for topic in given.split():
        if topic not in known:
            hint = meant(topic, known, f"topics: {', '.join(known)}")
            raise InputError(f"--topics: list {mailing_list.name} has no topic {topic!r}; {hint}")
    return tuple(given.split())


def issue_key(site: "Site", name: str) -> "tuple[MailingList, IssueKey]":
    """Return the list and key that an ISSUE argument names. Raises InputError."""
    from digest.issues.issue import IssueKey
    from digest.issues.period import parse_period

    list_name, _, rest = name.partition("/")
    mailing_list = _list_by_name_or_id(site, list_name)
    if not rest:
        return mailing_list, _newest(site, mailing_list)
    period = rest.rpartition("/")[2]
    span = parse_period(period)
    if rest not in (period, f"{span.frequency}/{period}"):
        raise InputError(f"{name}: {period} is a period of {span.frequency} issues; name it {list_name}/{period}")
    return mailing_list, IssueKey(mailing_list.id, span.frequency, period)


def stored_issue(site: "Site", name: str) -> tuple[int, str]:
    """Return the row id and the key of the issue that an ISSUE argument names. Raises InputError where it is none."""
    from digest import pipeline
    from digest.store.database import reading

    _, key = issue_key(site, name)
    with reading(site.store).begin() as connection:
        return pipeline.existing(connection, key).id, str(key)


def _list_by_name_or_id(site: "Site", name: str) -> "MailingList":
    by_id = [one for one in site.lists if one.id == name]
    return by_id[0] if by_id else site.list(name)


def _newest(site: "Site", mailing_list: "MailingList") -> "IssueKey":
    from digest.store import issues

    with site.store.begin() as connection:
        found = issues.recent(connection, mailing_list.id, limit=1)
    if not found:
        raise InputError(
            f"list {mailing_list.name} has no issue yet; `digest issue build {mailing_list.name}` makes one"
        )
    return found[0].key
