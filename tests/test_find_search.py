"""The search: what it answers on simulated ranges, what it refuses, that it is what was recorded."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundspeed.find.ahead import ahead
from groundspeed.find.posterior import Direction
from groundspeed.find.search import Answer, Kind, Search
from groundspeed.find.strip import strip


@dataclass(frozen=True, kw_only=True, slots=True)
class Range:
    """Commits whose level changes at ``where`` (0: nowhere), with noise as the yardstick has it."""

    commits: int
    where: int
    effect: float = 0.05
    sample_sd: float = 0.01
    build_sd: float = 0.002
    broken: Sequence[int] = ()

    def answered(self, seed: int, search: Search) -> tuple[Answer, int]:
        """Drive a search to its end; the answer, and how many commits were built."""
        chance, offsets = np.random.default_rng(seed), dict[int, float]()
        for _ in range(3000):
            index = search.propose()
            if index is None:
                return search.answer(), len(offsets)
            offset = offsets.setdefault(index, self.build_sd * chance.standard_normal())
            noise = self.sample_sd * chance.standard_normal()
            if chance.random() < 0.02:  # a host that was busy
                noise = abs(noise) + chance.exponential(5 * self.sample_sd)
            level = 1e-3 * (1 + self.effect * (0 < self.where <= index))
            value = level * (1 + offset) * (1 + noise)
            search.record(index, None if index in self.broken else value)
        raise AssertionError("it never ends")


ROWS = [
    pytest.param(Range(commits=64, where=1), id="the first commit after the old end"),
    pytest.param(Range(commits=64, where=63), id="the new end itself"),
    pytest.param(Range(commits=2, where=1, effect=0.5), id="no other commit between"),
    pytest.param(Range(commits=512, where=200, sample_sd=0.02, build_sd=0.004), id="512 commits"),
    pytest.param(Range(commits=64, where=20, effect=-0.05), id="faster"),
    pytest.param(Range(commits=64, where=40, effect=0.3, broken=(31, 32, 38, 39)), id="unbuildable"),
]


@pytest.mark.parametrize("one", ROWS)
def test_the_planted_commit_is_named(one: Range) -> None:
    """Of 400 such trials of shared yardstick none was wrong, and 99 % were right; the seeds are fixed."""
    for seed in range(3):
        answer, builds = one.answered(seed, Search(one.commits, 20.0))
        assert (answer.kind, answer.first_changed) == (Kind.CHANGE, one.where)
        assert answer.probability > 0.95
        assert builds <= 25


def test_nothing_planted_nothing_named() -> None:
    flat = Range(commits=256, where=0)
    assert {flat.answered(seed, Search(256, 20.0))[0].kind for seed in range(4)} == {Kind.FLAT}


def test_unbuildable_commits_before_the_culprit_are_told() -> None:
    one = Range(commits=64, where=40, effect=0.3, broken=(30, 38, 39))
    assert one.answered(0, Search(64, 20.0))[0].unbuildable == (38, 39)


def test_a_change_in_the_other_direction_is_not_named() -> None:
    one = Range(commits=32, where=9, effect=0.2)
    assert one.answered(0, Search(32, 20.0, direction=Direction.BETTER))[0].kind is not Kind.CHANGE
    assert one.answered(0, Search(32, 20.0, direction=Direction.WORSE))[0].first_changed == 9


def test_a_prior_that_points_there_spares_builds_and_one_that_misleads_does_not_hide_it() -> None:
    one = Range(commits=256, where=77)
    builds = {}
    for at in (77, 200):
        weights = np.full(256, 0.25 / 255)
        weights[at] += 0.75
        answer, builds[at] = one.answered(3, Search(256, 20.0, prior=weights))
        assert answer.first_changed == 77
    assert builds[77] < builds[200]


def test_an_end_that_does_not_build_ends_the_search() -> None:
    search = Search(8, 20.0)
    search.record(7, None)
    for _ in range(8):
        search.record(0, 1.0)
    assert search.propose() is None
    assert search.answer().kind is Kind.INCONCLUSIVE


def test_several_changes_do_not_go_in_circles() -> None:
    """A level that rises with every commit, without any noise: no sample tells which one was it."""
    search = Search(12, 20.0)
    for _ in range(2000):
        index = search.propose()
        if index is None:
            return
        search.record(index, 1.1**index)
    raise AssertionError("it never ends")


@settings(deadline=None, derandomize=True, max_examples=15)
@given(st.randoms(use_true_random=False), st.integers(0, 5))
def test_a_search_is_what_was_recorded_in_any_order(chance: random.Random, broken: int) -> None:
    told = [(at, 1.0 + 0.1 * (at > 3) + 0.01 * chance.random(), f"s{at % 2}") for at in range(8)] * 3
    ones, others = Search(8, 20.0), Search(8, 20.0)
    for at, value, session in told:
        ones.record(at, value, session)
    ones.record(broken + 1, None)
    others.record(broken + 1, None)
    for at, value, session in chance.sample(told, len(told)):
        others.record(at, value, session)
    assert others.probabilities == pytest.approx(ones.probabilities, abs=1e-9)
    assert others.plan() == ones.plan()
    assert others.answer() == ones.answer()


@pytest.mark.parametrize(
    ("commits", "more"),
    [
        (1, {}),
        (8, {"confidence": 1.0}),
        (8, {"confidence": 0.2}),
        (8, {"prior": [1.0] * 7}),
        (8, {"prior": [1.0] + [0.0] * 7}),
        (8, {"prior": [-1.0] * 8}),
    ],
)
def test_nonsense_is_refused(commits: int, more: dict[str, float | list[float]]) -> None:
    with pytest.raises(ValueError, match=r"needs|must be"):
        Search(commits, 20.0, **more)  # type: ignore[arg-type]  # that is the point


@pytest.mark.parametrize(("index", "value"), [(-1, 1.0), (8, 1.0), (0, 0.0), (0, -1.0), (0, float("nan"))])
def test_a_sample_that_is_none_is_refused(index: int, value: float) -> None:
    with pytest.raises(ValueError, match=r"there is no commit|must be above 0"):
        Search(8, 20.0).record(index, value)


# --- what to build beside it, and what is drawn ---------------------------------------------------


def test_the_next_questions_are_built_beside_this_one() -> None:
    """Nine commits, each as likely: after 4 (the middle) it is asked for the middle of either half."""
    even = np.array([0.0] + [1 / 8] * 8)
    assert ahead(even, 4, frozenset({0, 8}), 1) == (2,)
    assert ahead(even, 4, frozenset({0, 8}), 2) == (2, 6)
    assert ahead(even, 4, frozenset({0, 2, 8}), 1) == (6,)
    assert ahead(even, 4, frozenset({0, 8}), 0) == ()


def test_where_little_is_believed_nothing_is_built() -> None:
    left = np.array([0.0, 0.3, 0.3, 0.3, 0.05, 0.05, 0.0, 0.0])
    assert set(ahead(left, 3, frozenset(), 9)) <= {1, 2}


@settings(deadline=None, derandomize=True, max_examples=50)
@given(st.lists(st.floats(0, 1), min_size=2, max_size=30), st.data())
def test_what_is_built_ahead_is_new_and_of_the_range(weights: list[float], data: st.DataObject) -> None:
    probabilities = np.array([0.0, *weights])
    commit = data.draw(st.integers(0, len(weights)))
    known = data.draw(st.frozensets(st.integers(0, len(weights))))
    found = ahead(probabilities, commit, known, 4)
    assert len(found) == len(set(found)) <= 4
    assert not set(found) & (known | {commit})
    assert all(0 <= one < len(weights) for one in found)


def test_a_strip_shows_where_it_may_be() -> None:
    """Five commits, a character each: built, nothing known, half as likely as the likeliest, it, nothing."""
    assert strip(np.array([0.0, 0.0, 0.3, 0.7, 0.0]), frozenset({0})) == "+·▄█·"
    assert len(strip(np.full(200, 1 / 200), frozenset())) == 40
