"""An editor pins, drops and takes it back: what was meant, and which drafts and issues it changes."""

import json
import subprocess
from dataclasses import replace

import pytest

from digest import clock, pipeline
from digest.errors import InputError
from digest.papers.paper import Paper
from digest.picking import Fixed, papers_called, pick
from digest.site import Site
from digest.store import issues, picks
from digest.store.loading import save
from tests.integration.test_cli_delivery import run, said

PAPERS = (
    Paper("arxiv:2611.00001", "Quiet quasars", "quasara quasarb"),
    Paper("arxiv:2611.00002", "Loud lemmas", "lemmaa lemmab"),
    Paper("doi:10.1234/lemmas", "Silent lemmas", "silenta silentb"),
)


@pytest.fixture
def stocked(site, now) -> Site:
    with site.store.begin() as connection:
        save(connection, PAPERS, now)
    return site


def alone(site: Site) -> Site:
    """Return the site with the one list "daily"."""
    path = site.root / "digest.toml"
    text = path.read_text("utf-8")
    start, end = text.index("[lists.weekly]"), text.index("# The topics papers are grouped by")
    path.write_text(text[:start] + text[end:], encoding="utf-8")
    return Site.open(site.root)


def build(site, now, frequency="daily"):
    with site.store.begin() as connection:
        return pipeline.build(connection, site, site.list("daily"), frequency, now.date(), now)


def approve(site, now):
    with site.store.begin() as connection:
        return pipeline.approve(connection, site, site.list("daily"), key(site, now), now)


def key(site, now, frequency="daily"):
    return pipeline.key_of(site.list("daily"), frequency, now.date())


def ids(site, now, frequency="daily"):
    with site.store.begin() as connection:
        stored = pipeline.existing(connection, key(site, now, frequency))
        return [entry.paper_id for entry in issues.entries(connection, stored.id)]


@pytest.mark.parametrize(
    "words",
    [
        "arxiv:2611.00001",
        "2611.00001",
        "2611.00001v3",
        "https://arxiv.org/abs/2611.00001",
        "https://huggingface.co/papers/2611.00001",
        "arxiv:2611.00001v2",
        "quiet QUASARS",
        " quasars ",
    ],
)
def test_words_that_name_one_paper(stocked, words):
    with stocked.store.begin() as connection:
        assert [paper.id for paper in papers_called(connection, words)] == ["arxiv:2611.00001"]


def test_a_former_id_names_the_paper_it_became(stocked, now):
    with stocked.store.begin() as connection:
        save(connection, [replace(PAPERS[0], other_ids=("doi:10.1234/quasars",))], now)
        assert [paper.id for paper in papers_called(connection, "10.1234/QUASARS")] == ["arxiv:2611.00001"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (
            "lemmas",
            r"^'lemmas' names 2 papers: arxiv:2611\.00002 \(Loud lemmas\); doi:10\.1234/lemmas \(Silent lemmas\); ",
        ),
        ("nothing like it", r"^no paper is called 'nothing like it'; `digest papers list`"),
        ("", r"^no paper is called ''"),
        ("%", r"^no paper is called '%'"),
        ("2611.99999", r"^no paper is called"),
    ],
)
def test_words_that_name_none_or_several_pick_nothing(stocked, now, words, says):
    with pytest.raises(InputError, match=says):
        pick(stocked, stocked.list("daily"), words, "pin", now)
    with stocked.store.begin() as connection:
        assert picks.picked(connection, "daily") == {}


def test_drafts_of_both_frequencies_follow_a_pick(stocked, now):
    build(stocked, now)
    build(stocked, now, "weekly")
    picked = pick(stocked, stocked.list("daily"), "silent", "pin", now)
    assert picked.rebuilt == (key(stocked, now), key(stocked, now, "weekly"))
    assert ids(stocked, now)[0] == ids(stocked, now, "weekly")[0] == "doi:10.1234/lemmas"
    pick(stocked, stocked.list("daily"), "silent", "drop", now)
    assert "doi:10.1234/lemmas" not in ids(stocked, now)
    pick(stocked, stocked.list("daily"), "silent", None, now)
    assert ids(stocked, now)[-1] == "doi:10.1234/lemmas"


def test_a_pick_is_of_one_list_only(stocked, now):
    pick(stocked, stocked.list("weekly"), "silent", "drop", now)
    build(stocked, now)
    assert "doi:10.1234/lemmas" in ids(stocked, now)


def test_an_approved_issue_stays_as_it_is(stocked, now):
    pick(stocked, stocked.list("daily"), "silent", "drop", now)
    build(stocked, now)
    approve(stocked, now)
    before = ids(stocked, now)
    dropped = pick(stocked, stocked.list("daily"), "quasars", "drop", now)
    pinned = pick(stocked, stocked.list("daily"), "silent", "pin", now)
    assert ids(stocked, now) == before
    assert dropped.fixed == (Fixed(key(stocked, now), "approved", has_paper=True),)
    assert pinned.fixed == (Fixed(key(stocked, now), "approved", has_paper=False),)
    assert (dropped.carried, pinned.carried) == (("daily",), ())


def test_a_pick_by_a_former_id_can_be_taken_back(stocked, now):
    """The paper was picked as one, and turned out to be another."""
    pick(stocked, stocked.list("daily"), "10.1234/lemmas", "pin", now)
    joined = replace(PAPERS[1], other_ids=("doi:10.1234/lemmas",))
    with stocked.store.begin() as connection:
        save(connection, [joined], now)
        (now_called,) = picks.picked(connection, "daily")
    pick(stocked, stocked.list("daily"), now_called, None, now)
    with stocked.store.begin() as connection:
        assert picks.picked(connection, "daily") == {}


def test_the_last_word_holds_where_two_papers_became_one(stocked, now):
    pick(stocked, stocked.list("daily"), "silent", "drop", now.replace(hour=7))
    pick(stocked, stocked.list("daily"), "loud", "pin", now.replace(hour=8))
    with stocked.store.begin() as connection:
        save(connection, [replace(PAPERS[1], other_ids=("doi:10.1234/lemmas",))], now)
        assert list(picks.picked(connection, "daily").values()) == ["pin"]


def refused(result: subprocess.CompletedProcess[str]) -> str:
    """Return the one line with which a command refused."""
    assert (result.returncode, result.stdout) == (1, ""), result.stdout
    (line,) = result.stderr.splitlines()
    return line


def test_the_commands_on_a_site_with_one_list(stocked):
    site = alone(stocked)
    today = clock.now()
    build(site, today)
    name = key(site, today)
    assert said(site, "issue", "pin", "quasars").splitlines() == [
        "Pinned in daily: Quiet quasars (arxiv:2611.00001)",
        f"The draft {name} was built again.",
    ]
    shown = said(site, "issue", "show", "daily")
    assert "  1. Quiet quasars  (pinned by the editors)" in shown
    assert "Dropped in daily: Quiet quasars" in said(site, "issue", "drop", "2611.00001")
    assert "Quiet quasars" not in said(site, "issue", "show", "daily")
    assert "Neither pinned nor dropped now in daily: Quiet" in said(site, "issue", "unpick", "quasars")
    assert "is neither pinned nor dropped there" in refused(run(site, "issue", "unpick", "quasars"))
    assert "names 2 papers" in refused(run(site, "issue", "pin", "lemmas"))
    assert "no paper is called 'nix'" in refused(run(site, "issue", "drop", "nix"))


def test_a_draft_that_a_drop_empties_is_gone(stocked):
    site = alone(stocked)
    build(site, clock.now())
    for paper in PAPERS[:2]:
        said(site, "issue", "drop", paper.id)
    assert f"The draft {key(site, clock.now())} has no paper left and is gone." in said(site, "issue", "drop", "silent")
    assert "has no issue yet" in refused(run(site, "issue", "show", "daily"))


def test_with_several_lists_one_has_to_be_named(stocked):
    assert "which list? Add --list with one of daily, weekly" in refused(run(stocked, "issue", "pin", "quasars"))
    assert "Pinned in weekly" in said(stocked, "issue", "pin", "quasars", "--list", "weekly")
    assert "did you mean 'daily'?" in refused(run(stocked, "issue", "pin", "quasars", "-l", "dayly"))


def test_what_cannot_be_changed_any_more_is_said(stocked):
    site, today = alone(stocked), clock.now()
    build(site, today)
    approve(site, today)
    result = run(site, "issue", "pin", "quasars")
    assert result.returncode == 0
    assert result.stderr.splitlines() == [
        f"Issue {key(site, today)} is approved with it, and stays as it is.",
        "It had its card in a daily issue of daily, and a card comes only once.",
    ]
    assert json.loads(said(site, "issue", "show", "daily", "--json"))["state"] == "approved"
