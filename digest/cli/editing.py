"""`digest subscribers edit`: a subscriber file in an editor, checked before it takes the old one's place.

In the manner of vipw: what is edited is a copy, and nothing that somebody typed is lost. Nobody is locked out
meanwhile; where another command has written the file by then, the two are put together and looked at again.
"""

import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from digest.cli.arguments import ListName, opened
from digest.cli.output import counted, say
from digest.cli.vetting import problem_line
from digest.errors import InputError

if TYPE_CHECKING:
    from types import FrameType

    from digest.site import MailingList, Site
    from digest.subscribers.file import RowProblem

_SHOWN = 20
"""Problems that are shown at a time; more would push the first ones off the screen."""


class _OvertakenError(Exception):
    """The file isn't what was copied any more; `text` is what it holds now."""

    def __init__(self, text: str) -> None:
        self.text = text


def edit(context: typer.Context, list_name: ListName) -> None:
    """Edit a list's file in your editor ($VISUAL, $EDITOR); it is checked before it takes effect."""
    from digest.subscribers.disk import read_text

    site = opened(context)
    mailing_list = site.list(list_name)
    path = site.subscriber_file(mailing_list)
    if not _on_terminal():
        raise InputError(
            "an editor needs a terminal; here use `digest subscribers add`, `set` and `remove`,"
            f" or change {path} and run `digest subscribers check {mailing_list.name}`"
        )
    command = _editor()
    base = read_text(path)
    copy = _copied(path, base)
    with _kept_if_interrupted(copy, base):
        _Editing(site, mailing_list, path, copy, command, base).run()


class _Editing:
    """One go at a file: `base` is its text as the copy began with it."""

    def __init__(
        self, site: "Site", mailing_list: "MailingList", path: Path, copy: Path, command: list[str], base: str
    ) -> None:
        self._site, self._list, self._path, self._copy = site, mailing_list, path, copy
        self._command, self._base = command, base

    def run(self) -> None:
        """Edit until it is accepted or given up."""
        while True:
            text = self._edited()
            if text is None:
                return
            if not self._is_wanted(text):
                continue
            try:
                self._write(text)
            except _OvertakenError as overtaken:
                self._put_together(text, overtaken.text)
                continue
            self._copy.unlink()
            say(f"{self._path}: changed")
            return

    def _edited(self) -> str | None:
        """Return the text after one go in the editor, None where there is nothing to do."""
        from digest.subscribers.disk import read_text

        status = _run(self._command, self._copy)
        text = read_text(self._copy)  # by its name: most editors write a new file
        if status:
            raise InputError(f"the editor ended with exit code {status}; {self._path} is as it was")
        if text == self._base:
            self._copy.unlink()
            say(f"{self._path}: nothing was changed")
            return None
        return text

    def _is_wanted(self, text: str) -> bool:
        """Show what is wrong that wasn't before; returns whether to accept it, as somebody decides."""
        try:
            found = self._problems(text)
        except InputError as error:
            say(f"error: {error}")
            return self._ask("e: edit again, q: leave the file as it was", "eq")
        new = list(_beyond(found, self._known_problems())) if found else []
        for problem in new[:_SHOWN]:
            say(problem_line(self._path, problem))
        if len(new) > _SHOWN:
            say(f"… and {len(new) - _SHOWN} more")
        if len(found) > len(new):
            say(f"{counted(len(found) - len(new), 'problem')} besides that the file had before")
        refused = sum(problem.refused for problem in new)
        if not refused:
            return True
        say(f"{counted(refused, 'row')} would be refused: nobody in them gets anything.")
        return self._ask("e: edit again, y: accept it all the same, q: leave the file as it was", "eyq")

    def _known_problems(self) -> "list[RowProblem]":
        try:
            return self._problems(self._base)
        except InputError:  # it couldn't be read before: all is new
            return []

    def _problems(self, text: str) -> "list[RowProblem]":
        from digest.roster.vetting import Counts, vet
        from digest.subscribers.table import split_lines

        return list(vet(self._site, self._list, split_lines(text), str(self._path), Counts()))

    def _ask(self, question: str, answers: str) -> bool:
        """Ask until an answer is one of `answers`; True to accept, False to edit again. Raises InputError to leave."""
        answer = ""
        while answer not in tuple(answers):
            answer = typer.prompt(question, prompt_suffix=" > ").strip().lower()[:1]
        if answer == "q":
            raise InputError(f"you left {self._path} as it was")
        return answer == "y"

    def _write(self, text: str) -> None:
        from digest.subscribers.disk import write_atomically

        def unless_overtaken(now: str) -> str:
            if now != self._base:
                raise _OvertakenError(now)
            return text

        write_atomically(self._path, unless_overtaken)

    def _put_together(self, text: str, now: str) -> None:
        """Have the copy hold both what was edited and what the file holds by now."""
        from digest.subscribers.table import split_lines
        from digest.subscribers.three_way import merge

        merged, conflicts = merge(split_lines(self._base), split_lines(text), split_lines(now))
        say(f"{self._path} was changed by somebody else while you edited.")
        if conflicts:
            say(f"Both changed {counted(conflicts, 'place')}; you find them between <<<<<<< and >>>>>>>.")
        self._ask("e: edit both put together, q: leave the file as it is", "eq")
        self._copy.write_bytes(merged.encode("utf-8", "surrogateescape"))
        self._base = now


def _beyond(found: "list[RowProblem]", before: "list[RowProblem]") -> "Iterator[RowProblem]":
    """Yield the problems that were not there before, on whatever line."""
    known = Counter((problem.reason, problem.email, problem.refused) for problem in before)
    for problem in found:
        kind = (problem.reason, problem.email, problem.refused)
        if known[kind]:
            known[kind] -= 1
        else:
            yield problem


def _on_terminal() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


def _editor() -> list[str]:
    """Return the command of somebody's editor. Raises InputError when there is none."""
    for variable in ("VISUAL", "EDITOR"):
        if written := os.environ.get(variable, "").strip():
            try:
                return shlex.split(written)
            except ValueError as error:
                raise InputError(f"${variable} is {written!r}, which can't be read: {error}") from None
    for name in ("vi", "nano"):
        if found := shutil.which(name):
            return [found]
    raise InputError("there is no editor: set $VISUAL or $EDITOR, such as EDITOR=nano")


def _copied(path: Path, text: str) -> Path:
    """Return a copy beside the file that nobody else can read, with its ending so that editors know what it is."""
    target = Path(os.path.realpath(path))
    try:
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.stem}.edit-", suffix=target.suffix)
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode("utf-8", "surrogateescape"))
    except OSError as error:
        raise InputError(f"{target.parent}: can't be written: {error.strerror}") from None
    return Path(name)


def _run(command: list[str], copy: Path) -> int:
    """Run the editor on the copy; returns its exit code. Ctrl-C in it is the editor's own."""

    def pass_over(_signal: int, _frame: "FrameType | None") -> None: ...

    # Unlike SIG_IGN, a handler isn't handed down to the editor.
    usual = signal.signal(signal.SIGINT, pass_over)
    try:
        return subprocess.run([*command, str(copy)], check=False).returncode  # noqa: S603 (their own editor)
    except OSError as error:
        raise InputError(f"the editor {command[0]!r} can't be run: {error.strerror}; set $VISUAL or $EDITOR") from None
    finally:
        signal.signal(signal.SIGINT, usual)


@contextmanager
def _kept_if_interrupted(copy: Path, base: str) -> Iterator[None]:
    """Say where the edited text is, whatever ends the command before it was accepted."""
    from digest.subscribers.disk import read_text

    try:
        yield
    except BaseException as error:
        if not copy.exists() or read_text(copy) == base:
            copy.unlink(missing_ok=True)
            raise
        if isinstance(error, InputError):
            raise InputError(f"{error}; what you edited is in {copy}") from None
        typer.echo(f"\nWhat you edited is in {copy}", err=True)
        raise
