"""``workloads.queries``: the same for ever, the shares that were asked for, and what cannot be had."""

from __future__ import annotations

import hashlib
import math
import subprocess
import sys
from collections import Counter
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asv_bench_groundspeed.workloads.queries import QueryMix, QuerySpec, draw_queries
from asv_bench_groundspeed.workloads.terms import Vocabulary, terms

# t000 is in 1,000 texts, t001 in 999, … : a hundred common terms, four hundred between, five hundred rare.
THOUSAND = Vocabulary(1000, {f"t{number:03}": 1000 - number for number in range(1000)})
ONE_TERM = (1.0,)

GOLDEN = [
    (QuerySpec(), "c8e456ea7c6c8852783730380ff98a5ffb843f8b76a01bf8eb2e5fe20863db17"),
    (
        QuerySpec(seed=7, distinct=300, exponent=0.83),
        "7fff5f04af6d885977f319212f93490ba10a15091f6de5eb01d86419d9479aee",
    ),
    (
        QuerySpec(seed=7, lengths=(0, 0, 0, 0, 1), missing=0.5, rare=0.5, common=0),
        "c4be0fcf2f186f0a60e32fb304bd70c3e37f56196914180a5392ee07787bee6e",
    ),
]


def digest(spec: QuerySpec) -> str:
    mix = draw_queries(spec, THOUSAND)
    return hashlib.sha256("\n".join([*mix.queries, *mix.log(5000)]).encode()).hexdigest()


@pytest.mark.parametrize(("spec", "expected"), GOLDEN, ids=str)
def test_queries_and_log_are_the_same_for_ever(spec: QuerySpec, expected: str) -> None:
    assert digest(spec) == expected


def test_they_do_not_depend_on_the_hash_seed() -> None:
    spec, expected = GOLDEN[0]
    done = subprocess.run(
        [sys.executable, "-c", f"from tests.test_workloads_queries import *; print(digest({spec!r}))"],
        env={"PYTHONHASHSEED": "12345", "PYTHONPATH": "src:."},
        cwd=Path(__file__).parent.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == expected


# --- shares -------------------------------------------------------------------------------------------


def group(term: str) -> str:
    """By the definition: the most frequent tenth, the least frequent half."""
    if term not in THOUSAND.frequencies:
        return "missing"
    return "common" if term < "t100" else "between" if term < "t500" else "rare"


def test_terms_have_the_shares_asked_for() -> None:
    """Single terms; of the first hundred hardly one was known already and drawn again, which takes from
    the groups with few terms. Each share within four standard deviations."""
    spec = QuerySpec(distinct=800, lengths=ONE_TERM, common=0.05, rare=0.35, missing=0.2, seed=5)
    mix = draw_queries(spec, THOUSAND)
    assert len(set(mix.queries)) == 800
    counts = Counter(group(query) for query in mix.queries[:100])
    for name, share in (("common", 0.05), ("rare", 0.35), ("missing", 0.2), ("between", 0.4)):
        assert counts[name] == pytest.approx(100 * share, abs=4 * math.sqrt(100 * share * (1 - share)))


@pytest.mark.parametrize("name", ["common", "rare", "missing"])
def test_a_whole_share_is_all(name: str) -> None:
    shares: dict[str, Any] = {"common": 0.0, "rare": 0.0, "missing": 0.0, name: 1.0}
    mix = draw_queries(QuerySpec(distinct=200, **shares), THOUSAND)
    assert {group(term) for query in mix.queries for term in query.split()} == {name}


def test_queries_have_the_lengths_asked_for_and_no_term_twice() -> None:
    """A vocabulary so large that hardly a query is drawn again; each share within four deviations."""
    lengths = (0.5, 0.2, 0.15, 0.1, 0.05)
    vocabulary = Vocabulary(9, {f"t{number}": 1 for number in range(100_000)})
    mix = draw_queries(QuerySpec(distinct=5000, lengths=lengths), vocabulary)
    split = [query.split() for query in mix.queries]
    counts = Counter(map(len, split))
    for terms_, share in enumerate(lengths, 1):
        assert counts[terms_] == pytest.approx(5000 * share, abs=4 * math.sqrt(5000 * share * (1 - share)))
    assert all(len(set(one)) == len(one) for one in split)


@pytest.mark.parametrize("exponent", [0.0, 0.83, 1.0, 2.0])
def test_the_log_asks_by_popularity(exponent: float) -> None:
    """Rank r of n has the probability r**-s / sum of k**-s: each count within five deviations of it."""
    mix = QueryMix(tuple(f"q{rank}" for rank in range(1, 51)), exponent, seed=1)
    counts = Counter(mix.log(40_000))
    whole = sum(rank**-exponent for rank in range(1, 51))
    for rank in range(1, 51):
        share = rank**-exponent / whole
        deviation = math.sqrt(40_000 * share * (1 - share))
        assert counts[f"q{rank}"] == pytest.approx(40_000 * share, abs=5 * deviation)


@settings(deadline=None, derandomize=True, max_examples=60)
@given(
    st.builds(
        QuerySpec,
        distinct=st.integers(1, 60),
        seed=st.integers(0, 2**40),
        lengths=st.sampled_from([ONE_TERM, (0.5, 0.5), (0, 0, 0, 0, 1.0), (0.34, 0.34, 0.2, 0.08, 0.04)]),
        common=st.floats(0, 0.5),
        rare=st.floats(0, 0.3),
        missing=st.floats(0, 0.2),
        exponent=st.floats(0, 3),
    )
)
def test_any_mix_is_distinct_repeats_itself_and_asks_for_nothing_else(spec: QuerySpec) -> None:
    mix = draw_queries(spec, THOUSAND)
    assert len({frozenset(terms(query)) for query in mix.queries}) == spec.distinct
    assert draw_queries(spec, THOUSAND) == mix
    log = mix.log(80)
    assert log == list(islice(mix.stream(), 80)) == mix.log(200)[:80]
    assert set(log) <= set(mix.queries)


def test_a_seed_decides() -> None:
    first, other = (draw_queries(QuerySpec(seed=seed), THOUSAND) for seed in (1, 2))
    assert first.queries != other.queries


# --- refusals -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"distinct": 0}, "distinct must be at least 1, not 0"),
        ({"seed": -1}, "seed must not be negative, not -1"),
        ({"lengths": ()}, "lengths must be shares of queries of 1 to 5 terms that add up to 1"),
        ({"lengths": (0.2,) * 6}, "lengths must be shares"),
        ({"lengths": (0.5, 0.4)}, "lengths must be shares"),
        ({"lengths": (1.5, -0.5)}, "lengths must be shares"),
        ({"common": -0.1}, r"common must lie between 0 and 1, not -0\.1"),
        ({"rare": 1.1}, "rare must lie between 0 and 1"),
        ({"missing": math.nan}, "missing must lie between 0 and 1, not nan"),
        ({"common": 0.5, "rare": 0.4, "missing": 0.2}, "common, rare and missing must be 1 at most together"),
        ({"exponent": -1}, "exponent must not be negative, not -1"),
        ({"exponent": math.inf}, "exponent must not be negative, not inf"),
    ],
)
def test_a_wrong_value_names_its_field(fields: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        QuerySpec(**fields)


def test_a_vocabulary_that_is_too_small_is_said_so() -> None:
    """Three terms make three single queries and no query of five."""
    three = Vocabulary(3, {"a": 3, "b": 2, "c": 1})
    nothing_else: dict[str, Any] = {"common": 0.3, "rare": 0.3, "missing": 0.0}
    mix = draw_queries(QuerySpec(distinct=3, lengths=ONE_TERM, **nothing_else), three)
    assert sorted(mix.queries) == ["a", "b", "c"]
    with pytest.raises(ValueError, match="distinct must be about 3 at most, not 4: there are too few"):
        draw_queries(QuerySpec(distinct=4, lengths=ONE_TERM, **nothing_else), three)
    with pytest.raises(ValueError, match=r"lengths must be shorter: too few .* of 5 different ones"):
        draw_queries(QuerySpec(distinct=1, lengths=(0, 0, 0, 0, 1), **nothing_else), three)
    with pytest.raises(ValueError, match="vocabulary must hold at least one term"):
        draw_queries(QuerySpec(), Vocabulary(0, {}))


def test_one_term_is_vocabulary_enough() -> None:
    only = Vocabulary(1, {"alone": 1})
    assert draw_queries(QuerySpec(distinct=1, lengths=ONE_TERM, missing=0), only).queries == ("alone",)
