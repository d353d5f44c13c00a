"""What comes back: matched to what was sent, acted on once, and nothing on a stranger's word."""

import threading
from datetime import timedelta
from random import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from digest.bounces.report import Effect, Kind, Report
from digest.bounces.webhook import link_in, tokens_in
from digest.pipeline import send
from digest.returns import taking as returned
from digest.returns import tracing
from digest.returns.taking import take
from digest.sending import Control
from digest.site import Site
from digest.store import notices, readers, reports, scores, suppressions
from digest.subscribers.tokens import Purpose, sign
from tests.integration.sending import arrival, bounce, key_of, sent_issue, subscriber, token_of

ADA, EMMY, KURT = "ada@example.org", "emmy@example.com", "kurt@example.net"


@pytest.fixture
def issue(site, now):
    return sent_issue(site, [ADA, EMMY, KURT], now - timedelta(days=2))


def suppressed(site, *addresses):
    with site.store.begin() as connection:
        found = suppressions.of(connection, [key_of(site, address) for address in addresses])
    return [(one.scope, one.address, one.reason, one.source) for one in found]


def listed(site, **asked):
    return list(reports.walk(site.store, **asked))


@pytest.mark.parametrize("status", ["5.1.1", "5.1.3", "5.1.6", "5.1.10"])
def test_an_address_that_does_not_exist_is_suppressed_everywhere_at_once(site, issue, now, status):
    assert take(site, [arrival(bounce(site, issue, ADA, status))], now) == [Effect.SUPPRESSED]
    source = f"bounce via mailbox bounces: 550 {status} says the other server"
    assert suppressed(site, ADA, EMMY, KURT) == [("*", ADA, "no such address", source)]
    (row,) = listed(site)
    assert (row.issue, row.address, row.kind, row.effect, row.status) == (
        issue, ADA, Kind.BOUNCE, Effect.SUPPRESSED, status,
    )  # fmt: skip


@pytest.mark.parametrize("status", ["5.7.1", "5.7.511", "5.0.0", "5.3.4", "5.6.0", "4.1.1", "4.7.0", ""])
def test_what_speaks_of_us_or_of_nothing_known_is_only_noted(site, issue, now, status):
    assert take(site, [arrival(bounce(site, issue, ADA, status))], now) == [Effect.NOTED]
    assert suppressed(site, ADA) == []


@pytest.mark.parametrize("kind", [Kind.DELAY, Kind.REPLY, Kind.OTHER])
def test_a_delay_and_an_automatic_answer_count_nothing(site, issue, now, kind):
    assert take(site, [arrival(bounce(site, issue, ADA, "5.1.1", kind=kind))], now) == [Effect.NOTED]
    assert suppressed(site, ADA) == []


def test_a_complaint_suppresses_everywhere(site, issue, now):
    assert take(site, [arrival(bounce(site, issue, ADA, "", kind=Kind.COMPLAINT))], now) == [Effect.SUPPRESSED]
    assert [(scope, reason) for scope, _, reason, _ in suppressed(site, ADA)] == [("*", "complaint")]


@pytest.mark.parametrize(
    "changes",
    [
        {"tokens": ()},
        {"tokens": ("0" * 32,)},
        {"tokens": (), "unsubscribe": "A" * 47},
        {"tokens": ("",), "recipients": (ADA, EMMY)},
    ],
)
@pytest.mark.parametrize("kind", [Kind.BOUNCE, Kind.COMPLAINT, Kind.LEAVE])
def test_the_right_address_without_its_token_proves_nothing(site, issue, now, changes, kind):
    report = bounce(site, issue, ADA, kind=kind, **changes)
    assert take(site, [arrival(report)], now) == [Effect.UNMATCHED]
    assert suppressed(site, ADA, EMMY) == []
    (row,) = listed(site, address_key=key_of(site, ADA))
    words = f"{ADA} asks to leave, and proves no message of ours" if kind is Kind.LEAVE else report.said
    assert (row.effect, row.said, row.issue) == (Effect.UNMATCHED, words, None)


def test_the_token_of_one_reader_does_nothing_to_another(site, issue, now):
    forged = bounce(site, issue, ADA, tokens=(token_of(site, issue, KURT),))
    assert take(site, [arrival(forged)], now) == [Effect.SUPPRESSED]  # Kurt's own word, about Kurt
    assert [address for _, address, _, _ in suppressed(site, ADA, KURT)] == [KURT]


@pytest.mark.parametrize("envelope", ["from", "verp"])
def test_what_stands_in_a_message_that_was_sent_finds_it(mailed, server, now, envelope):
    path = mailed.root / "digest.toml"
    path.write_text(
        path.read_text("utf-8").replace("connections = 2", f'connections = 2\nenvelope = "{envelope}"'), "utf-8"
    )
    site = Site.open(mailed.root)
    key = send(site, site.list("daily"), "daily", now.date(), Control(now=lambda: now)).issue.key
    sent = {to.rcpt_tos[0]: (to.mail_from, message) for to, message in server.messages}
    came_to, message = sent.pop(ADA)
    tokens = tokens_in(came_to if envelope == "verp" else message["Message-ID"])
    returned = Report(Kind.BOUNCE, tokens, (ADA,), status="5.1.1")
    others = [
        Report(Kind.COMPLAINT, unsubscribe=link_in(other["List-Unsubscribe"]), recipients=(ADA,))
        for _, other in sent.values()
    ]
    assert take(site, [arrival(one) for one in (returned, *others)], now) == [Effect.SUPPRESSED] * 5
    assert {(row.address, row.issue) for row in listed(site)} == {(address, key) for address in (ADA, *sent)}


def test_a_report_from_where_a_message_was_forwarded_finds_it_by_its_token_alone(site, issue, now):
    forwarded = bounce(site, issue, ADA, recipients=("lovelace@forwarded.example.net",))
    nameless = bounce(site, issue, EMMY, recipients=())
    strange = bounce(site, issue, KURT, recipients=("ünïcode@exämple.org", '"quoted"@example.org', "x" * 999))
    assert take(site, [arrival(one) for one in (forwarded, nameless, strange)], now) == [Effect.SUPPRESSED] * 3
    assert len(suppressed(site, ADA, EMMY, KURT)) == 3


def test_all_messages_are_looked_through_once_for_all_reports_and_for_none_that_changes_nothing(
    site, issue, now, monkeypatch
):
    walks = []
    original = tracing._walk
    monkeypatch.setattr(tracing, "_walk", lambda *args: walks.append(1) or original(*args))
    named = bounce(site, issue, ADA)
    delay = bounce(site, issue, EMMY, kind=Kind.DELAY, recipients=())
    trusted = bounce(site, issue, EMMY, tokens=("1" * 32,), recipients=("nobody@example.org",), trusted=True)
    take(site, [arrival(one) for one in (named, delay, trusted)], now)
    assert walks == []
    lost = [bounce(site, issue, EMMY, recipients=(), tokens=(f"{n:032x}",)) for n in range(5)]
    take(site, [arrival(one) for one in lost], now)
    take(site, [arrival(one) for one in lost], now + timedelta(days=1))  # known by now
    assert walks == [1]


def test_what_is_looked_through_is_bounded(site, now, monkeypatch):
    monkeypatch.setattr(tracing, "WALKED", 4)
    newest = sent_issue(site, [f"r{n}@example.org" for n in range(3)], now)
    older = sent_issue(site, [f"r{n}@example.org" for n in range(3)], now - timedelta(days=1))
    lost = [bounce(site, key, f"r{n}@example.org", recipients=()) for key in (newest, older) for n in range(3)]
    effects = take(site, [arrival(one) for one in lost], now)
    assert effects == [Effect.SUPPRESSED] * 4 + [Effect.UNMATCHED] * 2


def test_an_issue_of_long_ago_is_found_by_who_is_named_for_sixty_days_and_else_for_thirty(site, now):
    for days, is_named, is_lost in ((29, True, True), (31, True, False), (61, False, False)):
        address = f"r{days}@example.org"
        key = sent_issue(site, [address], now - timedelta(days=days))
        effects = take(site, [arrival(bounce(site, key, address, recipients=()), days)], now)
        assert effects == [Effect.SUPPRESSED if is_lost else Effect.UNMATCHED]
        effects = take(site, [arrival(bounce(site, key, address), days)], now)
        assert effects == [Effect.SUPPRESSED if is_named else Effect.UNMATCHED]


def test_a_bounce_finds_the_message_of_its_own_list_and_issue(site, now):
    keys = [
        sent_issue(site, [ADA], now - timedelta(days=day), list_id) for day in (1, 2) for list_id in ("daily", "other")
    ]
    for key in keys:
        take(site, [arrival(bounce(site, key, ADA.upper(), "5.7.1"))], now)
    assert [row.issue for row in listed(site)] == keys[::-1]


def test_the_link_in_a_returned_header_gives_nobody_more_than_the_link_does(site, issue, now):
    link = sign(site.signing_keys, Purpose.UNSUBSCRIBE, subscriber(site, ADA))
    report = Report(Kind.COMPLAINT, recipients=("redacted@example.org",), unsubscribe=link)
    assert take(site, [arrival(report)], now) == [Effect.SUPPRESSED]
    assert [(scope, reason) for scope, _, reason, _ in suppressed(site, ADA)] == [("daily", "complaint")]
    gone = Report(
        Kind.BOUNCE, unsubscribe=sign(site.signing_keys, Purpose.UNSUBSCRIBE, subscriber(site, KURT)), status="5.1.1"
    )
    assert take(site, [arrival(gone)], now) == [Effect.SUPPRESSED]
    assert [(scope, reason) for scope, _, reason, _ in suppressed(site, KURT)] == [("daily", "no such address")]
    other = sign(site.signing_keys, Purpose.VIEW, subscriber(site, EMMY))  # of a page that anybody may pass on
    assert take(site, [arrival(Report(Kind.COMPLAINT, recipients=(EMMY,), unsubscribe=other))], now) == [
        Effect.UNMATCHED
    ]


def test_a_message_id_beside_the_link_proves_it_all(site, issue, now):
    link = sign(site.signing_keys, Purpose.UNSUBSCRIBE, subscriber(site, ADA))
    forwarded = bounce(site, issue, ADA, recipients=("other@example.net",), unsubscribe=link)
    assert take(site, [arrival(forwarded)], now) == [Effect.SUPPRESSED]
    trusted = Report(
        Kind.COMPLAINT, trusted=True, unsubscribe=sign(site.signing_keys, Purpose.UNSUBSCRIBE, subscriber(site, EMMY))
    )
    assert take(site, [arrival(trusted)], now) == [Effect.SUPPRESSED]
    assert [scope for scope, _, _, _ in suppressed(site, ADA, EMMY)] == ["*", "*"]


def test_a_mailed_request_to_leave(site, issue, now):
    link = sign(site.signing_keys, Purpose.UNSUBSCRIBE, subscriber(site, ADA))
    requests = [Report(Kind.LEAVE, unsubscribe=link), bounce(site, issue, EMMY, "", kind=Kind.LEAVE)]
    assert take(site, [arrival(one) for one in requests], now) == [Effect.LEFT] * 2
    assert [(scope, reason, source) for scope, _, reason, source in suppressed(site, ADA, EMMY)] == [
        ("daily", "left", "mail")
    ] * 2
    with site.store.begin() as connection:
        (event,) = readers.events(connection, [subscriber(site, ADA)])
    assert (event.kind, event.data) == ("left", {"by": "mail", "origin": "mailbox bounces"})


def notice_to(site, address, at, token="ab" * 16):
    with site.store.begin() as connection:
        notices.add(
            connection,
            kind="confirmation",
            list_id="daily",
            address=address,
            address_key=key_of(site, address),
            message_id=f"{token}@example.org",
            message=b"Hello",
            due_at=at,
            deadline=at + timedelta(days=1),
        )
        connection.exec_driver_sql("UPDATE notices SET attempts = 1, state = 'accepted'")


def test_a_notice_that_bounces_is_found_by_its_message_id(site, now):
    notice_to(site, "new@example.org", now)
    prefix = Report(Kind.BOUNCE, tokens=("ab" * 15,), status="5.1.1")
    assert take(site, [arrival(prefix)], now) == [Effect.UNMATCHED]
    report = Report(Kind.BOUNCE, tokens=("00" * 16, "ab" * 16), status="5.1.1", code=550)
    assert take(site, [arrival(report)], now) == [Effect.SUPPRESSED]
    (row, _) = listed(site)
    assert (row.address, row.issue, row.said) == ("new@example.org", None, "550 5.1.1")


def test_a_trusted_report_is_believed_about_whom_we_mailed(site, now):
    of_issue = sent_issue(site, [ADA], now - timedelta(days=1))
    sent_issue(site, [ADA, EMMY], now, state="planned")
    with site.store.begin() as connection:
        connection.exec_driver_sql("UPDATE deliveries SET attempts = 0 WHERE state = 'planned'")
    notice_to(site, "new@example.org", now)
    said = [
        Report(Kind.BOUNCE, recipients=(who,), status="5.1.1", trusted=True) for who in (ADA, EMMY, "new@example.org")
    ]
    effects = take(site, [arrival(one, origin="webhook postmark") for one in said], now)
    assert effects == [Effect.SUPPRESSED, Effect.UNMATCHED, Effect.SUPPRESSED]  # Emmy's has not left yet
    assert [(row.address, row.issue) for row in listed(site)][::-1] == [
        (ADA, of_issue), ("", None), ("new@example.org", None),
    ]  # fmt: skip


def test_a_trusted_request_to_leave_needs_no_link(site, issue, now):
    report = Report(Kind.LEAVE, recipients=(ADA,), trusted=True)
    assert take(site, [arrival(report, origin="webhook sendgrid")], now) == [Effect.LEFT]
    assert [(scope, source) for scope, _, _, source in suppressed(site, ADA)] == [("daily", "webhook sendgrid")]


def test_each_report_is_taken_once(site, issue, now):
    one = arrival(bounce(site, issue, ADA, "5.2.2"))
    assert take(site, [one, one], now) == [Effect.SCORED, Effect.REPEATED]
    later = now + timedelta(days=1)
    assert take(site, [one], later) == [Effect.REPEATED]
    with site.store.begin() as connection:
        assert scores.load(connection, key_of(site, ADA)).value == 1.0
    assert len(listed(site)) == 1


def test_a_full_mailbox_is_given_up_after_six_daily_issues(site, now):
    effects = []
    for day in range(6):
        at = now + timedelta(days=day)
        key = sent_issue(site, [ADA], at)
        effects += take(site, [arrival(bounce(site, key, ADA, "4.2.2"))], at)
    assert effects == [Effect.SCORED] * 5 + [Effect.SUPPRESSED]
    assert [reason for _, _, reason, _ in suppressed(site, ADA)] == ["can't be reached"]


def test_a_message_counts_once_however_many_reports_come_of_it(site, now):
    failed = sent_issue(site, [ADA], now - timedelta(days=1), state="failed")  # its reply counted
    assert take(site, [arrival(bounce(site, failed, ADA, "5.2.2"))], now) == [Effect.NOTED]
    key = sent_issue(site, [ADA], now)
    effects = [
        take(site, [arrival(bounce(site, key, ADA, "5.2.2"), day)], now + timedelta(days=day)) for day in range(3)
    ]
    assert effects == [[Effect.SCORED], [Effect.NOTED], [Effect.NOTED]]


def test_all_or_nothing_when_it_dies_in_between(site, issue, now, monkeypatch):
    some = [arrival(bounce(site, issue, address)) for address in (ADA, EMMY, KURT)]
    original, calls = returned._Taking._suppress, []

    def dies(*args):
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return original(*args)

    monkeypatch.setattr(returned._Taking, "_suppress", dies)
    with pytest.raises(KeyboardInterrupt):
        take(site, some, now)
    assert (suppressed(site, ADA, EMMY, KURT), listed(site)) == ([], [])
    assert take(site, some, now) == [Effect.SUPPRESSED] * 3


def test_of_reports_that_prove_nothing_the_newest_are_kept(site, issue, now, monkeypatch):
    monkeypatch.setattr(returned, "MOST_UNMATCHED", 3)
    take(site, [arrival(bounce(site, issue, ADA, "5.2.2"))], now)
    for number in range(5):
        said = Report(Kind.BOUNCE, tokens=(f"{number:032x}",), status="5.1.1", said=f"no. {number}")
        assert take(site, [arrival(said)], now) == [Effect.UNMATCHED]
    kept = [one.said for one in listed(site)]
    assert kept[:3] == ["no. 4", "no. 3", "no. 2"]
    assert [one.effect for one in listed(site)][3:] == [Effect.SCORED]


def test_two_processes_at_once_take_each_report_once(site, issue, now):
    some = [arrival(bounce(site, issue, address, "5.2.2")) for address in (ADA, EMMY, KURT)]
    effects, start = [], threading.Barrier(2)

    def go():
        other = Site.open(site.root)
        start.wait(10)
        effects.extend(take(other, some, now))
        other.store.dispose()

    threads = [threading.Thread(target=go) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(effects) == [Effect.REPEATED] * 3 + [Effect.SCORED] * 3


def test_what_a_stranger_says_is_one_bounded_line(site, issue, now):
    said = "550 \x1b[31m5.1.1\r\n" + "x" * 9_000
    take(site, [arrival(bounce(site, issue, ADA, said=said), origin="mailbox\n" + "b" * 200)], now)
    (row,) = listed(site)
    assert row.said.isprintable()
    assert (len(row.said), len(row.origin)) == (500, 80)


@given(
    st.builds(
        Report,
        st.sampled_from(Kind),
        st.lists(st.text(max_size=40), max_size=30).map(tuple),
        st.lists(st.text(max_size=40) | st.just(ADA), max_size=30).map(tuple),
        st.text(max_size=50),
        st.text(max_size=12) | st.just("5.1.1"),
        st.integers(-9, 999),
        st.text(max_size=60),
    )
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_a_stranger_writes_does_nothing_and_is_recorded(site, now, report):
    assert take(site, [arrival(report, random())], now) == [Effect.UNMATCHED]
    assert suppressed(site, ADA) == []
    assert listed(site)[0].said.isprintable()


def test_reports_are_listed_the_newest_first_in_stretches_and_filtered(site, issue, now, monkeypatch):
    monkeypatch.setattr(reports, "_TOGETHER", 3)
    for number in range(7):
        kind = Kind.DELAY if number % 2 else Kind.BOUNCE
        report = bounce(site, issue, ADA, "5.7.1", kind=kind, said=f"550 no {number}")
        take(site, [arrival(report)], now + timedelta(minutes=number))
    assert [row.said[-1] for row in listed(site)] == list("6543210")
    assert [row.said[-1] for row in listed(site, kinds=[Kind.DELAY])] == list("531")
    assert [row.said[-1] for row in listed(site, since=now + timedelta(minutes=5))] == list("65")
    assert (
        listed(site, effects=[Effect.SUPPRESSED])
        == listed(site, address_key="0" * 32)
        == listed(site, issue_id=99)
        == []
    )
    assert len(listed(site, issue_id=1, address_key=key_of(site, ADA), effects=[Effect.NOTED])) == 7
    with site.store.begin() as connection:
        assert reports.counts(connection, 1) == {Kind.BOUNCE: 1, Kind.DELAY: 1}  # messages, not reports
