"""An issue on its way to readers: through a real SMTP server, refusals, kills, pauses."""

from datetime import date, timedelta
from email import message_from_bytes, policy
from email.header import decode_header, make_header

import pytest

from digest.collecting import collect_file
from digest.deliver.sender import Settlement
from digest.deliver.states import WAITING, DeliveryState
from digest.errors import BusyError, InputError, StateError, TemplateError
from digest.issues.states import IssueState, Verb
from digest.pipeline import approve, build, change_state, key_of, send
from digest.rehearsal import export, look, rehearse, send_test_copy
from digest.sending import Control
from digest.store import deliveries, issues, suppressions
from digest.store.ledger import SqlLedger
from digest.subscribers.identity import address_key

DAY = date(2026, 11, 24)
DAILY = ["ada@example.org", "emmy@example.org", "grace@example.com", "kurt@example.net", "reading-group@example.org"]


def go(site, now, **control):
    return send(site, site.list("daily"), "daily", DAY, Control(now=lambda: now, **control))


def waiting(site):
    """How often each delivery that waits was tried, by address."""
    with site.store.begin() as connection:
        stored = issues.find(connection, key_of(site.list("daily"), "daily", DAY))
        return {row.address: row.attempts for row in deliveries.listed(connection, stored.id, WAITING)}


def states(site, key=None):
    with site.store.begin() as connection:
        stored = issues.find(connection, key or key_of(site.list("daily"), "daily", DAY))
        return deliveries.counts(connection, stored.id)


def test_every_daily_reader_gets_one_message_with_their_topics(mailed, server, now):
    delivered = go(mailed, now)
    assert sorted(server.by_recipient) == DAILY
    assert set(server.by_recipient.values()) == {1}
    assert delivered.issue.state is IssueState.FINISHED
    assert delivered.issue.number == 1
    assert delivered.counts == {DeliveryState.ACCEPTED: 5}
    assert delivered.reach.left_out == {"another frequency": 1}
    texts = {
        envelope.rcpt_tos[0]: message_from_bytes(envelope.content, policy=policy.default)
        .get_body(("plain",))
        .get_content()
        for envelope, _ in server.messages
    }
    assert "Language models" in texts["kurt@example.net"]
    assert "Robotics" not in texts["kurt@example.net"]
    assert "Robotics" in texts["grace@example.com"]
    assert "Vision" not in texts["grace@example.com"]
    assert "Vision" in texts["ada@example.org"]


def test_sending_twice_sends_nothing_twice(mailed, server, now):
    go(mailed, now)
    again = go(mailed, now + timedelta(minutes=5))
    assert again.reach is None
    assert len(server.messages) == 5


def test_headers_a_mail_program_needs(mailed, server, now):
    go(mailed, now)
    envelope, message = next(m for m in server.messages if m[0].rcpt_tos == ["ada@example.org"])
    assert envelope.mail_from == "digest@example.org"
    assert message["List-Id"] == "Daily Papers <daily.example.org>"
    assert message["List-Unsubscribe"].startswith("<mailto:digest@example.org?subject=unsubscribe%20")
    assert message["List-Unsubscribe-Post"] is None
    assert message["Date"] == "Tue, 24 Nov 2026 06:00:00 +0000"
    assert message["Message-ID"].endswith("@example.org>")
    assert "ada" not in message["Message-ID"]
    assert message.get_content_type() == "multipart/alternative"


def test_a_site_with_pages_offers_one_click(mailed, server, now, monkeypatch):
    monkeypatch.setenv("DIGEST_SITE__URL", "https://digest.example.org")
    site = type(mailed).open(mailed.root)
    go(site, now)
    _, message = server.messages[0]
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["List-Unsubscribe"].startswith("<https://digest.example.org/u/")
    recipient = message["To"].rpartition("<")[2].rstrip(">")
    assert recipient.partition("@")[0] not in message["List-Unsubscribe"]


def test_an_unknown_address_fails_and_is_suppressed_everywhere(mailed, server, now):
    server.rcpt = lambda recipient: "550 5.1.1 no such user" if recipient == "emmy@example.org" else None
    delivered = go(mailed, now)
    assert delivered.counts == {DeliveryState.ACCEPTED: 4, DeliveryState.FAILED: 1}
    assert delivered.issue.state is IssueState.FINISHED
    with mailed.store.begin() as connection:
        assert address_key(mailed.identity_key, "emmy@example.org") in suppressions.keys(connection, "weekly")
        rows = deliveries.listed(connection, delivered.issue.id, [DeliveryState.FAILED])
    assert [(row.address, row.reply) for row in rows] == [("emmy@example.org", "550 5.1.1 no such user")]


def test_a_policy_refusal_fails_without_suppression(mailed, server, now):
    server.dot = lambda recipient: "554 5.7.1 not today" if recipient == "emmy@example.org" else None
    go(mailed, now)
    with mailed.store.begin() as connection:
        assert not suppressions.keys(connection, "daily")


def test_a_deferred_message_goes_out_later_with_the_same_bytes(mailed, server, now):
    seen = {}

    def greylist(recipient):
        return (
            None
            if recipient in seen or recipient != "ada@example.org"
            else seen.setdefault(recipient, "451 4.7.1 later")
        )

    server.rcpt = greylist
    first = go(mailed, now)
    assert first.counts == {DeliveryState.ACCEPTED: 4, DeliveryState.DEFERRED: 1}
    assert first.issue.state is IssueState.SENDING
    assert timedelta(minutes=1) <= first.next_due - now <= timedelta(minutes=2)
    assert go(mailed, now + timedelta(seconds=10)).counts == first.counts  # not yet
    theme = mailed.root / "templates" / "default" / "_masthead.mjml.j2"
    theme.write_text("broken {{ nothing }}", encoding="utf-8")  # frozen: a template may change
    (mailed.root / "subscribers" / "daily.csv").write_text("email\n", encoding="utf-8")
    last = go(type(mailed).open(mailed.root), now + timedelta(hours=1))
    assert last.issue.state is IssueState.FINISHED
    assert set(server.by_recipient.values()) == {1}
    _, late = next(m for m in server.messages if m[0].rcpt_tos == ["ada@example.org"])
    assert late["Date"] == "Tue, 24 Nov 2026 06:00:00 +0000"


def test_a_deferred_message_expires_at_its_deadline(mailed, server, now):
    server.rcpt = lambda recipient: "451 4.2.0 later" if recipient == "ada@example.org" else None
    go(mailed, now)
    server.rcpt = lambda _recipient: None
    with mailed.store.begin() as connection:
        last_word = deliveries.next_due(connection, 1)
    assert last_word <= now + timedelta(hours=24)
    late = go(mailed, now + timedelta(hours=25))
    assert late.counts == {DeliveryState.ACCEPTED: 4, DeliveryState.EXPIRED: 1}
    assert "ada@example.org" not in server.by_recipient


def test_a_relay_that_refuses_us_leaves_everybody_planned(mailed, server, now):
    server.mail = "550 5.7.1 who are you"
    delivered = go(mailed, now)
    assert "who are you" in delivered.run.stopped
    assert waiting(mailed) == dict.fromkeys(DAILY, 0)
    server.mail = None
    assert go(mailed, now).issue.state is IssueState.FINISHED


def test_a_relay_that_is_down_is_named_and_nothing_is_lost(seeded, now):
    settings = seeded.root / "digest.toml"
    text = settings.read_text("utf-8").replace('maildir = "outbox"', 'host = "127.0.0.1"\nport = 1\ntls = "none"')
    settings.write_text(text, encoding="utf-8")
    delivered = go(type(seeded).open(seeded.root), now)
    assert "relay outbox can't be used (connect" in delivered.run.stopped
    assert waiting(seeded) == dict.fromkeys(DAILY, 0)


def test_what_a_dead_run_had_claimed_is_sent_again_under_the_same_message_id(mailed, server, now):
    key = key_of(mailed.list("daily"), "daily", DAY)
    go(mailed, now, stop=lambda: True)  # planned, and nothing claimed
    with mailed.store.begin() as connection:
        stored = issues.find(connection, key)
    ledger = SqlLedger(mailed.store, stored.id, "daily")
    claimed = ledger.exchange([], [one.id for one in ledger.upcoming(0, 2)], now)
    ledger.commit()  # and there the run dies
    ledger.close()
    assert len(claimed) == 2
    assert states(mailed)[DeliveryState.CLAIMED] == 2
    delivered = go(mailed, now + timedelta(seconds=1))
    assert delivered.uncertain == 2
    assert delivered.counts == {DeliveryState.ACCEPTED: 3, DeliveryState.DEFERRED: 2}
    last = go(mailed, now + timedelta(minutes=3))
    assert last.counts == {DeliveryState.ACCEPTED: 5}
    assert set(server.by_recipient.values()) == {1}
    assert len({message["Message-ID"] for _, message in server.messages}) == 5


def test_suppression_wins_between_plan_and_claim(mailed, server, now):
    go(mailed, now, stop=lambda: True)
    with mailed.store.begin() as connection:
        suppressions.add(
            connection,
            scope="daily",
            address_key=address_key(mailed.identity_key, "ada@example.org"),
            address="ada@example.org",
            reason="unsubscribed",
            source="test",
            now=now,
        )
    delivered = go(mailed, now)
    assert delivered.counts == {DeliveryState.ACCEPTED: 4, DeliveryState.SUPPRESSED: 1}
    assert delivered.issue.state is IssueState.FINISHED


def test_pause_is_obeyed_at_the_next_claim_and_resume_sends_the_rest(mailed, server, now):
    key = key_of(mailed.list("daily"), "daily", DAY)

    def pause_at_first(_settlement: Settlement) -> None:
        if len(server.messages) <= 2 and states(mailed).get(DeliveryState.PLANNED):
            with mailed.store.begin() as connection:
                paused = issues.state(connection, issues.find(connection, key).id) is IssueState.PAUSED
            if not paused:
                change_state(mailed, key, Verb.PAUSE, now)

    delivered = go(mailed, now, progress=pause_at_first)
    assert delivered.issue.state is IssueState.PAUSED
    assert 1 <= len(server.messages) < 5
    with pytest.raises(StateError, match="paused; `digest issue resume"):
        go(mailed, now)
    change_state(mailed, key, Verb.RESUME, now)
    assert go(mailed, now).issue.state is IssueState.FINISHED
    assert set(server.by_recipient.values()) == {1}


def test_cancel_is_final_and_the_sum_is_right(mailed, server, now):
    key = key_of(mailed.list("daily"), "daily", DAY)
    go(mailed, now, stop=lambda: True)
    change_state(mailed, key, Verb.CANCEL, now)
    assert states(mailed) == {DeliveryState.CANCELLED: 5}
    with pytest.raises(StateError, match="cancelled; it is not sent any more"):
        go(mailed, now)
    assert not server.messages


def test_paused_before_its_start_and_resumed_it_is_planned_then(mailed, server, now):
    daily = mailed.list("daily")
    with mailed.store.begin() as connection:
        stored = build(connection, mailed, daily, "daily", DAY, now)
        approve(connection, mailed, daily, stored.key, now)
    change_state(mailed, stored.key, Verb.PAUSE, now)
    change_state(mailed, stored.key, Verb.RESUME, now)
    assert go(mailed, now).counts == {DeliveryState.ACCEPTED: 5}


def test_an_issue_that_needs_approval_waits_for_it(mailed, server, now, monkeypatch):
    monkeypatch.setenv("DIGEST_LISTS__DAILY__APPROVAL", "required")
    site = type(mailed).open(mailed.root)
    daily = site.list("daily")
    with pytest.raises(StateError, match="asks for approval"):
        go(site, now)  # the draft is there now, to be looked at and approved
    with site.store.begin() as connection:
        approve(connection, site, daily, key_of(daily, "daily", DAY), now)
    assert go(site, now).counts == {DeliveryState.ACCEPTED: 5}


def test_a_card_is_carried_once_and_a_title_line_can_still_become_one(mailed, now):
    go(mailed, now)
    tomorrow = now + timedelta(days=1)
    with mailed.store.begin() as connection:
        first = issues.entries(connection, 1)
        second = build(connection, mailed, mailed.list("daily"), "daily", DAY + timedelta(days=1), tomorrow)
        again = issues.entries(connection, second.id) if second else []
    cards = {entry.paper_id for entry in first if entry.carries == "card"}
    lines = {entry.paper_id for entry in first if entry.carries == "line"}
    assert len(cards) == 20
    assert len(lines) == 26
    assert not {entry.paper_id for entry in again} & cards


def test_nothing_new_is_an_answer(mailed, server, now, tmp_path):
    go(mailed, now)
    later = now + timedelta(days=400)
    nothing = send(mailed, mailed.list("daily"), "daily", later.date(), Control(now=lambda: later))
    assert nothing is None
    assert len(server.messages) == 5


def test_two_runs_at_once_are_refused(mailed, now):
    with mailed.run_lock(), pytest.raises(BusyError, match="process"):
        go(mailed, now)


def test_a_dry_run_leaves_no_trace(mailed, server, now):
    rehearsal = rehearse(mailed, mailed.list("daily"), "daily", DAY, now)
    assert sorted(rehearsal.addresses) == DAILY
    assert rehearsal.papers == 46
    with mailed.store.begin() as connection:
        assert issues.recent(connection) == []
    assert not server.messages


def test_a_test_copy_is_marked_and_counts_nothing(mailed, server, now):
    daily = mailed.list("daily")
    for _ in range(2):
        assert send_test_copy(mailed, daily, "daily", DAY, "editor@example.org", now).code == 250
    first, second = (message for _, message in server.messages)
    assert str(make_header(decode_header(first["Subject"]))).startswith("[Test] Hybrid Internal Model")
    assert first["Message-ID"] != second["Message-ID"]
    with mailed.store.begin() as connection:
        assert issues.recent(connection) == []


def test_a_subject_template_changed_after_approval_changes_nothing(mailed, server, now):
    daily = mailed.list("daily")
    with mailed.store.begin() as connection:
        stored = build(connection, mailed, daily, "daily", DAY, now)
        approve(connection, mailed, daily, stored.key, now)
    (mailed.root / "templates" / "default" / "subject.txt.j2").write_text("Another subject", encoding="utf-8")
    go(mailed, now)
    assert not any("Another" in message["Subject"] for _, message in server.messages)


def test_a_preview_shows_the_frozen_issue_exactly(mailed, server, now):
    daily = mailed.list("daily")
    go(mailed, now)
    theme = mailed.root / "templates" / "default" / "_masthead.mjml.j2"
    theme.write_text("<mj-text>another look</mj-text>", encoding="utf-8")
    html, _ = look(mailed, daily, "daily", DAY, (), now).bodies({})
    assert "another look" not in html
    assert "No. 1" in html


def test_export_gives_other_mailers_placeholders(mailed, now):
    daily = mailed.list("daily")
    with mailed.store.begin() as connection:
        key = build(connection, mailed, daily, "daily", DAY, now).key
    html = export(mailed, daily, key, "html", (), now).decode()
    assert 'href="{{unsubscribe_url}}"' in html
    text = export(mailed, daily, key, "text", ["robotics"], now).decode()
    assert "{{unsubscribe_url}}" in text
    assert "Language models" not in text
    with pytest.raises(InputError, match="no papers for astrology"):
        export(mailed, daily, key, "html", ["astrology"], now)


def test_a_bad_row_costs_only_itself(mailed, server, now, subscriber_file):
    subscriber_file.write_text("email,topics\nada@example.org,\nnot an address,\nkurt@example.net,astrology\n", "utf-8")
    delivered = go(mailed, now)
    assert [problem.line for problem in delivered.reach.problems] == [3, 4]
    assert list(server.by_recipient) == ["ada@example.org"]


def test_a_missing_subscriber_file_is_said_and_plans_nothing(mailed, now, subscriber_file):
    subscriber_file.unlink()
    with pytest.raises(InputError, match=r"daily\.csv"):
        go(mailed, now)
    with mailed.store.begin() as connection:
        assert issues.recent(connection) == []  # all or nothing: the draft wasn't kept either


def test_the_outbox_is_a_maildir_a_mail_program_reads(seeded, now):
    import mailbox

    delivered = go(seeded, now)
    assert delivered.counts == {DeliveryState.ACCEPTED: 5}
    box = mailbox.Maildir(seeded.root / "outbox")
    assert sorted(message["Delivered-To"] for message in box) == DAILY


def test_a_paper_that_cannot_be_rendered_costs_only_itself(mailed, now, caplog):
    card = mailed.root / "templates" / "default" / "_card.mjml.j2"
    broken = '{% if "Dynamic Tokenization" in entry.title %}{{ nothing_of_the_kind }}{% endif %}\n'
    card.write_text(broken + card.read_text("utf-8"), encoding="utf-8")
    assert go(mailed, now).counts == {DeliveryState.ACCEPTED: 5}
    with mailed.store.begin() as connection:
        titles = [entry.title for entry in issues.entries(connection, 1)]
    assert len(titles) == 45
    assert not any("Dynamic Tokenization" in title for title in titles)
    (said,) = [record.getMessage() for record in caplog.records if record.name == "digest.drafting"]
    assert "Dynamic Tokenization" in said
    assert "nothing_of_the_kind" in said


def test_a_template_that_is_broken_for_all_stops_the_issue(mailed, server, now):
    card = mailed.root / "templates" / "default" / "_lead.mjml.j2"
    card.write_text("{{ nothing_of_the_kind }}", encoding="utf-8")
    with pytest.raises(TemplateError, match=r"_lead\.mjml\.j2:1"):
        go(mailed, now)
    assert not server.messages


def test_new_papers_make_the_next_issue(mailed, server, now, tmp_path):
    go(mailed, now)
    more = tmp_path / "more.jsonl"
    more.write_text('{"title": "A fresh paper on robot arms", "abstract": "We grasp.", "id": "2611.00001"}\n', "utf-8")
    tomorrow = now + timedelta(days=1)
    collect_file(mailed, more, None, tomorrow)
    delivered = send(mailed, mailed.list("daily"), "daily", tomorrow.date(), Control(now=lambda: tomorrow))
    assert delivered.issue.number == 2
    with mailed.store.begin() as connection:
        found = issues.entries(connection, delivered.issue.id)
    assert "arxiv:2611.00001" in {entry.paper_id for entry in found}


def test_a_full_disk_ends_the_run_in_words_and_costs_nobody_their_message(
    mailed, server, subscriber_file, now, monkeypatch
):
    subscriber_file.write_text("email\n" + "".join(f"r{n}@example.org\n" for n in range(60)), encoding="utf-8")
    server.rcpt = lambda recipient: "450 4.2.0 later " + "x" * 400 if recipient != "r0@example.org" else None
    recover = SqlLedger.recover

    def on_a_full_disk(self, now):
        pages = self._database.execute("PRAGMA page_count").fetchone()[0]
        self._database.execute(f"PRAGMA max_page_count = {pages + 2}")
        return recover(self, now)

    with monkeypatch.context() as patched:
        patched.setattr(SqlLedger, "recover", on_a_full_disk)
        with pytest.raises(InputError, match="the store can't be written: database or disk is full"):
            go(mailed, now)
    mailed.store.dispose()
    assert len(server.messages) <= 1
    claimed = states(mailed).get(DeliveryState.CLAIMED, 0)
    assert claimed <= 2  # at most one a connection is uncertain
    server.rcpt = lambda _recipient: None
    again = go(mailed, now + timedelta(minutes=5))
    assert again.uncertain == claimed
    last = go(mailed, now + timedelta(minutes=15))
    assert last.counts == {DeliveryState.ACCEPTED: 60}
    assert max(server.by_recipient.values()) <= 2
