import unicodedata

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import example, given
from hypothesis import strategies as st

from digest.subscribers.address import MAX_LENGTH, Address, mailbox_of, parse_address


@pytest.mark.parametrize(
    ("text", "address", "canonical"),
    [
        ("ada@example.org", "ada@example.org", "ada@example.org"),
        ("  ada@example.org ", "ada@example.org", "ada@example.org"),
        (
            "Ada.Lovelace+Papers@Example.ORG",
            "Ada.Lovelace+Papers@example.org",
            "ada.lovelace+papers@example.org",
        ),
        ("kurt@gödel.example.org", "kurt@xn--gdel-5qa.example.org", "kurt@xn--gdel-5qa.example.org"),
        ("kurt@XN--GDEL-5QA.example.org", "kurt@xn--gdel-5qa.example.org", "kurt@xn--gdel-5qa.example.org"),
        ("o'neill/x=y@example.net", "o'neill/x=y@example.net", "o'neill/x=y@example.net"),
    ],
)
def test_an_address_is_mailed_and_compared_in_ascii(text: str, address: str, canonical: str) -> None:
    found = parse_address(text)
    assert found == Address(address, canonical)
    assert not found.is_international


@pytest.mark.parametrize(
    ("text", "address", "canonical"),
    [
        ("Jörg@example.org", "Jörg@example.org", "jörg@example.org"),
        ("JO\u0308RG@example.org", "JÖRG@example.org", "jörg@example.org"),
        ("Straße@Gödel.example.org", "Straße@xn--gdel-5qa.example.org", "strasse@xn--gdel-5qa.example.org"),
        ("用户@例え.example.com", "用户@xn--r8jz45g.example.com", "用户@xn--r8jz45g.example.com"),
        ("δοκιμήΣ@example.org", "δοκιμήΣ@example.org", "δοκιμήσ@example.org"),
        ("jörg.o'neill+x@example.org", "jörg.o'neill+x@example.org", "jörg.o'neill+x@example.org"),
    ],
)
def test_letters_outside_ascii_may_stand_before_the_at_sign(text: str, address: str, canonical: str) -> None:
    found = parse_address(text)
    assert found == Address(address, canonical)
    assert found.is_international


@pytest.mark.parametrize("text", ["ª@example.org", "ｊörg@example.org", "①@example.org"])
def test_compatible_letters_stay_what_they_are(text: str) -> None:
    # A server may give "ª" and "a" to two people (RFC 6532, 3.1): whoever leaves must not take the other along.
    assert parse_address(text).canonical == text


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty"),
        ("ada", "@-sign"),
        ("@example.org", "before the @"),
        ("ada@", "after the @"),
        ("ada@localhost", "period"),
        ("ada@[192.0.2.1]", "bracketed IP"),
        ("ada..l@example.org", "two periods"),
        ("a da@example.org", "SPACE"),
        ("ada@example.org, bob@example.org", "invalid characters"),
        ("Ada <ada@example.org>", "without name and angle brackets: ada@example.org"),
        ('"Lovelace, Ada" <ada@example.org>', "without name and angle brackets: ada@example.org"),
        ("<ada@example.org>", "without name and angle brackets: ada@example.org"),
        ('"ada l"@example.org', "quoted"),
        ("jörg l@example.org", "SPACE"),
        ("jörg..l@example.org", "two periods"),
        ("\u0301a@example.org", "COMBINING ACUTE ACCENT"),
        ("jörg\u00ad@example.org", "SOFT HYPHEN"),
        ("jö\u200drg@example.org", "ZERO WIDTH JOINER"),
        ("jörg\u202e@example.org", "RIGHT-TO-LEFT OVERRIDE"),
        ("ö" * 33 + "@example.org", "before the @ is longer than 64 bytes"),
        ("ö" * 32 + "@" + ".".join(["d" * 59] * 3) + ".example.org", "longer than 254 bytes"),
        ("ada@example.org\r\nBcc: all@example.org", "line break"),
        ("ada@example.org\n", "line break"),
        ("ada\x00@example.org", "control character"),
        ("ada@example.org\u2028", "line break"),
        ("ada\udce9@example.org", "control character"),
        ("ada@exam\u200bple.org", "ZERO WIDTH SPACE"),
        ("ada＠example.org", "full-width"),
        ("a" * 250 + "@example.org", "longer than 254"),
    ],
)
def test_a_refusal_says_why_in_one_line(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=r"^[^\r\n]*\Z") as refusal:
        parse_address(text)
    assert says in str(refusal.value)
    assert str(refusal.value).isprintable()


def test_the_longest_address_is_taken_and_one_letter_more_is_not() -> None:
    domain = ".".join(["d" * 60] * 3) + ".example.org"
    local = "a" * (MAX_LENGTH - len(domain) - 1)
    assert len(parse_address(f"{local}@{domain}").address) == MAX_LENGTH
    with pytest.raises(ValueError, match="longer than 254"):
        parse_address(f"a{local}@{domain}")


def test_a_domain_that_grows_too_long_in_ascii_is_refused() -> None:
    domain = ".".join(["ö" * 30] * 3) + ".example.org"
    text = "a" * (MAX_LENGTH - 1 - len(domain)) + "@" + domain
    assert len(text) == MAX_LENGTH
    with pytest.raises(ValueError, match="longer than 254"):
        parse_address(text)


PIECES = st.sampled_from(
    [
        "ada",
        "ÄÖ",
        "@",
        ".",
        "example.org",
        "xn--",
        " ",
        "<",
        ">",
        '"',
        "\\",
        "+",
        "(",
        "\0",
        "\n",
        "\u0338",
        "＠",
    ]
)


@given(st.lists(PIECES, max_size=9).map("".join) | st.text(max_size=40))
@example("a@\u0338example.org")
def test_what_is_taken_is_what_the_library_takes(text: str) -> None:
    try:
        ours = parse_address(text)
    except ValueError as refusal:
        assert str(refusal).isprintable()
        assert len(str(refusal)) <= 200
        return
    theirs = validate_email(text.strip(" "), check_deliverability=False, allow_smtputf8=True)
    assert ours.is_international is theirs.smtputf8
    assert ours.address.lower() == f"{theirs.local_part}@{theirs.ascii_domain}".lower()
    assert parse_address(ours.address) == ours
    assert parse_address(ours.canonical).canonical == ours.canonical
    assert ours.address.rpartition("@")[2].isascii()


@given(st.text(st.characters(categories=["L", "M", "N"]), min_size=1, max_size=8))
def test_who_is_written_in_another_form_is_the_same(local: str) -> None:
    try:
        found = parse_address(f"{local}@example.org")
    except ValueError:
        return
    for form in ("NFC", "NFD"):
        for again in (local, found.canonical.partition("@")[0]):
            assert parse_address(f"{unicodedata.normalize(form, again)}@example.org").canonical == found.canonical


@given(st.from_regex(r"[a-zA-Z0-9.!#+_öß用\u0308-]{1,12}@[a-z.öß-]{1,12}\.(org|de)", fullmatch=True))
def test_what_the_library_takes_is_taken(text: str) -> None:
    try:
        validate_email(text, check_deliverability=False, allow_smtputf8=True)
    except EmailNotValidError:
        with pytest.raises(ValueError, match=r"\w"):
            parse_address(text)
    else:
        assert parse_address(text)


LABELS = st.text(st.sampled_from("abz09-"), min_size=1, max_size=6) | st.sampled_from(
    ["xn--a", "a" * 63, "a" * 64, "K"]
)
ENDINGS = st.sampled_from(["org", "ORG", "test", "localhost", "invalid", "onion", "c", "c1", "1c", "a-b", "org."])


@given(st.lists(LABELS, max_size=4), ENDINGS)
def test_a_plain_domain_is_taken_as_the_library_takes_it(labels: list[str], ending: str) -> None:
    text = f"a@{'.'.join([*labels, ending])}"
    try:
        theirs = validate_email(text, check_deliverability=False).ascii_domain.lower()
    except EmailNotValidError:
        with pytest.raises(ValueError, match=r"\w"):
            parse_address(text)
    else:
        assert parse_address(text).address == f"a@{theirs}"


@pytest.mark.parametrize(
    ("canonical", "mailbox"),
    [
        ("ada@example.org", "ada@example.org"),
        ("ada+papers@example.org", "ada@example.org"),
        ("a.da+x+y@example.org", "ada@example.org"),
        ("+tag@example.org", "+tag@example.org"),
        ("ada@sub.example.org", "ada@sub.example.org"),
    ],
)
def test_addresses_that_likely_lead_to_one_mailbox_are_counted_together(canonical, mailbox):
    assert mailbox_of(canonical) == mailbox
    assert mailbox_of(mailbox) == mailbox
