"""The passage that is shown: where it is cut, and that its terms stand in it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noesis.knowledge.index import query_terms, terms_of
from noesis.knowledge.snippets import LENGTH, patterns, snippet

WORDS = ["one", "two", "three", "four", "five", "six", "seven"]
LONG = " ".join(WORDS * 20)  # 679 characters


def shown(text: str, query: str, *, is_whole: bool = True) -> str:
    return snippet(text.encode(), patterns(query_terms(query)), is_whole=is_whole)


@pytest.mark.parametrize(
    ("text", "query", "expected"),
    [
        ("", "alpha", ""),
        ("alpha", "alpha", "alpha"),
        ("some ALPHA here", "alpha", "some ALPHA here"),
        ("on\ntwo \t lines\r\n", "lines", "on two lines"),
        ("nothing of it", "alpha", "nothing of it"),
        ("alphabet alpha", "alpha", "alphabet alpha"),
        ("Éclair", "éclair", "Éclair"),
        ("ÉCLAIR", "éclair", "ÉCLAIR"),
        ("straße", "STRASSE", "straße"),  # another term: how it begins
        ("alpha", "", "alpha"),
    ],
)
def test_a_short_document_is_shown_whole_on_one_line(text: str, query: str, expected: str) -> None:
    assert shown(text, query) == expected


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("", "", "alpha"),
        ("x" * 30 + " ", "", "x" * 30 + " alpha"),
        (LONG + " ", "", "…seven one two three four five six seven alpha"),  # 40 characters, whole words
        ("x" * 300 + " ", "", "…alpha"),
        ("x" * 300 + "-", "", "…" + "x" * 39 + "-alpha"),  # no word ends there
        ("", " " + "y" * 400, "alpha " + "y" * 154 + "…"),  # nor here
        ("\n" * 100, "\n" * 300, "…alpha…"),
    ],
)
def test_a_long_document_is_cut_at_words_around_the_term(before: str, after: str, expected: str) -> None:
    assert shown(f"{before}alpha{after}", "alpha") == expected


def test_where_most_of_the_terms_stand_is_shown() -> None:
    text = f"alpha {LONG} beta gamma {LONG}"
    assert "beta gamma" in shown(text, "alpha beta gamma")
    assert shown(text, "alpha beta").startswith("alpha")  # one term each: the first


def test_a_term_within_a_word_is_not_it() -> None:
    text = f"alphabet {LONG} x alpha y {LONG}"
    assert " x alpha y " in shown(text, "alpha")
    assert "…" in shown(f"éalpha {LONG} x alpha y", "alpha")[0]


def test_what_is_only_the_beginning_ends_in_an_ellipsis() -> None:
    assert shown("alpha", "alpha", is_whole=False) == "alpha…"


@settings(deadline=None, derandomize=True, max_examples=300)
@given(
    st.lists(st.sampled_from([*WORDS, "Éclair", "naïve", "\n", "日本語", "𝒳", "x" * 200]), max_size=120),
    st.lists(st.sampled_from([*WORDS, "éclair", "NAÏVE", "日本語"]), min_size=1, max_size=3),
)
def test_it_is_a_passage_that_holds_a_term_where_there_is_one(text: list[str], query: list[str]) -> None:
    whole = " ".join(text)
    found = shown(whole, " ".join(query))
    assert len(found.strip("…")) <= LENGTH
    assert "\n" not in found
    assert found.strip("…") in " ".join(whole.split())
    wanted = query_terms(" ".join(query))
    assert any(term in terms_of(found) for term in wanted) == any(term in terms_of(whole) for term in wanted)


@settings(deadline=None, derandomize=True, max_examples=200)
@given(st.text(max_size=400), st.text(max_size=10), st.integers(0, 3))
def test_no_text_and_no_query_breaks_it(text: str, query: str, cut: int) -> None:
    data = text.encode("utf-8", "replace")
    found = snippet(data[: len(data) - cut], patterns(query_terms(query)), is_whole=cut == 0)
    assert len(found) <= LENGTH + 2
