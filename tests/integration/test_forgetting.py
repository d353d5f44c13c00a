"""Show and forget: what is known of a person stands in one place, and then nowhere, in no byte of the site."""

import sqlite3
from datetime import date, timedelta

import pytest
from sqlalchemy import insert

from digest.errors import BusyError, InputError
from digest.issues.states import IssueState
from digest.pipeline import Control, ready, send
from digest.planning import store_plan
from digest.readership.confirming import ask
from digest.readership.leaving import leave
from digest.readership.lookup import known, member
from digest.roster import forgetting
from digest.roster.dossier import dossier
from digest.roster.forgetting import forget
from digest.roster.persons import person
from digest.site import Site
from digest.store import issues, readers, suppressions
from digest.store.ledger import SqlLedger
from digest.store.notices import NoticeLedger
from digest.store.readers import Reader
from digest.store.schema_readers import address_scores, reports
from digest.store.suppressions import EVERYWHERE
from digest.subscribers.address import parse_address
from digest.subscribers.audience import Preferences
from digest.subscribers.reasons import FORGOTTEN

DAY = date(2026, 11, 24)
ADA, FORMER = parse_address("ada@example.org"), parse_address("Ada.Before@example.net")
TRACES = (b"ada@example.org", b"ada.before@example.net", b"lovelace")


@pytest.fixture
def daily(mailed, subscriber_file):
    subscriber_file.write_text(
        "# ours\nemail,name\nAda@Example.org,Ada Lovelace\nemmy@example.org,Emmy\n", encoding="utf-8"
    )
    weekly = mailed.subscriber_file(mailed.list("weekly"))
    weekly.write_text("email,name\nada.before@example.net,Ada Lovelace\nkurt@example.org,\n", encoding="utf-8")
    return mailed.list("daily")


@pytest.fixture
def met(mailed, daily, server, now):
    """A site that knows Ada by all it can: she signed up, moved, was mailed, bounced, left and came back."""
    one, key = member(mailed, daily, ADA)
    before, former_key = member(mailed, daily, FORMER)
    server.rcpt = lambda to: f"550 5.2.2 <{to}> Ada Lovelace's mailbox is full" if "ada" in to.lower() else None
    weekly, chosen = Preferences(frequency="weekly"), Preferences(topics=("robotics",))
    with mailed.store.begin() as connection:
        readers.save(connection, Reader(before, "daily", FORMER.address, former_key, "Ada Lovelace", weekly, now, now))
    send(mailed, daily, "weekly", DAY, Control(now=lambda: now))
    with mailed.store.begin() as connection:
        readers.remove(connection, before)
        readers.save(connection, Reader(one, "daily", ADA.address, key, "Ada Lovelace", chosen, now, now))
        readers.move(connection, before, one, now)
        evidence = {"from": FORMER.address, "to": ADA.address, "page": "/subscribe/daily"}
        readers.record(connection, "daily", one, "signup", evidence, now)
    ask(mailed, daily, "signup", ADA, {"topics": []}, network="192.0.2.7/32", language="en", now=now)
    new = parse_address("new@example.com")
    ask(mailed, daily, "address", new, {"from": one}, network="192.0.2.8/32", language="en", now=now)
    send(mailed, daily, "daily", DAY, Control(now=lambda: now))
    with mailed.store.begin() as connection:
        leave(connection, mailed, one, f"mail from {ADA.address}", now, {"from": ADA.address})
        suppressions.lift(connection, scope="daily", key=key, by=f"operator: {ADA.address} rang", now=now)
        values = {"scope": EVERYWHERE, "address_key": key, "address": ADA.address, "reason": "complaint"}
        suppressions.add(connection, **values, source=f"arf via mailbox: {ADA.address} said so", now=now)
        said = {"kind": "bounce", "effect": "scored", "origin": "mailbox", "status": "5.2.2"}
        row = {"key": "r1", "address_key": key, "said": f"<{ADA.address}> is full", "at": now, **said}
        connection.execute(insert(reports).values(**row))
    server.rcpt = lambda _to: None
    return mailed


def bytes_of(site):
    """Return all that stands in the site's folder, in small letters, without the outbox and what a run locks."""
    return b"\n".join(path.read_bytes().lower() for path in sorted(site.root.rglob("*")) if path.is_file())


def rows(site, query):
    with sqlite3.connect(site.root / site.settings.store) as connection:
        return connection.execute(query).fetchall()


def test_show_has_all_that_is_known_over_all_lists(met, now):
    found = dossier(met, ADA, now)
    assert [one.canonical for one in found.who.addresses] == ["ada@example.org", "ada.before@example.net"]
    assert [(one.list_name, one.row.line) for one in found.files] == [("daily", 3), ("weekly", 2)]
    assert [one.preferences.topics for one in found.readers] == [("robotics",)]
    assert len(found.moves) == 1
    assert [one.kind for one in found.events] == ["signup", "left"]
    assert found.events[0].data["page"] == "/subscribe/daily"
    assert [one.kind for one in found.requests] == ["signup"]
    # Their leaving holds for the former address, which was not lifted, and for a message to it that may be planned.
    assert [(one.scope, one.reason) for one in found.suppressions] == [("daily", "left"), (EVERYWHERE, "complaint")]
    assert [one.by for one in found.lifted] == ["operator: ada@example.org rang"]
    assert found.score is not None
    assert found.issues == 2
    assert {one.state for one in found.received} == {"failed"}
    assert {one.kind for one in found.notices} == {"confirmation"}
    assert [(one.kind, one.effect) for one in found.reports] == [("bounce", "scored")]
    assert not found.is_empty


def test_the_former_address_is_the_same_person(met, now):
    assert set(dossier(met, FORMER, now).who.keys) == set(dossier(met, ADA, now).who.keys)


def test_of_a_stranger_nothing_is_known(met, now):
    with met.store.begin() as connection:
        suppressions.add(
            connection, scope="*", address_key="@example.com", address=None, reason="by hand", source="", now=now
        )
    assert dossier(met, parse_address("nobody@example.com"), now).is_empty


def test_who_is_forgotten_stands_in_no_byte_of_the_site(met, now):
    assert all(trace in bytes_of(met) for trace in TRACES)
    done = forget(met, ADA, now)
    left = bytes_of(met)
    assert [trace for trace in TRACES if trace in left] == []
    assert done.again == ""
    assert done.mentions == ()
    assert {kind for kind, number in done.erased.items() if number} == {
        "delivery", "notice", "report", "suppression", "request", "event", "score", "choice", "former address",
    }  # fmt: skip
    assert b"emmy@example.org" in left
    assert b"kurt@example.org" in left


def test_sums_of_issues_and_codes_stay(met, now):
    before = rows(met, "SELECT issue_id, state, count(*) FROM deliveries GROUP BY 1, 2")
    forget(met, ADA, now)
    assert rows(met, "SELECT issue_id, state, count(*) FROM deliveries GROUP BY 1, 2") == before
    assert set(rows(met, "SELECT reply FROM deliveries WHERE address = ''")) == {("550 5.2.2",)}
    assert rows(met, "SELECT source, lifted_by, address FROM lifted_suppressions") == [("", "operator", None)]


def test_who_is_forgotten_is_suppressed_by_key_and_what_held_everywhere_still_does(met, daily, now):
    forget(met, ADA, now)
    keys = [member(met, daily, one)[1] for one in (ADA, FORMER)]
    with met.store.begin() as connection:
        found = suppressions.of(connection, keys)
    assert {(one.scope, one.reason, one.address) for one in found} == {
        ("daily", FORGOTTEN, ""),
        ("weekly", FORGOTTEN, ""),
        (EVERYWHERE, "complaint", ""),
    }
    assert {one.source for one in found} == {"operator", "arf via mailbox"}


def test_a_file_pasted_back_has_nobody_mailed_on_a_list_made_later_either(met, daily, server, now):
    old = met.subscriber_file(daily).read_text("utf-8")
    forget(met, ADA, now)
    site = with_new_list(met)
    for one in (site.list("daily"), site.list("later")):
        site.subscriber_file(one).write_text(old, encoding="utf-8")
    server.messages.clear()
    tomorrow = now + timedelta(days=1)
    reach = send(site, site.list("later"), "daily", DAY, Control(now=lambda: tomorrow)).reach
    assert reach.left_out == {"suppressed": 1}
    assert set(server.by_recipient) == {"emmy@example.org"}


def with_new_list(site):
    path = site.root / "digest.toml"
    text = path.read_text("utf-8") + '\n[lists.later]\nname = "Later"\nrelays = ["test"]\n'
    path.write_text(text, encoding="utf-8")
    return Site.open(site.root)


def test_they_come_back_by_their_own_sign_up_and_only_there(met, daily, now):
    forget(met, ADA, now)
    site = with_new_list(met)
    _, key = member(site, daily, ADA)
    with site.store.begin() as connection:
        suppressions.lift(connection, scope=EVERYWHERE, key=key, by="operator: asked", now=now)  # the complaint
        for scope in ("daily", "later"):
            assert suppressions.lift(connection, scope=scope, key=key, by="sign-up", now=now)
            assert not suppressions.lift(connection, scope=scope, key=key, by="sign-up", now=now)
        barred = {scope: suppressions.among(connection, scope, [key]) for scope in ("daily", "later", "weekly", "new")}
    assert barred == {"daily": frozenset(), "later": frozenset(), "weekly": {key}, "new": {key}}


def test_a_confirmation_still_reaches_who_was_forgotten(mailed, daily, server, now):
    forget(mailed, ADA, now)
    ask(mailed, daily, "signup", ADA, {}, network="192.0.2.7/32", language="en", now=now)
    send(mailed, daily, "daily", DAY, Control(now=lambda: now))
    (message,) = [m for envelope, m in server.messages if envelope.rcpt_tos == ["ada@example.org"]]
    assert "Confirm" in message["Subject"]


def test_links_of_old_mails_answer_as_ever_and_say_no_address(met, daily, now):
    forget(met, ADA, now)
    for address in (ADA, FORMER):
        one, key = member(met, daily, address)
        with met.store.begin() as connection:
            found = known(connection, met, one)
            assert (found.address, found.address_key, found.list_id) == ("", key, "daily")
            assert leave(connection, met, one, "one click", now, {}) == found
            assert {row.reason for row in suppressions.of(connection, [key]) if row.scope == "daily"} == {FORGOTTEN}


def test_forgetting_by_the_former_address_forgets_the_present_one(met, now):
    forget(met, FORMER, now)
    assert [trace for trace in TRACES if trace in bytes_of(met)] == []


def test_forgetting_again_finds_nothing_more(met, now):
    assert forget(met, ADA, now).was_known
    again = forget(met, ADA, now)
    assert not again.was_known


def test_who_nobody_knows_is_only_suppressed(mailed, daily, now):
    stranger = parse_address("stranger@example.org")
    assert not forget(mailed, stranger, now).was_known
    with mailed.store.begin() as connection:
        assert suppressions.among(connection, "daily", [member(mailed, daily, stranger)[1]])


def test_who_stands_only_in_a_file_loses_every_row_and_the_others_keep_every_byte(mailed, daily, now):
    path = mailed.subscriber_file(daily)
    others = b'# ours\r\nemail,note\r\nemmy@example.org,"a ""b"""\r\n'
    path.write_bytes(others + b"ADA@example.org,x\r\nada@example.org,y\r\n")
    done = forget(mailed, ADA, now)
    assert path.read_bytes() == others
    assert [one.row.line for one in done.rows] == [4]


def test_what_else_names_them_beside_the_files_is_told(mailed, daily, now):
    path = mailed.subscriber_file(daily)
    path.write_text("# ask Ada@Example.org\nemail,by\nemmy@example.org,ada@example.org\ncanada@example.org,\n", "utf-8")
    path.with_name("old-export.txt").write_text("x\nada@example.org.\nada@example.org.uk\n", encoding="utf-8")
    assert forget(mailed, ADA, now).mentions == (f"{path}:1", f"{path}:3", f"{path.with_name('old-export.txt')}:2")


def plan(site, now):
    with site.store.begin() as connection:
        stored, planner = ready(connection, site, site.list("daily"), "daily", DAY, now)
    store_plan(site, planner, lambda: False)
    with site.store.begin() as connection:
        issues.set_state(connection, stored.id, IssueState.SENDING, planned_at=now)
    return stored


def test_who_is_forgotten_after_the_plan_is_not_sent_to_and_the_issue_ends(mailed, daily, server, now):
    plan(mailed, now)
    forget(mailed, ADA, now)
    delivered = send(mailed, daily, "daily", DAY, Control(now=lambda: now))
    assert dict(delivered.counts) == {"accepted": 1, "suppressed": 1}
    assert delivered.issue.state is IssueState.FINISHED
    assert set(server.by_recipient) == {"emmy@example.org"}


def test_a_delivery_without_an_address_is_not_claimed_though_they_came_back(mailed, daily, server, now):
    plan(mailed, now)
    forget(mailed, ADA, now)
    with mailed.store.begin() as connection:
        assert suppressions.lift(connection, scope="daily", key=member(mailed, daily, ADA)[1], by="sign-up", now=now)
    delivered = send(mailed, daily, "daily", DAY, Control(now=lambda: now))
    assert dict(delivered.counts) == {"accepted": 1, "suppressed": 1}


def test_a_message_on_the_wire_asks_for_another_run(mailed, daily, now):
    stored = plan(mailed, now)
    ledger = SqlLedger(mailed.store, stored.id, "daily")
    claims = ledger.exchange([], [one.id for one in ledger.upcoming(0, 9)], now)
    ledger.commit()
    ledger.close()
    assert len(claims) == 2
    done = forget(mailed, ADA, now)
    assert "a message to them is on the wire" in done.again
    for hours in (1, 3):  # the first run finds what the one that died had claimed
        moment = now + timedelta(hours=hours)
        delivered = send(mailed, daily, "daily", DAY, Control(now=lambda moment=moment: moment))
    assert dict(delivered.counts) == {"accepted": 1, "suppressed": 1}
    done = forget(mailed, ADA, now)
    assert done.again == ""


def test_a_notice_on_the_wire_keeps_its_message_and_is_never_tried_again(mailed, daily, now):
    ask(mailed, daily, "signup", ADA, {}, network="192.0.2.7/32", language="en", now=now)
    ledger = NoticeLedger(mailed.store, "daily")
    (claim,) = ledger.exchange([], [one.id for one in ledger.due_again(now, 9)], now)
    assert forget(mailed, ADA, now).again
    assert b"ada@example.org" in ledger.message(claim).data
    later = now + timedelta(days=1)
    ledger.recover(later)  # its run died
    assert ledger.exchange([], [claim.delivery_id], later) == []
    assert rows(mailed, "SELECT state FROM notices") == [("expired",)]
    assert forget(mailed, ADA, now).again == ""
    assert b"ada@example.org" not in bytes_of(mailed)


def test_a_notice_that_waits_is_cancelled(mailed, daily, server, now):
    ask(mailed, daily, "signup", ADA, {}, network="192.0.2.7/32", language="en", now=now)
    forget(mailed, ADA, now)
    assert rows(mailed, "SELECT state, address, message FROM notices") == [("cancelled", "", "")]
    send(mailed, daily, "daily", DAY, Control(now=lambda: now))
    assert set(server.by_recipient) == {"emmy@example.org"}


class KilledError(BaseException):
    """Stands for the end of the process."""


@pytest.mark.parametrize("step", ["in_files", "_remove", "compact"])
def test_killed_between_any_two_steps_they_are_not_mailed_and_the_next_run_does_the_rest(
    met, daily, server, now, monkeypatch, step
):
    def killed(*_arguments):
        raise KilledError

    with monkeypatch.context() as patched:
        patched.setattr(forgetting, step, killed)
        with pytest.raises(KilledError):
            forget(met, ADA, now)
    server.messages.clear()
    later = now + timedelta(days=7)
    site = with_new_list(met)
    site.subscriber_file(site.list("later")).write_text("email\nada@example.org\nada.before@example.net\n", "utf-8")
    reach = send(site, site.list("later"), "daily", DAY, Control(now=lambda: later)).reach
    assert reach.left_out == {"suppressed": 2}
    assert server.messages == []
    site.subscriber_file(site.list("later")).unlink()
    forget(met, ADA, now)
    assert [trace for trace in TRACES if trace in bytes_of(met)] == []


def test_a_file_that_cannot_be_changed_stops_it_after_the_suppression(met, daily, now, monkeypatch):
    def refused(path, _change):
        raise InputError(f"{path}: can't be written: Permission denied")

    with monkeypatch.context() as patched:
        patched.setattr(forgetting, "write_atomically", refused)
        with pytest.raises(InputError, match=r"Permission denied; they are suppressed .* run the same command again"):
            forget(met, ADA, now)
    with met.store.begin() as connection:
        assert suppressions.among(connection, "daily", [member(met, daily, ADA)[1]])
        assert len(person(connection, met, ADA).addresses) == 2
    forget(met, ADA, now)
    assert [trace for trace in TRACES if trace in bytes_of(met)] == []


def test_a_store_in_use_is_told(mailed, daily, now, monkeypatch):
    def busy(_engine):
        raise BusyError("the store was busy")

    monkeypatch.setattr(forgetting, "compact", busy)
    assert "may still lie in free space" in forget(mailed, ADA, now).again


def test_a_run_at_work_is_told(mailed, daily, now):
    with mailed.run_lock():
        assert "a run is at work" in forget(mailed, ADA, now).again


def test_a_former_address_that_is_only_in_the_file_is_found_and_one_nowhere_is_suppressed_by_its_id(
    mailed, daily, subscriber_file, now
):
    ids = {}
    for name in ("in-file", "nowhere"):
        ids[name], _ = member(mailed, daily, parse_address(f"{name}@example.org"))
    one, key = member(mailed, daily, ADA)
    with mailed.store.begin() as connection:
        readers.save(connection, Reader(one, "daily", ADA.address, key, "", Preferences(), now, now))
        for former in ids.values():
            readers.move(connection, former, one, now)
    subscriber_file.write_text("email\nin-file@example.org\nemmy@example.org\n", encoding="utf-8")
    forget(mailed, ADA, now)
    assert subscriber_file.read_text("utf-8") == "email\nemmy@example.org\n"
    subscriber_file.write_text("email\nnowhere@example.org\nemmy@example.org\n", encoding="utf-8")
    assert send(mailed, daily, "daily", DAY, Control(now=lambda: now)).reach.left_out == {"suppressed": 1}


def test_scores_and_tables_of_others_are_left_alone(met, daily, now):
    other = {"address_key": "other", "score": 1, "at": now}
    with met.store.begin() as connection:
        connection.execute(insert(address_scores).values(**other))
    before = rows(met, "SELECT address, name, reply FROM deliveries WHERE address LIKE 'emmy%' OR address LIKE 'kurt%'")
    forget(met, ADA, now)
    assert rows(met, "SELECT address_key FROM address_scores") == [("other",)]
    query = "SELECT address, name, reply FROM deliveries WHERE address LIKE 'emmy%' OR address LIKE 'kurt%'"
    assert rows(met, query) == before
