"""What an import would do, counted, with the first people of each kind."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from digest.roster.importing.source import Source
from digest.subscribers.file import clean_name
from digest.subscribers.intake import Merged

SHOWN = 20
"""How many people of each kind are told one by one."""

MOST_TAGS = 1_000
"""How many tags that are no topics are counted apart."""


class Told(NamedTuple):
    """A row that is told to a person: its line, the address as it stands there, and why."""

    line: int
    email: str
    reason: str


@dataclass(slots=True)
class Kind:
    """People who are dealt with in one way: how many, and the first of them."""

    count: int = 0
    first: list[Told] = field(default_factory=list)

    def add(self, line: int, email: str, reason: str = "") -> None:
        """Count somebody; what is told of them is fit for a terminal."""
        self.count += 1
        if len(self.first) < SHOWN:
            self.first.append(Told(line, clean_name(email), clean_name(reason)))


@dataclass(slots=True)
class Summary:
    """What an import found, and what it would do.

    `own_columns` are the operator's in the subscriber file that the import has too. `suppressed` are people who must
    not be mailed already, `moved` those who have another address by now, `own` those who signed up here themselves,
    `back` those who left there before they came back here: nothing is done about any of them. `leaving` counts by
    reason who becomes suppressed. `tags` are those that are no topics of the list.
    """

    source: Source
    own_columns: Sequence[str] = ()
    rows: int = 0
    merged: Merged = field(default_factory=Merged)
    suppressed: Kind = field(default_factory=Kind)
    moved: Kind = field(default_factory=Kind)
    back: Kind = field(default_factory=Kind)
    refused: Kind = field(default_factory=Kind)
    own: int = 0
    leaving: Counter[str] = field(default_factory=Counter)
    tags: Counter[str] = field(default_factory=Counter)

    def tell_tags(self, tags: Sequence[str]) -> None:
        """Count tags that are no topics."""
        for tag in tags:
            if tag in self.tags or len(self.tags) < MOST_TAGS:
                self.tags[tag] += 1

    @property
    def origin(self) -> str:
        """Where the people come from, as suppressions and evidence say it."""
        return f"import: {self.source.layout.program.name}, {self.source.file}"

    @property
    def changes(self) -> bool:
        """Whether there is anything to do."""
        return bool(self.merged.new or self.merged.changed or self.leaving)
