"""The timezones a reader can have: IANA's names, and those of them that are offered for choice."""

from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache, lru_cache
from zoneinfo import ZoneInfo, available_timezones

from babel.core import get_global

_LONGEST = 64
"""Characters of a name; IANA's have at most 32."""

_REGIONS = (
    "Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific",
)  # fmt: skip


@lru_cache(maxsize=1024)
def zone_of(name: str) -> ZoneInfo | None:
    """Return a timezone by its IANA name, None where this machine doesn't know it (any more)."""
    return ZoneInfo(name) if name in _known() else None


def nearest_zone(text: str) -> str | None:
    """Return the timezone that a misspelt name comes near, None where none does."""
    # Its last part is what people get right: "Europe/Berln", "new york".
    wanted = text.strip()[:_LONGEST].replace(" ", "_").casefold()
    known = {name.casefold(): name for name in sorted(_known())} | {
        name.rpartition("/")[2].casefold(): name for names in zones_by_region().values() for name in names
    }
    near = get_close_matches(wanted, known, n=1)
    return known[near[0]] if near else None


@cache
def zones_by_region() -> Mapping[str, tuple[str, ...]]:
    """Return the timezones that are offered, by region: one for each place, no older names for the same."""
    # CLDR's zones are one for each place; IANA keeps every name that was ever in use.
    offered = sorted(_known() & get_global("zone_territories").keys())
    found = {region: tuple(name for name in offered if name.startswith(f"{region}/")) for region in _REGIONS}
    return {"UTC": ("UTC",), **found}


@cache
def _known() -> frozenset[str]:
    return frozenset(available_timezones()) - {"localtime"} | {"UTC"}  # the machine's own is nobody else's
