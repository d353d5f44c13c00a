"""The shipped frequencies are small, readable, and say what is rare."""

from importlib.resources import files

from digest.topics.frequencies import DATA, Frequencies, shipped_frequencies, to_bytes
from digest.topics.terms import Vocabulary


def test_the_package_has_them_in_a_few_hundred_kilobytes():
    assert 50_000 < len(files("digest.topics").joinpath(DATA).read_bytes()) < 400_000
    assert to_bytes(shipped_frequencies()) == files("digest.topics").joinpath(DATA).read_bytes()


def test_common_words_are_common_and_rare_ones_rare():
    rarity = Vocabulary(shipped_frequencies(), ["the", "diffusion", "qubit", "zzyzx"]).rarity
    assert rarity("the") < 0.1 < rarity("diffusion") < rarity("qubit") < rarity("zzyzx") < 10


def test_the_same_frequencies_give_the_same_bytes():
    one, other = Frequencies(9, {"b": 2, "a": 2, "c": 1}), Frequencies(9, {"c": 1, "a": 2, "b": 2})
    assert to_bytes(one) == to_bytes(other)
