"""The store: schema and migrations, papers, drafts, planned deliveries."""

import sqlite3
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import event, select, text
from sqlalchemy.exc import IntegrityError, StatementError

from digest.deliver.states import DeliveryState
from digest.errors import BusyError, InputError
from digest.issues.compose import compose
from digest.issues.issue import IssueKey
from digest.papers.paper import Links, Paper, Signals
from digest.store import database, deliveries, issues, papers, schema, suppressions
from digest.store.database import HEAD, open_database
from digest.store.deliveries import PlannedDelivery
from digest.store.loading import Saved, save
from digest.store.memory import memory
from digest.store.metadata import metadata
from digest.topics.diversity import Caps
from digest.topics.topic import Topic

NOW = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)
FULL = Paper(
    id="arxiv:2611.00001",
    title="A title",
    abstract="An abstract.",
    authors=("Ada Lovelace", "Kurt Gödel"),
    published=date(2026, 11, 23),
    categories=("cs.CL",),
    keywords=("logic",),
    links=Links(paper="https://arxiv.org/abs/2611.00001"),
    signals=Signals(upvotes=3),
    source="file",
    position=1,
    extra={"organization": {"name": "Example"}},
)


@pytest.fixture
def store(tmp_path):
    engine = open_database(tmp_path / "store.sqlite3")
    yield engine
    engine.dispose()


def shape_of(engine):
    """All that tells two stores apart but the order of columns and the spelling of constraints."""
    tables = {}
    with engine.connect() as connection:
        ask = connection.exec_driver_sql
        for table in ask("SELECT name FROM sqlite_master WHERE type = 'table'").scalars().all():
            written = ask(f"SELECT sql FROM sqlite_master WHERE name = '{table}'").scalar()
            tables[table] = {
                "columns": sorted(tuple(row)[1:] for row in ask(f"PRAGMA table_xinfo({table})")),
                "references": sorted(tuple(row)[2:] for row in ask(f"PRAGMA foreign_key_list({table})")),
                "indexes": sorted(
                    (*tuple(row)[2:], *(tuple(one)[2:] for one in ask(f"PRAGMA index_xinfo({row[1]})") if one[5]))
                    for row in ask(f"PRAGMA index_list({table})").all()
                ),
                "checks": written.count("CHECK"),
            }
        partial = ask("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql LIKE '%WHERE%'").all()
        return tables, sorted(map(tuple, partial)), ask("SELECT version_num FROM alembic_version").scalar()


def test_a_new_store_is_what_all_migrations_lead_to(store, tmp_path):
    migrated = database._engine(tmp_path / "migrated.sqlite3")
    database._migrate(migrated)
    with migrated.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    found = shape_of(migrated)
    migrated.dispose()
    assert found == shape_of(store)
    config = Config()
    config.set_main_option("script_location", "digest:store/migrations")
    assert ScriptDirectory.from_config(config).get_current_head() == HEAD


def test_the_store_survives_a_power_cut_by_its_settings(store):
    with store.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2  # FULL
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def test_the_store_is_for_its_owner_alone(store, tmp_path):
    assert (tmp_path / "store.sqlite3").stat().st_mode & 0o077 == 0


def test_a_store_of_a_newer_version_is_refused(tmp_path):
    path = tmp_path / "store.sqlite3"
    open_database(path).dispose()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(InputError, match="newer paper-digest"):
        open_database(path)


def test_a_store_that_stays_busy_is_said_in_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr("digest.store.database.PATIENCE", 0.05)
    engine = open_database(tmp_path / "store.sqlite3")
    with engine.begin(), pytest.raises(BusyError, match=r"busy for 0\.05 seconds"), engine.begin():
        pass


def test_a_paper_comes_back_as_it_was_stored(store):
    with store.begin() as connection:
        assert save(connection, [FULL], NOW) == Saved(new=1)
        assert papers.by_id(connection, [FULL.id, "unknown"]) == {FULL.id: FULL}
        (loaded,) = papers.everything(connection)
    assert (loaded.paper, loaded.first_loaded_at) == (FULL, NOW)


def test_a_paper_loaded_again_keeps_when_it_came_first(store):
    later = NOW + timedelta(days=2)
    with store.begin() as connection:
        save(connection, [FULL], NOW)
        assert save(connection, [FULL], later) == Saved(unchanged=1)
        assert save(connection, [replace(FULL, title="Better")], later) == Saved(changed=1)
        (loaded,) = papers.everything(connection)
    assert loaded.paper.title == "Better"
    assert loaded.first_loaded_at == NOW


def test_search_takes_percent_signs_as_they_are(store):
    with store.begin() as connection:
        save(connection, [FULL, replace(FULL, id="page:1", title="50% of_all")], NOW)
        assert [p.id for p in papers.search(connection, "50%")] == ["page:1"]
        assert [p.id for p in papers.search(connection, "a TITLE")] == [FULL.id]
        assert papers.search(connection, "%") == papers.search(connection, "50% of")


def test_a_moment_without_timezone_is_refused(store):
    with store.begin() as connection, pytest.raises(StatementError, match="without a timezone"):
        save(connection, [FULL], NOW.replace(tzinfo=None))


def draft(store, period="2026-11-24", day=date(2026, 11, 24)):
    issue = compose(
        IssueKey("daily", "daily", period), day, [FULL], {FULL.id: "logic"}, [Topic("logic", "Logic")], Caps(10, 10)
    )
    with store.begin() as connection:
        return issues.save_draft(connection, issue, cutoff=NOW, now=NOW)


def test_a_stored_issue_has_its_sections_as_they_were_composed(store):
    some = [replace(FULL, id=f"page:{n}", title=f"Paper {n}") for n in range(3)]
    topics = [Topic("logic", "Logic"), Topic("vision", "Vision")]
    issue = compose(
        IssueKey("daily", "daily", "2026-11-24"),
        date(2026, 11, 24),
        some,
        {"page:1": "vision", "page:2": "logic"},  # the best paper fits no topic
        topics,
        Caps(10, 10),
    )
    with store.begin() as connection:
        save(connection, some, NOW)
        issues.save_draft(connection, issue, cutoff=NOW, now=NOW)
        restored = issues.restore(connection, issues.find(connection, issue.key))
    assert [section.topic.name for section in restored.sections] == ["Vision", "Logic", "Other papers"]
    assert [s.number for s in restored.sections] == [s.number for s in issue.sections]


def planned(number):
    return PlannedDelivery(
        subscriber_id=f"{number:032x}",
        address=f"r{number}@example.org",
        address_key=f"{number:064x}",
        name="",
        edition="e",
        date=NOW,
        due_at=NOW,
        deadline=NOW + timedelta(days=1),
    )


def test_a_period_has_one_issue_and_a_draft_is_replaced(store):
    assert draft(store) == draft(store)
    with store.begin() as connection:
        assert len(issues.recent(connection)) == 1
        assert len(issues.entries(connection, 1)) == 1


def numbered(connection, period):
    stored = issues.find(connection, IssueKey("daily", "daily", period))
    return replace(issues.restore(connection, stored), number=1)


def test_a_number_is_taken_once(store):
    first, second = draft(store), draft(store, "2026-11-25", date(2026, 11, 25))
    with store.begin() as connection:
        issues.freeze(connection, first, numbered(connection, "2026-11-24"), frozen={}, now=NOW)
        assert issues.next_number(connection, "daily", "daily") == 2
    with pytest.raises(IntegrityError), store.begin() as connection:
        issues.freeze(connection, second, numbered(connection, "2026-11-25"), frozen={}, now=NOW)


def test_a_frozen_issue_has_its_papers_as_they_were(store):
    with store.begin() as connection:
        save(connection, [FULL], NOW)
    first = draft(store)
    with store.begin() as connection:
        issue = numbered(connection, "2026-11-24")
        issues.freeze(connection, first, issue, frozen={"language": "en"}, now=NOW)
        save(connection, [replace(FULL, title="Another title", abstract="Another abstract.")], NOW)
        stored = issues.find(connection, issue.key)
        assert issues.restore(connection, stored) == replace(
            issue, sections=(replace(issue.sections[0], entries=(frozen_entry(issue),)),)
        )
        # Approved by a version that kept but the title.
        connection.execute(text("UPDATE issue_papers SET paper = NULL"))
        (entry,) = issues.restore(connection, stored).entries
    assert (entry.paper.id, entry.paper.title) == (FULL.id, FULL.title)
    assert entry.paper.abstract == "Another abstract."


def frozen_entry(issue):
    (entry,) = issue.entries
    return replace(entry, paper=replace(entry.paper, extra={}))


def test_a_planned_delivery_is_stored_as_it_is(store):
    issue_id = draft(store)
    one = planned(1)._replace(address="Ada@Lab.Example.org", name="Ada", due_at=NOW + timedelta(hours=1))
    with store.begin() as connection:
        assert deliveries.plan(connection, issue_id, [one]) == 1
        (row,) = connection.execute(select(schema.deliveries)).mappings()
    assert {name: row[name] for name in one._fields} == one._asdict()
    assert (row["issue_id"], row["domain"], row["state"], row["attempts"]) == (
        issue_id,
        "lab.example.org",
        "planned",
        0,
    )
    assert row["next_attempt_at"] == one.due_at
    assert (row["settled_at"], row["relay"], row["reply"]) == (None, None, None)


def test_a_subscriber_has_one_delivery_of_an_issue(store):
    issue_id = draft(store)
    with store.begin() as connection:
        assert deliveries.plan(connection, issue_id, map(planned, range(1_700))) == 1_700
        assert deliveries.counts(connection, issue_id) == {DeliveryState.PLANNED: 1_700}
    with pytest.raises(IntegrityError), store.begin() as connection:
        deliveries.plan(connection, issue_id, [planned(2_000), planned(1_699)])
    with store.begin() as connection:
        assert deliveries.counts(connection, issue_id) == {DeliveryState.PLANNED: 1_700}


def test_a_plan_is_forgotten_in_pieces_and_another_issues_stays(store):
    first, second = draft(store), draft(store, "2026-11-25", date(2026, 11, 25))
    with store.begin() as connection:
        for issue_id in (first, second):
            deliveries.plan(connection, issue_id, map(planned, range(5)))
        assert [deliveries.forget_plan(connection, first, 2) for _ in range(4)] == [2, 2, 1, 0]
        assert deliveries.counts(connection, first) == {}
        assert deliveries.counts(connection, second) == {DeliveryState.PLANNED: 5}


def test_whom_a_memory_has_met_is_known_by_the_first_number():
    ada, emmy, kurt = (f"{number:032x}" for number in range(3))
    with memory() as met:
        assert met.add([(ada, -1), (emmy, 2)]) == {}
        assert met.add([(kurt, 3), (emmy, 4), (ada, 5), (kurt, 6)]) == {1: 2, 2: -1, 3: 3}
        assert met.add([(emmy, 7)]) == {0: 2}
    with memory() as another:
        assert another.add([(ada, 1)]) == {}


def test_a_draft_that_was_stored_comes_back_whole(store):
    with store.begin() as connection:
        save(connection, [FULL], NOW)
    issue_id = draft(store)
    with store.begin() as connection:
        stored = issues.recent(connection)[0]
        restored = issues.restore(connection, stored)
    assert stored.id == issue_id
    (section,) = restored.sections
    assert (section.topic.id, section.topic.name, section.number) == ("logic", "Logic", 1)
    assert section.entries[0].paper == FULL


def test_suppressed_somewhere_is_not_suppressed_everywhere(store):
    def suppress(connection, scope, key):
        suppressions.add(connection, scope=scope, address_key=key, address=None, reason="left", source="test", now=NOW)

    with store.begin() as connection:
        suppress(connection, "daily", "a")
        suppress(connection, suppressions.EVERYWHERE, "b")
        suppress(connection, "daily", "a")
        assert suppressions.keys(connection, "daily") == {"a", "b"}
        assert suppressions.keys(connection, "weekly") == {"b"}
        assert suppressions.among(connection, "daily", ["a", "b", "c"]) == {"a", "b"}
        assert suppressions.among(connection, "weekly", ["a", "b", "c"]) == {"b"}
        assert suppressions.among(connection, "daily", ["b"]) == {"b"}


def test_a_store_of_the_first_version_is_migrated_with_its_deliveries_and_their_attempts(tmp_path):
    path = tmp_path / "store.sqlite3"
    engine = open_database(path)
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", "digest:store/migrations")
        config.attributes["connection"] = connection
        command.downgrade(config, "0001")
    engine.dispose()
    with sqlite3.connect(path) as old:
        old.execute(
            "INSERT INTO issues (id, list_id, frequency, period, day, state, cutoff, left_over, built_at)"
            " VALUES (1, 'l', 'daily', '2026-11-24', '2026-11-24', 'sending', '2026-11-24', '{}', '2026-11-24')"
        )
        old.execute(
            "INSERT INTO deliveries (id, issue_id, subscriber_id, address, address_key, name, edition, date, due_at,"
            " deadline, state, attempts, next_attempt_at) VALUES (7, 1, 's', 'Ada@Example.org', 'k', '', 'e',"
            " '2026-11-24', '2026-11-24', '2026-11-25', 'deferred', 1, '2026-11-24')"
        )
        old.execute(
            "INSERT INTO attempts (delivery_id, relay, at, verb, stage, code, enhanced, reply)"
            " VALUES (7, 'r', '2026-11-24', 'defer', 'rcpt', 450, '4.2.0', 'later')"
        )
    old.close()
    engine = open_database(path)
    with engine.connect() as connection:
        rows = connection.exec_driver_sql(
            "SELECT d.domain, d.state, a.code FROM deliveries d JOIN attempts a ON a.delivery_id = d.id"
        )
        assert [tuple(row) for row in rows] == [("example.org", "deferred", 450)]
        assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
    engine.dispose()


def test_what_is_asked_of_an_issue_reads_its_deliveries_as_they_lie(store):
    """By its index a million are fetched one by one out of order; every run counts them twice."""
    asked = []
    event.listen(store, "before_cursor_execute", lambda _c, _u, sql, values, *_: asked.append((sql, values)))
    waits = [DeliveryState.PLANNED]
    first, second = draft(store), draft(store, "2026-11-25", date(2026, 11, 25))
    with store.begin() as connection:
        for number in range(6):  # the one's lie between the other's
            deliveries.plan(connection, (first, second)[number % 2], [planned(number)])
        deliveries.plan(connection, first, [planned(9)])
        asked.clear()
        assert deliveries.counts(connection, first) == {DeliveryState.PLANNED: 4}
        assert deliveries.counts(connection, second) == {DeliveryState.PLANNED: 3}
        assert deliveries.counts(connection, 99) == {}
        assert deliveries.next_due(connection, second) == NOW
        assert len(deliveries.listed(connection, second, waits)) == 3
        assert deliveries.settled_since(connection, first, NOW).settled == 0
        assert not deliveries.has_claimed(connection, first)
        plans = {
            row[3]
            for sql, values in tuple(asked)
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values).all()
        }
    assert [row.address for row in deliveries.walk(store, second, waits)] == [planned(n).address for n in (1, 3, 5)]
    assert not any("USING INDEX sqlite_autoindex_deliveries" in step for step in plans), plans
    assert any("ix_deliveries_open" in step for step in plans), plans
