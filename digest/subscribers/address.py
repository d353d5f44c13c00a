"""E-mail addresses: what is mailed, and what tells that two of them are the same.

Syntax is RFC 5321 section 4.1.2, and RFC 6531 section 3.3 for letters outside ASCII, as the email-validator
library reads them, without asking the network.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email

MAX_LENGTH = 254
"""Longest address in bytes of UTF-8: a path of 256 less its angle brackets (RFC 5321 section 4.5.3.1.3)."""

MAX_LOCAL = 64
"""Longest part before the @ in bytes of UTF-8 (RFC 5321 section 4.5.3.1.1)."""

_ATEXT = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_DOT_ATOM = re.compile(rf"{_ATEXT}(?:\.{_ATEXT})*")
_PLAIN_DOMAIN = re.compile(r"(?:(?!..--)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}")
_MAX_DOMAIN = 253
_NO_MAIL = tuple(f".{name}" for name in SPECIAL_USE_DOMAIN_NAMES)
"""Domains that can't have mail (RFC 6761), such as `localhost`."""
_IN_BRACKETS = re.compile(r"<\s*([^<>\s]+@[^<>\s]+)\s*>")
_NEVER = {"Cc", "Cs", "Zl", "Zp"}
_MAX_REASON = 200


@dataclass(frozen=True, slots=True)
class Address:
    """One address: its domain in ASCII, and before the @ what its server gives out.

    `address` is what mail is sent to, the local part in the writer's own case and in Unicode's form NFC.
    `canonical` is what identity is made from: two addresses are the same subscriber when their canonical
    forms are equal, which is Unicode's caseless match (NFC of the case-folded text). It is not NFKC: RFC 6532,
    3.1 warns of it, for a server may well give "ª" and "a" to two people. `digest subscribers check` tells of such.
    """

    address: str
    canonical: str

    @property
    def is_international(self) -> bool:
        """Tell whether mail to it needs SMTPUTF8 (RFC 6531), which not every relay offers."""
        return not self.address.isascii()


def parse_address(text: str) -> Address:
    """Return the address that `text` is; spaces around it don't count.

    An international domain becomes its A-labels (RFC 5890). Raises ValueError with one line that says
    what is wrong, fit to be shown: it holds no control character and is at most 200 characters long.
    """
    text = text.strip(" ")
    _refuse_shape(text)
    local, _, domain = text.rpartition("@")
    if not _DOT_ATOM.fullmatch(local):
        local = _international_local(text, local)
    address = f"{local}@{_mail_domain(domain)}"
    if len(address.encode()) > MAX_LENGTH:
        raise ValueError(f"the address is longer than {MAX_LENGTH} bytes")
    return Address(address, _canonical(address))


def mailbox_of(canonical: str) -> str:
    """Return what most likely is one mailbox: many servers ignore what stands behind a "+", and some ignore dots.

    It is for counting the mail that strangers have us send, and never tells who somebody is.
    """
    local, _, domain = canonical.rpartition("@")
    return f"{local.partition('+')[0].replace('.', '') or local}@{domain}"


def is_of(written: str, canonical: str) -> bool:
    """Tell whether an address as somebody wrote it is the one with this canonical form; quick for ASCII."""
    if written.isascii():
        return written.strip().casefold() == canonical
    try:
        return parse_address(written.strip()).canonical == canonical
    except ValueError:
        return False


def _canonical(address: str) -> str:
    if address.isascii():
        return address.casefold()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", address).casefold())


def parse_domain(text: str) -> str:
    """Return the domain that `text` is, in A-labels (RFC 5890) and lower case. Raises ValueError, as above."""
    text = text.strip(" ")
    if not text or len(text) > MAX_LENGTH or not text.isprintable():
        raise ValueError("no domain; expected one such as example.org")
    return _mail_domain(text)


def _refuse_shape(text: str) -> None:
    """Refuse what a person most often gets wrong, in better words than the library's."""
    if not text:
        raise ValueError("the address is empty; expected one such as ada@example.org")
    if len(text) > MAX_LENGTH:
        raise ValueError(f"the address is longer than {MAX_LENGTH} bytes")
    if not text.isprintable() and any(unicodedata.category(c) in _NEVER for c in text):
        raise ValueError("the address holds a line break or another control character")
    if inside := _IN_BRACKETS.search(text):
        raise ValueError(f"write the address alone, without name and angle brackets: {inside[1]}"[:_MAX_REASON])
    if text.startswith('"'):
        raise ValueError('an address with a quoted part before the @ ("a b"@…) is not supported')


def _international_local(text: str, local: str) -> str:
    """Return what stands before the @, no plain ASCII dot-atom, in NFC. Raises ValueError when it can't be used."""
    try:
        checked = validate_email(
            text if local.isascii() else f"{local}@example.org", check_deliverability=False, allow_smtputf8=True
        )
    except EmailNotValidError as error:
        raise ValueError(_reason(error)) from None
    if not checked.smtputf8:
        raise ValueError("the part before the @ can't be used in an address")
    if len(checked.local_part.encode()) > MAX_LOCAL:
        raise ValueError(f"the part before the @ is longer than {MAX_LOCAL} bytes")
    return checked.local_part


def _mail_domain(domain: str) -> str:
    # The library takes ten times as long as the rest of an address; nearly every domain is plainly one.
    lower = domain.lower()
    if len(lower) <= _MAX_DOMAIN and domain.isascii() and _PLAIN_DOMAIN.fullmatch(lower):
        return lower if not f".{lower}".endswith(_NO_MAIL) else _checked_domain(domain)
    return _checked_domain(domain)


@lru_cache(maxsize=4096)
def _checked_domain(domain: str) -> str:
    try:
        return validate_email(f"a@{domain}", check_deliverability=False).ascii_domain.lower()
    except EmailNotValidError as error:
        raise ValueError(_reason(error)) from None


def _reason(error: EmailNotValidError) -> str:
    reason = str(error).rstrip(".")
    return (reason[:1].lower() + reason[1:])[:_MAX_REASON]
