"""Which of very many tests may be believed together: false discovery rates under any dependence."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def discovery_rates(p: NDArray[np.float64], tests: int) -> NDArray[np.float64]:
    """For each p the smallest rate of false discoveries at which its test is one; shape (k,), at most 1.

    ``tests`` is how many were made, k at least: those that are not in ``p`` found nothing. With p sorted,
    m tests and c = 1 + 1/2 + … + 1/m it is

        q_(i) = min over j >= i of p_(j) m c / j

    (Benjamini and Yekutieli, "The control of the false discovery rate in multiple testing under
    dependency", Annals of Statistics 29(4), 2001, theorem 1.3). The factor c, 9.6 for 8,000 tests, is the
    price of dependence: the cases of a suite share hosts, commits and code. O(k log k).
    """
    if not p.size:
        return np.empty(0)
    ordering = np.argsort(p, kind="stable")
    harmonic = float(np.sum(1 / np.arange(1, tests + 1)))
    rates = p[ordering] * tests * harmonic / np.arange(1, p.size + 1)
    q = np.empty(p.size)
    q[ordering] = np.minimum(1.0, np.minimum.accumulate(rates[::-1])[::-1])
    return q
