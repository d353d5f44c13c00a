"""The time for one answer: a connection that takes longer is cut.

The timeouts of the HTTP library are for one read each, so a server that sends a byte now and then, be it of the
TLS handshake, the header or the body, would be listened to for days.
"""

import socket
from collections.abc import Mapping
from contextlib import suppress
from threading import Lock, Timer
from types import TracebackType
from typing import Any, Self


class Cutoff:
    """While entered, counts down; `trace` is httpx's extension of that name, and tells of the connection.

    The reader of a connection that is cut sees its end. `late` tells whether that was us.
    """

    def __init__(self, seconds: float) -> None:
        self.late = False
        self._lock = Lock()
        self._socket: socket.socket | None = None
        self._timer = Timer(seconds, self._cut)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        """Start to count."""
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop to count, and let go of the connection."""
        self._timer.cancel()
        self._timer.join()  # from here on nobody else touches the socket
        if self._socket is not None:
            self._socket.close()

    def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Take note of a connection; a second handle on it stays valid when TLS takes over the first."""
        if event.endswith("connect_tcp.complete"):
            with self._lock:
                self._socket = info["return_value"].get_extra_info("socket").dup()
                if self.late:
                    self._shut()

    def _cut(self) -> None:
        with self._lock:
            self.late = True
            self._shut()

    def _shut(self) -> None:
        if self._socket is not None:
            with suppress(OSError):  # it has ended by itself
                self._socket.shutdown(socket.SHUT_RDWR)
