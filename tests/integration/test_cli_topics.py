"""The command line of topics, with the real command."""

import json
import os
import subprocess
import sys
import tomllib

from digest import clock
from digest.papers.paper import Paper
from digest.store.loading import save

TOPICS = """[[topics]]
name = "Boats & ships"
keywords = ["rowing", "harbour"]
[[topics]]
name = "Trees"
keywords = ["oak"]
"""


def run(site, *arguments):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DIGEST_")}
    return subprocess.run(
        [sys.executable, "-m", "digest", "--site", str(site), "topics", *arguments],
        capture_output=True,
        text=True,
        env=environment,
        timeout=60,
    )


def files(folder, papers):
    (folder / "topics.toml").write_text(TOPICS, encoding="utf-8")
    (folder / "papers.jsonl").write_text(papers, encoding="utf-8")
    return str(folder / "papers.jsonl"), "--topics", str(folder / "topics.toml")


def test_every_usable_record_gets_a_line_and_the_others_are_told(tmp_path):
    rows = [
        {"key": "k/1", "title": "Rowing in a harbour"},
        {"id": 7, "title": "An oak"},
        {"title": ""},
        {"key": "k/1", "title": "Rowing in a harbour"},
        {"title": "Nothing of the kind", "arxiv_id": "2501.00001"},
    ]
    text = "\n".join(map(json.dumps, rows)) + "\n{broken\n"
    result = run(tmp_path / "no-site", "assign", *files(tmp_path, text), "--json")
    assert result.returncode == 3, result.stderr
    found = [json.loads(line) for line in result.stdout.splitlines()]
    assert [one["id"] for one in found] == ["k/1", 7, "k/1", "2501.00001"]
    assert [one["topic"] for one in found] == ["Boats & ships", "Trees", "Boats & ships", None]
    assert all(set(one) == {"id", "topic", "confidence", "runner_up", "evidence"} for one in found)
    assert "papers.jsonl:3: no title" in result.stderr
    assert "papers.jsonl:6: no valid JSON" in result.stderr


def test_a_json_array_is_read_and_a_table_is_for_people(tmp_path):
    result = run(tmp_path, "assign", *files(tmp_path, json.dumps([{"id": "a", "title": "An oak"}])))
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith("Trees (1 paper)\n")
    assert "title: oak" in result.stdout


def test_nothing_usable_is_an_error(tmp_path):
    result = run(tmp_path, "assign", *files(tmp_path, '{"title": ""}\n'), "--json")
    assert (result.returncode, result.stdout) == (1, "")
    assert "none of its records can be used" in result.stderr


def test_the_day_is_listed_by_topic(seeded):
    result = run(seeded.root, "list", "daily")
    assert result.returncode == 0, result.stderr
    assert "Efficient training and inference (" in result.stdout
    assert "title: LLM inference" in result.stdout


def test_a_paper_is_explained_by_words_of_its_title(seeded):
    result = run(seeded.root, "explain", "JavaBench", "--weeks", "52")
    assert result.returncode == 0, result.stderr
    assert "goes to Reasoning and code, " in result.stdout
    assert "title: code generation" in result.stdout
    assert "too few papers to learn from" in result.stderr


def test_explain_takes_what_show_and_pin_take(seeded):
    with seeded.store.begin() as connection:
        save(connection, [Paper("arxiv:2611.00001", "Code generation by quokkas", "They use GitHub.")], clock.now())
    by_words = run(seeded.root, "explain", "quokkas")
    assert "title: code generation" in by_words.stdout
    for name in ("https://arxiv.org/abs/2611.00001v2", "2611.00001", "arxiv:2611.00001"):
        assert run(seeded.root, "explain", name).stdout == by_words.stdout


def test_explain_wants_one_paper(seeded):
    assert "no paper is called 'zzyzx'" in run(seeded.root, "explain", "zzyzx").stderr
    several = run(seeded.root, "explain", "Benchmark")
    assert several.returncode == 1
    assert "give an id" in several.stderr


def test_suggestions_are_settings(seeded):
    result = run(seeded.root, "suggest", "--weeks", "52")
    assert result.returncode == 0, result.stderr
    assert tomllib.loads(result.stdout)["topics"]
    assert run(seeded.root, "suggest", "--weeks", "52").stdout == result.stdout


def test_check_warns_of_an_empty_topic(seeded):
    settings = seeded.root / "digest.toml"
    settings.write_text(
        settings.read_text("utf-8") + '\n[topics.boats]\nname = "Boats"\nkeywords = ["rowing"]\n', encoding="utf-8"
    )
    result = run(seeded.root, "check", "--weeks", "52")
    assert result.returncode == 0, result.stderr
    assert "boats: none of 46 papers went there" in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 80


def test_check_of_too_few_papers_doesnt_say_that_all_is_well(site):
    result = run(site.root, "check")
    assert (result.returncode, result.stdout) == (0, "")
    assert result.stderr == "0 papers of 4 weeks: too few to judge by; 30 are needed\n"
