"""How many of the changes named across a suite may be chance. Pure arrays; decides no single verdict.

Of 3,000 comparisons of identical code, each wrong once in 200, fifteen come out "slower". What a reader of
the list wants bounded is the share of wrong names among those named: the false discovery rate.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

RATE = 0.05
"""Of the changes named, at most one in twenty is expected to be none: what is customary."""


def adjusted(chances: ArrayLike) -> NDArray[np.float64]:
    """Benjamini and Hochberg's adjusted p-values, in the order given; shape (n,), cost O(n log n).

    With the p-values ascending, ``p_(i)`` becomes ``min over j >= i of p_(j) n / j``, at most 1. To name what
    is at or below q bounds the expected share of wrong names by q (Benjamini and Hochberg, "Controlling the
    false discovery rate", J. Royal Statistical Society B 57, 1995), also where test statistics depend on each
    other positively, as those of one session do (Benjamini and Yekutieli, Annals of Statistics 29, 2001).
    """
    values = np.asarray(chances, dtype=np.float64)
    if values.ndim != 1 or not ((values >= 0) & (values <= 1)).all():
        raise ValueError("p-values are a row of numbers between 0 and 1")
    order = np.argsort(values, kind="stable")
    scaled = values[order] * len(values) / np.arange(1, len(values) + 1)
    found = np.empty_like(values)
    found[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return found
