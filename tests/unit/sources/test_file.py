"""Files are read within limits and go to the right parser."""

import os
from datetime import date

import pytest

from digest.errors import InputError
from digest.sources import file
from digest.sources.file import day_without_year, load_file, paths_to_load, read

RSS = "<?xml version='1.0'?><rss version='2.0'><channel><item><title>One</title></item></channel></rss>"
ARXIV = """<feed xmlns="http://www.w3.org/2005/Atom"><id>http://rss.arxiv.org/atom/cs.AI</id>
<entry><id>oai:arXiv.org:2611.00001v1</id><title>One</title></entry></feed>"""
DAILY = '[{"paper": {"id": "2611.00001", "title": "One"}, "publishedAt": "2026-11-23T00:00:00Z"}]'
PAGE = "A Small Title\n\nWe study small things and show that they matter. It is so.\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings_that_say_what_they_are(tmp_path, encoding):
    path = tmp_path / "page.txt"
    path.write_bytes("Größe".encode(encoding))
    assert read(path) == "Größe"


def test_another_encoding_is_refused_with_its_place(tmp_path):
    path = tmp_path / "page.txt"
    path.write_bytes("Title\n\nGröße".encode("cp1252"))
    with pytest.raises(InputError, match=r"page\.txt:3: byte 9 is not UTF-8; save the file in UTF-8$"):
        read(path)


def test_a_file_too_large_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(file, "SIZE_LIMIT", 3)
    path = tmp_path / "page.txt"
    path.write_text("abc")
    assert read(path) == "abc"
    path.write_text("abcd")
    with pytest.raises(InputError, match="larger than"):
        read(path)


@pytest.mark.parametrize("ask", [read, paths_to_load, lambda path: load_file(path, 2025)])
def test_a_missing_file(tmp_path, ask):
    with pytest.raises(InputError, match=r"none\.txt: there is no such file or folder$"):
        ask(tmp_path / "none.txt")


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(InputError, match=r": is a directory$"):
        read(tmp_path)


def test_what_of_a_folder_is_loaded(tmp_path):
    kinds = ["a.TXT", "b.jsonl", "c.json", "d.ndjson", "e.csv", "f.tsv", "g.bib", "h.xml", "i.atom", "j.rss"]
    for name in ("notes.md", ".hidden.txt", *reversed(kinds)):
        (tmp_path / name).write_text("x")
    (tmp_path / "folder.txt").mkdir()
    assert [path.name for path in paths_to_load(tmp_path)] == kinds
    assert paths_to_load(tmp_path / "notes.md") == [tmp_path / "notes.md"]


def test_a_folder_with_nothing_to_load(tmp_path):
    with pytest.raises(InputError, match=r"expected files named \*\.txt"):
        paths_to_load(tmp_path)


@pytest.mark.parametrize(
    ("name", "text", "titles", "source"),
    [
        ("a.txt", PAGE, ["A Small Title"], "page"),
        ("a.page", PAGE, ["A Small Title"], "page"),
        ("a.jsonl", '{"title": "One"}\n{"title": "Two"}', ["One", "Two"], "file"),
        ("a.ndjson", '{"title": "One"}', ["One"], "file"),
        ("a.JSON", '[{"title": "One"},\n{"title": "Two"}]', ["One", "Two"], "file"),
        ("a.json", '{\n"title": "One"\n}', ["One"], "file"),
        ("a.json", '{"title": "One"}\n{"title": "Two"}', ["One", "Two"], "file"),
        ("a.jsonl", '[{"title": "One"},\n{"title": "Two"}]', ["One", "Two"], "file"),
        ("a.txt", '\n{"title": "One"}', ["One"], "file"),
        ("a.csv", "title,abstract\nOne,We show.\n", ["One"], "file"),
        ("a.TSV", "title\tabstract\nOne, two\tWe show.\n", ["One, two"], "file"),
        ("a.bib", "@misc{k, title = {One}}", ["One"], "file"),
        ("a.xml", RSS, ["One"], "feed"),
        ("a.rss", RSS, ["One"], "feed"),
        ("a.txt", RSS, ["One"], "feed"),
        ("a.atom", ARXIV, ["One"], "arxiv"),
        (
            "a.json",
            '{"version": "https:\\/\\/jsonfeed.org\\/version\\/1.1", "items": [{"title": "One"}]}',
            ["One"],
            "feed",
        ),
        ("a.json", DAILY, ["One"], "huggingface"),
        ("a.txt", DAILY, ["One"], "huggingface"),
        ("a.json", '{"status": "ok", "count": 1, "data": ' + DAILY + "}", ["One"], "huggingface"),
    ],
)
def test_the_right_parser(tmp_path, name, text, titles, source):
    path = tmp_path / name
    path.write_text(text)
    parsed = load_file(path, None)
    assert [paper.title for paper in parsed.papers] == titles
    assert {paper.source for paper in parsed.papers} == {source}
    assert parsed.problems == ()


def test_problems_name_the_file(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text("{}\n")
    assert str(load_file(path, None).problems[0]).startswith(f"{path}:1: ")


def test_a_saved_day_is_named_after_it(tmp_path):
    for name, listed in (("2026-11-24.json", date(2026, 11, 24)), ("saved.json", date(2026, 11, 23))):
        path = tmp_path / name
        path.write_text(DAILY)
        assert [paper.listed for paper in load_file(path, None).papers] == [listed]


def test_a_feed_says_itself_how_it_is_encoded(tmp_path):
    path = tmp_path / "a.xml"
    path.write_bytes(RSS.replace("?>", " encoding='iso-8859-1'?>").replace("One", "Größe").encode("iso-8859-1"))
    assert [paper.title for paper in load_file(path, None).papers] == ["Größe"]
    assert day_without_year(path) is None


@pytest.mark.parametrize(("name", "text", "day"), [("a.txt", PAGE, None), ("a.txt", f"Mar 12\n\n{PAGE}", "Mar 12")])
def test_the_day_of_a_page_that_names_no_year(tmp_path, name, text, day):
    path = tmp_path / name
    path.write_text(text)
    assert day_without_year(path) == day


@pytest.mark.shared_data
def test_real_files_just_load(shared_data):
    paths = [*paths_to_load(shared_data / "hf-daily"), shared_data / "arxiv-rss-cs.AI.xml"]
    for path in paths:
        parsed = load_file(path, None)
        assert parsed.papers
        assert parsed.problems == ()
        if path.suffix == ".json":
            assert {paper.listed for paper in parsed.papers} == {date.fromisoformat(path.stem)}


def test_a_pipe_is_refused_rather_than_waited_for(tmp_path):
    path = tmp_path / "pipe.jsonl"
    os.mkfifo(path)
    with pytest.raises(InputError, match="a pipe; expected a file"):
        load_file(path, None)
