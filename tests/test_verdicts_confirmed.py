"""Steps that were confirmed and soon mended: the values hide them, a decision shows them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from groundspeed.results.archive import Archive
from groundspeed.results.index.memory import Memory
from groundspeed.stats.changepoints import detect, level_from
from groundspeed.verdicts.confirmed import hidden_starts
from groundspeed.verdicts.groups import State
from groundspeed.verdicts.steps import Stepped, find_steps, method
from groundspeed.verdicts.triage import Decision, Ruling
from tests.site_archives import commit_hash, measured, series
from tests.stepping import decision, judged

NAN = float("nan")
PULSE = [1.0] * 10 + [1.6] * 6 + [1.0] * 6  # ten commits, six slow ones, six mended ones
NOISY = [value * (1 + 0.01 * ((7 * place) % 5 - 2)) for place, value in enumerate(PULSE)]


def steps_of(tmp_path: Path, values: list[float], *decisions: Decision) -> Stepped:
    archive = Archive(
        commits=measured(len(values)),
        series=(series("m.time_a", values),),
        benchmarks={},
        machines={},
        files=len(values),
        warnings=(),
    )
    order = [commit_hash(place) for place in range(len(values))]
    return find_steps(archive, order, Memory(tmp_path, method()), decisions)


@pytest.mark.parametrize("values", [PULSE, NOISY])
def test_the_values_alone_show_none(values: list[float]) -> None:
    assert detect(np.array(values)) == []


@pytest.mark.parametrize("values", [PULSE, NOISY])
def test_a_confirmed_one_is_seen_and_that_it_recovered(tmp_path: Path, values: list[float]) -> None:
    confirmed = decision(Ruling.CONFIRMED, "m.time_a", base=9, head=10)
    stepped = steps_of(tmp_path, values, confirmed)
    assert stepped.rows.head.tolist() == [10, 16]
    (group,) = judged(stepped, confirmed).groups
    assert group.state is State.RECOVERED
    assert group.id == confirmed.id
    assert group.affected[0].recovered is not None
    assert group.affected[0].recovered.head == commit_hash(16)


def test_one_that_stays_is_open(tmp_path: Path) -> None:
    confirmed = decision(Ruling.CONFIRMED, "m.time_a", base=17, head=18)
    stepped = steps_of(tmp_path, [1.0] * 18 + [1.6] * 3, confirmed)  # three points are no level of their own
    (group,) = judged(stepped, confirmed).groups
    assert group.state is State.CONFIRMED
    assert (group.range.base, group.range.head) == (commit_hash(17), commit_hash(18))


@pytest.mark.parametrize(
    "decided",
    [
        decision(Ruling.ACKNOWLEDGED, "m.time_a", base=9, head=10),
        decision(Ruling.NOT_CONFIRMED, "m.time_a", base=9, head=10),
        decision(Ruling.CONFIRMED, "m.time_b", base=9, head=10),
        decision(Ruling.CONFIRMED, "m.time_a", base=38, head=39),  # of commits that are not here
    ],
)
def test_nothing_else_makes_a_step(tmp_path: Path, decided: Decision) -> None:
    assert steps_of(tmp_path, PULSE, decided).rows.p.size == 0


def test_what_is_found_is_left_as_it_is(tmp_path: Path) -> None:
    values = [1.0] * 15 + [1.6] * 15
    confirmed = decision(Ruling.CONFIRMED, "m.time_a", base=12, head=16)
    assert steps_of(tmp_path, values, confirmed).rows.head.tolist() == [15]


@pytest.mark.parametrize(
    ("values", "starts", "span", "expected"),
    [
        # two levels part best at 11 of (8, 12]; it ends where the old level is back
        ([1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1], [], (8, 12), [11, 14]),
        # missing values are no places
        ([1, 1, 1, NAN, 2, 2, NAN, 1, 1], [], (2, 4), [4, 7]),
        # up to the next level that is known already
        ([1, 1, 1, 1, 2, 2, 1, 1, 5, 5, 5, 5], [8], (3, 4), [4, 6, 8]),
        # what comes after is nearer to the new level: it stays
        ([1, 1, 1, 1, 2, 2, 2.2, 2.2], [], (3, 4), [4]),
        # nothing was measured within the range
        ([1, 1, NAN, NAN, 2, 2], [], (1, 3), []),
        # the largest move is a spike of the old level: the two levels part behind it
        ([1, 1, 1, 1, 1, 1, 1, 1, 9, 1, 1, 2, 2, 2, 2], [], (7, 14), [11]),
        # nothing was measured before the range
        ([2, 2, 1, 1], [], (-1, 1), []),
        # within the range of one that is known
        ([1, 1, 1, 2, 2, 2], [3], (1, 4), [3]),
    ],
)
def test_where_hidden_levels_begin(
    values: list[float], starts: list[int], span: tuple[int, int], expected: list[int]
) -> None:
    row = np.array(values, np.float64)
    assert hidden_starts(row, np.arange(row.size), starts, [span]) == expected


def test_a_level_of_the_last_point_only_begins() -> None:
    assert level_from(np.array([1.0, 1.0, 2.0]), 2, 3) == [2]
