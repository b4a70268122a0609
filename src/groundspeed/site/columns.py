"""Series as short columns of whole numbers. Owns the wire form of one benchmark's history.

A shard is strict JSON (format version 1). For each series it holds positions (differences, one list
shared by all series that were measured at the same commits) and the columns ``v``, ``lo``, ``hi``:
``v`` times 10^``e`` is the value, ``lo`` and ``hi`` are distances from it in the same steps, null is
"no value". ``fail`` lists [row, text] of the rows that failed; a null row without a mark was skipped.
``carried``, only where something was carried over, names a list of [places since the carried-over
commit before, places since the commit it was measured at], shared like the positions. It was
added to version 1 later: a reader who passes it over shows what was measured, and nothing wrong.

Five significant digits of the smallest value survive (whole numbers survive whole): this is what a
picture and a tooltip show, the truth stays in the results. Refuses to write NaN or Infinity.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from groundspeed import units
from groundspeed.records import Benchmark, SeriesKey
from groundspeed.results.archive import Series
from groundspeed.site.axes import Axes
from groundspeed.site.carried import carried_steps
from groundspeed.site.order import Timeline
from groundspeed.site.wire import encode

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_T = TypeVar("_T")

DIGITS = 5
_EXACT = 2.0**53  # the largest whole number that JSON's readers keep exact
_TEXT_LIMIT = 4000  # characters of a failure's text; its end says what happened


@dataclass(frozen=True, kw_only=True, slots=True)
class Quantised:
    """A column as whole numbers: value = number * 10 ** exponent. None is "no value"."""

    exponent: int
    values: list[int | None]
    low: list[int | None] | None
    high: list[int | None] | None


@dataclass(frozen=True, kw_only=True, slots=True)
class _Shared:
    """What several series of a shard point at: each distinct thing once, and its place in the list."""

    commits: dict[tuple[int, ...], int] = field(default_factory=dict)
    carried: dict[tuple[tuple[int, int], ...], int] = field(default_factory=dict)
    texts: dict[str, int] = field(default_factory=dict)

    @staticmethod
    def place(known: dict[_T, int], thing: _T) -> int:
        return known.setdefault(thing, len(known))


def shard(
    name: str, series: Sequence[Series], axes: Axes, benchmark: Benchmark | None, timeline: Timeline
) -> bytes:
    """Everything known of one benchmark: all machines, environments, parameters, metrics, versions."""
    ordered = sorted(series, key=lambda one: _sort_key(one.key, axes))
    machines = _table(one.key.machine for one in ordered)
    environments = _table(one.key.environment for one in ordered)
    metrics = sorted({metric_of(one) for one in ordered})
    shared = _Shared()
    rows = [
        {
            "machine": machines[one.key.machine],
            "environment": environments[one.key.environment],
            "metric": metrics.index(metric_of(one)),
            "version": one.key.version,
            "params": axes.positions(one.key),
            **_columns(one, timeline.places, shared),
            **_carried(one, timeline, shared),
        }
        for one in ordered
    ]
    return encode(
        {
            "format": "groundspeed-benchmark",
            "version": 1,
            "name": name,
            "code": str(benchmark.definition.get("code") or "") if benchmark else "",
            "current": benchmark.version if benchmark else None,
            "machines": list(machines),
            "environments": list(environments),
            "metrics": [{"name": one[0], "unit": one[1], "better": one[2]} for one in metrics],
            "param_names": axes.names,
            "params": axes.values,
            "commits": list(shared.commits),
            "texts": list(shared.texts),
            "series": rows,
            **({"carried": list(shared.carried)} if shared.carried else {}),
        }
    )


def metric_of(series: Series) -> tuple[str, str, str]:
    """Name, canonical unit, better direction: series that differ here cannot share an axis."""
    return (series.key.metric, units.canonical(series.unit), str(series.better))


def quantise(values: NDArray[np.float64], low: NDArray[np.float64], high: NDArray[np.float64]) -> Quantised:
    """Round to whole steps of a power of ten, see the module. Shapes (n,); what is not finite is None."""
    import numpy as np

    finite = np.isfinite(values)
    exponent = _exponent(values[finite])
    steps = np.rint(_scaled(np.where(finite, values, 0.0), exponent))
    bounded = finite & np.isfinite(low) & np.isfinite(high)
    if not bounded.any():
        return Quantised(exponent=exponent, values=_listed(steps, finite), low=None, high=None)
    below, above = (
        np.rint(_scaled(np.subtract(more, less, out=np.zeros_like(values), where=bounded), exponent))
        for more, less in ((values, low), (high, values))
    )
    return Quantised(
        exponent=exponent,
        values=_listed(steps, finite),
        low=_listed(below, bounded),
        high=_listed(above, bounded),
    )


def _exponent(finite: NDArray[np.float64]) -> int:
    import numpy as np

    sizes = np.abs(finite[finite != 0])
    if not sizes.size:
        return 0
    largest = float(sizes.max())
    if largest < _EXACT and bool((sizes == np.rint(sizes)).all()):
        return 0
    wanted = math.floor(math.log10(float(sizes.min()))) - (DIGITS - 1)
    return max(wanted, math.ceil(math.log10(largest)) - 15)  # 10^15 steps stay below 2^53


def _scaled(values: NDArray[np.float64], exponent: int) -> NDArray[np.float64]:
    import numpy as np

    # 10^-e may overflow for values near the smallest double: two factors never do
    half = exponent // 2
    scaled = values * 10.0**-half * 10.0 ** -(exponent - half)
    return np.clip(scaled, -_EXACT, _EXACT)


def _listed(steps: NDArray[np.float64], present: NDArray[np.bool_]) -> list[int | None]:
    import numpy as np

    numbers: list[int | None] = steps.astype(np.int64).tolist()
    for row in np.flatnonzero(~present).tolist():
        numbers[row] = None
    return numbers


def _columns(series: Series, places: NDArray[np.int32], shared: _Shared) -> dict[str, Any]:
    import numpy as np

    positions = places[series.commits]
    order = np.argsort(positions, kind="stable")
    values = series.values[order]
    quantised = quantise(values, series.low[order], series.high[order])
    rank = np.empty(order.size, dtype=np.int64)
    rank[order] = np.arange(order.size)
    reasons = {int(rank[row]): text for row, text in series.failures.items()}
    for row in np.flatnonzero(np.isinf(values)).tolist():
        reasons.setdefault(row, "the benchmark gave an infinite value")
    steps = np.diff(positions[order], prepend=0)
    columns: dict[str, Any] = {
        "commits": shared.place(shared.commits, tuple(steps.tolist())),
        "e": quantised.exponent,
        "v": quantised.values,
        "fail": [[row, shared.place(shared.texts, reasons[row][-_TEXT_LIMIT:])] for row in sorted(reasons)],
    }
    if quantised.low is not None:
        columns |= {"lo": quantised.low, "hi": quantised.high}
    return columns


def _carried(series: Series, timeline: Timeline, shared: _Shared) -> dict[str, int]:
    steps = carried_steps(series, timeline)
    return {"carried": shared.place(shared.carried, steps)} if steps else {}


def _sort_key(key: SeriesKey, axes: Axes) -> tuple[str, str, list[int], str, str]:
    """Whatever order they were read in: parameters in the order of their axes, an absent one first."""
    params = [-1 if place is None else place for place in axes.positions(key)]
    return (key.machine, key.environment, params, key.metric, key.version or "")


def _table(names: Iterable[str]) -> dict[str, int]:
    return {name: place for place, name in enumerate(sorted(set(names)))}
