"""The body of an answer: decoded within limits, and whole or not at all.

httpx would decode by itself, but without a bound for what one piece unpacks to, and without a word where the
gzip data end too early.
"""

import gzip
import io
import zlib
from collections.abc import Iterator

import httpx

from digest.errors import SourceError
from digest.sources.address import named

ENCODINGS = "gzip"
"""What we ask for in Accept-Encoding; an answer in any other is refused."""


class BrokenBodyError(Exception):
    """The body is cut off or damaged; another try may bring it whole."""


def read_body(response: httpx.Response, limit: int) -> bytes:
    """Return the decoded body of an answer that is still to be read.

    Raises SourceError where it has more than `limit` bytes, decoded or as they come, and stops reading there;
    BrokenBodyError where the gzip data are damaged or end too early; httpx.TransportError where the connection does.
    """
    if _declared(response) > limit:
        raise _too_large(response, limit)
    try:
        content = _decoded(response).read(limit + 1)
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise BrokenBodyError("the compressed body is cut off or damaged") from None
    if len(content) > limit:
        raise _too_large(response, limit)
    return content


def _declared(response: httpx.Response) -> int:
    length = response.headers.get("content-length", "")
    return int(length) if length.isascii() and length.isdigit() else 0


def _decoded(response: httpx.Response) -> io.BufferedIOBase:
    raw = io.BufferedReader(_Pieces(response.iter_raw()))
    encoding = response.headers.get("content-encoding", "").strip().lower()
    if encoding in ("", "identity"):
        return raw
    if encoding in ("gzip", "x-gzip"):
        return gzip.GzipFile(fileobj=raw)
    raise SourceError(
        f"{named(response.url)}: the body is encoded as {encoding[:40]!r}, asked for was {ENCODINGS}; "
        "tell whoever runs the server"
    )


def _too_large(response: httpx.Response, limit: int) -> SourceError:
    return SourceError(
        f"{named(response.url)}: more than {limit:,} bytes, which is the limit; check that the address is that of "
        "a list of papers"
    )


class _Pieces(io.RawIOBase):
    """The pieces of a body as a file that is read once."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._rest = memoryview(piece)
        size = min(len(buffer), len(self._rest))
        buffer[:size], self._rest = self._rest[:size], self._rest[size:]
        return size
