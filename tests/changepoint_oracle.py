"""The steps of a series, formula by formula, in plain loops: slow, and meant to be read beside the fast one.

It shares no line and no library with it. ``exhaustive`` looks at every place instead of the candidates.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from itertools import pairwise

BURST, CLIP, MOST, PENALTY, SEPARATION, CANDIDATES = 10, 3.0, 12, 4.0, 0.8, 48


def detect(values: Sequence[float], *, exhaustive: bool = False) -> list[int]:
    there = [i for i, value in enumerate(values) if math.isfinite(value)]
    row = [float(values[i]) for i in there]
    n = len(row)
    if n < 10:
        return []
    clipped = clip(row)
    places = [*range(1, n)] if exhaustive else candidates(clipped)
    found = segmentations(clipped, places, min(8, max(5, n // 10)))
    steps = choose(found, n, PENALTY)
    if not steps:
        return []
    penalty = PENALTY * wandering(clipped, steps)
    steps = without_bursts(row, clipped, choose(found, n, penalty), penalty)
    while steps:
        shares = [separation(*beside(row, steps, i)) for i in range(len(steps))]
        if min(shares) >= SEPARATION:
            break
        steps = [step for i, step in enumerate(steps) if i != shares.index(min(shares))]
    return [there[step] for step in steps]


def clip(row: Sequence[float]) -> list[float]:
    n = len(row)
    width = min(2 * BURST + 1, n if n % 2 else n - 1)
    middle = []
    for i in range(n):
        first = min(max(i - width // 2, 0), n - width)
        middle.append(sorted(row[first : first + width])[width // 2])
    away = [abs(value - about) for value, about in zip(row, middle, strict=True)]
    deviation = 1.4826 * sorted(away)[n // 2]
    if deviation == 0:
        deviation = math.fsum(away) / n
    return [
        min(max(value, about - CLIP * deviation), about + CLIP * deviation)
        for value, about in zip(row, middle, strict=True)
    ]


def candidates(row: Sequence[float]) -> list[int]:
    """The best split of each seeded interval, those of the highest contrast; then the best of the whole."""
    n = len(row)
    strength = dict.fromkeys(range(1, n), 0.0)
    parts = 1
    while parts == 1 or n / parts >= 12:
        size = math.ceil(n / parts)
        for k in range(2 * parts - 1):
            start = (n - size) * k // max(2 * parts - 2, 1)
            for first in {start, n - size - start}:
                contrasts = [contrast(row[first : first + size], j) for j in range(1, size)]
                best = contrasts.index(max(contrasts))
                place = first + 1 + best
                strength[place] = max(strength[place], contrasts[best])
        parts *= 2
    order = sorted(strength, key=lambda place: (-strength[place], -contrast(row, place)))
    return sorted(order[:CANDIDATES])


def contrast(row: Sequence[float], j: int) -> float:
    size = len(row)
    difference = math.fsum(row[j:]) / (size - j) - math.fsum(row[:j]) / j
    return abs(difference) * math.sqrt(j * (size - j) / size)


def squares(row: Sequence[float]) -> float:
    mean = math.fsum(row) / len(row)
    return math.fsum((value - mean) ** 2 for value in row)


def segmentations(row: Sequence[float], places: list[int], shortest: int) -> list[tuple[float, list[int]]]:
    """With 0, 1, ... steps: the least sum of squares and the steps that have it."""
    ends = [*places, len(row)]
    best = {end: (squares(row[:end]), list[int]()) for end in ends if end >= shortest}
    found = [best[len(row)]]
    cost = {(a, b): squares(row[a:b]) for a in places for b in ends if b - a >= shortest}
    for _ in range(MOST):
        longer: dict[int, tuple[float, list[int]]] = {}
        for end in ends:
            ways = [(best[a][0] + cost[a, end], a) for a in places if a in best and (a, end) in cost]
            if ways:
                least, a = min(ways)
                longer[end] = (least, [*best[a][1], a])
        best = longer
        if len(row) not in best:
            break
        found.append(best[len(row)])
    return found


def choose(found: Sequence[tuple[float, list[int]]], n: int, penalty: float) -> list[int]:
    if found[0][0] == 0:
        return []
    least = 1e-12 * found[0][0]
    criteria = [n / 2 * math.log(max(sse, least)) + penalty * len(at) * math.log(n) for sse, at in found]
    return found[criteria.index(min(criteria))][1]


def wandering(row: Sequence[float], steps: Sequence[int]) -> float:
    rest: list[float] = []
    for a, b in pairwise([0, *steps, len(row)]):
        mean = math.fsum(row[a:b]) / (b - a)
        rest += [value - mean for value in row[a:b]]
    lagged = math.fsum(one * other for one, other in zip(rest[1:], rest, strict=False))
    total = math.fsum(value * value for value in rest)
    r = min(max(lagged / total, 0.0), 0.5) if total else 0.0
    return (1 + r) / (1 - r)


def beside(row: Sequence[float], steps: list[int], i: int) -> tuple[Sequence[float], Sequence[float]]:
    ends = [0, *steps, len(row)]
    return row[ends[i] : ends[i + 1]], row[ends[i + 1] : ends[i + 2]]


def separation(before: Sequence[float], after: Sequence[float]) -> float:
    above = sum(1.0 if a > b else 0.5 if a == b else 0.0 for b in before for a in after)
    share = above / (len(before) * len(after))
    return max(share, 1 - share)


def without_bursts(
    row: Sequence[float], clipped: Sequence[float], steps: list[int], penalty: float
) -> list[int]:
    ends = [0, *steps, len(row)]
    levels = [statistics.median(row[a:b]) for a, b in pairwise(ends)]
    shortest = None
    for i in range(1, len(levels) - 1):
        there, back = abs(levels[i] - levels[i - 1]), abs(levels[i] - levels[i + 1])
        length = ends[i + 1] - ends[i]
        if length <= BURST + 2 and min(there, back) >= 2 * abs(levels[i + 1] - levels[i - 1]):
            shortest = min(shortest or (length, i), (length, i))
    if shortest is None:
        return steps
    start, end = ends[shortest[1]], ends[shortest[1] + 1]
    options = [[step for step in steps if step not in gone] for gone in ({start, end}, {end}, {start})]
    squared = [math.fsum(squares(clipped[a:b]) for a, b in pairwise([0, *one, len(row)])) for one in options]
    one = 1 if squared[1] <= squared[2] else 2
    stays = choose([(squared[0], []), (squared[one], [start])], len(row), penalty)
    return without_bursts(row, clipped, options[one if stays else 0], penalty)
