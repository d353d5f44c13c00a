"""Abstracts are cut between sentences, and nowhere else."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.papers.sentences import cut, sentences, shorten

SEED = Path(__file__).parents[3] / "seeds" / "seed-page.txt"
ABSTRACTS = [line for line in SEED.read_text(encoding="utf-8").splitlines() if len(line) > 250]


@pytest.mark.parametrize(
    "pieces",
    [
        ["We use, e.g. BERT, i.e. a Model.", "It works."],
        ["As Smith et al. (2020) and Doe et al. [3] say, it holds.", "We disagree."],
        ["This is due to Smith et al.", "However, we differ."],
        ["See Fig. 3, Eq. (4), Sec. IV and Tab. A of No. 5.", "Then stop."],
        ["Ours vs. Theirs, resp. A and B, cf. Table 2.", "Done."],
        ["J. Smith and A.-B. Jones of the U.S. Navy agree.", "In the U.S. they met."],
        ["It gains 3.5 points, from 0.1 to 20.", "We like it."],
        ["Is it so...", "But no!", "Really?", 'He said "stop."', "(Or not.)", "Then he left."],
        ["(We do A. We do B.)", "Then C."],
        ["1. First of all.", "2. Then the rest."],
        ["There are two: 1) Speed.", "2) Size."],
        ["It is i.i.d. data.", "The code is at https://example.org/a.b.", "Version 2.0 follows."],
        ["これは文です。", "次の文です。"],
        ["The answer is no.", "We stop here."],
        ["We gain 95\\%.", "$x$ is small."],
    ],
)
def test_where_sentences_end(pieces):
    assert sentences(" ".join(pieces)) == pieces


@pytest.mark.parametrize("text", ["", "   ", "no stop at all", "One.", "... and so on"])
def test_little_text(text):
    assert sentences(text) == ([text.strip()] if text.strip() else [])


@given(st.text(alphabet=st.sampled_from(list("aA1 .!?…()[]\"'e.g. 。\n"))) | st.text())
def test_nothing_is_lost(text):
    assert "".join("".join(sentences(text)).split()) == "".join(text.split())


@pytest.mark.parametrize("abstract", ABSTRACTS)
def test_the_seed_abstracts(abstract):
    found = sentences(abstract)
    assert " ".join(found) == abstract.strip()
    assert all(len(piece) > 20 and not piece[0].islower() for piece in found)
    assert len(found) >= 2
    for limit in (100, 200, 400, 800, 5000):
        short, less = shorten(abstract.strip(), limit)
        assert less == (short != abstract.strip())
        if short.endswith("…"):
            assert len(short) <= limit
            assert len(found[0]) > limit * 1.5
            assert abstract.startswith(short[:-1])
        else:
            taken = sentences(short)
            assert taken == found[: len(taken)]
            assert len(short) <= limit or len(taken) == 1


def test_there_are_46_seed_abstracts():
    assert len(ABSTRACTS) == 46


def test_shortening_takes_whole_sentences():
    text = "One is here. Two is here. Three is here."
    assert shorten(text, 100) == (text, False)
    assert shorten(text, len(text)) == (text, False)
    assert shorten(text, 30) == ("One is here. Two is here.", True)
    assert shorten(text, 10) == ("One is here.", True)


def test_a_long_first_sentence_is_cut_after_a_clause_or_a_word():
    assert shorten("Alpha beta gamma, delta epsilon zeta eta theta iota kappa. End.", 24) == (
        "Alpha beta gamma…",
        True,
    )
    assert shorten("Alpha beta gamma delta epsilon zeta eta theta iota kappa.", 24) == (
        "Alpha beta gamma delta…",
        True,
    )
    assert cut("x" * 50, 10) == "x" * 9 + "…"
    assert cut("short", 10) == "short"


@given(st.text(), st.integers(1, 60))
def test_shortening_keeps_its_bounds(text, limit):
    short, less = shorten(text, limit)
    assert less or short.rstrip() == text.rstrip()
    assert len(short) <= limit * 1.5
    assert len(cut(text, limit)) <= limit
