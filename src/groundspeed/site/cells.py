"""What one line is at one commit, as small whole numbers. Owns the codes of a cell; knows no file.

A value is the logarithm of its size in whole steps of ``STEP``: half a step is an error of 0.05 %, a tenth
of what two sessions of a calm machine differ by. A bound is its distance from the value, as a share of it,
on a scale of four steps to the doubling and rounded outward: an interval is up to a quarter wider than the
stored one, an eighth in the mean, never narrower. What is exactly zero, exactly the value, no number or not
bounded says so in codes of its own; whole numbers of what is neither time nor size (counts) are kept as they
are. Finer steps cost more than they tell: on the numpy archive halving ``STEP`` takes 0.3 MB more, and eight
bounds to the doubling another 0.5 MB.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from groundspeed.verdicts.pairs.certain import is_count

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

STEP = 2.0**-10

ABSENT, POSITIVE, ZERO, NEGATIVE, EXACT, ENDLESS, FAILED, SKIPPED = range(8)
CARRIED = 16  # added to the kind of the measurement that a commit shares with another one

LEAST = 2.0**-16  # the nearest that a bound can be to its value and not be the value: far less than a STEP
AT_VALUE = 0  # the bound is the value itself
BEYOND_ZERO = 254  # the lower bound is no positive number; of a value that is none, any bound but itself
UNBOUNDED = 255  # none is stored, or a side is endless

_SHIFT = 50  # of a double's 52 bits of fraction two are kept: four steps to the doubling


@dataclass(frozen=True, kw_only=True, slots=True)
class Cells:
    """Columns, one place a cell. ``codes`` are the whole steps of what is POSITIVE or NEGATIVE."""

    kinds: NDArray[np.uint8]
    codes: NDArray[np.int32]
    low: NDArray[np.uint8]
    high: NDArray[np.uint8]


def cells(
    values: NDArray[np.float64],
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    counted: NDArray[np.bool_],
    failed: NDArray[np.bool_],
) -> Cells:
    """The codes of measurements; all arrays have shape (n,).

    ``counted`` marks units of which a whole number is a count; ``failed`` what is NaN because it failed:
    any other NaN was skipped.
    """
    import numpy as np

    kinds = np.full(values.shape, SKIPPED, np.uint8)
    kinds[failed] = FAILED
    kinds[values > 0] = POSITIVE
    kinds[values < 0] = NEGATIVE
    kinds[counted & (values == np.rint(values))] = EXACT
    kinds[np.isinf(values)] = ENDLESS
    kinds[values == 0] = ZERO
    logged = (kinds == POSITIVE) | (kinds == NEGATIVE)
    codes = np.rint(np.log(np.abs(values), out=np.zeros_like(values), where=logged) / STEP).astype(np.int32)
    shown = np.exp(codes * STEP, out=values.copy(), where=logged)  # as a reader will decode it
    bounded = np.isfinite(values) & np.isfinite(low) & np.isfinite(high)
    scale = np.where(bounded & (shown != 0), shown, 1)
    with np.errstate(over="ignore"):  # too far for a double is as far as codes go
        return Cells(
            kinds=kinds,
            codes=codes,
            low=_bounds(values, low, 1 - low / scale, bounded),
            high=_bounds(values, high, high / scale - 1, bounded),
        )


def counts(unit: str) -> bool:
    """Whether whole numbers of a canonical unit are counts, as verdicts take them."""
    return is_count(unit, 1.0)


def _bounds(
    values: NDArray[np.float64],
    bounds: NDArray[np.float64],
    distance: NDArray[np.float64],
    bounded: NDArray[np.bool_],
) -> NDArray[np.uint8]:
    """The code of each bound on one side, ``distance`` away in shares of the value as it is shown.

    The leading bits of a double are its logarithm, as near as four steps to the doubling need it.
    """
    import numpy as np

    steps = _leading(distance) - _leading(np.array(LEAST)) + 1
    codes: NDArray[np.uint8] = np.clip(steps, 1, BEYOND_ZERO - 1).astype(np.uint8)
    codes[(distance <= 0) | (bounds == values)] = AT_VALUE
    codes[bounded & (bounds != values) & ((values <= 0) | (bounds <= 0))] = BEYOND_ZERO
    codes[~bounded] = UNBOUNDED
    return codes


def _leading(numbers: NDArray[np.float64]) -> NDArray[np.int64]:
    """Exponent and two bits of fraction, rounded up; of numbers that are not positive anything."""
    import numpy as np

    bits = numbers.view(np.int64)
    return -(-bits >> _SHIFT)
