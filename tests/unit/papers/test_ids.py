"""One paper, one id, however it is written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.papers.ids import arxiv_id, arxiv_version, doi, doi_of_page, known_ids, local_id


@pytest.mark.parametrize(
    "text",
    [
        "2403.01234",
        " 2403.01234v12 ",
        "arXiv:2403.01234v1",
        "oai:arXiv.org:2403.01234v1",
        "https://arxiv.org/abs/2403.01234",
        "http://arxiv.org/abs/2403.01234v3",
        "https://www.arxiv.org/pdf/2403.01234v2.pdf",
        "https://export.arxiv.org/pdf/2403.01234#page=2",
        "arxiv.org/html/2403.01234v1",
        "https://huggingface.co/papers/2403.01234",
        "https://doi.org/10.48550/arXiv.2403.01234",
        "10.48550/ARXIV.2403.01234",
    ],
)
def test_ways_to_write_an_arxiv_id(text):
    assert arxiv_id(text) == "2403.01234"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cs/0112017", "cs/0112017"),
        ("arXiv:math.GT/0309136v2", "math/0309136"),
        ("https://arxiv.org/abs/cond-mat/9501001", "cond-mat/9501001"),
        ("0704.0001", "0704.0001"),
        ("1412.9999", "1412.9999"),
    ],
)
def test_older_arxiv_ids(text, expected):
    assert arxiv_id(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2403.0123",
        "1412.00001",
        "2413.01234",
        "0101.0001",
        "see 2403.01234",
        "blog/0101001",
        "cs/0801001",
        "2403.01234x",
        "10.1000/182",
    ],
)
def test_what_is_no_arxiv_id(text):
    assert arxiv_id(text) is None


@pytest.mark.parametrize(
    "text", ["10.1000/ABC.1", "doi:10.1000/abc.1", "https://doi.org/10.1000/ABC.1", "DOI: 10.1000/abc.1."]
)
def test_ways_to_write_a_doi(text):
    assert doi(text) == "10.1000/abc.1"


@pytest.mark.parametrize("text", ["", "10.1/x", "10.1000/", "11.1000/x", "10.1000/a b", "10.1000/" + "x" * 400])
def test_what_is_no_doi(text):
    assert doi(text) is None


def test_a_local_id_looks_at_letters_only():
    assert local_id("page", "Layer Normalization") == local_id("page", "LAYER  normalization!")
    assert local_id("page", "Layer Normalization") != local_id("file", "Layer Normalization")
    assert local_id("page", "層正規化") != local_id("page", "批正規化")
    assert local_id("page", "???") != local_id("page", "!!!")


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("2403.01234v3", 3),
        ("https://arxiv.org/pdf/2403.01234v12.pdf", 12),
        ("oai:arXiv.org:math/0309136v2", 2),
        ("2403.01234", None),
        ("2403.01234v0", None),
        ("https://example.org/v3", None),
    ],
)
def test_the_version_of_an_arxiv_id(text, version):
    assert arxiv_version(text) == version


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://www.biorxiv.org/content/10.1101/2025.01.02.123456v1?rss=1", "10.1101/2025.01.02.123456"),
        ("https://example.org/doi/abs/10.1000/x.12?af=R", "10.1000/x.12"),
        ("https://example.org/articles/10.1000/Ab.1/full.pdf", "10.1000/ab.1"),
        ("https://example.org/10.1000/conv2", "10.1000/conv2"),
        ("https://example.org/10.1000%2Fabc", "10.1000/abc"),
        ("https://doi.org/10.1000/abc", "10.1000/abc"),
        ("https://example.org/a/b", None),
        ("10.1000/abc", None),
    ],
)
def test_the_doi_in_the_address_of_a_page(url, expected):
    assert doi_of_page(url) == expected


def test_every_id_that_is_known():
    texts = ["x", "10.1000/B", "https://arxiv.org/abs/2403.01234v2", "doi:10.1000/b", "2403.09999", "10.1000/c"]
    assert known_ids(texts) == ("arxiv:2403.01234", "doi:10.1000/b", "doi:10.1000/c")
    assert known_ids(["10.1000/182", "https://arxiv.org/abs/2403.01234v2"])[0] == "arxiv:2403.01234"
    assert known_ids(["17", "10.1000/182"]) == ("doi:10.1000/182",)
    assert known_ids(["10.48550/arXiv.2403.01234"]) == ("arxiv:2403.01234",)
    assert known_ids([]) == ()


@given(st.text())
def test_ids_are_canonical_whatever_comes(text):
    for read in (arxiv_id, doi):
        found = read(text)
        assert found is None or read(found) == found
    assert doi_of_page(text) is None or text.strip().lower().startswith("http")
    assert arxiv_version(text) is None or arxiv_id(text)
    assert len(local_id("file", text)) == len("file:") + 12
