"""What was done and what came out is chosen from an abstract, in whole sentences."""

import time
import timeit
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.papers.cues import is_english, marks
from digest.papers.sentences import sentences
from digest.papers.summary import summarize

SEED = Path(__file__).parents[3] / "seeds" / "seed-page.txt"
ABSTRACTS = [line.strip() for line in SEED.read_text(encoding="utf-8").splitlines() if len(line) > 250]

WHY = "Sorting the books of a small library has become a challenging task for many of its readers."
BUT = "However, existing methods fail when the shelves are long, and remain limited to short ones."
DONE = "To address this, we propose ShelfSort, a method that sorts the books of a library by the colour of the spine."
HOW = "The books are looked at from left to right, and each is moved at most one time by the reader."
RESULT = "Experiments on 12 libraries show that ShelfSort outperforms sorting by hand by 3.2% and is twice as fast."
EXTRA = "We also present a small robot for the shelves of the cellar."
CODE = "Our code and data are available at https://example.org/shelfsort."
OUTLOOK = "We hope that this will pave the way for future research on the order of the books."


def abstract(*pieces):
    return " ".join(pieces)


def test_what_was_done_and_what_came_out():
    text = abstract(WHY, BUT, DONE, HOW, RESULT, EXTRA, OUTLOOK, CODE)
    assert summarize(text, 380) == abstract(DONE, RESULT)
    assert summarize(text, len(DONE)) == DONE


def test_the_abstracts_order_stays():
    assert summarize(abstract(RESULT, WHY, BUT, DONE, CODE), 380) == abstract(RESULT, DONE)


def test_a_short_abstract_is_its_own_summary():
    text = abstract(WHY, DONE)
    assert summarize(f" {text}\n", len(text)) == text
    assert summarize("", 380) == ""
    assert summarize("  \n", 380) == ""


def test_a_sentence_that_is_too_long_gives_way_to_one_that_fits():
    long = f"{DONE[:-1]}, which we {'carefully ' * 30}describe."
    assert summarize(abstract(WHY, BUT, long, HOW, RESULT), 200) == abstract(HOW, RESULT)
    assert summarize(abstract(WHY, BUT, long, HOW, RESULT), 150) == RESULT
    assert summarize(abstract(WHY, long, CODE), 150) == WHY


def test_only_where_nothing_fits_a_sentence_is_cut():
    short = summarize(abstract(WHY, BUT, DONE, RESULT), 70)
    assert short == "To address this, we propose ShelfSort, a method that sorts the books…"
    assert summarize(abstract(DONE, RESULT, CODE), len(CODE)) == summarize(abstract(DONE, RESULT), len(CODE))


def test_of_two_proposals_the_first_names_the_paper():
    first = "We propose a thing for the tired people of many towns."
    second = "We propose some books of readers for those of the library."
    assert summarize(abstract(WHY, BUT, first, HOW, second), len(second)) == first


def test_what_others_reached_is_no_result():
    theirs = "Experiments show that sorting books by hand outperforms the readers by 40%."
    ours = "Our robot reduces the time."
    assert summarize(abstract(theirs, BUT, DONE, HOW, ours), len(DONE) + 1 + len(theirs)) == abstract(DONE, ours)


def test_of_two_that_say_as_much_the_one_that_is_on_the_subject():
    aside = "The lamps of the cellar burn during the night and nobody sees them."
    assert summarize(abstract(WHY, BUT, DONE, aside, HOW), len(HOW)) == HOW
    assert summarize(abstract(WHY, BUT, DONE, HOW, aside), len(HOW)) == HOW


def test_where_what_was_done_has_no_room_the_result_is_told():
    kind = "A sorter of books is a model that sorts the books of the library by the reader."
    assert summarize(abstract(WHY, f"{DONE[:-1]} {'very ' * 50}well.", kind, HOW, RESULT), len(RESULT)) == RESULT


@pytest.mark.parametrize(
    "left_out",
    [
        CODE,
        "We release the code of ShelfSort.",
        "The dataset will be made publicly available to the readers of all libraries.",
        "See www.example.org for a film of a robot that sorts books.",
        "Project page.",
        'It read the words "Sort the books of the cellar by the colour.',
    ],
)
def test_what_only_points_elsewhere_is_never_chosen(left_out):
    assert marks(left_out) is None
    assert left_out not in summarize(abstract(WHY, left_out, BUT, left_out), 100)


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        (DONE, WHY),
        (DONE, BUT),
        (DONE, EXTRA),
        (DONE, HOW),
        ("This paper introduces a sorter of books.", "This shelf introduces a sorter of books."),
        ("A sorter of books by their colour is presented.", "A sorter of books by their colour is wanted."),
        ("We study how readers of novels sort the books.", "Some study how readers of novels sort the books."),
        (HOW, f"(ii) {HOW}"),
        (HOW, f"{HOW[:-1]}?"),
        (HOW, OUTLOOK),
    ],
)
def test_what_says_more_of_what_was_done(better, worse):
    assert marks(better).done > marks(worse).done


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        (RESULT, DONE),
        (RESULT, HOW),
        (RESULT, OUTLOOK),
        ("We find that tall readers of novels sort books.", "We think that tall readers of novels sort books."),
        ("Our sorter reduces the time of sorting.", "To reduce the time of sorting, our sorter rests."),
        ("Sorting took 40% of the readers of novels.", "Sorting took some of the readers of novels."),
        ("Results: sorting took all of the time.", "Methods: sorting took all of the time."),
        ("Experiments show that the books are sorted.", "Extensive experiments show the effectiveness of the sorter."),
    ],
)
def test_what_says_more_of_what_came_out(better, worse):
    assert marks(better).result > marks(worse).result


@pytest.mark.parametrize("start", ["It ", "These ", "However, ", "For example, "])
def test_a_sentence_that_leans_comes_with_the_one_before(start):
    assert marks(f"{start}sorts the books of the whole library.").leans > 0


@pytest.mark.parametrize("start", ["This paper ", "We ", "The sorter ", "Item "])
def test_a_sentence_that_stands_alone_leans_on_nothing(start):
    assert marks(f"{start}sorts the books of the whole library.").leans == 0


def test_leaning_costs_nothing_behind_the_sentence_that_is_meant():
    leaning = "It sorts the books of a library 3.2 times as fast as the best readers do."
    aloof = "Readers sort the books of a library 3.1 times as fast as the best did."
    assert summarize(abstract(WHY, BUT, DONE, leaning, HOW, aloof), 200) == abstract(DONE, leaning)
    assert summarize(abstract(WHY, BUT, DONE, HOW, leaning, HOW, aloof), 200) == abstract(DONE, aloof)


GERMAN = [
    "Das Sortieren der Bücher einer Bibliothek ist schwer und braucht sehr viel Zeit.",
    "Wir stellen ein Verfahren vor, das Bücher z. B. nach der Farbe des Rückens ordnet.",
    "In Versuchen ist es um 3,2 Punkte besser.",
]
FRENCH = [
    "Le rangement des livres d'une bibliothèque est une tâche difficile pour les lecteurs.",
    "Nous proposons une méthode qui range les livres selon la couleur de leur dos.",
    "Elle est plus rapide.",
]
SPANISH = [
    "Ordenar los libros de una biblioteca es una tarea difícil para los lectores.",
    "Proponemos un método que ordena los libros según el color de su lomo.",
    "Es más rápido.",
]
CHINESE = ["整理图书馆的书籍是一项困难的任务。", "我们提出一种按书脊颜色整理书籍的方法LLM。", "它更快。"]
JAPANESE = [
    "図書館の本を整理することは難しい作業です。",
    "本研究では背表紙の色で本を整理する方法を提案します。",
    "より速いです。",
]


@pytest.mark.parametrize("pieces", [GERMAN, FRENCH, SPANISH, CHINESE, JAPANESE])
def test_in_other_languages_the_first_sentences_come(pieces):
    gap = "" if pieces[0].endswith("。") else " "
    text = gap.join(pieces)
    assert not is_english(text)
    assert summarize(text, len(gap.join(pieces[:2]))) == gap.join(pieces[:2])
    assert summarize(text, len(pieces[0])) == pieces[0]
    assert summarize(text, len(pieces[-1])) == pieces[-1]
    assert summarize(text, 3).endswith("…")


@pytest.mark.parametrize("text", ABSTRACTS)
@pytest.mark.parametrize("limit", [200, 380])
def test_the_seed_abstracts(text, limit):
    assert is_english(text)
    chosen = summarize(text, limit)
    assert 0 < len(chosen) <= limit
    pieces = sentences(text)
    places = [pieces.index(piece) for piece in sentences(chosen) if not piece.endswith("…")]
    assert places == sorted(places)
    assert len(places) <= 2
    assert chosen.endswith("…") == (not places)
    assert places or all(len(piece) > limit or marks(piece) is None for piece in pieces)


WORDS = [
    WHY,
    BUT,
    DONE,
    HOW,
    RESULT,
    CODE,
    "It is.",
    "we show",
    "the of",
    "。",
    "…",
    "(",
    '"',
    "3%",
    "\n",
    "a",
    "x" * 30,
]


@given(st.lists(st.sampled_from(WORDS)).map(" ".join) | st.text(), st.integers(1, 400))
def test_any_text_keeps_the_limit(text, limit):
    short = summarize(text, limit)
    assert len(short) <= limit
    assert summarize(text, limit) == short
    assert bool(short) == bool(text.strip())
    if not short.endswith("…"):
        assert set("".join(short.split())) <= set(text)


HOSTILE = [
    "we will ",
    "code data ",
    "a novel ",
    "in this paper ",
    "the of to achieve ",
    "results experiments ",
    "a-",
    "1 ",
]


@pytest.mark.parametrize("unit", HOSTILE)
def test_the_time_of_one_long_sentence_grows_with_its_length(unit):
    assert_grows_with_the_length(marks, unit)


@pytest.mark.parametrize("unit", ["We show that the books of it are. ", "The of is. ", "(the of it is a book "])
def test_the_time_of_many_sentences_grows_with_their_number(unit):
    assert_grows_with_the_length(lambda text: summarize(text, 380), unit)


def assert_grows_with_the_length(work, unit):
    short, long = (least_seconds(work, unit * (length // len(unit))) for length in (3_000, 30_000))
    assert long < short * 40 + 0.001  # tenfold; a square would be a hundredfold


def least_seconds(work, text):
    fresh = iter([f"{number} {text}" for number in range(3)])  # what was read before is remembered
    return min(timeit.repeat(lambda: work(next(fresh)), number=1, repeat=3, timer=time.process_time))
