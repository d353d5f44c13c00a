"""Whole runs over one relay or several: who takes over, who rests, and where everybody ends up."""

import time
from contextlib import ExitStack
from datetime import date, timedelta

import pytest
from sqlalchemy import text

from digest.deliver.delivery import Settlement
from digest.deliver.outcome import Stage, judge, lost
from digest.deliver.sender import ASKED, SPIKE, Sender
from digest.deliver.states import DeliveryState
from digest.deliver.states import Verb as Done
from digest.issues.states import IssueState, Verb
from digest.pipeline import change_state, key_of, send
from digest.sending import Control
from digest.site import Site
from digest.store import issues, suppressions
from digest.store.ledger import SqlLedger, sent_since
from digest.subscribers.identity import address_key
from tests.integration.script import Script, serving

DAY = date(2026, 11, 24)
NOBODY = b"550 5.1.1 no such user\r\n"
POLICY = b"550 5.7.1 not from you\r\n"


@pytest.fixture
def serve():
    """Serve scripts until the test ends."""
    with ExitStack() as stack:
        yield lambda script: stack.enter_context(serving(script))


def through(site, scripts, *, top="", lists="", **each):
    """Return the site with the daily list going to the scripts, in order; `each` are values of every relay."""
    settings = site.root / "digest.toml"
    tables = top
    for name, (script, own) in scripts.items():
        values = {"host": '"127.0.0.1"', "port": script.port, "tls": '"none"', "timeout_seconds": 2} | each | own
        tables += f"[relays.{name}]\n" + "".join(f"{key} = {value}\n" for key, value in values.items())
    names = ", ".join(f'"{name}"' for name in scripts)
    whole = settings.read_text("utf-8").replace('relays = ["outbox"]', f"relays = [{names}]\n{lists}", 1)
    settings.write_text(tables + whole, encoding="utf-8")
    return Site.open(site.root)


def subscribe(site, *domains):
    """Let the daily list have one reader at each domain named; returns their addresses."""
    addresses = [f"reader{number}@{domain}" for number, domain in enumerate(domains)]
    site.subscriber_file(site.list("daily")).write_text("email\n" + "\n".join(addresses) + "\n", encoding="utf-8")
    return addresses


def go(site, now, **control):
    return send(site, site.list("daily"), "daily", DAY, Control(now=lambda: now, **control))


def rows(site, query, **values):
    with site.store.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query), values)]


def by_state(site):
    """The addresses in each state; together they are everybody who was planned."""
    found = {}
    for state, address in rows(site, "SELECT state, address FROM deliveries ORDER BY id"):
        found.setdefault(state, []).append(address)
    return found


def suppressed(site):
    return {address for (address,) in rows(site, "SELECT address FROM suppressions")}


def domain_of(command):
    return command.rpartition("@")[2].partition(">")[0]


def refusing(reply, *domains):
    """An answer to RCPT or the dot that refuses some domains."""
    return lambda command: reply if domain_of(command) in domains else b"250 2.0.0 OK\r\n"


# Several relays.


@pytest.mark.parametrize("readers", [1, 2, 12])
@pytest.mark.parametrize("fault", [{"banner": b"554 5.3.2 closed\r\n"}, {"mail": b"550 5.7.1 who\r\n"}, {"rcpt": b""}])
def test_when_the_first_relay_is_down_all_go_through_the_second_in_one_run(seeded, serve, now, readers, fault):
    first, second = serve(Script(**fault)), serve(Script())
    site = through(seeded, {"first": (first, {}), "second": (second, {})}, connections=2)
    everybody = subscribe(site, *["example.org"] * readers)
    delivered = go(site, now)
    assert by_state(site) == {"accepted": everybody}
    assert sorted(second.accepted) == sorted(everybody)
    assert not first.accepted
    assert delivered.run.stopped is None
    assert {relay for (relay,) in rows(site, "SELECT relay FROM deliveries")} == {"second"}
    # What the first was at fault for counts against nobody.
    assert {n for (n,) in rows(site, "SELECT attempts FROM deliveries")} == {1}


def test_the_first_relay_takes_all_it_can(seeded, serve, now):
    first, second = serve(Script()), serve(Script())
    site = through(seeded, {"first": (first, {}), "second": (second, {})}, connections=2)
    subscribe(site, *["example.org"] * 30)
    go(site, now)
    assert (len(first.accepted), len(second.accepted)) == (30, 0)


def test_side_by_side_each_relay_has_its_share(seeded, serve, now):
    """Where they are not what everybody waits for: one that is busy lets the others go on."""
    large, small = serve(Script()), serve(Script())
    relays = {"large": (large, {"weight": 3}), "small": (small, {"weight": 1})}
    top = '[domains."example.org"]\nconnections = 1\n'
    site = through(seeded, relays, top=top, lists='failover = "weighted"', connections=4)
    everybody = subscribe(site, *["example.org"] * 80)
    go(site, now)
    assert sorted(large.accepted + small.accepted) == sorted(everybody)
    assert 58 <= len(large.accepted) <= 62


def test_a_share_is_taken_over_when_its_relay_is_down(seeded, serve, now):
    down, up = serve(Script(banner=b"")), serve(Script())
    relays = {"down": (down, {"weight": 3}), "up": (up, {"weight": 1})}
    site = through(seeded, relays, lists='failover = "weighted"', connections=2)
    everybody = subscribe(site, *["example.org"] * 20)
    go(site, now)
    assert by_state(site) == {"accepted": everybody}


def test_the_breaker_opens_and_the_run_says_why(seeded, serve, now):
    script = serve(Script(mail=b"451 4.3.0 out of order\r\n"))
    site = through(seeded, {"only": (script, {"connections": 1})})
    everybody = subscribe(site, *["example.org"] * 10)
    delivered = go(site, now)
    assert delivered.run.stopped == "relay only can't be used (mail: 451 4.3.0 out of order)"
    assert sum(command.startswith("MAIL") for command in script.commands) == 3
    waiting = by_state(site)
    assert sorted(waiting["planned"] + waiting["deferred"]) == sorted(everybody)
    script.answers.clear()
    go(site, now)
    assert sorted(by_state(site)["accepted"]) == sorted(everybody)
    assert set(script.by_recipient.values()) == {1}


@pytest.mark.parametrize("most", [1, 2])
def test_too_many_connections_are_fewer_from_then_on_and_no_reason_to_give_up(seeded, serve, now, most):
    script = Script(
        banner=lambda _: b"220 ready\r\n" if script.open <= most else b"421 4.7.0 too many connections\r\n",
        delay=0.03,
    )
    serve(script)
    site = through(seeded, {"only": (script, {"connections": most + 1})})
    everybody = subscribe(site, *["example.org"] * 12)
    delivered = go(site, now)
    assert delivered.run.stopped is None
    assert by_state(site)["accepted"] == everybody


# Recipient domains.


def test_a_domain_with_a_limit_doesn_t_hold_up_the_others(seeded, serve, now):
    script = serve(Script())
    top = '[domains."slow.example.org"]\nmessages_per_minute = 1\n'
    site = through(seeded, {"only": (script, {})}, top=top)
    everybody = subscribe(site, *["slow.example.org", "slow.example.org", *["example.net"] * 20])
    began = time.monotonic()
    delivered = go(site, now, stop=lambda: len(script.accepted) >= 21)
    assert time.monotonic() - began < 10
    assert delivered.run.stopped == ASKED
    assert sorted(script.accepted) == sorted([*everybody[2:], script.accepted[0]]) or len(script.accepted) == 21
    assert script.by_recipient.keys() >= set(everybody[2:])
    # The limit is kept over restarts: the one who is left gets nothing within the minute.
    others = iter([False] * 3)
    go(site, now + timedelta(seconds=5), stop=lambda: next(others, True))
    assert len(script.accepted) == 21
    go(site, now + timedelta(seconds=61))
    assert len(script.accepted) == 22


def test_a_limit_of_a_relay_is_remembered_from_the_last_minute(seeded, serve, now):
    script = serve(Script())
    site = through(seeded, {"only": (script, {"messages_per_minute": 1})})
    subscribe(site, "example.org", "example.net")
    go(site, now, stop=lambda: bool(script.accepted))
    assert sent_since(site.store, now - timedelta(minutes=1)) == ({"only": 1}, {domain_of(script.accepted[0]): 1})
    assert sent_since(site.store, now) == ({}, {})
    looks = iter([False] * 4)
    assert go(site, now + timedelta(seconds=30), stop=lambda: next(looks, True)).run.stopped == ASKED
    assert len(script.accepted) == 1


def test_a_domain_that_asks_for_less_rests_while_the_others_go_on(seeded, serve, now):
    slow = refusing(b"450 4.7.28 your rate is too high\r\n", "busy.example.org")
    script = serve(Script(rcpt=slow))
    site = through(seeded, {"only": (script, {"connections": 1})})
    everybody = subscribe(site, *["busy.example.org"] * 5, *["example.net"] * 20)
    go(site, now, stop=lambda: len(script.accepted) >= 20)
    assert set(everybody[5:]) <= set(script.accepted)
    asked = [command for command in script.commands if command.startswith("RCPT") and "busy" in command]
    assert len(asked) == 1
    assert by_state(site)["deferred"] == [asked[0].partition("<")[2].partition(">")[0]]


def test_one_strict_domain_fails_alone(seeded, serve, now):
    script = serve(Script(rcpt=refusing(POLICY, "strict.example.org")))
    site = through(seeded, {"only": (script, {})})
    everybody = subscribe(site, *["strict.example.org"] * 4, *["example.net"] * 6)
    delivered = go(site, now)
    assert by_state(site) == {"failed": everybody[:4], "accepted": everybody[4:]}
    assert delivered.run.stopped is None
    assert delivered.issue.state is IssueState.FINISHED
    assert not suppressed(site)


def test_three_domains_that_answer_alike_speak_of_the_relay(seeded, serve, now):
    strict = [f"{name}.example.org" for name in "abcd"]
    script = serve(Script(dot=lambda recipient: POLICY if domain_of(recipient) in strict else b"250 OK\r\n"))
    site = through(seeded, {"only": (script, {"connections": 2})})
    everybody = subscribe(site, *strict, "example.net")
    delivered = go(site, now)
    assert "several domains answer alike: 550 5.7.1 not from you" in delivered.run.stopped
    found = by_state(site)
    assert "failed" not in found
    assert sorted(address for some in found.values() for address in some) == sorted(everybody)
    assert not suppressed(site)
    script.answers.clear()
    go(site, now + timedelta(hours=1))
    assert by_state(site) == {"accepted": everybody}


def test_what_one_relay_is_refused_for_goes_through_the_other(seeded, serve, now):
    first, second = serve(Script(rcpt=POLICY)), serve(Script())
    site = through(seeded, {"first": (first, {}), "second": (second, {})}, connections=2)
    everybody = subscribe(site, *[f"{name}.example.org" for name in "abcdefgh"])
    go(site, now)
    assert by_state(site) == {"accepted": everybody}
    assert sorted(second.accepted) == sorted(everybody)


# The list.


def test_a_spike_of_failures_pauses_the_issue_and_says_so(seeded, serve, now):
    script = serve(Script(rcpt=NOBODY))
    site = through(seeded, {"only": (script, {"connections": 2})})
    everybody = subscribe(site, *["example.org"] * 60)
    delivered = go(site, now)
    assert delivered.run.stopped == SPIKE
    assert delivered.issue.state is IssueState.PAUSED
    found = by_state(site)
    assert 20 <= len(found["failed"]) <= 23
    assert len(found["failed"]) + len(found["planned"]) == 60
    assert suppressed(site) == set(found["failed"])
    assert set(everybody) == {*found["failed"], *found["planned"]}


def test_greylisted_readers_are_asked_again_after_a_minute_and_not_before(seeded, serve, now):
    script = serve(Script(rcpt=b"451 4.7.1 Greylisted, try again later\r\n"))
    site = through(seeded, {"only": (script, {})})
    everybody = subscribe(site, *["example.org"] * 12)
    began = time.monotonic()
    delivered = go(site, now)
    assert time.monotonic() - began < 2  # that each is new to the server is no reason for the domain to rest
    assert by_state(site) == {"deferred": everybody}
    assert now + timedelta(minutes=1) <= delivered.next_due <= now + timedelta(minutes=1, seconds=15)
    script.answers.clear()
    assert go(site, now + timedelta(seconds=59)).counts == {DeliveryState.DEFERRED: 12}
    go(site, now + timedelta(seconds=76))
    assert by_state(site) == {"accepted": everybody}
    assert set(script.by_recipient.values()) == {1}


def test_a_full_mailbox_doesn_t_make_its_domain_rest(seeded, serve, now):
    full = b"452 4.2.2 quota exceeded, over the limit\r\n"
    script = serve(Script(rcpt=lambda command: full if "reader0@" in command else b"250 OK\r\n"))
    site = through(seeded, {"only": (script, {"connections": 1})})
    everybody = subscribe(site, *["example.org"] * 6)
    began = time.monotonic()
    go(site, now)
    assert time.monotonic() - began < 2
    assert by_state(site) == {"deferred": everybody[:1], "accepted": everybody[1:]}


def test_a_paused_issue_ends_the_run_though_some_are_due_again(seeded, serve, now):
    """Those put back at once are due all the time; nobody may claim them while the issue is paused."""
    script = serve(Script(mail=b"451 4.3.0 not now\r\n"))
    site = through(seeded, {"only": (script, {"connections": 1})})
    subscribe(site, *["example.org"] * 4)
    key = key_of(site.list("daily"), "daily", DAY)

    def pause(_settlement):
        if issues_state(site, key) is IssueState.SENDING:
            change_state(site, key, Verb.PAUSE, now)

    asked = iter(range(200))
    delivered = go(site, now, progress=pause, stop=lambda: next(asked, None) is None)
    assert delivered.run.stopped is None
    assert delivered.issue.state is IssueState.PAUSED


def issues_state(site, key):
    with site.store.connect() as connection:
        return issues.state(connection, issues.find(connection, key).id)


# A reply that never came.


@pytest.mark.parametrize(("policy", "state"), [("resend", "deferred"), ("hold", "held")])
def test_a_reply_that_never_came_is_uncertain(seeded, serve, now, policy, state):
    script = serve(Script(dot=lambda recipient: b"" if "reader1@" in recipient else b"250 OK\r\n"))
    site = through(seeded, {"only": (script, {})}, lists=f'uncertain = "{policy}"')
    everybody = subscribe(site, *["example.org"] * 5)
    delivered = go(site, now)
    found = by_state(site)
    assert found[state] == everybody[1:2]
    assert len(found["accepted"]) == 4
    query = "SELECT verb, stage, code, reply FROM attempts"
    assert rows(site, query) == [
        ("lose" if policy == "resend" else "hold", "dot", 0, "the server closed the connection")
    ]
    assert (delivered.issue.state is IssueState.FINISHED) == (policy == "hold")
    script.answers.clear()
    if policy == "resend":
        go(site, now + timedelta(minutes=2))
    assert len(script.messages) == (6 if policy == "resend" else 5)
    if policy == "resend":
        twice = [body for body in script.messages if b"reader1@" in body]
        assert twice[0] == twice[1]  # the same Message-ID, the same bytes


@pytest.mark.parametrize(
    ("verb", "attempt", "state"), [("dot", ("lose", "dot"), "deferred"), ("rcpt", ("release", "rcpt"), "deferred")]
)
def test_asked_to_stop_a_run_leaves_a_server_that_hangs(seeded, serve, now, monkeypatch, verb, attempt, state):
    monkeypatch.setitem(Sender.__init__.__kwdefaults__, "patience", 0.2)
    script = serve(Script(**{verb: None}))
    site = through(seeded, {"only": (script, {"connections": 1})}, timeout_seconds=30)
    everybody = subscribe(site, "example.org", "example.org")
    asks = {"dot": lambda: bool(script.messages), "rcpt": lambda: any(c.startswith("RCPT") for c in script.commands)}
    began = time.monotonic()
    delivered = go(site, now, stop=asks[verb])
    assert time.monotonic() - began < 10
    assert delivered.run.stopped == ASKED
    assert by_state(site) == {state: everybody[:1], "planned": everybody[1:]}
    assert rows(site, "SELECT verb, stage FROM attempts") == [attempt]


# Addresses.


def test_suppressed_between_pick_and_claim_nothing_leaves(seeded, serve, now, monkeypatch):
    script = serve(Script())
    site = through(seeded, {"only": (script, {})})
    everybody = subscribe(site, *["example.org"] * 4)
    usual = SqlLedger.exchange

    def exchange(self, settled, wanted, moment, reopened=()):
        if wanted and not suppressed(site):
            with site.store.begin() as connection:
                key = address_key(site.identity_key, everybody[2])
                suppressions.add(
                    connection, scope="daily", address_key=key, address=everybody[2], reason="left", source="x", now=now
                )
        return usual(self, settled, wanted, moment, reopened)

    monkeypatch.setattr(SqlLedger, "exchange", exchange)
    go(site, now)
    assert by_state(site) == {"accepted": [*everybody[:2], everybody[3]], "suppressed": [everybody[2]]}
    assert everybody[2] not in script.accepted


def test_each_message_has_an_envelope_sender_that_names_it(seeded, serve, now):
    script = serve(Script())
    site = through(seeded, {"only": (script, {"envelope": '"verp"'})})
    subscribe(site, *["example.org"] * 3)
    go(site, now)
    assert len(set(script.senders)) == 3
    for sender, body in zip(script.senders, script.messages, strict=True):
        local, _, domain = sender.rpartition("@")
        address, plus, token = local.partition("+")
        assert (address, plus, domain) == ("digest", "+", "example.org")
        assert f"\r\nMessage-ID: <{token}@example.org>\r\n".lower() in body.decode("ascii").lower()
        assert len(local) <= 64  # RFC 5321, 4.5.3.1.1


def _stored(site):
    with site.store.connect() as connection:
        return issues.find(connection, key_of(site.list("daily"), "daily", DAY))


@pytest.fixture
def ledger(seeded, now):
    """The ledger of an issue that is planned and not begun, with one reader and no end to its deadline."""
    subscribe(seeded, "example.org")
    go(seeded, now, stop=_after_planning())
    with seeded.store.begin() as connection:
        connection.execute(text("UPDATE deliveries SET deadline = '2099-01-01T00:00:00.000000Z'"))
    one = SqlLedger(seeded.store, _stored(seeded).id, "daily")
    yield one
    one.close()


def _after_planning():
    """Stop at the first look of the sender: the planner has had its own before."""
    return lambda: True


def exchange(ledger, *values):
    """Exchange with the ledger, as the sender does."""
    claims = ledger.exchange(*values)
    ledger.commit()
    return claims


def fail(ledger, at, outcome):
    """Claim the only delivery, and settle it as `outcome`; a failed one is opened again first."""
    exchange(ledger, [], [], at, [1])
    (claim,) = exchange(ledger, [], [1], at)
    exchange(ledger, [Settlement(claim, outcome, "only", at)], [], at)


FULL = judge(Stage.RCPT, 552, "5.2.2 mailbox full")


def test_a_mailbox_that_is_full_for_six_days_is_suppressed(seeded, ledger, now):
    for day in range(5):
        fail(ledger, now + timedelta(days=day), FULL)
        fail(ledger, now + timedelta(days=day, hours=1), FULL)  # of the same morning
        assert not suppressed(seeded)
    fail(ledger, now + timedelta(days=5), FULL)
    assert suppressed(seeded) == {"reader0@example.org"}
    assert rows(seeded, "SELECT reason, source FROM suppressions") == [
        ("can't be reached", "relay only: 552 5.2.2 mailbox full")
    ]


def test_a_score_fades_while_nothing_fails(seeded, ledger, now):
    for day in (0, 1, 2, 3, 31, 32, 33):
        fail(ledger, now + timedelta(days=day), FULL)
    assert not suppressed(seeded)
    fail(ledger, now + timedelta(days=34), FULL)
    assert suppressed(seeded)


@pytest.mark.parametrize("reply", ["5.7.1 policy", "5.3.0 system", "no code", "5.6.0 content"])
def test_other_refusals_never_suppress(seeded, ledger, now, reply):
    for day in range(12):
        fail(ledger, now + timedelta(days=day), judge(Stage.RCPT, 550, reply))
    assert not suppressed(seeded)


@pytest.mark.parametrize(("policy", "verb", "state"), [("hold", "hold", "held"), ("resend", "lose", "deferred")])
def test_what_a_dead_run_had_on_the_wire_is_as_the_list_wants(seeded, ledger, now, policy, verb, state):
    exchange(ledger, [], [1], now)  # and there the run dies
    after = SqlLedger(seeded.store, _stored(seeded).id, "daily", policy)
    assert after.recover(now) == 1
    after.close()
    assert by_state(seeded) == {state: ["reader0@example.org"]}
    assert rows(seeded, "SELECT verb, stage, code FROM attempts") == [(verb, "dot", 0)]


def test_an_uncertain_one_is_tried_no_earlier_than_a_minute_later(seeded, ledger, now):
    (claim,) = exchange(ledger, [], [1], now)
    outcome = lost(Stage.DOT, "gone")
    assert outcome.verb is Done.LOSE
    exchange(ledger, [Settlement(claim, outcome, "only", now, now + timedelta(minutes=1))], [], now)
    assert not ledger.due_again(now + timedelta(seconds=59), 10)
    assert [one.id for one in ledger.due_again(now + timedelta(seconds=60), 10)] == [1]
