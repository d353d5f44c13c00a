from pathlib import Path

import pytest

from digest.web.mistake import place_of

SETTINGS = """[site]
name = "x"

[lists.daily]
name = "Daily"
[lists.daily.schedule.daily]
send_at = "0 7 * * *"

[topics.robots]
keywords = ["a"]

[domains."example.org"]
connections = 1
"""


@pytest.fixture
def settings(tmp_path) -> Path:
    path = tmp_path / "digest.toml"
    path.write_text(SETTINGS)
    return path


def test_a_line_is_shown_with_those_around_it(tmp_path):
    file = tmp_path / "a: b.j2"
    file.write_text("".join(f"line {number}\n" for number in range(1, 21)))
    place = place_of(f"{file}:9: 'x' is undefined", [tmp_path])
    assert place
    assert [(line.number, line.here) for line in place.lines] == [(n, n == 9) for n in range(6, 13)]
    assert place.lines[3].text == "line 9"
    assert (place.file, place.line) == (file, 9)


@pytest.mark.parametrize("number", [1, 20])
def test_at_the_ends_of_a_file_fewer_lines_are_shown(tmp_path, number):
    file = tmp_path / "a.j2"
    file.write_text("x\n" * 20)
    place = place_of(f"{file}:{number}: wrong", [tmp_path])
    assert place
    assert len(place.lines) == 4


@pytest.mark.parametrize(
    ("mistake", "line"),
    [
        ("not TOML: Expected '=' after a key (at line 5, column 3)", 5),
        ("lists.daily.nme: unknown key", 4),
        ("lists.daily.schedule.daily.send_at: expected a crontab line", 7),
        ("topics.robots.keywords: expected a list", 10),
        ("site: unknown key", 1),
    ],
)
def test_a_mistake_in_the_settings_has_the_line_of_its_key(settings, mistake, line):
    place = place_of(f"{settings}: {mistake}", [settings.parent])
    assert place
    assert place.line == line


@pytest.mark.parametrize(
    "mistake",
    [
        "there is no list 'x'",
        "FILE:99: beyond its end",
        "FILE.gone:1: no such file",
        "SETTINGS: nowhere.at.all: missing",
    ],
)
def test_where_nothing_can_be_shown_there_is_no_place(tmp_path, settings, mistake):
    file = tmp_path / "a.j2"
    file.write_text("x\n")
    assert place_of(mistake.replace("FILE", str(file)).replace("SETTINGS", str(settings)), [tmp_path]) is None


def test_files_that_are_not_the_sites_are_not_shown(tmp_path):
    (tmp_path / "site").mkdir()
    (tmp_path / "secret").write_text("x\n")
    for name in (tmp_path / "secret", tmp_path / "site" / ".." / "secret"):
        assert place_of(f"{name}:1: wrong", [tmp_path / "site"]) is None
    (tmp_path / "site" / "link").symlink_to(tmp_path / "secret")
    assert place_of(f"{tmp_path}/site/link:1: wrong", [tmp_path / "site"]) is None
