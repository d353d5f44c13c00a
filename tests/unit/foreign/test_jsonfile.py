import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.foreign.jsonfile import as_row, objects_in_array, objects_in_lines

PEOPLE = [{"email": f"r{n}@example.org", "name": "Zoë]},{", "tags": ["a", "b"], "n": n} for n in range(5)]


def chunks(text: str, size: int):
    return iter([text[at : at + size] for at in range(0, len(text), size)])


@pytest.mark.parametrize("size", [1, 3, 50, 10_000])
@pytest.mark.parametrize("indent", [None, 2])
def test_an_array_is_read_in_pieces_of_any_size(indent, size):
    found = list(objects_in_array(chunks("\ufeff " + json.dumps(PEOPLE, indent=indent), size)))
    assert [one.value for one in found] == PEOPLE
    assert all(not one.reason for one in found)


def test_lines_of_objects_in_an_array():
    text = "[\n" + ",\n".join(map(json.dumps, PEOPLE)) + "\n]\n"
    assert [one.line for one in objects_in_array(chunks(text, 7))] == [2, 3, 4, 5, 6]


@pytest.mark.parametrize("size", [1, 10_000])
def test_a_broken_object_in_an_array_costs_itself(size):
    good = [json.dumps(one) for one in PEOPLE]
    text = "[\n" + ",\n".join([good[0], '{"email": broken}', good[1], "7", good[2]]) + "\n]"
    found = list(objects_in_array(chunks(text, size)))
    assert [one.value for one in found if not one.reason] == PEOPLE[:3]
    assert [(one.line, one.reason[:14]) for one in found if one.reason] == [
        (3, "no valid JSON:"),
        (5, "expected an ob"),
    ]
    assert found[1].text.startswith('{"email": broken}')


def test_an_array_that_breaks_off_gives_what_came_before():
    text = json.dumps(PEOPLE)[:-10]
    found = list(objects_in_array(chunks(text, 20)))
    assert [one.value for one in found[:4]] == PEOPLE[:4]
    assert found[4].reason


def test_a_broken_line_costs_itself():
    text = [
        "\ufeff" + json.dumps(PEOPLE[0]) + "\r\n",
        "\n",
        "{nope}\n",
        "[1]\n",
        "[" * 100_000 + "\n",
        json.dumps(PEOPLE[1]),
    ]
    found = list(objects_in_lines(iter(text)))
    assert [one.line for one in found] == [1, 3, 4, 5, 6]
    assert [bool(one.reason) for one in found] == [False, True, True, True, False]


def test_values_become_fields():
    (row,) = objects_in_lines(iter(['{"a": null, "b": true, "c": 1.5, "d": ["x"], "e": "t", "f": []}']))
    assert as_row(row, ["a", "b", "c", "d", "e", "f", "g"]).fields == ["", "true", "1.5", '["x"]', "t", "", ""]


@given(st.text(), st.integers(1, 9))
def test_any_text_ends(text, size):
    list(objects_in_array(chunks("[" + text, size)))
    list(objects_in_lines(iter(text.splitlines(keepends=True))))
