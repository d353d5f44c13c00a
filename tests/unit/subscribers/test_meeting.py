from collections.abc import Mapping, Sequence

from hypothesis import given
from hypothesis import strategies as st

from digest.subscribers.advice import skeleton
from digest.subscribers.meeting import Meetings, Met


class InMemory:
    """Remembers in a dict, as the store does on disk."""

    def __init__(self) -> None:
        self._met: dict[str, int] = {}

    def add(self, people: Sequence[tuple[str, int]]) -> Mapping[int, int]:
        known = {}
        for position, (person, number) in enumerate(people):
            if (first := self._met.setdefault(person, number)) != number:
                known[position] = first
        return known


def met_in(rows: Sequence[str]) -> dict[int, Met]:
    """Return whom the rows of a file meet, by line; one that begins with ! is refused, and was meant to be the rest."""
    meetings = Meetings(InMemory(), lambda canonical: f"id of {canonical}")
    people = [
        (line, row.removeprefix("!"), "" if row.startswith("!") else f"id of {row}") for line, row in enumerate(rows, 1)
    ]
    found = {}
    for start in range(0, len(people), 2):  # two at a time
        some = people[start : start + 2]
        found |= {some[place][0]: met for place, met in meetings.meet(some).items()}
    return found


def test_the_same_address_is_met_in_its_first_line() -> None:
    assert met_in(["a@x", "b@x", "a@x", "a@x"]) == {3: Met(1, True), 4: Met(1, True)}


def test_one_that_looks_the_same_is_met_and_is_another() -> None:
    assert met_in(["a@x", "ａ@x", "ａ@x", "a@x"]) == {2: Met(1, False), 3: Met(2, True), 4: Met(1, True)}


def test_also_where_the_odd_one_comes_first() -> None:
    assert met_in(["ａ@x", "a@x", "a@x", "ａ@x", "ⓐ@x"]) == {
        2: Met(1, False),
        3: Met(2, True),
        4: Met(1, True),
        5: Met(1, False),
    }


def test_what_a_refused_row_was_meant_to_be_is_met_both_ways() -> None:
    assert met_in(["!a@x", "a@x", "!a@x"]) == {2: Met(1, False), 3: Met(1, False)}


@given(st.lists(st.sampled_from(["a@x", "ａ@x", "ⓐ@x", "b@x", "!a@x", "ö@x"]), max_size=9))
def test_it_is_what_a_person_would_find(rows: list[str]) -> None:
    found = met_in(rows)
    for number, row in enumerate(rows, 1):
        before = rows[: number - 1]
        if not row.startswith("!") and row in before:
            assert found[number] == Met(before.index(row) + 1, True)
        elif any(skeleton(one.removeprefix("!")) == skeleton(row.removeprefix("!")) for one in before):
            assert not found[number].is_same
        else:
            assert number not in found
