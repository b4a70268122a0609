"""One measurement against another: which evidence counts, and what is said where there is little of it."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundspeed.measurements import Basis, Measurement, NoiseFloor
from groundspeed.records import Better, Verdict
from groundspeed.stats.comparison import More, Undecidable
from groundspeed.stats.precision import UNKNOWN, Prior
from groundspeed.stats.ratio import Interval
from groundspeed.verdicts.judgement import VALUES, Caveat, Enough, Ground, Judgement, NoRatio
from groundspeed.verdicts.pairs import compare_measurements
from tests.measurements import measured, processes

PRIOR = Prior(variance=0.01**2, df=8.0)
CALM = NoiseFloor(between_sessions=0.005, between_processes=0.01, df=10.0, basis=Basis.SESSIONS)
NAN = math.nan
INFINITY = math.inf


def judged(
    base: Measurement,
    head: Measurement,
    *,
    floor: NoiseFloor | None = None,
    prior: Prior = PRIOR,
    tolerance: float = 0.05,
) -> Judgement:
    return compare_measurements(base, head, floor=floor, prior=prior, tolerance=tolerance)


def about(centre: float, *sessions: str, count: int = 4, **other: object) -> Measurement:
    """So many processes in each session, 0.5 % apart, symmetrically about the centre."""
    offsets = [0.005 * (at - (count - 1) / 2) for at in range(count)]
    of = [one for name in sessions for one in processes(name, *(centre * math.exp(x) for x in offsets))]
    return measured(*of, **other)  # type: ignore[arg-type]  # keywords of one helper handed on to another


def stored(value: float, low: float, high: float, **other: object) -> Measurement:
    return measured(stored=(value, low, high), **other)  # type: ignore[arg-type]  # as above


# --- processes -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ratio", "verdict"),
    # half an interval: sd of a process 0.65 % to 1 %, n = 4 each, t of 14 df at 99.5 % is 2.98: about 2 %
    [(1.0, "same"), (1.02, "same"), (1.05, "inconclusive"), (1.09, "slower"), (1 / 1.09, "faster")],
)
def test_the_four_verdicts(ratio: float, verdict: str) -> None:
    found = judged(about(1.0, "s"), about(ratio, "s", commit="c" * 40))
    assert str(found.verdict) == verdict
    assert isinstance(found.ratio, Interval)
    assert found.ratio.centre == pytest.approx(ratio)
    assert found.effect.centre == pytest.approx(found.base * (ratio - 1), abs=1e-12)
    assert found.head == pytest.approx(found.base + found.effect.centre)
    assert found.evidence.ground is Ground.SAME_SESSIONS


def test_what_a_session_does_to_both_cancels() -> None:
    base = measured(*about(1.0, "calm").processes, *about(1.3, "busy").processes)
    head = measured(*about(1.1, "calm").processes, *about(1.43, "busy").processes)
    found = judged(base, head)
    assert found.verdict is Verdict.SLOWER
    assert isinstance(found.ratio, Interval)
    assert found.ratio.centre == pytest.approx(1.1)
    assert (found.evidence.base_processes, found.evidence.sessions) == (8, 2)


def test_sessions_apart_carry_the_noise_floor() -> None:
    together = judged(about(1.0, "s"), about(1.075, "s"), floor=CALM)
    apart = judged(about(1.0, "s"), about(1.075, "t"), floor=CALM)
    assert (together.verdict, apart.verdict) == (Verdict.SLOWER, Verdict.INCONCLUSIVE)
    assert apart.difference.sessions.variance == pytest.approx(2 * 0.005**2)
    assert apart.tolerance == 0.05
    assert apart.evidence.caveats == ()


def test_one_end_after_the_other_is_another_session() -> None:
    head = about(1.075, "s", commit="c" * 40)
    taken = [replace(one, started_at=one.started_at + timedelta(minutes=5)) for one in head.processes]
    found = judged(about(1.0, "s"), replace(head, processes=tuple(taken)), floor=CALM)
    assert (found.verdict, found.evidence.ground) == (Verdict.INCONCLUSIVE, Ground.APART)
    overlapping = replace(head, processes=(*taken[1:], head.processes[0]))
    assert judged(about(1.0, "s"), overlapping, floor=CALM).evidence.ground is Ground.SAME_SESSIONS


@pytest.mark.parametrize(("seconds", "ground"), [(9, Ground.SAME_SESSIONS), (11, Ground.APART)])
def test_single_processes_side_by_side_were_taken_in_turn(seconds: int, ground: Ground) -> None:
    base, head = about(1.0, "s", count=1), about(1.0, "s", count=1, commit="c" * 40)
    later = replace(head.processes[0], started_at=head.processes[0].started_at + timedelta(seconds=seconds))
    assert judged(base, replace(head, processes=(later,))).evidence.ground is ground


def test_nothing_below_ten_per_cent_is_told_of_sessions_that_nobody_knows() -> None:
    found = judged(about(1.0, "s"), about(1.09, "t"))
    assert (found.verdict, found.tolerance) == (Verdict.INCONCLUSIVE, 0.10)
    assert found.evidence.caveats == (Caveat.NOISE_UNKNOWN,)
    assert judged(about(1.0, "s"), about(1.15, "t")).verdict is Verdict.SLOWER
    assert judged(about(1.0, "s"), about(1.15, "t"), tolerance=0.2).tolerance == 0.2


def test_only_shared_sessions_count_where_nobody_knows_how_far_sessions_differ() -> None:
    base = measured(*about(1.0, "s").processes, *about(5.0, "elsewhere").processes)
    found = judged(base, about(1.0, "s"))
    assert (found.verdict, found.evidence.base_processes) == (Verdict.SAME, 4)


def test_one_process_says_little_and_says_so() -> None:
    found = judged(measured(*processes("s", 1.0)), measured(*processes("s", 1.3)))
    assert found.verdict is Verdict.INCONCLUSIVE
    assert found.evidence.caveats == (Caveat.FEW,)
    assert found.further == More(processes=2)


def test_two_disturbed_processes_are_no_alarm_but_a_large_change_is() -> None:
    """12 and 17 % off, as both processes of one commit of identical code once were."""
    base = measured(*processes("s", 1.0, 1.01))
    found = judged(base, measured(*processes("s", 1.12, 1.17)))
    assert (found.verdict, found.further) == (Verdict.INCONCLUSIVE, More(processes=1))
    assert judged(base, measured(*processes("s", 1.5, 1.52))).verdict is Verdict.SLOWER


def test_a_case_that_shows_nothing_is_taken_for_what_its_history_showed() -> None:
    base, head = measured(*processes("s", 1.0)), measured(*processes("s", 1.002))
    unknown = judged(base, head, prior=UNKNOWN)
    known = judged(base, head, prior=UNKNOWN, floor=CALM)
    assert (unknown.verdict, known.verdict) == (Verdict.INCONCLUSIVE, Verdict.SAME)
    assert known.process.variance == pytest.approx(0.01**2)


def test_a_floor_that_holds_processes_too_is_not_counted_twice() -> None:
    floor = NoiseFloor(between_sessions=0.01, between_processes=None, df=10.0, basis=Basis.HISTORY)
    apart = judged(measured(*processes("s", 1.0)), measured(*processes("t", 1.2)), floor=floor)
    assert apart.difference.error == pytest.approx(math.sqrt(2) * 0.01, rel=1e-3)
    together = judged(measured(*processes("s", 1.0)), measured(*processes("s", 1.2)), floor=floor)
    assert together.difference.error == pytest.approx(math.sqrt(2) * 0.01, rel=1e-3)


def test_how_many_more_would_decide() -> None:
    found = judged(about(1.0, "s"), about(1.065, "s"))
    assert found.verdict is Verdict.INCONCLUSIVE
    assert isinstance(found.further, More)
    assert 3 <= found.further.processes <= 30
    assert judged(about(1.0, "s"), about(1.2, "s")).further == Enough()
    assert isinstance(judged(about(1.0, "s"), about(1.05, "s")).further, Undecidable)


def test_higher_is_better_turns_the_verdict_not_the_ratio() -> None:
    found = judged(about(1.0, "s", better=Better.HIGHER), about(0.8, "s", better=Better.HIGHER))
    assert found.verdict is Verdict.SLOWER
    assert isinstance(found.ratio, Interval)
    assert found.ratio.centre == pytest.approx(0.8)
    assert found.worse.centre == pytest.approx(1.25)
    assert found.effect.high < 0


def test_samples_that_are_no_number_do_not_count() -> None:
    base = measured(*processes("s", [1.0, NAN], [1.01, INFINITY], [NAN], 1.0))
    assert judged(base, about(1.0, "s")).evidence.base_processes == 3


SWAPPED = {Verdict.SLOWER: Verdict.FASTER, Verdict.FASTER: Verdict.SLOWER}
rows = st.lists(st.lists(st.floats(0.5, 2), min_size=1, max_size=4), min_size=1, max_size=5)


@settings(deadline=None, derandomize=True, max_examples=60)
@given(rows, rows, st.sampled_from([None, CALM]), st.sampled_from(["s", "t"]), st.floats(1e-6, 1e6))
def test_laws_swapping_the_ends_and_changing_the_unit(
    base: list[list[float]], head: list[list[float]], floor: NoiseFloor | None, session: str, scale: float
) -> None:
    ends = measured(*processes("s", *base)), measured(*processes(session, *head))
    found, back = judged(*ends, floor=floor), judged(*reversed(ends), floor=floor)
    edge = min(abs(math.log(x) - math.log(y)) for x in (1.05, 1.1, 1.26, 1.32) for y in bounds(found))
    if edge > 1e-9:  # on the edge itself rounding decides
        assert back.verdict is SWAPPED.get(found.verdict, found.verdict)
        scaled = [
            measured(*processes(name, *([scale * one for one in row] for row in of)))
            for name, of in (("s", base), (session, head))
        ]
        assert judged(*scaled, floor=floor).verdict is found.verdict
    assert back.worse.centre == pytest.approx(1 / found.worse.centre)


def bounds(found: Judgement) -> list[float]:
    return [max(one, 1 / one) for one in (found.worse.low, found.worse.high) if one > 0]


# --- values without chance -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("base", "head", "unit", "ground", "verdict"),
    [
        ([5.0, 5.0], [5.0, 5.0], "score", Ground.EXACT, "same"),
        ([5.0, 5.0], [5.2, 5.2], "score", Ground.EXACT, "same"),  # 4 % is tolerated
        ([5.0, 5.0], [5.3, 5.3], "score", Ground.EXACT, "slower"),
        ([100.0], [106.0], "calls", Ground.EXACT, "slower"),  # counts are certain alone
        ([100.0], [106.0], "bytes", Ground.SAME_SESSIONS, "inconclusive"),  # sizes are whole by their pages
        ([100.0], [150.0], "bytes", Ground.SAME_SESSIONS, "slower"),
        ([0.90], [0.95], "hit rate", Ground.SAME_SESSIONS, "inconclusive"),
        ([0.0], [0.0], "calls", Ground.EXACT, "same"),
        ([0.0], [3.0], "calls", Ground.EXACT, "slower"),
        ([3.0], [0.0], "calls", Ground.EXACT, "faster"),
        ([-4.0], [-4.0], "score", Ground.EXACT, "same"),
        ([-4.0], [-3.0], "score", Ground.EXACT, "slower"),  # a quarter of its size more
        ([-4.0], [-5.0], "score", Ground.EXACT, "faster"),
        ([0.0, 0.0], [1.5, 1.6], "score", Ground.EXACT, "slower"),  # of nothing, anything is more
        ([0.0, 0.0], [-0.1, 0.1], "score", Ground.SAME_SESSIONS, "inconclusive"),
        ([-1.0, 1.0], [2.0, 2.1], "score", Ground.SAME_SESSIONS, "inconclusive"),  # relative to what?
        ([-4.0, -4.01, -4.02], [-2.0, -2.01, -2.02], "score", Ground.SAME_SESSIONS, "slower"),
        ([4.0, 4.01, 4.02], [0.0, -0.01, 0.02], "score", Ground.SAME_SESSIONS, "faster"),
    ],
)
def test_values_that_are_no_samples(
    base: list[float], head: list[float], unit: str, ground: Ground, verdict: str
) -> None:
    ends = (
        measured(*processes("s", *values, number=None), unit=unit, commit=commit * 40)
        for values, commit in ((base, "b"), (head, "c"))
    )
    found = judged(*ends, prior=VALUES)
    assert (str(found.verdict), found.evidence.ground) == (verdict, ground)
    assert not any(math.isnan(one) for one in (found.worse.centre, found.effect.centre, found.head))


def test_from_nothing_there_is_no_ratio_but_a_verdict() -> None:
    ends = [measured(*processes("s", one, number=None), unit="calls") for one in (0.0, 3.0)]
    found = judged(*ends)
    assert found.ratio == NoRatio(reason="base is nothing, so there is no ratio")
    assert (found.worse.centre, found.effect.centre, found.chances.slower) == (INFINITY, 3.0, 0.0)
    back = judged(*reversed(ends))
    assert back.ratio == Interval(centre=0.0, low=0.0, high=0.0)


@pytest.mark.parametrize(("base", "head", "verdict"), [(0.0, 3.0, "faster"), (3.0, 0.0, "slower")])
def test_nothing_where_more_is_better(base: float, head: float, verdict: str) -> None:
    ends = (
        measured(*processes("s", one, number=None), unit="calls", better=Better.HIGHER)
        for one in (base, head)
    )
    assert str(judged(*ends).verdict) == verdict


# --- identity ------------------------------------------------------------------------------------------


def test_what_was_carried_over_is_the_same_by_identity() -> None:
    base = about(1.0, "s", commit="b" * 40)
    carried = about(1.0, "s", commit="c" * 40, carried_from="b" * 40)
    for one, other in ((base, carried), (carried, base), (carried, carried), (base, base)):
        found = judged(one, other, tolerance=0.0001)
        assert (found.verdict, found.evidence.ground) == (Verdict.SAME, Ground.IDENTITY)
        assert found.ratio == Interval(centre=1.0, low=1.0, high=1.0)


def test_the_same_commit_measured_twice_is_judged() -> None:
    found = judged(about(1.0, "s", commit="b" * 40), about(1.3, "t", commit="b" * 40))
    assert found.verdict is Verdict.SLOWER


# --- stored intervals ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("base", "head", "floor", "verdict", "caveats"),
    [
        # 1.2 / 1.01 .. : beyond 10 %, and what sessions do is not known
        ((1, 0.99, 1.01), (1.3, 1.29, 1.31), None, "slower", {Caveat.NOISE_UNKNOWN}),
        ((1, 0.99, 1.01), (1.08, 1.07, 1.09), None, "inconclusive", {Caveat.NOISE_UNKNOWN}),
        ((1, 0.99, 1.01), (1.02, 1.01, 1.03), None, "same", {Caveat.NOISE_UNKNOWN}),
        # floor 0.5 %, 10 df: t = 3.17, half 3.17 * sqrt(2) * 0.5 % = 2.2 %; with 2 % of the intervals 3 %
        ((1, 0.99, 1.01), (1.07, 1.06, 1.08), CALM, "inconclusive", set()),
        ((1, 0.99, 1.01), (1.10, 1.09, 1.11), CALM, "slower", set()),
        ((1, 0.99, 1.01), (1.01, 1.00, 1.02), CALM, "same", set()),
        # a time without an interval: only a floor tells anything
        ((1, NAN, NAN), (3, NAN, NAN), None, "inconclusive", {Caveat.NOISE_UNKNOWN, Caveat.NO_SPREAD}),
        ((1, NAN, NAN), (3, 2.9, 3.1), None, "inconclusive", {Caveat.NOISE_UNKNOWN, Caveat.NO_SPREAD}),
        ((1, NAN, NAN), (1.1, NAN, NAN), CALM, "slower", set()),
        ((1, -INFINITY, INFINITY), (1.1, -INFINITY, INFINITY), CALM, "slower", set()),  # one sample each
        # an interval down to zero and below is wide, and that is all
        ((1, -0.5, 2.5), (3, 2.9, 3.1), CALM, "inconclusive", set()),
        # samples that were all alike: no width, and no floor to widen it
        ((1, 1, 1), (1, 1, 1), None, "same", {Caveat.NOISE_UNKNOWN}),
        ((1, 1, 1), (1.09, 1.09, 1.09), None, "same", {Caveat.NOISE_UNKNOWN}),
        ((1, 1, 1), (1.2, 1.2, 1.2), None, "slower", {Caveat.NOISE_UNKNOWN}),
        ((1, 1, 1), (1.2, 1.2, 1.2), CALM, "slower", set()),
        ((5e-9, 5e-9, 5e-9), (5e9, 5e9, 5e9), None, "slower", {Caveat.NOISE_UNKNOWN}),
        ((0, 0, 0), (1, 0.9, 1.1), None, "slower", {Caveat.NOTHING_BEFORE}),
        ((1, 0.9, 1.1), (0, 0, 0), None, "faster", set()),
        ((0, 0, 0), (0, 0, 0), None, "same", set()),
    ],
)
def test_what_asvs_files_tell(
    base: tuple[float, float, float],
    head: tuple[float, float, float],
    floor: NoiseFloor | None,
    verdict: str,
    caveats: set[Caveat],
) -> None:
    found = judged(stored(*base), stored(*head), floor=floor)
    assert (str(found.verdict), set(found.evidence.caveats)) == (verdict, caveats)
    assert found.evidence.ground is Ground.STORED
    turned = [stored(*one, better=Better.HIGHER) for one in (head, base)]
    back = judged(*turned, floor=floor)
    if Caveat.NOTHING_BEFORE not in caveats:
        assert back.verdict is found.verdict  # base and head swapped, and the direction as well


def test_what_has_no_width_leaves_no_chance() -> None:
    # the tolerance is 10 %: 20 % is beyond it, and where nothing scatters that is all there is to say
    found = judged(stored(1, 1, 1), stored(1.2, 1.2, 1.2))
    assert (found.chances.slower, found.chances.faster) == (0.0, 1.0)
    assert found.further == Enough()


def test_samples_at_one_end_alone_are_compared_as_stored() -> None:
    found = judged(about(1.0, "s", stored=(1.0, 0.99, 1.01)), stored(1.01, 1.0, 1.02), floor=CALM)
    assert (found.verdict, found.evidence.ground) == (Verdict.SAME, Ground.STORED)


def test_what_was_not_sampled_can_only_be_measured_again() -> None:
    found = judged(stored(1, 0.9, 1.1), stored(1.1, 1.0, 1.2), floor=CALM)
    assert found.further == Undecidable(reason="no samples were kept of both ends: measure them again")


@pytest.mark.parametrize(
    ("base", "head", "unit", "verdict"),
    [
        (100.0, 103.0, "calls", "same"),
        (100.0, 120.0, "calls", "slower"),
        (1e8, 1.01e8, "bytes", "same"),
        (1e8, 1.5e8, "bytes", "slower"),
        (0.93, 0.94, "hit rate", "same"),
    ],
)
def test_single_values_that_asv_kept(base: float, head: float, unit: str, verdict: str) -> None:
    ends = (stored(one, NAN, NAN, unit=unit, commit=name * 40) for one, name in ((base, "b"), (head, "c")))
    assert str(judged(*ends, prior=VALUES).verdict) == verdict
