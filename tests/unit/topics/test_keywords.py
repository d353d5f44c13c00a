"""Keywords are found whatever their case, plural and hyphens, and acronyms only as such."""

import pytest

from digest.papers.paper import Paper
from digest.topics.frequencies import shipped_frequencies
from digest.topics.keywords import Keywords
from digest.topics.terms import PaperWords, Vocabulary
from digest.topics.topic import Topic


def hits(topic, title="", abstract="", **more):
    keywords = Keywords([topic], Vocabulary(shipped_frequencies(), ()))
    return keywords.hits(PaperWords.of(Paper("p", title, abstract, **more)))[0]


def evidence(keyword, text):
    return [hit.evidence for hit in hits(Topic("t", "T", keywords=(keyword,)), "", f"We use {text}, too.")]


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
    assert evidence(keyword, text) == [f"abstract: {keyword}"]


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
    assert evidence(keyword, text) == []


def test_a_keyword_counts_once_however_it_is_declared():
    topic = Topic("t", "T", keywords=("pretraining", "pre-training", "Pre-Trainings"))
    assert [hit.evidence for hit in hits(topic, "Pre-training", "Pretraining.")] == [
        "title: pretraining",
        "abstract: pretraining",
    ]


def test_a_phrase_inside_a_longer_one_does_not_count_again():
    topic = Topic("t", "T", keywords=("model", "language model", "large language model"))
    assert [hit.evidence for hit in hits(topic, "Large Language Models")] == ["title: large language model"]


def test_rare_and_long_phrases_give_more_points():
    def points(keyword):
        return hits(Topic("t", "T", keywords=(keyword,)), keyword)[0].points

    assert points("qubit") > points("language") > 0
    assert points("novel view synthesis") > points("synthesis")


def test_a_keyword_of_the_record_counts_once():
    topic = Topic("t", "T", keywords=("robot",))
    assert len(hits(topic, keywords=("robots", "robot arm", "Robot"))) == 1


def test_weights_and_negatives_scale_points():
    plain = hits(Topic("t", "T", keywords=("qubit",)), "Qubits")[0].points
    double = hits(Topic("t", "T", keywords=("qubit",), weights={"qubit": 2.0}), "Qubits")[0].points
    against = hits(Topic("t", "T", negative=("qubit",)), "Qubits")[0]
    assert double == pytest.approx(2 * plain)
    assert (against.points, against.evidence) == (pytest.approx(-plain), "not title: qubit")
