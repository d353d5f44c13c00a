import email
import email.policy
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta, timezone
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.utils import parseaddr

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from digest.render.headers import (
    IssueHeaders,
    Mailbox,
    _long_text_field,
    angle_field,
    date_field,
    list_id_field,
    mailbox_field,
    one_line,
    shown_name,
    text_field,
)

HEADERS = IssueHeaders(
    sender=Mailbox("Paper Digest", "digest@example.org"),
    reply_to=None,
    list_id="daily",
    list_name="Daily Papers",
    domain="example.org",
    site_url="",
    unsubscribe="leave@example.org",
    key_id=1,
)

# Anything a stranger may write, and above all what a header gives a meaning.
TRICKS = st.sampled_from(
    [
        "\r\nBcc: eve@example.net",
        "\n",
        "\r",
        "\x0b",
        "\x85",
        "\u2028X-Evil: 1",
        "\x00",
        "=?utf-8?q?evil?=",
        "=?utf-8?b?",
        "<",
        ">",
        '"',
        "\\",
        "(",
        ")",
        ",",
        ";",
        "@",
        ": ",
        "'",
        "%",
        "a" * 100,
        "語" * 40,
        "👩‍🔬",
        "é",
        " ",
        "שלום",
        "word ",
    ]
)
HOSTILE = st.lists(TRICKS | st.text(max_size=10), max_size=12).map("".join)
LONG = "a" * 1200


def parsed(field):
    message = email.message_from_bytes(field + b"\r\nbody", policy=email.policy.default)
    assert message.get_payload() == "body"
    assert not message.defects
    return message


def display_name(field):
    """Decode a name the way RFC 2047 says; `email.policy.default` leaves a space between encoded words."""
    written = field.decode().partition(":")[2].replace("\r\n", "")
    return str(make_header(decode_header(parseaddr(written)[0])))


def assert_sound(field, limit=78):
    assert field.isascii()
    assert field.endswith(b"\r\n")
    lines = field[:-2].split(b"\r\n")
    assert b"\r" not in b"".join(lines)
    assert b"\n" not in b"".join(lines)
    for number, line in enumerate(lines):
        assert len(line) <= limit
        assert (line[:1] in b" \t") == (number > 0)
        assert line.strip()


@given(HOSTILE)
@example("A title\nwith a line break")
@example("=?utf-8?q?=41?=")
@example(LONG)
@example("a" * 70 + " ; , " + "b" * 70)
@example("x" * 60 + "語")
def test_a_subject_comes_back_as_one_line_and_is_one_field(text):
    field = text_field("Subject", text)
    assert_sound(field)
    message = parsed(field)
    assert message.keys() == ["Subject"]
    assert message["Subject"] == one_line(text)


@given(HOSTILE | st.text(st.sampled_from("ab -=?."), max_size=90))
@example("x" * 66)
@example("x" * 67)
@example("x y" * 22)
def test_a_subject_that_fits_a_line_is_what_folding_makes_of_it(text):
    assert text_field("Subject", text) == _long_text_field("Subject", one_line(text))


@given(HOSTILE)
@example('Ada "the Countess" Lovelace')
@example("=?utf-8?q?evil?=")
@example("a" * 99 + " b")
@example("Doe, Jane (she)")
@example("x@example.net")
@example(LONG)
def test_a_name_comes_back_and_moves_no_address(name):
    field = mailbox_field("To", Mailbox(name, "ada@example.org"))
    assert_sound(field)
    message = parsed(field)
    assert message.keys() == ["To"]
    assert [address.addr_spec for address in message["To"].addresses] == ["ada@example.org"]
    assert display_name(field) == shown_name(name)


@given(HOSTILE, st.sampled_from(["From", "Reply-To", "To", "List-Id"]))
def test_a_long_address_gets_a_line_of_its_own(name, field_name):
    address = "a" * 64 + "@" + ".".join(["d" * 63] * 2) + ".example.org"
    field = mailbox_field(field_name, Mailbox(name, address))
    assert_sound(field, 254 + 12)
    assert field.endswith(f"<{address}>\r\n".encode() if one_line(name) else f"{address}\r\n".encode())


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("", "To: ada@example.org"),
        (" \n ", "To: ada@example.org"),
        ("Ada Lovelace", "To: Ada Lovelace <ada@example.org>"),
        ("Lovelace, Ada", 'To: "Lovelace, Ada" <ada@example.org>'),
        ('Ada "A" Love\\lace', 'To: "Ada \\"A\\" Love\\\\lace" <ada@example.org>'),
        ("Dr. Ada", 'To: "Dr. Ada" <ada@example.org>'),
        ("Łukasz", "To: =?utf-8?b?xYF1a2Fzeg==?= <ada@example.org>"),
    ],
)
def test_names_are_written_as_mail_programs_expect_them(name, field):
    assert mailbox_field("To", Mailbox(name, "ada@example.org")) == f"{field}\r\n".encode()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("plain", "plain"),
        ("a\r\nBcc: x", "a Bcc: x"),
        ("  a \t b\u2029c\x00d\x9f ", "a b c d"),
        ("\ud800a", "a"),
        ("\u200fשלום", "\u200fשלום"),
        ("", ""),
    ],
)
def test_one_line_has_no_line_break_and_no_control_character(text, line):
    assert one_line(text) == line


def test_a_shown_name_is_one_line_of_a_hundred_characters():
    assert shown_name("  Ada\nLovelace ") == "Ada Lovelace"
    assert shown_name("a" * 99 + " b") == "a" * 99


@given(HOSTILE | st.text(st.sampled_from("ab \t\x7f"), max_size=120))
@example("a  b")
@example(" a")
@example("a ")
@example("a" * 101)
def test_a_plain_name_is_shown_as_any_other(name):
    assert shown_name(name) == one_line(name)[:100].strip()


def test_an_ascii_subject_is_folded_at_words_and_stays_readable():
    text = "Attention is all you need and some other words that make it long + 11 more"
    assert text_field("Subject", text) == (
        b"Subject: Attention is all you need and some other words that make it long +\r\n 11 more\r\n"
    )


@given(HOSTILE)
def test_the_list_id_is_the_lists_name_and_its_id_under_the_domain(name):
    field = list_id_field(replace(HEADERS, list_name=name))
    assert_sound(field)
    assert field.endswith(b"<daily.example.org>\r\n")
    assert parsed(field).keys() == ["List-Id"]


def test_the_list_id_of_a_list_without_a_name_stands_in_angle_brackets():
    assert list_id_field(HEADERS) == b"List-Id: Daily Papers <daily.example.org>\r\n"
    assert list_id_field(replace(HEADERS, list_name=" ")) == b"List-Id: <daily.example.org>\r\n"


def test_the_date_is_the_moment_with_its_offset():
    assert date_field(datetime(2026, 11, 24, 6, 0, 5, tzinfo=UTC)) == b"Date: Tue, 24 Nov 2026 06:00:05 +0000\r\n"
    there = timezone(timedelta(hours=-5, minutes=-30))
    field = date_field(datetime(2026, 3, 1, 6, 0, tzinfo=there))
    assert parsed(field)["Date"].datetime == datetime(2026, 3, 1, 11, 30, tzinfo=UTC)


def test_one_moment_at_two_offsets_is_written_in_two_ways():
    there = datetime(2026, 11, 24, 7, 0, tzinfo=timezone(timedelta(hours=1)))
    assert there == datetime(2026, 11, 24, 6, 0, tzinfo=UTC)
    assert date_field(there.astimezone(UTC)) == b"Date: Tue, 24 Nov 2026 06:00:00 +0000\r\n"
    assert date_field(there) == b"Date: Tue, 24 Nov 2026 07:00:00 +0100\r\n"


def test_urls_stand_in_angle_brackets_one_a_line():
    assert angle_field("List-Unsubscribe", "https://e.org/u/x", "mailto:leave@e.org?subject=x") == (
        b"List-Unsubscribe: <https://e.org/u/x>,\r\n <mailto:leave@e.org?subject=x>\r\n"
    )


@pytest.mark.parametrize(
    "url", ["https://e.org/a b", "https://e.org/>", "https://é.org/", "https://e.org/\r\nX: 1", "a<b"]
)
def test_a_url_that_would_break_out_of_its_brackets_is_refused(url):
    with pytest.raises(HeaderParseError, match="List-Unsubscribe"):
        angle_field("List-Unsubscribe", url)


@pytest.mark.parametrize(
    ("written", "mailbox"),
    [
        ("digest@example.org", Mailbox("", "digest@example.org")),
        ("Paper Digest <digest@example.org>", Mailbox("Paper Digest", "digest@example.org")),
        ('"Digest, Paper" <digest@example.org>', Mailbox("Digest, Paper", "digest@example.org")),
        ("Zeitung für alle <digest@example.org>", Mailbox("Zeitung für alle", "digest@example.org")),
    ],
)
def test_a_mailbox_is_read_as_people_write_it(written, mailbox):
    assert Mailbox.parse(written) == mailbox


def test_a_mailbox_is_written_for_the_body():
    assert str(Mailbox("Ada", "ada@example.org")) == "Ada <ada@example.org>"
    assert str(Mailbox("", "ada@example.org")) == "ada@example.org"


@pytest.mark.parametrize("reply_to", [None, Mailbox("Editor", "editor@example.org")])
def test_what_was_frozen_is_read_again(reply_to):
    headers = replace(HEADERS, reply_to=reply_to)
    assert IssueHeaders.from_dict(asdict(headers)) == headers
