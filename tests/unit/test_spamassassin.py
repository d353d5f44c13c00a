"""SpamAssassin's answer, read; and a program of that name, run."""

import os
import shutil
from pathlib import Path

import pytest

from digest import spamassassin
from digest.spamassassin import Score, read_score, score

ANSWER = b"""X-Spam-Checker-Version: SpamAssassin 4.0.1 (2024-03-25) on host
X-Spam-Level: %b
X-Spam-Status: %b, score=%b required=5.0 tests=HTML_FONT_LOW_CONTRAST,
\tHTML_MESSAGE,NO_RECEIVED,NO_RELAYS autolearn=no autolearn_force=no
\tversion=4.0.1
To: Ada <ada@example.org>

X-Spam-Status: Yes, score=99 required=1.0 tests=A_PAPER_SAYS_SO autolearn=no
"""
RULES = ("HTML_FONT_LOW_CONTRAST", "HTML_MESSAGE", "NO_RECEIVED", "NO_RELAYS")


@pytest.fixture
def program(tmp_path, monkeypatch):
    """Makes a shell script the SpamAssassin of this machine."""

    def put(script: str) -> Path:
        path = tmp_path / "spamassassin"
        path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        path.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
        return path

    return put


def test_the_score_and_its_rules_are_read_from_the_header():
    assert read_score(ANSWER % (b"", b"No", b"0.7")) == Score(0.7, 5.0, RULES)
    assert read_score(ANSWER % (b"", b"No", b"-1.5")) == Score(-1.5, 5.0, RULES)


def test_what_the_message_itself_says_doesn_t_count():
    assert read_score(b"To: x\n\nX-Spam-Status: Yes, score=9 required=5.0 tests=A\n") == "SpamAssassin gave no score"
    assert read_score(b"") == "SpamAssassin gave no score"


def test_no_rules_are_none():
    assert read_score(b"X-Spam-Status: No, score=0.0 required=5.0 tests=none autolearn=no\n\n") == Score(0.0, 5.0, ())


def test_from_half_of_the_points_on_it_is_a_warning():
    assert Score(2.4, 5.0, ()).finding() is None
    finding = Score(2.5, 5.0, ("A", "B")).finding()
    assert finding is not None
    assert (finding.level, finding.check) == ("warning", "spam")
    assert finding.text == "SpamAssassin gives 2.5 of 5 points: A, B"


def test_the_program_is_given_the_message_and_no_network(program, tmp_path):
    answer = tmp_path / "answer"
    answer.write_bytes(ANSWER % (b"", b"No", b"0.7"))
    program(f'echo "$@" > {tmp_path}/arguments; cat > {tmp_path}/message; cat {answer}')
    assert score(b"To: Ada\r\n\r\n\xff\r\n") == Score(0.7, 5.0, RULES)
    assert (tmp_path / "arguments").read_text() == "--local --test-mode\n"
    assert (tmp_path / "message").read_bytes() == b"To: Ada\r\n\r\n\xff\r\n"


def test_a_program_that_fails_says_nothing_of_the_message(program):
    program("exit 70")
    assert score(b"x") == "SpamAssassin gave no score"


def test_a_program_that_hangs_is_ended(program, monkeypatch):
    program("exec sleep 60")
    monkeypatch.setattr(spamassassin, "_TIMEOUT", 0.2)
    assert score(b"x") == "SpamAssassin could not be asked: TimeoutExpired"


def test_without_the_program_there_is_a_remark(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert score(b"x") == "SpamAssassin is not on this machine; its score is left out"


@pytest.mark.skipif(shutil.which("spamassassin") is None, reason="SpamAssassin isn't on this machine")
def test_the_real_program_gives_a_score():
    found = score(b"From: a@example.org\r\nTo: b@example.org\r\nSubject: Papers\r\n\r\nWords.\r\n")
    assert isinstance(found, Score)
    assert found.required > 0
