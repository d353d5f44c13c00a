import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.subscribers.three_way import merge

BASE = ["email,name\n", "ada@example.org,Ada\n", "emmy@example.org,Emmy\n", "kurt@example.org,Kurt\n"]


def changed(place: int, line: str) -> list[str]:
    return [*BASE[:place], line, *BASE[place + 1 :]]


def test_changes_of_two_rows_stand_side_by_side():
    merged = merge(BASE, changed(1, "ada@example.org,Countess\n"), changed(3, "kurt@example.org,Gödel\n"))
    assert merged == ("".join([BASE[0], "ada@example.org,Countess\n", BASE[2], "kurt@example.org,Gödel\n"]), 0)


def test_rows_that_both_added_at_the_end_both_stay():
    merged = merge(BASE, [*BASE, "eve@example.org,Eve\n"], [*BASE, "fay@example.org,Fay\n"])
    assert merged == ("".join([*BASE, "fay@example.org,Fay\n", "eve@example.org,Eve\n"]), 0)


def test_a_row_that_one_removed_and_the_other_changed_is_a_conflict():
    merged = merge(BASE, changed(2, "emmy@example.org,Noether\n"), [*BASE[:2], *BASE[3:]])
    assert merged.conflicts == 1
    assert merged.text.splitlines()[2:6] == [
        "<<<<<<< what you edited",
        "emmy@example.org,Noether",
        "=======",
        ">>>>>>> what is in the file by now",
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_marks_have_the_line_ends_of_the_file(end):
    base, ours, theirs = ["email" + end, "a"], ["email" + end, "b"], ["email" + end, "c"]
    assert merge(base, ours, theirs).text == end.join(
        ["email", "<<<<<<< what you edited", "b", "=======", "c", ">>>>>>> what is in the file by now", ""]
    )


WHOLE = st.lists(st.sampled_from(["a\n", "b\n", "c\n", "d\n"]), max_size=6)
LINES = WHOLE | WHOLE.map(lambda lines: [*lines, "e"])  # the last line end may be missing


@given(LINES, LINES)
def test_who_edits_alone_gets_what_they_edited(base, edited):
    assert merge(base, edited, base) == ("".join(edited), 0)
    assert merge(base, base, edited) == ("".join(edited), 0)
    assert merge(base, edited, edited) == ("".join(edited), 0)


@given(LINES, LINES, LINES)
def test_no_line_that_somebody_wrote_is_lost(base, ours, theirs):
    merged = merge(base, ours, theirs).text.splitlines()
    for edited in (ours, theirs):
        assert {line.strip() for line in edited} - {line.strip() for line in base} <= set(merged)
