"""Papers on the same thing are found, stand together, and share the cards."""

import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.papers.paper import Paper
from digest.topics.diversity import Caps, cards, groups, near_duplicates, together

COMMON = ["agent", "model", "language", "code", "repository", "large", "system"]
FREQUENCIES = {
    **dict.fromkeys(COMMON, 0.3),
    **dict.fromkeys(["issue", "software", "patch", "bug"], 0.01),
    "llm": 0.25,
    "gsm8k": 0.005,
}

SWE = [
    Paper("a1", "Agents on SWE-bench", "We resolve software issues with a language model that writes patches."),
    Paper("a2", "SWE-bench without agents", "A pipeline for software issues; patches by a large model."),
    Paper("a3", "Better patches", "Bugs in code repositories: a verifier raises the score on SWE-bench by a tenth."),
]
OTHERS = [
    Paper("b", "Tidal flats from satellites", "Mapping coasts by radar images over ten years."),
    Paper("c", "Proof search in type theory", "A prover that learns lemmas."),
    Paper("d", "Speech for small languages", "Transcripts from radio in Wolof, with little supervision."),
]


def paper(id, title="", abstract=""):
    return Paper(id, title or id, abstract)


def test_papers_on_one_benchmark_are_a_group_of_their_best():
    ranked = [OTHERS[0], SWE[1], OTHERS[1], SWE[0], SWE[2], OTHERS[2]]
    assert groups(ranked, FREQUENCIES) == {"b": "b", "a2": "a2", "c": "c", "a1": "a2", "a3": "a2", "d": "d"}


def test_the_same_without_frequencies_in_a_batch():
    ranked = [*SWE[:2], *OTHERS]
    assert groups(ranked) == {"a1": "a1", "a2": "a1", "b": "b", "c": "c", "d": "d"}


def named(id, name, words, place="title"):
    """Return a paper with `name` in its title or abstract, and so many `words` that no other paper has."""
    others = " and ".join(f"{id}{n}" for n in range(words))
    return paper(id, name, others) if place == "title" else paper(id, f"{id}0", f"{name} and {others}")


@pytest.mark.parametrize(("name", "words"), [("GSM8K", 17), ("NTIRE", 17), ("OSWorlds", 17), ("SWE-bench", 52)])
def test_a_shared_name_lowers_the_bar(name, words):
    assert near_duplicates([named("a", name, words), named("b", name, words)], {}) == {"b": ["a"]}
    assert near_duplicates([named("a", name, words * 2), named("b", name, words * 2)], {}) == {}


@pytest.mark.parametrize(
    ("word", "words"), [("SLAM", 17), ("LLMs", 17), ("Bridge", 17), ("deepfake", 17), ("Real-Time", 52)]
)
def test_a_word_that_is_no_name_does_not(word, words):
    assert near_duplicates([named("a", word, words), named("b", word, words)], {}) == {}


def test_a_name_counts_where_it_is_in_a_title():
    titled, untitled = named("a", "GSM8K", 9), named("b", "GSM8K", 9, "abstract")
    assert near_duplicates([titled, untitled], {}) == {"b": ["a"]}
    assert near_duplicates([untitled, titled], {}) == {"a": ["b"]}
    assert near_duplicates([named("a", "GSM8K", 6, "abstract"), named("b", "GSM8K", 6, "abstract")], {}) == {}


def test_a_name_counts_where_it_is_rare():
    assert near_duplicates([named("a", "GSM8K", 4), named("b", "GSM8K", 4)], {"gsm8k": 0.01}) == {"b": ["a"]}
    assert near_duplicates([named("a", "GSM8K", 3), named("b", "GSM8K", 3)], {"gsm8k": 0.02}) == {}


def test_without_frequencies_a_name_is_rare_while_half_of_the_papers_lack_it():
    on_it = [named(id, "GSM8K", 3) for id in "abc"]
    others = [named(id, id, 3) for id in "def"]
    assert groups([*on_it, *others]) == {"a": "a", "b": "a", "c": "a", "d": "d", "e": "e", "f": "f"}
    assert near_duplicates([*on_it, *others[:2]]) == {}


def test_a_pair_of_words_weighs_as_its_rarer_one():
    abstracts = [" ".join(f"{id}{n}" for n in range(11)) for id in "ab"]
    ranked = [paper(str(number), "quantum models", text) for number, text in enumerate(abstracts)]
    shares = {"model": 0.9, **dict.fromkeys(" ".join(abstracts).split(), 0.003)}
    assert near_duplicates(ranked, {**shares, "quantum": 0.001}) == {"1": ["0"]}
    assert near_duplicates(ranked, {**shares, "quantum": 0.1}) == {}


def test_common_acronyms_bind_nothing():
    ranked = [
        paper("1", "LLM judges", "An LLM reads essays and marks them."),
        paper("2", "LLM routing", "Requests go to the cheapest LLM that serves."),
    ]
    assert near_duplicates(ranked, FREQUENCIES) == {}


def test_plural_and_case_do_not_part_two_papers():
    ranked = [
        paper("1", "Resolving Software Bugs", "Patches for issues."),
        paper("2", "resolving software bug", "Patch for issue"),
    ]
    assert near_duplicates(ranked, FREQUENCIES) == {"2": ["1"]}
    assert near_duplicates(ranked, {f"{word}s": share for word, share in FREQUENCIES.items()}) == {"2": ["1"]}


@pytest.mark.parametrize("word", ["series", "policies", "boxes", "biases", "model"])
def test_a_word_that_is_everywhere_binds_nothing_whatever_its_plural(word):
    ranked = [
        paper("1", f"{word} of tides", "Moon, sea, coast."),
        paper("2", f"{word} of lemmas", "Logic, proof, type."),
    ]
    assert near_duplicates(ranked, {}) == {"2": ["1"]}
    assert near_duplicates(ranked, {word: 0.5}) == {}


def test_no_chain_binds_two_that_have_nothing_in_common():
    chain = [
        paper("1", "alpha beta gamma delta"),
        paper("3", "epsilon zeta theta iota"),
        paper("2", "gamma delta epsilon zeta"),
    ]
    assert near_duplicates(chain, {}) == {"2": ["1", "3"]}
    assert groups(chain, {}) == {"1": "1", "3": "3", "2": "1"}
    assert groups([chain[0], chain[2], chain[1]], {}) == {"1": "1", "2": "1", "3": "3"}


def test_papers_without_words_are_alone():
    assert groups([paper("1", "?"), paper("2", "?"), paper("3", "the of")], {}) == {"1": "1", "2": "2", "3": "3"}
    assert groups([]) == {}


def test_near_duplicates_stand_directly_under_their_first():
    ranked = [SWE[0], OTHERS[0], SWE[1], OTHERS[1], SWE[2]]
    first_of = groups(ranked, FREQUENCIES)
    assert [p.id for p in together(ranked, first_of)] == ["a1", "a2", "a3", "b", "c"]
    assert [p.id for p in together(ranked[1:], first_of)] == ["b", "a2", "a3", "c"]  # the first is in another section


def chosen(count, caps, sections=1, group=None, pinned=()):
    ranked = [paper(f"p{n}") for n in range(count)]
    section_of = {p.id: f"s{n % sections}" for n, p in enumerate(ranked)}
    return sorted(int(id[1:]) for id in cards(ranked, section_of, group or {}, caps, pinned))


@pytest.mark.parametrize(
    ("caps", "sections", "expected"),
    [
        (Caps(issue=3), 1, [0, 1, 2]),
        (Caps(issue=9, section=2), 1, [0, 1]),
        (Caps(issue=9, section=2), 3, [0, 1, 2, 3, 4, 5]),
        (Caps(issue=4, section=2), 3, [0, 1, 2, 3]),
        (Caps(issue=1), 3, [0, 1, 2]),
        (Caps(issue=0), 1, [0]),
    ],
)
def test_the_caps_of_issue_and_section(caps, sections, expected):
    assert chosen(8, caps, sections) == expected


def test_a_group_has_two_cards_in_a_section_and_the_next_paper_takes_the_third():
    group = {f"p{n}": "p0" for n in range(5)}
    assert chosen(8, Caps(issue=4), group=group) == [0, 1, 5, 6]
    assert chosen(8, Caps(issue=4, group=3), group=group) == [0, 1, 2, 5]
    assert chosen(8, Caps(issue=6), sections=2, group=group) == [0, 1, 2, 3, 5, 6]


def test_a_pinned_paper_has_its_card_whatever_the_caps_of_section_and_group():
    group = {f"p{n}": "p0" for n in range(5)}
    assert chosen(8, Caps(issue=4, section=3), group=group, pinned={"p1", "p2", "p3"}) == [0, 1, 2, 3]
    assert chosen(8, Caps(issue=2), pinned={"p6", "p7"}) == [0, 6]
    assert chosen(8, Caps(issue=3), sections=2, pinned={"p7"}) == [0, 1, 7]


words = st.lists(st.sampled_from(["SWE-bench", "agent", "GSM8K", "radar", "lemma", "proof"]), max_size=6).map(" ".join)
batches = st.lists(words, max_size=12).map(lambda texts: [paper(str(n), text, text) for n, text in enumerate(texts)])


@given(batches, st.randoms(use_true_random=False))
def test_likeness_does_not_depend_on_the_order(batch, shuffler: random.Random):
    def pairs(papers):
        return {frozenset((a, b)) for a, others in near_duplicates(papers, FREQUENCIES).items() for b in others}

    shuffled = list(batch)
    shuffler.shuffle(shuffled)
    assert pairs(shuffled) == pairs(batch)


@given(batches, st.integers(0, 6), st.none() | st.integers(1, 3), st.integers(1, 2), st.integers(1, 3))
def test_every_paper_stands_once_and_the_caps_hold(batch, issue, section, group, sections):
    first_of = groups(batch, FREQUENCIES)
    assert all(first_of[first] == first for first in first_of.values())
    assert sorted(p.id for p in together(batch, first_of)) == sorted(p.id for p in batch)
    section_of = {p.id: str(n % sections) for n, p in enumerate(batch)}
    found = cards(batch, section_of, first_of, Caps(issue, section, group))
    assert len(found) <= max(issue, min(sections, len(batch)))
    for name in map(str, range(sections)):
        inside = [p.id for p in batch if section_of[p.id] == name]
        assert not inside or inside[0] in found
        with_card = [id for id in inside if id in found]
        assert section is None or len(with_card) <= section
        assert all(sum(first_of[id] == first for id in with_card) <= group for first in first_of)


def test_a_flood_of_papers_takes_no_longer_than_the_best_few_hundred():
    chance = random.Random(5)
    words = [f"word{n}" for n in range(4000)]
    often = [1 / (n + 5) for n in range(4000)]  # as words are
    flood = [paper(str(n), " ".join(chance.choices(words, often, k=40))) for n in range(3000)]

    def taken(papers):
        begin = time.process_time()
        assert len(groups(papers)) == len(papers)
        return time.process_time() - begin

    assert min(taken(flood) for _ in range(2)) < 4 * max(taken(flood[:300]) for _ in range(3))
