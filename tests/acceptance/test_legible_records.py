"""The goals for legible text, on real records."""

import gzip
import json

import pytest

from digest.papers.clean import clean_line
from digest.papers.latex import legible, scripted
from tests.evaluation import latex as evaluation

pytestmark = pytest.mark.shared_data


def test_the_goals_are_met(shared_data):
    measured = evaluation.measure(shared_data)
    assert measured.equal / measured.differing >= 0.85
    assert measured.tex_left / measured.abstracts <= 0.005
    assert measured.plain_changed == 0


def test_a_legible_record_stays(shared_data):
    with gzip.open(shared_data / "arxiv.jsonl.gz", "rt", encoding="utf-8") as file:
        for row in map(json.loads, file):
            for text in (row["title"], row["abstract"]):
                once = legible(clean_line(text))
                assert legible(once) == once == clean_line(once)
                assert "".join(span.text for span in scripted(once)).count("_(") <= once.count("_(")
