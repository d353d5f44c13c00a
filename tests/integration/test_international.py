"""International addresses from a row of the file to a real server, with SMTPUTF8 and without."""

import email
import mailbox
from datetime import timedelta
from email import policy

import pytest

from digest.deliver.states import DeliveryState
from digest.issues.states import IssueState
from digest.pipeline import send
from digest.render.headers import Mailbox
from digest.render.notice import notice_message
from digest.sending import Control, send_notices
from digest.site import Site
from digest.store import notices
from digest.subscribers.address import parse_address
from digest.subscribers.identity import address_key
from tests.integration.conftest import Server, _OnFreePort, through

ROWS = """email,name
ada@example.org,Ada
Jörg@Gödel.example.org,Jörg Müller
用户@例え.example.com,
kurt@gödel.example.org,
"""
ON_THE_WIRE = {
    "ada@example.org",
    "Jörg@xn--gdel-5qa.example.org",
    "用户@xn--r8jz45g.example.com",
    "kurt@xn--gdel-5qa.example.org",
}


@pytest.fixture
def plain_server():
    """A server that doesn't offer SMTPUTF8."""
    handler = Server()
    controller = _OnFreePort(handler, hostname="127.0.0.1", port=0, enable_SMTPUTF8=False)
    controller.start()
    handler.port = controller.port
    yield handler
    controller.stop()


def invite(site: Site) -> Site:
    site.subscriber_file(site.list("daily")).write_text(ROWS, encoding="utf-8")
    return site


def go(site, now):
    return send(site, site.list("daily"), "daily", now.date(), Control(now=lambda: now))


def rows_of(site, query):
    with site.store.begin() as connection:
        return connection.exec_driver_sql(query).all()


def test_every_address_arrives_where_smtputf8_is_offered(seeded, server, now):
    site = invite(through(seeded, server))
    assert go(site, now).issue.state is IssueState.FINISHED
    assert set(server.by_recipient) == ON_THE_WIRE
    for envelope, _ in server.messages:
        (recipient,) = envelope.rcpt_tos
        assert envelope.smtp_utf8 is not recipient.isascii()
        head, _, body = envelope.content.partition(b"\r\n\r\n")
        foreign = [line for line in head.split(b"\r\n") if not line.isascii()]
        if recipient.isascii():
            assert not foreign
        else:  # the address alone is UTF-8; names and subjects stay encoded words
            assert [line.decode().rpartition(" ")[2].strip("<>") for line in foreign] == [recipient]
        assert body.isascii()


def test_where_it_is_not_offered_they_fail_with_the_reason_and_are_neither_sent_nor_suppressed(
    seeded, plain_server, now
):
    site = invite(through(seeded, plain_server))
    done = go(site, now)
    assert done.issue.state is IssueState.FINISHED
    assert set(plain_server.by_recipient) == {one for one in ON_THE_WIRE if one.isascii()}
    reason = "the relay test doesn't offer SMTPUTF8, which the address needs"
    failed = rows_of(site, "SELECT address, reply FROM deliveries WHERE state = 'failed' ORDER BY address")
    assert failed == [("Jörg@xn--gdel-5qa.example.org", reason), ("用户@xn--r8jz45g.example.com", reason)]
    tried = rows_of(site, "SELECT verb, stage, code, enhanced FROM attempts")
    assert tried == [("fail", "mail", 0, "5.6.7")] * 2
    assert rows_of(site, "SELECT count(*) FROM suppressions") == [(0,)]
    assert rows_of(site, "SELECT count(*) FROM address_scores") == [(0,)]


def test_many_of_them_do_not_pause_the_issue(seeded, plain_server, now):
    site = through(seeded, plain_server)
    rows = "".join(f"jörg{number}@example.org\n" for number in range(60))
    site.subscriber_file(site.list("daily")).write_text(f"email\n{rows}ada@example.org\n", encoding="utf-8")
    assert go(site, now).issue.state is IssueState.FINISHED
    assert set(plain_server.by_recipient) == {"ada@example.org"}


def test_the_outbox_takes_them_all(seeded, now):
    site = invite(seeded)
    assert go(site, now).issue.state is IssueState.FINISHED
    kept = mailbox.Maildir(site.root / "outbox", create=False)
    raw = [kept.get_bytes(key) for key in kept.iterkeys()]
    fields = [one.partition(b"Delivered-To: ")[2].partition(b"\n")[0].rstrip(b"\r").decode() for one in raw]
    assert set(fields) == ON_THE_WIRE


@pytest.mark.parametrize("offered", [True, False])
def test_a_notice_to_such_an_address_is_sent_or_fails_likewise(seeded, server, plain_server, now, offered):
    taker = server if offered else plain_server
    site = through(seeded, taker)
    address = parse_address("jörg@example.org")
    message = notice_message(
        Mailbox("Digest", "d@example.org"), Mailbox("", address.address), "Hello\nJörg", now, "n@x"
    )
    with site.store.begin() as connection:
        notices.add(
            connection,
            kind="confirmation",
            list_id="daily",
            address=address.address,
            address_key=address_key(site.identity_key, address.canonical),
            message_id="n@example.org",
            message=message,
            due_at=now,
            deadline=now + timedelta(days=1),
        )
    send_notices(site, site.list("daily"), Control(now=lambda: now))
    ((state, reply),) = rows_of(site, "SELECT state, reply FROM notices")
    if offered:
        assert state == DeliveryState.ACCEPTED
        ((envelope, _),) = taker.messages
        assert envelope.content == message
        assert email.message_from_bytes(message, policy=policy.SMTPUTF8)["To"].addresses[0].domain == "example.org"
    else:
        assert (state, taker.messages) == (DeliveryState.FAILED, [])
        assert "doesn't offer SMTPUTF8" in reply
