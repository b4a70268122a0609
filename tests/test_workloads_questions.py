"""Made-up facts and the questions about them: each has one answer, and its kind is what it says."""

from __future__ import annotations

import hashlib
from collections import Counter

import pytest

from asv_bench_groundspeed.workloads.questions import (
    IDENTIFIER,
    KINDS,
    OWN_WORDS,
    PARAPHRASED,
    Facts,
    FactSpec,
    make_facts,
)
from asv_bench_groundspeed.workloads.terms import terms


@pytest.fixture(scope="module", name="facts")
def _facts() -> Facts:
    return make_facts(FactSpec())


def test_the_documents_are_the_same_everywhere() -> None:
    facts = make_facts(FactSpec(documents=10, sections=5, questions=30, seed=3))
    digest = hashlib.sha256(repr(facts).encode()).hexdigest()
    assert digest[:16] == "1400bc40d31c4b52"
    assert make_facts(FactSpec(documents=10, sections=5, questions=30, seed=4)) != facts


def test_every_question_has_one_answer(facts: Facts) -> None:
    everything = "\n".join(facts.documents.values())
    for question in facts.questions:
        assert everything.count(question.answer) == 1
        assert question.answer in facts.documents[question.path]
    assert len({question.answer for question in facts.questions}) == 300
    assert Counter(question.kind for question in facts.questions) == dict.fromkeys(KINDS, 100)


def test_a_kind_is_what_it_says(facts: Facts) -> None:
    """Who, what and the deed are asked for in the answer's words, or in words that no document has."""
    held = {term for text in facts.documents.values() for term in terms(text)}
    for question in facts.questions:
        asked = set(terms(question.text))
        shared = asked & set(terms(question.answer)) - {"the", "in", "of"}
        if question.kind == OWN_WORDS:
            assert len(shared) == 3
        elif question.kind == PARAPHRASED:
            assert not shared
            assert len(asked - held) >= 3
        else:
            assert question.kind == IDENTIFIER
            assert len(shared - {"reference"}) == 2  # letters and digit, four digits


def test_many_facts_are_nearly_the_answer(facts: Facts) -> None:
    """Whoever finds two of who, deed and thing has not found it: about ten facts share these two."""
    sentences = [
        set(terms(line))
        for text in facts.documents.values()
        for line in text.replace(". ", ".\n").splitlines()
    ]
    asked = [set(terms(one.answer)[1:3]) for one in facts.questions if one.kind == OWN_WORDS]
    near = [sum(words <= sentence for sentence in sentences) for words in asked]
    assert sum(near) / len(near) > 2


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"documents": 0}, "documents must be at least 1, not 0"),
        ({"sections": 0}, "sections must be at least 1, not 0"),
        ({"questions": -1}, "questions must not be negative, not -1"),
        ({"seed": -1}, "seed must not be negative, not -1"),
        ({"documents": 1000, "sections": 4}, "documents times sections must be 3200 at most, not 4000"),
        ({"documents": 2, "sections": 2}, "questions must be 4 at most, one a fact, not 300"),
    ],
)
def test_a_spec_that_cannot_be(values: dict[str, int], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        FactSpec(**values)
