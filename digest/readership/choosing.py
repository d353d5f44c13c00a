"""What a reader chooses for themselves on one list: topics, frequency, timezone, language, a pause.

What they said goes before their row in the subscriber file, and that before the list. A choice is kept as far as it
differs from what holds without it, so that somebody who chose a timezone still follows the list in everything else. It
takes effect with the next plan: an issue that is under way goes out as it was planned.
"""

from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, cast, get_args
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from digest.config.settings import Frequency
from digest.errors import DigestError
from digest.issues.states import IssueState
from digest.readership.leaving import has_left
from digest.readership.lookup import Known, invitation, list_of
from digest.render.words import offered
from digest.schedule import next_send
from digest.site import MailingList, Site
from digest.store import issues, readers, suppressions
from digest.store.readers import Reader
from digest.subscribers.address import parse_address
from digest.subscribers.audience import Preferences
from digest.subscribers.subscriber import Subscriber
from digest.subscribers.zones import zone_of

LONGEST_PAUSE = timedelta(days=366)
"""Somebody who wants to hear nothing for longer is better off leaving."""

MOST_A_DAY = 50
"""Choices of one reader that are taken a day: each is recorded for good."""

CHOSE = "chose"
"""The kind of event that a choice is recorded as."""

_UNDER_WAY = (IssueState.SENDING, IssueState.PAUSED)
_LATELY = 10
"""Issues that are looked at for one that is under way: an older one has reached its deadline."""


class TooManyChoicesError(DigestError):
    """A reader chose something else more often today than anybody would."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What a reader wants. `topics` () are all of the list's, also those that come later."""

    topics: tuple[str, ...]
    frequency: str
    timezone: str
    language: str
    paused_until: date | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """How a known subscriber stands with a list of the settings, and what they get.

    `own` is what they or their row in the file say, None where neither does; `choice`, what holds. `left` tells whether
    they left; `barred`, whether nothing is sent to their address on any list. `today` is the day where they are,
    `next_at` when the next issue goes out (None where nobody said), in their timezone, and `under_way` tells whether
    one is being sent that was planned before.
    """

    who: Known
    mailing_list: MailingList
    name: str
    own: Preferences
    choice: Choice
    left: bool
    barred: bool
    today: date
    next_at: datetime | None
    under_way: bool

    @property
    def paused(self) -> bool:
        """Tell whether they get nothing for now."""
        return self.choice.paused_until is not None

    @property
    def last_day(self) -> date:
        """The last day that a pause may last until."""
        return self.today + LONGEST_PAUSE


def standing(connection: Connection, site: Site, who: Known, now: datetime) -> Standing | None:
    """Return how somebody stands; None where their list has left the settings, or their address is forgotten."""
    mailing_list = list_of(site, who.list_id)
    if mailing_list is None or not who.address:
        return None
    row = invitation(site, mailing_list, parse_address(who.address))
    invited = row.subscriber if row else Subscriber(who.address)
    own = (who.said.preferences if who.said else Preferences()).over(Preferences.of(invited))
    choice = _holding(site, mailing_list, own)
    zone = ZoneInfo(choice.timezone)
    today = now.astimezone(zone).date()
    if choice.paused_until and choice.paused_until <= today:
        choice = replace(choice, paused_until=None)  # it is over
    coming = next_send(mailing_list.table, cast(Frequency, choice.frequency), now)
    lately = issues.recent(connection, who.list_id, limit=_LATELY)
    return Standing(
        who=who,
        mailing_list=mailing_list,
        name=(who.said.name if who.said else "") or invited.name,
        own=own,
        choice=choice,
        left=has_left(connection, who),
        barred=any(one.scope == suppressions.EVERYWHERE for one in suppressions.of(connection, _keys(who))),
        today=today,
        next_at=coming.at.astimezone(zone) if coming else None,
        under_way=any(
            one.state in _UNDER_WAY and one.planned_at and one.key.frequency == choice.frequency for one in lately
        ),
    )


def _holding(site: Site, mailing_list: MailingList, own: Preferences) -> Choice:
    table = mailing_list.table
    timezone = own.timezone or table.timezone
    return Choice(
        topics=_known(site, mailing_list, own.topics or ()),
        frequency=own.frequency or table.frequency,
        timezone=timezone if zone_of(timezone) else table.timezone,
        language=offered(own.language, languages_offered(site, mailing_list)) or table.language,
        paused_until=own.paused_until,
    )


def frequencies_offered(mailing_list: MailingList) -> tuple[str, ...]:
    """Return how often a list comes: as it is scheduled, or as the list says where it is sent by hand."""
    scheduled = tuple(one for one in get_args(Frequency) if one in mailing_list.table.schedule)
    return scheduled or (mailing_list.table.frequency,)


def languages_offered(site: Site, mailing_list: MailingList) -> tuple[str, ...]:
    """Return the languages that a reader can have a list in, the list's own first."""
    return tuple(dict.fromkeys((mailing_list.table.language, *site.themes.languages)))


def choose(connection: Connection, before: Standing, wanted: Choice, now: datetime) -> bool:
    """Keep what a reader chose, who has not left; returns whether it is anything new.

    `wanted` is checked already. Raises TooManyChoicesError.
    """
    who, said = before.who, before.who.said
    kept = said.preferences if said else Preferences()
    held = before.choice
    changes = {name: value for name, value in _values(wanted).items() if value != _values(held)[name]}
    if not changes:
        return False
    if readers.said_since(connection, who.list_id, who.subscriber_id, CHOSE, now - timedelta(days=1)) >= MOST_A_DAY:
        raise TooManyChoicesError("too many choices")
    reader = said or Reader(who.subscriber_id, who.list_id, who.address, who.address_key, before.name, kept, None, now)
    readers.save(connection, replace(reader, preferences=replace(kept, **changes), changed_at=now))
    told = {"before": _told(held, changes), "after": _told(wanted, changes)}
    readers.record(connection, who.list_id, who.subscriber_id, CHOSE, told, now)
    return True


def _values(choice: Choice) -> dict[str, Any]:
    return {**asdict(choice), "topics": tuple(choice.topics)}


def _told(choice: Choice, names: dict[str, Any]) -> dict[str, Any]:
    values = {name: value for name, value in asdict(choice).items() if name in names}
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in values.items()}


def _known(site: Site, mailing_list: MailingList, asked: tuple[str, ...]) -> tuple[str, ...]:
    """Return topics in the list's order; () for all of them, as for those the list doesn't have."""
    found = tuple(topic.id for topic in site.topics(mailing_list) if topic.id in asked)
    return () if len(found) == len(site.topics(mailing_list)) else found


def _keys(who: Known) -> tuple[str, str]:
    return who.address_key, suppressions.domain_key_of(who.address)
