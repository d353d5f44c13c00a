"""What all pages for everybody have in common: headers, failures, bounds, and that they believe nobody."""

import socket
import time

import pytest
from starlette.routing import Route

from digest.web import archive, forms, patience, public
from tests.integration.asking import FORM, open_for_all, set_up

PAGES = ("/", "/subscribe/daily", "/subscribe/daily/embed", "/archive/", "/pages.css", "/robots.txt", "/favicon.ico")


@pytest.fixture
def front(site, now):
    with open_for_all(set_up(site), now) as front:
        yield front


def raw(port, content, wait=5.0):
    """Send bytes, and return what comes until the server closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=wait) as connection:
        connection.sendall(content)
        found = b""
        while chunk := connection.recv(65536):
            found += chunk
        return found


def test_every_answer_lets_a_browser_do_as_little_as_the_page_needs(front):
    for path in (*PAGES, "/nothing", "/c/nothing", "/archive/nothing", "/subscribe/nothing"):
        headers = front.get(path).headers
        assert headers["content-security-policy"].startswith("default-src 'none'"), path
        assert "script-src" not in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert "camera=()" in headers["permissions-policy"]
        assert headers["strict-transport-security"] == "max-age=31536000"
        assert "set-cookie" not in headers
        assert "server" not in headers


def test_only_a_site_that_is_reached_over_tls_asks_for_it_always(site, now):
    with open_for_all(set_up(site, "http://digest.example.org"), now) as front:
        assert "strict-transport-security" not in front.get("/").headers


@pytest.mark.parametrize("path", [*PAGES, "/nothing", "/c/nothing"])
def test_head_is_get_without_a_body(front, path):
    get, head = front.get(path), front.get(path, "HEAD")
    changing = ("date", "etag")
    assert (head.status, head.body) == (get.status, b"")
    assert {k: v for k, v in head.headers.items() if k not in changing} == {
        k: v for k, v in get.headers.items() if k not in changing
    }


def test_what_can_not_be_done_says_what_can(front):
    answer = front.get("/subscribe/daily", "DELETE")
    assert answer.status == 405
    assert "can’t be done here" in answer.words
    assert {"GET", "POST"} & set(answer.headers["allow"].replace(" ", "").split(","))
    assert front.get("/subscribe/daily", "OPTIONS").status == 405


def test_no_host_that_somebody_names_comes_back(front):
    for path in (
        "/",
        "/subscribe/daily",
        "/subscribe/daily/",
        "/archive",
        "/archive/daily",
        "/c/x",
        "//evil.example.net/",
    ):
        answer = front.get(path, host="evil.example.net", X_Forwarded_Host="evil.example.net", Forwarded="host=evil")
        assert "evil" not in answer.page
        assert "evil" not in str(answer.headers)


def test_the_way_home_is_right_wherever_nothing_is(front):
    for path, home in (("/nothing", "./"), ("/a/b", "../"), ("/a/b/c/", "../../../"), ("/c/x%2Fy", "../")):
        assert f'<a href="{home}">' in front.get(path).page, path


def test_robots_are_kept_from_what_is_somebodys_own(front, site, now):
    assert front.get("/robots.txt").page == "User-agent: *\nDisallow: /c/\nDisallow: /p/\nDisallow: /u/\n"
    assert front.get("/favicon.ico").status == 204
    with open_for_all(set_up(site, "https://example.org/digest"), now) as below:
        assert "Disallow: /digest/c/\n" in below.get("/robots.txt").page


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        ("application/json", '{"email": "ada@example.org"}', 415),
        ("text/plain", "email=ada@example.org", 415),
        ("", "email=ada@example.org", 415),
        ("multipart/form-data", "x", 400),
        ("multipart/form-data; boundary=x", "no parts", 400),
        (
            "multipart/form-data; boundary=x",
            '--x\r\nContent-Disposition: form-data; name="email"; filename="a"\r\n\r\ny\r\n--x--',
            400,
        ),
        (FORM, "email=" + "a" * 70_000, 413),
        (FORM, "&".join(f"f{n}=1" for n in range(1000)), 400),
        (FORM, "email=%FF%FE&topic=%00", 422),
        (FORM, "", 422),
        (f"{FORM}; charset=utf-16", "email=ada%40example.org", 200),
        (
            "multipart/form-data; boundary=x",
            '--x\r\nContent-Disposition: form-data; name="email"\r\n\r\nada@example.org\r\n--x--\r\n',
            200,
        ),
    ],
)
def test_a_body_is_a_small_form_or_refused(front, content_type, body, status):
    answer = front.post("/subscribe/daily", body=body, Content_Type=content_type)
    assert answer.status == status
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    if status in (400, 413, 415):
        assert "This form can’t be read" in answer.words


def test_a_body_without_an_end_is_cut_off(front):
    head = f"POST /subscribe/daily HTTP/1.1\r\nHost: x\r\nContent-Type: {FORM}\r\nContent-Length: 1000000000\r\n\r\n"
    with socket.create_connection(("127.0.0.1", front.port), timeout=10) as connection:
        connection.sendall(head.encode())
        with pytest.raises(OSError):
            for _ in range(1000):
                connection.sendall(b"a" * 65536)
    assert front.get("/").status == 200


def test_a_header_without_an_end_is_cut_off(front):
    answer = raw(front.port, b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 70_000)
    assert answer.startswith(b"HTTP/1.1 400")


@pytest.mark.parametrize(
    "begun", [b"", b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ", b"GET / HTTP/1.1\r\nHost: x\r\n\r\nGET /"]
)
def test_who_does_not_come_to_the_end_of_a_request_is_let_go(front, monkeypatch, begun):
    monkeypatch.setattr(patience, "HEADER_SECONDS", 0.5)
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", front.port), timeout=10) as connection:
        connection.sendall(begun)
        with pytest.raises(OSError):
            while time.monotonic() - began < 8:
                connection.sendall(b"x")  # a byte now and then keeps nothing open
                time.sleep(0.05)
    assert time.monotonic() - began < 5
    assert front.get("/").status == 200


def test_a_form_that_drips_is_let_go(front, monkeypatch):
    monkeypatch.setattr(forms, "MAX_SECONDS", 0.3)
    fields = f"Host: x\r\nContent-Type: {FORM}\r\nContent-Length: 99"
    head = f"POST /subscribe/daily HTTP/1.1\r\n{fields}\r\n\r\nemail="
    assert raw(front.port, head.encode()).startswith(b"HTTP/1.1 408")


def test_many_who_wait_keep_nobody_from_a_page(front):
    idle = [socket.create_connection(("127.0.0.1", front.port)) for _ in range(200)]
    try:
        for one in idle[::2]:
            one.sendall(b"POST /subscribe/daily HTTP/1.1\r\nHost: x\r\n")
        began = time.monotonic()
        assert front.get("/subscribe/daily").status == 200
        assert time.monotonic() - began < 5
    finally:
        for one in idle:
            one.close()


def test_a_defect_is_a_page_with_our_headers_and_a_line_that_names_nobody(site, now, caplog, monkeypatch):
    def broken(_request):
        raise ZeroDivisionError("a defect")

    def routes(*_more):
        return [Route("/c/{token}", broken)]

    monkeypatch.setattr(public, "confirm_routes", routes)
    with open_for_all(set_up(site), now) as front:
        answer = front.get("/c/secret-token")
    assert answer.status == 500
    assert "not your fault" in answer.words
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert "GET /c/{token}: a defect" in caplog.text
    assert "ZeroDivisionError" in caplog.text
    assert "secret-token" not in caplog.text


def test_where_even_the_page_of_a_failure_fails_there_are_plain_words(site, now, caplog):
    (site.root / "templates" / "pages").mkdir()
    (site.root / "templates" / "pages" / "failure.html.j2").write_text("{{ nothing }}", encoding="utf-8")
    with open_for_all(set_up(site), now) as front:
        answer = front.get("/nothing")
    assert (answer.status, answer.page) == (404, "This page can't be shown just now.\n")
    assert "failure.html.j2" in caplog.text


def test_what_the_store_refuses_names_no_address(site, now, caplog):
    public_site = set_up(site)
    with open_for_all(public_site, now) as front:
        made = front.made()
        with public_site.store.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE notices RENAME TO elsewhere")
        answer = front.post("/subscribe/daily", {"email": "ada@example.org", "made": made})
    assert (answer.status, answer.headers["retry-after"]) == (503, "300")
    assert "not your fault" in answer.words
    assert caplog.messages == ["/subscribe/{list_id}: the store: no such table: notices"]
    assert "Traceback" not in caplog.text


def test_the_archive_is_there_as_before(front):
    assert front.get("/archive/").status == 200
    assert front.get("/archive/").headers["content-security-policy"] == archive.POLICY
    assert front.get("/archive/").headers["cache-control"] == "public, max-age=300"
