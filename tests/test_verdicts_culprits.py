"""Which steps matter and which of them one commit explains: tables, and the greedy cover written out."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundspeed.records import SeriesKey
from groundspeed.results.archive import Series
from groundspeed.verdicts.culprits import MUCH_MORE, discovery_rates, explain
from groundspeed.verdicts.groups import Regressions, State
from groundspeed.verdicts.steps import Scale
from groundspeed.verdicts.triage import Decision, Ruling, id_of
from tests.site_archives import commit_hash, series
from tests.stepping import decision, judged, step, stepped


def members(found: Regressions) -> list[list[str]]:
    return [sorted(one.step.key.case.benchmark for one in group.affected) for group in found.groups]


# --- what matters ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("what", "row", "counts"),
    [
        ("30 % for sure", step(0, 20, 0.0, 0.26), True),
        ("4 %, for sure, and within the tolerance", step(0, 20, 0.0, 0.04, half=0.001), False),
        ("7 %, whose interval reaches into the tolerance", step(0, 20, 0.0, 0.07, half=0.03), False),
        ("7 %, whose interval does not", step(0, 20, 0.0, 0.07, half=0.01), True),
        ("30 %, by chance", step(0, 20, 0.0, 0.26, p=0.02), False),
        ("30 % faster", step(0, 20, 0.0, -0.26), False),
    ],
)
def test_what_counts(what: str, row: dict[str, float], counts: bool) -> None:
    assert len(judged(stepped(["m.time_a"], row)).groups) == counts, what


def test_a_growth_counts_from_a_tenth_of_an_exponent_on() -> None:
    names = [series(f"m.time_{name}", [1.0], metric="exponent", unit="exponent") for name in "ab"]
    rows = (step(0, 20, 1.0, 1.09, half=0.001), step(1, 20, 1.0, 1.9))
    found = judged(stepped(names, *rows, scale=Scale.DIFFERENCE))
    assert members(found) == [["m.time_b"]]
    (one,) = found.groups[0].affected
    assert one.size == pytest.approx(0.9 * math.log(10))  # ten times the input: 10^0.9 times more


def test_of_what_may_be_nothing_the_tolerance_is_a_share_of_the_old_level() -> None:
    rows = (step(0, 20, 0.0, 3.0), step(1, 20, 100.0, 104.0), step(2, 20, 100.0, 106.0))
    found = judged(stepped(["m.track_a", "m.track_b", "m.track_c"], *rows, scale=Scale.DIFFERENCE))
    assert members(found) == [["m.track_a", "m.track_c"]]


def test_what_the_suite_has_no_more_is_neither_listed_nor_counted() -> None:
    history = stepped(["m.time_a", "m.time_b"], step(0, 20, 0.0, 0.3), step(1, 20, 0.0, 0.3))
    found = judged(history, gone="m.time_a")
    assert members(found) == [["m.time_b"]]
    assert sum(found.searched.values()) == 1


def test_a_suite_of_a_thousand_must_show_more_than_a_suite_of_one() -> None:
    """p = 10^-4. Among a thousand tests the rate is p · 1000 · (1 + 1/2 + … + 1/1000) = 0.75."""
    row = step(0, 20, 0.0, 0.3, p=1e-4)
    assert judged(stepped(["m.time_a"], row)).groups
    assert not judged(stepped(["m.time_a", *(f"m.time_{n}" for n in range(999))], row)).groups


def test_discovery_rates_are_those_of_benjamini_and_yekutieli() -> None:
    # m = 4, c = 1 + 1/2 + 1/3 + 1/4 = 25/12: p m c / i = .025/3, .2/3 …, the last not below the one after it
    rates = discovery_rates(np.array([0.016, 0.001, 0.0145]), 4)
    c = 25 / 12
    assert rates.tolist() == pytest.approx([0.016 * 4 * c / 3, 0.001 * 4 * c, 0.016 * 4 * c / 3])
    assert discovery_rates(np.empty(0), 5).tolist() == []


# --- which commit explains ------------------------------------------------------------------------


def test_steps_between_the_same_commits_are_one_group_on_whatever_machine() -> None:
    names = [series("m.time_a", [1.0], machine=one) for one in ("box", "camel")]
    (group,) = judged(stepped(names, step(0, 20, 0.0, 0.3), step(1, 20, 0.0, 0.2))).groups
    assert group.machines == ("box", "camel")
    assert (group.range.base, group.range.head) == (commit_hash(19), commit_hash(20))
    assert group.id == id_of(commit_hash(19), commit_hash(20))


def test_the_range_of_a_group_is_what_its_members_leave() -> None:
    """One machine measured 16 and 24, the other 20 and 28: the culprit is after 20, up to 24."""
    wide = [
        step(number, 24, 0.0, 0.3) | {"base": base, "earliest": base} for number, base in enumerate((16, 20))
    ]
    wide[1] |= {"head": 28, "latest": 28}
    (group,) = judged(stepped(["m.time_a", "m.time_b"], *wide)).groups
    assert (group.range.base, group.range.head) == (commit_hash(20), commit_hash(24))


def test_a_step_found_beside_many_others_is_theirs_and_two_of_a_kind_are_two() -> None:
    names = [f"m.time_{number}" for number in range(6)]
    many = [step(number, 20, 0.0, 0.3) for number in range(3)]
    beside = step(3, 21, 0.0, 0.3, around=1)
    far = [step(number, 28, 0.0, 0.3, around=9) for number in (4, 5)]  # too many to be moved by three
    found = judged(stepped(names, *many, beside, *far))
    assert members(found) == [names[:4], names[4:]]
    assert found.groups[0].range.head == commit_hash(20)
    assert found.groups[1].likely.head == commit_hash(28)
    assert found.groups[1].range.base == commit_hash(18)


spans = st.tuples(st.integers(0, 12), st.integers(0, 3), st.integers(0, 4), st.integers(0, 4)).map(
    lambda one: ((one[0] + one[2], one[0] + one[2] + one[1]), (one[0], one[0] + one[2] + one[1] + one[3]))
)


@settings(deadline=None, derandomize=True, max_examples=200)
@given(st.lists(st.tuples(spans, st.integers(1, 6)), max_size=10))
def test_it_is_the_greedy_cover(
    cases: list[tuple[tuple[tuple[int, int], tuple[int, int]], int]],
) -> None:
    likely = np.array([one[0][0] for one in cases], np.int64).reshape(-1, 2)
    possible = np.array([one[0][1] for one in cases], np.int64).reshape(-1, 2)
    weight = np.array([one[1] for one in cases], float)
    found = explain(likely, possible, weight)
    assert [(one.core.tolist(), one.members.tolist()) for one in found] == literal_cover(cases)
    everybody = sorted(member for one in found for member in one.members.tolist())
    assert everybody == list(range(len(cases)))
    for group in found:
        begin, end = likely[group.core, 0].max(), likely[group.core, 1].min()
        assert begin <= end
        assert any(
            all(possible[one, 0] <= place <= possible[one, 1] for one in group.members)
            for place in range(begin, end + 1)
        )


def literal_cover(
    cases: list[tuple[tuple[tuple[int, int], tuple[int, int]], int]],
) -> list[tuple[list[int], list[int]]]:
    left, places, cores = set(range(len(cases))), [], []

    def at(place: int, those: set[int]) -> list[int]:
        return sorted(one for one in those if cases[one][0][0][0] <= place <= cases[one][0][0][1])

    def total(those: Sequence[int]) -> int:
        return sum(cases[one][1] for one in those)

    while left:
        place = max(range(40), key=lambda one: (total(at(one, left)), -one))
        places.append(place)
        cores.append(at(place, left))
        left -= set(cores[-1])
    owner = {}
    for number, core in enumerate(cores):
        for one in core:
            low, high = cases[one][0][1]
            owner[one] = next(
                (
                    other
                    for other, place in enumerate(places)
                    if low <= place <= high and total(cores[other]) >= MUCH_MORE * total(core)
                ),
                number,
            )
    groups = [(core, sorted(one for one in owner if owner[one] == at)) for at, core in enumerate(cores)]
    return [(core, those) for core, those in groups if those]


# --- in which state -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("what", "later", "state"),
    [
        ("nothing came after", [], State.SUSPECTED),
        ("back where it was", [0.0], State.RECOVERED),
        ("back to within the tolerance", [0.04], State.RECOVERED),
        ("half way back", [0.15], State.SUSPECTED),
        ("in two steps", [0.15, -0.2], State.RECOVERED),
        ("back and up again: the second time is a step of its own", [0.0, 0.3], State.RECOVERED),
        ("worse still", [0.9], State.SUSPECTED),
    ],
)
def test_what_recovered(what: str, later: list[float], state: State) -> None:
    levels = [0.0, 0.3, *later]
    rows = [
        step(0, 5 + 5 * at, before, after) for at, (before, after) in enumerate(itertools.pairwise(levels))
    ]
    found = judged(stepped(["m.time_a"], *rows))
    states = {group.range.head: group.state for group in found.groups}
    assert states[commit_hash(5)] is state, what


def test_where_it_recovered_is_told() -> None:
    rows = (step(0, 10, 0.0, 0.3), step(0, 25, 0.3, 0.0))
    (group,) = judged(stepped(["m.time_a"], *rows)).groups
    recovered = group.affected[0].recovered
    assert recovered is not None
    assert (recovered.base, recovered.head) == (commit_hash(24), commit_hash(25))


def test_improvements_are_the_same_with_the_sign_turned() -> None:
    rows = (step(0, 10, 0.0, 0.3), step(0, 25, 0.3, 0.0), step(1, 25, 0.3, 0.0), step(1, 30, 0.0, 0.3))
    found = judged(stepped(["m.time_a", "m.time_b"], *rows), improvements=True)
    (group,) = found.groups
    assert members(found) == [["m.time_a", "m.time_b"]]
    assert {one.step.key.case.benchmark: one.state for one in group.affected} == {
        "m.time_a": State.SUSPECTED,
        "m.time_b": State.RECOVERED,
    }


# --- with decisions -------------------------------------------------------------------------------


TWO = stepped(["m.time_a", "m.time_b"], step(0, 20, 0.0, 0.3), step(1, 20, 0.0, 0.2))


def states(found: Regressions) -> dict[str, State]:
    return {one.step.key.case.benchmark: one.state for group in found.groups for one in group.affected}


def test_a_decision_holds_for_its_cases_and_the_group_for_what_is_open() -> None:
    found = judged(TWO, decision(Ruling.ACKNOWLEDGED, "m.time_a"))
    assert states(found) == {"m.time_a": State.ACKNOWLEDGED, "m.time_b": State.SUSPECTED}
    assert found.groups[0].state is State.SUSPECTED
    assert [one.step.key.case.benchmark for one in found.groups[0].counted] == ["m.time_b"]
    assert judged(TWO, decision(Ruling.ACKNOWLEDGED, "m.time_a", "m.time_b")).open == ()


def test_a_person_s_word_stands_and_of_measurements_the_newest() -> None:
    for rulings, state in (
        ([Ruling.CONFIRMED], State.CONFIRMED),
        ([Ruling.CONFIRMED, Ruling.NOT_CONFIRMED], State.NOT_CONFIRMED),
        ([Ruling.NOT_CONFIRMED, Ruling.CONFIRMED], State.CONFIRMED),
        ([Ruling.ACKNOWLEDGED, Ruling.CONFIRMED], State.ACKNOWLEDGED),
    ):
        decisions = [decision(one, "m.time_a", at=hour) for hour, one in enumerate(rulings)]
        assert states(judged(TWO, *reversed(decisions)))["m.time_a"] is state


def test_a_decision_survives_new_data_and_keeps_the_id() -> None:
    """Decided when 10 and 20 alone were measured; by now it is known to be 15."""
    old = decision(Ruling.ACKNOWLEDGED, "m.time_a", base=10, head=20)
    (group,) = judged(stepped(["m.time_a"], step(0, 15, 0.0, 0.3)), old).groups
    assert group.state is State.ACKNOWLEDGED
    assert group.id == old.id != id_of(commit_hash(14), commit_hash(15))


def test_of_two_groups_that_one_decision_holds_for_one_keeps_the_id() -> None:
    old = decision(Ruling.CONFIRMED, "m.time_a", "m.time_b", base=10, head=20)
    history = stepped(["m.time_a", "m.time_b"], step(0, 12, 0.0, 0.5), step(1, 18, 0.0, 0.3))
    first, second = judged(history, old).groups
    assert first.id == old.id
    assert second.id == id_of(commit_hash(17), commit_hash(18))


@pytest.mark.parametrize(
    "old",
    [
        decision(Ruling.ACKNOWLEDGED, "m.time_other"),
        decision(Ruling.ACKNOWLEDGED, "m.time_a", base=20, head=25),
        decision(Ruling.ACKNOWLEDGED, "m.time_a", base=1, head=19),
        decision(Ruling.ACKNOWLEDGED, "m.time_a", base=1000, head=20),
    ],
    ids=["another case", "later", "earlier", "a commit that is gone"],
)
def test_what_holds_for_nothing_is_stale(old: Decision) -> None:
    found = judged(TWO, old)
    assert found.stale == (old,)
    assert set(states(found).values()) == {State.SUSPECTED}


# --- in which order -------------------------------------------------------------------------------


def test_many_benchmarks_count_by_the_root_of_their_number() -> None:
    names = [f"m.time_{number}" for number in range(101)]
    hundred = [step(number, 10, 0.0, math.log(1.1), p=1e-20) for number in range(100)]
    for factor, first in ((2.5, 10), (2.7, 30)):  # 1.1^10 = 2.59
        found = judged(stepped(names, *hundred, step(100, 30, 0.0, math.log(factor), p=1e-20)))
        assert found.groups[0].likely.head == commit_hash(first)


def test_parameters_of_one_benchmark_count_once_and_machines_each() -> None:
    def named(count: int, machine: str = "camel") -> list[Series]:
        return [series("m.time_a", [1.0], params=(str(one),), machine=machine) for one in range(count)]

    def score(names: list[Series]) -> float:
        (group,) = judged(stepped(names, *(step(at, 20, 0.0, 0.3) for at in range(len(names))))).groups
        return group.score

    assert score(named(9)) == pytest.approx(score(named(3)), rel=0.2)  # the evidence differs a little
    both = [*named(1), *named(1, machine="box")]
    assert score(both) == pytest.approx(score(named(1)) * math.sqrt(2), rel=0.1)


def test_only_some_series_keep_range_and_id() -> None:
    whole = judged(TWO)

    def wanted(key: SeriesKey) -> bool:
        return key.case.benchmark == "m.time_b"

    part = whole.only(wanted)
    assert members(part) == [["m.time_b"]]
    assert [one.id for one in part.groups] == [one.id for one in whole.groups]
    assert whole.since({commit_hash(20)}).groups == whole.groups
    assert whole.since({commit_hash(19)}).groups == ()
