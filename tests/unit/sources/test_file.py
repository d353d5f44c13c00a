"""Files are read within limits and go to the right parser."""

import pytest

from digest.errors import InputError
from digest.sources import file
from digest.sources.file import load_file, paths_to_load, read

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
    for name in ("b.jsonl", "a.TXT", "c.json", "d.ndjson", "notes.md", ".hidden.txt"):
        (tmp_path / name).write_text("x")
    (tmp_path / "folder.txt").mkdir()
    assert [path.name for path in paths_to_load(tmp_path)] == ["a.TXT", "b.jsonl", "c.json", "d.ndjson"]
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
