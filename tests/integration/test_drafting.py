"""From a real store to drafts, day after day: who stands in them, how large, where, and why."""

import random
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from digest import drafting, pipeline
from digest.drafting import DROPPED, compose_draft, select
from digest.errors import TemplateError
from digest.papers.paper import Paper, Signals
from digest.rehearsal import export
from digest.site import Site
from digest.store import issues, loading, papers, picks
from digest.store.loading import _rows as rows
from digest.store.loading import save

DAY = timedelta(days=1)
PINNED = "pinned by the editors"


def paper(name: str, upvotes: int | None = None, **more) -> Paper:
    """A paper of huggingface that shares no word with another."""
    words = " ".join(f"{name}{letter}" for letter in "abcdefghijkl")
    fields = {"published": date(2026, 11, 24), "source": "huggingface", "signals": Signals(upvotes=upvotes)}
    return Paper(f"local:{name}", f"{name.title()} {name}ous", words, **{**fields, **more})


def load(site: Site, now: datetime, *papers: Paper) -> None:
    with site.store.begin() as connection:
        save(connection, papers, now)


def with_list(site: Site, keys: str, tables: str = "") -> Site:
    """Return the site with more keys of its list "daily", and more tables."""
    path = site.root / "digest.toml"
    text = path.read_text("utf-8").replace("[lists.daily]\n", f"[lists.daily]\n{keys}\n")
    path.write_text(f"{text}\n{tables}\n", encoding="utf-8")
    return Site.open(site.root)


def draft(site: Site, now: datetime) -> list[issues.StoredEntry]:
    """Build the draft of a day and return its entries, best first."""
    with site.store.begin() as connection:
        stored = pipeline.build(connection, site, site.list("daily"), "daily", now.date(), now)
        return [] if stored is None else issues.entries(connection, stored.id)


def approve(site: Site, now: datetime) -> None:
    with site.store.begin() as connection:
        pipeline.approve(connection, site, site.list("daily"), key(site, now), now)


def key(site: Site, now: datetime):
    return pipeline.key_of(site.list("daily"), "daily", now.date())


def pick(site: Site, now: datetime, verb: picks.Pick, paper_id: str) -> None:
    with site.store.begin() as connection:
        picks.pick(connection, "daily", paper_id, verb, now)


def ids(entries: list[issues.StoredEntry], carries: str | None = None) -> list[str]:
    return [e.paper_id.removeprefix("local:") for e in entries if carries in (None, e.carries)]


def left_out(site: Site, now: datetime) -> dict[str, str]:
    with site.store.begin() as connection:
        found = select(connection, site, site.list("daily"), "daily", now)
    return {paper.id.removeprefix("local:"): reason for paper, reason in found.left_out}


def test_rules_take_what_is_included_less_what_is_excluded(site, now):
    site = with_list(
        site,
        "",
        '[lists.daily.include]\nkeywords = ["quasar"]\ncategories = ["cs.CL"]\n'
        '[lists.daily.exclude]\nauthors = ["Ada Lovelace"]\n',
    )
    load(
        site,
        now,
        paper("one", keywords=("quasars",)),
        paper("two", categories=("cs.CL",)),
        paper("three", categories=("cs.CV",)),
        paper("four", categories=("cs.CL",), authors=("Ada Lovelace",)),
        paper("five", authors=("Ada Lovelace",)),
    )
    pick(site, now, "pin", "local:five")
    assert sorted(ids(draft(site, now))) == ["five", "one", "two"]
    assert left_out(site, now) == {
        "three": "fits nothing that is included",
        "four": 'excluded by author "Ada Lovelace"',
    }


def test_only_what_would_stand_in_the_issue_is_told_as_left_out(site, now):
    site = with_list(site, "", '[lists.daily.exclude]\nkeywords = ["survey"]\n')
    load(site, now - 9 * DAY, paper("old", published=date(2026, 11, 1), keywords=("survey",)))
    load(site, now, paper("one"))
    draft(site, now)
    approve(site, now)
    load(site, now + DAY, paper("new", keywords=("survey",)))
    assert left_out(site, now + DAY) == {"new": 'excluded by keyword "survey"'}


def test_a_list_takes_papers_of_its_sources_also_when_another_had_them_first(site, now):
    site = with_list(site, 'sources = ["huggingface"]', '[sources.huggingface]\nkind = "huggingface"\n')
    load(site, now, paper("both", source="file"), paper("file", source="file"), paper("pinned", source="file"))
    load(site, now, paper("both"), paper("own"))
    pick(site, now, "pin", "local:pinned")
    assert sorted(ids(draft(site, now))) == ["both", "own", "pinned"]


def test_a_pin_leads_whatever_its_age_and_signals_and_comes_once(site, now):
    load(site, now - 300 * DAY, paper("ancient", 0, published=date(2019, 1, 1)))
    load(site, now - DAY, paper("before", 500))
    draft(site, now - DAY)  # before the first issue all may stand in it
    pick(site, now - DAY, "drop", "local:ancient")
    assert ids(draft(site, now - DAY)) == ["before"]
    approve(site, now - DAY)
    load(site, now, paper("loud", 900), paper("louder", 1000))
    pick(site, now, "pin", "local:ancient")
    entries = draft(site, now)
    assert ids(entries) == ["ancient", "louder", "loud"]
    assert (entries[0].carries, entries[0].why) == ("card", PINNED)
    approve(site, now)
    load(site, now + DAY, paper("tomorrow", 1))
    assert ids(draft(site, now + DAY)) == ["tomorrow"]


def test_a_drop_never_comes_until_it_is_taken_back(site, now):
    load(site, now, paper("good", 1), paper("bad", 500))
    pick(site, now, "drop", "local:bad")
    assert ids(draft(site, now)) == ["good"]
    assert left_out(site, now) == {"bad": DROPPED}
    with site.store.begin() as connection:
        picks.unpick(connection, "daily", "local:bad")
    assert ids(draft(site, now)) == ["bad", "good"]


def test_a_paper_that_rises_late_gets_its_card_once_though_it_had_a_title_line(site, now):
    site = with_list(site, "max_cards = 1")
    load(site, now, paper("star", 50), paper("sleeper", 2))
    assert ids(draft(site, now), "line") == ["sleeper"]
    approve(site, now)
    path = site.root / "digest.toml"
    path.write_text(path.read_text("utf-8").replace("max_cards = 1\n", ""), "utf-8")
    site, later = Site.open(site.root), now + 6 * DAY
    load(site, later, paper("sleeper", 3), paper("other", 9, published=later.date()))
    assert ids(draft(site, later)) == ["other"]  # it has left the window
    load(site, later, paper("sleeper", 40), paper("other", 9, published=later.date()))
    entries = draft(site, later)
    assert ids(entries, "card") == ["other", "sleeper"]
    assert "rising fast" in entries[1].why
    approve(site, later)
    load(site, later + DAY, paper("sleeper", 400), paper("third"))
    assert ids(draft(site, later + DAY)) == ["third"]


def test_a_card_is_never_carried_twice_also_under_a_former_id(site, now):
    load(site, now, replace(paper("one"), authors=("Ada Lovelace",)))
    assert ids(draft(site, now)) == ["one"]
    approve(site, now)
    other = replace(paper("other"), id="doi:10.1234/one")
    load(site, now + DAY, other)
    assert ids(draft(site, now + DAY)) == ["doi:10.1234/one"]  # nobody knows yet
    load(site, now + DAY, replace(paper("one"), authors=("Ada Lovelace",), other_ids=("doi:10.1234/one",)))
    assert draft(site, now + DAY) == []


@pytest.mark.parametrize("wanted", [True, False])
def test_an_update_is_a_title_line_beside_news_if_the_list_wants_it(site, now, wanted):
    site = with_list(site, f"updates = {str(wanted).lower()}")
    first = replace(paper("one"), id="arxiv:2611.00001", version=1)
    load(site, now, first)
    draft(site, now)
    approve(site, now)
    load(site, now + DAY, replace(first, version=2, news=False))
    assert draft(site, now + DAY) == []  # no news by itself
    load(site, now + DAY, paper("two"))
    entries = draft(site, now + DAY)
    expected = [("arxiv:2611.00001", "line", "updated, version 2")] if wanted else []
    assert [(e.paper_id, e.carries, e.why) for e in entries] == [("local:two", "card", ""), *expected]
    approve(site, now + DAY)
    load(site, now + 2 * DAY, paper("three"))
    assert ids(draft(site, now + 2 * DAY)) == ["three"]  # and that once


def test_caps_of_section_and_issue(site, now):
    site = with_list(site, "max_cards = 5\nmax_section_cards = 3")
    speech = {"keywords": ("speech recognition", "text-to-speech", "speech synthesis")}
    load(site, now, *(paper(f"p{n}", 100 - n) for n in range(6)), *(paper(f"s{n}", n, **speech) for n in range(3)))
    entries = draft(site, now)
    assert ids(entries, "card") == ["p0", "p1", "p2", "s2", "s1"]
    assert len(entries) == 9
    assert {e.section for e in entries if e.paper_id.startswith("local:p")}.isdisjoint(
        {e.section for e in entries if e.paper_id.startswith("local:s")}
    )


def alike(name: str, upvotes: int, **more) -> Paper:
    """A paper on one benchmark, in nearly the words of the others."""
    abstract = f"We repair software issues of repositories on SWE-bench with agents that write patches, {name}."
    return replace(paper(name, upvotes, **more), title=f"{name.title()} agents on SWE-bench", abstract=abstract)


def test_near_duplicates_stand_under_the_first_with_two_cards_at_most(site, now):
    load(site, now, *(alike(f"dup{n}", 90 - 10 * n) for n in range(4)), paper("between", 85), paper("last", 1))
    entries = draft(site, now)
    assert ids(entries) == ["dup0", "dup1", "dup2", "dup3", "between", "last"]
    assert ids(entries, "card") == ["dup0", "dup1", "between", "last"]


def test_what_the_mail_says_of_a_lead_is_frozen_at_approval(site, now):
    load(site, now, *(paper(f"p{n}", 10 * n) for n in range(9)))
    said = "most upvoted of its day"
    assert draft(site, now)[0].why == said
    approve(site, now)
    load(site, now, paper("p8", 1), paper("p7", 900))
    daily = site.list("daily")
    html, text = (export(site, daily, key(site, now), form, (), now).decode() for form in ("html", "text"))
    assert f"· {said}" in html
    assert f"Lead paper · Other papers\nWhy it leads: {said}\n" in text


def test_scripts_are_drawn_without_changing_the_lines_and_hostile_text_stays_text(site, now):
    title = "Bounds on L_(CE) and a_(<b>)</sub><script>x</script>"
    load(site, now, replace(paper("one"), title=title, abstract=f"{title}, at more length."))
    draft(site, now)
    html, text = (export(site, site.list("daily"), key(site, now), form, (), now).decode() for form in ("html", "text"))
    lowered = '<sub style="font-size:75%;line-height:0">'
    assert html.count(f"Bounds on L{lowered}CE</sub> and a{lowered}&lt;b&gt;</sub>&lt;/sub&gt;&lt;script&gt;") == 2
    assert "<script" not in html
    assert "Bounds on L_(CE) and a_(<b>)</sub><script>x</script>\n" in text


def test_the_same_draft_whatever_order_papers_were_loaded_in(site, now, tmp_path):
    papers = [
        *(alike(f"dup{n}", 5) for n in range(4)),
        *(paper(f"p{n}", n % 3) for n in range(12)),
        *(paper(f"q{n}", source="file", keywords=("speech recognition",)) for n in range(12)),
    ]
    found = []
    for seed in range(3):
        path = tmp_path / f"store{seed}.sqlite3"
        one = Site(site.root, site.settings.model_copy(update={"store": path}))
        random.Random(seed).shuffle(papers)
        for start in range(0, len(papers), 10):
            load(one, now, *papers[start : start + 10])
        found.append(draft(one, now))
        assert draft(one, now) == found[-1]
        one.store.dispose()
    assert found[0] == found[1] == found[2]


@pytest.fixture
def choosy(site, now):
    """A site whose theme can't render some titles."""
    path = site.root / "templates" / "default" / "_card.mjml.j2"
    path.write_text("{% if 'Bad' in entry.title %}{{ nothing.at.all }}{% endif %}\n" + path.read_text("utf-8"), "utf-8")
    return Site.open(site.root)


def test_a_paper_that_cannot_be_rendered_costs_only_itself(choosy, now, caplog):
    load(choosy, now, paper("good", 1), paper("bad", 9))
    assert ids(draft(choosy, now)) == ["good"]
    assert "paper local:bad (Bad badous) is left out: " in caplog.text


def test_where_none_can_be_rendered_the_theme_is_at_fault(choosy, now):
    load(choosy, now, paper("bad", 9), paper("badly", 9))
    with pytest.raises(TemplateError, match=r"_card\.mjml\.j2"):
        draft(choosy, now)


def test_a_draft_of_which_nothing_is_left_is_gone(site, now):
    load(site, now, paper("one"))
    assert draft(site, now)
    pick(site, now, "drop", "local:one")
    assert draft(site, now) == []
    with site.store.begin() as connection:
        assert issues.find(connection, key(site, now)) is None


def test_two_that_became_one_after_the_draft_stand_in_the_issue_once(site, now):
    one, other = paper("one", 9), paper("other", 3)
    load(site, now, one, other)
    assert ids(draft(site, now)) == ["one", "other"]
    load(site, now, replace(one, other_ids=("doi:10.1234/one",)), replace(other, other_ids=("doi:10.1234/one",)))
    with site.store.begin() as connection:
        stored = pipeline.existing(connection, key(site, now))
        (entry,) = issues.restore(connection, stored).entries
        assert (entry.paper.id, entry.carries) == ("local:one", "card")
    approve(site, now)
    with site.store.begin() as connection:
        assert issues.carried(connection, "daily", "daily").keys() == {"local:one"}


def test_a_doi_that_is_a_papers_own_id_leads_to_no_other(site, now):
    """As where the papers of proceedings have one DOI in common, and one of them no other id."""
    book = "doi:10.1234/book"
    first = replace(paper("first", 9), id=book)
    second = replace(paper("second", 3), id="arxiv:2611.00002", other_ids=(book,))
    third = replace(paper("third", 1), id="arxiv:2611.00003", other_ids=(book,))
    load(site, now, first)
    load(site, now, second)  # is the first
    load(site, now, third)
    pick(site, now, "pin", book)
    with site.store.begin() as connection:
        assert picks.picked(connection, "daily") == {book: "pin"}
        assert papers.by_id(connection, [book])[book].id == book
        assert papers.by_id(connection, ["arxiv:2611.00002"])["arxiv:2611.00002"].id == book
    assert {one.paper_id for one in draft(site, now)} == {book, "arxiv:2611.00003"}


@pytest.mark.parametrize("late", [timedelta(0), timedelta(minutes=-1), timedelta(days=-30)])
def test_what_is_stored_after_an_issue_is_new_to_the_next_whatever_the_clock_says(site, now, late):
    """A source was asked before the issue was composed and answered after, or the clock was put back."""
    load(site, now, paper("one"))
    draft(site, now)
    approve(site, now)
    load(site, now + late, paper("other", published=date(2026, 10, 1)))
    assert ids(draft(site, now + DAY)) == ["other"]


def test_a_title_that_many_papers_have_is_not_looked_up(site, now, monkeypatch):
    asked = []
    monkeypatch.setattr(loading, "_rows", lambda connection, found: asked.append(len(found)) or rows(connection, found))
    for start in range(0, 90, 30):
        many = [
            replace(paper("same"), id=f"doi:10.1234/{n}", authors=("Ada Lovelace",)) for n in range(start, start + 30)
        ]
        load(site, now, *many)
    load(site, now, *many)
    assert asked == [0, 0, 0, 30]
    with site.store.begin() as connection:
        assert papers.count(connection) == 90


def test_papers_are_matched_while_others_may_write_and_nothing_of_that_is_lost(site, now, monkeypatch):
    load(site, now, paper("one"))
    composed = []

    def compose_while_one_loads(*values):
        if not composed:
            load(site, now, paper("other"))  # waits 30 seconds, in vain, where the store is held meanwhile
        composed.append(compose_draft(*values))
        return composed[-1]

    monkeypatch.setattr(drafting, "compose_draft", compose_while_one_loads)
    stored = pipeline.build_apart(site, site.list("daily"), "daily", now.date(), lambda: now)
    assert [len(one.issue.entries) for one in composed] == [1, 2]
    assert stored is not None
    with site.store.begin() as connection:
        assert sorted(ids(issues.entries(connection, stored.id))) == ["one", "other"]
