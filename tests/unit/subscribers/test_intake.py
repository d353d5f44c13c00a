from collections.abc import Iterator, Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import InputError
from digest.subscribers.file import parse_subscribers
from digest.subscribers.intake import Merged, merge
from digest.subscribers.table import FIELDS, HEADER, split_lines

ADA = ("ada@example.org", "Ada", "robotics", "", "", "en")
NEW = ("new@example.org", "Lovelace, Ada", "", "weekly", "", "")


class People:
    """The people of an import in a dict."""

    def __init__(self, *said: tuple[str, ...]) -> None:
        self.said = {one[0].casefold(): one for one in said}

    def find(self, canonicals: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
        return {one: self.said.pop(one) for one in dict.fromkeys(canonicals) if one in self.said}

    def count_others(self) -> int:
        return len(self.said)

    def others(self) -> Iterator[tuple[str, ...]]:
        return iter(list(self.said.values()))


def merged(text: str, *said: tuple[str, ...], others: Sequence[str] = (), adding: bool = True) -> tuple[str, Merged]:
    done = Merged()
    return "".join(merge(split_lines(text), People(*said), others, "daily.csv", done, adding=adding)), done


def test_new_people_stand_at_the_end_and_all_else_stays():
    text = f'\ufeff# a note\r\n\r\n{HEADER}\r\n"ada@example.org",,,,,\r\n\r\nnot an address,,,,,\r\n'
    found, done = merged(text, NEW)
    assert found == text + 'new@example.org,"Lovelace, Ada",,weekly,,\r\n'
    assert (done.new, done.changed, done.unchanged) == (1, 0, 0)


def test_empty_fields_are_filled_and_what_the_operator_wrote_stays():
    found, done = merged(f"{HEADER}\nADA@example.org,Countess,,,,\nkurt@example.net,,,,,\n", ADA)
    assert found == f"{HEADER}\nADA@example.org,Countess,robotics,,,en\nkurt@example.net,,,,,\n"
    assert (done.new, done.changed, done.filled) == (0, 1, {"topics": 1, "language": 1})


def test_a_row_that_lacks_nothing_is_untouched():
    text = f'{HEADER}\n"ada@example.org","Ada",robotics,,,en\n'
    found, done = merged(text, ADA)
    assert found == text
    assert (done.unchanged, done.changed) == (1, 0)


@pytest.mark.parametrize("end", ["\n", "\r\n", ""])
def test_a_last_line_without_an_end_gets_one(end):
    assert merged(f"{HEADER}\nkurt@example.net,,,,,{end}", NEW)[0].count("\n") == 3
    found, _ = merged(f"{HEADER}\nada@example.org,,,,,{end}", ADA, NEW)
    assert len(parse_subscribers(found, "x", ["robotics"]).rows) == 2
    assert "\n\n" not in found.replace("\r", "")


def test_the_columns_of_the_file_count():
    found, done = merged(
        "name,affiliation,email\n,,ada@example.org\n", (*ADA, "X, Y"), (*NEW, "Z"), others=["affiliation"]
    )
    assert found == 'name,affiliation,email\nAda,"X, Y",ada@example.org\n"Lovelace, Ada",Z,new@example.org\n'
    assert done.lost == {"topics": 1, "language": 1, "frequency": 1}


def test_the_first_row_of_an_address_counts():
    assert merged(f"{HEADER}\nada@example.org,,,,,\nADA@example.org,,,,,\n", ADA)[0].count("robotics") == 1


def test_looking_counts_the_same_and_writes_nothing_new():
    text = f"{HEADER}\nada@example.org,,,,,\n"
    for header in (HEADER, "email"):
        text = f"{header}\nada@example.org{',' * header.count(',')}\n"
        assert merged(text, ADA, NEW, adding=False)[1] == merged(text, ADA, NEW)[1]


@pytest.mark.parametrize("said", [ADA, NEW])
def test_nothing_is_written_below_a_quote_that_is_left_open(said):
    text = f'{HEADER}\nkurt@example.net,"Kurt,,,,\nada@example.org,,,,,\n'
    with pytest.raises(InputError, match=r"daily.csv:2: close the quote"):
        merged(text, said)


def test_a_file_without_a_header_is_refused():
    with pytest.raises(InputError, match="found an address"):
        merged("ada@example.org\n", ADA)


names = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp", "Zs"]), max_size=8)
people = st.dictionaries(st.sampled_from([f"r{n}@example.org" for n in range(8)]), names, max_size=8)


@given(people, people, st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_a_merge_is_that_of_two_dicts(before, coming, end, mark):
    rows = "".join(f'"{email}",{_quoted(name)},,,,{end}' for email, name in before.items())
    text = ("\ufeff" if mark else "") + f"# note{end}{HEADER}{end}{rows}"
    found, done = merged(text, *((email, name, "", "", "", "") for email, name in coming.items()))
    now = {row.subscriber.email: row.subscriber.name for row in parse_subscribers(found, "x", []).rows}
    kept = {
        email: row.subscriber.name for row in parse_subscribers(text, "x", []).rows for email in [row.subscriber.email]
    }
    expected = {**coming, **{e: n or coming.get(e, "") for e, n in kept.items()}}
    cleaned = {row.subscriber.email: row.subscriber.name for row in parse_subscribers(_file(expected), "x", []).rows}
    assert now == cleaned
    assert list(now)[: len(kept)] == list(kept)
    assert done.new == len(coming.keys() - before.keys())
    untouched = [line for line in split_lines(text) if not any(email in line for email in coming)]
    assert [line for line in split_lines(found) if line in untouched] == untouched
    assert FIELDS[0] in found


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _file(rows: Mapping[str, str]) -> str:
    return f"{HEADER}\n" + "".join(f"{email},{_quoted(name)},,,,\n" for email, name in rows.items())
