"""A notice: one message for one person, in plaintext or in both forms."""

from email import message_from_bytes, policy

from hypothesis import given
from hypothesis import strategies as st

from digest.render.headers import Mailbox
from digest.render.notice import notice_message
from tests.conftest import NOW

FROM, TO = Mailbox("Paper Digest", "digest@example.org"), Mailbox("", "ada@example.org")


def parsed(now, text="Subject\n\nBody", **more):
    raw = notice_message(FROM, TO, text, now, "n1@example.org", **more)
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))
    assert b"\n" not in raw.replace(b"\r\n", b"")
    return message_from_bytes(raw, policy=policy.default)


def content(part):
    return part.get_content().replace("\r\n", "\n")


def test_a_plain_one_has_one_part_and_says_that_no_person_wrote_it(now):
    message = parsed(now, "Paused\n\nIssue 7 is paused.\n")
    assert message.get_content_type() == "text/plain"
    assert (message["Subject"], content(message)) == ("Paused", "Issue 7 is paused.\n")
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Content-Language"] is None
    assert message["Reply-To"] is None


def test_with_html_the_plaintext_comes_first(now):
    message = parsed(now, html="<p>Bödy</p>", language="de", reply_to=Mailbox("Ed", "ed@example.org"))
    plain, markup = message.iter_parts()
    assert (plain.get_content_type(), content(plain)) == ("text/plain", "Body\n")
    assert (markup.get_content_type(), content(markup)) == ("text/html", "<p>Bödy</p>\n")
    assert message["Content-Language"] == "de"
    assert message["Reply-To"] == "Ed <ed@example.org>"
    assert message["MIME-Version"] == "1.0"


@given(text=st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1).filter(str.strip))
def test_no_text_ends_a_part_or_writes_a_field(text):
    evil = f"--=_notice--\n--=_notice\n\n{text}\nBcc: x@example.net"
    message = parsed(NOW, f"S\n\n{evil}", html=f"<pre>{evil}</pre>")
    plain, markup = message.iter_parts()
    assert content(plain) == f"{evil}\n"
    assert content(markup) == f"<pre>{evil}</pre>\n"
    assert message["Bcc"] is None
