import os
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.errors import InputError
from digest.subscribers.disk import read_lines, read_text, write_atomically
from digest.subscribers.edit import add_row, change_row, remove_row
from digest.subscribers.file import clean_name, parse_subscribers
from digest.subscribers.subscriber import Subscriber
from digest.subscribers.table import HEADER, split_lines

ODD = (
    "\ufeff# ours, since 1843\r\n"
    'Notes, name ,email\r\n'
    '"tea, ""no"" milk" , Ada,Ada@Example.org\r\n'
    "\r\n"
    '"two\r\nlines",Emmy ,"emmy@example.org"\r\n'
    "#kept,x,old@example.org\r\n"
    "x,Kurt,kurt@example.org"
)  # fmt: skip


def test_a_row_is_added_at_the_end_and_nothing_else_changes() -> None:
    added = add_row(ODD, Subscriber("sofja@example.org", 'Sofja "S." K., math'))
    assert added == ODD + "\r\n" + ',"Sofja ""S."" K., math",sofja@example.org\r\n'


def test_a_row_goes_and_nothing_else_changes() -> None:
    without, line = remove_row(ODD, "emmy@example.org")
    assert line == 5
    assert without == ODD.replace('"two\r\nlines",Emmy ,"emmy@example.org"\r\n', "")


def test_the_last_row_goes_without_its_missing_line_end() -> None:
    assert remove_row(ODD, "kurt@example.org") == (ODD.removesuffix("x,Kurt,kurt@example.org"), 8)


def test_all_of_a_subscriber_is_written_and_read_back() -> None:
    ada = Subscriber("Ada@example.org", "#1 Ada", ("robotics", "vision"), "weekly", "Europe/London", "en")
    text = add_row(f"name,{HEADER.replace('name,', '')}\n", ada)
    found = parse_subscribers(text, "x", ["robotics", "vision"])
    assert [row.subscriber for row in found.rows] == [ada]


def test_a_duplicate_goes_too() -> None:
    text = "email\nada@example.org\nemmy@example.org\nADA@example.org\n"
    assert remove_row(text, "ada@example.org") == ("email\nemmy@example.org\n", 2)


def test_a_row_with_a_mistake_can_be_removed() -> None:
    assert remove_row("email,name\nada@example.org,Lovelace,Ada\n", "ada@example.org") == ("email,name\n", 2)


@pytest.mark.parametrize(
    ("text", "subscriber", "says"),
    [
        ("email\nemmy@example.org\nada@EXAMPLE.org\n", Subscriber("Ada@example.org"), "daily.csv:3: "),
        ("email\n", Subscriber("ada"), "@-sign"),
        ("email\n", Subscriber("=cmd@example.org"), "formula"),
        ("email\n", Subscriber("ada@example.org", "Ada"), "no column 'name' to hold 'Ada'"),
        ("email\n", Subscriber("ada@example.org", topics=("robotics",)), "no column 'topics'"),
        ("", Subscriber("ada@example.org"), f"expected the header line: {HEADER}"),
        ("emmy@example.org\n", Subscriber("ada@example.org"), "add this line above it"),
    ],
)
def test_what_cannot_be_added_is_refused_in_one_line(text: str, subscriber: Subscriber, says: str) -> None:
    with pytest.raises(InputError, match=r"^[^\n]*daily\.csv[^\n]*\Z") as error:
        add_row(text, subscriber, "daily.csv")
    assert says in str(error.value)


def test_a_quote_left_open_above_does_not_swallow_the_new_row() -> None:
    text = 'email,notes,name\nemmy@example.org,"tea\n'
    assert "kurt@example.org,,Kurt" in add_row(text, Subscriber("kurt@example.org", "Kurt"))
    with pytest.raises(InputError, match=r"daily.csv:2: close the quote"):
        add_row(text, Subscriber("kurt@example.org", ",x"), "daily.csv")


def test_nobody_is_removed_who_is_not_there() -> None:
    with pytest.raises(InputError, match=r"daily.csv: ada@example.org has no row"):
        remove_row("email\nemmy@example.org\n", "ada@example.org", "daily.csv")


@pytest.mark.parametrize(
    ("row", "changes", "changed"),
    [
        ("ada@example.org,Ada,tea", {"name": "Augusta"}, "ada@example.org,Augusta,tea"),
        ("ada@example.org,Ada,tea", {"name": ""}, "ada@example.org,,tea"),
        ("ada@example.org,,tea", {"name": "Ada"}, "ada@example.org,Ada,tea"),
        ("ada@example.org,Ada,tea", {"name": "King, Ada"}, 'ada@example.org,"King, Ada",tea'),
        ('"ada@example.org" , "Ada" ,"a ""b"""', {"name": "x"}, None),
        (' "ada@example.org", "Ada","a ""b"""', {"name": "x"}, ' "ada@example.org", "x","a ""b"""'),
        ("ada@example.org , Ada , tea ", {"name": "Augusta"}, "ada@example.org , Augusta , tea "),
        ("ada@example.org, Ada , tea ", {"name": "a,b"}, 'ada@example.org, "a,b", tea '),
        ('ADA@example.org,Ad"a,"two\nlines"', {"name": "x"}, 'ADA@example.org,x,"two\nlines"'),
        ('ada@example.org,"Ada",tea', {"name": "Ada"}, 'ada@example.org,"Ada",tea'),
        ('ada@example.org,"",tea', {"name": "Ada"}, 'ada@example.org,"Ada",tea'),
        ("ada@example.org,Ada,tea", {"timezone": ""}, "ada@example.org,Ada,tea"),
    ],
)
def test_a_field_changes_and_the_others_keep_their_bytes(
    row: str, changes: dict[str, str], changed: str | None
) -> None:
    before, after = "\ufeff# ours\r\nemail,name,notes\rx@example.org,,\n", "\r\ny@example.org,,\n"
    text = f"{before}{row}{after}"
    if changed is None:  # a space behind a closing quote: the row can't be read, so nobody is found in it
        with pytest.raises(InputError, match="no row"):
            change_row(text, "ada@example.org", changes)
    else:
        assert change_row(text, "ada@example.org", changes) == (f"{before}{changed}{after}", 4)


def test_of_two_rows_the_first_holds_and_so_it_changes() -> None:
    text = "email,name\nada@example.org\nada@example.org,Ada\nADA@example.org,Ada\n"
    assert change_row(text, "ada@example.org", {"name": "x"}) == (text.replace("org,Ada\nADA", "org,x\nADA"), 3)


@pytest.mark.parametrize(
    ("text", "changes", "says"),
    [
        ("email,name\nemmy@example.org,\n", {"name": "x"}, "ada@example.org has no row here"),
        (
            "email,name\nada@example.org\n",
            {"name": "x"},
            "daily.csv:2: has 1 fields where the header has 2; mend the row",
        ),
        ("email\nada@example.org\n", {"name": "x"}, "no column 'name' to hold 'x'"),
        ("ada@example.org\n", {"name": "x"}, "add this line above it"),
    ],
)
def test_what_cannot_be_changed_is_refused_in_one_line(text: str, changes: dict[str, str], says: str) -> None:
    with pytest.raises(InputError, match=r"^[^\n]*daily\.csv[^\n]*\Z") as error:
        change_row(text, "ada@example.org", changes, "daily.csv")
    assert says in str(error.value)


NAMES = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=6)
READERS = [f"reader{i}@example.org" for i in range(5)]
OWN = ["# ours\n", "\n", "   \n"]
FOREIGN = [
    'other@example.org,"a, b","two\nlines"\n',
    "nobody,x,y\n",
    "third@example.org,,\n",
    "a,b\n",
    "\n",
    ",,\n",
]


@settings(max_examples=80)
@given(
    top=st.lists(st.sampled_from(OWN), max_size=2).map("".join),
    below=st.lists(st.sampled_from(FOREIGN), max_size=4, unique=True).map("".join),
    end=st.sampled_from(["\n", "\r\n"]),
    cut=st.booleans(),
    steps=st.lists(st.tuples(st.sampled_from(READERS), st.booleans(), NAMES), max_size=12),
)
def test_adding_and_removing_is_like_a_dict(
    top: str, below: str, end: str, cut: bool, steps: list[tuple[str, bool, str]]
) -> None:
    start = (top + "email,name,notes\n" + below).replace("\n", end)
    text = start = start.removesuffix(end) if cut else start
    joint = "" if start.endswith("\n") else end if end in start else "\n"
    model: dict[str, str] = {}
    for email, add, name in steps:
        before = text
        try:
            text = add_row(text, Subscriber(email, name)) if add else remove_row(text, email)[0]
        except InputError:
            assert (email in model) is add
            assert text == before
            continue
        if add:
            model[email] = clean_name(name)
            start, joint = start + joint, ""
        else:
            del model[email]
    rows = parse_subscribers(text, "x", ()).rows
    ours = [(r.subscriber.email, r.subscriber.name) for r in rows if r.subscriber.email in READERS]
    assert ours == list(model.items())
    untouched = [line for line in split_lines(text) if not line.startswith("reader")]
    assert "".join(untouched) == start


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "daily.csv"
    file.write_bytes(b"email,name\r\njose@example.org,Jos\xe9\r\n")
    return file


def files_in(folder: Path) -> set[str]:
    return {entry.name for entry in folder.iterdir()}


def test_a_change_is_written_and_bytes_that_are_not_utf8_stay(path: Path) -> None:
    write_atomically(path, lambda text: add_row(text, Subscriber("kurt@example.org", "Gödel")))
    assert path.read_bytes() == b"email,name\r\njose@example.org,Jos\xe9\r\n" + "kurt@example.org,Gödel\r\n".encode()
    assert files_in(path.parent) == {"daily.csv", ".daily.csv.lock"}


def test_the_mode_stays_and_a_link_stays_a_link(path: Path) -> None:
    path.chmod(0o640)
    link = path.parent / "link.csv"
    link.symlink_to("daily.csv")
    write_atomically(link, lambda text: text + "emmy@example.org,\r\n")
    assert link.is_symlink()
    assert path.stat().st_mode & 0o777 == 0o640
    assert b"emmy@example.org" in path.read_bytes()


def test_a_change_that_fails_leaves_the_file_and_no_litter(path: Path) -> None:
    before = path.read_bytes()
    with pytest.raises(InputError, match="no row"):
        write_atomically(path, lambda text: remove_row(text, "nobody@example.org")[0])
    assert path.read_bytes() == before
    assert files_in(path.parent) == {"daily.csv", ".daily.csv.lock"}


def test_a_write_that_fails_leaves_the_file_and_no_litter(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = path.read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InputError, match="can't be written: No space left"):
        write_atomically(path, lambda text: text + "x@example.org,\r\n")
    assert path.read_bytes() == before
    assert files_in(path.parent) == {"daily.csv", ".daily.csv.lock"}


def test_nothing_to_change_writes_nothing(path: Path) -> None:
    inode = path.stat().st_ino
    write_atomically(path, lambda text: text)
    assert path.stat().st_ino == inode


def test_two_commands_at_once_lose_nothing(path: Path) -> None:
    def add(number: int) -> None:
        write_atomically(path, lambda text: add_row(text, Subscriber(f"reader{number}@example.org")))

    threads = [threading.Thread(target=add, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(parse_subscribers(read_text(path), "x", ()).rows) == 13


def test_a_file_that_is_not_there_is_named_and_no_lock_is_left(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"missing\.csv: can't be written: No such file"):
        write_atomically(tmp_path / "missing.csv", lambda text: text)
    with pytest.raises(InputError, match=r"missing\.csv: can't be read: No such file"):
        read_text(tmp_path / "missing.csv")
    assert files_in(tmp_path) == set()
    with pytest.raises(InputError, match=r"missing\.csv: can't be read: No such file"):
        next(read_lines(tmp_path / "missing.csv"))


PIECES = st.sampled_from(
    [b"\n", b"\r", b"\r\n", b"a", b"\xc3", b"\xa9", b"\xe2\x80\xa8", b"\x0c", b"\x1c", b"\xff", b"\xef\xbb\xbf"]
)


@given(st.lists(PIECES, max_size=40).map(b"".join), st.integers(0, 8200))
def test_lines_are_those_of_the_whole_text(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, before: int
) -> None:
    path = tmp_path_factory.mktemp("lines") / "daily.csv"
    path.write_bytes(b"x" * before + content)  # the pieces may stand where a read ends
    assert list(read_lines(path)) == split_lines(read_text(path))


def test_a_file_changed_while_it_is_read_is_refused(path: Path) -> None:
    lines = read_lines(path)
    next(lines)
    with path.open("a", encoding="utf-8") as file:
        file.write("late@example.org\n")
    with pytest.raises(InputError, match="was changed while it was read; run the same command again"):
        list(lines)


def test_a_file_replaced_while_it_is_read_is_read_to_its_end(path: Path) -> None:
    before, lines = split_lines(read_text(path)), read_lines(path)
    first = next(lines)
    write_atomically(path, lambda _text: "email\n")
    assert [first, *lines] == before
