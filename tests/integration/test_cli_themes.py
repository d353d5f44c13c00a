"""`digest themes`, on a site as `digest init` makes it."""

import json

import pytest
from typer.testing import CliRunner

from digest.cli.main import app
from digest.errors import InputError
from digest.init import create_site


@pytest.fixture
def run(tmp_path):
    create_site(tmp_path / "site")

    def run(*arguments):
        result = CliRunner().invoke(app, ["--site", str(tmp_path / "site"), "themes", *arguments])
        if result.exception:
            raise result.exception
        return result.stdout

    return run


def test_a_new_site_has_no_copies_and_says_how_to_make_them(run, tmp_path):
    templates = tmp_path / "site" / "templates"
    assert [path.name for path in templates.rglob("*")] == ["README.md"]
    assert "digest themes copy default _card.mjml.j2" in (templates / "README.md").read_text("utf-8")


def test_a_file_is_copied_and_listed(run, tmp_path):
    target = tmp_path / "site" / "templates" / "default" / "_card.mjml.j2"
    assert run("copy", "default", "_card.mjml.j2") == f"{target}\n"
    assert target.is_file()
    assert run("list") == "compact\t\t\ndefault\tdaily, weekly\t_card.mjml.j2\n"
    assert json.loads(run("list", "--json"))[1] == {
        "theme": "default",
        "lists": ["daily", "weekly"],
        "own": ["_card.mjml.j2"],
    }
    with pytest.raises(InputError, match="is there already"):
        run("copy", "default")


def test_a_whole_theme_is_copied(run, tmp_path):
    lines = run("copy", "compact").splitlines()
    assert len(lines) == len(list((tmp_path / "site" / "templates" / "compact").iterdir())) > 20
