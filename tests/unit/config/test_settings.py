"""What a single value must look like; `test_load.py` says how a mistake is answered as a whole."""

from typing import Any

import pytest
from pydantic import ValidationError

from digest.config.settings import ListTable, MailTable, RelayTable, ScheduleTable, Settings, SiteTable, TopicTable
from digest.render.headers import Mailbox

MAIL = {"sender": "digest@example.org"}
RELAYS = {"outbox": {"maildir": "outbox"}}


def refusal(table: Any, **values: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        table(**values)
    return "; ".join(error["msg"] for error in caught.value.errors())


@pytest.mark.parametrize(
    "address",
    [
        "digest@example.org",
        "digest+papers@mail.example.org",
        "root@localhost",
        "<digest@example.org>",
        "Paper Digest <digest@example.org>",
        "Dr. O'Hara-Łuk <digest@example.org>",
        '"Digest, Paper" <digest@example.org>',
        '"Papers @ Example \\"daily\\"" <digest@example.org>',
        "論文ダイジェスト <digest@example.org>",
    ],
)
def test_an_address_is_read_as_the_mailbox_it_is(address):
    if address.startswith("<"):
        assert "no address" in refusal(MailTable, sender=address)
        return
    mailbox = Mailbox.parse(MailTable(sender=address).sender)
    assert mailbox.address in address
    assert mailbox.address.count("@") == 1
    assert bool(mailbox.name) == ("<" in address)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "digest",
        "digest@",
        "@example.org",
        "a b@example.org",
        "a@example.org b",
        "a@example..org",
        ".a@example.org",
        "a@-example.org",
        "a@exa_mple.org",
        "a@b.org, c@d.org",
        "Digest, Paper <a@example.org>",
        "Me <a@example.org>x",
        "A <a@ex<ample.org>",
        "A@T <a@example.org>",
        "dïgest@example.org",
        "a@example.org\nBcc: eve@example.net",
        "A\r\n <a@example.org>",
        "Group: a@example.org;",
        "a@example.org (comment)",
    ],
)
def test_what_is_no_single_ascii_address_is_refused(address):
    for key in ("sender", "reply_to", "unsubscribe"):
        assert refusal(MailTable, **{**MAIL, key: address})


@pytest.mark.parametrize(
    "url",
    [
        "https://digest.example.org",
        "http://localhost:8000",
        "https://[::1]:8443/papers",
        "https://example.org/~ak/a%20b",
    ],
)
def test_a_web_address_is_kept(url):
    assert SiteTable(url=url).url == url
    assert SiteTable(url=f"{url}/").url == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "digest.example.org",
        "ftp://example.org",
        "javascript:alert(1)",
        "https://",
        "https://example.org/?x=1",
        "https://example.org/#top",
        "https://ak:hunter2@example.org",
        "https://example.org:99999",
        "https://example.org:port",
        "https://[::1",
        "https://bücher.example",
        "https://example.org/a b",
        "https://example.org/>",
        'https://example.org/"',
        "https://example.org/\r\nX: 1",
    ],
)
def test_a_web_address_that_would_break_a_link_or_a_header_is_refused(url):
    said = refusal(SiteTable, url=url)
    assert "https://digest.example.org" in said
    assert "hunter2" not in said


@pytest.mark.parametrize(
    "host", ["smtp.example.org", "localhost", "smtp_relay", "192.0.2.1", "2001:db8::1", "[2001:db8::1]"]
)
def test_a_host_is_a_name_or_an_ip_address(host):
    assert RelayTable(host=host).host == host


@pytest.mark.parametrize(
    "host",
    ["", " ", "smtp.example.org:587", "smtp://example.org", "me:hunter2@smtp.example.org", "a b", "a\nb", "-a", "é"],
)
def test_what_is_no_host_is_refused_without_being_repeated(host):
    said = refusal(RelayTable, host=host)
    assert "smtp.example.org" in said
    assert "hunter2" not in said


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "[::1]", "localhost", "LOCALHOST"])
def test_plaintext_may_stay_on_the_machine(host):
    assert RelayTable(host=host, tls="none").tls == "none"


@pytest.mark.parametrize("host", ["smtp.example.org", "192.0.2.1", "localhost.example.org", "2001:db8::1", "0.0.0.0"])
def test_plaintext_over_a_network_must_be_allowed(host):
    assert 'use "starttls" or "implicit", or say allow_plaintext = true' in refusal(RelayTable, host=host, tls="none")
    assert RelayTable(host=host, tls="none", allow_plaintext=True).tls == "none"
    assert RelayTable(host=host).tls == "starttls"


@pytest.mark.parametrize("values", [{}, {"host": "smtp.example.org", "maildir": "outbox"}])
def test_a_relay_is_a_server_or_a_folder(values):
    assert "either `host` (an SMTP server) or `maildir` (a folder)" in refusal(RelayTable, **values)


@pytest.mark.parametrize(
    "line", ["0 7 * * 1-5", "*/15 * * * *", "30 6 1,15 * *", "0 7 * * MON-FRI", "0 7 * * 0", "0 7 * * 7"]
)
def test_a_crontab_line_is_kept(line):
    assert ScheduleTable(send_at=line).send_at == line


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("", "no crontab line"),
        ("0 7 * *", "no crontab line"),
        ("0 7 * * 1-5 root", "no crontab line"),
        ("@daily", "no crontab line"),
        ("0 25 * * *", "bad hour"),
        ("61 7 * * *", "bad minute"),
        ("0 7 * * 8", "bad day-of-week"),
        ("0 7 31 2 *", "bad day-of-month"),
        ("x 7 * * *", "bad minute"),
    ],
)
def test_a_crontab_line_that_never_comes_is_refused(line, said):
    for values in ({"send_at": line}, {"send_at": "0 7 * * *", "build_at": line}):
        found = refusal(ScheduleTable, **values)
        assert said in found
        assert "'0 7 * * 1-5'" in found


@pytest.mark.parametrize(
    ("timezone", "hint"),
    [
        ("Europe/Berln", "did you mean 'Europe/Berlin'?"),
        ("America/NewYork", "did you mean 'America/New_York'?"),
        ("qqqq", "expected one such as 'Europe/Berlin'"),
        ("", "expected one such as"),
        ("../../etc/passwd", "no IANA timezone"),
        ("Europe", "no IANA timezone"),
    ],
)
def test_a_timezone_that_isn_t_one_is_answered_with_the_nearest(timezone, hint):
    assert hint in refusal(ListTable, name="Daily", timezone=timezone)


@pytest.mark.parametrize("text", ["a\nb", "a\r\nBcc: x", "a\x00b", "a\x85b", "a\u2028b", "\x7f"])
def test_a_text_is_a_single_line(text):
    for table, values in (
        (SiteTable, {"name": text}),
        (SiteTable, {"postal_address": text}),
        (ListTable, {"name": text}),
        (ListTable, {"name": "Daily", "description": text}),
        (TopicTable, {"name": "Vision", "keywords": (text,)}),
    ):
        assert "a single line" in refusal(table, **values)


@pytest.mark.parametrize("name", ["", " ", "\u3000"])
def test_what_readers_see_has_a_name(name):
    for table in (SiteTable, ListTable, TopicTable):
        assert "isn't empty" in refusal(table, name=name)


@pytest.mark.parametrize("slug", ["Daily", "da_ily", "-daily", "", "d" * 64, "dai ly", "täglich", "../x", "daily\n"])
def test_names_can_stand_in_urls_files_and_variables(slug):
    for key in ("relays", "lists", "topics"):
        inner = {"relays": {"maildir": "o"}, "lists": {"name": "D"}, "topics": {"name": "T"}}[key]
        values = {"mail": MAIL, "relays": RELAYS, "lists": {"daily": {"name": "D"}}, key: {slug: inner}}
        assert "match pattern" in refusal(Settings, **values)


def test_a_lists_id_is_its_own_also_against_names():
    lists = {"daily": {"name": "Daily"}, "papers": {"name": "Papers", "id": "daily"}}
    said = refusal(Settings, mail=MAIL, relays=RELAYS, lists=lists)
    assert "two lists have the id 'daily'" in said
    lists["daily"]["id"] = "old"
    assert Settings(mail=MAIL, relays=RELAYS, lists=lists).lists["daily"].id == "old"


@pytest.mark.parametrize("key", ["relays", "lists"])
def test_there_is_at_least_one_relay_and_one_list(key):
    values = {"mail": MAIL, "relays": RELAYS, "lists": {"daily": {"name": "D"}}, key: {}}
    assert "at least one" in refusal(Settings, **values)


def test_settings_dont_change_once_they_are_read():
    table = SiteTable()
    with pytest.raises(ValidationError):
        table.name = "Another"
