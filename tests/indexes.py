"""Whether two readings of a results folder say the same, to the last bit."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from groundspeed.results.archive import Archive, read_archive
from groundspeed.results.index import Index, Processes, open_index
from groundspeed.results.index.columnar import ColumnarIndex
from groundspeed.results.index.direct import DirectIndex


def assert_same(one: Archive, other: Archive) -> None:
    for name in ("commits", "benchmarks", "machines", "files", "warnings"):
        assert getattr(one, name) == getattr(other, name), name
    assert [series.key for series in one.series] == [series.key for series in other.series]
    for a, b in zip(one.series, other.series, strict=True):
        for name in ("unit", "better", "failures", "skipped", "carried"):
            assert getattr(a, name) == getattr(b, name), (a.key, name)
        for name in ("commits", "values", "low", "high"):
            left, right = getattr(a, name), getattr(b, name)
            assert left.dtype == right.dtype
            assert np.array_equal(left, right, equal_nan=name != "commits"), (a.key, name)


def assert_same_processes(one: Processes, other: Processes) -> None:
    assert (one.keys, one.commits, one.sessions) == (other.keys, other.commits, other.sessions)
    for name in ("series", "commit", "session", "started_at_s", "counts", "quick"):
        assert np.array_equal(getattr(one, name), getattr(other, name)), name
    assert np.array_equal(one.medians, other.medians, equal_nan=True)


def opened(results: Path, folder: Path) -> Index:
    """The index, after everything that it answers was held to the reading without one."""
    index = open_index(results, folder)
    assert isinstance(index, ColumnarIndex), index.warnings
    direct = DirectIndex(results, folder)
    assert_same(read_archive(results), index.archive())
    assert index.machines() == direct.machines()
    for machine in index.machines():
        assert_same_processes(index.processes(machine), direct.processes(machine))
        assert index.identities(machine) == direct.identities(machine)
        for commit in {one.hash for one in index.archive().commits[-20:]} | {"0" * 40}:
            # repr: a stored interval may be NaN, which equals nothing
            assert repr(index.measurements(machine, commit)) == repr(direct.measurements(machine, commit))
    return index
