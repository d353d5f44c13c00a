from hypothesis import given
from hypothesis import strategies as st

from digest.deliver.delivery import Waiting
from digest.deliver.window import STRETCH, Window


def drain(window, admits=lambda _domain: True):
    found = []
    while (one := window.next(admits)) is not None:
        found.append(one.id)
    return found


def of(*domains, start=1):
    return [Waiting(number, domain, "edition") for number, domain in enumerate(domains, start)]


def test_those_never_tried_come_in_the_order_of_their_ids():
    window = Window()
    window.add_untried(of("a", "b", "a"))
    assert window.after == 3
    window.add_untried(of("c", start=7))
    assert (window.after, window.is_complete) == (7, False)
    assert drain(window) == [1, 2, 3, 7]
    window.add_untried([])
    assert window.is_complete
    assert window.after == 7


def test_those_due_again_come_first_and_once():
    window = Window()
    window.add_untried(of("a", "a"))
    window.add_again(of("a", start=10))
    window.add_again(of("a", start=10))
    assert window.due_again == 1
    assert drain(window) == [10, 1, 2]
    assert window.due_again == 0
    window.add_again(of("a", start=10))  # tried, and due once more
    assert drain(window) == [10]


def test_a_domain_that_may_get_nothing_is_passed_and_comes_when_it_may():
    window = Window()
    window.add_untried(of("busy", "a", "busy", "b"))
    assert drain(window, lambda domain: domain != "busy") == [2, 4]
    assert not window.is_empty
    assert window.next(lambda domain: domain != "busy") is None
    assert sorted(drain(window)) == [1, 3]
    assert window.is_empty


def test_put_aside_it_is_still_known_that_it_is_here():
    window = Window()
    window.add_again(of("busy"))
    assert window.next(lambda _domain: False) is None
    window.add_again(of("busy"))
    assert window.due_again == 1
    assert drain(window) == [1]


def test_it_runs_low_before_it_is_empty():
    window = Window()
    assert window.is_low
    window.add_untried(of(*["a"] * STRETCH))
    assert not window.is_low
    for _ in range(STRETCH * 3 // 4 + 1):
        window.next(lambda _domain: True)
    assert window.is_low
    assert not window.is_empty


DOMAINS = ["a", "b", "c"]


@given(
    st.lists(st.sampled_from(DOMAINS), max_size=40),
    st.lists(st.sampled_from(DOMAINS), max_size=20),
    st.lists(st.tuples(st.sets(st.sampled_from(DOMAINS)), st.booleans()), max_size=120),
)
def test_every_candidate_comes_exactly_once_whichever_domains_are_admitted_when(untried, again, looks):
    window = Window()
    fresh, due = of(*untried), of(*again, start=1000)
    domains = {one.id: one.domain for one in fresh + due}
    found = []
    for admitted, reads in looks:
        if reads:  # the ledger gives what is still there, in the window or not
            window.add_untried([one for one in fresh if one.id > window.after][:5])
            window.add_again([one for one in due if one.id not in found][:8])
        picked = window.next(admitted.__contains__)
        if picked is not None:
            assert picked.domain in admitted
            assert picked.domain == domains[picked.id]
            found.append(picked.id)
    window.add_untried([one for one in fresh if one.id > window.after])
    window.add_again([one for one in due if one.id not in found])
    found += drain(window)
    assert sorted(found) == sorted(domains)
    assert window.is_empty
    assert window.due_again == 0
