"""An IMAP mailbox (RFC 3501), over TLS whose certificate is verified."""

import imaplib
import re
import socket
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Literal, Self

from imap_tools import BaseMailBox, MailBox, MailBoxStartTls, MailBoxUnencrypted
from imap_tools.errors import ImapToolsError, MailboxFolderSelectError, MailboxLoginError

from digest.bounces.mime import MAX_BYTES
from digest.errors import MailboxError
from digest.mailboxes.letter import Letter

_TIMEOUT = 30.0
"""Seconds without a word from the server."""

_TOGETHER = 20
_BODY = f"(UID BODY.PEEK[]<0.{MAX_BYTES}>)"
_UID = re.compile(rb"\bUID (\d+)")


@dataclass(frozen=True, slots=True)
class Account:
    """Where the mailbox is, and who reads it. The password doesn't show in `repr`."""

    host: str
    port: int | None
    tls: Literal["implicit", "starttls", "none"]
    username: str
    password: str = field(repr=False)
    folder: str = "INBOX"

    @property
    def where(self) -> str:
        """The server, for errors."""
        return f"{self.host}:{self.port or (993 if self.tls == 'implicit' else 143)}"


class Imap:
    """The unseen mails of a folder on an IMAP server."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._box: BaseMailBox | None = None

    def __enter__(self) -> Self:
        """Connect, log in and open the folder. Raises MailboxError."""
        with _told(self._account):
            self._box = _connected(self._account)
            try:
                is_ascii = f"{self._account.username}{self._account.password}".isascii()
                login = self._box.login if is_ascii else self._box.login_utf8
                login(self._account.username, self._account.password, initial_folder=None)
                self._box.folder.set(self._account.folder)
            except BaseException:
                self.__exit__()
                raise
        return self

    def __exit__(self, *_: object) -> None:
        """Log out; a connection that is broken anyway is let go."""
        box, self._box = self._box, None
        if box is not None:
            with suppress(OSError, imaplib.IMAP4.error, ImapToolsError):
                box.logout()
            with suppress(OSError):
                box.client.shutdown()

    def unread(self) -> Iterator[Letter]:
        """Yield the letters without the flag Seen; they get none by being read. Raises MailboxError."""
        with _told(self._account):
            uids = self._opened.uids("UNSEEN UNDELETED", charset=None)
        for start in range(0, len(uids), _TOGETHER):
            with _told(self._account):
                letters = self._fetched(uids[start : start + _TOGETHER])
            yield from letters

    def done(self, letters: Sequence[Letter]) -> None:
        """Give letters the flag Seen. Raises MailboxError."""
        # imap_tools has a function for flags, which also deletes for good what others have marked for it.
        with _told(self._account):
            for start in range(0, len(letters), _TOGETHER):
                uids = ",".join(letter.mark for letter in letters[start : start + _TOGETHER])
                status, said = self._opened.client.uid("STORE", uids, "+FLAGS.SILENT", r"(\Seen)")
                if status != "OK":
                    raise MailboxError(f"{self._account.where}: mails can't be marked as read: {_words(said)}")

    @property
    def _opened(self) -> BaseMailBox:
        assert self._box is not None, "a mailbox is read within `with`"
        return self._box

    def _fetched(self, uids: Sequence[str]) -> list[Letter]:
        """Fetch some letters; one that the server can't give costs only itself."""
        status, answer = self._opened.client.uid("FETCH", ",".join(uids), _BODY)
        if status == "OK":
            return _letters(answer)
        if len(uids) > 1:
            return [letter for uid in uids for letter in self._fetched([uid])]
        return [Letter(f"UID {uids[0]}", uids[0], problem=f"the server doesn't give it: {_words(answer)}")]


def _connected(account: Account) -> BaseMailBox:
    context = ssl.create_default_context()
    if account.tls == "implicit":
        return MailBox(account.host, account.port or 993, timeout=_TIMEOUT, ssl_context=context)
    if account.tls == "starttls":
        return _StartTls(account.host, account.port or 143, timeout=_TIMEOUT, ssl_context=context)
    return MailBoxUnencrypted(account.host, account.port or 143, timeout=_TIMEOUT)


class _StartTls(MailBoxStartTls):
    """Leaves no connection behind where the server has no TLS, or none that is trusted."""

    def _get_mailbox_client(self) -> imaplib.IMAP4:
        client = imaplib.IMAP4(self._host, self._port, self._timeout)
        try:
            client.starttls(self._ssl_context)
        except BaseException:
            with suppress(OSError):
                client.shutdown()
            raise
        return client


def _letters(answer: Sequence[Any]) -> list[Letter]:
    """Return the letters in the answer to a FETCH: pairs of a head and a content, each with a rest behind it."""
    letters = []
    for item, rest in pairwise([*answer, b""]):
        if isinstance(item, tuple):
            head, content = item
            uid = _UID.search(head) or _UID.search(rest if isinstance(rest, bytes) else b"")
            if uid:
                mark = uid[1].decode()
                letters.append(Letter(f"UID {mark}", mark, content[:MAX_BYTES]))
    return letters


@contextmanager
def _told(account: Account) -> Iterator[None]:
    """Turn whatever goes wrong into a MailboxError: the server, what came, and what to do."""
    where = account.where
    try:
        yield
    except MailboxLoginError as error:
        said = _words(error.command_result[1])
        raise MailboxError(
            f"{where} refuses the login of {account.username}: {said}; check username and password"
        ) from None
    except MailboxFolderSelectError as error:
        said = _words(error.command_result[1])
        raise MailboxError(f"{where} doesn't open the folder {account.folder}: {said}; check `folder`") from None
    except ssl.SSLCertVerificationError as error:
        raise MailboxError(
            f"{where}: its certificate is not trusted: {error.verify_message}; `host` must be the name in it,"
            " and the authority of your own is named in the environment by SSL_CERT_FILE"
        ) from None
    except ssl.SSLError as error:
        raise MailboxError(f"{where}: no TLS here ({error.reason}); check `port` and `tls`") from None
    except socket.gaierror:
        raise MailboxError(f"{where}: there is no such host; check `host`") from None
    except (ImapToolsError, imaplib.IMAP4.error, OSError) as error:
        raise MailboxError(f"{where}: {_words(error)}; it is tried again") from None


def _words(said: object) -> str:
    """Return what a server or the system said as a line for a person."""
    if isinstance(said, OSError) and said.strerror:
        return said.strerror
    if isinstance(said, (list, tuple)):
        said = " ".join(one.decode("utf-8", "replace") if isinstance(one, bytes) else str(one) for one in said)
    text = str(said) or type(said).__name__
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())[:200]
