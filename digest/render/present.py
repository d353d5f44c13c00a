"""What a template gets to see of an issue, in words: authors, dates, counts, shortened abstracts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from unicodedata import bidirectional
from urllib.parse import quote_plus

from digest.issues.compose import OTHER
from digest.issues.edition import leads
from digest.issues.issue import Edition, Entry, Issue, Section
from digest.papers.paper import Paper, Signals
from digest.papers.sentences import sentences, shorten
from digest.papers.summary import summarize
from digest.render.fit import Fit
from digest.render.reasons import reason, signal
from digest.render.view import EntryView, Form, IssueView, LinkView, SectionView
from digest.render.words import Words

ABSTRACT_LIMITS: Mapping[Form, int] = {"lead": 720, "card": 380, "brief": 200}
"""Characters of an abstract's beginning by form; it ends with a sentence."""

SUMMARY_LIMITS: Mapping[Form, int] = {"lead": 260, "card": 320, "brief": 180}
"""Characters of a summary by form; it ends with a sentence."""


@dataclass(frozen=True, slots=True)
class Publication:
    """What the settings say of a list and its site, for the templates."""

    list_name: str
    list_description: str
    byline: str
    site_name: str
    site_url: str
    postal_address: str
    thumbnails: bool = False
    archive_url: str = ""


_LEFT_TO_RIGHT = "\N{LEFT-TO-RIGHT MARK}"

Slots = Callable[[str], str]
"""Gives the value of a slot, or its placeholder while the value is open."""


def whole_view(issue: Issue, publication: Publication, words: Words, slot: Slots) -> IssueView:
    """Return the view that holds every form of every paper any edition may need."""
    may_lead = leads(issue)
    every: tuple[Form, ...] = ("card", "brief", "line")
    forms: dict[int, tuple[Form, ...]] = {e.rank: every if e.carries == "card" else ("line",) for e in issue.entries}
    first = [(e, s) for s in issue.sections for e in s.entries if e.rank in may_lead]
    return _view(
        issue,
        publication,
        words,
        slot,
        sorted(first, key=lambda pair: pair[0].rank),
        issue.sections,
        forms,
    )


def edition_view(
    issue: Issue, edition: Edition, fitted: Fit, publication: Publication, words: Words, slot: Slots
) -> IssueView:
    """Return the view of one edition, each paper in the form that was chosen for it."""
    forms: dict[int, tuple[Form, ...]] = {rank: (form,) for rank, form in fitted.forms.items()}
    home = next(s for s in issue.sections if edition.lead in s.entries)
    shown = [s for s in edition.sections if any(e.rank in forms for e in s.entries)]
    return _view(issue, publication, words, slot, [(edition.lead, home)], tuple(shown), forms)


def _view(
    issue: Issue,
    publication: Publication,
    words: Words,
    slot: Slots,
    lead: list[tuple[Entry, Section]],
    sections: tuple[Section, ...],
    forms: Mapping[int, tuple[Form, ...]],
) -> IssueView:
    return IssueView(
        subject=slot("subject"),
        preheader=slot("preheader"),
        list_name=publication.list_name,
        list_description=publication.list_description,
        byline=publication.byline,
        date=words.day(issue.day),
        number="" if issue.number is None else str(issue.number),
        language=words.language,
        direction=words.direction,
        total=slot("total"),
        leads=tuple(_entry(entry, section, ("lead",), publication, words) for entry, section in lead),
        sections=tuple(
            SectionView(
                number=section.number,
                name=_topic_name(section, words),
                count=slot(f"count{section.number}"),
                entries=tuple(
                    _entry(e, section, forms[e.rank], publication, words) for e in section.entries if e.rank in forms
                ),
            )
            for section in sections
        ),
        overflow=slot("overflow"),
        pictures=any(_thumbnail(entry.paper, publication) for entry in issue.entries),
        recipient=slot("recipient"),
        unsubscribe=slot("unsubscribe"),
        preferences=slot("preferences") if publication.site_url else "",
        browser=archive_page(publication, issue),
        site_name=publication.site_name,
        site_url=publication.site_url,
        postal_address=publication.postal_address,
    )


def archive_page(publication: Publication, issue: Issue) -> str:
    """Return the address of an issue's page in the archive (digest/archive/addresses.py); "" where there is none."""
    return f"{publication.archive_url}/{issue.key.list_id}/{issue.key.period}/" if publication.archive_url else ""


def _entry(
    entry: Entry, section: Section, forms: tuple[Form, ...], publication: Publication, words: Words
) -> EntryView:
    paper = entry.paper
    worded = ABSTRACT_LIMITS if forms != ("line",) else ()
    texts = {form: _texts(paper, form) for form in worded}
    home = page_of(paper)
    return EntryView(
        number=entry.rank,
        title=paper.title,
        url=home or search_url(paper.title),
        url_is_search=home is None,
        authors=authors_line(paper.authors),
        summary={form: said for form, (said, _, _) in texts.items()},
        abstract={form: beginning for form, (_, beginning, _) in texts.items()},
        shortened={form: shortened for form, (_, _, shortened) in texts.items()},
        thumbnail=_thumbnail(paper, publication),
        links=_links(paper, words),
        signals=signal_words(paper.signals, words),
        why=reason(_beyond_counts(entry.why), words),
        forms=forms,
        topic_name=_topic_name(section, words),
        topic_number=section.number,
    )


def summary(paper: Paper, limit: int) -> str:
    """Say the most of a paper in a sentence or two: by the record's TL;DR, else by sentences of its abstract."""
    return shorten(paper.tldr, limit)[0] if paper.tldr else summarize(paper.abstract, limit)


def _texts(paper: Paper, form: Form) -> tuple[str, str, bool]:
    """Return the summary, the abstract's beginning, and whether there is more of it.

    In a lead one stands above the other and takes of its room; a summary that would say a sentence twice goes.
    """
    said, limit = summary(paper, SUMMARY_LIMITS[form]), ABSTRACT_LIMITS[form]
    if form == "lead":
        beginning, shortened = shorten(paper.abstract, limit - len(said))
        if not any(sentence in beginning for sentence in sentences(said)):
            return said, beginning, shortened
        said = ""
    return (said, *shorten(paper.abstract, limit))


def _thumbnail(paper: Paper, publication: Publication) -> str:
    """Return the picture's address where the list wants pictures; none that a mail program would warn of."""
    address = paper.links.thumbnail or ""
    return address if publication.thumbnails and address.startswith("https://") else ""


def _beyond_counts(why: str) -> str:
    """Return an entry's `why` without the counts, which stand among its signals."""
    return ", ".join(part for part in why.split(", ") if not part[:1].isdigit())


def _topic_name(section: Section, words: Words) -> str:
    """Return the name of a topic; only the one that is ours has translations."""
    return words.gettext("Other papers") if section.topic.id == OTHER.id else section.topic.name


def _links(paper: Paper, words: Words) -> tuple[LinkView, ...]:
    named = (
        (words.gettext("PDF"), paper.links.pdf),
        (words.gettext("Code"), paper.links.code),
        (words.gettext("Project"), paper.links.project),
    )
    return tuple(LinkView(label, url) for label, url in named if url)


def page_of(paper: Paper) -> str | None:
    """Return where a paper is best read, or None where nothing is known but its title."""
    return paper.links.paper or paper.links.project or paper.links.pdf


def search_url(title: str) -> str:
    """Return a search for a paper of which nothing but its title is known."""
    return f"https://arxiv.org/search/?searchtype=title&query={quote_plus(title)}"


def authors_line(authors: tuple[str, ...]) -> str:
    """Name up to four authors; of more, the first two, the last, and how many stand between."""
    named = [_closed(author) for author in authors]
    if len(named) <= 4:
        return ", ".join(named)
    return f"{named[0]}, {named[1]}, … {named[-1]} (+{len(named) - 3})"


def _closed(name: str) -> str:
    """Return `name`, with a mark behind it that keeps one from right to left from turning what follows around."""
    return name + _LEFT_TO_RIGHT if any(bidirectional(char) in ("R", "AL") for char in name) else name


def signal_words(signals: Signals, words: Words) -> tuple[str, ...]:
    """Say each known count in words, such as "1 comment" or "2.3K stars"."""
    named = ((signals.upvotes, "upvotes"), (signals.comments, "comments"), (signals.stars, "stars"))
    return tuple(signal(count, name, words) for count, name in named if count)
