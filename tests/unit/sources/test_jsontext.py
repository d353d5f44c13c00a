"""JSON of strangers: what comes before a break is kept, and the break is told."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.sources.collector import Collector
from digest.sources.jsontext import an_object, decode, each


def read(text):
    collector = Collector("in", "lab")
    found = list(each(text, collector))
    return found, [(problem.line, problem.reason) for problem in collector.parsed().problems]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('[1,\n "two",\n\n{"x": 3}\n]\n', [(1, 1), (2, "two"), (4, {"x": 3})]),
        ('\n{"x":\n1}', [(2, {"x": 1})]),
        ("[]", []),
        ("[[1], [2]]", [(1, [1]), (1, [2])]),
    ],
)
def test_each_element_has_its_line(text, found):
    assert read(text) == (found, [])


def test_what_comes_before_a_break_is_kept():
    assert read('[1,\n2,\n{"x": }]') == (
        [(1, 1), (2, 2)],
        [(3, "no valid JSON from here on: Expecting value, at column 7")],
    )
    found, problems = read("[1, " + "[" * 100_000)
    assert (found, len(problems)) == ([(1, 1)], 1)
    found, problems = read("[1, " + "9" * 5_000 + "]")
    assert (found, len(problems)) == ([(1, 1)], 1)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_encodings(encoding):
    collector = Collector("in", "lab")
    assert json.loads(decode('{"x": "Größe"}'.encode(encoding), collector)) == {"x": "Größe"}
    assert collector.parsed().problems == ()


def test_damaged_bytes_are_shown_and_told():
    collector = Collector("in", "lab")
    assert decode(b'["\xff"]', collector) == '["\ufffd"]'
    assert [(problem.reason, problem.refused) for problem in collector.parsed().problems] == [
        ("byte 2 is not UTF-8; shown as \ufffd", False)
    ]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"5", "expected one JSON object, found a number"),
        (b"null", "expected one JSON object, found nothing"),
        (b"{}", "expected one JSON object, found an empty one"),
        (b'[{"x": 1}, {"x": 2}]', "expected one JSON object, found a list"),
        (b"", "no valid JSON from here on: Expecting value, at column 1"),
    ],
)
def test_an_answer_that_is_no_object(content, reason):
    collector = Collector("in", "lab")
    assert an_object(content, collector) == {}
    assert [problem.reason for problem in collector.parsed().problems] == [reason]


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@given(st.lists(VALUES), st.sampled_from([None, 1]))
def test_it_reads_what_json_does(values, indent):
    found, problems = read(json.dumps(values, indent=indent))
    assert [value for _, value in found] == values
    assert problems == []
