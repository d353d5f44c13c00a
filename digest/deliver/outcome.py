"""What a relay's reply, or its silence, means for a delivery.

Replies up to MAIL speak of us: the relay is at fault and the subscriber untouched; 5.6.7 alone is about letters
outside ASCII in the address. RCPT and the reply to the final dot speak of the address. Enhanced status codes (RFC
3463) come before the basic code (RFC 5321, 4.2.1); what isn't known is deferred.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from digest.deliver.states import Verb


class Stage(StrEnum):
    """The command a reply answers, in the order of a session."""

    CONNECT = "connect"
    EHLO = "ehlo"
    STARTTLS = "starttls"
    AUTH = "auth"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    DOT = "dot"


ABOUT_US = frozenset({Stage.CONNECT, Stage.EHLO, Stage.STARTTLS, Stage.AUTH, Stage.MAIL})

NO_SUCH_ADDRESS = frozenset({"5.1.1", "5.1.3", "5.1.6", "5.1.10"})
"""The codes that say the mailbox doesn't exist: the address is suppressed at once, everywhere."""

NOT_INTERNATIONAL = "5.6.7"
"""The code that says that an address with letters outside ASCII can't be used there (RFC 6531, 3.5)."""


class Blame(StrEnum):
    """What a final failure says of the address it was for."""

    GONE = "gone"  # there is no such mailbox
    UNREACHABLE = "unreachable"  # it is there, but full, disabled, or nothing leads to it
    NOTHING = "nothing"  # it is about us, the message, or nobody knows what


_UNREACHABLE = re.compile(r"[45]\.[24]\.")


def blame(enhanced: str) -> Blame:
    """Return what a final failure with this status code (RFC 3463) says of its address; "" is none.

    The one table for replies and for reports. A mailbox that was full until the other server gave up is reported with
    4.2.2, so a 4 counts like a 5 here: whoever asks knows that the failure is final.
    """
    if enhanced in NO_SUCH_ADDRESS:
        return Blame.GONE
    return Blame.UNREACHABLE if _UNREACHABLE.match(enhanced) else Blame.NOTHING


_SLOWER = re.compile(
    r"too (?:many|fast|much|often)|\brate\b|throttl|slow down|limit|exceed|try again later", re.IGNORECASE
)
"""What servers say when they want less of us; the codes alone (421, 4.7.x) mean too many other things."""

_NOT_SLOWER = re.compile(r"4\.[12]\.|.*gr[ae]y-?list", re.IGNORECASE)
"""What speaks of one address (RFC 3463, 3.2 and 3.3), or of a reader who is new to the server."""

_ENHANCED = re.compile(r"([245]\.[0-9]{1,3}\.[0-9]{1,3})(?: |$)")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one attempt.

    `verb` moves the delivery's state. `code` is 0 where no reply came. `reply` is the relay's text,
    bounded.
    """

    verb: Verb
    stage: Stage
    code: int
    enhanced: str
    reply: str

    @property
    def said(self) -> str:
        """The reply in full, "550 5.1.1 no such user", or what was met instead of one."""
        return f"{self.code} {self.reply}" if self.code else self.reply

    @property
    def wants_less(self) -> bool:
        """Tell whether the other side asks us to slow down."""
        if self.code == 421:
            return True
        return 400 <= self.code < 500 and not _NOT_SLOWER.match(self.reply) and bool(_SLOWER.search(self.reply))

    @property
    def blame(self) -> Blame:
        """What it says of the address; nothing unless the delivery failed for good."""
        return blame(self.enhanced) if self.verb is Verb.FAIL else Blame.NOTHING

    @property
    def suppress(self) -> bool:
        """Tell whether the address must not be mailed again."""
        return self.blame is Blame.GONE


def judge(stage: Stage, code: int, reply: str) -> Outcome:
    """Return what a reply means; `reply` is its text without the basic code."""
    text = shown(reply)
    found = _ENHANCED.match(text)
    enhanced = found[1] if found else ""
    category = (enhanced or str(code))[:1]
    verb = Verb.FAIL if enhanced == NOT_INTERNATIONAL and stage is Stage.MAIL else _verb(stage, category, code)
    return Outcome(verb, stage, code, enhanced, text)


def _verb(stage: Stage, category: str, code: int) -> Verb:
    if stage in ABOUT_US or code == 421:
        return Verb.RELEASE if stage is not Stage.DOT else Verb.DEFER
    if stage is Stage.DOT and 200 <= code < 300:
        return Verb.ACCEPT
    return Verb.FAIL if category == "5" else Verb.DEFER


def lost(stage: Stage, reason: str) -> Outcome:
    """Return what a broken connection or a timeout means.

    Before the message began to leave nothing can have arrived. Behind that the delivery is
    uncertain: it may have been accepted, and the reply was lost.
    """
    verb = Verb.LOSE if stage is Stage.DOT else Verb.RELEASE
    return Outcome(verb, stage, 0, "", shown(reason))


def lacks_smtputf8(relay: str) -> Outcome:
    """Return the outcome of a message that a relay can't take, so that it was not sent: its address needs SMTPUTF8.

    That speaks neither of the relay nor of whether the address exists.
    """
    reason = f"the relay {relay} doesn't offer SMTPUTF8, which the address needs"
    return Outcome(Verb.FAIL, Stage.MAIL, 0, NOT_INTERNATIONAL, reason)


def shown(text: str) -> str:
    """Return a stranger's text as one bounded line that a terminal and the store can take."""
    printable = text if text.isprintable() else "".join(char if char.isprintable() else " " for char in text)
    return " ".join(printable.split())[:500].strip()
