"""E-mail addresses: what is mailed, and what tells that two of them are the same.

Syntax is RFC 5321 section 4.1.2 as the email-validator library reads it, without asking the network.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from email_validator import EmailNotValidError, validate_email

MAX_LENGTH = 254
"""Longest address in characters: a path of 256 less its angle brackets (RFC 5321 section 4.5.3.1.3)."""

_ATEXT = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_DOT_ATOM = re.compile(rf"{_ATEXT}(?:\.{_ATEXT})*")
_IN_BRACKETS = re.compile(r"<\s*([^<>\s]+@[^<>\s]+)\s*>")
_NEVER = {"Cc", "Cs", "Zl", "Zp"}
_MAX_REASON = 200


@dataclass(frozen=True, slots=True)
class Address:
    """One address, in plain ASCII.

    `address` is what mail is sent to, the local part in the writer's own case. `canonical` is what
    identity is made from: two addresses are the same subscriber when their canonical forms are equal.
    """

    address: str
    canonical: str


def parse_address(text: str) -> Address:
    """Return the address that `text` is; spaces around it don't count.

    An international domain becomes its A-labels (RFC 5890). Raises ValueError with one line that says
    what is wrong, fit to be shown: it holds no control character and is at most 200 characters long.
    """
    text = text.strip(" ")
    _refuse_shape(text)
    local, _, domain = text.rpartition("@")
    if not _DOT_ATOM.fullmatch(local):
        raise ValueError(_local_reason(text, local))
    address = f"{local}@{_mail_domain(domain)}"
    if len(address) > MAX_LENGTH:
        raise ValueError(f"the address is longer than {MAX_LENGTH} characters")
    return Address(address, address.casefold())


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
        raise ValueError(f"the address is longer than {MAX_LENGTH} characters")
    if not text.isprintable() and any(unicodedata.category(c) in _NEVER for c in text):
        raise ValueError("the address holds a line break or another control character")
    if inside := _IN_BRACKETS.search(text):
        raise ValueError(f"write the address alone, without name and angle brackets: {inside[1]}"[:_MAX_REASON])
    if text.startswith('"'):
        raise ValueError('an address with a quoted part before the @ ("a b"@…) is not supported')


def _local_reason(text: str, local: str) -> str:
    """Say why `local`, known to be no plain ASCII dot-atom, can't be used."""
    if not local.isascii() and _DOT_ATOM.fullmatch("".join(c if c.isascii() else "a" for c in local)):
        return "letters outside ASCII before the @ need SMTPUTF8, which this version doesn't send"
    try:
        validate_email(text, check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError as error:
        return _reason(error)
    return "the part before the @ can't be used in an address"


# A list's addresses share a few domains, and checking one costs ten times the rest of an address.
@lru_cache(maxsize=4096)
def _mail_domain(domain: str) -> str:
    try:
        return validate_email(f"a@{domain}", check_deliverability=False).ascii_domain.lower()
    except EmailNotValidError as error:
        raise ValueError(_reason(error)) from None


def _reason(error: EmailNotValidError) -> str:
    reason = str(error).rstrip(".")
    return (reason[:1].lower() + reason[1:])[:_MAX_REASON]
