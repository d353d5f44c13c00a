"""Planning at length: batch by batch, stopped, killed, beside other commands, and in bounded memory."""

import sqlite3
import tracemalloc
from datetime import UTC, date, datetime, timedelta

import pytest

from digest import planning
from digest.deliver.sender import ASKED
from digest.deliver.states import DeliveryState
from digest.errors import BusyError, InputError, StateError, TemplateError
from digest.issues.states import IssueState, Verb
from digest.pipeline import Control, change_state, key_of, ready, send
from digest.rehearsal import rehearse
from digest.resources import shipped
from digest.roster import inviting
from digest.site import Site
from digest.store import deliveries, issues, suppressions
from digest.store.ledger import SqlLedger
from digest.store.memory import memory
from digest.subscribers.identity import address_key

DAY = date(2026, 11, 24)
READERS = [f"r{n}@example.org" for n in range(10)]


@pytest.fixture
def long_list(seeded, subscriber_file, monkeypatch):
    """A site whose daily list takes four batches."""
    monkeypatch.setattr(planning, "BATCH", 3)
    write(subscriber_file, READERS)
    return seeded


def write(path, addresses):
    path.write_text("email\n" + "".join(f"{address}\n" for address in addresses), encoding="utf-8")


def go(site, now, **control):
    return send(site, site.list("daily"), "daily", DAY, Control(now=lambda: now, **control))


class Stop:
    """Says stop once it was asked so many times, and always once there is a plan."""

    def __init__(self, planning_takes):
        self.left = planning_takes

    def __call__(self):
        self.left -= 1
        return self.left < 0


def key(site):
    return key_of(site.list("daily"), "daily", DAY)


def stored(site):
    with site.store.begin() as connection:
        return issues.find(connection, key(site))


def rows(site, columns="address"):
    with sqlite3.connect(site.root / site.settings.store) as connection:
        return connection.execute(f"SELECT {columns} FROM deliveries ORDER BY id").fetchall()


@pytest.fixture
def break_at(monkeypatch):
    """Make the storing of a batch fail, once: `break_at(2, error)` breaks the second."""
    plan, batches = deliveries.plan, []

    def breaking(number, error):
        def broken(connection, issue_id, planned):
            batches.append(len(planned))
            if len(batches) == number:
                raise error
            return plan(connection, issue_id, planned)

        monkeypatch.setattr(deliveries, "plan", broken)
        return batches

    return breaking


class KilledError(BaseException):
    """Stands for the end of the process."""


def test_a_killed_plan_can_not_be_claimed_and_is_made_anew_of_who_is_there_then(
    long_list, subscriber_file, now, break_at
):
    batches = break_at(3, KilledError())
    with pytest.raises(KilledError):
        go(long_list, now)
    assert batches == [3, 3, 3]
    half = stored(long_list)
    assert (half.state, half.planned_at) == (IssueState.APPROVED, None)
    assert len(rows(long_list)) == 6
    assert SqlLedger(long_list.store, half.id, "daily").exchange([], 10, now) == []

    write(subscriber_file, [*READERS[2:], "new@example.org"])
    suppress(long_list, READERS[4], now)
    delivered = go(long_list, now + timedelta(minutes=1))
    expected = [*READERS[2:4], *READERS[5:], "new@example.org"]
    assert delivered.reach.planned == len(expected)
    assert delivered.reach.left_out == {"suppressed": 1}
    assert delivered.counts == {DeliveryState.ACCEPTED: len(expected)}
    assert delivered.issue.state is IssueState.FINISHED
    assert [address for (address,) in rows(long_list)] == expected


def suppress(site, address, now):
    with site.store.begin() as connection:
        suppressions.add(
            connection,
            scope="daily",
            address_key=address_key(site.identity_key, address),
            address=address,
            reason="left",
            source="test",
            now=now,
        )


def test_editions_of_a_killed_plan_go_with_it(long_list, subscriber_file, now, break_at):
    subscriber_file.write_text("email,topics\n" + "".join(f"{r},robotics\n" for r in READERS), encoding="utf-8")
    break_at(3, KilledError())
    with pytest.raises(KilledError):
        go(long_list, now)
    write(subscriber_file, READERS)
    assert go(long_list, now).reach.editions == 1
    with sqlite3.connect(long_list.root / long_list.settings.store) as connection:
        assert connection.execute("SELECT count(*) FROM editions").fetchone() == (1,)


def test_a_plan_in_batches_is_complete_in_the_order_of_the_file(long_list, now, break_at):
    batches = break_at(99, KilledError())
    delivered = go(long_list, now)
    assert batches == [3, 3, 3, 1]
    assert delivered.counts == {DeliveryState.ACCEPTED: 10}
    assert [address for (address,) in rows(long_list)] == READERS
    assert set(rows(long_list, "domain, state, attempts")) == {("example.org", "accepted", 1)}


def test_others_can_write_while_a_plan_is_made_and_no_other_run_begins(long_list, now, monkeypatch):
    read, met = inviting.read_lines, []

    def beside(path):
        for number, line in enumerate(read(path)):
            if number == len(READERS):  # of four batches two are stored
                with sqlite3.connect(long_list.root / long_list.settings.store, timeout=0.05) as other:
                    other.execute("INSERT INTO address_scores VALUES ('k', 1, '2026-11-24')")
                other.close()
                with pytest.raises(BusyError), Site.open(long_list.root).run_lock():
                    pass
                met.append(number)
            yield line

    # So that the file is still read when the first batches are stored.
    monkeypatch.setattr("digest.subscribers.audience._TOGETHER", 2)
    monkeypatch.setattr(inviting, "read_lines", beside)
    monkeypatch.setattr(deliveries, "plan", watched(deliveries.plan, met))
    assert go(long_list, now).counts == {DeliveryState.ACCEPTED: 10}
    assert met == ["batch", "batch", 10, "batch", "batch"]


def watched(plan, met):
    def plan_and_tell(*arguments):
        met.append("batch")
        return plan(*arguments)

    return plan_and_tell


@pytest.mark.parametrize(("verb", "counts"), [(Verb.PAUSE, {"planned": 3}), (Verb.CANCEL, {"cancelled": 3})])
def test_who_pauses_or_cancels_while_a_plan_is_made_is_obeyed(long_list, now, monkeypatch, verb, counts):
    plan, batches = deliveries.plan, []

    def then_act(connection, issue_id, planned):
        added = plan(connection, issue_id, planned)
        batches.append(added)
        return added

    def act_between(issue_key):
        if len(batches) == 1:
            change_state(long_list, issue_key, verb, now)
        return False

    monkeypatch.setattr(deliveries, "plan", then_act)
    with pytest.raises(StateError, match=f"is {verb}.* its plan is given up"):
        go(long_list, now, stop=lambda: act_between(key(long_list)))
    assert batches == [3]
    with long_list.store.begin() as connection:
        assert deliveries.counts(connection, 1) == counts
    if verb is Verb.PAUSE:
        change_state(long_list, key(long_list), Verb.RESUME, now)
        assert go(long_list, now).counts == {DeliveryState.ACCEPTED: 10}


def test_a_plan_stops_between_two_batches_and_the_next_run_makes_it_anew(long_list, now):
    stopped = go(long_list, now, stop=Stop(planning_takes=1))
    assert stopped.run.stopped == ASKED
    assert stopped.reach is None
    assert stopped.issue.state is IssueState.APPROVED
    assert stopped.counts == {DeliveryState.PLANNED: 6}
    assert stored(long_list).planned_at is None
    assert go(long_list, now).counts == {DeliveryState.ACCEPTED: 10}


def test_of_two_rows_far_apart_the_first_holds_and_the_other_is_told(long_list, subscriber_file, now):
    readers = "".join(f"{address},\n" for address in READERS)
    head = "email,frequency\nr3@example.org,weekly\n"
    subscriber_file.write_text(head + readers + "R7@example.org,\nnobody,\n", encoding="utf-8")
    rehearsal = rehearse(long_list, long_list.list("daily"), "daily", DAY, now)
    reach = go(long_list, now).reach
    assert [address for (address,) in rows(long_list)] == READERS[:3] + READERS[4:]
    assert reach.left_out == {"another frequency": 1}
    assert [str(problem) for problem in reach.problems[:2]] == [
        "line 6: the same address as in line 2 (r3@example.org)",
        "line 13: the same address as in line 10 (R7@example.org)",
    ]
    assert (reach.problems[2].line, reach.refused, reach.untold) == (14, 3, 0)
    assert rehearsal.addresses == tuple(sorted(READERS[:3] + READERS[4:]))
    assert (rehearsal.left_out, rehearsal.problems, rehearsal.refused) == (reach.left_out, reach.problems, 3)


def test_a_file_full_of_problems_is_counted_and_only_the_first_are_told(long_list, subscriber_file, now, monkeypatch):
    monkeypatch.setattr(planning, "MOST_PROBLEMS", 2)
    write(subscriber_file, ["a", "b", "c", "ada@example.org", "d", "ada@example.org"])
    reach = go(long_list, now).reach
    assert reach.planned == 1
    assert [problem.line for problem in reach.problems] == [2, 3]
    assert (reach.refused, reach.untold) == (5, 3)


def test_a_rehearsal_stores_nothing(long_list, now):
    before = (long_list.root / long_list.settings.store).read_bytes()
    assert len(rehearse(long_list, long_list.list("daily"), "daily", DAY, now).addresses) == 10
    assert stored(long_list) is None
    assert rows(long_list) == []
    assert (long_list.root / long_list.settings.store).read_bytes() == before


def test_an_edition_that_can_not_be_made_leaves_the_draft_to_be_mended(seeded, now):
    template = seeded.root / "templates" / "default" / "issue.txt.j2"
    text = (shipped("templates") / "default" / "issue.txt.j2").read_text("utf-8")
    template.write_text("{% for s in issue.sections %}{{ s.count }}{% endfor %}\n" + text, encoding="utf-8")
    with pytest.raises(TemplateError, match="stands outside"):
        go(seeded, now)
    assert stored(seeded) is None
    template.unlink()
    assert go(seeded, now).issue.state is IssueState.FINISHED


def test_a_file_that_is_written_to_while_it_is_read_is_no_audience(long_list, subscriber_file, now, monkeypatch):
    plan = deliveries.plan

    def written_to(*arguments):
        with subscriber_file.open("a", encoding="utf-8") as file:
            file.write("late@example.org\n")
        return plan(*arguments)

    monkeypatch.setattr("digest.subscribers.audience._TOGETHER", 2)
    monkeypatch.setattr(deliveries, "plan", written_to)
    with pytest.raises(InputError, match="was changed while it was read"):
        go(long_list, now)
    assert stored(long_list).planned_at is None
    monkeypatch.setattr(deliveries, "plan", plan)
    assert "late@example.org" in {address for (address,) in rows_after(long_list, now)}


def rows_after(site, now):
    go(site, now)
    return rows(site)


@pytest.mark.parametrize(
    ("sent", "deadline"),
    [
        ("2026-11-24 06:00", "2026-11-25 06:00"),  # 24 hours, and the next issue
        ("2026-11-24 15:00", "2026-11-25 06:00"),  # the next issue comes first
        ("2026-11-24 05:50", "2026-11-25 05:50"),  # this very issue's hour, ten minutes on, is no deadline
    ],
)
def test_a_message_is_tried_until_the_next_issue_is_due(seeded, sent, deadline):
    moment = datetime.fromisoformat(sent).replace(tzinfo=UTC)
    go(seeded, moment)
    assert {found for (found,) in rows(seeded, "deadline")} == {f"{deadline}:00.000000"}


def test_without_a_schedule_the_lists_own_deadline_is_all(seeded, monkeypatch):
    path = seeded.root / "digest.toml"
    head, _, rest = path.read_text("utf-8").partition("[lists.daily.schedule.daily]")
    path.write_text(
        head + "deadline_hours = 30\n[lists.weekly]" + rest.partition("[lists.weekly]")[2], encoding="utf-8"
    )
    go(Site.open(seeded.root), datetime(2026, 11, 24, 15, tzinfo=UTC))
    assert {found for (found,) in rows(seeded, "deadline")} == {"2026-11-25 21:00:00.000000"}


def walk(site, subscriber_file, now, count):
    """Return the most memory in bytes that planning takes beyond what was there before."""
    readers = (f"reader{n}@d{n % 7}.example.org,Reader {n},{('robotics', '')[n % 2]}\n" for n in range(count))
    with subscriber_file.open("w", encoding="utf-8") as file:
        file.write("email,name,topics\n")
        file.writelines(readers)
    with site.store.connect() as connection, connection.begin():
        _, planner = ready(connection, site, site.list("daily"), "daily", DAY, now)
        connection.rollback()
    tracemalloc.start()
    try:
        with memory() as remembered:
            assert sum(1 for _ in planner.deliveries(remembered)) == count
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_ten_times_the_readers_take_no_more_memory(seeded, subscriber_file, now):
    walk(seeded, subscriber_file, now, 10)  # what is cached for good
    few, many = (walk(seeded, subscriber_file, now, count) for count in (2_000, 20_000))
    assert many < few * 1.25
