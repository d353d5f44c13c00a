import email
import email.policy
import html
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from digest.render.fragments import Marking
from digest.render.headers import IssueHeaders, Mailbox
from digest.render.links import SubscriberLinks
from digest.render.message import Addressee, body_values, edition_message
from digest.render.parts import Assembly, Parts, Recipe

MARKING = Marking.of("an issue")
SITE = "https://digest.example.org"
HEADERS = IssueHeaders(
    sender=Mailbox("Paper Digest", "digest@example.org"),
    reply_to=None,
    list_id="daily",
    list_name="Daily Papers",
    domain="example.org",
    site_url=SITE,
    unsubscribe="leave@example.org",
    key_id=1,
)
BY_WEB = SubscriberLinks(
    f"{SITE}/u/token", f"{SITE}/u/token", "mailto:leave@example.org?subject=unsubscribe", f"{SITE}/p/t"
)
BY_MAIL = SubscriberLinks("mailto:leave@example.org?subject=u", "", "mailto:leave@example.org?subject=u", "")
ADA = Addressee(
    to=Mailbox("Ada Lovelace", "ada@example.org"),
    date=datetime(2026, 11, 24, 6, 0, tzinfo=UTC),
    message_id="0123456789abcdef@example.org",
    links=BY_WEB,
)
SLOTS = {name: MARKING.slot(name) for name in ("subject", "recipient", "unsubscribe", "preferences")}
TEXT = "{subject}\n.\nFrom here on --=_\nFor {recipient}\nLeave: {unsubscribe}\nChoose: {preferences}\n"
HTML = (
    '<h1>{subject}</h1>\n<p>For {recipient}</p>\n<a href="{unsubscribe}">Leave</a> <a href="{preferences}">Choose</a>\n'
)
FIELDS = {
    *("To", "Date", "Message-ID", "List-Unsubscribe", "List-Unsubscribe-Post", "From", "Subject", "List-Id"),
    *("MIME-Version", "Content-Type"),
}


def edition(subject="A paper + 11 more", prefix="", headers=HEADERS, text=TEXT, markup=HTML):
    parts = Parts(html=MARKING.cut(markup.format(**SLOTS)), text=MARKING.cut(text.format(**SLOTS)))
    values = {"subject": subject}
    return edition_message(headers, parts, Recipe(frozenset(), values, Assembly.of(parts, frozenset(), values)), prefix)


def read(raw):
    return email.message_from_bytes(raw, policy=email.policy.default)


def bodies(raw):
    plain, markup = read(raw).iter_parts()
    return as_lines(plain.get_content()), as_lines(markup.get_content())


HOSTILE = st.lists(
    st.sampled_from(["\r\n", "\n\n", "\r\nBcc: eve@example.net", "=?utf-8?q?x?=", '"', "<", "&amp;", "--=_", "語", "."])
    | st.text(max_size=12),
    max_size=8,
).map("".join)


@given(HOSTILE, HOSTILE, HOSTILE)
@example("A title\nX-Evil: 1", "Ada\r\n\r\nbody", "x" * 500)
@example("", "", "")
def test_no_text_adds_a_field_or_a_part(subject, name, list_name):
    headers = replace(HEADERS, list_name=list_name, sender=Mailbox(list_name, "digest@example.org"))
    raw = edition(subject, headers=headers).to(ADA._replace(to=Mailbox(name, "ada@example.org")))
    message = read(raw)
    assert sorted(message.keys()) == sorted(FIELDS)
    assert [a.addr_spec for a in message["To"].addresses] == ["ada@example.org"]
    assert [a.addr_spec for a in message["From"].addresses] == ["digest@example.org"]
    assert [p.get_content_type() for p in message.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    assert not any(p.defects for p in message.walk())


@given(HOSTILE, HOSTILE, st.booleans())
def test_the_bytes_are_what_smtp_carries(subject, name, by_web):
    links = BY_WEB if by_web else BY_MAIL
    raw = edition(subject).to(ADA._replace(to=Mailbox(name, "ada@example.org"), links=links))
    assert raw.isascii()
    assert b"\0" not in raw
    assert raw.count(b"\n") == raw.count(b"\r") == raw.count(b"\r\n")
    assert raw.endswith(b"--\r\n")
    for line in raw.split(b"\r\n"):
        assert len(line) <= 998
        assert not line.startswith((b".", b"From "))


@given(HOSTILE, HOSTILE)
@example("\r", "")
def test_both_bodies_say_the_same_with_the_readers_values(subject, name):
    addressee = ADA._replace(to=Mailbox(name, "ada@example.org"))
    # A value is a text of its own: a CR at its end makes no CRLF with the template's LF behind it.
    values = {k: as_lines(v) for k, v in {"subject": subject, **body_values(addressee)}.items()}
    plain, markup = bodies(edition(subject).to(addressee))
    assert plain == as_lines(TEXT.format(**values))
    assert markup == as_lines(HTML.format(**{k: html.escape(v) for k, v in values.items()}))


def test_a_reader_finds_whom_it_is_for_and_their_own_links():
    plain, markup = bodies(edition().to(ADA))
    for said in ("For Ada Lovelace <ada@example.org>", f"Leave: {BY_WEB.unsubscribe}", f"Choose: {BY_WEB.preferences}"):
        assert f"{said}\n" in plain
    assert "For Ada Lovelace &lt;ada@example.org&gt;<" in markup
    assert f'<a href="{BY_WEB.unsubscribe}">Leave</a> <a href="{BY_WEB.preferences}">Choose</a>' in markup


def as_lines(text):
    return text.replace("\r\n", "\n").replace("\r", "\n")


def test_plaintext_stands_before_html_in_an_alternative():
    message = read(edition().to(ADA))
    assert message.get_content_type() == "multipart/alternative"
    plain, markup = message.iter_parts()
    assert (plain.get_content_type(), markup.get_content_type()) == ("text/plain", "text/html")
    for part in (plain, markup):
        assert part.get_content_charset() == "utf-8"
        assert part["Content-Transfer-Encoding"] == "quoted-printable"


def test_the_boundary_is_in_no_body():
    forged = "--=_0123\n--=_\n"
    raw = edition(text=TEXT + forged, markup=HTML + forged).to(ADA)
    boundary = read(raw).get_boundary().encode()
    assert raw.count(b"--" + boundary) == 3
    assert raw.count(boundary) == 4
    plain, markup = bodies(raw)
    assert plain.endswith(forged)
    assert markup.endswith(forged)


def test_the_same_inputs_give_the_same_bytes():
    assert edition().to(ADA) == edition().to(ADA)
    prepared = edition()
    first = prepared.to(ADA)
    prepared.to(ADA._replace(to=Mailbox("Bob", "bob@example.org")))
    assert prepared.to(ADA) == first


def test_the_fields_say_who_what_and_when():
    message = read(edition(headers=replace(HEADERS, reply_to=Mailbox("Editor", "editor@example.org"))).to(ADA))
    assert message["To"] == "Ada Lovelace <ada@example.org>"
    assert message["From"] == "Paper Digest <digest@example.org>"
    assert message["Reply-To"] == "Editor <editor@example.org>"
    assert message["Subject"] == "A paper + 11 more"
    assert message["Date"].datetime == ADA.date
    assert message["Message-ID"] == "<0123456789abcdef@example.org>"
    assert message["List-Id"] == "Daily Papers <daily.example.org>"
    assert message["MIME-Version"] == "1.0"


def test_with_a_site_one_click_and_mail_both_let_the_reader_go():
    message = read(edition().to(ADA))
    assert message["List-Unsubscribe"] == f"<{BY_WEB.one_click}>, <{BY_WEB.mailto}>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_without_a_site_there_is_no_one_click():
    message = read(edition(headers=replace(HEADERS, site_url="")).to(ADA._replace(links=BY_MAIL)))
    assert message["List-Unsubscribe"] == f"<{BY_MAIL.mailto}>"
    assert message["List-Unsubscribe-Post"] is None


@pytest.mark.parametrize("subject", ["A paper", "論文 " * 20, "x" * 200])
def test_a_test_copy_is_marked_in_its_subject(subject):
    message = read(edition(subject, prefix="[Test] ").to(ADA))
    assert message["Subject"] == f"[Test] {subject}".rstrip()
    assert bodies(edition(subject, prefix="[Test] ").to(ADA)) == bodies(edition(subject).to(ADA))


def test_a_long_name_is_cut_in_the_body_and_the_address_stays():
    assert body_values(ADA)["recipient"] == "Ada Lovelace <ada@example.org>"
    values = body_values(ADA._replace(to=Mailbox("A\n" * 500, "ada@example.org")))
    assert values["recipient"] == "A " * 50 + "<ada@example.org>"
