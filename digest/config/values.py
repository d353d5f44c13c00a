"""What a single value of the settings must look like, and how it is told when it doesn't.

Every check raises ValueError with what was expected. A value that may hold a secret (a host or a web
address with a password in it) is not repeated.
"""

import re
import unicodedata
from ipaddress import ip_address
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from cronsim import CronSim, CronSimError
from pydantic import AfterValidator, Field

from digest.errors import meant

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_DOMAIN = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_SPEC = rf"{_ATOM}(?:\.{_ATOM})*@{_DOMAIN}(?:\.{_DOMAIN})*"
_MAILBOX = re.compile(rf'{_SPEC}|(?:"(?:[^"\\]|\\.)*"|[^"<>()\[\],;:@\\]+)\s*<{_SPEC}>')
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_URL = re.compile(r"[A-Za-z0-9._~:/\[\]@!$&'()*+,;=%-]+")

_FETCH_URL = re.compile(r"[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]+")


def is_loopback(host: str) -> bool:
    """Tell whether what is sent to `host` stays on this machine."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _one_line(value: str) -> str:
    if any(unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") for char in value):
        raise ValueError("expected a single line without control characters")
    return value


def _not_blank(value: str) -> str:
    if not value.strip():
        raise ValueError("expected a text that isn't empty")
    return value


def _timezone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        hint = meant(value, available_timezones(), "expected one such as 'Europe/Berlin'")
        raise ValueError(f"{value!r} is no IANA timezone; {hint}") from None
    return value


def _crontab(value: str) -> str:
    from datetime import UTC, datetime

    expected = "expected five fields such as '0 7 * * 1-5'"
    if len(value.split()) != 5:
        raise ValueError(f"{value!r} is no crontab line; {expected}")
    try:
        next(CronSim(value, datetime(2000, 1, 1, tzinfo=UTC)))
    except CronSimError as error:
        raise ValueError(f"{value!r}: {str(error).lower()}; {expected}") from None
    except StopIteration:
        raise ValueError(f"{value!r} never comes; {expected}") from None
    return value


def _mailbox(value: str) -> str:
    if not _MAILBOX.fullmatch(_one_line(value)):
        raise ValueError(f"{value!r} is no address; expected 'digest@example.org' or 'Name <digest@example.org>'")
    return value


def _web_address(value: str) -> str:
    expected = "expected a web address in ASCII such as 'https://digest.example.org', without query or password"
    try:
        parts = urlsplit(value)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # an unclosed bracket, a port out of range
        raise ValueError(expected) from None
    if not sound or "@" in parts.netloc or not _URL.fullmatch(value):
        raise ValueError(expected)
    return value.rstrip("/")


def _fetch_address(value: str) -> str:
    expected = "expected a web address in ASCII such as 'https://example.org/feed.xml', without a password"
    try:
        parts = urlsplit(value)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise ValueError(expected) from None
    if not sound or "@" in parts.netloc or not _FETCH_URL.fullmatch(value):
        raise ValueError(expected)
    return value


def _domain(value: str) -> str:
    if not re.fullmatch(rf"{_DOMAIN}(?:\.{_DOMAIN})+", value):
        raise ValueError(f"{value!r} is no domain; expected one such as 'example.org', in ASCII")
    return value.lower()


def _host(value: str) -> str:
    try:
        ip_address(value.strip("[]"))
    except ValueError:
        if not _HOST.fullmatch(value):
            raise ValueError(
                "expected a host name such as 'smtp.example.org'; port, username and password have keys of their own"
            ) from None
    return value


Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
"""A name that can stand in a URL, a file name and (with _ for -) an environment variable."""
Line = Annotated[str, AfterValidator(_one_line)]
Name = Annotated[Line, AfterValidator(_not_blank)]
Timezone = Annotated[str, AfterValidator(_timezone)]
Crontab = Annotated[str, AfterValidator(_crontab)]
Mailbox = Annotated[str, AfterValidator(_mailbox)]
WebAddress = Annotated[str, AfterValidator(_web_address)]
FetchAddress = Annotated[str, AfterValidator(_fetch_address)]
Domain = Annotated[str, AfterValidator(_domain)]
Host = Annotated[str, AfterValidator(_host)]
