"""The control benchmark on this host, its work, and whether it moved."""

from __future__ import annotations

import math
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundspeed.machine import control, control_work
from groundspeed.machine.control import ControlError, run_control
from groundspeed.records import Control
from groundspeed.stats.control import DEFAULT_NOISE_FLOOR, Move, moved, usual_noise_floor

T0 = datetime(2026, 1, 2, tzinfo=UTC)


def of(*samples: float) -> Control:
    return Control(started_at=T0, samples=samples)


def test_the_control_of_this_host() -> None:
    pinned = run_control(cpus=(max(os.sched_getaffinity(0)),), clock=lambda: T0)
    assert pinned.started_at == T0
    assert len(pinned.samples) == control.PROCESSES * control.SAMPLES == 30
    assert all(sample > 0 for sample in pinned.samples)


def test_a_processor_that_is_not_there() -> None:
    with pytest.raises(ControlError, match=r"on processor 99999: .*Invalid argument"):
        run_control(cpus=(99_999,))


def test_an_interpreter_that_is_not_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "gone"))
    with pytest.raises(ControlError, match="No such file"):
        run_control()


def test_the_work_does_not_depend_on_the_tool() -> None:
    text = Path(control_work.__file__).read_text(encoding="utf-8")
    assert "groundspeed" not in text


def jumped(multiplier: int, increment: int, modulus: int, steps: int) -> int:
    """``steps`` of x -> ax + c mod m from 0 in one: c (a^n - 1) / (a - 1), the series of powers of a."""
    power = pow(multiplier, steps, modulus * (multiplier - 1))
    return increment * ((power - 1) // (multiplier - 1)) % modulus


def test_the_work_is_what_its_formulas_say() -> None:
    walk, text = control_work.make_walk(), control_work.make_text()
    counts = dict.fromkeys(text.split(" "), 0)
    assert control_work.arithmetic(0) == jumped(1_664_525, 1_013_904_223, 2**32, 54_000)
    assert control_work.words(text, counts) == text
    assert set(counts.values()) == {control_work.WORDS}
    assert len(counts) == 4096
    assert control_work.stroll(walk, 0) == jumped(1_103_515_245, 12_345, 2**19, 90_000)


def test_the_walk_is_one_cycle_through_4_mib() -> None:
    walk = control_work.make_walk()
    assert len(walk) * walk.itemsize == 4 * 2**20
    place, visited = 0, bytearray(len(walk))
    for _ in walk:
        place = walk[place]
        visited[place] += 1
    assert set(visited) == {1}


@pytest.mark.parametrize(
    ("before", "after", "floor", "expected"),
    [
        # medians 2 and 2: nothing moved
        ([of(1, 2, 3)], [of(2, 2, 9)], 0.01, Move(ratio=1, noise_floor=0.01, beyond=False)),
        # 103 to 100 is beyond 2 %, not beyond 5 %
        ([of(100)], [of(103)], 0.02, Move(ratio=1.03, noise_floor=0.02, beyond=True)),
        ([of(100)], [of(103)], None, Move(ratio=1.03, noise_floor=0.05, beyond=False)),
        # faster counts as well; two controls on a side are pooled: median of 1 1 4 4 is 2.5
        ([of(1, 1), of(4, 4)], [of(2)], 0.1, Move(ratio=0.8, noise_floor=0.1, beyond=True)),
        # exactly at the floor is not beyond it
        ([of(2)], [of(2.5)], 0.25, Move(ratio=1.25, noise_floor=0.25, beyond=False)),
    ],
)
def test_moves(before: list[Control], after: list[Control], floor: float | None, expected: Move) -> None:
    assert moved(before, after, floor) == expected


@given(st.floats(0.5, 2), st.floats(0.5, 2), st.floats(0.001, 0.5))
def test_swapping_the_ends_turns_the_move_around(one: float, other: float, floor: float) -> None:
    there, back = moved([of(one)], [of(other)], floor), moved([of(other)], [of(one)], floor)
    assert there.ratio == pytest.approx(1 / back.ratio)
    if abs(max(there.ratio, back.ratio) - 1 - floor) > 1e-9:
        assert there.beyond == back.beyond


@pytest.mark.parametrize(("before", "after", "end"), [([], [of(1)], "before"), ([of(1)], [of()], "after")])
def test_an_end_without_samples(before: list[Control], after: list[Control], end: str) -> None:
    with pytest.raises(ValueError, match=f"no sample of the control benchmark {end}"):
        moved(before, after, DEFAULT_NOISE_FLOOR)


def sessions(*moves: float) -> list[tuple[Control, ...]]:
    """A session per move, its control one second before and that much more after."""
    return [(of(1.0), of(math.exp(move))) for move in moves]


def test_the_usual_noise_floor_is_that_of_earlier_sessions() -> None:
    # sizes 1 % in the median: 0.01 / 0.6745 = 1.483 % a deviation; t(0.37 * 20 = 7.4, 0.995) = 3.437
    found = usual_noise_floor(sessions(*[0.01, -0.01] * 10))
    assert found == pytest.approx(math.expm1(3.437 * 0.014826), rel=1e-3)


def test_a_few_sessions_in_which_the_host_changed_do_not_raise_it() -> None:
    calm = [0.01, -0.01] * 10
    assert usual_noise_floor(sessions(*calm, 0.5, -0.5)) == pytest.approx(
        usual_noise_floor(sessions(*calm)), rel=0.05
    )


@pytest.mark.parametrize(
    ("earlier", "expected"),
    [
        ([], None),
        (sessions(*[0.01] * 7), None),  # one too few
        ([*sessions(*[0.01] * 7), (of(1.0),)], None),  # a session that ended before its second control
        (sessions(*[0.0] * 8), 0.01),  # never less than sampling is content with
    ],
)
def test_too_few_sessions_and_too_calm_ones(
    earlier: list[tuple[Control, ...]], expected: float | None
) -> None:
    assert usual_noise_floor(earlier) == expected
