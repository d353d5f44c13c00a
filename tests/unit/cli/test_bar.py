from datetime import UTC, datetime

import pytest

from digest.cli.bar import Tally, words
from digest.deliver.delivery import Claim, Settlement
from digest.deliver.outcome import Outcome, Stage
from digest.deliver.states import Verb

NOW = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)


def settlement(delivery: int, verb: Verb) -> Settlement:
    claim = Claim(delivery, "s", "ada@example.org", "example.org", "k", "Ada", "e", NOW, 0)
    return Settlement(claim, Outcome(verb, Stage.DOT, 250, "", ""), "main", NOW)


def tally(*outcomes: tuple[int, Verb], total: int = 10) -> Tally:
    made = Tally()
    made.planned(total)
    for delivery, verb in outcomes:
        made.add(settlement(delivery, verb))
    return made


def test_a_delivery_deferred_and_accepted_later_counts_once():
    made = tally((1, Verb.DEFER), (2, Verb.ACCEPT), (1, Verb.RELEASE), (1, Verb.ACCEPT))
    assert made.settled == 2
    assert made.counts == {"accepted": 2, "deferred": 0, "failed": 0, "uncertain": 0}


def test_a_failure_taken_back_is_no_failure():
    made = tally((1, Verb.FAIL), (2, Verb.FAIL), (1, Verb.ACCEPT))
    assert made.settled == 2
    assert made.counts == {"accepted": 1, "deferred": 0, "failed": 1, "uncertain": 0}


def test_words_say_all_where_there_is_room():
    made = tally((1, Verb.ACCEPT), (2, Verb.DEFER), (3, Verb.LOSE))
    assert words(made, 3.5, 200) == "3/10  accepted 1  deferred 1  failed 0  uncertain 1  3.5/s  0:00:02 left"


@pytest.mark.parametrize("room", range(0, 100, 3))
def test_words_fit_into_the_room_they_have(room):
    made = tally((1, Verb.ACCEPT), total=20_000)
    line = words(made, 1234.0, room)
    assert len(line) <= room
    assert bool(line) == (room >= len("1/20,000"))


def test_no_time_left_is_told_without_a_rate():
    assert words(tally((1, Verb.ACCEPT)), None, 100) == "1/10  accepted 1  deferred 0  failed 0"


def test_while_planning_there_is_nothing_to_count():
    assert words(Tally(), None, 100) == ""
