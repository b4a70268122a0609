"""How each benchmark stood at each commit against its own usual level: what the heat map draws.

``groundspeed-heat``, version 1. For each machine columns over its rows, in the index's order: ``benchmark``
(a place in the index), ``metric`` (in the table of the same file), ``cases``, ``reference``; ``places`` are
the commits that it measured; ``bytes`` names a file of one byte for each row and commit, row by row. 0: no
value; else 128 + (127 / asinh(LIMIT / BEND)) asinh(x / BEND), x being the logarithm of the ratio to the
reference: fine near one (0.4 %), coarse far from it, a hundredfold at the ends.

A row is a benchmark's metric over all its lines of the machine, and x(t) is the time-product-dummy index: the
least-squares fit of log v(l, t) = a(l) + x(t) (Summers, "International price comparisons based upon
incomplete data", Review of Income and Wealth 19, 1973; for time, de Haan and Krsinich, Journal of Business
& Economic Statistics 32, 2014). So a case that comes or goes moves nothing, as with chained links; but
links chained over changing sets drift (Ivancic, Diewert and Fox, Journal of Econometrics 161, 2011).
Lines that no common commit joins, such as those of an environment that took over, each keep to their own
mean. The reference is the row's median over the commits.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from groundspeed.site.folder import SiteFolder
from groundspeed.site.subject import Metric, Subject
from groundspeed.site.values import ValueTable, value_table
from groundspeed.site.wire import encode
from groundspeed.verdicts.steps import Scale

BEND = 0.1
"""Of the scale: a logarithm below it is coded evenly, one above it by its size."""
LIMIT = math.log(100)
"""The largest that a byte tells; a benchmark that became a hundred times slower is seen as that."""
MIDDLE = 128

_JOINED = (
    1e-9  # of the largest eigenvalue: below it lines are not joined by a common commit; rounding leaves 1e-13
)

Key = tuple[str, Metric]


def put_heat(folder: SiteFolder, subject: Subject) -> str | None:
    """Put a table for each machine; nothing where no line has a ratio."""
    rows = _rows(subject)
    if not rows:
        return None
    benchmarks = {name: place for place, name in enumerate(subject.axes)}
    metrics = {one: place for place, one in enumerate(sorted({key[1] for of in rows.values() for key in of}))}
    machines = []
    for machine, found in sorted(rows.items()):
        table = value_table(subject, [place for series in found.values() for place in series])
        logs, references = indices(table, [len(series) for series in found.values()])
        machines.append(
            {
                "name": machine,
                "places": table.places.tolist(),
                "benchmark": [benchmarks[name] for name, _ in found],
                "metric": [metrics[metric] for _, metric in found],
                "cases": [_cases(subject, series) for series in found.values()],
                "reference": [float(f"{one:.5g}") for one in np.exp(references).tolist()],
                "bytes": folder.put_named("heat", codes(logs).tobytes(), suffix=".bin"),
            }
        )
    return folder.put_named(
        "heat",
        encode(
            {
                "format": "groundspeed-heat",
                "version": 1,
                "bend": BEND,
                "limit": round(LIMIT, 6),
                "metrics": [{"name": one.name, "unit": one.unit, "better": one.better} for one in metrics],
                "machines": machines,
            }
        ),
    )


def indices(table: ValueTable, sizes: Sequence[int]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """For each run of ``sizes`` rows its logarithm at each commit, about its reference, and that reference's.

    The reference is the logarithm of a geometric mean: that of the lines measured at the row's last commit,
    were the row at its median there.
    """
    width = table.values.shape[1]
    logs, references = np.full((len(sizes), width), np.nan), np.zeros(len(sizes))
    start = 0
    for row, size in enumerate(sizes):
        block = table.values[start : start + size].astype(np.float64)
        levels, logs[row] = index_of(block)
        last = np.flatnonzero(~np.isnan(logs[row]))[-1]
        middle = float(np.nanmedian(logs[row]))
        logs[row] -= middle
        references[row] = levels[~np.isnan(block[:, last])].mean() + middle
        start += size
    return logs, references


def index_of(logs: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Levels ``a`` (k,) of rows ``logs`` (k, c) and an index ``x`` (c,): least squares of ``logs = a + x``.

    NaN: no value; each row has at least one. Of the solutions, the one nearest to the rows' own means.
    """
    there = ~np.isnan(logs)
    filled = np.where(there, logs, 0.0)
    own = filled.sum(axis=1) / there.sum(axis=1)
    counts = there.sum(axis=0)
    index = np.where(there, filled - own[:, np.newaxis], 0.0).sum(axis=0)
    index = np.divide(index, counts, out=np.full(counts.shape, np.nan), where=counts > 0)
    patterns, pattern, sizes = _patterns(there)
    moved = np.zeros(len(patterns))
    if len(patterns) > 1:
        moved = _moved(patterns, sizes, np.where(counts > 0, index, 0.0))
        index -= np.divide((moved * sizes) @ patterns, counts, out=np.zeros(counts.shape), where=counts > 0)
    return own + moved[pattern], index


def _moved(
    patterns: NDArray[np.bool_], sizes: NDArray[np.int64], index: NDArray[np.float64]
) -> NDArray[np.float64]:
    """How far the levels of rows with values at ``patterns`` lie from the rows' own means.

    The normal equations without the index, which is a mean over rows: (diag(n T) - N C^-1 N') d = -N x,
    with N the patterns times the number n of rows that share each, T their lengths, C the rows at each
    commit, x the index about the rows' own means. Rows that have the same commits are moved alike, so there
    is one unknown for each pattern.
    """
    many = patterns * np.sqrt(sizes)[:, np.newaxis]
    at = (sizes @ patterns).astype(np.float64)
    shares = np.divide(many, at, out=np.zeros_like(many), where=at > 0)
    joined = np.diag(patterns.sum(axis=1)) - shares @ many.T
    solved = np.linalg.lstsq(joined, -(many @ index), rcond=_JOINED)[0]
    return np.asarray(solved / np.sqrt(sizes))


def _patterns(there: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], NDArray[np.int64], NDArray[np.int64]]:
    """The distinct rows of ``there``, which of them each row is, and how many rows each is."""
    if (there == there[0]).all():
        return there[:1], np.zeros(len(there), np.int64), np.array([len(there)])
    bits = np.packbits(there, axis=1)
    _, first, pattern, sizes = np.unique(
        bits.view(f"V{bits.shape[1]}").ravel(), return_index=True, return_inverse=True, return_counts=True
    )
    return there[first], pattern, sizes


def codes(logs: NDArray[np.float64]) -> NDArray[np.uint8]:
    """The bytes of logarithms of ratios; 0 for NaN."""
    bent = np.arcsinh(np.clip(logs, -LIMIT, LIMIT) / BEND) * (127 / math.asinh(LIMIT / BEND))
    return np.where(np.isnan(logs), 0, np.rint(MIDDLE + bent)).astype(np.uint8)


def _rows(subject: Subject) -> Mapping[str, Mapping[Key, list[int]]]:
    """By machine and row the series that have a ratio, all versions."""
    found: dict[str, dict[Key, list[int]]] = defaultdict(lambda: defaultdict(list))
    for line in subject.lines:
        for place in line.series:
            if subject.stepped.scales[place] is Scale.RATIO and _valued(subject, place):
                found[line.machine][line.benchmark, line.metric].append(place)
    return found


def _valued(subject: Subject, place: int) -> bool:
    return bool(np.isfinite(subject.archive.series[place].values).any())


def _cases(subject: Subject, series: Sequence[int]) -> int:
    return len({subject.archive.series[place].key.case for place in series})
