"""Every form of report: what is read of it; and whatever a mail is, it is read without an error, within bounds."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.bounces.mime import MAX_BYTES
from digest.bounces.reading import read, read_strictly
from digest.bounces.report import Kind
from tests.unit.bounces.samples import BOB, MESSAGE_ID, NAMES, TOKEN, mail

BOUNCES = {
    "broken-base64": ("5.1.1", 550),
    "broken-boundary": ("5.1.1", 550),
    "broken-code": ("5.1.1", 550),
    "broken-empty-lines": ("5.1.1", 550),
    "broken-type": ("5.1.1", 550),
    "domino": ("5.1.1", 0),
    "domino-freeform": ("", 0),
    "exchange-mailbox-full": ("5.2.2", 554),
    "exchange-smtpsvc": ("5.1.1", 0),
    "exim-freeform": ("5.1.1", 550),
    "exim-report": ("5.1.1", 550),
    "gmail-policy": ("5.7.26", 550),
    "gmail-unknown-user": ("5.1.1", 550),
    "groupwise": ("", 0),
    "microsoft365-unknown-user": ("5.1.10", 550),
    "opensmtpd": ("5.0.0", 550),
    "postfix-unknown-user": ("5.1.1", 550),
    "postfix-verp-headers-only": ("5.4.6", 0),
    "qmail": ("5.1.1", 550),
    "sendmail": ("5.1.1", 550),
    "sendmail-freeform": ("5.1.1", 550),
    "yahoo-freeform": ("5.1.1", 550),
}
DELAYS = {
    "exim-delay": ("4.2.1", 450),
    "exim-delay-report": ("4.2.1", 450),
    "gmail-delay": ("4.4.1", 0),
    "postfix-delay": ("4.4.1", 0),
    "sendmail-warning": ("4.4.1", 0),
}
COMPLAINTS = ("arf-aol", "arf-fastmail", "arf-microsoft", "arf-yahoo", "jmrp-attachment")
REPLIES = ("reply-exchange", "reply-gmail", "reply-receipt", "reply-subject-only", "reply-vacation")
LEAVES = (
    "leave-automatic",
    "leave-body",
    "leave-encoded-words",
    "leave-plus",
    "leave-subject",
    "leave-undecoded",
    "leave-wrapped",
)
ANSWERS = ("leave-answer", "leave-answer-subject")
NOTHING = (
    "arf-auth-failure",
    "arf-not-spam",
    "delivered",
    "other-human-reply",
    "other-newsletter",
    "other-own-message",
    "other-spam",
)
BY_THEMSELVES = (
    "broken-no-empty-lines",
    "internationalized",
    "leave-unproved",
    "ses",
    "two-recipients",
    "unknown-words",
)


def test_each_sample_is_in_one_of_these_tables():
    tables = (BOUNCES, DELAYS, COMPLAINTS, REPLIES, LEAVES, ANSWERS, NOTHING, BY_THEMSELVES)
    assert sorted(name for table in tables for name in table) == NAMES


def only(name):
    [report] = read_strictly(mail(name))
    return report


@pytest.mark.parametrize("name", BOUNCES)
def test_a_bounce_names_the_message_the_address_and_the_reason(name):
    report = only(name)
    assert (report.kind, report.status, report.code) == (Kind.BOUNCE, *BOUNCES[name])
    assert report.tokens == (MESSAGE_ID,)
    assert BOB in report.recipients
    assert not report.trusted
    assert "\n" not in report.said


@pytest.mark.parametrize("name", DELAYS)
def test_a_delay_is_no_bounce_whatever_its_code(name):
    report = only(name)
    assert (report.kind, report.status, report.code) == (Kind.DELAY, *DELAYS[name])
    assert report.tokens == (MESSAGE_ID,)


@pytest.mark.parametrize("name", COMPLAINTS)
def test_a_complaint_is_about_the_message_that_it_returns(name):
    report = only(name)
    assert (report.kind, report.tokens, report.unsubscribe) == (Kind.COMPLAINT, (MESSAGE_ID,), TOKEN)


@pytest.mark.parametrize("name", REPLIES)
def test_an_automatic_answer_says_nothing_of_the_address(name):
    report = only(name)
    assert (report.kind, report.status, report.code, report.unsubscribe) == (Kind.REPLY, "", 0, "")


@pytest.mark.parametrize("name", LEAVES)
def test_a_request_to_leave_has_the_token_however_it_was_sent(name):
    report = only(name)
    assert (report.kind, report.unsubscribe, report.tokens) == (Kind.LEAVE, TOKEN, ())


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_that_asks_to_leave_is_proved_by_the_message_it_answers(name):
    report = only(name)
    assert (report.kind, report.tokens, report.unsubscribe) == (Kind.LEAVE, (MESSAGE_ID,), "")
    assert report.recipients == (BOB,)


def test_a_request_that_proves_nothing_names_who_asks():
    report = only("leave-unproved")
    assert (report.kind, report.tokens, report.unsubscribe, report.recipients) == (Kind.LEAVE, (), "", (BOB,))


@pytest.mark.parametrize("name", NOTHING)
def test_what_is_no_report_asks_for_nothing(name):
    assert only(name).kind is Kind.OTHER


def test_each_recipient_of_a_dsn_has_a_report_of_its_own():
    first, second, third = read_strictly(mail("two-recipients"))
    assert [one.kind for one in (first, second, third)] == [Kind.BOUNCE, Kind.OTHER, Kind.BOUNCE]
    assert (first.recipients[0], first.status) == (BOB, "5.1.1")
    assert (third.recipients[0], third.status, third.code) == ("dave@example.com", "4.4.7", 451)
    first, second = read_strictly(mail("broken-no-empty-lines"))
    assert [one.status for one in (first, second)] == ["5.1.1", "5.2.2"]
    assert second.recipients[0] == "carol@example.com"


def test_addresses_in_utf8_are_read_in_both_spellings():
    report = only("internationalized")
    assert report.kind is Kind.BOUNCE
    assert report.recipients == ("阿明@example.com", "阿明@例え.example.com")


def test_where_the_relay_changed_the_message_id_the_unsubscribe_token_is_left():
    report = only("ses")
    assert (report.kind, report.tokens, report.unsubscribe, report.status) == (Kind.BOUNCE, (), TOKEN, "5.1.1")


def test_words_that_nobody_knows_from_a_mail_server_are_a_bounce_where_they_return_our_message():
    report = only("unknown-words")
    assert (report.kind, report.tokens, report.status, report.recipients) == (Kind.BOUNCE, (MESSAGE_ID,), "", ())
    without = mail("unknown-words").replace(MESSAGE_ID.encode(), b"somebody.elses")
    assert [(one.kind, one.tokens) for one in read_strictly(without)] == [(Kind.BOUNCE, ())]


def test_a_person_who_quotes_everything_neither_bounces_nor_leaves():
    report = only("other-human-reply")
    assert (report.tokens, report.unsubscribe) == ((), "")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("ends", [b"\r\n", b"\r", b"\r\r\n"])
def test_line_ends_make_no_difference(name, ends):
    assert read_strictly(mail(name).replace(b"\n", ends)) == read_strictly(mail(name))


MUTATIONS = st.lists(
    st.tuples(
        st.sampled_from(["cut", "drop", "double", "swap", "put"]),
        st.floats(0, 1, exclude_max=True),
        st.integers(0, 400),
        st.binary(max_size=12),
    ),
    max_size=6,
)


def mutated(raw, mutations):
    for what, where, length, new in mutations:
        at = int(where * len(raw))
        if what == "cut":
            raw = raw[:at]
        elif what == "drop":
            raw = raw[:at] + raw[at + length :]
        elif what == "double":
            raw = raw[: at + length] + raw[at:]
        elif what == "swap":
            raw = raw[at:] + raw[:at]
        else:
            raw = raw[:at] + new + raw[at + len(new) :]
    return raw


@given(st.sampled_from(NAMES), MUTATIONS)
def test_a_damaged_mail_raises_nothing_and_no_token_is_invented(name, mutations):
    raw = mutated(mail(name), mutations)
    for report in read_strictly(raw):
        check(report)
        # What is damaged or encoded may be found or not; what is found stood in the sample.
        assert all(token == MESSAGE_ID or token in joined(raw) for token in report.tokens)
        assert report.unsubscribe in ("", TOKEN) or report.unsubscribe in decoded(raw)


def check(report):
    assert all(re.fullmatch(r"[0-9a-f]{32}", token) for token in report.tokens)
    assert report.unsubscribe == "" or re.fullmatch(r"[A-Za-z0-9_-]{47}", report.unsubscribe)
    assert report.status == "" or re.fullmatch(r"[245]\.\d{1,3}\.\d{1,3}", report.status)
    assert report.code == 0 or 400 <= report.code < 560
    assert len(report.said) <= 500
    assert report.said.isprintable() or not report.said
    assert all(len(address) <= 320 and "@" in address for address in report.recipients)


def joined(raw):
    return raw.decode("latin-1").lower()


def decoded(raw):
    """Return the text with the encodings undone that the samples have: soft line breaks, encoded words, wraps."""
    from base64 import b64decode

    text = raw.decode("latin-1")
    words = re.sub(r"=\?utf-8\?B\?([A-Za-z0-9+/=]*)\?=", lambda word: _decoded(b64decode, word[1]), text)
    shown = "".join(char if char.isprintable() else " " for char in words)
    return "".join(shown.split()) + "".join(words.replace("=\n", "").split())


def _decoded(b64decode, text):
    try:
        return b64decode(text + "===").decode("latin-1")
    except ValueError:
        return ""


@given(st.binary(max_size=2_000))
def test_any_bytes_are_read(raw):
    reports = read_strictly(raw)
    assert reports
    for report in reports:
        check(report)


@given(st.text(alphabet="AabZ09-_ =?:+%\n\t@<>.;QqBb", max_size=300))
def test_any_subject_is_read(subject):
    for report in read_strictly(b"Subject: unsubscribe " + subject.encode() + b"\n\n" + subject.encode()):
        check(report)


@pytest.mark.parametrize(
    "raw",
    [
        b"From: =?\xff-8?q?a?= <mailer-daemon@example.net>\n\n",  # a charset that can't even be named
        b"From: =?utf-8?b?a?= <mailer-daemon@example.net>\n\n",
        mail("qmail").replace(b"no mailbox", "no\u00adsoft\u200bhyphen".encode()),
        mail("postfix-unknown-user").replace(b"charset=utf-8", b"charset=nobody-knows"),
        mail("postfix-unknown-user").replace(b"unknown", b"\xff\x00\x1b[31m"),
    ],
)
def test_what_once_broke_it_is_read(raw):
    for report in read_strictly(raw):
        check(report)


def test_what_a_mail_quotes_is_no_request():
    raw = f"Subject: hello\n\n> unsubscribe {TOKEN}\n> unsubscribe\nremarkable\n".encode()
    assert [one.kind for one in read_strictly(raw)] == [Kind.OTHER]


def test_words_behind_unsubscribe_are_no_token():
    raw = b"Subject: unsubscribe me from all of your many lists and newsletters now please\n\n"
    assert [one.unsubscribe for one in read_strictly(raw)] == [""]


HOSTILE = {
    "nested multiparts": b"".join(
        b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (n, n) for n in range(20_000)
    ),
    "nested messages": b"Content-Type: message/rfc822\n\n" * 30_000,
    "many parts": b'Content-Type: multipart/mixed; boundary="b"\n\n' + b"--b\n\nx\n" * 100_000,
    "deep and long": b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (n, n) for n in range(48))
    + b"\n" * 900_000,
    "one line": b"From: mailer-daemon@example.net\n\n" + b"a" * 2_000_000,
    "one header": b"Subject: " + b"=?utf-8?q?a?= " * 150_000,
    "many headers": b"X-A: b\n" * 200_000 + b"\n",
    "many recipients": b"Content-Type: message/delivery-status\n\n"
    + b"Final-Recipient: rfc822; a@example.com\nAction: failed\n\n" * 30_000,
    "no address": b"From: mailer-daemon@example.net\nSubject: failure\n\n"
    b"A message that you sent could not be delivered\n" + (b"<" * 290 + b"\n") * 3_000,
    "tags": b"From: mailer-daemon@example.net\nContent-Type: text/html\n\n" + b"<style><" * 120_000,
    "spaces": b"Subject: unsubscribe" + b" " * 900_000 + b"x",
    "style sheets": b"From: mailer-daemon@example.net\nContent-Type: text/html\n\n" + b"<style " * 140_000,
    "scripts": b"From: mailer-daemon@example.net\nContent-Type: text/html\n\n" + b"<script>" * 120_000,
    "open tags": b"From: mailer-daemon@example.net\nContent-Type: text/html\n\n" + b"<" * 990_000,
    "parameters": b"Content-Type: multipart/report; " + b"a=b;" * 200_000 + b"\n\nx",
    "folded parameters": b"content-type: multipart/report" + b";\n a=b" * 19_000 + b"\n\nx",
    "pieces of a parameter": b"Content-Type: multipart/report; "
    + b"; ".join(b"report-type*%d=x" % number for number in range(30_000))
    + b"\n\nx",
    "a charset of names": b"From: mailer-daemon@example.net\nContent-Type: text/plain; charset=punycode\n\n"
    + b"a" * 990_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_mail_made_to_be_slow_is_not(name):
    began = time.process_time()
    reports = read(HOSTILE[name])
    assert time.process_time() - began < 2.5
    assert 0 < len(reports) <= 100


def test_a_mail_with_too_many_parts_is_told_as_that():
    [report] = read(HOSTILE["many parts"])
    assert (report.kind, report.said) == (Kind.OTHER, "has more than 50 parts")


def test_beyond_the_bound_nothing_is_looked_at():
    raw = b"Subject: long\n\n" + b"x\n" * MAX_BYTES + mail("postfix-unknown-user")
    assert read(raw)[0].kind is Kind.OTHER


def test_a_defect_in_the_parser_costs_one_mail(monkeypatch):
    def broken(_mail):
        raise LookupError("no such thing")

    monkeypatch.setattr("digest.bounces.reading.take_apart", broken)
    [report] = read(mail("qmail"))
    assert (report.kind, report.said) == (Kind.OTHER, "can't be read: LookupError('no such thing')")


@pytest.mark.parametrize("charset", ["utf-8", "punycode", "idna", "hex", "nonsense"])
def test_of_a_page_the_words_are_read_whatever_stands_between(charset):
    page = "<style>550 5.7.1</style><SCRIPT>İ 550 5.7.1</SCRIPT ><p>550 <b>5.1.1</b> unknown</p><script>550 5.7.1"
    text = f"Content-Type: text/html; charset={charset}\n\n{page}".encode()
    (report,) = read(
        b"From: MAILER-DAEMON@example.net\nIn-Reply-To: <" + MESSAGE_ID.encode().strip(b"<>") + b">\n" + text
    )
    assert (report.status, report.code) == ("5.1.1", 550)
