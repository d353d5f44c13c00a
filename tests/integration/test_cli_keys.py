"""`digest keys`, on a site as `digest init` makes it."""

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
        result = CliRunner().invoke(app, ["--site", str(tmp_path / "site"), "keys", *arguments])
        if result.exception:
            raise result.exception
        return result.output

    return run


def test_keys_are_rotated_and_listed_without_a_secret(run, tmp_path):
    path = tmp_path / "site" / "keys" / "signing.keys"
    assert run("list") == "1\tsigns\n"
    said = run("rotate")
    assert "Key 2 signs links from now on; still honoured: 1 older key." in said
    assert f"Back up {path} now" in said
    assert "warning" not in said
    run("rotate")
    assert json.loads(run("list", "--json")) == [
        {"key": 3, "use": "signs"},
        {"key": 2, "use": "honoured"},
        {"key": 1, "use": "honoured"},
    ]
    secrets = [line.split()[1] for line in path.read_text("ascii").splitlines() if not line.startswith("#")]
    assert len(secrets) == 3
    assert not any(secret in said + run("list") + run("list", "--json") for secret in secrets)


def test_a_file_that_others_can_read_is_warned_of(run, tmp_path):
    path = tmp_path / "site" / "keys" / "signing.keys"
    path.chmod(0o644)
    assert "chmod 600` keeps them out" in run("rotate")


def test_keys_from_the_environment_are_rotated_there(run, monkeypatch):
    monkeypatch.setenv("DIGEST_KEYS__SIGNING", "1 " + "a" * 64)
    assert run("list") == "1\tsigns\n"
    with pytest.raises(InputError, match="put a line '<new number> <64 hexadecimal digits>' before the others"):
        run("rotate")
