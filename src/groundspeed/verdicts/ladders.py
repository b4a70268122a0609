"""Cases that differ in a size alone, put together: the ladders along which growth is judged.

Owns which parameter is the size (the suite says it, else ``[scaling]``, else whoever asks) and which
benchmarks continue each other. Fits nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from groundspeed import units
from groundspeed.config.scaling import StatedScaling, StatedSize, default_unit
from groundspeed.errors import NothingMeasuredError
from groundspeed.records import Benchmark, Better, Case
from groundspeed.results.further import EXPONENT, size_position, without
from groundspeed.stats.scaling import SIZES, SPAN
from groundspeed.units import Quantity
from groundspeed.verdicts.newest import Track


@dataclass(frozen=True, kw_only=True, slots=True)
class Rung:
    """A size of a ladder, in the ladder's base unit, and what was measured there."""

    size: float
    track: Track


@dataclass(frozen=True, kw_only=True, slots=True)
class Ladder:
    """The sizes of one case, smallest first. ``case`` lacks the parameter that is the size.

    ``size_unit`` is the base unit of sizes: bytes, or empty where they are plain numbers.
    """

    environment: str
    case: Case
    metric: str
    unit: str
    better: Better
    parameter: str
    size_unit: str
    rungs: tuple[Rung, ...]

    def __str__(self) -> str:
        return f"{self.case}@{self.metric}" if self.metric else str(self.case)


@dataclass(frozen=True, kw_only=True, slots=True)
class Sizes:
    """Which parameter of each benchmark is its size. ``asked`` names one for every benchmark that has it."""

    benchmarks: Mapping[str, Benchmark]
    stated: StatedScaling
    asked: str | None = None

    def of(self, benchmark: str) -> tuple[int, StatedSize] | None:
        """The parameter's position and what one of it is; None where the benchmark has no size."""
        one = self.benchmarks.get(benchmark)
        if one is None:
            return None
        if self.asked is not None:
            return _named(one, StatedSize(parameter=self.asked, each=default_unit(self.asked)))
        stated = self.stated.size(benchmark)
        place = size_position(one)
        if place is not None and (stated is None or stated.parameter == one.param_names[place]):
            name = one.param_names[place]
            return place, stated or StatedSize(parameter=name, each=default_unit(name))
        return None if stated is None else _named(one, stated)

    def candidates(self, pattern: str | None) -> tuple[tuple[str, str], ...]:
        """Benchmarks without a size, and parameters of theirs that could be one: positive numbers, apart."""
        return tuple(
            (name, parameter)
            for name, one in sorted(self.benchmarks.items())
            if self.of(name) is None and re.search(pattern or "", name)
            for parameter, values in zip(one.param_names, one.params, strict=False)
            if _could_be(values)
        )


def ladders(tracks: Sequence[Track], sizes: Sizes) -> tuple[Ladder, ...]:
    """The ladders of the series in seconds or bytes, by name: the growth of a rate means nothing."""
    found: dict[tuple[str, Case, str, str, str], list[tuple[StatedSize, Rung]]] = {}
    for track in tracks:
        key = track.series.key
        size = sizes.of(key.case.benchmark)
        unit = units.reckon(track.series.unit).unit
        if size is None or unit not in ("s", "bytes") or key.metric == EXPONENT:
            continue
        place, stated = size
        number = number_of(key.case.params[place]) if place < len(key.case.params) else None
        if number is None or number <= 0:
            continue
        name = sizes.stated.ladder(key.case.benchmark)
        case = Case(benchmark=name, params=without(key.case.params, place))
        rung = Rung(size=number * stated.each.value, track=track)
        found.setdefault((key.environment, case, key.metric, unit, stated.each.unit), []).append(
            (stated, rung)
        )
    return tuple(
        _ladder(*key, rungs) for key, rungs in sorted(found.items(), key=lambda one: _order(*one[0]))
    )


def unmeasured(ladder: Ladder, sizes: Sizes) -> tuple[Case, ...]:
    """The cases of the suite, as the results last saw it, that belong to a ladder and were never measured."""
    measured = {rung.track.series.key.case for rung in ladder.rungs}
    found = []
    for name, one in sizes.benchmarks.items():
        size = sizes.of(name)
        if size is not None and sizes.stated.ladder(name) == ladder.case.benchmark:
            found += [
                case
                for case in one.cases()
                if without(case.params, size[0]) == ladder.case.params and case not in measured
            ]
    return tuple(found)


def refuse_without_ladders(found: Sequence[object], sizes: Sizes, pattern: str | None) -> None:
    """Raise NothingMeasuredError where there is no ladder, naming parameters that could be a size."""
    if found:
        return
    asked = f" found by {pattern!r}" if pattern else ""
    candidates = sizes.candidates(pattern)
    if not candidates:
        raise NothingMeasuredError(
            f'No benchmark{asked} has a size. Name a parameter in the suite, size = "n", or under '
            "[scaling.sizes] in groundspeed.toml; it takes three sizes, the largest four times the smallest."
        )
    name, parameter = candidates[0]
    more = f" (and {len(candidates) - 1} more could have one)" if len(candidates) > 1 else ""
    raise NothingMeasuredError(
        f"No benchmark{asked} says which parameter is its size. The {parameter} of {name} could be "
        f"one{more}: try --size {parameter}, then say so under [scaling.sizes] in groundspeed.toml."
    )


def number_of(text: str) -> float | None:
    """A number from the ``repr`` of a parameter, which may also be text that holds one."""
    try:
        return float(text.strip("'\""))
    except ValueError:
        return None


def size_text(size: float, unit: str) -> str:
    """A size for people: ``10 MB``, ``1,000``."""
    if unit == "bytes":
        text = units.display(size, unit)
        return re.sub(r"\.0+(?= )", "", text)
    return f"{size:,.0f}" if size == round(size) else f"{size:g}"


def asked_size(text: str) -> Quantity:
    """A size as people write it: ``1GB``, ``10000``. Raises ValueError."""
    size = units.parse(text)
    if size.unit not in ("bytes", "") or size.value <= 0:
        raise ValueError(f"{text!r} is not a size such as 1GB or 10000")
    return size


def _ladder(
    environment: str,
    case: Case,
    metric: str,
    unit: str,
    size_unit: str,
    rungs: Sequence[tuple[StatedSize, Rung]],
) -> Ladder:
    stated, first = rungs[0]
    return Ladder(
        environment=environment,
        case=case,
        metric=metric,
        unit=unit,
        better=first.track.series.better,
        parameter=stated.parameter,
        size_unit=size_unit,
        rungs=tuple(sorted((rung for _, rung in rungs), key=lambda one: one.size)),
    )


def _order(environment: str, case: Case, *others: str) -> tuple[str, ...]:
    return (str(case), environment, *others)


def _named(one: Benchmark, stated: StatedSize) -> tuple[int, StatedSize] | None:
    if stated.parameter not in one.param_names:
        return None
    return one.param_names.index(stated.parameter), stated


def _could_be(values: Sequence[str]) -> bool:
    numbers = [number for value in values if (number := number_of(value)) is not None and number > 0]
    return len(set(numbers)) >= SIZES and max(numbers) >= SPAN * min(numbers)
