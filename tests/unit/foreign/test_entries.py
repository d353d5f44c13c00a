import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import InputError
from digest.foreign.entries import chosen_topics, reader_of
from digest.foreign.layout import layout_of
from digest.subscribers.file import clean_name
from digest.subscribers.formulas import escaped
from digest.subscribers.table import RawRow

KNOWN = frozenset(["robotics", "language-models", "vision"])
NAMES = ("email", "name", "topics", "frequency", "timezone", "language")


def read(*fields: str, names=NAMES, **asked):
    return reader_of(layout_of(names, asked, "x.csv"))(RawRow(6, 7, fields))


def test_a_row_is_read_as_it_would_stand_in_a_subscriber_file():
    found = read(" Ada@Example.org ", "Ada \x07 Lovelace", "robotics", "WEEKLY", "Europe/London", "EN")
    assert found.line == 7
    assert (found.address.address, found.name) == ("Ada@example.org", "Ada Lovelace")
    assert (found.topics, found.frequency, found.timezone, found.language) == (
        "robotics",
        "weekly",
        "Europe/London",
        "en",
    )


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        (("nobody", "", "", "", "", ""), "@-sign"),
        (("a@example.org", "", "", "hourly", "", ""), "neither daily nor weekly"),
        (("a@example.org", "", "", "", "Paris", ""), "no IANA timezone"),
        (("a@example.org", "", "", "", "", "french!"), "no language tag"),
        (("a@example.org", "Ada"), "has 2 fields where the header has 6"),
        (("a@example.org", "Lovelace", " Ada", "", "", "", "x"), "has 7 fields where the header has 6"),
        (("=1+1@example.org", "", "", "", "", ""), "begins like a formula"),
        (("'+a@example.org", "", "", "", "", ""), "begins like a formula"),
        (("a@example.org", "A\udce9", "", "", "", ""), "bytes that are not in the encoding"),
        (("a@example.org", "A\ufffd", "", "", "", ""), "bytes that are not in the encoding"),
        (("a@example.org", "A\0", "", "", "", ""), "NUL"),
    ],
)
def test_a_row_that_can_not_be_used_is_refused_with_the_reason(fields, says):
    with pytest.raises(ValueError, match=says):
        read(*fields)


def test_empty_fields_too_many_cost_nothing():
    assert read("a@example.org", "Ada", "", "", "", "", "", "").name == "Ada"


def test_an_unreadable_row_says_why():
    with pytest.raises(ValueError, match="a quote"):
        reader_of(layout_of(NAMES, {}, "x.csv"))(RawRow(1, 2, (), "a quote is not closed", '"'))


def test_who_is_gone_is_suppressed_whatever_else_is_wrong_with_the_row():
    found = read("+a@example.org", "unsubscribed", "never", names=("email", "status", "frequency"))
    assert found.gone is not None
    assert found.address.address == "+a@example.org"


@pytest.mark.parametrize(
    ("text", "topics", "others"),
    [
        ("robotics language-models", ("robotics", "language-models"), ()),
        ('"Robotics","VIP 2024","Language models"', ("robotics", "language-models"), ("VIP 2024",)),
        ("Language models", ("language-models",), ()),
        ("vision; vision |Vision", ("vision",), ()),
        ('["vision", "big_spender"]', ("vision",), ("big_spender",)),
        ('[{"name": "vision", "slug": "x"}]', ("vision",), ()),
        ("['vision', 'robotics']", ("vision", "robotics"), ()),
        ("big spender", (), ("big", "spender")),
        ("", (), ()),
    ],
)
def test_tags_that_are_topics_are_taken_and_the_others_told(text, topics, others):
    assert chosen_topics(text, KNOWN) == (topics, others)


@given(st.text())
def test_any_tags_can_be_read(text):
    topics, others = chosen_topics(text, KNOWN)
    assert set(topics) <= KNOWN
    assert all(other == clean_name(other) for other in others)


@pytest.mark.parametrize("text", ["=1+1", "+49 30", "-x", "@me", "'=1+1", "''-x"])
def test_a_formula_is_escaped(text):
    assert escaped(text) == f"'{text}"


@given(st.text(st.sampled_from("'=+-@ab"), min_size=1))
def test_what_is_escaped_is_read_as_it_was(name):
    assert read("a@example.org", escaped(name), "", "", "", "").name == name
    assert not escaped(name).startswith(("=", "+", "-", "@"))


@pytest.mark.parametrize("column", ["E-Mail", "e_mail", "EMAIL ADDRESS", "Email", "mail"])
def test_the_addresses_are_found_by_the_name_of_their_column(column):
    assert layout_of(["id", column], {}, "x.csv").taken["email"] == 1


def test_a_column_is_taken_for_ours_when_that_is_asked_for():
    found = layout_of(["Adresse", "Thema"], {"email": "adresse", "topics": "Thema"}, "x.csv")
    assert found.taken == {"email": 0, "topics": 1}


@pytest.mark.parametrize(
    ("names", "asked", "says"),
    [
        (["Adresse", "Name"], {}, "say --map email=Adresse .*columns: Adresse, Name"),
        (["emial", "Name"], {}, "say --map email=emial"),
        (["E Post Adresse", "x"], {}, 'say --map email="E Post Adresse"'),
        (["email"], {"emial": "email"}, "did you mean 'email'"),
        (["email", "Nachname"], {"name": "Nachnahme"}, "did you mean 'Nachname'"),
        (["email"], {"name": "zzz"}, "there is no such column; columns: email"),
    ],
)
def test_a_layout_that_can_not_be_found_says_what_to_do(names, asked, says):
    with pytest.raises(InputError, match=says):
        layout_of(names, asked, "x.csv", [["ada@example.org", "x"]] if names[0] != "emial" else [])
