"""Why a paper stands where it does, in a reader's language.

An issue keeps reasons in English, as they were composed: "most upvoted of its day, rising fast".
"""

import re

from digest.render.words import Words

_COUNT = re.compile(r"([0-9,]+) (upvotes|comments|stars)")
_VERSION = re.compile(r"updated, version ([0-9]+)")


def reason(why: str, words: Words) -> str:
    """Return an entry's `why` in another language; what isn't known stays as it is."""
    version = _VERSION.fullmatch(why)
    if version:
        return words.gettext("updated, version %(version)s") % {"version": version[1]}
    return ", ".join(_part(part, words) for part in why.split(", ")) if why else ""


def _part(part: str, words: Words) -> str:
    counted = _COUNT.fullmatch(part)
    if counted:
        return signal(int(counted[1].replace(",", "")), counted[2], words)
    known = {
        "most upvoted of its day": words.gettext("most upvoted of its day"),
        "rising fast": words.gettext("rising fast"),
        "first in its listing": words.gettext("first in its listing"),
        "pinned by the editors": words.gettext("pinned by the editors"),
    }
    return known.get(part, part)


def signal(count: int, name: str, words: Words) -> str:
    """Return a count of "upvotes", "comments" or "stars" in words, such as "1 comment" or "2.3K stars"."""
    if name == "upvotes":
        return words.ngettext("%(num)s upvote", "%(num)s upvotes", count)
    if name == "comments":
        return words.ngettext("%(num)s comment", "%(num)s comments", count)
    return words.ngettext("%(num)s star", "%(num)s stars", count)
