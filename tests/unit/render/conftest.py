"""A small issue to render: two leads may lead, two sections, every form."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from digest.render.view import EntryView, IssueView, LinkView, SectionView

ALL = ("card", "brief", "line")


def make_entry(number: int, title: str = "", **changes: Any) -> EntryView:
    entry = EntryView(
        number=number,
        title=title or f"Paper number {number}",
        url=f"https://papers.example.org/{number}",
        url_is_search=False,
        authors="Ada Lovelace, Alan Turing",
        summary={"lead": "", "card": "Card text.", "brief": "Brief."},
        abstract={"lead": "Lead text. More of it.", "card": "Card text.", "brief": "Brief.", "line": ""},
        shortened={"lead": False, "card": True, "brief": True, "line": True},
        thumbnail="",
        links=(LinkView("PDF", f"https://papers.example.org/{number}.pdf"),),
        signals=("120 upvotes", "4 comments"),
        why="",
        forms=("card",),
        topic_name="Vision",
        topic_number=1,
    )
    return replace(entry, **changes)


def make_view(*, forms: tuple[Any, ...] = ("card",), **changes: Any) -> IssueView:
    entries = [make_entry(n, forms=forms) for n in (2, 3, 4)]
    view = IssueView(
        subject="The subject",
        preheader="4 papers: Vision, Robotics",
        list_name="Daily Papers",
        list_description="Papers, every morning.",
        byline="by AK and the research community",
        date="Tuesday, 12 March 2024",
        number="12",
        language="en",
        direction="ltr",
        total="4",
        leads=(make_entry(1, forms=("lead",)),),
        sections=(
            SectionView(1, "Vision", "2", tuple(entries[:2])),
            SectionView(2, "Robotics", "1", tuple(entries[2:])),
        ),
        overflow="",
        pictures=False,
        recipient="Ada <ada@example.org>",
        unsubscribe="https://digest.example.org/u/token",
        preferences="https://digest.example.org/p/token",
        browser="https://digest.example.org/i/12",
        site_name="Paper Digest",
        site_url="https://digest.example.org",
        postal_address="1 Sample Street, Berlin",
    )
    return replace(view, **changes)


@pytest.fixture
def entry_view() -> Callable[..., EntryView]:
    return make_entry


@pytest.fixture
def issue_view() -> Callable[..., IssueView]:
    return make_view
