"""The log on stderr: readable on a terminal, one JSON object a line in a pipe."""

import logging
import sys
from typing import Any, TextIO


def log_to_stderr(level: int) -> None:
    """Send our own log lines and the facts of mail to stderr, from `level` on."""
    import structlog  # takes as long to import as the rest of the command line

    on_terminal = sys.stderr.isatty()
    stamp = structlog.processors.TimeStamper(fmt="%H:%M:%S" if on_terminal else "iso", utc=not on_terminal)
    formatter = structlog.stdlib.ProcessorFormatter(
        processors=[
            structlog.stdlib.add_log_level,
            stamp,
            structlog.processors.format_exc_info,
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            _renderer(),
        ]
    )
    handler = _ToStderr()
    handler.setFormatter(formatter)
    logging.getLogger().handlers = [handler]
    logging.getLogger("digest").setLevel(level)


class _ToStderr(logging.StreamHandler[TextIO]):
    """Writes to what sys.stderr is at the moment: while a bar is shown, that prints above it."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:  # type: ignore[override]
        return sys.stderr


def _renderer() -> Any:
    import structlog

    if sys.stderr.isatty():
        return structlog.dev.ConsoleRenderer(pad_event_to=0, sort_keys=False)
    return structlog.processors.JSONRenderer(default=str, ensure_ascii=False)
