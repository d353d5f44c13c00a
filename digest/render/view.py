"""The view: what a template sees. Both formats are written over the same one.

Every string is text, never markup: the template's kind decides how it is escaped. Values that differ
between editions or subscribers are slots when an issue is rendered in full (see `fragments`), and
the real thing when a single edition is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Form = Literal["lead", "card", "brief", "line"]
"""How a paper is shown: the lead with most room; a card with an abstract of some sentences; brief, a
card with one sentence; or a title line."""


@dataclass(frozen=True, slots=True)
class LinkView:
    """A link: its words ("PDF") and where it goes."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class EntryView:
    """A paper in a section.

    `forms` are the forms to render: all that may be needed when rendering in full, one in an edition.
    `summary` maps "lead", "card" and "brief" to a sentence or two that tell the most, the record's own TL;DR where
    it has one; `abstract` maps them to the abstract's first sentences, and `shortened` tells whether there are more.
    Both are whole sentences, "" where there is no abstract; a lead's summary says nothing that its abstract's first
    sentences say. Of papers that are title lines only all three are empty.
    `url` is the paper's page, or a search for its title when `url_is_search`. `thumbnail` is the address of a
    picture, "" where there is none or the list wants none. `number` names the entry in fragment markers and ids.
    `signals` are short phrases such as "120 upvotes", the weightiest first, and `why` says what else made the paper
    trending, or that it is there again; often "". `topic_name` and `topic_number` are of the section it belongs to.
    """

    number: int
    title: str
    url: str
    url_is_search: bool
    authors: str
    summary: Mapping[str, str]
    abstract: Mapping[str, str]
    shortened: Mapping[str, bool]
    thumbnail: str
    links: tuple[LinkView, ...]
    signals: tuple[str, ...]
    why: str
    forms: tuple[Form, ...]
    topic_name: str
    topic_number: int


@dataclass(frozen=True, slots=True)
class SectionView:
    """One topic's entries; `number` is 1-based, names its fragments, ids and colour; `count` is text."""

    number: int
    name: str
    count: str
    entries: tuple[EntryView, ...]


@dataclass(frozen=True, slots=True)
class IssueView:
    """Everything a template may say.

    `leads` holds the entry that leads (every one that may lead some edition, when rendering in full);
    each has the form "lead". `date` is written out for the `language`, whose `direction` is "ltr" or "rtl"; `number`
    is "" in a draft. `total` counts the papers, such as "12 papers". `overflow` says how many papers had no room, ""
    when none has. `pictures` tells whether the mail loads thumbnails from other hosts.
    `unsubscribe`, `preferences` and `browser` are URLs, "" where the site has no such page;
    `unsubscribe` is then a mailto: link. `recipient` is whom this copy is for ("Ada <ada@…>").
    """

    subject: str
    preheader: str
    list_name: str
    list_description: str
    byline: str
    date: str
    number: str
    language: str
    direction: str
    total: str
    leads: tuple[EntryView, ...]
    sections: tuple[SectionView, ...]
    overflow: str
    pictures: bool
    recipient: str
    unsubscribe: str
    preferences: str
    browser: str
    site_name: str
    site_url: str
    postal_address: str
