"""``workloads.terms``: what a term is, counted and looked up as literally as can be."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asv_bench_groundspeed.workloads.terms import Reference, read_vocabulary, terms

TEXTS = st.lists(st.text("aAbBc1_ -é\n", max_size=30), max_size=8)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        ("Two words, two!", ["two", "words", "two"]),
        ("snake_case and dotted.name", ["snake", "case", "and", "dotted", "name"]),
        ("naïve café №7 ½", ["naïve", "café", "7", "½"]),
        ("v1.2-rc3", ["v1", "2", "rc3"]),
        ("ΟΔΟΣ straße 日本", ["οδος", "straße", "日本"]),  # a word that ends in a sigma
    ],
)
def test_a_term_is_a_lower_cased_run_of_letters_and_digits(text: str, found: list[str]) -> None:
    assert terms(text) == found


@settings(deadline=None, derandomize=True)
@given(st.text())
def test_terms_are_their_own_terms(text: str) -> None:
    assert terms(" ".join(terms(text))) == terms(text)


@settings(deadline=None, derandomize=True)
@given(st.text(max_size=40))
def test_nothing_but_letters_and_digits_is_in_a_term(text: str) -> None:
    """Literally: each character of the lower-cased text that is alphanumeric, the others between them."""
    literal = "".join(one if one.isalnum() else " " for one in text.lower()).split(" ")
    assert terms(text) == [run for run in literal if run]


def test_frequencies_count_texts_and_ties_go_by_letters() -> None:
    vocabulary = read_vocabulary(iter(["b a a", "B c", "", "c b a"]))
    assert vocabulary.texts == 4
    assert dict(vocabulary.frequencies) == {"a": 2, "b": 3, "c": 2}
    assert vocabulary.by_frequency() == ["b", "a", "c"]


@settings(deadline=None, derandomize=True)
@given(TEXTS)
def test_frequencies_are_those_of_a_scan_for_each_term(texts: list[str]) -> None:
    vocabulary = read_vocabulary(texts)
    every = {term for text in texts for term in terms(text)}
    assert dict(vocabulary.frequencies) == {
        term: sum(term in terms(text) for text in texts) for term in every
    }


def test_the_reference_finds_any_and_all() -> None:
    reference = Reference({"a.md": "Red and green", "b.md": "green, BLUE", "c.md": ""})
    assert reference.any_of("red blue") == {"a.md", "b.md"}
    assert reference.all_of("Blue green") == {"b.md"}
    assert reference.all_of("gree") == frozenset()  # no part of a term
    assert reference.any_of("yellow") == frozenset()
    assert reference.any_of(" - ") == reference.all_of("") == frozenset()


@settings(deadline=None, derandomize=True)
@given(TEXTS, st.text("abc1é ", max_size=10))
def test_all_is_each_and_any_is_either(texts: list[str], query: str) -> None:
    """Both by sets of single terms, whose answers are literal."""
    reference = Reference(dict(enumerate(texts)))
    single = [{key for key, text in enumerate(texts) if term in terms(text)} for term in terms(query)]
    assert reference.any_of(query) == set().union(*single)
    assert reference.all_of(query) == (set.intersection(*single) if single else set())
