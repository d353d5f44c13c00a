import pytest

from digest.checks.colours import Colour, colour_of, contrast

WHITE, BLACK = Colour(255, 255, 255), Colour(0, 0, 0)


@pytest.mark.parametrize(
    ("value", "colour"),
    [
        ("#fff", WHITE),
        ("#FFFFFF", WHITE),
        ("#ffffff80", Colour(255, 255, 255, 128 / 255)),
        ("#f00f", Colour(255, 0, 0)),
        ("rgb(255,0,0)", Colour(255, 0, 0)),
        ("rgb(100% 0% 0%)", Colour(255, 0, 0)),
        ("rgba(0, 0, 0, .5)", Colour(0, 0, 0, 0.5)),
        ("rgb(0 0 0 / 50%)", Colour(0, 0, 0, 0.5)),
        ("rgb(300,-5,0)", Colour(255, 0, 0)),
        ("white", WHITE),
        ("DarkSlateGray", Colour(47, 79, 79)),
        ("#fff url(red.png) no-repeat", WHITE),
        ("no-repeat white", WHITE),
        ("transparent", Colour(0, 0, 0, 0)),
        ("inherit", None),
        ("currentcolor", None),
        ("#12345", None),
        ("rgb(1,2)", None),
        ("rgb(a,b,c)", None),
        ("", None),
    ],
)
def test_colours_as_style_sheets_write_them(value, colour):
    assert colour_of(value) == colour


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#000000", "#ffffff", 21.0),
        ("#ffffff", "#ffffff", 1.0),
        ("#777777", "#ffffff", 4.48),
        ("#767676", "#ffffff", 4.54),
    ],
)
def test_contrast_is_that_of_the_wcag(one, other, ratio):
    assert contrast(colour_of(one), colour_of(other)) == pytest.approx(ratio, abs=0.005)
    assert contrast(colour_of(other), colour_of(one)) == pytest.approx(ratio, abs=0.005)


def test_what_lets_the_ground_through_is_mixed_with_it():
    assert str(Colour(0, 0, 0, 0.5).over(WHITE)) == "#808080"
    assert str(Colour(0, 0, 0, 0.0).over(BLACK)) == "#000000"
