"""Rests between runs: how long the service leaves the relays of a list alone that couldn't be used."""

from datetime import datetime

from digest.deliver.retry import next_attempt

_LONGEST = 4
"""They are tried again after 1, 2, 4 and then every 8 minutes."""


class Rests:
    """The lists whose relays rest. It is memory only: a service that is started anew tries at once."""

    def __init__(self) -> None:
        self._until: dict[str, tuple[int, datetime]] = {}

    def hold(self, name: str, now: datetime) -> bool:
        """Tell whether the relays of this list rest now."""
        _, until = self._until.get(name, (0, now))
        return now < until

    def begin(self, name: str, now: datetime) -> None:
        """Leave them alone, longer each time."""
        faults = self._until.get(name, (0, now))[0] + 1
        self._until[name] = faults, next_attempt(min(faults, _LONGEST), now, name)

    def end(self, name: str) -> None:
        """Forget the faults: they could be used."""
        self._until.pop(name, None)
