"""Results in which cases grow with their size, for tests of what reads growth. Nothing is measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from groundspeed.records import Case
from groundspeed.results.store import ResultStore
from tests.results_records import MACHINE, PY, T0, benchmark, measured, run, session


def grow(
    root: Path,
    number: int,
    name: str,
    sizes: Sequence[int],
    growths: Mapping[str, Callable[[float], float]],
    *,
    unit: str = "seconds",
    kind: str = "time",
    version: str = "v1",
) -> None:
    """Session ``number``: at each commit what its growth says of each size, three processes 0.3 % apart."""
    store = ResultStore(root / "results", MACHINE)
    params = [[str(size) for size in sizes]]
    store.begin(session(number, [benchmark(name, params, version, kind, unit)], [PY], sorted(growths)))
    for commit, growth in growths.items():
        for size in sizes:
            case = Case(benchmark=name, params=(str(size),))
            for factor in (0.997, 1.0, 1.003) if kind == "time" else (1.0,):
                outcome = measured(growth(size) * factor, number=1 if kind == "time" else None)
                store.add(run(case, outcome, commit, version=version, at=T0))
    store.close()
