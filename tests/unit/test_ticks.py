import logging
import signal
import subprocess
import sys
import threading
from collections.abc import Callable

import pytest

from digest import ticks
from digest.errors import ConfigError
from digest.ticks import serve

Ticks = dict[str, Callable[[threading.Event], None]]


def served(jobs: Ticks, stop: threading.Event) -> threading.Thread:
    thread = threading.Thread(target=serve, args=(jobs, stop), daemon=True)
    thread.start()
    return thread


def test_each_list_ticks_at_once_and_stop_ends_it() -> None:
    stop, names = threading.Event(), ["ml", "physics", "maths"]
    seen = {name: threading.Event() for name in names}
    thread = served({name: (lambda _stop, name=name: seen[name].set()) for name in names}, stop)  # type: ignore[misc]
    assert all(event.wait(5) for event in seen.values())
    stop.set()
    thread.join(2)
    assert not thread.is_alive()


def test_it_returns_when_the_ticks_at_work_have_ended() -> None:
    stop, began, ended = threading.Event(), threading.Event(), threading.Event()

    def slow(asked: threading.Event) -> None:
        began.set()
        assert asked.wait(5)
        ended.set()

    thread = served({"ml": slow}, stop)
    assert began.wait(5)
    assert thread.is_alive()
    stop.set()
    thread.join(2)
    assert not thread.is_alive()
    assert ended.is_set()


def test_an_error_costs_only_its_own_tick(caplog: pytest.LogCaptureFixture) -> None:
    stop, fine, failed = threading.Event(), threading.Event(), threading.Event()

    def defect(_stop: threading.Event) -> None:
        failed.set()
        raise RuntimeError("a defect")

    def mistake(_stop: threading.Event) -> None:
        raise ConfigError("digest.toml: lists.maths.topics: 'algebar' is not declared; did you mean 'algebra'?")

    with caplog.at_level(logging.INFO, logger="digest.ticks"):
        thread = served({"ml": defect, "maths": mistake, "physics": lambda _stop: fine.set()}, stop)
        assert failed.wait(5)
        assert fine.wait(5)
        assert thread.is_alive()
        stop.set()
        thread.join(2)
    said = {record.args[0]: record for record in caplog.records if isinstance(record.args, tuple)}
    assert said["ml"].exc_info is not None  # a defect keeps its traceback
    assert said["maths"].exc_info is None  # a mistake is one line
    assert "did you mean 'algebra'" in said["maths"].getMessage()
    assert "physics" not in said


def test_ticks_come_again_and_never_beside_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ticks, "SECONDS_BETWEEN_TICKS", 0.05)
    stop, enough = threading.Event(), threading.Event()
    running: list[int] = []
    most: list[int] = []

    def tick(_stop: threading.Event) -> None:
        running.append(1)
        most.append(len(running))
        enough.wait(0.12)  # longer than the interval
        running.pop()
        if len(most) == 3:
            enough.set()

    thread = served({"ml": tick, "idle": lambda _stop: None, "quiet": lambda _stop: None}, stop)
    assert enough.wait(5)
    stop.set()
    thread.join(2)
    assert not thread.is_alive()
    assert max(most) == 1


PROGRAM = """
import threading
from digest.ticks import serve
def tick(stop):
    print("tick", flush=True)
    stop.wait()
    print("ended", flush=True)
serve({"ml": tick}, threading.Event())
print("returned", flush=True)
"""


def test_a_signal_ends_it_cleanly() -> None:
    numbers = (signal.SIGTERM, signal.SIGINT)
    pipe = subprocess.PIPE
    programs = [subprocess.Popen([sys.executable, "-c", PROGRAM], stdout=pipe, stderr=pipe, text=True) for _ in numbers]
    for number, program in zip(numbers, programs, strict=True):
        with program:
            assert program.stdout is not None
            assert program.stdout.readline() == "tick\n"
            program.send_signal(number)
            out, err = program.communicate(timeout=5)
        assert (out, err, program.returncode) == ("ended\nreturned\n", "", 0)
