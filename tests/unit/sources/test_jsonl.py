"""JSON records: a bad line costs only itself and is named."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.sources.jsonl import parse_json, parse_jsonl


def told(parsed):
    return [(problem.line, problem.refused) for problem in parsed.problems]


def test_one_object_a_line():
    parsed = parse_jsonl(
        '\ufeff{"title": "One", "id": "2403.00001", "position": 7}\r\n\n{"title": "Two\u2028half"}\n', "a.jsonl"
    )
    assert [(paper.title, paper.source, paper.position) for paper in parsed.papers] == [
        ("One", "file", 7),
        ("Two half", "file", None),
    ]
    assert parsed.papers[0].id == "arxiv:2403.00001"
    assert parsed.problems == ()


def test_bad_lines_cost_only_themselves():
    lines = [
        '{"title": "One"}',
        '{"title": "Broken',
        '["a", "list"]',
        '{"abstract": "No title."}',
        '{"title": "Two", "upvotes": "many", "x": 1}',
        "[" * 100_000,
        '{"title": "Long", "n": ' + "9" * 5000 + "}",
        '{"title": "Three"}',
    ]
    parsed = parse_jsonl("\n".join(lines), "a.jsonl")
    assert [paper.title for paper in parsed.papers] == ["One", "Two", "Three"]
    assert parsed.papers[1].extra == {"x": 1}
    assert told(parsed) == [(2, True), (3, True), (4, True), (5, False), (6, True), (7, True)]
    assert str(parsed.problems[3]) == "a.jsonl:5: upvotes: expected a whole number from 0, found 'many'"
    assert all("\n" not in str(problem) for problem in parsed.problems)


def test_an_id_counts_once_a_file():
    lines = [
        '{"title": "One", "id": "2403.00001v1"}',
        '{"title": "Other", "url": "https://arxiv.org/abs/2403.00001v2"}',
    ]
    parsed = parse_jsonl("\n".join(lines), "a.jsonl")
    assert [paper.title for paper in parsed.papers] == ["One"]
    assert str(parsed.problems[0]) == "a.jsonl:2: the paper of line 1 again (arxiv:2403.00001)"


def test_a_source_can_be_named():
    assert parse_jsonl('{"title": "One"}', "a", source="lab").papers[0].id.startswith("lab:")


@pytest.mark.parametrize("parse", [parse_jsonl, parse_json])
def test_an_empty_file(parse):
    parsed = parse(" \n", "a.jsonl")
    assert parsed.papers == ()
    assert len(parsed.problems) == 1
    assert parsed.problems[0].refused


def test_an_array_and_a_single_object():
    text = '[\n {"title": "One"},\n 5,\n {"title": "",\n  "x": 1},\n {"title": "Two"}\n]\n'
    parsed = parse_json(text, "a.json")
    assert [paper.title for paper in parsed.papers] == ["One", "Two"]
    assert told(parsed) == [(3, True), (4, True)]
    assert [paper.title for paper in parse_json('\n{"title":\n"One"}\n', "a.json").papers] == ["One"]


@pytest.mark.parametrize(
    ("text", "titles", "line"),
    [
        ('[{"title": "One"},\n{"title": }]', ["One"], 2),
        ('[{"title": "One"}\n{"title": "Two"}]', ["One"], 2),
        ('[{"title": "One"}', ["One"], 1),
        ('[{"title": "One"},]', ["One"], 1),
        ('[{"title": "One"}]\n\nrest', ["One"], 3),
        ('{"title": "One"} rest', [], 1),
        ("nonsense", [], 1),
    ],
)
def test_what_comes_before_a_break_is_kept(text, titles, line):
    parsed = parse_json(text, "a.json")
    assert [paper.title for paper in parsed.papers] == titles
    assert told(parsed) == [(line, True)]


@given(st.text() | st.text(alphabet='[]{},:"title1 \n'))
def test_no_text_breaks_it(text):
    for parse in (parse_jsonl, parse_json):
        parsed = parse(text, "a")
        assert isinstance(parsed.papers, tuple)


@given(st.lists(st.text(min_size=1), max_size=5))
def test_both_ways_give_the_same_papers(titles):
    records = [{"title": title} for title in titles]
    lines = parse_jsonl("\n".join(map(json.dumps, records)), "a")
    assert lines.papers == parse_json(json.dumps(records), "a").papers
    assert len(lines.papers) + sum(problem.refused for problem in lines.problems) >= len(records)
