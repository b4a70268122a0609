"""The steps in a series: where a new level begins. Pure arrays; the same numbers give the same steps.

Owns the decision what is a step and what is noise; knows no commits and no units. Not a step are single
spikes, bursts of up to ten points that come back, and whatever the scatter of the series itself explains.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from groundspeed.stats.segmentation import segment

Floats = NDArray[np.float64]

SHORTEST = 5  # points of a level: of fewer, a median says nothing
_BURST = 10  # points: what a disturbed host spoils in one go comes back within so many
_CLIP = 3.0  # standard deviations about the running median: beyond is an outlier
_PENALTY = 6.0
_MOST = 12
_MAD_TO_SD = 1.4826  # of a normal distribution: 1 / Phi^-1(3/4)
_CHUNK = 128  # rows of one length at a time: bounds the memory


def detect(values: NDArray[np.float64]) -> list[int]:
    """The first index of each new level in ``values`` (n,), where what is not finite is missing."""
    return detect_many([values])[0]


def detect_many(series: Sequence[NDArray[np.float64]]) -> list[list[int]]:
    """``detect`` of each one, faster than one by one and with the same answers."""
    found: list[list[int]] = [[] for _ in series]
    present = [np.flatnonzero(np.isfinite(one)) for one in series]
    lengths: dict[int, list[int]] = {}
    for number, one in enumerate(present):
        if len(one) >= 2 * SHORTEST:
            lengths.setdefault(len(one), []).append(number)
    for numbers in lengths.values():
        for start in range(0, len(numbers), _CHUNK):
            chunk = numbers[start : start + _CHUNK]
            rows = np.stack(
                [np.asarray(series[number], dtype=np.float64)[present[number]] for number in chunk]
            )
            for number, steps in zip(chunk, _detect_rows(rows), strict=True):
                found[number] = present[number][steps].tolist() if steps else []
    return found


def _detect_rows(rows: Floats) -> list[list[int]]:
    count, n = rows.shape
    clean = _clipped(rows)
    best = segment(clean, shortest=SHORTEST, most=_MOST)
    steps = np.arange(_MOST + 1)
    floor = 1e-12 * best.costs[:, :1]
    with np.errstate(divide="ignore"):
        score = n / 2 * np.log(np.maximum(best.costs, floor)) + _PENALTY * np.log(n) * steps
    score[:, 0] = np.where(best.costs[:, 0] > 0, score[:, 0], -np.inf)
    chosen = score.argmin(axis=1)
    return [
        _without_bursts(clean[row], best.steps(row, int(number))) if number else []
        for row, number in enumerate(chosen)
    ]


def _clipped(rows: Floats) -> Floats:
    """Each row, moved to its median, with what lies far from the running median brought nearer."""
    n = rows.shape[1]
    centred = rows - np.sort(rows, axis=1)[:, n // 2, None]
    middle = _running_median(centred)
    away = np.abs(centred - middle)
    scale = _MAD_TO_SD * np.sort(away, axis=1)[:, n // 2, None]
    scale = np.where(scale > 0, scale, np.cumsum(away, axis=1)[:, -1:] / n)
    clipped = np.clip(centred, middle - _CLIP * scale, middle + _CLIP * scale)
    unit = np.abs(clipped).max(axis=1, keepdims=True)
    return clipped / np.where(unit > 0, unit, 1.0)


def _running_median(rows: Floats) -> Floats:
    """Over 2 * _BURST + 1 points; near an end, of the outermost so many."""
    n = rows.shape[1]
    width = min(2 * _BURST + 1, n - 1 + n % 2)
    middle = np.sort(sliding_window_view(rows, width, axis=1), axis=2)[:, :, width // 2]
    before = width // 2
    after = n - before - middle.shape[1]
    return np.concatenate(
        [np.repeat(middle[:, :1], before, axis=1), middle, np.repeat(middle[:, -1:], after, axis=1)], axis=1
    )


def _without_bursts(row: Floats, steps: list[int]) -> list[int]:
    """Take out, shortest first, levels of up to ten points or so that end where they began."""
    steps = list(steps)
    while len(steps) > 1:
        ends = [0, *steps, len(row)]
        level = [float(np.median(row[a:b])) for a, b in zip(ends, ends[1:], strict=False)]
        bursts = [
            (ends[i + 1] - ends[i], i)
            for i in range(1, len(steps))
            if ends[i + 1] - ends[i] <= _BURST + 2
            and min(abs(level[i] - level[i - 1]), abs(level[i] - level[i + 1]))
            >= 2 * abs(level[i + 1] - level[i - 1])
        ]
        if not bursts:
            break
        i = min(bursts)[1]
        del steps[i - 1 : i + 1]
    return steps
