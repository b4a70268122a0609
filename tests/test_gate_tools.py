"""The scripts behind the gate's figures: simulated gates, and identical code against itself."""

from __future__ import annotations

import math

import numpy as np
import pytest

from groundspeed.records import Verdict
from tests.gating import FIXTURE
from tests.test_timing_tools import run, script


def test_simulated_gates_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    trials = script("gate-trials", monkeypatch)
    right = trials.run(4, 1.2, 0.1, 600.0)
    assert right.planted == right.slower
    assert not right.undecided
    wrong = trials.Figures(
        planted=right.planted,
        slower=frozenset({"another"}),
        undecided=right.planted,
        not_confirmed=2,
        processes=right.processes + 10,
        sessions=3,
        seconds=right.seconds,
    )
    text = trials.report([right, right, wrong], "three")
    counted = {line[:29].strip(): line[29:].strip() for line in text.splitlines()[1:]}
    assert counted["planted slowdown named"] == "2"
    assert counted["another case named"] == "1"
    assert counted["something undecided"].startswith("1  {")
    assert counted["suspicions not confirmed"] == "2"
    assert counted["processes"] == f"{right.processes} in the median, {right.processes + 10} at most"


def test_identical_code_is_held_against_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """Real processes of sessions that took commits in turn: at most 1 in 1,000 at 5 %, 1 in 100 at 2 %."""
    aa = script("aa-comparisons", monkeypatch)
    pool, rest = (aa.read(FIXTURE, interleaved=manner) for manner in (True, False))
    assert pool.processes + rest.processes == 3128
    assert len(pool.sessions) == len(rest.sessions) == 2
    for tolerance, most in ((0.05, 1 / 1000), (0.02, 1 / 100)):
        found = aa.verdicts(aa.commits(pool), tolerance)
        assert found.total() == 2 * math.comb(10, 2) * 30
        assert found[Verdict.SLOWER] + found[Verdict.FASTER] <= most * found.total()


def test_a_group_is_of_other_processes_than_the_one_it_is_held_against(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Twenty processes of either of two cases in groups of four: two comparisons each time."""
    aa = script("aa-comparisons", monkeypatch)
    numbered = {
        case: tuple((at % 3, np.array([100.0 * place + at + 1], dtype=np.float32)) for at in range(20))
        for place, case in enumerate("ab")
    }
    pairs = list(aa.groups(aa.Pool(sessions=(numbered,)), 4, 3, 0))
    assert len(pairs) == 2 * 3
    for base, head in pairs:
        for case in "ab":
            drawn = [float(one[0]) for one in (*base[case], *head[case])]
            assert len(drawn) == len(set(drawn)) == 8


def test_a_file_that_is_not_there_is_told() -> None:
    assert "tools/aa-samples collect nowhere.npz" in run("aa-comparisons", "nowhere.npz", code=2)
