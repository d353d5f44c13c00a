"""Messages of a planned issue, from what the store keeps."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import event, text

from digest import messages
from digest.deliver.delivery import Claim
from digest.frozen import frozen_theme
from digest.issues.edition import edition_of
from digest.messages import Messages, read_back, sample
from digest.pipeline import plan, ready
from digest.rehearsal import look
from digest.render.parts import recipe, render_parts
from digest.render.present import Publication
from digest.sending import Control
from digest.store import editions, issues
from digest.store.database import reading


@pytest.fixture
def planned(seeded, subscriber_file, now):
    """An issue whose every reader has other topics, and the keys of its editions."""
    topics = [topic.id for topic in seeded.topics(seeded.list("daily"))]
    rows = [f"r{n}@example.org,{topic}\n" for n, topic in enumerate(topics)]
    subscriber_file.write_text("email,topics\n" + "".join(rows))
    with seeded.store.begin() as connection:
        stored, planner = ready(connection, seeded, seeded.list("daily"), "daily", now.date(), now)
    plan(seeded, planner, Control(now=lambda: now))
    with seeded.store.begin() as connection:
        keys = sorted(connection.execute(text("SELECT key FROM editions")).scalars())
    assert len(keys) > 5
    return stored, keys


@pytest.fixture
def queries(seeded):
    """What was asked of the store, as SQL."""
    said = []
    event.listen(seeded.store, "before_cursor_execute", lambda _c, _u, sql, *_: said.append(sql))
    return said


def claim(edition, now, number=1):
    return Claim(number, f"{number:032x}", f"r{number}@example.org", "example.org", "k" * 32, "Reader", edition, now, 0)


def test_a_draft_that_is_looked_at_is_rendered_once_and_as_it_would_be_again(seeded, now, monkeypatch):
    daily, count = seeded.list("daily"), []
    monkeypatch.setattr(messages, "render_parts", lambda *given: count.append(1) or render_parts(*given))

    def seen(**wanted):
        return look(seeded, daily, "daily", now.date(), ["vision"], now, **wanted)

    shown, asked = seen(), seen(language="en", theme="default")
    assert count == []
    with reading(seeded.store).begin() as connection:
        anew = sample(connection, seeded, daily, shown.issue, None, ["vision"])
    assert count == [1]
    assert shown.bodies({}) == asked.bodies({}) == anew.bodies({})
    other = seen(theme="compact")
    assert count == [1, 1]
    assert other.bodies({}) != shown.bodies({})


def test_prepared_or_not_the_bytes_are_the_same(seeded, planned, now):
    stored, keys = planned
    prepared = Messages.of(seeded, stored)
    prepared.prepare(keys)
    made = [prepared.for_claim(claim(key, now)) for key in keys]
    assert made == [Messages.of(seeded, stored).for_claim(claim(key, now)) for key in keys]
    assert len(set(made)) == len(keys)
    assert {read_back(message.data)["To"] for message in made} == {"Reader <r1@example.org>"}


def test_many_editions_are_read_in_one_query_and_none_twice(seeded, planned, now, queries):
    stored, keys = planned
    made = Messages.of(seeded, stored)
    made.prepare([*keys, *keys])
    assert sum("FROM editions" in sql for sql in queries) == 1
    queries.clear()
    made.prepare(keys)
    for key in keys:
        made.for_claim(claim(key, now))
    assert queries == []


def test_a_query_asks_for_no_more_than_it_may(seeded, planned, now, queries, monkeypatch):
    stored, keys = planned
    monkeypatch.setattr(messages, "_AT_ONCE", 2)
    Messages.of(seeded, stored).prepare(keys)
    assert sum("FROM editions" in sql for sql in queries) == (len(keys) + 1) // 2


def test_only_the_editions_read_last_are_kept(seeded, planned, now, queries, monkeypatch):
    stored, keys = planned
    monkeypatch.setattr(messages, "KEPT", 3)
    made = Messages.of(seeded, stored)
    made.prepare(keys)
    queries.clear()
    for key in keys[-3:]:
        made.for_claim(claim(key, now))
    assert queries == []
    first = made.for_claim(claim(keys[0], now))
    assert sum("FROM editions" in sql for sql in queries) == 1
    assert first == Messages.of(seeded, stored).for_claim(claim(keys[0], now))


def test_reading_ahead_waits_for_no_writer(seeded, planned, now):
    stored, keys = planned
    made = Messages.of(seeded, stored)
    with seeded.store.begin(), ThreadPoolExecutor(1) as ahead:
        ahead.submit(made.prepare, keys).result(timeout=10)
        assert made.for_claim(claim(keys[0], now))


def test_threads_that_read_ahead_and_send_get_in_nobodys_way(seeded, planned, now, monkeypatch):
    stored, keys = planned
    monkeypatch.setattr(messages, "KEPT", 3)
    made, plain = Messages.of(seeded, stored), Messages.of(seeded, stored)
    expected = {key: plain.for_claim(claim(key, now)) for key in keys}
    with ThreadPoolExecutor(2) as threads:
        ahead = [threads.submit(made.prepare, keys) for _ in range(5)]
        sent = {key: made.for_claim(claim(key, now)) for _ in range(5) for key in keys}
        for one in ahead:
            one.result(timeout=30)
    assert sent == expected


def test_an_issue_that_was_planned_before_editions_were_assembled_is_sent_as_it_would_be_now(seeded, planned, now):
    stored, keys = planned
    expected = {key: Messages.of(seeded, stored).for_claim(claim(key, now)) for key in keys}
    daily = seeded.list("daily")
    with seeded.store.begin() as connection:
        issue, parts = issues.restore(connection, stored), editions.load_parts(connection, stored.id, "en")
        for section in issue.sections:
            edition = edition_of(issue, [section.topic.id], "en")
            theme = frozen_theme(seeded, daily, stored.frozen, "en")
            made = recipe(theme, parts, edition, Publication(**stored.frozen["publication"]))
            connection.execute(
                text("UPDATE editions SET fragments = :fragments, slots = :slots WHERE key = :key"),
                {
                    "key": edition.key,
                    "fragments": json.dumps(sorted(made.fragments)),
                    "slots": json.dumps(dict(made.values)),
                },
            )
        old = connection.execute(text("SELECT count(*) FROM editions WHERE fragments LIKE '[%'")).scalar()
    assert old == len(keys)
    assert {key: Messages.of(seeded, stored).for_claim(claim(key, now)) for key in keys} == expected
