"""SpamAssassin's score of a message, where the program is on this machine; nothing is asked over the network."""

import re
import shutil
import subprocess
from dataclasses import dataclass
from tempfile import TemporaryFile

from digest.checks.finding import Finding

PROGRAM = "spamassassin"

_TIMEOUT = 60.0
"""Seconds; it needs one or two, most of them to read its rules."""

_HEAD = 65_536
"""Bytes of its answer that are read: the header it puts before the message."""

_STATUS = re.compile(r"^X-Spam-Status: \w+, score=(-?[\d.]+) required=(-?[\d.]+) tests=(\S*(?:\s+[A-Z0-9_,]+)*)", re.M)


@dataclass(frozen=True, slots=True)
class Score:
    """How many points a message got, from how many on it is spam, and the rules that hit."""

    points: float
    required: float
    rules: tuple[str, ...]

    def __str__(self) -> str:
        """Return it in one line."""
        return f"{self.points:g} of {self.required:g} points{': ' if self.rules else ''}{', '.join(self.rules)}"

    def finding(self) -> Finding | None:
        """Return a warning from half of the points on: filters differ, and a sender's good name may be young."""
        if self.points < self.required / 2:
            return None
        return Finding("warning", "spam", f"SpamAssassin gives {self}")


def score(message: bytes) -> Score | str:
    """Return a message's score, or why there is none."""
    program = shutil.which(PROGRAM)
    if program is None:
        return "SpamAssassin is not on this machine; its score is left out"
    with TemporaryFile() as answer:
        try:
            subprocess.run(  # noqa: S603 (a fixed program, and no shell)
                [program, "--local", "--test-mode"],
                input=message,
                stdout=answer,
                stderr=subprocess.DEVNULL,
                timeout=_TIMEOUT,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            return f"SpamAssassin could not be asked: {type(error).__name__}"
        answer.seek(0)
        return read_score(answer.read(_HEAD))


def read_score(answer: bytes) -> Score | str:
    """Read the header that `spamassassin --test-mode` puts before a message."""
    # What stands in the message itself doesn't count: a paper's abstract may say anything.
    head = re.split(r"\r?\n\r?\n", answer.decode("utf-8", "replace"), maxsplit=1)[0]
    found = _STATUS.search(re.sub(r"\r?\n[ \t]+", " ", head))
    if not found:
        return "SpamAssassin gave no score"
    rules = (rule for rule in re.split(r"[\s,]+", found[3]) if rule and rule != "none")
    return Score(float(found[1]), float(found[2]), tuple(rules))
