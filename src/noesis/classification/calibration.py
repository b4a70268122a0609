"""Whether probabilities are what they say: how far off they are, and the one number that mends it.

Guo, Pleiss, Sun, Weinberger, "On Calibration of Modern Neural Networks", ICML 2017: the expected calibration
error (section 2, equation 3) and temperature scaling (section 4.2).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

BINS = 10  # of equal width: hundreds of texts in each, of the thousands that it is computed from
HOTTEST = 20.0  # temperatures that are looked at; beyond them a model said nothing, or everything


def calibration_error(probabilities: Sequence[float], outcomes: Sequence[bool], bins: int = BINS) -> float:
    """By how much the share of what came true differs from the probability that was said, on the average.

    Of n statements ``probabilities`` (0 to 1) and whether each came true; bins of equal width, the last one
    closed, each weighed by its statements. 0 without any. Raises ``ValueError`` for unequal lengths.
    """
    if len(probabilities) != len(outcomes):
        raise ValueError(f"{len(probabilities)} probabilities, but {len(outcomes)} outcomes")
    said, came = np.asarray(probabilities, dtype=float), np.asarray(outcomes, dtype=float)
    bin_of = np.minimum((said * bins).astype(int), bins - 1)
    gaps = np.bincount(bin_of, weights=said - came, minlength=bins)  # n of the bin times its gap
    return float(np.abs(gaps).sum() / max(len(said), 1))


def temperature(log_odds: NDArray[np.float64], truth: NDArray[np.intp]) -> float:
    """What (n, labels) log odds are to be divided by for the (n,) true labels to be the most likely:
    the least negative log likelihood."""
    from scipy.optimize import minimize_scalar
    from scipy.special import log_softmax

    def loss(log_of_one: float) -> float:
        said = log_softmax(log_odds / np.exp(log_of_one), axis=1)
        return -float(said[np.arange(len(truth)), truth].mean())

    reach = np.log(HOTTEST)
    found = minimize_scalar(loss, bounds=(-reach, reach), method="bounded", options={"xatol": 1e-6})
    return float(np.exp(found.x))
