import pytest

from digest.checks.lines import WHOLE, plaintext_lines, preheader, subject, whole_size


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("A paper on samples + 11 more", []),
        ("x" * 70, []),
        ("x" * 71, ["it has 71 columns"]),
        ("量" * 36, ["it has 72 columns"]),
        ("", ["it is empty"]),
        ("TWELVE NEW PAPERS", ["capitals"]),
        ("BERT + 11", []),
        ("量子計算的新進展與其他十一篇論文", []),
        ("New papers!!!", ["exclamation"]),
        ("Yes! Papers", []),
        ("RE: your papers", ["begins with RE:"]),
        ("Fwd: papers", ["begins with Fwd:"]),
        ("Retrieval: a survey", []),
    ],
)
def test_a_subject_is_seen_whole_and_looks_like_no_spam(make, found, text, says):
    from digest.render.headers import text_field

    field = text_field("Subject", text).decode().partition(": ")[2].removesuffix("\r\n")
    told = found(subject, make(Subject=field))
    assert len(told) == len(says)
    assert all(word in one for word, one in zip(says, told, strict=True))


@pytest.mark.parametrize(
    ("before", "says"),
    [
        ('<div style="display:none">46 papers: Vision and 11 more topics</div>', ""),
        ('<div style="max-height:0; display: none !important">46 papers: Vision&#847;&zwnj;&nbsp;</div>', ""),
        ("", "there is none"),
        ("<div>46 papers: Vision, but shown to all</div>", "there is none"),
        ('<div style="display:none">2 papers</div>', "it has 8 columns"),
        (f'<div style="display:none">{"papers " * 30}</div>', "it has 209 columns"),
        ('<div style="display:none">A paper on samples + 1 more</div>', "the same as the subject"),
    ],
)
def test_a_preheader_says_something_else_than_the_subject(make, make_page, found, before, says):
    told = found(preheader, make(html=make_page(preheader=before)))
    assert (told == []) if not says else (len(told) == 1 and says in told[0])


def test_a_long_line_of_plaintext_is_found_but_for_an_address(make, found):
    assert found(plaintext_lines, make(text="x" * 78 + "\nhttps://example.org/" + "x" * 90 + "\n")) == []
    assert found(plaintext_lines, make(text="\n" + "量" * 40 + "\n")) == [
        "warning plaintext: line 2 has 80 columns; 78 are usual"
    ]


def test_a_large_message_is_told(make, found):
    assert found(whole_size, make(text="x" * 60 + "\n")) == []
    assert str(f"{WHOLE:,}") in found(whole_size, make(text=("x" * 60 + "\n") * 3500))[0]
