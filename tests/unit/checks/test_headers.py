import pytest

from digest.checks.headers import alignment, hosts, leaving, required

LEAVE = "https://digest.lab.edu/u/token"
MAILTO = "mailto:leave@lab.edu?subject=unsubscribe"


@pytest.mark.parametrize(
    "name", ["From", "To", "Subject", "Date", "Message-ID", "List-Id", "List-Unsubscribe", "MIME-Version"]
)
def test_a_field_is_there_exactly_once(make, found, name):
    raw = make()
    assert found(required, make(**{name.replace("-", "_"): None})) == [
        f"error headers: {name} is there 0 times; expected once"
    ]
    line = next(line for line in raw.split(b"\r\n") if line.startswith(name.encode()))
    assert found(required, line + b"\r\n" + raw) == [f"error headers: {name} is there 2 times; expected once"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("From", "Paper Digest"),
        ("From", "a@lab.edu, b@lab.edu"),
        ("To", "undisclosed-recipients:;"),
        ("Date", "this morning"),
        ("Date", "Tue, 24 Nov 2026 06:00:00"),
        ("Message-ID", "0123@lab.edu"),
        ("Message-ID", "<0123>"),
        ("List-Id", "Daily Papers"),
        ("List-Id", "Daily Papers <daily>"),
        ("List-Unsubscribe", LEAVE),
        ("List-Unsubscribe", f"<{LEAVE}> <{MAILTO}>"),
        ("MIME-Version", "2.0"),
    ],
)
def test_a_field_that_can_t_be_read_is_found(make, found, name, value):
    assert [one.partition(" can't be read")[0] for one in found(required, make(**{name.replace("-", "_"): value}))] == [
        f"error headers: {name}"
    ]


def test_hostile_words_in_a_subject_are_no_error(make, found):
    assert found(required, make(Subject="=?utf-8?q?=00=ff?= {{cookiecutter}} =?x?=")) == []


@pytest.mark.parametrize("bare", [b"one\ntwo\r\n", b"one\rtwo\r\n", b"one\r\r\n"])
def test_half_a_line_break_is_found(make, found, bare):
    assert found(required, make() + bare) == [
        "error headers: a line ends in CR or LF alone; expected both (RFC 5322, 2.3)"
    ]


def test_a_line_has_at_most_998_bytes(make, found):
    assert found(required, make() + b"x" * 998 + b"\r\n") == []
    assert "a line has 999 bytes" in found(required, make() + b"x" * 999 + b"\r\n")[0]


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"List_Unsubscribe": f"<{MAILTO}>,\r\n <{LEAVE}>"}, "List-Unsubscribe begins with 'mailto:"),
        ({"List_Unsubscribe": f"<{LEAVE.replace('https', 'http')}>"}, "List-Unsubscribe begins with 'http:"),
        ({"List_Unsubscribe_Post": None}, "List-Unsubscribe-Post: List-Unsubscribe=One-Click is expected once"),
        ({"List_Unsubscribe_Post": "yes"}, "List-Unsubscribe-Post: List-Unsubscribe=One-Click is expected once"),
    ],
)
def test_with_a_site_the_one_click_pair_is_there(make, found, fields, says):
    assert found(leaving, make()) == []
    assert any(f"one-click: {says}" in one for one in found(leaving, make(**fields)))


def test_mail_that_stays_here_may_have_a_site_without_tls(make, make_page, found):
    plain = LEAVE.replace("https", "http")
    raw = make(html=make_page().replace(LEAVE, plain), text=f"{plain}\n", List_Unsubscribe=f"<{plain}>,\r\n <{MAILTO}>")
    assert found(leaving, raw, site_url="http://digest.lab.edu", stays_here=True) == []
    assert len(found(leaving, raw, site_url="http://digest.lab.edu")) == 1


def test_without_a_site_leaving_works_by_mail_alone(make, make_page, found):
    by_mail = {"html": make_page().replace(LEAVE, MAILTO), "text": f"{MAILTO}\n", "List_Unsubscribe": f"<{MAILTO}>"}
    assert found(leaving, make(**by_mail, List_Unsubscribe_Post=None), site_url="") == []
    assert "without a site.url that could answer it" in found(leaving, make(**by_mail), site_url="")[0]
    assert "a mailto: address alone" in found(leaving, make(List_Unsubscribe_Post=None), site_url="")[0]


def test_both_parts_have_a_link_to_leave_by(make, make_page, found):
    without = make(html=make_page(foot=""), text="Daily Papers\n")
    assert found(leaving, without) == [
        "error unsubscribe: the HTML has no link to leave by; show issue.unsubscribe in the theme",
        "error unsubscribe: the plaintext has no link to leave by; show issue.unsubscribe in the theme",
    ]


@pytest.mark.parametrize(
    ("sender", "fine"),
    [
        ("digest@lab.edu", True),
        ("digest@LAB.edu", True),
        ("digest+0123@lab.edu", True),
        ("digest@bounces.lab.edu", True),
        ("digest@edu", True),  # no list of public suffixes tells that edu is no one's own
        ("digest@notlab.edu", False),
        ("digest@elsewhere.edu", False),
    ],
)
def test_from_and_the_envelope_sender_belong_together(make, found, sender, fine):
    assert (found(alignment, make(), envelope_senders=("digest@lab.edu", sender)) == []) is fine


@pytest.mark.parametrize(
    ("sender", "fine"),
    [
        ("digest@lab.edu", True),
        ("digest@example.edu", True),
        ("digest@example.org", False),
        ("digest@mail.example.org", False),
        ("digest@lab.test", False),
        ("digest@localhost", False),
        ("digest@printer.local", False),
        ("digest@lab", False),
    ],
)
def test_from_is_at_a_domain_that_others_know(make, found, sender, fine):
    raw = make(From=f"Paper Digest <{sender}>")
    assert (found(hosts, raw) == []) is fine
    assert found(hosts, raw, stays_here=True) == []


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("https://digest.lab.edu:8443/papers", []),
        ("", []),
        ("http://digest.lab.edu", ["expected https"]),
        ("https://localhost", ["this machine or network"]),
        ("https://127.0.0.1:8000", ["this machine or network"]),
        ("https://[::1]", ["this machine or network"]),
        ("https://10.1.2.3", ["this machine or network"]),
        ("https://192.168.0.4", ["this machine or network"]),
        ("https://digest.example.org", ["examples and tests"]),
        ("http://digest.internal", ["expected https", "this machine or network"]),
    ],
)
def test_the_site_is_where_others_reach_it(make, found, url, says):
    told = found(hosts, make(), site_url=url)
    assert [any(word in one for one in told) for word in says] == [True] * len(says)
    assert len(told) == len(says)
    assert found(hosts, make(), site_url=url, stays_here=True) == []
