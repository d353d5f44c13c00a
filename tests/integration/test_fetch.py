"""Fetching from a server that misbehaves in every way we could think of."""

import gzip
import json
import logging
import re
import socket
import ssl
import subprocess
import threading
import time
import zlib
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from digest import __version__
from digest.errors import ConfigError, SourceError
from digest.sources.address import check_redirect
from digest.sources.again import retry_after
from digest.sources.cutoff import Cutoff
from digest.sources.fetch import AbsentError, Answer, Fetcher, Limits, Validators, expect
from tests.integration.web import Reply, gzip_reply, json_reply, redirect, serving

NOW = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)
LIST = [{"paper": {"id": "2511.00001"}}]
MEGABYTE = b"x" * 1_000_000


class Clock:
    """A clock that only sleeping moves on."""

    def __init__(self) -> None:
        self.moment = NOW
        self.sleeps: list[float] = []

    def now(self) -> datetime:
        return self.moment

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.moment += timedelta(seconds=seconds)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def fetcher(clock):
    """Makes fetchers whose clock is the test's; limits and the rest as given."""
    with ExitStack() as stack:

        def make(pause=0.0, contact="", **limits):
            given = {"seconds": 5, **limits}
            return stack.enter_context(Fetcher(contact, Limits(**given), pause, clock.now, clock.sleep))

        yield make


def refused(fetcher, url, **more):
    """Return the sentence with which fetching fails."""
    with pytest.raises(SourceError) as caught:
        fetcher.get(url, **more)
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert sentence.startswith(url.partition("?")[0])
    return sentence


# What a good answer is


def test_an_answer_has_all_that_parsers_need(web, fetcher):
    url = web.answer("/daily", json_reply(LIST, ETag='"a1"', Last_Modified="Tue, 24 Nov 2026 05:00:00 GMT"))
    got = fetcher().get(url, {"date": "2026-11-24"})
    assert got == Answer(
        url=f"{url}?date=2026-11-24",
        status=200,
        content=json.dumps(LIST).encode(),
        content_type="application/json",
        validators=Validators('"a1"', "Tue, 24 Nov 2026 05:00:00 GMT"),
    )
    assert not got.unchanged
    assert web.asked[0].query == {"date": "2026-11-24"}


def test_parameters_are_added_to_those_of_the_address(web, fetcher):
    url = web.answer("/feed", json_reply(LIST))
    fetcher().get(url + "?key=1", {"page": "2 & 3"})
    fetcher().get(url + "?key=1")
    fetcher().get(url + "?key=1", {})
    assert [one.query for one in web.asked] == [{"key": "1", "page": "2 & 3"}, {"key": "1"}, {"key": "1"}]


@pytest.mark.parametrize(
    ("contact", "said"),
    [
        ("", ""),
        ("ops@example.org", " (+ops@example.org)"),
        ("https://example.org/digest?a=b", " (+https://example.org/digest?a=b)"),
        ("bücher@example.org\r\nX-Evil: (1)", " (+b%C3%BCcher@example.org%0D%0AX-Evil:%20%281%29)"),
    ],
)
def test_it_says_who_asks_and_what_it_understands(web, fetcher, contact, said):
    url = web.answer("/", json_reply(LIST))
    fetcher(contact=contact).get(url, accept="application/atom+xml")
    headers = web.asked[0].headers
    assert headers["User-Agent"] == f"paper-digest/{__version__}{said}"
    assert headers["Accept"] == "application/atom+xml"
    assert headers["Accept-Encoding"] == "gzip"
    assert headers["Connection"] == "close"
    assert "X-Evil" not in headers


def test_no_cookie_is_kept(web, fetcher):
    url = web.answer("/", json_reply(LIST, Set_Cookie="id=1; Path=/"))
    one = fetcher()
    one.get(url)
    one.get(url)
    assert [asked.headers["Cookie"] for asked in web.asked] == [None, None]


def test_a_compressed_answer_is_unpacked_also_in_several_members(web, fetcher):
    body = gzip.compress(b"[1,", mtime=0) + gzip.compress(b"2]")
    url = web.answer("/", Reply(body, headers={"Content-Encoding": "x-gzip"}))
    assert fetcher().get(url).content == b"[1,2]"


@pytest.mark.parametrize("reply", [Reply(MEGABYTE, chunked=True), Reply(MEGABYTE, length=None), gzip_reply(MEGABYTE)])
def test_a_body_is_whole_in_whatever_way_it_comes(web, fetcher, reply):
    assert fetcher().get(web.answer("/", reply)).content == MEGABYTE


def test_an_empty_answer_is_empty(web, fetcher):
    assert fetcher().get(web.answer("/", Reply(b"", headers={"Content-Encoding": "gzip"}))).content == b""


# Conditional requests


def test_what_has_not_changed_is_not_sent_again(web, fetcher):
    known = Validators('"a1"', "Tue, 24 Nov 2026 05:00:00 GMT")
    url = web.answer("/", Reply(status=304, headers={"ETag": '"a2"'}))
    got = fetcher().get(url, validators=known)
    assert got.unchanged
    assert got.content == b""
    assert got.validators == Validators('"a2"', known.last_modified)
    assert web.asked[0].headers["If-None-Match"] == '"a1"'
    assert web.asked[0].headers["If-Modified-Since"] == "Tue, 24 Nov 2026 05:00:00 GMT"


def test_without_validators_nothing_is_asked_on_a_condition(web, fetcher):
    url = web.answer("/", json_reply(LIST))
    fetcher().get(url, validators=Validators(None, None))
    assert "If-None-Match" not in web.asked[0].headers
    assert "If-Modified-Since" not in web.asked[0].headers
    assert fetcher().get(url).validators == Validators(None, None)


def test_unchanged_is_no_answer_to_somebody_who_knows_nothing(web, fetcher):
    assert "304" in refused(fetcher(), web.answer("/", Reply(status=304)))


def test_a_validator_that_could_not_be_sent_back_is_forgotten(web, fetcher):
    url = web.answer("/", json_reply(LIST, ETag='"\xe9"'))
    one = fetcher()
    got = one.get(url)
    assert got.validators == Validators(None, None)
    one.get(url, validators=got.validators)


# Trying again


def test_what_passes_is_tried_again_each_time_later(web, fetcher, clock):
    url = web.answer("/", Reply(status=500), Reply(status=503), Reply(status=429), json_reply(LIST))
    assert fetcher().get(url).status == 200
    assert len(web.asked) == 4
    first, second, third = clock.sleeps
    assert 1 <= first <= 2 <= second <= 3
    assert 4 <= third <= 5


def test_it_gives_up_after_the_attempts(web, fetcher, clock):
    sentence = refused(fetcher(attempts=3), web.answer("/", Reply(status=502)))
    assert "502 Bad Gateway, after 3 attempts" in sentence
    assert len(web.asked) == 3
    assert len(clock.sleeps) == 2


def test_the_wait_grows_no_further_than_its_limit(web, fetcher, clock):
    refused(fetcher(attempts=7, wait_max=3), web.answer("/", Reply(status=500)))
    assert clock.sleeps[-3:] == [3, 3, 3]


@pytest.mark.parametrize("status", [400, 401, 403, 410, 451])
def test_what_does_not_pass_is_asked_once(web, fetcher, clock, status):
    assert str(status) in refused(fetcher(), web.answer("/", Reply(status=status)))
    assert len(web.asked) == 1
    assert clock.sleeps == []


@pytest.mark.parametrize("status", [408, 425, 429, 500, 599])
def test_which_statuses_pass(web, fetcher, status):
    raw = b"HTTP/1.1 %d Odd\r\nContent-Length: 0\r\n\r\n" % status
    url = web.answer("/", Reply(raw=raw), json_reply(LIST))
    assert fetcher().get(url).status == 200


@pytest.mark.parametrize("status", [204, 206, 300, 301])
def test_success_without_the_thing_asked_for_is_none(web, fetcher, status):
    assert str(status) in refused(fetcher(), web.answer("/", Reply(status=status)))


def test_nothing_there_has_its_own_word(web, fetcher):
    with pytest.raises(AbsentError, match=r"/none: nothing there \(404\)"):
        fetcher().get(web.root + "/none")
    assert len(web.asked) == 1


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("field", "waits"),
    [
        ("7", 7),
        ("Tue, 24 Nov 2026 06:00:30 GMT", 30),
        ("0", 0),
        ("Mon, 23 Nov 2026 06:00:00 GMT", 0),
        ("120", 120),
        ("Tue, 24 Nov 2026 06:00:09 -0000", 9),
    ],
)
def test_it_waits_as_long_as_it_is_asked_to(web, fetcher, clock, status, field, waits):
    url = web.answer("/", Reply(status=status, headers={"Retry-After": field}), json_reply(LIST))
    fetcher().get(url)
    assert clock.sleeps == [waits]


@pytest.mark.parametrize("field", ["soon", "-5", "1.5", "", "Tue, 99 Nov 2026 06:00:30 GMT", "\u00b2"])
def test_a_wait_that_says_nothing_is_ours_to_choose(web, fetcher, clock, field):
    url = web.answer("/", Reply(status=429, headers={"Retry-After": field}), json_reply(LIST))
    fetcher().get(url)
    assert 1 <= clock.sleeps[0] <= 2


@pytest.mark.parametrize(
    ("field", "back"),
    [
        ("121", "2026-11-24 06:02"),
        ("7200", "2026-11-24 08:00"),
        ("Tue, 24 Nov 2026 09:30:00 GMT", "2026-11-24 09:30"),
        ("9" * 400, "2027-11-25 06:00"),
    ],
)
def test_a_wait_that_is_too_long_is_left_to_the_next_load(web, fetcher, clock, field, back):
    url = web.answer("/", Reply(status=429, headers={"Retry-After": field}))
    sentence = refused(fetcher(), url)
    assert "429 Too Many Requests" in sentence
    assert f"try again after {back} UTC" in sentence
    assert len(web.asked) == 1
    assert clock.sleeps == []


@given(
    st.text(max_size=40) | st.integers().map(str) | st.datetimes().map(lambda one: f"{one:%a, %d %b %Y %H:%M:%S} GMT")
)
def test_no_retry_after_is_beyond_us(field):
    wait = retry_after(field, NOW)
    assert wait is None or wait >= 0


def test_requests_to_one_host_keep_their_distance(web, fetcher, clock):
    url = web.answer("/", Reply(status=302, headers={"Location": "/end"}))
    web.answer("/end", json_reply(LIST))
    one = fetcher(pause=3)
    one.get(url)
    clock.moment += timedelta(seconds=1)
    one.get(web.root + "/end")
    clock.moment += timedelta(seconds=4)
    one.get(web.root + "/end")
    assert clock.sleeps == [3, 2]
    one.get(url.replace("127.0.0.1", "localhost"))
    assert clock.sleeps == [3, 2, 3]  # for its redirect alone: another host


def test_the_distance_holds_for_another_try_and_when_the_clock_is_put_back(web, fetcher, clock):
    url = web.answer("/", Reply(status=429, headers={"Retry-After": "1"}), json_reply(LIST))
    one = fetcher(pause=3)
    one.get(url)
    assert clock.sleeps == [1, 2]
    clock.moment -= timedelta(hours=1)
    one.get(url)
    assert clock.sleeps == [1, 2, 3]


def test_the_distance_is_kept_from_the_end_of_a_request(web, clock):
    url = web.answer("/", json_reply(LIST))

    def now():
        """A second passes while a request is answered."""
        return NOW + timedelta(seconds=len(web.asked))

    with Fetcher(pause=3, now=now, sleep=clock.sleep) as one:
        one.get(url)
        one.get(url)
    assert clock.sleeps == [3]


def test_what_stops_a_wait_stops_the_fetching(web, clock):
    def stop(_seconds):
        raise InterruptedError("stopped")

    url = web.answer("/", Reply(status=500))
    with Fetcher(now=clock.now, sleep=stop) as one, pytest.raises(InterruptedError):
        one.get(url)
    assert len(web.asked) == 1


# Connections that fail


def test_a_server_that_is_not_there(fetcher, clock):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    sentence = refused(fetcher(), f"http://127.0.0.1:{port}/feed")
    assert "refused" in sentence
    assert "after 4 attempts" in sentence
    assert len(clock.sleeps) == 3


def test_a_name_that_is_not_there(fetcher, monkeypatch):
    def unknown(*_arguments, **_more):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert "Name or service not known" in refused(fetcher(attempts=2), "http://papers.example.org/")


@pytest.mark.parametrize(
    "spoilt",
    [
        Reply(raw=b""),
        Reply(raw=b"220 mail.example.org ESMTP\r\n"),
        Reply(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n"),
        Reply(raw=b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n"),
        Reply(raw=b"HTTP/1.1 200 OK\r\nX: " + b"x" * 300_000 + b"\r\n\r\n"),
        Reply(raw=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
        Reply(b"[1, 2, 3]", cut=4),
        Reply(b"[1, 2, 3]", length=1000),
        Reply(b"[1, 2, 3]", chunked=True, cut=6),
        Reply(b"[1, 2, 3]", chunked=True, cut=14),
        gzip_reply(b"[1, 2, 3]" * 100, cut=30),
        gzip_reply(b"[1, 2, 3]" * 100, cut=-1),
        Reply(b"[1, 2, 3]", headers={"Content-Encoding": "gzip"}),
        Reply(gzip.compress(b"[1, 2, 3]", mtime=0) + b"rest", headers={"Content-Encoding": "gzip"}),
        Reply(gzip.compress(b"[1, 2, 3]", mtime=0)[:-8] + b"\0" * 8, headers={"Content-Encoding": "gzip"}),
        Reply(gzip.compress(b"", mtime=0)[:10] + b"\xff" * 50, headers={"Content-Encoding": "gzip"}),
    ],
    ids=lambda reply: repr(reply)[:70],
)
def test_a_spoilt_answer_is_tried_again_and_never_taken_for_whole(web, fetcher, spoilt):
    url = web.answer("/", spoilt, json_reply(LIST))
    assert json.loads(fetcher().get(url).content) == LIST
    assert len(web.asked) == 2
    assert "after 2 attempts" in refused(fetcher(attempts=2), web.answer("/", spoilt))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.binary(max_size=60)
    | st.builds(
        lambda *parts: b"HTTP/1.1 " + b"\r\n".join(parts),
        st.sampled_from([b"200 OK", b"304 x", b"302 x", b"429 x", b"101 x", b"100 x", b"999 x", b"20 x"]),
        st.sampled_from(
            [b"Location: ", b"Content-Encoding: ", b"Content-Length: ", b"Retry-After: ", b"Set-Cookie: ", b"ETag: "]
        ).flatmap(lambda name: st.binary(max_size=20).map(lambda value: name + value)),
        st.just(b""),
        st.binary(max_size=30),
    )
)
def test_whatever_comes_it_is_an_answer_or_a_sentence(web, fetcher, raw):
    url = web.answer("/", Reply(raw=raw))
    web.asked.clear()
    try:
        assert fetcher(attempts=1, seconds=0.5).get(url).status == 200
    except SourceError as error:
        assert "\n" not in str(error)
        assert str(error).isprintable()


# Too slow, too large


@pytest.mark.parametrize(
    "slow",
    [
        Reply(silent=True),
        Reply(MEGABYTE, drip=0.02),
        Reply(MEGABYTE, drip=0.02, length=None),
        Reply(MEGABYTE, drip=0.02, chunked=True),
        Reply(drip_head=0.02, headers={"X": "x" * 1000}),
        Reply(gzip.compress(b"", mtime=0) * 1000, drip=0.02, headers={"Content-Encoding": "gzip"}),
    ],
    ids=["silent", "drip", "drip without length", "drip of chunks", "drip of the header", "drip of empty members"],
)
def test_one_answer_has_its_time_and_no_more(web, fetcher, slow):
    started = time.monotonic()
    sentence = refused(fetcher(attempts=1, seconds=0.15), web.answer("/", slow))
    assert "no whole answer within 0.15 seconds" in sentence
    assert time.monotonic() - started < 3  # the whole drip would take minutes


def test_a_slow_answer_is_tried_again(web, fetcher):
    url = web.answer("/", Reply(MEGABYTE, drip=0.02), json_reply(LIST))
    assert fetcher(seconds=0.15).get(url).status == 200


def test_nobody_who_never_finishes_the_handshake_is_waited_for(fetcher):
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        url = f"https://127.0.0.1:{deaf.getsockname()[1]}/"
        assert "in time" in (said := refused(fetcher(attempts=1, seconds=0.15), url)) or "no whole answer" in said


@pytest.mark.parametrize(
    "large",
    [
        Reply(MEGABYTE, endless=True, length=None),
        Reply(MEGABYTE, endless=True, chunked=True),
        Reply(MEGABYTE, endless=True, length=50_000_000),
        Reply(gzip.compress(MEGABYTE, mtime=0), endless=True, length=None, headers={"Content-Encoding": "gzip"}),
        gzip_reply(b"\0" * 30_000_000),
    ],
    ids=["no end", "no end of chunks", "50 MB", "no end, compressed", "a bomb of 30 KB"],
)
def test_a_body_over_the_limit_is_read_no_further(web, fetcher, clock, large):
    sentence = refused(fetcher(size=1_500_000), web.answer("/", large))
    assert "more than 1,500,000 bytes" in sentence
    assert web.sent < 20_000_000
    assert clock.sleeps == []


def test_a_body_that_says_it_is_too_large_is_not_read_at_all(web, fetcher):
    url = web.answer("/", Reply(b"x", length=50_000_000))
    assert "more than 1,000 bytes" in refused(fetcher(size=1000), url)
    assert len(web.asked) == 1


def test_a_connection_that_comes_too_late_is_cut_at_once():
    ours, theirs = socket.socketpair()
    with ours, theirs, Cutoff(0.01) as cutoff:
        while not cutoff.late:
            time.sleep(0.005)
        cutoff.trace(
            "connection.connect_tcp.complete", {"return_value": SimpleNamespace(get_extra_info=lambda _: ours)}
        )
        theirs.settimeout(5)
        assert theirs.recv(1) == b""


def test_nothing_counts_down_when_the_answer_is_there(web, fetcher):
    fetcher(seconds=1).get(web.answer("/", json_reply(LIST)))
    assert not [thread for thread in threading.enumerate() if isinstance(thread, threading.Timer)]


def test_a_body_of_just_the_limit_is_taken(web, fetcher):
    one = fetcher(size=1000)
    for reply in (Reply(b"x" * 1000), Reply(b"x" * 1000, chunked=True), gzip_reply(b"x" * 1000)):
        assert len(one.get(web.answer("/", reply)).content) == 1000
    for reply in (Reply(b"x" * 1001), Reply(b"x" * 1001, chunked=True), gzip_reply(b"x" * 1001)):
        refused(one, web.answer("/", reply))


def test_a_length_that_is_too_short_ends_the_body(web, fetcher):
    assert fetcher().get(web.answer("/", Reply(b"[1, 2, 3]", length=3))).content == b"[1,"


@pytest.mark.parametrize("encoding", ["br", "deflate", "gzip, gzip", "zstd"])
def test_an_encoding_that_nobody_asked_for_is_refused(web, fetcher, encoding):
    url = web.answer("/", Reply(zlib.compress(b"[]"), headers={"Content-Encoding": encoding}))
    assert repr(encoding) in refused(fetcher(), url)
    assert len(web.asked) == 1


# Redirects


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_followed(web, fetcher, status):
    url = web.answer("/old", redirect("new?x=1", status))
    web.answer("/new", json_reply(LIST))
    got = fetcher().get(url, validators=Validators('"a1"'))
    assert got.url == web.root + "/new?x=1"
    assert web.paths() == ["/old", "/new"]
    assert web.asked[1].headers["If-None-Match"] == '"a1"'


def test_redirects_have_an_end(web, fetcher, clock):
    url = web.answer("/round", redirect("/round"))
    assert "more than 5 redirects" in refused(fetcher(), url)
    assert len(web.asked) == 6
    assert clock.sleeps == []


@pytest.mark.parametrize(
    "target", ["file:///etc/passwd", "ftp://example.org/x", "data:text/plain,x", "javascript:1", "gopher://127.0.0.1/"]
)
def test_redirects_stay_on_http(web, fetcher, target):
    assert "no http(s) address" in refused(fetcher(), web.answer("/", redirect(target)))
    assert len(web.asked) == 1


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://example.org/", "example.org/feed", "http://", "//x", "http://[", ""]
)
def test_only_the_web_is_asked(fetcher, url):
    with pytest.raises(SourceError, match="http://"):
        fetcher().get(url)


def public(*hosts, **inside):
    """Return a resolver that knows some names, and the rest as ever."""
    real = socket.getaddrinfo

    def resolve(host, port, *arguments, **more):
        return real("8.8.8.8" if host in hosts else inside.get(host.partition(".")[0], host), port, *arguments, **more)

    return resolve


@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.1/", "http://localhost:8000/", "http://10.1.2.3/", "http://192.168.0.1/", "http://172.16.0.9/",
        "http://169.254.169.254/latest/meta-data", "http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://[fe80::1]/",
        "http://[fd00::1]/", "http://2130706433/", "http://0x7f.1/", "http://0.0.0.0/", "http://100.64.0.1/",
        "http://224.0.0.1/", "https://wiki.example.org/",
    ],
)  # fmt: skip
def test_nobody_outside_sends_us_into_the_internal_network(monkeypatch, target):
    monkeypatch.setattr(socket, "getaddrinfo", public("papers.example.org", wiki="10.0.0.7"))
    outside, inside = httpx.URL("http://papers.example.org/"), httpx.URL("http://10.0.0.1/feed")
    with pytest.raises(SourceError, match="lies in an internal network"):
        check_redirect(outside, outside, httpx.URL(target))
    check_redirect(inside, inside, httpx.URL(target))


@pytest.mark.parametrize(
    "target", ["http://8.8.4.4/", "https://[2001:4860:4860::8888]/", "http://papers.example.org/x"]
)
def test_other_public_addresses_may_be_named(monkeypatch, target):
    monkeypatch.setattr(socket, "getaddrinfo", public("papers.example.org"))
    outside = httpx.URL("http://papers.example.org/")
    check_redirect(outside, outside, httpx.URL(target))


# Proxies and certificates


def test_a_proxy_of_the_environment_is_used_and_leads_nobody_inside(web, fetcher, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", web.root)
    monkeypatch.setattr(socket, "getaddrinfo", public("papers.example.org"))
    web.answer("/feed", redirect("http://papers.example.org/new"))
    web.answer("/new", json_reply(LIST), redirect(web.root + "/secret"))
    one = fetcher()
    assert one.get("http://papers.example.org/feed").status == 200
    assert [asked.target for asked in web.asked] == [
        "http://papers.example.org/feed",
        "http://papers.example.org/new",
    ]
    assert "internal network" in refused(one, "http://papers.example.org/new")
    assert "/secret" not in web.paths()


@pytest.mark.parametrize("proxy", ["socks5://user:secret@127.0.0.1:1", "ftp://user:secret@127.0.0.1"])
def test_a_proxy_that_cannot_be_used_is_said(monkeypatch, proxy):
    monkeypatch.setenv("ALL_PROXY", proxy)
    with pytest.raises(ConfigError, match="ALL_PROXY") as caught:
        Fetcher()
    assert "secret" not in str(caught.value)


def test_certificates_that_cannot_be_read_are_said(monkeypatch, tmp_path):
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    with pytest.raises(ConfigError, match="SSL_CERT_FILE"):
        Fetcher()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """A certificate of 127.0.0.1 that nobody signed, and its key."""
    folder = tmp_path_factory.mktemp("certificate")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-keyout", "key.pem", "-out", "certificate.pem", "-days", "2", "-subj", "/CN=127.0.0.1",
         "-addext", "subjectAltName=IP:127.0.0.1"],
        check=True, capture_output=True, cwd=folder,
    )  # fmt: skip
    return folder / "certificate.pem", folder / "key.pem"


@pytest.fixture
def secure(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    with serving(context) as web:
        yield web


def test_a_certificate_that_nobody_vouches_for_is_refused(secure, fetcher):
    sentence = refused(fetcher(attempts=2), secure.answer("/", json_reply(LIST)))
    assert "CERTIFICATE_VERIFY_FAILED" in sentence
    assert secure.asked == []


def test_certificates_of_the_environment_are_trusted(secure, fetcher, certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    assert fetcher().get(secure.answer("/", gzip_reply(b"[]"))).content == b"[]"


def test_the_time_holds_for_encrypted_answers(secure, fetcher, certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    url = secure.answer("/", Reply(MEGABYTE, drip=0.02))
    assert "no whole answer within 0.5 seconds" in refused(fetcher(attempts=1, seconds=0.5), url)
    assert len(secure.asked) == 1


def test_no_redirect_leads_back_to_plain_text(web, secure, fetcher, certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    web.answer("/feed", json_reply(LIST))
    up = web.answer("/up", redirect(secure.answer("/feed", json_reply(LIST))))
    down = secure.answer("/down", redirect(web.root + "/feed"))
    assert fetcher().get(up).url == secure.root + "/feed"
    assert "not encrypted any more" in refused(fetcher(), down)
    assert web.paths() == ["/up"]


# What is told


def test_each_request_is_a_line_of_the_log_without_secrets(web, fetcher, caplog):
    caplog.set_level(logging.DEBUG)
    url = web.answer("/old", redirect("/new?token=hidden"))
    web.answer("/new", Reply(status=500), json_reply(LIST))
    fetcher().get(url.replace("http://", "http://user:hidden@") + "?key=hidden")
    own = [(record.levelno, re.sub("http://[^/]*", "", record.getMessage())) for record in caplog.records]
    assert [line for level, line in own if level == logging.DEBUG] == [
        "GET /old?…: on to /new?…, 0.00 s",
        "GET /new?…: the answer was 500 Internal Server Error, 0.00 s",
        "GET /old?…: on to /new?…, 0.00 s",
        f"GET /new?…: 200, {len(json.dumps(LIST))} bytes, 0.00 s",
    ]
    (wait,) = [line for level, line in own if level == logging.INFO]
    assert re.fullmatch(r"/old\?…: the answer was 500 Internal Server Error; asked again in [12] s", wait)
    assert "hidden" not in caplog.text


def test_no_sentence_has_a_secret(web, fetcher):
    url = web.answer("/feed", Reply(status=403), redirect("file:///x?token=hidden"), Reply(status=500))
    for _ in range(3):
        with pytest.raises(SourceError, match=r"/feed\?…: ") as caught:
            fetcher(attempts=1).get(url.replace("http://", "http://user:hidden@") + "?key=hidden")
        assert "hidden" not in str(caught.value)


# What kind of thing came


def came(content_type, content=b"{}"):
    return Answer("https://example.org/x?key=hidden", 200, content, content_type, Validators())


@pytest.mark.parametrize(
    ("kind", "content_type"),
    [
        ("json", "application/json"),
        ("json", "application/json; charset=utf-8"),
        ("json", "Application/Feed+JSON"),
        ("xml", "application/atom+xml;charset=UTF-8"),
        ("xml", "text/xml"),
        ("json", ""),
        ("json", "text/plain; charset=utf-8"),
        ("xml", "application/octet-stream"),
    ],
)
def test_what_is_expected_passes(kind, content_type):
    expect(came(content_type), {kind})


@pytest.mark.parametrize(
    ("kind", "content_type", "content"),
    [
        ("json", "text/html; charset=utf-8", b"{}"),
        ("json", "application/xml", b"<x/>"),
        ("xml", "application/json", b"{}"),
        ("json", "image/png", b"\x89PNG"),
        ("json", "application/json", b"\xef\xbb\xbf\n <!DOCTYPE HTML>"),
        ("json", "", b"<HTML lang=en>"),
        ("xml", "application/xhtml+xml", b"<!doctype html>"),
    ],
)
def test_what_is_not_expected_is_said(kind, content_type, content):
    with pytest.raises(SourceError, match=rf"https://example.org/x\?…: expected {kind.upper()}, found ") as caught:
        expect(came(content_type, content), {kind})
    assert "hidden" not in str(caught.value)


def test_an_error_page_with_status_200_is_no_list_of_papers(web, fetcher):
    url = web.answer("/", Reply(b"<!doctype html><title>Oops</title>", headers={"Content-Type": "text/html"}))
    with pytest.raises(SourceError, match="expected JSON, found 'text/html'"):
        expect(fetcher().get(url), {"json"})
