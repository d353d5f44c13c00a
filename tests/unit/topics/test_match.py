"""Papers go to the topic whose words they use, and the reason is named."""

import time
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.config.settings import TopicTable
from digest.papers.paper import Paper
from digest.sources.page import parse_page
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
    assert found.evidence == ("title: language model", "category: cs.CL", "abstract: tokenizer ×3")


@pytest.mark.parametrize(
    ("keyword", "text"),
    [
        ("language model", "Large Language Models"),
        ("language model", "language-model"),
        ("language models", "a LANGUAGE MODEL"),
        ("vision-language", "vision language"),
        ("pre-training", "pretraining"),
        ("pretraining", "pre-training"),
        ("policy", "policies"),
        ("mixture of experts", "Mixture-of-Experts"),
        ("benchmark", "benchmarks"),
        ("class", "classes"),
        ("3D", "3d scenes"),
        ("GPT-4", "GPT-4"),
        ("LLM", "LLMs"),
        ("LLM-based agent", "LLM-based agents"),
        ("rl", "RL"),
    ],
)
def test_what_a_keyword_matches(keyword, text):
    topic = Topic("t", "T", keywords=(keyword,))
    assert where("", f"We use {text}, too.", [topic]).evidence == (f"abstract: {keyword}",)


@pytest.mark.parametrize(
    ("keyword", "text"),
    [
        ("robot", "robotics"),
        ("RAG", "rag"),
        ("RL", "rl"),
        ("GAN", "began and Gan"),
        ("LLM", "AuditLLM"),
        ("language model", "language of models"),
        ("LLM-based", "llm-based"),
        ("news", "new"),
        ("bias", "bia"),
        ("a*", "a plan"),
        ("", "anything"),
    ],
)
def test_what_a_keyword_does_not_match(keyword, text):
    assert where("", f"We use {text}, too.", [Topic("t", "T", keywords=(keyword,))]).topic_id is None


def test_a_keyword_counts_once_however_it_is_declared():
    once = Topic("once", "Once", keywords=("pretraining",))
    thrice = Topic("thrice", "Thrice", keywords=("pretraining", "pre-training", "Pre-Trainings"))
    assert where("Pre-training", "Pretraining.", (once, thrice)).topic_id == "once"
    assert where("Pre-training", "Pretraining.", (once, thrice)).confidence == 0.5


def test_a_phrase_inside_a_longer_one_does_not_count_again():
    topic = Topic("t", "T", keywords=("model", "language model", "large language model"))
    assert where("Large Language Models", "", [topic]).evidence == ("title: large language model",)


def test_what_counts_more():
    assert where("Robots", "A theorem. A theorem.").topic_id == "robots"
    assert where("", "A language model and a robot.").topic_id == "language"
    assert where("", "Theorem.", keywords=("robot",)).topic_id == "robots"
    assert where("", "Theorem.", categories=("cs.RO", "cs.CL")).topic_id == "robots"
    assert where("", "Robot. " + "Robot. " * 50, topics=TOPICS).evidence == ("abstract: robot ×51",)
    assert where("A theorem", "Robot. " * 50).topic_id == "maths"


def test_a_category_stands_for_those_below_it():
    assert where(categories=("math.OC",)).evidence == ("category: math.OC",)
    assert where(categories=("mathematics",)).topic_id is None


def test_a_tie_goes_to_the_first_declared():
    assert where("", "A robot and a theorem.").topic_id == "robots"
    assert where("", "A robot and a theorem.", (MATHS, ROBOTS)).topic_id == "maths"


def test_a_paper_that_fits_nothing_stays_without_a_topic():
    found = where("Something else", "Entirely.")
    assert (found.topic_id, found.confidence, found.runner_up, found.evidence) == (None, 0.0, None, ())


def test_a_paper_that_fits_everything_alike_stays_without_a_topic():
    words = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta"]
    found = where("", " ".join(words), [Topic(word, word, keywords=(word,)) for word in words])
    assert (found.topic_id, found.runner_up, found.confidence) == (None, "alpha", 1 / 8)


def test_no_papers_or_no_topics():
    assert assign([], TOPICS) == []
    assert where("Robots", "", ()).topic_id is None


@given(st.lists(st.text()), st.text(), st.text())
def test_no_words_break_it(keywords, title, abstract):
    found = where(title, abstract, [Topic("t", "T", keywords=tuple(keywords)), ROBOTS])
    assert 0 <= found.confidence <= 1
    assert (found.topic_id is None) or found.evidence


def shipped_topics():
    tables = tomllib.loads((ROOT / "templates/site/topics.toml").read_text(encoding="utf-8"))["topics"]
    checked = {name: TopicTable(**table) for name, table in tables.items()}
    return [Topic(name, t.name, t.description, t.keywords, t.categories) for name, t in checked.items()]


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
    assert time.perf_counter() - started < 1.0
