"""What code costs a fresh interpreter."""

from __future__ import annotations

import subprocess

import pytest

from asv_bench_groundspeed.workloads.starts import beyond_start_s


def test_work_costs_more_than_none() -> None:
    assert beyond_start_s("sum(range(30_000_000))", rounds=1) > 0


def test_what_cannot_be_told_apart_is_nothing_not_less() -> None:
    assert beyond_start_s("pass", rounds=1) >= 0


def test_code_that_fails_is_no_duration() -> None:
    with pytest.raises(subprocess.CalledProcessError):
        beyond_start_s("raise SystemExit(3)", rounds=1)
