"""Which records are one paper: ids decide, titles join what ids leave open."""

from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.papers.identity import Resolved, group, id_key, id_of, keys, resolve, same
from digest.papers.merge import merge
from digest.papers.paper import Paper

TITLE = "Sailing by Night with a Wooden Compass"
ADA, BEN = ("Ada Lovelace", "Ben Franklin"), ("Ben Franklin",)


def paper(paper_id: str, *other_ids: str, title: str = TITLE, authors: tuple[str, ...] = ADA) -> Paper:
    return Paper(id=paper_id, title=title, authors=authors, other_ids=other_ids)


def kinds(one: Paper) -> list[str]:
    return [key.partition(":")[0] for key in keys(one)]


# --- keys


def test_keys_come_strongest_first():
    one = paper("doi:10.1000/182", "file:0123456789ab", "arxiv:2403.01234")
    assert keys(one)[:3] == ("arxiv:2403.01234", "doi:10.1000/182", "local:file:0123456789ab")
    assert kinds(one) == ["arxiv", "doi", "local", "title", "bare"]


@pytest.mark.parametrize(
    ("paper_id", "key"),
    [
        ("arxiv:2403.01234v3", "arxiv:2403.01234"),
        ("doi:10.48550/arXiv.2403.01234", "arxiv:2403.01234"),
        ("doi:10.1000/ABC", "doi:10.1000/abc"),
        ("doi:10.1101/2024.01.02.573927v2", "doi:10.1101/2024.01.02.573927"),
        ("doi:10.64898/2026.01.02.123456v1", "doi:10.64898/2026.01.02.123456"),
        ("doi:10.1101/123456v1", "doi:10.1101/123456"),
        ("doi:10.1101/gr.123456.111v1", "doi:10.1101/gr.123456.111v1"),  # a journal's
        ("arxiv:0123456789ab", "local:arxiv:0123456789ab"),  # a source that is called so
        ("feed:blog:7", "local:feed:blog:7"),
        ("doi:nonsense", "local:doi:nonsense"),
    ],
)
def test_one_key_for_each_way_to_write_an_id(paper_id, key):
    assert id_key(paper_id) == key
    assert id_key(id_of(key)) == key


def test_a_paper_is_on_arxiv_once():
    assert keys(paper("arxiv:2403.01234", "arxiv:2403.99999"))[:1] == ("arxiv:2403.01234",)
    assert "arxiv:2403.99999" not in keys(paper("arxiv:2403.01234", "arxiv:2403.99999"))


def test_keys_of_what_says_little():
    assert kinds(paper("file:1", authors=())) == ["local", "bare"]
    assert kinds(paper("file:1", authors=("et al.",))) == ["local", "bare"]
    assert kinds(paper("file:1", title="On Sails", authors=())) == ["local"]
    assert kinds(paper("file:1", title="On Sails")) == ["local", "title"]
    assert kinds(paper("file:1", title="Editorial")) == ["local"]
    assert kinds(paper("file:1", title="!!!")) == ["local"]


# --- same


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (paper("arxiv:2403.01234"), paper("arxiv:2403.01234v2", title="Sailing, Revised", authors=BEN)),
        (paper("arxiv:2403.01234"), paper("doi:10.48550/arxiv.2403.01234", title="Another", authors=BEN)),
        (paper("doi:10.1000/182", title="Before"), paper("arxiv:2403.01234", "doi:10.1000/182", title="After")),
        (paper("arxiv:2403.01234", "doi:10.1000/1"), paper("arxiv:2403.01234", "doi:10.1000/2")),
        (paper("arxiv:2403.01234"), paper("file:1", authors=("A. Lovelace",))),
        (paper("arxiv:2403.01234"), paper("doi:10.1000/182")),
        (paper("doi:10.1101/2024.01.02.573927v1"), paper("doi:10.1101/2024.01.02.573927v2", title="After")),
        (paper("doi:10.1101/2024.01.02.573927"), paper("doi:10.1000/182")),  # preprint and journal
        (paper("arxiv:2403.01234"), paper("file:1", authors=())),
        (paper("file:1", authors=()), paper("page:1", authors=())),
        (paper("file:1", title="X", authors=()), paper("file:1", title="Y", authors=())),
    ],
)
def test_one_paper(a, b):
    assert same(a, b)
    assert same(b, a)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (paper("arxiv:2403.01234"), paper("arxiv:2403.99999")),
        (paper("arxiv:2403.01234", "doi:10.1000/1"), paper("arxiv:2403.99999", "doi:10.1000/1")),
        (paper("doi:10.1000/1"), paper("doi:10.1000/2")),
        (paper("doi:10.1101/2024.01.02.573927"), paper("doi:10.1101/2024.01.02.573928")),
        (paper("doi:10.1000/1"), paper("arxiv:2403.01234", "doi:10.1000/2")),
        (paper("arxiv:2403.01234"), paper("file:1", authors=BEN)),  # only the title
        (paper("arxiv:2403.01234"), paper("file:1", title="Sailing by Night")),  # only the author
        (paper("arxiv:2403.01234", title="On Sails"), paper("file:1", title="On Sails", authors=())),
        (paper("arxiv:2403.01234", authors=()), paper("file:1")),
        (paper("file:1", title="Editorial"), paper("page:1", title="Editorial.")),
        (paper("file:1", title="!!!"), paper("page:1", title="???")),
    ],
)
def test_two_papers(a, b):
    assert not same(a, b)
    assert not same(b, a)


# --- group


def test_a_record_between_two_papers_goes_to_the_earlier_and_joins_nothing():
    a, b, c = paper("arxiv:2403.00001"), paper("file:1"), paper("arxiv:2403.00002")
    assert group([a, b, c]) == [[a, b], [c]]
    assert group([c, a, b]) == [[c, b], [a]]
    assert group([b, c, a]) == [[b, c], [a]]


def test_an_id_is_a_better_match_than_an_earlier_title():
    a, c = paper("arxiv:2403.00001"), paper("arxiv:2403.00002", "doi:10.1000/2")
    b = paper("doi:10.1000/2")
    assert group([a, b, c]) == [[a], [b, c]]


def test_a_doi_that_fits_chooses_among_papers_of_one_title():
    a, c = paper("arxiv:2403.00001", "doi:10.1000/1"), paper("arxiv:2403.00002")
    b = paper("doi:10.1000/2")
    assert group([a, c, b]) == [[a], [c, b]]


def test_without_author_and_id_only_where_one_paper_has_the_title():
    nameless = paper("page:1", authors=())
    ada, ben = paper("file:1"), paper("file:2", authors=BEN)
    assert group([ada, nameless]) == [[ada, nameless]]
    assert group([ada, nameless, ben]) == [[ada], [nameless], [ben]]
    assert group([nameless, ada, paper("arxiv:2403.00001")]) == [[nameless, ada, paper("arxiv:2403.00001")]]


def test_of_many_papers_with_one_title_each_stays_itself():
    many = [paper(f"arxiv:2403.{number:05}") for number in range(3_000)]
    assert len(group(many)) == 3_000


def test_second_arxiv_id_of_a_record_joins_nothing():
    a, b = paper("arxiv:2403.00001", title="A"), paper("arxiv:2403.00002", title="B")
    both = paper("arxiv:2403.00001", "arxiv:2403.00002", title="C")
    assert group([a, both, b]) == [[a, both], [b]]


IDS = st.one_of(
    st.sampled_from(["arxiv:2403.00001", "arxiv:2403.00002", "arxiv:2403.00003v2"]),
    st.sampled_from(["doi:10.1000/1", "doi:10.1000/2", "doi:10.1000/3"]),
    st.sampled_from([f"doi:10.1101/2024.01.02.{end}" for end in ("000001v1", "000001v2", "000002")]),
    st.sampled_from(["file:1", "file:2", "feed:x:1"]),
)
PAPERS = st.builds(
    Paper,
    id=IDS,
    other_ids=st.lists(IDS, max_size=2).map(tuple),
    title=st.sampled_from([TITLE, TITLE.upper() + ".", "On Sails", "Wooden Compasses and Where to Find Them"]),
    authors=st.sampled_from([ADA, BEN, ("Lovelace, A.",), ()]),
    source=st.sampled_from(["arxiv", "arxiv:cs.CL", "huggingface", "file"]),
)
BATCHES = st.lists(PAPERS, max_size=12)


def ids_among(records: Iterable[Paper], scheme: str) -> set[str]:
    return {key for record in records for key in keys(record) if key.startswith(scheme)}


@given(BATCHES)
def test_groups_part_the_records_and_keep_their_order(records):
    groups = group(records)
    numbers = {id(record): number for number, record in enumerate(records)}
    placed = [[numbers[id(record)] for record in members] for members in groups]
    if len(numbers) == len(records):
        assert sorted(number for members in placed for number in members) == list(range(len(records)))
        assert placed == sorted(sorted(members) for members in placed)
    assert sum(map(len, groups)) == len(records)


@given(BATCHES)
def test_no_group_has_two_arxiv_ids_and_no_arxiv_id_two_groups(records):
    groups = [ids_among(members, "arxiv:") for members in group(records)]
    assert all(len(ids) <= 1 for ids in groups)
    named = [ids for ids in groups if ids]
    assert len(set().union(*named)) == len(named)


@given(BATCHES)
def test_a_doi_has_two_groups_only_where_arxiv_ids_part_them(records):
    groups = group(records)
    for number, one in enumerate(groups):
        for other in groups[number + 1 :]:
            if ids_among(one, "doi:") & ids_among(other, "doi:"):
                assert ids_among(one, "arxiv:")
                assert ids_among(other, "arxiv:")


@given(BATCHES)
def test_two_records_with_one_doi_each_are_one_group_only_by_ids(records):
    plain = [replace(record, other_ids=()) for record in records]
    for members in group(plain):
        for scheme in ("doi:10.1000/", "doi:10.1101/"):
            assert len(ids_among(members, scheme)) <= 1


@given(PAPERS, PAPERS)
def test_same_is_the_same_both_ways(a, b):
    assert same(a, b) == same(b, a)
    assert same(a, a)


# --- resolve


def stored(*papers: Paper) -> dict[str, tuple[str, ...]]:
    return {one.id: keys(one) for one in papers}


def test_a_new_paper_is_new():
    one = paper("arxiv:2403.01234")
    assert resolve([one], {}) == [Resolved((one,), "arxiv:2403.01234", new=True)]
    assert resolve([], stored(one)) == []


def test_the_same_paper_twice_in_a_batch_is_one_new_paper():
    one, again = paper("file:1"), paper("arxiv:2403.01234", "doi:10.1000/1")
    other = paper("arxiv:2403.99999", title="Other", authors=BEN)
    assert resolve([one, other, again], {}) == [
        Resolved((one, again), "arxiv:2403.01234", new=True),
        Resolved((other,), "arxiv:2403.99999", new=True),
    ]


def test_known_by_arxiv_and_met_with_a_doi_besides():
    known = stored(paper("arxiv:2403.01234"))
    record = paper("doi:10.1000/1", "arxiv:2403.01234", title="Changed")
    assert resolve([record], known) == [Resolved((record,), "arxiv:2403.01234", new=False)]


def test_two_known_papers_are_joined_by_a_record_that_names_both():
    by_doi, by_arxiv = paper("doi:10.1000/1", title="Before", authors=()), paper("arxiv:2403.01234")
    record = paper("arxiv:2403.01234", "doi:10.1000/1")
    assert resolve([record], stored(by_doi, by_arxiv)) == [
        Resolved((record,), "doi:10.1000/1", new=False, joined=("arxiv:2403.01234",))
    ]
    assert resolve([record], stored(by_arxiv, by_doi)) == [
        Resolved((record,), "arxiv:2403.01234", new=False, joined=("doi:10.1000/1",))
    ]


def test_two_records_of_a_batch_join_known_papers_between_them():
    by_doi, by_arxiv = paper("doi:10.1000/1", title="B"), paper("arxiv:2403.01234", title="A")
    records = (paper("arxiv:2403.01234", title="C"), paper("file:1", "doi:10.1000/1", title="C"))
    (found,) = resolve(records, stored(by_doi, by_arxiv))
    assert (found.records, found.paper_id, found.joined) == (records, "doi:10.1000/1", ("arxiv:2403.01234",))


def test_known_papers_with_contradicting_ids_are_never_joined():
    first, second = paper("arxiv:2403.00001", "doi:10.1000/1"), paper("arxiv:2403.00002", "doi:10.1000/2")
    record = paper("file:1", "doi:10.1000/1", "doi:10.1000/2")
    assert resolve([record], stored(first, second)) == [Resolved((record,), "arxiv:2403.00001", new=False)]


def test_of_papers_that_share_a_title_the_one_that_fits_is_found():
    first, second = paper("arxiv:2403.00001"), paper("arxiv:2403.00002")
    third = paper("arxiv:2403.00003")
    found = resolve([second, third], stored(first, second))
    assert [(one.paper_id, one.new) for one in found] == [("arxiv:2403.00002", False), ("arxiv:2403.00003", True)]


def test_a_known_nameless_paper_takes_the_first_that_has_its_title_and_no_second():
    known = stored(paper("page:1", authors=()))
    record = paper("arxiv:2403.01234")
    assert resolve([record], known) == [Resolved((record,), "page:1", new=False)]
    later = {"page:1": (*known["page:1"], *keys(record))}
    other = paper("arxiv:2403.99999", authors=BEN)
    assert resolve([other], later) == [Resolved((other,), "arxiv:2403.99999", new=True)]


def test_results_come_in_the_order_of_the_batch():
    first, second = paper("arxiv:2403.00001", title="A"), paper("arxiv:2403.00002", title="B")
    found = resolve([second, first], stored(first, second))
    assert [one.paper_id for one in found] == ["arxiv:2403.00002", "arxiv:2403.00001"]


@given(BATCHES)
def test_with_nothing_known_resolving_is_grouping(records):
    assert [list(found.records) for found in resolve(records, {})] == group(records)


@given(st.lists(BATCHES, max_size=4))
def test_a_store_that_obeys_has_every_paper_once(batches):
    """A store of a dictionary: whatever comes in whatever batches, ids stay unique and arXiv ids apart."""
    papers: dict[str, list[Paper]] = {}
    aliases: dict[str, str] = {}
    for batch in batches:
        known = {paper_id: [key for one in records for key in keys(one)] for paper_id, records in papers.items()}
        found = resolve(batch, known)
        assert sorted(map(repr, batch)) == sorted(repr(one) for resolved in found for one in resolved.records)
        for resolved in found:
            assert resolved.new == (resolved.paper_id not in known)
            assert not (resolved.new and (resolved.paper_id in papers or resolved.joined))
            for alias in resolved.joined:
                papers[resolved.paper_id] += papers.pop(alias)
                aliases[alias] = resolved.paper_id
            papers.setdefault(resolved.paper_id, []).extend(resolved.records)
    arxiv_ids = [ids_among(records, "arxiv:") for records in papers.values()]
    assert all(len(ids) <= 1 for ids in arxiv_ids)
    assert len(set().union(*arxiv_ids)) == sum(map(len, arxiv_ids))
    for records in papers.values():
        assert merge(records).title
