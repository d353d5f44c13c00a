"""The promise the fast way rests on: a message joined of fragments is the message rendered in full."""

import email
import email.policy
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from email.headerregistry import Address
from email.message import EmailMessage

import pytest
from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st
from lxml import etree

from digest.issues.compose import OTHER, compose
from digest.issues.edition import edition_of
from digest.issues.issue import IssueKey
from digest.papers.clean import clean_line
from digest.papers.paper import Links, Paper, Signals
from digest.render.fit import fit
from digest.render.fragments import Marking, sizes
from digest.render.headers import IssueHeaders, Mailbox, one_line, shown_name
from digest.render.links import subscriber_links
from digest.render.message import Addressee, body_values, edition_message
from digest.render.parts import recipe, render_edition, render_parts
from digest.render.present import Publication
from digest.render.theme import Theme
from digest.resources import shipped
from digest.subscribers.identity import SigningKeys
from digest.topics.diversity import Caps
from digest.topics.topic import Topic

DEFAULT, COMPACT = (shipped("templates") / name for name in ("default", "compact"))
THEMES = (Theme([DEFAULT]), Theme([COMPACT, DEFAULT]))
KEYS = SigningKeys(((1, b"k" * 32),))
NOW = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)
FORGED = Marking.of("another issue")

TRICKS = st.sampled_from(
    [
        "\"double\" and 'single'",
        "<script>alert(1)</script>",
        "R&D &amp; AT&T &lt;b&gt; &#x27;",
        "{{ 7*7 }} {% raw %} {# x #}",
        "計算機視覚のための深層学習",
        "שלום עולם (2024)",
        "مرحبا بالعالم",
        "👩‍🔬🇩🇪 e\u0301",
        ".",
        "..From here",
        "From me to you",
        "=3D =20 =",
        "x" * 150,
        "]]> --> <!-- <![endif]-->",
        "</td></tr></table></mj-text>",
        "--=_0123456789abcdef",
        "Content-Type: text/html",
        FORGED.slot("recipient") + "".join(FORGED.mark("card:1")),
        "\N{NO-BREAK SPACE}wide\u3000space\N{NO-BREAK SPACE}",
        "count1",
        "https://example.org/?a=1&b=2",
        "é" * 40,
    ]
)
TEXT = st.lists(TRICKS | st.text(max_size=8), min_size=1, max_size=5).map(" ".join).map(clean_line)
ABSTRACT = st.just("") | st.lists(TEXT, min_size=1, max_size=12).map(". And ".join)
URL = st.none() | st.sampled_from(["https://e.org/1", "https://e.org/?a=1&b='2'", "https://e.org/%22%3C/" + "p" * 300])
PAPERS = st.builds(
    Paper,
    id=st.just(""),
    title=TEXT.map(lambda text: (text or "untitled")[:500]),
    abstract=ABSTRACT,
    tldr=st.just("") | TEXT,
    authors=st.lists(TEXT, max_size=6).map(tuple),
    links=st.builds(Links, paper=URL, pdf=URL, code=URL, project=URL, thumbnail=URL),
    signals=st.builds(Signals, upvotes=st.none() | st.integers(0, 10**6)),
)


@st.composite
def mailings(draw):
    """Draw an issue, what its site says, a reader, and the topics they read."""
    topics = [Topic(f"t{n}", draw(TEXT.filter(bool)), draw(TEXT)) for n in range(draw(st.integers(1, 7)))]
    ids = [topic.id for topic in topics]
    # Sizes drawn apart from the texts: few papers are drawn, and used again under other topics.
    drawn = draw(st.lists(PAPERS, min_size=1, max_size=8))
    count = draw(st.integers(1, 40))
    homes = draw(st.lists(st.sampled_from([*ids, None]), min_size=count, max_size=count))
    papers = [replace(drawn[n % len(drawn)], id=f"file:{n}") for n in range(len(homes))]
    topic_of = {paper.id: home for paper, home in zip(papers, homes, strict=True)}
    key = IssueKey("daily", "daily", "2026-11-24")
    issue = compose(key, date(2026, 11, 24), papers, topic_of, topics, Caps(draw(st.integers(1, 40)), 40))
    issue = replace(issue, number=draw(st.none() | st.integers(1, 999)))
    site = draw(st.sampled_from(["", "https://digest.example.org"]))
    publication = Publication(draw(TEXT), draw(TEXT), draw(TEXT), draw(TEXT), site, draw(TEXT), draw(st.booleans()))
    wishes = draw(st.lists(st.sampled_from([*ids, OTHER.id]), max_size=3))
    name = draw(TEXT | st.sampled_from(["", 'Ada "A", Lovelace\r\nBcc: x', "=?utf-8?q?x?=", "Łukasz " * 30]))
    return issue, publication, edition_of(issue, wishes, "en") or edition_of(issue, (), "en"), name


def addressee(headers, name):
    links = subscriber_links(headers, KEYS, "0123456789abcdef" * 2)
    return Addressee(Mailbox(name, "ada@example.org"), NOW, "0123@example.org", links)


def headers_of(publication):
    sender = Mailbox(publication.site_name, "digest@example.org")
    return IssueHeaders(
        sender=sender,
        reply_to=None,
        list_id="daily",
        list_name=publication.list_name,
        domain="example.org",
        site_url=publication.site_url,
        unsubscribe="leave@example.org",
        key_id=1,
    )


def in_full(subject, headers, to, markup, text):
    """Make the message the plain way, with the library's own means."""
    message = EmailMessage()
    message["To"] = Address(shown_name(to.to.name), addr_spec=to.to.address)
    message["Date"] = to.date
    message["Message-ID"] = f"<{to.message_id}>"
    leave = (to.links.one_click, to.links.mailto)
    message["List-Unsubscribe"] = ", ".join(f"<{url}>" for url in leave if url)
    if headers.site_url:
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message["From"] = Address(shown_name(headers.sender.name), addr_spec=headers.sender.address)
    message["Subject"] = one_line(subject)
    message.set_content(text)
    message.add_alternative(markup, subtype="html")
    return message


def tree(markup):
    """Return a document as a mail program sees it: without the white space between rows of a table or list."""
    document = etree.fromstring(markup, etree.HTMLParser())
    return [(e.tag, attributes(e), inside(e, e.text), inside(e.getparent(), e.tail)) for e in document.iter()]


def attributes(element):
    # mjml writes a backslash or a combining mark of an attribute as Rust writes strings: \\\\, \\u{301}. In the full
    # render that happens to the subject, in the join it is filled in afterwards, and as it should be.
    return [
        (name, re.sub(r"\\u\{[0-9a-f]+\}|[^A-Za-z0-9<>&'\"]", "", value) if name == "aria-label" else value)
        for name, value in sorted(element.attrib.items())
    ]


def inside(parent, text):
    between = parent is None or parent.tag in ("html", "body", "table", "tbody", "tr") or parent.get("role") == "list"
    return "" if between and not (text or "").strip() else text or ""


def assert_same(joined, full):
    message = email.message_from_bytes(joined, policy=email.policy.default)
    for name in ("Date", "Message-ID", "List-Unsubscribe", "List-Unsubscribe-Post", "Subject"):
        assert message[name] == full[name]
    for name in ("To", "From"):
        assert message[name].addresses[0].addr_spec == full[name].addresses[0].addr_spec
        # email.policy.default puts a space between two encoded words of a name; RFC 2047, 6.2 has none there.
        assert without_spaces(message[name]) == without_spaces(full[name])
    assert len(message.keys()) == len(set(message.keys())) == len({*full.keys(), "List-Id"})
    plain, markup = (content(part) for part in message.iter_parts())
    full_plain, full_markup = (content(part) for part in full.iter_parts())
    assert plain == full_plain
    assert markup == full_markup or tree(markup) == tree(full_markup)


def without_spaces(header):
    return header.addresses[0].display_name.replace(" ", "")


def content(part):
    return part.get_content().replace("\r\n", "\n")


@settings(
    max_examples=settings.default.max_examples // 3,  # each renders an issue in full twice
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(mailings(), st.sampled_from(THEMES))
def test_the_join_is_the_full_render(mailing, theme):
    issue, publication, edition, name = mailing
    headers = headers_of(publication)
    to = addressee(headers, name)
    parts = render_parts(theme, issue, publication)
    made = recipe(theme, parts, edition, publication)
    joined = edition_message(headers, parts, made).to(to)

    fitted = fit(edition, sizes(parts.html))
    markup, text = render_edition(theme, issue, edition, fitted, publication, body_values(to))
    event(f"sections: {len(edition.sections)}")
    event(f"forms: {sorted(set(fitted.forms.values()))}")
    assert_same(joined, in_full(made.subject, headers, to, markup, text))


@pytest.mark.parametrize(
    ("wish", "theme"), [((), THEMES[0]), (("t1",), THEMES[1]), (("t0", "t2"), THEMES[0]), ((OTHER.id,), THEMES[0])]
)
def test_the_join_is_the_full_render_when_there_is_no_room(wish, theme):
    titles = ["語" * 100, "'\"&<>" * 40, "x" * 400]
    papers = [Paper(f"file:{n}", f"{n} {titles[n % 3]}", f"{titles[n % 3]}. And more. " * 9) for n in range(200)]
    topics = [Topic(f"t{n}", f"Topic {n}") for n in range(4)]
    topic_of = {paper.id: f"t{n % 5}" for n, paper in enumerate(papers)}
    issue = compose(
        IssueKey("daily", "daily", "2026-11-24"), date(2026, 11, 24), papers, topic_of, topics, Caps(60, 60)
    )
    publication = Publication("Daily Papers", "", "", "Paper Digest", "", "")
    edition = edition_of(issue, wish, "en")
    to = addressee(headers_of(publication), "Ada")
    parts = render_parts(theme, issue, publication)
    made = recipe(theme, parts, edition, publication)
    fitted = fit(edition, sizes(parts.html))
    markup, text = render_edition(theme, issue, edition, fitted, publication, body_values(to))
    joined = edition_message(headers_of(publication), parts, made).to(to)
    assert_same(joined, in_full(made.subject, headers_of(publication), to, markup, text))
    assert set(fitted.forms.values()) & {"brief", "line"}
    assert fitted.overflow or wish in (("t1",), (OTHER.id,))
