"""Bounces that are too many to be believed suppress nobody, and the operator is told."""

import logging
from datetime import timedelta

import pytest

from digest.bounces.report import Effect
from digest.returns.taking import take
from digest.site import Site
from digest.store import reports, scores, suppressions
from digest.store.schema import notices as notice_table
from tests.integration.sending import arrival, bounce, key_of, sent_issue

LARGE = [f"r{n}@large.example.org" for n in range(240)]
SMALL = [f"r{n}@s{n}.example.net" for n in range(800)]


@pytest.fixture
def told(site):
    text = (site.root / "digest.toml").read_text("utf-8")
    (site.root / "digest.toml").write_text(text.replace("[mail]", '[mail]\nalerts = "ops@example.org"'), "utf-8")
    return Site.open(site.root)


@pytest.fixture
def issue(told, now):
    return sent_issue(told, [*LARGE, *SMALL], now)


def suppressed(site):
    with site.store.begin() as connection:
        return {one.address for one in suppressions.every(connection)}


def alerts(site):
    with site.store.begin() as connection:
        return [row.message for row in connection.execute(notice_table.select())]


def bounces(site, key, addresses, status="5.1.1"):
    return [arrival(bounce(site, key, address, status)) for address in addresses]


def test_a_server_that_knows_none_of_its_readers_any_more_is_not_believed(told, issue, now, caplog):
    effects = take(told, bounces(told, issue, LARGE), now)
    assert effects == [Effect.SCORED] * len(LARGE)
    assert suppressed(told) == set()
    (alert,) = alerts(told)
    assert "large.example.org" in alert
    assert [(record.levelno, record.name) for record in caplog.records] == [(logging.ERROR, "digest.returns.doubt")]
    assert "large.example.org" in caplog.text
    assert take(told, bounces(told, issue, SMALL[:9]), now) == [Effect.SUPPRESSED] * 9  # what others say is believed


def test_those_that_were_believed_at_first_are_taken_back(told, issue, now, caplog):
    effects = []
    for number, one in enumerate(bounces(told, issue, LARGE)):
        effects += take(told, [one], now + timedelta(seconds=number))
    assert effects == [Effect.SUPPRESSED] * 49 + [Effect.SCORED] * 191
    assert suppressed(told) == set()
    assert {row.effect for row in reports.walk(told.store)} == {Effect.SCORED}
    assert (len(alerts(told)), len(caplog.records)) == (1, 1)
    with told.store.begin() as connection:
        assert scores.load(connection, key_of(told, LARGE[0])).value == 1.0
        (lifted,) = suppressions.lifted(connection, [key_of(told, LARGE[0])])
    assert lifted.by == f"too many addresses of issue {issue} were said not to exist"


def test_who_was_suppressed_for_another_reason_stays_so(told, issue, now):
    with told.store.begin() as connection:
        suppressions.add(
            connection,
            scope="*",
            address_key=key_of(told, LARGE[0]),
            address=LARGE[0],
            reason="complaint",
            source="by phone",
            now=now - timedelta(days=1),
        )
    take(told, bounces(told, issue, LARGE[:1]), now)
    take(told, bounces(told, issue, LARGE[1:]), now)
    assert suppressed(told) == {LARGE[0]}


def test_many_that_are_few_among_all_are_believed(told, issue, now):
    assert take(told, bounces(told, issue, LARGE[:48]), now) == [Effect.SUPPRESSED] * 48  # a fifth, but few
    many = [f"m{n}@many.example.org" for n in range(1_000)]
    other = sent_issue(told, many, now - timedelta(days=1))
    assert set(take(told, bounces(told, other, many[:200]), now)) == {Effect.SUPPRESSED}
    assert set(take(told, bounces(told, other, many[200:201]), now)) == {Effect.SCORED}  # now it is more than a fifth
    assert len(suppressed(told)) == 48


def test_a_relay_that_says_so_of_many_domains_is_not_believed(told, issue, now):
    assert set(take(told, bounces(told, issue, SMALL[:400]), now)) == {Effect.SCORED}
    assert suppressed(told) == set()


def test_other_bounces_are_not_counted_in(told, issue, now):
    take(told, bounces(told, issue, LARGE, "5.7.1"), now)
    assert take(told, bounces(told, issue, LARGE[:9]), now) == [Effect.SUPPRESSED] * 9


def test_whom_it_goes_on_for_is_suppressed_in_the_end(told, now):
    effects = set()
    for day in range(6):
        at = now + timedelta(days=day)
        effects = set(take(told, bounces(told, sent_issue(told, LARGE, at), LARGE), at))
    assert effects == {Effect.SUPPRESSED}
    assert len(alerts(told)) == 6


def test_without_somebody_to_tell_and_with_a_broken_template_the_log_tells(site, told, now, caplog):
    take(site, bounces(site, sent_issue(site, LARGE, now), LARGE), now)
    (told.root / "templates" / "notices").mkdir(parents=True, exist_ok=True)
    (told.root / "templates" / "notices" / "doubt.txt.j2").write_text("{{ nothing", encoding="utf-8")
    key = sent_issue(told, LARGE, now + timedelta(days=1))
    assert set(take(told, bounces(told, key, LARGE), now + timedelta(days=1))) == {Effect.SCORED}
    assert len(caplog.records) == 3  # and of the template
    assert "doubt.txt.j2" in caplog.text
    assert alerts(told) == []
