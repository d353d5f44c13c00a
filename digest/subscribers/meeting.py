"""Who has met whom in a walk through a file: the same address again, and one that looks the same."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from digest.subscribers.advice import skeleton
from digest.subscribers.audience import Memory


class Met(NamedTuple):
    """The line of an earlier row with this address, or, where `is_same` is false, of one that looks the same."""

    line: int
    is_same: bool


@dataclass
class Meetings:
    """Remembers a file's addresses by what they look like.

    `identify` returns the subscriber id of a canonical address, which is what `memory` knows people by. An address
    that looks like itself is remembered with its line, any other with its line below zero. Only where the two meet the
    addresses themselves are kept: there are few.
    """

    memory: Memory
    identify: Callable[[str], str]
    _odd: dict[str, int] = field(default_factory=dict)

    def meet(self, people: Sequence[tuple[int, str, str]]) -> Mapping[int, Met]:
        """Return, by position, whom some people of a file meet, each given by line, canonical address and id.

        A row that can't be used comes with "" for an id, and what it was probably meant to be for an address.
        """
        looks = [skeleton(canonical) for _, canonical, _ in people]
        own = [bool(person) and look == canonical for look, (_, canonical, person) in zip(looks, people, strict=True)]
        known = self.memory.add(
            [
                (person, line) if plain else (self.identify(look), -line)
                for plain, look, (line, _, person) in zip(own, looks, people, strict=True)
            ]
        )
        found = {}
        for position, (line, canonical, person) in enumerate(people):
            first = known.get(position)
            if first is None and own[position]:
                continue
            if met := self._met(line, canonical if person else "", first, plain=own[position]):
                found[position] = met
        return found

    def _met(self, line: int, canonical: str, first: int | None, *, plain: bool) -> Met | None:
        if first is not None and first > 0 and plain:
            return Met(first, is_same=True)
        if canonical in self._odd:
            return Met(self._odd[canonical], is_same=True)
        if canonical:
            self._odd[canonical] = line
        return None if first is None else Met(abs(first), is_same=False)
