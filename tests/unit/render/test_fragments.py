import html
import quopri

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from digest.errors import TemplateError
from digest.render.fragments import Element, Index, Marking, Slot, fill, sizes

MARKING = Marking.of("an issue")
NONCE = MARKING.nonce


def fragment(name, inside):
    opening, closing = MARKING.mark(name)
    return f"{opening}\n{inside}{closing}\n"


def decoded(pieces):
    assert all(isinstance(piece, bytes) for piece in pieces), pieces
    return quopri.decodestring(b"".join(pieces)).decode().replace("\r\n", "\n")


def choose(elements, names):
    return Index(elements).choose(names)


def names(elements):
    return [element.name for element in elements]


def slots(pieces):
    return [piece.name for piece in pieces if isinstance(piece, Slot)]


RENDERED = (
    "head\n"
    + fragment("card:1", "first\n")
    + fragment("card:2", "second\n")
    + "\n"
    + fragment("line:2", "2nd\n")
    + "foot"
)


def test_a_rendering_is_cut_into_fragments_and_what_always_stands():
    assert names(MARKING.cut(RENDERED)) == [None, "card:1", "card:2", "line:2", None]


@pytest.mark.parametrize(
    ("chosen", "text"),
    [
        ({"card:1", "card:2"}, "head\nfirst\nsecond\nfoot\n"),
        ({"line:2"}, "head\n2nd\nfoot\n"),
        (set(), "head\nfoot\n"),
        ({"card:9"}, "head\nfoot\n"),
    ],
)
def test_an_edition_is_what_always_stands_and_the_fragments_it_names_in_order(chosen, text):
    assert decoded(choose(MARKING.cut(RENDERED), chosen)) == text


def test_blank_lines_inside_a_fragment_belong_to_it_and_those_between_fragments_go():
    rendered = "head\n\n" + fragment("card:1", "\n\nfirst\n") + "\n\n" + fragment("card:2", "second\n")
    assert decoded(choose(MARKING.cut(rendered), {"card:1", "card:2"})) == "head\n\n\n\nfirst\nsecond\n"


@pytest.mark.parametrize(
    "rendered",
    [
        f"<!--{NONCE} card:1-->\nfirst\n",
        f"first\n<!--/{NONCE}-->\n",
        f"<!--{NONCE} card:1-->\na\n" + fragment("card:2", "b\n"),
        fragment("card:1", "a\n") + f"<!--{NONCE} card:2-->\nb\n",
        fragment("section:1", "a\n" + fragment("card:1", "b\n")),
        f"<!--{NONCE} Card one-->\na\n<!--/{NONCE}-->\n",
        f"<!--{NONCE}-->\na\n<!--/{NONCE}-->\n",
        "x" * 70 + f"<!--/{NONCE}-->\n",
    ],
    ids=[
        "opened, never closed",
        "closed, never opened",
        "opened twice",
        "the last one open",
        "one inside another",
        "a name nobody can choose",
        "no name",
        "lost where a line is broken",
    ],
)
def test_a_lost_or_nested_marker_is_the_templates_mistake(rendered):
    with pytest.raises(TemplateError, match="fragment"):
        MARKING.cut(rendered)


@pytest.mark.parametrize(
    "changed",
    [
        MARKING.slot("count1").upper(),
        MARKING.slot("count1").title(),
        MARKING.slot("subject")[:20] + "…",
        MARKING.slot("subject").removesuffix("_"),
        MARKING.slot("Subject"),
        NONCE,
    ],
)
def test_a_slot_that_a_template_changed_is_its_mistake(changed):
    with pytest.raises(TemplateError, match=r"outside of fragments: .* slot"):
        MARKING.cut(f"head {changed} foot\n")
    with pytest.raises(TemplateError, match=r"in the fragment card:1: .* slot"):
        MARKING.cut(fragment("card:1", f"head {changed} foot\n"))


def test_a_fragment_may_stand_in_two_places():
    elements = MARKING.cut(fragment("contents:1", "up\n") + "frame\n" + fragment("contents:1", "down\n"))
    assert decoded(choose(elements, {"contents:1"})) == "up\nframe\ndown\n"
    assert sizes(elements)["contents:1"] == len("up\r\ndown\r\n")


@pytest.mark.parametrize("behind", ["x", "xx", "max", "1x", "_", "é", "<br>", ' class="x"', ""])
def test_a_slot_keeps_its_name_whatever_stands_behind_it(behind):
    pieces = choose(MARKING.cut(f"count: {MARKING.slot('count12')}{behind}\n"), ())
    assert slots(pieces) == ["count12"]
    assert decoded(fill(pieces, {"count12": "7"}, str)) == f"count: 7{behind}\n"


def test_filling_leaves_the_subscribers_slots_open_and_merges_the_bytes():
    rendered = f"{MARKING.slot('total')} papers for {MARKING.slot('recipient')}, {MARKING.slot('total')} in all\n"
    pieces = fill(choose(MARKING.cut(rendered), ()), {"total": "12"}, str)
    assert [type(piece) for piece in pieces] == [bytes, Slot, bytes]
    assert slots(pieces) == ["recipient"]
    assert decoded(fill(pieces, {"recipient": "Ada"}, str)) == "12 papers for Ada, 12 in all\n"


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=100))
def test_a_filled_value_is_escaped_and_comes_back(value):
    pieces = choose(MARKING.cut(f"<b>{MARKING.slot('name')}</b>\n"), ())
    assert decoded(fill(pieces, {"name": value}, html.escape)) == f"<b>{html.escape(value)}</b>\n"


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"])), st.text(st.characters(exclude_categories=["Cs", "Cc"])))
def test_a_filled_value_that_looks_like_a_slot_or_a_marker_is_text(before, behind):
    forged = f"{before}{MARKING.slot('recipient')}{''.join(MARKING.mark('card:1'))}{behind}"
    pieces = fill(
        choose(MARKING.cut(f"{MARKING.slot('subject')} {MARKING.slot('recipient')}\n"), ()), {"subject": forged}, str
    )
    assert slots(pieces) == ["recipient"]
    assert decoded(fill(pieces, {"recipient": "Ada"}, str)) == f"{forged} Ada\n"


@given(st.text(max_size=200))
def test_text_of_an_issue_cant_hold_the_marking_of_that_issue(text):
    # Whoever knows how markings are made can write one into a title, but it is another issue then.
    forged = "".join([*Marking.of(text).mark("card:1"), Marking.of(text).slot("recipient")])
    content = text + forged
    assert Marking.of(content).nonce not in content
    assert names(Marking.of(content).cut(f"{content}\n")) == [None]
    assert slots(choose(Marking.of(content).cut(f"{content}\n"), ())) == []


def test_the_marking_is_the_contents_own_and_always_the_same():
    assert Marking.of(("a", 1)) == Marking.of(("a", 1))
    assert Marking.of(("a", 1)) != Marking.of(("a", 2))
    assert Marking.of("\ud800").nonce


@given(
    st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=200), min_size=1, max_size=5)
)
def test_sizes_are_those_of_the_decoded_fragments(texts):
    assume(all(text.strip() for text in texts))
    rendered = "frame é\n" + "".join(fragment(f"card:{n}", f"{text}\n") for n, text in enumerate(texts))
    elements = MARKING.cut(rendered + "frame\n")
    measured = sizes(elements)
    assert measured.pop("") == len("frame é\r\nframe\r\n".encode())
    assert measured == {f"card:{n}": len(f"{text}\r\n".encode()) for n, text in enumerate(texts)}
    joined = quopri.decodestring(b"".join(p for p in choose(elements, set(measured)) if isinstance(p, bytes)))
    assert len(joined) == sum(sizes(elements).values())


def test_slots_have_no_size_of_their_own():
    elements = MARKING.cut(f"a{MARKING.slot('subject')}b\n")
    assert sizes(elements) == {"": len("ab\r\n")}
    assert sizes(()) == {"": 0}
    assert sizes((Element("card:1", (b"x\r\n",), 3),)) == {"": 0, "card:1": 3}
