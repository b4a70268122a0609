"""When the requests of an open loop are due. Owns the arithmetic of arrivals; sends nothing.

Standard library only, Python 3.8 or newer.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from typing import List, Union


@dataclass(frozen=True)
class Constant:
    """``rate`` requests a second (above 0) at even distances. A wrong value raises ``ValueError``."""

    rate: float

    def __post_init__(self) -> None:
        _refuse(self.rate)

    def offsets(self, count: int) -> List[float]:
        """Seconds after the start at which the first ``count`` requests are due: ``n / rate``."""
        return [number / self.rate for number in range(count)]


@dataclass(frozen=True)
class Poisson:
    """``rate`` requests a second on average (above 0), by independent users: gaps are exponential with the
    mean ``1 / rate``. The same ``seed`` (0 or more) makes the same gaps. Wrong values raise ``ValueError``.
    """

    rate: float
    seed: int = 0

    def __post_init__(self) -> None:
        _refuse(self.rate)
        if self.seed < 0:
            raise ValueError("seed must not be negative, not {}".format(self.seed))

    def offsets(self, count: int) -> List[float]:
        """Seconds after the start at which the first ``count`` requests are due; the first at 0.

        A gap is ``-ln(1 - u) / rate`` of a uniform number u: the inverse of the exponential
        distribution's function (L. Devroye, "Non-Uniform Random Variate Generation", 1986, II.2).
        """
        uniform = random.Random(self.seed).random
        due, at = [], 0.0
        for _ in range(count):
            due.append(at)
            at -= math.log(1.0 - uniform()) / self.rate
        return due


Arrivals = Union[Constant, Poisson]


def _refuse(rate: float) -> None:
    if not 0 < rate < math.inf:
        raise ValueError("rate must be a number of requests a second above 0, not {}".format(rate))
