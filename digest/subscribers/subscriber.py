"""The subscriber: one address on one list, with preferences."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Subscriber:
    """One address on one list.

    `topics` are topic ids, empty for all of the list's. `frequency` ("daily" or "weekly"),
    `timezone` (IANA) and `language` (BCP 47) are None where the list's own are meant.
    """

    email: str
    name: str = ""
    topics: tuple[str, ...] = ()
    frequency: str | None = None
    timezone: str | None = None
    language: str | None = None
