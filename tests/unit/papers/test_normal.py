"""What two sources write differently has one form, and what differs keeps two."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.papers.normal import is_cut_list, normal_title, surname


@pytest.mark.parametrize(
    "spellings",
    [
        (r"$\pi_0$: A Model", "π₀: a model", "pi_0: A Model", "𝜋₀: A MODEL"),
        (r"Up to 4.7$\times$ Faster", "up to 4.7× faster", "Up to 4.7times Faster", "Up to 4.7x faster"),
        (r"On Schr\"odinger's Bridge", "On Schrödinger’s bridge", "On Schro\u0308dinger's Bridge"),
        (r"Fran\c{c}ois' \textbf{Conjecture}", "François' Conjecture", "Francois' <i>Conjecture</i>"),
        ("Trees &amp; Forests", "Trees & Forests", r"Trees \& Forests", "Trees and Forests"),
        (r"The $\mathcal{L}$-Index", "The mathcal{L}-index", "The ℒ-Index"),
        (r"An $\varepsilon$-net", "An ε-Net"),
        ("Sailing by Night", "Sailing by Night.", "Sailing by night (Extended Version)", "Sailing by Night [v2]"),
        ("Large Language-Model", "Large language model", "Largelanguagemodel"),
        ("H₂O in C++", "H2O in C", r"H\textsubscript{2}O in C", "H$_{2}$O in C"),
        ("大型语言模型", "大型 语言 模型"),
    ],
)
def test_spellings_of_one_title(spellings):
    assert len({normal_title(title) for title in spellings}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Segmenting Sails v2", "Segmenting Sails"),  # a model's version, not the paper's
        ("Sailing by Night (Part 1)", "Sailing by Night (Part 2)"),
        ("Sailing by Night (Extended Abstract)", "Sailing by Night"),
        ("α-Sails", "β-Sails"),
        ("大型语言模型", "小型语言模型"),
    ],
)
def test_titles_that_differ(one, other):
    assert normal_title(one) != normal_title(other)


def test_signs_alone_are_no_title():
    assert normal_title("$$ ... !?") == ""


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (
            ("Ada Lovelace", "Lovelace, Ada", "A. Lovelace", "Lovelace A.", "LOVELACE, A. K.", "Ada K. Lovelace"),
            "lovelace",
        ),
        (("Ada Lovelace et al.", "Lovelace, Ada et al", "Ada Lovelace (Example University)"), "lovelace"),
        (("Jan van der Berg", "van der Berg, Jan", "Berg, Jan van der", "J. van der Berg"), "berg"),
        (("Sam King, Jr.", "King, Jr., Sam", "King Jr., Sam", "Sam King III", "Sam King Jr"), "king"),
        (("José García Márquez", "García Márquez, José", "Marquez, J."), "marquez"),
        (("Jean-Luc Smith-Jones", "Smith-Jones, J.-L."), "smithjones"),
        (("Jörg Müller", r"J\"org M\"uller", "Mu\u0308ller, Jörg"), "muller"),
        (("李雷", "李 雷", "李, 雷"), "李雷"),
        (("Ng", "A. Ng"), "ng"),
        (("", " ", ",", "et al.", "(Example University)", "!"), ""),
    ],
)
def test_surnames(names, expected):
    assert {name: surname(name) for name in names} == dict.fromkeys(names, expected)


def test_a_family_name_before_the_comma_may_be_one_letter():
    assert surname("E, Weinan") == "e"


def test_a_list_that_says_it_is_cut():
    assert is_cut_list(("Ada Lovelace", "et al."))
    assert is_cut_list(("Ada Lovelace et al",))
    assert not is_cut_list(("Ada Lovelace", "Al Hal"))
    assert not is_cut_list(())


@given(st.text(max_size=80))
def test_any_text_has_forms_of_letters_and_digits(text):
    for form in (normal_title(text), surname(text)):
        assert form == "" or form.isalnum(), form
        assert form == form.lower() or not form.isascii()
