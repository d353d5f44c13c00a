"""A small real IMAP server, with as much of RFC 3501 as the client needs, that can be told to misbehave."""

import re
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

LOGIN = ("digest", 'open "sesame"')


@dataclass
class Stored:
    """A mail on the server."""

    content: bytes
    flags: set[str] = field(default_factory=set)


@dataclass
class Imap:
    """What the server has, and how it answers. Of `mails` the keys are UIDs.

    `refuse` maps the beginning of a command to the answer it gets; `drop_at` is one at which the connection ends.
    """

    mails: dict[int, Stored] = field(default_factory=dict)
    refuse: dict[str, str] = field(default_factory=dict)
    drop_at: str = ""
    starttls: ssl.SSLContext | None = None
    commands: list[str] = field(default_factory=list)
    port: int = 0

    def put(self, *contents: bytes) -> None:
        for content in contents:
            self.mails[max(self.mails, default=6) + 1] = Stored(content.replace(b"\n", b"\r\n"))

    def flags(self) -> list[list[str]]:
        return [sorted(one.flags) for one in self.mails.values()]

    def count(self, command: str) -> int:
        return sum(one.startswith(command) for one in self.commands)


class _Session(StreamRequestHandler):
    imap: Imap
    timeout = 20

    def handle(self) -> None:
        with suppress(OSError):
            self.say(b"* OK here")
            self.converse()

    def converse(self) -> None:
        while line := self.rfile.readline():
            tag, _, command = line.decode("utf-8", "replace").rstrip("\r\n").partition(" ")
            self.imap.commands.append(command)
            if self.imap.drop_at and command.startswith(self.imap.drop_at):
                return
            refusal = [said for begin, said in self.imap.refuse.items() if command.startswith(begin)]
            self.say(f"{tag} {refusal[0] if refusal else self.answer(command)}".encode())
            if command == "LOGOUT":
                return
            if command == "STARTTLS" and self.imap.starttls:
                with self.imap.starttls.wrap_socket(self.request, server_side=True) as self.request:
                    self.rfile, self.wfile = self.request.makefile("rb"), self.request.makefile("wb", 0)
                    self.converse()
                return

    def say(self, line: bytes) -> None:
        self.wfile.write(line + b"\r\n")

    def answer(self, command: str) -> str:
        if found := re.fullmatch(r"UID FETCH ([\d,]+) \(UID BODY\.PEEK\[\]<0\.(\d+)>\)", command):
            self.fetch([int(uid) for uid in found[1].split(",")], int(found[2]))
            return "OK done"
        if found := re.fullmatch(r"UID STORE ([\d,]+) \+FLAGS\.SILENT \(\\Seen\)", command):
            for uid in found[1].split(","):
                self.imap.mails[int(uid)].flags.add("\\Seen")
            return "OK done"
        if command not in self.known():
            refusals = {"LOGIN": "NO [AUTHENTICATIONFAILED] who are you", "SELECT": "NO no such folder"}
            return refusals.get(command.partition(" ")[0], "BAD what?")
        lines, end = self.known()[command]
        for line in lines:
            self.say(line.encode())
        return end

    def known(self) -> dict[str, tuple[list[str], str]]:
        unseen = [str(uid) for uid, one in self.imap.mails.items() if "\\Seen" not in one.flags]
        return {
            "CAPABILITY": (["* CAPABILITY IMAP4rev1" + (" STARTTLS" if self.imap.starttls else "")], "OK done"),
            r'LOGIN "digest" "open \"sesame\""': ([], "OK in"),
            'SELECT "INBOX"': ([f"* {len(self.imap.mails)} EXISTS"], "OK [READ-WRITE] come in"),
            "UID SEARCH UNSEEN UNDELETED": ([f"* SEARCH {' '.join(unseen)}"], "OK done"),
            "STARTTLS": ([], "OK begin"),
            "LOGOUT": (["* BYE bye"], "OK done"),
        }

    def fetch(self, uids: list[int], most: int) -> None:
        for number, (uid, one) in enumerate(self.imap.mails.items(), start=1):
            if uid in uids:
                content = one.content[:most]
                # Some servers say the UID before the content, others behind it.
                before, behind = (b"UID %d " % uid, b"") if uid % 2 else (b"", b" UID %d" % uid)
                self.say(b"* %d FETCH (%sBODY[]<0> {%d}" % (number, before, len(content)))
                self.wfile.write(content)
                self.say(behind + b")")


@contextmanager
def serving(tls: ssl.SSLContext | None = None) -> Iterator[Imap]:
    """Serve on a free port until the block ends."""
    imap = Imap()
    session = type("Session", (_Session,), {"imap": imap})

    class Server(ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True

        def get_request(self):
            request, address = super().get_request()
            return (tls.wrap_socket(request, server_side=True) if tls else request), address

        def handle_error(self, request, client_address):
            """The client has gone, as tests have it do."""

    with Server(("127.0.0.1", 0), session) as server:
        imap.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield imap
        server.shutdown()
        thread.join()


def certificate(folder: Path, host: str = "127.0.0.1") -> tuple[Path, ssl.SSLContext]:
    """Return the file of a certificate that signed itself, and the context of a server that shows it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tests")])
    today = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(host))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "server.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return file, context
