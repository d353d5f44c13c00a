import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.subscribers.address import parse_address
from digest.subscribers.advice import (
    address_doubted,
    address_meant,
    address_with_comma,
    is_role,
    language_meant,
    skeleton,
    timezone_meant,
)
from digest.subscribers.providers import PROVIDERS, domain_meant


@pytest.mark.parametrize(
    "written",
    [
        "ada@example,org",
        "ada.example.org",
        "ada@example.org.",
        "ada@example.org;",
        "mailto:ada@example.org",
        "MAILTO:Ada@Example.org",
        "ada@@example.org",
        "ada@example..org",
        "ada.@example.org",
        "ada@.example.org",
        "ada @ example.org",
        "ada (at) example.org",
        "ada[at]example.org",
        "'ada@example.org'",
        "ada＠example.org",
        "ａｄａ＠ｅｘａｍｐｌｅ．org",
        "a\u200bda@example.org",
        "ada\u00ad@exam\u00adple.org",
        "\u2060ada@example.org\ufeff",
        "\u202eada@example.org",
    ],
)
def test_what_an_address_that_is_none_was_meant_to_be(written: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        parse_address(written)
    assert address_meant(written) == "ada@example.org"


@pytest.mark.parametrize(
    "written",
    ["", " ", "ada", "Ada Lovelace", "@example.org", "ada@", "ada@example", "1.2.3", "ada@[192.0.2.1]", "@" * 400,
     "ada@example.org, bob@example.org", "ada@example.org;bob@example.org", "www.example.org/ada"],
)  # fmt: skip
def test_where_nothing_is_likely_nothing_is_said(written: str) -> None:
    assert address_meant(written) is None


@given(st.text(max_size=60) | st.text(st.sampled_from("a.@,; \u200b＠ö"), max_size=12))
def test_what_is_meant_is_always_an_address(written: str) -> None:
    meant = address_meant(written)
    assert meant is None or (parse_address(meant) and meant != written)


@pytest.mark.parametrize(
    ("domain", "meant"),
    [
        ("gmial.com", "gmail.com"),
        ("gmai.com", "gmail.com"),
        ("gmail.con", "gmail.com"),
        ("gmail.cmo", "gmail.com"),
        ("gmail.co", "gmail.com"),
        ("gnail.cm", "gmail.com"),
        ("gmailcom", "gmail.com"),
        ("hotmial.com", "hotmail.com"),
        ("hotmal.co.uk", "hotmail.co.uk"),
        ("yaho.com", "yahoo.com"),
        ("outlok.de", "outlook.de"),
        ("example.con", "example.com"),
        ("example.ogr", "example.org"),
        ("mail.example.ocm", "mail.example.com"),
    ],
)
def test_a_slip_in_a_domain_is_told(domain: str, meant: str) -> None:
    assert domain_meant(domain) == meant


@pytest.mark.parametrize(
    "domain", ["example.org", "example.co", "mail.com", "email.com", "ymail.com", "gmx.at", "me.com", "example.cm",
               "be.com", "gmail.example.org", "yahoo.com.pe", "hotmail.cl", "cloud.com"]
)  # fmt: skip
def test_a_domain_that_may_well_be_right_is_left_alone(domain: str) -> None:
    assert domain_meant(domain) is None


def test_no_domain_of_the_table_is_ever_doubted() -> None:
    assert [domain for domain in PROVIDERS if domain_meant(domain)] == []


@given(st.from_regex(r"[a-z]{2,12}\.(com|org|de|co\.uk|io)", fullmatch=True))
def test_what_is_meant_for_a_domain_is_never_doubted_itself(domain: str) -> None:
    meant = domain_meant(domain)
    assert meant is None or domain_meant(meant) is None


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Ada@gmial.com", "Ada@gmail.com"),
        ("ａda@example.org", "ada@example.org"),
        ("jörg@example.org", None),
        ("ada@example.org", None),
        ("jörg@gmial.com", "jörg@gmail.com"),
    ],
)
def test_an_address_that_can_be_used_is_doubted_with_reason(written: str, meant: str | None) -> None:
    assert address_doubted(parse_address(written)) == meant


@pytest.mark.parametrize("local", ["postmaster", "Abuse", "no-reply", "info+x", "digest-request"])
def test_tasks_are_told_from_people(local: str) -> None:
    assert is_role(parse_address(f"{local}@example.org"))


@pytest.mark.parametrize("local", ["ada", "reading-group", "informatics", "newsome", "request", "library"])
def test_people_and_groups_are_no_tasks(local: str) -> None:
    assert not is_role(parse_address(f"{local}@example.org"))


@given(st.text(max_size=30))
def test_a_skeleton_looks_like_itself(written: str) -> None:
    assert skeleton(skeleton(written)) == skeleton(written)


@pytest.mark.parametrize(
    ("first", "second", "meant"),
    [("ada@example", "org", "ada@example.org"), ("ada@example", " co.uk", "ada@example.co.uk"),
     ("ada@example.org", "org", None), ("ada@example", "Ada", None), ("ada@example", "ada", None),
     ("ada", "org", None), ("ada@example", "", None)],
)  # fmt: skip
def test_a_comma_in_place_of_a_dot_is_told(first: str, second: str, meant: str | None) -> None:
    assert address_with_comma(first, second) == meant


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("berlin", "Europe/Berlin"),
        ("europe/berlin", "Europe/Berlin"),
        ("Europe/Berln", "Europe/Berlin"),
        ("Amsterdm", "Europe/Amsterdam"),
        ("Los Angeles", "America/Los_Angeles"),
        ("PST", None),
        ("somewhere", None),
        ("", None),
    ],
)
def test_a_timezone_is_found_by_its_city_or_a_slip_away(written: str, meant: str | None) -> None:
    assert timezone_meant(written) == meant


@pytest.mark.parametrize(
    ("written", "meant"),
    [("en_US", "en-US"), ("zh_hant", "zh-Hant"), ("German", "de"), ("deutch", "de"), ("Englsh", "en"), ("日本語", "ja"),
     ("jp", "ja"), ("cn-CN", "zh"), ("xx", None), ("nl", None), ("", None)],
)  # fmt: skip
def test_a_language_is_found_by_its_name_or_a_countrys_code(written: str, meant: str | None) -> None:
    assert language_meant(written) == meant
