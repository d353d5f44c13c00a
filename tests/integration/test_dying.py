"""A subscriber file is the old one or the new one, wherever its writer dies and whenever the disk is full."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from digest.subscribers.disk import read_text, write_atomically
from tests.integration.dying import NEW, OLD

REPOSITORY = Path(__file__).parents[2]


def tried(how: str, folder: Path) -> tuple[list[dict], str]:
    """Return what became of each try, and what people were told."""
    command = [sys.executable, "-m", "tests.integration.dying", how, str(folder)]
    run = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=60)
    assert run.returncode == 0, run.stderr
    return [json.loads(line) for line in run.stdout.splitlines()], run.stderr


def files_in(folder: Path) -> set[str]:
    return {entry.name for entry in folder.iterdir()}


def test_killed_at_any_step_the_file_is_the_old_or_the_new_one_and_can_be_written_again(tmp_path):
    *killed, whole = tried("kill", tmp_path)[0]
    assert {one["ended"] for one in killed} == {-signal.SIGKILL}
    assert len(killed) == len(whole["steps"]) >= 12
    renamed = whole["steps"].index("replace") + 1
    for one in killed:
        path = tmp_path / str(one["last"]) / "daily.csv"
        assert read_text(path) == (OLD if one["last"] <= renamed else NEW)
        write_atomically(path, lambda _text: NEW)
        assert read_text(path) == NEW
        assert files_in(path.parent) == {"daily.csv", ".daily.csv.lock"}  # what the dead one left is gone


def test_the_new_file_is_on_the_disk_before_it_takes_the_name_and_the_folder_after(tmp_path):
    steps = tried("kill", tmp_path)[0][-1]["steps"]
    order = [name for name in steps if name in ("flock", "write", "fchmod", "fsync", "replace")]
    assert order == ["flock", "write", "write", "fchmod", "fsync", "replace", "fsync"]


def test_with_a_full_disk_at_any_step_the_file_is_the_old_one_and_the_person_is_told(tmp_path):
    *failed, whole = tried("full", tmp_path)[0]
    renamed = whole["steps"].index("replace") + 1
    assert {one["ended"] for one in failed} == {3}
    for one in failed:
        path = tmp_path / str(one["last"]) / "daily.csv"
        assert read_text(path) == (OLD if one["last"] <= renamed else NEW)
        left = files_in(path.parent) - {".daily.csv.lock"}
        # Where it can't even close what it wrote, the next writer clears up.
        assert left <= {"daily.csv", ".daily.csv.new"}
        write_atomically(path, lambda _text: NEW)
        assert files_in(path.parent) == {"daily.csv", ".daily.csv.lock"}


def test_the_reason_is_said_in_one_line_each(tmp_path):
    failed, said = tried("full", tmp_path)
    lines = said.splitlines()
    assert len(lines) == len(failed) - 1
    assert all(line.endswith("daily.csv: can't be written: No space left on device") for line in lines)


@pytest.mark.skipif(sys.platform != "linux", reason="limits the size of files")
def test_a_write_that_the_kernel_cuts_short_leaves_the_old_file_and_no_litter(tmp_path):
    *failed, _ = tried("limit", tmp_path)[0]
    assert len(failed) > 40  # 100 bytes more each time
    for one in failed:
        path = tmp_path / str(one["last"]) / "daily.csv"
        assert one["ended"] == 3
        assert read_text(path) == OLD
        assert files_in(path.parent) == {"daily.csv", ".daily.csv.lock"}
