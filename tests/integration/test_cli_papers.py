"""`digest papers load`, `rejected`, `trending`, `show`, with the real command and a real HTTP server."""

import json
import os
import pty
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from digest import clock
from digest.papers.paper import Paper, Signals
from digest.site import Site
from digest.store.loading import save
from tests.integration.test_cli_delivery import clean, command, run, said
from tests.integration.web import Reply, json_reply

FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>Lab</title>
<item><title>{title}</title><link>https://example.org/{link}</link><description>Words about it.</description></item>
</channel></rss>"""


def declared(site: Site, **urls: str) -> Site:
    """Return the site with feeds at these addresses."""
    path = site.root / "digest.toml"
    tables = "".join(f'[sources.{name}]\nkind = "feed"\nurl = "{url}"\n\n' for name, url in urls.items())
    path.write_text(tables + path.read_text("utf-8"), encoding="utf-8")
    return Site.open(site.root)


def feed(title: str, link: str) -> Reply:
    return Reply(FEED.format(title=title, link=link).encode(), headers={"Content-Type": "application/rss+xml"})


def records(path: Path, *papers: dict[str, str]) -> Path:
    path.write_text("".join(json.dumps(paper) + "\n" for paper in papers), encoding="utf-8")
    return path


GOOD = {"title": "Quiet quasars", "abstract": "On quasars."}
BAD = {"abstract": "A record without a title."}


def test_a_file_is_loaded_and_loaded_again(site, tmp_path):
    file = records(tmp_path / "some.jsonl", GOOD)
    assert said(site, "papers", "load", str(file)) == f"{file}: 1 new paper, 0 changed, 0 known\n"
    assert said(site, "papers", "load", str(file)) == f"{file}: 0 new papers, 0 changed, 1 known\n"
    records(file, {**GOOD, "abstract": "On quasars, and at more length than before."})
    assert said(site, "papers", "load", str(file)) == f"{file}: 0 new papers, 1 changed, 0 known\n"


def test_a_refused_record_costs_only_itself_and_is_remembered(site, tmp_path):
    file = records(tmp_path / "some.jsonl", GOOD, BAD)
    result = run(site, "papers", "load", str(file))
    assert result.returncode == 3
    assert result.stdout == f"{file}: 1 new paper, 0 changed, 0 known\n"
    assert re.fullmatch(rf"refused: {re.escape(str(file))}:2: .*title.*\n", result.stderr)
    (row,) = (line.split("\t") for line in said(site, "papers", "rejected").splitlines())
    assert (row[1], row[2]) == ("file", f"{file}:2")
    (one,) = json.loads(said(site, "papers", "rejected", "--json"))
    assert "title" in one["reason"]
    other = run(site, "papers", "rejected", "other")
    assert other.stdout == "No record of 'other' was refused.\n"
    assert other.stderr == "There are refused records of file.\n"
    assert said(site, "papers", "rejected", "--forget") == "1 refused record forgotten.\n"
    assert said(site, "papers", "rejected") == "No record was refused.\n"


def test_a_file_that_cannot_be_used_leaves_the_others(site, tmp_path):
    broken = tmp_path / "a.json"
    broken.write_bytes(b"\xff\xfe\xff")
    file = records(tmp_path / "b.jsonl", GOOD)
    both = run(site, "papers", "load", str(tmp_path))
    assert both.returncode == 3
    assert f"{file}: 1 new paper" in both.stdout
    assert both.stderr.startswith(f"error: {broken}")
    only = run(site, "papers", "load", str(broken))
    assert (only.returncode, only.stdout, len(only.stderr.splitlines())) == (1, "", 1)


def test_all_declared_sources_are_asked_and_one_that_fails_is_said(site, web):
    site = declared(site, lab=web.answer("/lab", feed("Loud lemmas", "lemmas")), gone=f"{web.root}/gone")
    result = run(site, "papers", "load")
    assert result.returncode == 3
    assert f"{web.root}/lab: 1 new paper, 0 changed, 0 known" in result.stdout
    assert re.search(rf"^error: {web.root}/gone: .*404", result.stderr, re.MULTILINE)
    assert len(result.stderr.splitlines()) == 1
    assert web.paths() == ["/lab", "/gone"]
    alone = run(site, "papers", "load", "gone", "--json")
    (one,) = json.loads(alone.stdout)
    assert (alone.returncode, one["source"], one["saved"]["new"]) == (1, "gone", 0)
    assert "404" in one["error"]


def test_a_source_is_caught_up_with_from_a_day_on(site, web):
    """Only what was asked of the server is of interest, and that it was polite about empty days."""
    url = web.answer("/daily", json_reply([]))
    today = clock.now().date()
    friday = today - timedelta(days=(today.weekday() - 4) % 7 or 7)
    result = run(
        site,
        *("papers", "load", "huggingface", "--since", friday.isoformat()),
        DIGEST_SOURCES__HUGGINGFACE__KIND="huggingface",
        DIGEST_SOURCES__HUGGINGFACE__URL=url,
    )
    assert result.returncode == 0, result.stderr
    asked = [one.query["date"] for one in web.asked]
    assert asked[0] == friday.isoformat()
    assert asked == sorted(asked)
    assert len(result.stdout.splitlines()) == len(asked)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("nowhere.txt",), "nowhere.txt: there is no such file or folder"),
        (("no/where",), "no/where: there is no such file or folder"),
        (("huggingfacet",), "there is no source, file or folder 'huggingfacet'; did you mean 'huggingface'?"),
        (("nix",), "there is no source, file or folder 'nix'; sources: huggingface, "),
        ((), "no sources are declared in digest.toml; name one (huggingface), or a file or folder"),
        (("huggingface", "--since", "yesterday"), "--since yesterday: expected a day such as 2026-11-20"),
        (("huggingface", "--since", "2999-01-01"), "--since 2999-01-01: is yet to come"),
        (("seeds", "--since", "2026-01-01"), "--since is for sources; of a file or folder everything is loaded"),
    ],
)
def test_a_mistake_is_one_line_and_nothing_is_loaded(site, arguments, says, monkeypatch):
    monkeypatch.chdir(site.root)
    result = run(site, "papers", "load", *arguments)
    assert (result.returncode, result.stdout) == (1, "")
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"error: {says}")


def test_a_wrong_name_is_said_before_anything_is_loaded(site, tmp_path):
    file = records(tmp_path / "some.jsonl", GOOD)
    assert run(site, "papers", "load", str(file), "nowhere.txt").returncode == 1
    assert said(site, "papers", "list") == ""


def test_a_page_without_its_year_is_not_guessed_at(site):
    page = site.root / "seeds" / "seed-page.txt"
    result = run(site, "papers", "load", str(page))
    assert result.returncode == 1
    assert "--year" in result.stderr


@pytest.fixture
def ranked(site):
    """A site with some papers, two of them on one thing, and one that is dropped."""
    now = clock.now()
    on_one = "We repair software issues of repositories on SWE-bench with agents that write patches."
    papers = [
        Paper(
            f"local:p{n}",
            f"Paper{n} of a rather long and winding title on quasar{n} and lemma{n} and nothing else"
            " that would make it any shorter",
            f"word{n}",
            signals=Signals(10 * n, n),
            listed=now.date(),
        )
        for n in range(6)
    ] + [
        Paper(f"local:d{n}", f"Patches{n} for SWE-bench", on_one, signals=Signals(90 + n), listed=now.date())
        for n in (1, 2)
    ]
    with site.store.begin() as connection:
        save(connection, papers, now)
    said(site, "issue", "drop", "local:p0", "--list", "daily")
    return site


def test_trending_in_a_pipe_is_a_line_a_paper(ranked):
    result = run(ranked, "papers", "trending")
    rows = [line.split("\t") for line in result.stdout.splitlines()]
    assert [row[-1] for row in rows][:3] == ["local:d2", "local:d1", "local:p5"]
    assert {len(row) for row in rows} == {12}
    assert [float(row[0]) for row in rows] == sorted((float(row[0]) for row in rows), reverse=True)
    assert rows[0][-2] == "most upvoted of its day"
    assert re.fullmatch(r"left out: Paper0 .*\(local:p0\): dropped by the editors\n", result.stderr)


def test_trending_as_json_has_each_part_of_each_score(ranked):
    found = json.loads(said(ranked, "papers", "trending", "--json"))
    scored = [one for one in found if one["left_out"] is None]
    assert [one["id"] for one in scored][:2] == ["local:d2", "local:d1"]
    assert set(scored[0]["parts"]) == {
        "upvotes", "comments", "stars", "speed", "freshness", "place", "topic", "pin",
    }  # fmt: skip
    assert scored[1]["first_of_group"] == "local:d2"
    assert [(one["id"], one["left_out"]) for one in found if one["left_out"]] == [
        ("local:p0", "dropped by the editors")
    ]
    assert len(json.loads(said(ranked, "papers", "trending", "-n", "2", "--json"))) == 3


def on_terminal(site: Site, columns: int, *arguments: str) -> list[str]:
    """Return the lines a command shows on a terminal of so many columns."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        command(site, *arguments), stdin=theirs, stdout=theirs, stderr=theirs, env=clean() | {"COLUMNS": str(columns)}
    )
    os.close(theirs)
    shown = b""
    try:
        while chunk := os.read(ours, 4096):
            shown += chunk
    except OSError:  # the way Linux says that nobody has the other end any more
        pass
    os.close(ours)
    assert process.wait(30) == 0
    return re.sub(r"\x1b\[[0-9;]*m", "", shown.decode()).splitlines()


@pytest.mark.skipif(sys.platform != "linux", reason="a terminal's end is told in other ways elsewhere")
@pytest.mark.parametrize("columns", [60, 80, 120])
def test_trending_on_a_terminal_fits_it_and_reads_well(ranked, columns):
    lines = on_terminal(ranked, columns, "papers", "trending", "daily", "-n", "4")
    assert max(map(len, lines)) <= min(columns, 100)
    text = "\n".join(lines)
    assert re.search(r"^  1\. \d\.\d\d  Patches2 for SWE-bench$", text, re.MULTILINE)
    assert re.search(r"^ {11}upvotes 0\.\d\d, freshness 1\.00, topic 0\.\d\d$", text, re.MULTILINE)  # nothing unknown
    assert "           most upvoted of its day\n" in text
    assert "near-duplicate of 1" in text
    assert "4 of 7 papers; --limit shows more" in text
    assert "upvotes 0.3, comments 0.1," in " ".join(text.split())  # the weights
    assert "dropped by the editors" in " ".join(text.split())


@pytest.mark.skipif(sys.platform != "linux", reason="a terminal's end is told in other ways elsewhere")
def test_an_issue_on_a_terminal_fits_it(ranked):
    said(ranked, "issue", "build", "daily")
    lines = on_terminal(ranked, 40, "issue", "show", "daily")[1:]
    assert any(line.startswith("       ") for line in lines)  # a title that goes on
    assert max(map(len, lines)) <= 40


def test_trending_of_nothing_says_so(site):
    result = run(site, "papers", "trending")
    assert (result.stdout, result.stderr) == ("", "There is nothing new for the next issue.\n")
    assert json.loads(said(site, "papers", "trending", "--json")) == []


def test_show_takes_the_address_of_a_paper(site, now):
    with site.store.begin() as connection:
        save(connection, [Paper("arxiv:2611.00001", "Quiet quasars")], now)
    assert "Quiet quasars" in said(site, "papers", "show", "https://arxiv.org/abs/2611.00001v2")
    assert run(site, "papers", "show", "nix").stderr.startswith("error: no paper is called 'nix'")
