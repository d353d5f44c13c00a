"""What a template gets to see of an issue, in words: authors, dates, counts, shortened abstracts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import quote_plus

from digest.issues.compose import OTHER
from digest.issues.edition import leads
from digest.issues.issue import Edition, Entry, Issue, Section
from digest.papers.paper import Paper, Signals
from digest.papers.sentences import shorten
from digest.render.fit import Fit
from digest.render.reasons import reason, signal
from digest.render.view import EntryView, Form, IssueView, LinkView, SectionView
from digest.render.words import Words

ABSTRACT_LIMITS: Mapping[Form, int] = {"lead": 720, "card": 380, "brief": 200}
"""Characters of an abstract by form; it ends with a sentence."""


@dataclass(frozen=True, slots=True)
class Publication:
    """What the settings say of a list and its site, for the templates."""

    list_name: str
    list_description: str
    byline: str
    site_name: str
    site_url: str
    postal_address: str


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
        leads=tuple(_entry(entry, section, ("lead",), words) for entry, section in lead),
        sections=tuple(
            SectionView(
                number=section.number,
                name=_topic_name(section, words),
                count=slot(f"count{section.number}"),
                entries=tuple(_entry(e, section, forms[e.rank], words) for e in section.entries if e.rank in forms),
            )
            for section in sections
        ),
        overflow=slot("overflow"),
        recipient=slot("recipient"),
        unsubscribe=slot("unsubscribe"),
        preferences=slot("preferences") if publication.site_url else "",
        browser="",
        site_name=publication.site_name,
        site_url=publication.site_url,
        postal_address=publication.postal_address,
    )


def _entry(entry: Entry, section: Section, forms: tuple[Form, ...], words: Words) -> EntryView:
    paper = entry.paper
    cut = {form: shorten(paper.abstract, limit) for form, limit in ABSTRACT_LIMITS.items() if form in forms}
    home = paper.links.paper or paper.links.project or paper.links.pdf
    return EntryView(
        number=entry.rank,
        title=paper.title,
        url=home or search_url(paper.title),
        url_is_search=home is None,
        authors=authors_line(paper.authors),
        abstract={form: text for form, (text, _) in cut.items()},
        shortened={form: shortened for form, (_, shortened) in cut.items()},
        links=_links(paper, words),
        signals=signal_words(paper.signals, words),
        why=reason(entry.why, words),
        forms=forms,
        topic_name=_topic_name(section, words),
        topic_number=section.number,
    )


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


def search_url(title: str) -> str:
    """Return a search for a paper of which nothing but its title is known."""
    return f"https://arxiv.org/search/?searchtype=title&query={quote_plus(title)}"


def authors_line(authors: tuple[str, ...]) -> str:
    """Name up to four authors; of more, the first two, the last, and how many stand between."""
    if len(authors) <= 4:
        return ", ".join(authors)
    return f"{authors[0]}, {authors[1]}, … {authors[-1]} (+{len(authors) - 3})"


def signal_words(signals: Signals, words: Words) -> tuple[str, ...]:
    """Say each known count in words, such as "1 comment" or "2.3K stars"."""
    named = ((signals.upvotes, "upvotes"), (signals.comments, "comments"), (signals.stars, "stars"))
    return tuple(signal(count, name, words) for count, name in named if count)
