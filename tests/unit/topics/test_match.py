"""Papers go to the topic whose words they use, and the reason is named."""

import time
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.config.settings import TopicTable
from digest.papers.paper import Paper
from digest.sources.page import parse_page
from digest.topics.declared import topic_of
from digest.topics.match import assign
from digest.topics.topic import Topic

ROOT = Path(__file__).parents[3]
LANGUAGE = Topic("language", "Language", keywords=("language model", "tokenizer", "LLM"), categories=("cs.CL",))
ROBOTS = Topic("robots", "Robots", keywords=("robot", "RL", "sim-to-real"), categories=("cs.RO",))
MATHS = Topic("maths", "Maths", keywords=("theorem",), categories=("math",))
TOPICS = (LANGUAGE, ROBOTS, MATHS)


def where(title="", abstract="", topics=TOPICS, **more):
    return assign([Paper("p", title, abstract, **more)], topics)[0]


def test_the_evidence_names_what_decided():
    found = where(
        "A Language Model",
        "A tokenizer, two tokenizers, one Tokenizer. A robot.",
        categories=("cs.CL", "cs.RO"),
    )
    assert found.topic_id == "language"
    assert found.runner_up == "robots"
    assert 0.5 < found.confidence < 1
    assert set(found.evidence) == {"title: language model", "category: cs.CL", "abstract: tokenizer ×3"}
    assert found.evidence[-1] == "title: language model"  # the most common of the three


def test_what_is_said_of_a_topic_finds_papers_without_its_keywords():
    topic = Topic("t", "Gaussian splatting", "Reconstruction of radiance fields.", keywords=("novel view synthesis",))
    found = where("Radiance fields", "Splatting of scenes.", (topic, ROBOTS))
    assert found.topic_id == "t"
    assert "like the topic's words: radiance field" in found.evidence


ALPHA, BETA = (Topic(name, "", keywords=(f"{name}word",)) for name in ("alpha", "beta"))


@pytest.mark.parametrize(
    ("paper", "winner"),
    [
        ({"title": "Alphaword", "abstract": "A betaword. A betaword."}, "alpha"),
        ({"abstract": "A betaword and an alphaword, an alphaword."}, "alpha"),
        ({"abstract": "Betaword.", "keywords": ("alphaword",)}, "alpha"),
        ({"title": "A betaword", "abstract": "Alphaword."}, "beta"),
    ],
)
def test_what_counts_more(paper, winner):
    assert where(topics=(ALPHA, BETA), **paper).topic_id == winner


def test_a_primary_category_counts_more_than_another():
    assert where("", "Nothing.", categories=("cs.RO", "cs.CL")).topic_id == "robots"


def test_the_same_word_soon_says_no_more():
    assert where("", "Robot. " + "Robot. " * 50, topics=TOPICS).evidence == ("abstract: robot ×51",)


def test_a_category_stands_for_those_below_it():
    assert where(categories=("math.OC",)).evidence == ("category: math.OC",)
    assert where(categories=("mathematics",)).topic_id is None


def test_a_tie_goes_to_the_first_declared():
    assert where("", "A betaword and an alphaword.", (ALPHA, BETA)).topic_id == "alpha"
    assert where("", "A betaword and an alphaword.", (BETA, ALPHA)).topic_id == "beta"


def test_a_negative_keyword_takes_points_away_and_may_bar_a_topic():
    def found(negative, weights=None):
        topic = Topic("t", "", keywords=("betaword",), negative=negative, weights=weights or {})
        return where("A betaword", "Alphaword, gammaword.", (topic, ALPHA))

    assert found(()).topic_id == "t"
    slightly = found(("gammaword",))
    assert slightly.topic_id == "t"
    assert slightly.confidence < found(()).confidence
    assert "not abstract: gammaword" not in slightly.evidence
    assert found(("gammaword",), {"gammaword": 5.0}).topic_id == "alpha"
    assert where("Gammaword", "", (Topic("t", "T", negative=("gammaword",)),)).topic_id is None


def test_a_weight_lets_a_keyword_count_more_or_less():
    def winner(**weights):
        topic = Topic("t", "", keywords=("betaword",), weights=weights)
        return where("", "Alphaword, betaword.", (ALPHA, topic)).topic_id

    assert (winner(), winner(betaword=3.0), winner(betaword=0.3)) == ("alpha", "t", "alpha")


def test_a_paper_that_fits_nothing_stays_without_a_topic():
    found = where("Something else", "Entirely.")
    assert (found.topic_id, found.confidence, found.runner_up, found.evidence) == (None, 0.0, None, ())


def test_a_paper_that_fits_everything_alike_stays_without_a_topic():
    words = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta"]
    found = where("", " ".join(words), [Topic(word, word, keywords=(word,)) for word in words])
    assert found.topic_id is None
    assert found.runner_up in words
    assert found.confidence < 0.22


def test_no_papers_or_no_topics():
    assert assign([], TOPICS) == []
    assert where("Robots", "", ()).topic_id is None


@given(st.lists(st.text()), st.text(), st.text())
def test_no_words_break_it(keywords, title, abstract):
    found = where(title, abstract, [Topic("t", "T", keywords=tuple(keywords)), ROBOTS])
    assert 0 <= found.confidence <= 1
    assert (found.topic_id is None) or found.evidence


BOATS = Topic("boats", "Boats", keywords=("rowing",))
TREES = Topic("trees", "Trees", keywords=("oak",))


def harbour(number):
    """Return papers of which only some name a topic; all of one kind share a word that no topic has."""
    return Paper(
        f"p{number:03}",
        ("Rowing and anchorage" if number % 4 == 0 else "Anchorage") if number % 2 else "Leaves of an oak",
        "The anchorage of a harbour." if number % 2 else "Foliage of an oak.",
    )


def test_papers_teach_which_further_words_belong_to_a_topic():
    papers = [Paper(f"b{n}", "Rowing at an anchorage", "Boats.") for n in range(40)]
    papers += [Paper(f"t{n}", "The foliage of an oak", "Trees.") for n in range(40)]
    strange = Paper("s", "Anchorage", "Of something.")
    alone = assign([strange], (BOATS, TREES))[0]
    taught = assign([strange], (BOATS, TREES), papers)[0]
    assert (alone.topic_id, taught.topic_id) == (None, "boats")
    assert taught.evidence == ("like its papers: anchorage",)


def test_a_barred_topic_does_not_get_what_it_was_taught():
    papers = [Paper(f"b{n}", "Rowing at an anchorage", "Boats.") for n in range(60)]
    wary = replace(BOATS, negative=("airport",))
    assert assign([Paper("s", "Anchorage", "Airport.")], (wary, TREES), papers)[0].topic_id != "boats"


@given(st.permutations(range(60)), st.integers(0, 59))
@settings(max_examples=15, deadline=None)
def test_neither_the_order_of_papers_nor_what_is_asked_changes_an_answer(order, split):
    papers = [harbour(number) for number in range(60)]
    expected = {a.paper_id: a for a in assign(papers, (BOATS, TREES))}
    shuffled = [papers[number] for number in order]
    found = assign(shuffled[split:], (BOATS, TREES), shuffled[:split])
    assert found == [expected[a.paper_id] for a in found]


@given(st.permutations(TOPICS))
@settings(max_examples=6, deadline=None)
def test_the_order_of_topics_only_breaks_ties(topics):
    papers = [Paper("a", "A robot", "A theorem."), Paper("b", "Tokenizer", "Language models prove theorems.")]
    for one, other in zip(assign(papers, topics), assign(papers, TOPICS), strict=True):
        assert (one.topic_id, one.runner_up) == (other.topic_id, other.runner_up)
        assert one.confidence == pytest.approx(other.confidence)


def test_repeated_papers_are_answered_each_and_learned_from_once():
    papers = [harbour(number) for number in range(60)]
    assert assign([*papers, papers[0]], (BOATS, TREES))[-1] == assign(papers, (BOATS, TREES))[0]


def shipped_topics():
    tables = tomllib.loads((ROOT / "templates/site/topics.toml").read_text(encoding="utf-8"))["topics"]
    checked = {name: TopicTable(**table) for name, table in tables.items()}
    return [topic_of(name, table) for name, table in checked.items()]


def test_the_shipped_topics_are_well_made():
    topics = shipped_topics()
    assert 12 <= len(topics) <= 14
    for topic in topics:
        assert topic.id.replace("-", "").isalnum()
        assert topic.id == topic.id.lower()
        assert len({keyword.casefold() for keyword in topic.keywords}) == len(topic.keywords) >= 10
        assert topic.description.endswith(".")
    categories = [category for topic in topics for category in topic.categories]
    assert len(categories) == len(set(categories))


def test_the_shipped_topics_sort_the_seed_page():
    papers = parse_page((ROOT / "seeds/seed-page.txt").read_text(encoding="utf-8"), "seeds", 2025).papers
    found = dict(zip((p.title.partition(":")[0] for p in papers), assign(papers, shipped_topics()), strict=True))
    assert sum(a.topic_id is None for a in found.values()) <= 3
    expected = {
        "Hybrid Internal Model": "robotics",
        "Retrofitting (Large) Language Models with Dynamic Tokenization": "language-models",
        "StreamDiffusion": "generation",
        "StreamFlow": "vision",
        "ILASR": "speech",
        "The Price of Differential Privacy under Continual Observation": "safety",
        "Splitwise": "efficiency",
        "WildBench": "data",
        "JavaBench": "reasoning",
        "Layer Normalization": "learning",
        "BT²": "retrieval",
        "In-BoXBART": "science",
    }
    assert {title: found[title].topic_id for title in expected} == expected


def test_a_thousand_papers_are_quick():
    papers = parse_page((ROOT / "seeds/seed-page.txt").read_text(encoding="utf-8"), "seeds", 2025).papers
    started = time.perf_counter()
    assign(papers * 5, shipped_topics())  # 230 papers
    assert time.perf_counter() - started < 2.0
