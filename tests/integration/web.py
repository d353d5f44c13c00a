"""A real HTTP server that answers as it is told, well or badly, and keeps what it was asked."""

import gzip
import json
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.message import Message
from http import HTTPStatus
from http.client import parse_headers
from socketserver import StreamRequestHandler, ThreadingTCPServer
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Reply:
    """One scripted answer, and how it is spoilt.

    `length` is a Content-Length other than the truth, None leaves the field out, so that the end of the connection
    is the end of the body. `chunked` sends the body in chunks. `cut` closes after that many bytes of what would
    be sent as the body. `drip` waits that many seconds before each byte of the body, `drip_head` before each of the
    header. `endless` repeats the body until the client has gone. `silent` takes the request and never answers.
    `raw` is sent instead of all this.
    """

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    length: int | str | None = "true"
    chunked: bool = False
    cut: int | None = None
    drip: float = 0.0
    drip_head: float = 0.0
    endless: bool = False
    silent: bool = False
    raw: bytes | None = None

    def head(self) -> bytes:
        fields = dict(self.headers)
        if self.chunked:
            fields["Transfer-Encoding"] = "chunked"
        elif self.length is not None and self.status not in (204, 304):
            fields["Content-Length"] = str(len(self.body) if self.length == "true" else self.length)
        phrase = HTTPStatus(self.status).phrase
        lines = [f"HTTP/1.1 {self.status} {phrase}", *(f"{name}: {value}" for name, value in fields.items())]
        return "\r\n".join([*lines, "", ""]).encode("latin-1")

    def pieces(self) -> Iterator[bytes]:
        """What is sent as the body, at most 64 KB at a time."""
        while True:
            for start in range(0, len(self.body), 65_536):
                piece = self.body[start : start + 65_536]
                yield b"%x\r\n%s\r\n" % (len(piece), piece) if self.chunked else piece
            if not self.endless:
                break
        if self.chunked:
            yield b"0\r\n\r\n"


def json_reply(value: object, status: int = 200, **headers: str) -> Reply:
    """An answer of JSON; `headers` are written with underscores."""
    fields = {"Content-Type": "application/json", **{name.replace("_", "-"): text for name, text in headers.items()}}
    return Reply(json.dumps(value).encode(), status, fields)


def gzip_reply(body: bytes, content_type: str = "application/json", cut: int | None = None) -> Reply:
    """A compressed answer; with `cut` its data end there although the answer says it is whole."""
    fields = {"Content-Type": content_type, "Content-Encoding": "gzip"}
    return Reply(gzip.compress(body, mtime=0)[:cut], headers=fields)


def redirect(location: str, status: int = 302) -> Reply:
    return Reply(status=status, headers={"Location": location})


@dataclass(frozen=True)
class Asked:
    """A request as it came: the target as it stands in the request line, its path and query, and the header."""

    target: str
    path: str
    query: dict[str, str]
    headers: Message


class Web:
    """Routes from paths to replies in turn, the last of which repeats; `asked` holds the requests in order."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.sent = 0
        self.root = ""
        self.ended = threading.Event()
        self._routes: dict[str, list[Reply]] = {}
        self._lock = threading.Lock()

    def answer(self, path: str, *replies: Reply) -> str:
        """Script a path; returns its address."""
        self._routes[path] = list(replies)
        return self.root + path

    def next_reply(self, asked: Asked) -> Reply:
        with self._lock:
            self.asked.append(asked)
            replies = self._routes.get(asked.path)
            if replies is None:
                return Reply(b"no such route", 404)
            return replies.pop(0) if len(replies) > 1 else replies[0]

    def paths(self) -> list[str]:
        return [one.path for one in self.asked]


class _Server(ThreadingTCPServer):
    daemon_threads = False
    block_on_close = True
    web: Web
    context: ssl.SSLContext | None = None

    def get_request(self) -> tuple[socket.socket, object]:
        """Take a connection; the handshake is made by the first read, in a thread of its own."""
        connection, address = super().get_request()
        if self.context:
            connection = self.context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        return connection, address

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a client that goes away is part of the tests."""


class _Handler(StreamRequestHandler):
    server: _Server
    timeout = 5

    def handle(self) -> None:
        with suppress(OSError):
            line = self.rfile.readline(65_536).decode("latin-1").split()
            if len(line) != 3:
                return
            headers, parts = parse_headers(self.rfile), urlsplit(line[1])
            asked = Asked(line[1], parts.path, dict(parse_qsl(parts.query)), headers)
            self._say(self.server.web.next_reply(asked))

    def _say(self, reply: Reply) -> None:
        if reply.silent:
            self.server.web.ended.wait(self.timeout)
        elif reply.raw is not None:
            self.wfile.write(reply.raw)
        else:
            self._write(reply.head(), reply.drip_head)
            self._body(reply)

    def _body(self, reply: Reply) -> None:
        left = reply.cut
        for piece in reply.pieces():
            part = piece if left is None else piece[:left]
            self._write(part, reply.drip)
            self.server.web.sent += len(part)
            left = left if left is None else left - len(part)
            if left == 0:
                return

    def _write(self, content: bytes, drip: float) -> None:
        """Write, byte by byte where it drips; stops when the test ends."""
        step = 1 if drip else max(1, len(content))
        for start in range(0, len(content), step):
            if drip and self.server.web.ended.wait(drip):
                raise ConnectionAbortedError
            self.wfile.write(content[start : start + step])


@contextmanager
def serving(context: ssl.SSLContext | None = None) -> Iterator[Web]:
    """Serve on a free port of the loopback until the block ends, with TLS where a context is given."""
    web = Web()
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.web, server.context = web, context
        web.root = f"{'https' if context else 'http'}://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield web
        finally:
            web.ended.set()
            server.shutdown()
            thread.join(5)
