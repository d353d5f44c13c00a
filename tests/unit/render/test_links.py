from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from digest.errors import ConfigError
from digest.render.headers import IssueHeaders, Mailbox, angle_field
from digest.render.links import subscriber_links
from digest.subscribers.identity import SigningKeys
from digest.subscribers.tokens import Purpose, verify

KEYS = SigningKeys(((2, b"b" * 32), (1, b"a" * 32)))
READER = "0123456789abcdef" * 2


def links(site_url="", unsubscribe="leave@example.org", key_id=1):
    headers = IssueHeaders(
        sender=Mailbox("", "digest@example.org"),
        reply_to=None,
        list_id="daily",
        list_name="Daily Papers",
        domain="example.org",
        site_url=site_url,
        unsubscribe=unsubscribe,
        key_id=key_id,
    )
    return subscriber_links(headers, KEYS, READER)


def test_with_a_site_leaving_and_preferences_have_pages():
    made = links("https://digest.example.org/papers")
    assert made.unsubscribe == made.one_click
    base, leave = made.unsubscribe.rsplit("/", 1)
    assert base == "https://digest.example.org/papers/u"
    assert verify(KEYS, leave).purpose is Purpose.UNSUBSCRIBE
    base, choose = made.preferences.rsplit("/", 1)
    assert base == "https://digest.example.org/papers/p"
    assert verify(KEYS, choose).purpose is Purpose.PREFERENCES
    assert {verify(KEYS, token).subject for token in (leave, choose)} == {READER}


def test_without_a_site_leaving_works_by_mail_alone():
    made = links()
    assert (made.one_click, made.preferences) == ("", "")
    assert made.unsubscribe == made.mailto


@pytest.mark.parametrize("site_url", ["", "https://digest.example.org"])
def test_the_mail_that_asks_to_leave_names_the_reader_in_its_subject(site_url):
    parts = urlsplit(links(site_url).mailto)
    assert (parts.scheme, parts.path) == ("mailto", "leave@example.org")
    word, token = parse_qs(parts.query)["subject"][0].split(" ")
    assert word == "unsubscribe"
    assert verify(KEYS, token).subject == READER
    assert verify(KEYS, token).purpose is Purpose.UNSUBSCRIBE


@pytest.mark.parametrize("address", ["a+b@example.org", "a&b=c?d@example.org", "o'hara%x@example.org"])
def test_an_address_stays_one_address_in_a_mailto_link(address):
    made = links(unsubscribe=address).mailto
    assert unquote(urlsplit(made).path) == address
    assert list(parse_qs(urlsplit(made).query)) == ["subject"]
    assert "+" not in urlsplit(made).path
    assert angle_field("List-Unsubscribe", made)


def test_links_are_the_same_whenever_they_are_made_and_signed_with_the_issues_key():
    assert links() == links()
    token = links("https://e.org", key_id=2).unsubscribe.rsplit("/", 1)[1]
    assert verify(KEYS, token).key_id == 2
    assert links("https://e.org").unsubscribe != links("https://e.org", key_id=2).unsubscribe


def test_a_key_that_left_the_file_is_asked_for():
    with pytest.raises(ConfigError, match="key 7"):
        links(key_id=7)
