"""How much a measurement would tell about a yes-or-no question, before it is made. Pure."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(16)
_WEIGHTS = _WEIGHTS / _WEIGHTS.sum()


def entropy(probability: ArrayLike) -> Floats:
    """Of a question whose answer is yes with this probability, in bits; 0 where it is certain."""
    yes = np.clip(np.asarray(probability, dtype=np.float64), 1e-300, 1 - 1e-16)
    return -(yes * np.log2(yes) + (1 - yes) * np.log2(1 - yes))


def information(probability: ArrayLike, separation: ArrayLike) -> Floats:
    """Bits that one normal value is expected to tell about a question that is yes with ``probability``, where
    its means under yes and no lie ``separation`` standard deviations apart. The two are broadcast.

    The mutual information of a binary input and a Gaussian channel (T. Cover, J. Thomas, Elements of
    Information Theory, chapter 9), by Gauss-Hermite quadrature: the log-likelihood ratio d of the value is
    normal with mean +d^2/2 under yes, -d^2/2 under no, and variance d^2.
    """
    yes = np.clip(np.asarray(probability, dtype=np.float64), 1e-12, 1 - 1e-12)
    apart = np.asarray(separation, dtype=np.float64)
    yes, apart = np.broadcast_arrays(yes, apart)
    left = yes * _entropy_left(yes, apart, 1) + (1 - yes) * _entropy_left(yes, apart, -1)
    return np.maximum(entropy(yes) - left, 0.0)


def _entropy_left(yes: Floats, apart: Floats, sign: int) -> Floats:
    odds = np.log(yes / (1 - yes))[..., None]
    odds = odds + sign * apart[..., None] ** 2 / 2 + apart[..., None] * _NODES
    left: Floats = (entropy(1 / (1 + np.exp(-np.clip(odds, -700, 700)))) * _WEIGHTS).sum(axis=-1)
    return left
