"""Values and intervals of many series at once, as small whole numbers. Owns their rounding; knows no file.

A value is ``(offset + number) * 10 ** exponent`` of its series, in as few bytes as the series' range takes:
five significant digits of its smallest value survive, whole numbers survive whole. What that would take more
than four bytes for is kept as the doubles that they are. An interval is two distances from the value as it
is shown, each a byte: 0 none is stored or a side has no bound, 1 the value itself, from 2 on
``exp(least + (byte - 2) * pitch)``, rounded outward, so that no interval looks narrower than it is.
This is what a picture and a tooltip show, the truth stays in the results.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from groundspeed.results.archive import Series

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DIGITS = 5
EXACT = 8  # the width of numbers that are the values' own doubles
NO_INTERVAL, AT_VALUE, FIRST = 0, 1, 2
PITCH = 0.02
"""A distance is up to 2 % larger than it was, 1 % in the mean; 5 % would spare 6 % of a site's shards."""

_WHOLE = 2.0**53  # the largest whole number that doubles keep exact
_LAST = 255 - FIRST
_TINY_EXPONENT = -300  # below it 10 ** -exponent may overflow
_POWERS = 308  # of ten, either way, that doubles hold


@dataclass(frozen=True, kw_only=True, slots=True)
class Flat:
    """The rows of several series in one column, each series in the order of history.

    Series ``i`` stands at ``bounds[i]:bounds[i + 1]``; ``rank`` is where each row of the archive went, and
    ``sorted`` says that they all stayed where they were.
    """

    bounds: NDArray[np.int64]
    place: NDArray[np.int64]
    value: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    rank: NDArray[np.int64]
    sorted: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Quantised:
    """Columns by series (``exponent`` to ``pitch``) and by row (the others), see the module.

    ``width`` is the bytes of a number. A number that stands for no value has all its bits set; of an
    ``EXACT`` series ``values`` count instead, NaN where there is none.
    """

    exponent: NDArray[np.int64]
    offset: NDArray[np.float64]
    width: NDArray[np.int64]
    bounded: NDArray[np.bool_]
    least: NDArray[np.float64]
    pitch: NDArray[np.float64]
    numbers: NDArray[np.uint32]
    values: NDArray[np.float64]
    below: NDArray[np.uint8]
    above: NDArray[np.uint8]


def flatten(series: Sequence[Series], places: NDArray[np.int32]) -> Flat:
    """Put ``series``, whose commits stand at ``places`` in history, one after another."""
    import numpy as np

    sizes = [one.values.size for one in series]
    place = places[np.concatenate([one.commits for one in series])].astype(np.int64)
    columns = [np.concatenate([getattr(one, name) for one in series]) for name in ("values", "low", "high")]
    owner = np.repeat(np.arange(len(sizes)), sizes)
    rank = np.arange(place.size)
    backwards = bool(((place[1:] < place[:-1]) & (owner[1:] == owner[:-1])).any())
    if backwards:  # seldom: git's order is mostly that of dates
        order = np.lexsort((place, owner))
        rank[order] = np.arange(place.size)
        place, columns = place[order], [one[order] for one in columns]
    return Flat(
        bounds=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        place=place,
        value=columns[0],
        low=columns[1],
        high=columns[2],
        rank=rank,
        sorted=not backwards,
    )


def quantise(flat: Flat) -> Quantised:
    """Round everything. Every series has a row. Cost: some passes over all rows, none over each series."""
    import numpy as np

    starts, sizes = flat.bounds[:-1], np.diff(flat.bounds)
    finite = np.isfinite(flat.value)
    exponent = _exponents(np.where(finite, flat.value, 0.0), starts)
    scaled = np.rint(_times_power(flat.value, np.repeat(-exponent, sizes)))
    with np.errstate(invalid="ignore"):  # infinite less infinite: of series without a value
        offset = np.minimum.reduceat(np.where(finite, scaled, np.inf), starts)
        span = np.maximum.reduceat(np.where(finite, scaled, -np.inf), starts) - offset
        largest = np.abs(offset) + span
    offset[~np.isfinite(offset)] = 0.0
    # the largest number of each width says that there is no value
    width = 1 + np.searchsorted([2.0 ** (8 * count) - 2 for count in (1, 2, 3)], span)
    width[(span > 2.0**32 - 2) | (largest > _WHOLE)] = EXACT
    exponent[width == EXACT], offset[width == EXACT] = 0, 0.0
    exact = np.repeat(width == EXACT, sizes)
    present = finite & ~exact
    numbers = np.full(flat.value.size, 2**32 - 1, np.uint32)
    np.subtract(scaled, np.repeat(offset, sizes), out=numbers, where=present, casting="unsafe")
    shown = np.where(exact, flat.value, _shown(scaled, np.repeat(exponent, sizes)))
    least, pitch, below, above = _distances(flat, shown)
    return Quantised(
        exponent=exponent,
        offset=offset,
        width=width,
        bounded=np.maximum.reduceat(below, starts) > NO_INTERVAL,
        least=least,
        pitch=pitch,
        numbers=numbers,
        values=np.where(finite, flat.value, np.nan),
        below=below,
        above=above,
    )


def _exponents(value: NDArray[np.float64], starts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Of each series: 0 where all values are whole, else that of the smallest value's fifth digit."""
    import numpy as np

    size = np.abs(value)
    largest = np.maximum.reduceat(size, starts)
    whole = np.logical_and.reduceat(value == np.rint(value), starts) & (largest < _WHOLE)
    size[size == 0] = np.inf
    smallest = np.minimum.reduceat(size, starts)
    smallest[whole] = 1.0
    digits = np.floor(np.log10(smallest)).astype(np.int64) - (DIGITS - 1)
    return np.where(whole, 0, digits)


def _times_power(value: NDArray[np.float64], exponent: NDArray[np.int64]) -> NDArray[np.float64]:
    """``value * 10 ** exponent``; one power may overflow where the product does not, so there are two."""
    import numpy as np

    half = exponent // 2
    with np.errstate(over="ignore", invalid="ignore"):
        product: NDArray[np.float64] = value * _power(half) * _power(exponent - half)
    return product


def _power(exponent: NDArray[np.int64]) -> NDArray[np.float64]:
    import numpy as np

    table = 10.0 ** np.arange(
        -_POWERS, _POWERS + 1.0
    )  # a power for each row would be a third of the whole cost
    found: NDArray[np.float64] = table[exponent + _POWERS]
    return found


def _shown(scaled: NDArray[np.float64], exponent: NDArray[np.int64]) -> NDArray[np.float64]:
    """The values as a reader undoes them: a division rounds once where a negative power would round twice."""
    import numpy as np

    divided = (exponent < 0) & (exponent > _TINY_EXPONENT)
    shown = _times_power(scaled, np.where(divided, 0, exponent))
    return np.divide(shown, _power(np.where(divided, -exponent, 0)), out=shown, where=divided)


def _distances(flat: Flat, shown: NDArray[np.float64]) -> tuple[Any, Any, Any, Any]:
    """``least`` and ``pitch`` of each series, then the bytes of both sides of every row."""
    import numpy as np

    starts, sizes = flat.bounds[:-1], np.diff(flat.bounds)
    there = np.isfinite(shown) & np.isfinite(flat.low) & np.isfinite(flat.high)
    logs = []
    for more, less in ((shown, flat.low), (flat.high, shown)):
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            distance = np.subtract(more, less, out=np.zeros_like(shown), where=there)
            logs.append(np.log(np.clip(distance, 0.0, np.finfo(np.float64).max)))
    least = np.full(sizes.size, np.inf)
    most = np.full(sizes.size, -np.inf)
    for one in logs:
        least = np.minimum(least, np.minimum.reduceat(np.where(np.isneginf(one), np.inf, one), starts))
        most = np.maximum(most, np.maximum.reduceat(one, starts))
    least = np.where(np.isfinite(least), np.floor(least * 1e3) / 1e3, 0.0)  # short in the file
    most = np.where(np.isfinite(most), most, least)
    pitch = np.maximum(PITCH, np.ceil((most - least) / _LAST * 1e5) / 1e5)
    below, above = (_bytes(one, there, np.repeat(least, sizes), np.repeat(pitch, sizes)) for one in logs)
    return least, pitch, below, above


def _bytes(
    logs: NDArray[np.float64],
    there: NDArray[np.bool_],
    least: NDArray[np.float64],
    pitch: NDArray[np.float64],
) -> NDArray[np.uint8]:
    import numpy as np

    apart = np.isfinite(logs)
    steps = np.ceil((np.where(apart, logs, least) - least) / pitch - 1e-9)  # its own rounding is no distance
    found = np.where(apart, FIRST + np.clip(steps, 0, _LAST), AT_VALUE).astype(np.uint8)
    found[~there] = NO_INTERVAL
    return found
