"""Rules: which papers a list's editors want at all, and which never, whatever their score."""

import re
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from digest.papers.paper import Paper
from digest.topics.terms import Words

_NAME_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a rule looks for: a paper fits when it has any one of these.

    `keywords` are words or phrases of title, abstract and keywords; `authors` are names ("Ada Lovelace",
    "A. Lovelace", "Lovelace"); `organizations` are whole names; of `categories`, "math" stands for all that
    begin with "math.".
    """

    keywords: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    organizations: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rules:
    """What a list takes: everything that fits `include` (all, where it is empty) and doesn't fit `exclude`."""

    include: Wanted = field(default_factory=Wanted)
    exclude: Wanted = field(default_factory=Wanted)


def apply(
    papers: Iterable[Paper], rules: Rules, pinned: Collection[str] = ()
) -> tuple[list[Paper], list[tuple[Paper, str]]]:
    """Return the papers that `rules` keep, and those they drop, each with the reason; both in their order.

    Exclusion wins over inclusion, and a paper in `pinned` (ids) over both.
    """
    include, exclude = _Matcher(rules.include), _Matcher(rules.exclude)
    kept: list[Paper] = []
    dropped: list[tuple[Paper, str]] = []
    for paper in papers:
        reason = None if paper.id in pinned else _reason(paper, include, exclude)
        if reason is None:
            kept.append(paper)
        else:
            dropped.append((paper, reason))
    return kept, dropped


def _reason(paper: Paper, include: "_Matcher", exclude: "_Matcher") -> str | None:
    """Return why a paper is dropped, or None where it is kept."""
    unwanted = exclude.find(paper)
    if unwanted is not None:
        return f"excluded by {unwanted}"
    return "fits nothing that is included" if not include.is_empty and include.find(paper) is None else None


class _Matcher:
    """A `Wanted`, prepared once for many papers."""

    def __init__(self, wanted: Wanted) -> None:
        self.is_empty = wanted == Wanted()
        self._keywords = [(form, text) for text in wanted.keywords for form in _forms(text)]
        self._authors = [(words, text) for text in wanted.authors if (words := _name_words(text))]
        self._organizations = {_plain(text): text for text in wanted.organizations}
        self._categories = {text.casefold(): text for text in wanted.categories}

    def find(self, paper: Paper) -> str | None:
        """Return what of a paper is wanted, in words such as 'keyword "robot"', or None."""
        return self._keyword(paper) or self._author(paper) or self._organization(paper) or self._category(paper)

    def _keyword(self, paper: Paper) -> str | None:
        if not self._keywords:
            return None
        texts = [form for text in (paper.title, paper.abstract, *paper.keywords) for form in _forms(text)]
        return next((f'keyword "{k}"' for form, k in self._keywords if any(form in text for text in texts)), None)

    def _author(self, paper: Paper) -> str | None:
        if not self._authors:
            return None
        names = [_name_words(author) for author in paper.authors]
        return next((f'author "{t}"' for words, t in self._authors if any(_same(words, name) for name in names)), None)

    def _organization(self, paper: Paper) -> str | None:
        text = self._organizations.get(_plain(paper.organization)) if paper.organization else None
        return f'organization "{text}"' if text is not None else None

    def _category(self, paper: Paper) -> str | None:
        for category in paper.categories:
            name = category.casefold()
            text = self._categories.get(name) or self._categories.get(name.partition(".")[0])
            if text is not None:
                return f'category "{text}"'
        return None


def _forms(text: str) -> set[str]:
    """Return the words of `text` between spaces, in lower case and the singular: hyphens as spaces, and as nothing."""
    found = (Words.of(t).singles for t in (text, text.replace("-", "")))
    return {f" {' '.join(words)} " for words in found if words}


def _plain(text: str) -> str:
    """Return `text` in lower case, without accents and with single spaces."""
    letters = unicodedata.normalize("NFKD", text)
    return " ".join("".join(c for c in letters if not unicodedata.combining(c)).casefold().split())


def _name_words(name: str) -> tuple[str, ...]:
    """Return the words of a name, given names first: of "Lovelace, A. K." they are a, k, lovelace."""
    last, comma, first = _plain(name).partition(",")
    return tuple(_NAME_WORD.findall(f"{first} {last}" if comma else last))


def _same(wanted: tuple[str, ...], name: tuple[str, ...]) -> bool:
    """Tell whether `wanted` names an author: as their last names, or with given names or initials that agree."""
    if not name or wanted[-1] != name[-1]:
        return False
    if wanted == name[-len(wanted) :]:
        return True
    given = list(zip(wanted[:-1], name[:-1], strict=False))
    return bool(given) and all(a == b or a == b[0] or b == a[0] for a, b in given)
