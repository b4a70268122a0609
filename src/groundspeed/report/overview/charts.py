"""Pictures as SVG that needs no script: colours come from the page's one style sheet, by class.

Owns scales, ticks and marks. Text is escaped here; numbers stand beside each picture in a table as well.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from html import escape

from groundspeed import units
from groundspeed.report.overview.pictures import Bullet, Growth, Percentiles, Picture, Workers
from groundspeed.report.table import plain
from groundspeed.stats.ratio import Interval
from groundspeed.verdicts.ladders import size_text

WIDTH, HEIGHT = 360, 220
_LEFT, _RIGHT, _TOP, _BOTTOM = 62, 12, 10, 28  # room for the words of the axes
_NAMED_TOP, _NAMED_BOTTOM = 26, 40  # the same with a name at either axis
_ROW = 22  # a percentile's
_APART = 46.0  # pixels that a tick's words take
_FEWEST_TICKS = 3  # of a logarithmic axis: of two one does not see that it is one

Scale = Callable[[float], float]


def draw(picture: Picture, beside: Sequence[Picture]) -> str:
    """One picture. ``beside`` are all of its block: distributions share one axis, to be compared by eye."""
    if isinstance(picture, Percentiles):
        return _percentiles(picture, [one for one in beside if isinstance(one, Percentiles)])
    return _workers(picture) if isinstance(picture, Workers) else _growth(picture)


def bullet(one: Bullet, said: str) -> str:
    """A bar for the value, its interval, and a line at the limit; the side that is allowed is shaded."""
    wide, high = 150, 18
    end = max(one.limit, one.value.centre, one.value.high if math.isfinite(one.value.high) else 0.0) * 1.12
    if not 0 < end < math.inf or min(one.limit, one.value.centre) < 0:
        return ""
    x = _linear(0.0, end, 0.0, float(wide))
    first, last = (0.0, x(one.limit)) if one.upper else (x(one.limit), float(wide))
    parts = [
        _rect(first, 1, last - first, high - 2, "allowed"),
        _rect(0, 5, x(one.value.centre), high - 10, f"bar {one.state}"),
        *_whisker(one.value, lambda value: x(min(max(value, 0.0), end)), high / 2),
        _line(x(one.limit), 0, x(one.limit), high, "limit"),
    ]
    return _svg(wide, high, said, parts)


# --- the pictures -----------------------------------------------------------------------------------


def _percentiles(one: Percentiles, beside: Sequence[Percentiles]) -> str:
    every = [mark.value for picture in beside for mark in picture.marks]
    low, high = _decades(every)
    right = WIDTH - 76
    x = _log(low, high, 52, right)
    bottom = _TOP + _ROW * len(one.marks)
    parts = [
        _line(x(tick), _TOP, x(tick), bottom, "grid")
        + _text(x(tick), bottom + 16, _tick_text(tick, one.unit), "middle")
        for tick in _spaced(_powers(low, high), x)
    ]
    for place, mark in enumerate(one.marks):
        y = _TOP + _ROW * (place + 0.5)
        parts += [
            _text(4, y + 4, mark.name, "start"),
            _line(52, y, x(mark.value.centre), y, "stem"),
            *_whisker(mark.value, x, y, least=low, most=high),
            _circle(x(mark.value.centre), y),
            _text(WIDTH - 4, y + 4, units.display(mark.value.centre, one.unit), "end", "value"),
        ]
    said = ", ".join(f"{mark.name} {units.display(mark.value.centre, one.unit)}" for mark in one.marks)
    return _svg(WIDTH, bottom + 22, f"{one.title}: {said}", parts)


def _workers(one: Workers) -> str:
    most = max(mark.at for mark in one.marks)
    first = one.marks[0]
    per_worker = first.value.centre / first.at
    peak = max(_upper(mark.value) for mark in one.marks)
    top = min(max(peak, per_worker * most), 1.6 * peak) * 1.05
    x = _linear(0.0, most * 1.04, _LEFT, WIDTH - _RIGHT)
    y = _linear(0.0, top, HEIGHT - _NAMED_BOTTOM, _NAMED_TOP)
    end = min(most, top / per_worker) if per_worker else most
    points = " ".join(f"{x(mark.at):.1f},{y(mark.value.centre):.1f}" for mark in one.marks)
    parts = [
        *_left_axis(_round_ticks(top), y, lambda tick: units.display(tick, "")),
        *(
            _text(x(at), HEIGHT - 22, f"{at:g}", "middle")
            for at in _spaced([mark.at for mark in one.marks], x, 22)
        ),
        _text(0, 12, one.unit, "start"),
        _text(WIDTH - _RIGHT, HEIGHT - 4, "workers", "end"),
        _line(x(0), y(0), x(end), y(per_worker * end), "ideal"),
        f'<polyline class="line" points="{points}"/>',
    ]
    for mark in one.marks:
        parts += [*_upright(mark.value, y, x(mark.at)), _circle(x(mark.at), y(mark.value.centre))]
    said = ", ".join(f"{mark.name}: {units.display(mark.value.centre, one.unit)}" for mark in one.marks)
    return _svg(WIDTH, HEIGHT, f"{one.title}, {one.unit} by workers: {said}", parts)


def _growth(one: Growth) -> str:
    marks = [*one.marks, *one.answers]
    low, high = _decades([mark.value for mark in marks])
    sizes = [mark.at for mark in marks]
    x = _log(min(sizes), max(sizes), _LEFT + 10, WIDTH - 30)
    y = _log(low, high, HEIGHT - _BOTTOM, _TOP)
    inside = [mark for mark in one.line if low <= mark.value.centre <= high]
    band = [
        *((mark.at, min(mark.value.high, high)) for mark in inside),
        *((mark.at, max(mark.value.low, low)) for mark in reversed(inside)),
    ]
    parts = [
        *_left_axis(_spaced(_powers(low, high), y, 18), y, lambda tick: _tick_text(tick, one.unit)),
        *(
            _text(x(at), HEIGHT - 10, size_text(at, one.size_unit), "middle")
            for at in _spaced(sorted(set(sizes)), x)
        ),
        f'<polygon class="band" points="{_points(band, x, y)}"/>',
        f'<polyline class="line" points="{_points([(m.at, m.value.centre) for m in inside], x, y)}"/>',
    ]
    for mark in one.marks:
        parts += [*_upright(mark.value, y, x(mark.at)), _circle(x(mark.at), y(mark.value.centre))]
    for mark in one.answers:
        parts += [*_upright(mark.value, y, x(mark.at)), _diamond(x(mark.at), y(mark.value.centre))]
    said = ", ".join(f"{mark.name} {units.display(mark.value.centre, one.unit)}" for mark in marks)
    return _svg(WIDTH, HEIGHT, f"{one.title} grows like {one.said}: {said}", parts)


# --- scales and ticks -------------------------------------------------------------------------------


def _linear(low: float, high: float, first: float, last: float) -> Scale:
    return lambda value: first + (value - low) / (high - low) * (last - first)


def _log(low: float, high: float, first: float, last: float) -> Scale:
    """``low < high``, both positive."""
    span = math.log(high / low)
    return lambda value: first + math.log(value / low) / span * (last - first)


def _decades(values: Iterable[Interval]) -> tuple[float, float]:
    """Bounds around positive values, 15 % out at either end and a factor of two apart at least."""
    centres = [one.centre for one in values]
    low, high = min(centres) / 1.15, max(centres) * 1.15
    wider = math.sqrt(max(1.0, 2.0 * low / high))
    return low / wider, high * wider


def _powers(low: float, high: float) -> list[float]:
    """Round numbers between the bounds: powers of ten, else ones, twos and fives, else any digit."""
    tens = [10.0**power for power in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)]
    for digits in ((1,), (1, 2, 5), range(1, 10)):
        inside = [one * digit for one in tens for digit in digits if low <= one * digit <= high]
        if len(inside) >= _FEWEST_TICKS:
            return inside
    return [one for one in _round_ticks(high) if one >= low]


def _round_ticks(top: float) -> list[float]:
    """Three to six round numbers from nothing to ``top``."""
    raw = top / 5
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(digit * power for digit in (1, 2, 5, 10) if digit * power >= raw)
    return [step * place for place in range(int(top / step) + 1)]


def _spaced(ticks: Sequence[float], scale: Scale, apart: float = _APART) -> list[float]:
    """Those whose words do not run into each other."""
    kept: list[float] = []
    for one in ticks:
        if not kept or abs(scale(one) - scale(kept[-1])) >= apart:
            kept.append(one)
    return kept


def _tick_text(value: float, unit: str) -> str:
    return units.display(value, unit, digits=2)


# --- marks ------------------------------------------------------------------------------------------


def _upper(value: Interval) -> float:
    return value.high if math.isfinite(value.high) else value.centre


def _left_axis(ticks: Sequence[float], y: Scale, words: Callable[[float], str]) -> list[str]:
    return [
        _line(_LEFT, y(tick), WIDTH - _RIGHT, y(tick), "grid")
        + _text(_LEFT - 6, y(tick) + 4, words(tick), "end")
        for tick in ticks
    ]


def _whisker(
    value: Interval, x: Scale, y: float, least: float = -math.inf, most: float = math.inf
) -> list[str]:
    """A lying interval; nothing where there is none."""
    low, high = max(value.low, least), min(value.high, most)
    if not (math.isfinite(low) and math.isfinite(high)) or value.low == value.high:
        return []
    return [_line(x(low), y, x(high), y, "whisker")]


def _upright(value: Interval, y: Scale, x: float) -> list[str]:
    """A standing interval, as far as it is on the picture."""
    if not (math.isfinite(value.low) and math.isfinite(value.high)) or not 0 < value.low < value.high:
        return []
    top, bottom = max(y(value.high), float(_TOP)), min(y(value.low), float(HEIGHT - _BOTTOM))
    return [_line(x, top, x, bottom, "whisker")]


def _points(found: Iterable[tuple[float, float]], x: Scale, y: Scale) -> str:
    return " ".join(f"{x(size):.1f},{y(value):.1f}" for size, value in found)


def _rect(x: float, y: float, wide: float, high: float, name: str) -> str:
    return f'<rect class="{name}" x="{x:.1f}" y="{y:.1f}" width="{max(wide, 0):.1f}" height="{high:.1f}"/>'


def _line(x1: float, y1: float, x2: float, y2: float, name: str) -> str:
    return f'<line class="{name}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def _circle(x: float, y: float) -> str:
    return f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="3.5"/>'


def _diamond(x: float, y: float) -> str:
    return f'<path class="answer" d="M{x:.1f} {y - 5:.1f}l5 5-5 5-5-5z"/>'


def _text(x: float, y: float, text: str, anchor: str, name: str = "tick") -> str:
    return f'<text class="{name}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(plain(text))}</text>'


def _svg(wide: float, high: float, said: str, parts: Iterable[str]) -> str:
    label = escape(plain(said), quote=True)
    return f'<svg viewBox="0 0 {wide:g} {high:g}" role="img" aria-label="{label}">{"".join(parts)}</svg>'
