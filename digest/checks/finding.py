"""What a check found."""

from dataclasses import dataclass
from typing import Literal

Level = Literal["error", "warning"]
"""An error stops an issue: it is the operator's to mend. A warning is told, and the issue goes on."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong.

    `check` is the name of the check, such as "size"; `text` is one line: where, what, and what to do.
    """

    level: Level
    check: str
    text: str
