"""`digest subscribers edit`, with editors that are small programs, and once on a real terminal."""

import os
import pty
import shlex
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from digest.cli import editing
from digest.cli.main import app
from digest.errors import InputError
from digest.subscribers.disk import write_atomically
from digest.subscribers.edit import add_row
from digest.subscribers.subscriber import Subscriber


class Desk:
    """A site, and somebody who edits its daily list: each go of the editor runs the next of some lines of Python."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root = root
        self.daily = root / "subscribers" / "daily.csv"
        self._script = root / "editor.py"
        monkeypatch.setattr(editing, "_on_terminal", lambda: True)
        monkeypatch.delenv("VISUAL", raising=False)
        monkeypatch.setenv("EDITOR", f"{shlex.quote(sys.executable)} {shlex.quote(str(self._script))}")

    def edit(self, *goes: str, answers: str = "") -> Result:
        """Edit, with Python for each go of the editor; `path` and `text` are the copy's, and it is written back."""
        lines = [
            "import sys, os, stat; from pathlib import Path",
            "path, count = Path(sys.argv[-1]), Path(__file__).with_suffix('.count')",
            "go = int(count.read_text()) if count.exists() else 0",
            "count.write_text(str(go + 1))",
            "text = path.read_bytes().decode('utf-8', 'surrogateescape')",
            f"goes = {list(goes)!r}",
            "exec(goes[go])",
            "path.write_bytes(text.encode('utf-8', 'surrogateescape'))",
        ]
        self._script.write_text("\n".join(lines), encoding="utf-8")
        self._script.with_suffix(".count").unlink(missing_ok=True)
        return CliRunner().invoke(app, ["--site", str(self.root), "subscribers", "edit", "daily"], input=answers)

    @property
    def copies(self) -> list[Path]:
        return list(self.daily.parent.glob(".daily.edit-*"))


@pytest.fixture
def desk(site, monkeypatch) -> Desk:
    return Desk(site.root, monkeypatch)


CHANGE = "text = text.replace('Ada Lovelace', 'Countess Lovelace')"
BREAK = "text += 'nobody,,,,,\\n'"


def test_one_change_is_one_line_and_nothing_is_left_behind(desk):
    before = desk.daily.read_text("utf-8")
    desk.daily.chmod(0o640)
    result = desk.edit(CHANGE)
    assert result.exit_code == 0, result.output
    assert f"{desk.daily}: changed" in result.stdout
    assert desk.daily.read_text("utf-8") == before.replace("Ada Lovelace", "Countess Lovelace")
    assert stat.S_IMODE(desk.daily.stat().st_mode) == 0o640
    assert not desk.copies


def test_the_copy_is_for_their_eyes_only_and_named_like_the_file(desk):
    seen = desk.root / "seen"
    look = f"Path({str(seen)!r}).write_text(f'{{path.name}} {{stat.S_IMODE(os.stat(path).st_mode):o}}')"
    assert "nothing was changed" in desk.edit(look).stdout
    name, mode = seen.read_text("utf-8").split()
    assert name.startswith(".daily.edit-")
    assert (Path(name).suffix, mode) == (".csv", "600")
    assert not desk.copies


def test_bytes_that_are_not_utf8_line_ends_and_marks_stay(desk):
    desk.daily.write_bytes(b"\xef\xbb\xbfemail,name\r\njose@example.org,Jos\xe9\r\nada@example.org,Ada Lovelace\r\n")
    assert desk.edit(CHANGE).exit_code == 0
    assert desk.daily.read_bytes() == (
        b"\xef\xbb\xbfemail,name\r\njose@example.org,Jos\xe9\r\nada@example.org,Countess Lovelace\r\n"
    )


def test_an_unchanged_copy_changes_nothing(desk):
    before = desk.daily.stat()
    result = desk.edit("pass")
    assert (result.exit_code, result.stdout) == (0, f"{desk.daily}: nothing was changed\n")
    assert desk.daily.stat().st_ino == before.st_ino
    assert not desk.copies


@pytest.mark.parametrize(("go", "kept"), [("sys.exit(3)", 0), ("path.write_text('x'); sys.exit(3)", 1)])
def test_an_editor_that_fails_changes_nothing_and_what_was_typed_is_kept(desk, go, kept):
    before = desk.daily.read_bytes()
    result = desk.edit(go)
    assert isinstance(result.exception, InputError)
    assert "the editor ended with exit code 3" in str(result.exception)
    assert desk.daily.read_bytes() == before
    assert len(desk.copies) == kept
    assert all(str(copy) in str(result.exception) for copy in desk.copies)


def test_a_row_that_would_be_refused_is_shown_with_its_line_and_edited_again(desk):
    result = desk.edit(BREAK, "text = text.replace('nobody', 'somebody@example.org')", answers="e\n")
    assert result.exit_code == 0, result.output
    assert f"{desk.daily}:16: refused: an email address must have an @-sign (nobody)" in result.stdout
    assert "1 row would be refused" in result.stdout
    assert desk.daily.read_text("utf-8").endswith("somebody@example.org,,,,,\n")
    assert not desk.copies


def test_it_is_accepted_all_the_same_if_somebody_says_so(desk):
    result = desk.edit(BREAK, answers="what?\ny\n")
    assert result.exit_code == 0, result.output
    assert desk.daily.read_text("utf-8").endswith("nobody,,,,,\n")


def test_it_is_left_as_it_was_and_the_edited_text_is_kept(desk):
    before = desk.daily.read_bytes()
    result = desk.edit(BREAK, answers="q\n")
    (copy,) = desk.copies
    assert str(result.exception) == f"you left {desk.daily} as it was; what you edited is in {copy}"
    assert desk.daily.read_bytes() == before
    assert copy.read_text("utf-8").endswith("nobody,,,,,\n")


def test_a_question_without_an_answer_loses_nothing(desk):
    before = desk.daily.read_bytes()
    result = desk.edit(BREAK, answers="")
    (copy,) = desk.copies
    assert result.exit_code == 1
    assert f"What you edited is in {copy}" in result.stderr
    assert desk.daily.read_bytes() == before


def test_a_file_that_could_not_be_read_at_all_is_never_accepted(desk):
    before = desk.daily.read_bytes()
    result = desk.edit("text = 'ada@example.org\\n'", answers="y\nq\n")
    assert "expected a header and found an address" in result.stdout
    assert "y: accept" not in result.stdout
    assert isinstance(result.exception, InputError)
    assert desk.daily.read_bytes() == before


def test_what_was_wrong_before_is_counted_and_not_asked_about(desk):
    with desk.daily.open("a", encoding="utf-8") as file:
        file.write("old mistake,,,,,\n")
    result = desk.edit(f"{CHANGE}\ntext = text.replace('email,name', '\\n\\nemail,name', 1)")
    assert result.exit_code == 0, result.output
    assert "1 problem besides that the file had before" in result.stdout
    assert "old mistake" not in result.stdout


def test_warnings_are_shown_and_ask_nothing(desk):
    result = desk.edit("text += 'eve@gmial.com,,,,,\\n'")
    assert result.exit_code == 0, result.output
    assert "warning: may be a slip; did you mean eve@gmail.com? (eve@gmial.com)" in result.stdout


def added_meanwhile(desk: Desk, email: str) -> str:
    """Return a go in which another command adds a row."""
    command = [sys.executable, "-m", "digest", "-s", str(desk.root), "subscribers", "add", "daily", email]
    return f"import subprocess; subprocess.run({command!r}, check=True, stdout=subprocess.DEVNULL)"


def test_what_somebody_else_wrote_meanwhile_is_put_together_and_looked_at_again(desk):
    before = desk.daily.read_text("utf-8")
    meanwhile = added_meanwhile(desk, "eve@example.org")
    result = desk.edit(f"{CHANGE}\n{meanwhile}", "assert 'eve@' in text and 'Countess' in text", answers="e\n")
    assert result.exit_code == 0, result.output
    assert "was changed by somebody else while you edited" in result.stdout
    assert desk.daily.read_text("utf-8") == (
        before.replace("Ada Lovelace", "Countess Lovelace") + "eve@example.org,,,,,\n"
    )
    assert not desk.copies


def test_two_changes_of_one_row_are_left_to_the_person(desk):
    theirs = "import subprocess, sys; subprocess.run([sys.executable, '-m', 'digest', '-s', {root!r}, 'subscribers',"
    theirs += " 'set', 'daily', 'ada@example.org', '--name', 'Augusta'], check=True, stdout=subprocess.DEVNULL)"
    mend = "text = ''.join(n for n in text.splitlines(True) if n[0] not in '<=>' and 'Augusta' not in n)"
    result = desk.edit(CHANGE + "\n" + theirs.format(root=str(desk.root)), "pass", mend, answers="e\ne\n")
    assert result.exit_code == 0, result.output
    assert "Both changed 1 place; you find them between <<<<<<< and >>>>>>>." in result.stdout
    assert "refused: has 1 fields where the header has 6" in result.stdout  # marks that were left are found
    assert "Countess Lovelace" in desk.daily.read_text("utf-8")
    assert "Augusta" not in desk.daily.read_text("utf-8")


def test_who_leaves_what_was_overtaken_keeps_both(desk):
    result = desk.edit(f"{CHANGE}\n{added_meanwhile(desk, 'eve@example.org')}", answers="q\n")
    (copy,) = desk.copies
    assert str(copy) in str(result.exception)
    assert "Countess" in copy.read_text("utf-8")
    assert "eve@example.org" in desk.daily.read_text("utf-8")
    assert "Countess" not in desk.daily.read_text("utf-8")


def test_a_write_that_fails_loses_nothing(desk, monkeypatch):
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    result = desk.edit(CHANGE)
    (copy,) = desk.copies
    assert "can't be written: No space left on device" in str(result.exception)
    assert str(copy) in str(result.exception)


@pytest.mark.parametrize(
    ("editor", "says"),
    [("/nowhere/editor", "can't be run: No such file"), ("'vi", "can't be read"), ("", "set $VISUAL or $EDITOR")],
)
def test_without_an_editor_one_line_says_what_to_do(desk, monkeypatch, editor, says):
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setenv("EDITOR", editor)
    result = CliRunner().invoke(app, ["--site", str(desk.root), "subscribers", "edit", "daily"])
    assert isinstance(result.exception, InputError)
    assert says in str(result.exception)
    assert not desk.copies


def test_without_a_terminal_one_line_says_what_to_do_instead(site):
    result = CliRunner().invoke(app, ["--site", str(site.root), "subscribers", "edit", "daily"])
    assert "an editor needs a terminal; here use `digest subscribers add`" in str(result.exception)


def test_on_a_real_terminal(site):
    daily = site.root / "subscribers" / "daily.csv"
    write_atomically(daily, lambda text: add_row(text, Subscriber("eve@example.org", "Eve")))
    editor = site.root / "editor.sh"
    editor.write_text('test -t 0 && test -t 1 && printf "nobody,,,,,\\n" >> "$1"\n', encoding="utf-8")
    master, slave = pty.openpty()
    command = [sys.executable, "-m", "digest", "-s", str(site.root), "subscribers", "edit", "daily"]
    environment = {**os.environ, "VISUAL": f"sh {editor}", "TERM": "dumb"}
    process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, env=environment)
    os.close(slave)
    os.write(master, b"y\n")
    shown = b""
    try:
        while piece := os.read(master, 4096):
            shown += piece
    except OSError:  # the other end is closed
        pass
    os.close(master)
    assert process.wait(30) == 0, shown
    assert b"daily.csv:17: refused: an email address must have an @-sign (nobody)" in shown
    assert daily.read_text("utf-8").endswith("eve@example.org,Eve,,,,\nnobody,,,,,\n")
