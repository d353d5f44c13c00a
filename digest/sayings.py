"""What a log has said lately, so that what stays the same is one line and not one every few seconds."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

REPEAT_AFTER = timedelta(hours=1)
"""When an error that stays the same is said again."""


class Sayings:
    """The last line about each thing. It is memory only."""

    def __init__(self, log: logging.Logger, now: Callable[[], datetime]) -> None:
        self._log = log
        self._now = now
        self._said: dict[tuple[str, ...], tuple[str, datetime]] = {}

    def __contains__(self, about: tuple[str, ...]) -> bool:
        """Tell whether anything was said about this."""
        return about in self._said

    def say(self, about: tuple[str, ...], level: int, text: str, defect: Exception | None = None) -> None:
        """Log a line, unless the last one about this said the same; an error is repeated after an hour."""
        before, at = self._said.get(about, ("", self._now()))
        repeated = level >= logging.ERROR and self._now() - at >= REPEAT_AFTER
        if before != text or repeated:
            self._said[about] = text, self._now()
            self._log.log(level, "%s", text, exc_info=defect)

    def forget(self, *about: str) -> None:
        """Have the next line about this said, whatever it is: the trouble is over."""
        self._said.pop(about, None)
