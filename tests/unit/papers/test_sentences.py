"""Abstracts are cut between sentences, and nowhere else."""

import time
import timeit
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
        ["It took 13 ms.", "Our tool took 2."],
        ["Serving is slow.", "vLLM is fast.", "eBPF watches it.", "iPhone users wait.", "k-NN is older.", "o3 leads."],
        ["The kernel is small.", "t-SNE shows why.", "wav2vec 2.0 hears it."],
        ["It is small. it is lower case, so in doubt one."],
        ["3 of 5 agree.", "12 do not.", "𝒪(n) is enough.", "∑ is a sum."],
        ["We beat GPT-4.", "GPT-4. is no name, but v2.0 is and 3.5 is a number."],
        ["Mind approx. 3 and 5 sq. m in v. 2.", "Then stop."],
        ["Success rates are 96.3% avg. SR on one and (avg. 80.1%) on others.", "Fine."],
        ["See https://example.org/a.b.", "Next comes www.example.org.", "Then nothing."],
        ["The code is online.", "https://example.org/code"],
        ["The code is online.", "(https://example.org/code)"],
        ["We ask two things.", "(1) Does it work?", "(2) Does it last?"],
        ["We show: nothing."],
        ["It has three parts.", "(a) Remember what was said.", "(b) Recall it.", "(ii) Tell it."],
        ["Two steps: 1. Take it; 2. Leave it.", "Done."],
        ["The split is 8:1:1.", "Based on it we test."],
        ['He called it "done."', "She said 'no.'", "They left (as ever).", "“Why?”", "[Sic.]", "Yes."],
        ["Can machines grow up?", "Really?!", "No…", "Well... perhaps."],
        ['The question "can they?" -- a natural one -- stays.', "So what."],
        ["Smith (see Fig. 3. It is old) agrees.", "Jones (no. 2) does not."],
        ["An open ( stays open.", "It is closed nowhere."],
        ["これは「はい。」と言った。", "次だ！", "本当？", "値は３．５です。"],
        ["他说（真的。）好。", "我们提出方法。", "结果更好！"],
        ["यह तेज़ है।", "हम दिखाते हैं।"],
        ["Wir nutzen z. B. Modelle bzw. Daten, vgl. Abb. 3.", "Das ist gut."],
        ["C'est rapide, p. ex. ici.", "Nous montrons cela.", "«\xa0Bien.\xa0»"],
        ["¿Es rápido?", "¡Sí!", "Lo mostramos."],
    ],
)
def test_where_sentences_end(pieces):
    assert sentences(" ".join(pieces)) == pieces


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("It is fast.We show how.Others follow.", ["It is fast.", "We show how.Others follow."]),
        ("It works for code.However, prose is hard.", ["It works for code.", "However, prose is hard."]),
        ("It is at www.example.org/of.The same.", ["It is at www.example.org/of.The same."]),
        ("Dr.We is nobody, and asp.Net a product.", ["Dr.We is nobody, and asp.Net a product."]),
    ],
)
def test_where_the_space_is_missing_a_sure_beginning_tells(text, pieces):
    assert sentences(text) == pieces


PARTS = [
    *"aA1 .!?…()[]\"'»。（）」\n",
    "e.g. ",
    "We ",
    "(i) ",
    "https://example.org/a ",
    "k-NN ",
    " »",
    "abc",
    "et al. ",
]


@given(st.lists(st.sampled_from(PARTS)).map("".join))
def test_a_sentence_is_never_empty_and_stays_one(text):
    found = sentences(text)
    assert all(piece and piece == piece.strip() for piece in found)
    assert [sentences(piece) for piece in found] == [[piece] for piece in found]
    assert "".join("".join(found).split()) == "".join(text.split())


HOSTILE = [
    ". ",
    ".",
    "((",
    "(. ",
    ").",
    "。",
    "a.",
    "etc. ",
    '."',
    "1) ",
    "Ab. ",
    "abc.We ",
    "! (",
    ". —",
    "…",
    "A.-",
    " »",
]


@pytest.mark.parametrize("unit", HOSTILE)
def test_the_time_grows_with_the_length(unit):
    short, long = (least_seconds(unit * (length // len(unit)) + "a") for length in (3_000, 30_000))
    assert long < short * 40 + 0.001  # tenfold; a square would be a hundredfold


def least_seconds(text):
    return min(timeit.repeat(lambda: sentences(text), number=1, repeat=3, timer=time.process_time))


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
