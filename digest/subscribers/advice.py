"""What somebody most likely meant: for addresses, timezones and languages that can't be used or look like a slip.

All of it is told and nothing is done: only the person knows.
"""

import re
import unicodedata
from functools import cache
from zoneinfo import available_timezones

from digest.subscribers.address import Address, parse_address
from digest.subscribers.near import Near
from digest.subscribers.providers import domain_meant

_ROLES = """
info marketing sales support abuse noc security postmaster hostmaster usenet news webmaster www uucp ftp
noreply no-reply donotreply do-not-reply mailer-daemon daemon bounce bounces root admin administrator nobody
"""
ROLES = frozenset(_ROLES.split())
"""Names before the @ that are of a task and not of a person: those of RFC 2142, and those that nobody reads."""

_REQUEST = "-request"
"""What ends the address by which a mailing list is managed (RFC 2142, 6)."""

_AT = re.compile(r"\s*(?:\(at\)|\[at\]|\{at\})\s*", re.IGNORECASE)
_AROUND = " \t.,;:'\"<>()[]"
_ENDING = re.compile(r"(?:[a-z]{2,3}\.)?(?:[a-z]{2}|com|org|net|edu|gov|info|dev|app)")
"""What stands behind the last comma of an address, and hardly ever is a name."""
_DOTS = re.compile(r"\.{2,}")
_LONGEST = 320

_COUNTRIES_FOR_LANGUAGES = {
    "cn": "zh", "cz": "cs", "dk": "da", "gb": "en", "gr": "el", "jp": "ja", "ua": "uk", "us": "en",
}  # fmt: skip
"""Codes of countries that are no language's, and are written for one."""

_LANGUAGES = {
    "english": "en", "german": "de", "deutsch": "de", "french": "fr", "français": "fr", "spanish": "es",
    "español": "es", "italian": "it", "italiano": "it", "portuguese": "pt", "português": "pt", "dutch": "nl",
    "nederlands": "nl", "chinese": "zh", "中文": "zh", "japanese": "ja", "日本語": "ja", "korean": "ko", "한국어": "ko",
    "russian": "ru", "русский": "ru", "polish": "pl", "polski": "pl", "swedish": "sv", "svenska": "sv",
    "danish": "da", "dansk": "da", "norwegian": "no", "norsk": "no", "finnish": "fi", "suomi": "fi",
    "czech": "cs", "čeština": "cs", "turkish": "tr", "türkçe": "tr", "arabic": "ar", "العربية": "ar",
    "hebrew": "he", "עברית": "he", "hindi": "hi", "ukrainian": "uk", "українська": "uk", "greek": "el",
}  # fmt: skip
"""Names of languages, in English and their own, that people write in place of the tag."""


def with_hint(reason: str, meant: str | None) -> str:
    """Return a reason with what was probably meant, where that is known."""
    return f"{reason}; did you mean {meant}?" if meant else reason


def address_meant(written: str) -> str | None:
    """Return the address that a text, which is none, was most likely meant to be; None where nothing is likely."""
    text = skeleton(written[:_LONGEST]).removeprefix("mailto:")
    text = _AT.sub("@", text)
    text = _DOTS.sub(".", "".join(text.split())).strip(_AROUND)
    text = re.sub("@+", "@", text).replace(",", ".")
    if "@" not in text:
        text = text.replace(".", "@", 1) if text.count(".") > 1 else text
    local, at, domain = text.partition("@")
    meant = f"{local}@{domain_meant(domain) or domain}".replace(".@", "@").replace("@.", "@")
    return meant if at and _is_address(meant) and meant != written.strip() else None


def address_doubted(address: Address) -> str | None:
    """Return the address that one which can be used was most likely meant to be; None where it may well be right."""
    local, _, domain = address.address.rpartition("@")
    slip = domain_meant(domain)
    if address.is_international and not is_itself(address.canonical):
        return address_meant(address.canonical)
    return f"{local}@{slip}" if slip else None


def is_role(address: Address) -> bool:
    """Tell whether an address is of a task, such as postmaster, and not of a person."""
    name = address.canonical.partition("@")[0].partition("+")[0]
    return name in ROLES or name.endswith(_REQUEST)


def skeleton(written: str) -> str:
    """Return what an address looks like: no invisible characters, none in a compatible form, no capitals.

    Two addresses with one skeleton look the same to a person, and are two to a mail server.
    """
    if written.isascii():
        return written.strip().casefold()
    seen = "".join(char for char in unicodedata.normalize("NFKC", written) if not _is_invisible(char))
    return unicodedata.normalize("NFKC", seen.strip().casefold())


def is_itself(canonical: str) -> bool:
    """Tell whether a canonical address looks like itself and no other."""
    return canonical.isascii() or skeleton(canonical) == canonical


def _is_invisible(char: str) -> bool:
    # Format characters (zero width, soft hyphen, marks of direction), and letters and marks that show nothing.
    return unicodedata.category(char) == "Cf" or char in "\u034f\u115f\u1160\u3164\u2800\ufe0e\ufe0f\uffa0"


def _is_address(text: str) -> bool:
    try:
        parse_address(text)
    except ValueError:
        return False
    return True


def address_with_comma(first: str, second: str) -> str | None:
    """Return the address that two fields were meant to be, where a comma stood for a dot: "ada@example" and "org"."""
    domain = first.rpartition("@")[2]
    if "@" not in first or "." in domain or not _ENDING.fullmatch(second.strip()):
        return None
    joined = f"{first.strip()}.{second.strip()}"
    return joined if _is_address(joined) else None


def timezone_meant(written: str) -> str | None:
    """Return the IANA timezone that a text was most likely meant to be: another case, its city, or a slip away."""
    text = written.strip().replace(" ", "_").casefold()
    exact, cities, near, near_cities = _timezones()
    found = exact.get(text) or cities.get(text) or near.find(text)
    if found is None and (city := near_cities.find(text)):
        found = cities.get(city)
    return found


@cache
def _timezones() -> tuple[dict[str, str], dict[str, str], Near, Near]:
    # "Posix/…" and the like are copies; of a city's names the first by the alphabet is the usual one.
    names = [name for name in sorted(available_timezones()) if "/" in name and not name.startswith(("posix", "right"))]
    cities: dict[str, str] = {}
    for name in names:
        cities.setdefault(name.rpartition("/")[2].casefold(), name)
    long = [city for city in cities if len(city) > 4]
    return {name.casefold(): name for name in names}, cities, Near(names), Near(long)


def language_meant(written: str) -> str | None:
    """Return the language tag that a text was most likely meant to be: "en-US" for "en_US", "de" for "German"."""
    text = written.strip().casefold()
    if re.fullmatch(r"[a-z]{2,3}_[a-z]{2,4}", text):
        first, _, last = text.partition("_")
        return f"{first}-{last.title() if len(last) == 4 else last.upper()}"
    named = _LANGUAGES.get(text) or _LANGUAGES.get(_language_names().find(text) or "" if len(text) > 4 else "")
    return named or _COUNTRIES_FOR_LANGUAGES.get(text.partition("-")[0])


@cache
def _language_names() -> Near:
    return Near(_LANGUAGES)
