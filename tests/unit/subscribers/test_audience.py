from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import partial

import pytest

from digest.subscribers.audience import Audience, AudienceMember, Preferences, Said, audience, wants
from digest.subscribers.file import RowProblem, SubscriberRow, parse_subscribers, read_rows
from digest.subscribers.identity import subscriber_id
from digest.subscribers.subscriber import Subscriber

TODAY = date(2026, 11, 24)
identify = partial(subscriber_id, bytes(32), "daily")
ADA, EMMY, KURT = (identify(f"{name}@example.org") for name in ("ada", "emmy", "kurt"))
FILE = (
    "email,name,topics,frequency,timezone,language\n"
    "Ada@example.org,Ada,robotics,daily,Europe/London,en\n"
    "emmy@example.org,Emmy,,,,\n"
    "kurt@example.org,Kurt,,weekly,,\n"
)


def rows(text: str = FILE) -> tuple[SubscriberRow, ...]:
    return parse_subscribers(text, "daily.csv", ["robotics"]).rows


def gather(
    invited: Iterable[SubscriberRow] = (),
    confirmed: Iterable[Subscriber] = (),
    suppressed: Collection[str] = (),
    preferences: Mapping[str, Preferences] | None = None,
    refuse: Callable[[RowProblem], None] = lambda _problem: None,
    moved: Collection[str] = (),
) -> Audience:
    return audience(
        invited=invited,
        confirmed=confirmed,
        suppressed=lambda keys: {_key(one) for one in suppressed} & set(keys),
        said=lambda ids: Said({one: said for one, said in (preferences or {}).items() if one in ids}, moved),
        known_topics=["robotics"],
        identify=lambda canonical: (identify(canonical), f"key of {canonical}"),
        memory=Remembered(),
        refuse=refuse,
        today=lambda _timezone: TODAY,
    )


def _key(one: str) -> str:
    """Return the key of an address; a domain with its @, and a subscriber id, are their own."""
    return one if one.startswith("@") or "@" not in one else f"key of {one}"


class Remembered:
    """A memory in a dict."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}

    def add(self, people: Sequence[tuple[str, int]]) -> Mapping[int, int]:
        first = (self.numbers.setdefault(subscriber, number) for subscriber, number in people)
        return {at: known for at, known in enumerate(first) if known != people[at][1]}


def test_the_file_alone() -> None:
    found = list(gather(rows()))
    assert [member.subscriber_id for member in found] == [ADA, EMMY, KURT]
    assert [member.subscriber.name for member in found] == ["Ada", "Emmy", "Kurt"]
    assert (found[0].address.address, found[0].address.canonical) == ("Ada@example.org", "ada@example.org")


def test_sign_ups_join_the_file_and_come_first() -> None:
    found = gather(rows(), [Subscriber("sofja@example.org", "Sofja")])
    assert [member.subscriber.name for member in found] == ["Sofja", "Ada", "Emmy", "Kurt"]


def test_who_is_both_is_mailed_once_and_as_they_signed_up() -> None:
    found = gather(rows(), [Subscriber("ADA@example.org", "Ada L.", frequency="weekly")])
    members = list(found)
    assert [m.subscriber_id for m in members] == [ADA, EMMY, KURT]
    assert members[0].subscriber == Subscriber("ADA@example.org", "Ada L.", frequency="weekly")
    assert found.left_out == {"duplicate": 1}


def test_what_the_reader_chose_stands_over_the_file() -> None:
    chosen = Preferences(topics=(), frequency="weekly", timezone="Asia/Tokyo", language="de")
    ada, *_ = gather(rows(), preferences={ADA: chosen})
    assert ada.subscriber == Subscriber("Ada@example.org", "Ada", (), "weekly", "Asia/Tokyo", "de")


def test_what_the_reader_said_nothing_about_stays() -> None:
    ada, *_ = gather(rows(), preferences={ADA: Preferences(language="de")})
    assert ada.subscriber == Subscriber("Ada@example.org", "Ada", ("robotics",), "daily", "Europe/London", "de")


def test_a_suppression_wins_over_file_sign_up_and_preferences() -> None:
    found = gather(
        rows(),
        [Subscriber("ADA@Example.org")],
        suppressed={"ada@example.org"},
        preferences={ADA: Preferences(frequency="daily")},
    )
    assert [m.subscriber_id for m in found] == [EMMY, KURT]
    assert found.left_out == {"suppressed": 1, "duplicate": 1}


@pytest.mark.parametrize(("until", "there"), [(date(2026, 11, 25), False), (TODAY, True), (date(2026, 1, 1), True)])
def test_a_pause_ends_on_its_day(until: date, there: bool) -> None:
    found = gather(rows(), preferences={ADA: Preferences(paused_until=until)})
    assert (ADA in [m.subscriber_id for m in found]) is there
    assert found.left_out.get("paused", 0) == (0 if there else 1)


def test_an_address_of_the_store_that_cannot_be_mailed_is_counted() -> None:
    found = gather((), [Subscriber("nobody"), Subscriber("ada@example.org")])
    assert [m.subscriber_id for m in found] == [ADA]
    assert found.left_out == {"address": 1}


def test_of_two_rows_the_first_holds_whatever_it_says_and_the_other_is_refused() -> None:
    lines = ["email,frequency\n", "ada@example.org,weekly\n", "emmy@example.org,\n", "ADA@example.org,daily\n"]
    invited = [row for row in read_rows(lines, "daily.csv", ()) if isinstance(row, SubscriberRow)]
    refused: list[RowProblem] = []
    found = gather(invited, refuse=refused.append)
    assert [(m.subscriber_id, m.subscriber.frequency) for m in found] == [(ADA, "weekly"), (EMMY, None)]
    assert [str(problem) for problem in refused] == ["line 4: the same address as in line 2 (ADA@example.org)"]
    assert found.left_out == {}


def test_a_row_of_somebody_suppressed_that_comes_twice_is_refused_too() -> None:
    invited = (*rows(), replace(rows()[0], line=9))
    refused: list[RowProblem] = []
    found = gather(invited, suppressed={"ada@example.org"}, refuse=refused.append)
    assert [m.subscriber_id for m in found] == [EMMY, KURT]
    assert found.left_out == {"suppressed": 1}
    assert [problem.line for problem in refused] == [9]


def test_everybody_is_in_or_counted() -> None:
    confirmed = [Subscriber("ada@example.org"), Subscriber("bad"), Subscriber("sofja@example.org")]
    found = gather(rows(), confirmed, {"kurt@example.org"}, {EMMY: Preferences(paused_until=date(2027, 1, 1))})
    assert len(list(found)) + found.left_out.total() == len(rows()) + len(confirmed)


def test_a_million_are_not_read_before_they_are_asked_for() -> None:
    def endless() -> Iterator[Subscriber]:
        number = 0
        while True:
            yield Subscriber(f"reader{number}@example.org")
            number += 1

    members = iter(gather((), endless()))
    assert [next(members).subscriber.email for _ in range(2)] == [
        "reader0@example.org",
        "reader1@example.org",
    ]


@pytest.mark.parametrize(
    ("own", "asked", "default", "answer"),
    [
        (None, "daily", "daily", True),
        (None, "weekly", "daily", False),
        ("weekly", "weekly", "daily", True),
        ("weekly", "daily", "daily", False),
    ],
)
def test_a_reader_without_a_choice_gets_what_the_list_does(
    own: str | None, asked: str, default: str, answer: bool
) -> None:
    (row,) = rows("email\nada@example.org\n")
    member = AudienceMember(ADA, "key", Subscriber("ada@example.org", frequency=own), row.address)
    assert wants(member, asked, default) is answer


@pytest.mark.parametrize("suppressed", ["@example.org", ADA])
def test_a_domain_and_a_subscriber_id_are_suppressed_as_an_address_is(suppressed: str) -> None:
    found = gather(rows(), suppressed={suppressed})
    assert ADA not in [member.subscriber_id for member in found]
    assert found.left_out["suppressed"] == (3 if suppressed.startswith("@") else 1)


def test_who_has_another_address_by_now_is_not_mailed_at_the_old_one() -> None:
    found = gather(rows(), confirmed=[Subscriber("new@example.org")], moved={ADA})
    assert [member.address.address for member in found] == ["new@example.org", "emmy@example.org", "kurt@example.org"]
    assert found.left_out == {"moved": 1}


@pytest.mark.parametrize(("chosen", "expected"), [(("robotics", "gone"), ("robotics",)), (("gone",), ())])
def test_a_topic_that_the_list_has_no_more_is_not_asked_for(chosen: tuple[str, ...], expected: tuple[str, ...]) -> None:
    ada, *_ = gather(rows(), preferences={ADA: Preferences(topics=chosen)})
    assert ada.subscriber.topics == expected
