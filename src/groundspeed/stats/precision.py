"""How well the median of a case is known while it is being sampled. Pure arrays.

A tight interval inside one process bounds nothing between processes, so the unit of evidence is the
process: its centre is the median of its samples, and what counts is the spread of these centres. From
five of them on a fifth is trimmed at either end, since a host now and then takes its processor away from
one process and tells nobody (Tukey and McLaughlin, "Less vulnerable confidence and significance
procedures for location based on a single sample: trimming/Winsorization 1", Sankhya A 25, 1963). With two
or three their own variance says little, so it is moderated by what the other cases of the session show
(empirical Bayes: Smyth, "Linear models and empirical Bayes methods for assessing differential expression
in microarray experiments", Stat. Appl. Genet. Mol. Biol. 3(1), 2004).

All spreads are of logarithms: a standard deviation of 0.01 is one percent.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MOST_DF = 20.0  # however alike the cases are, a case's own processes come to outweigh the others'
_MEDIAN_SE = math.sqrt(math.pi / 2)  # of a normal sample's median, against its mean's
_MAD_TO_SD = 1.4826  # of a normal distribution: 1 / Phi^-1(3/4)
_TRIMMED = 0.2  # of the processes, at either end: what Tukey and McLaughlin's successors recommend
_LEAST_TOLD = 3  # variances that tell of a distribution of variances


@dataclass(frozen=True, kw_only=True, slots=True)
class Prior:
    """What is known of a variance between processes before any was seen: it weighs as ``df`` degrees."""

    variance: float
    df: float


UNKNOWN = Prior(variance=0.01**2, df=1.0)
"""Before a session has shown anything: one percent, taken lightly."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Spread:
    """The variance that one process centre of a case stands for, with its degrees of freedom."""

    variance: float
    df: int


def spread(processes: Sequence[Sequence[float]]) -> Spread | None:
    """Between the centres of the processes (each one's samples, positive); None with fewer than two.

    With n centres and g of them trimmed at either end: the Winsorized variance over (1 - 2 g / n)^2, with
    n - 2 g - 1 degrees of freedom, so that the trimmed mean's squared standard error is its n-th part.
    """
    return spread_of(centres(processes))


def spread_of(values: NDArray[np.float64]) -> Spread | None:
    """The same of centres that are known already, on whatever scale."""
    ordered, count = np.sort(values), len(values)
    if count < 2:
        return None
    trimmed = int(_TRIMMED * count)
    winsorized = np.clip(ordered, ordered[trimmed], ordered[count - 1 - trimmed])
    variance = float(np.var(winsorized, ddof=1)) / (1 - 2 * trimmed / count) ** 2
    return Spread(variance=variance, df=count - 2 * trimmed - 1)


def trimmed_mean(values: NDArray[np.float64]) -> float:
    """Of process centres, one at least: a fifth of them left out at either end."""
    ordered, trimmed = np.sort(values), int(_TRIMMED * len(values))
    return float(ordered[trimmed : len(ordered) - trimmed].mean())


def standard_error(processes: Sequence[Sequence[float]], prior: Prior) -> float:
    """Of the case's median, relative to it; infinite with fewer than two processes.

    The root of the moderated variance of a process centre (Smyth 2004, equation 5) over their number n,

        s~^2 = (d0 s0^2 + d s^2) / (d0 + d),

    which is never taken to be below what the samples inside the processes allow: the variance of a
    median is pi / 2 times that of the mean of a normal sample.
    """
    found = spread(processes)
    if found is None:
        return math.inf
    variance = moderated(found, prior)
    return math.expm1(math.sqrt(max(variance, within(processes)) / len(processes)))


def best_count(
    processes: Sequence[Sequence[float]], prior: Prior, process_s: float, sample_s: float
) -> float:
    """How many samples of a process make the best use of time, from what the processes so far gave.

    A process costs ``process_s`` before it gives any, and ``sample_s`` for each. With the variance v
    between processes and w of a median's one sample within (both of logarithms) it is

        sqrt(process_s / sample_s * w / v)

    as in two-stage sampling (Cochran, Sampling Techniques, 3rd edition, 1977, section 10.6). v is what the
    moderated spread of the centres leaves when the samples' part is taken off, a tenth of it at least.
    """
    total = moderated(spread(processes) or Spread(variance=prior.variance, df=0), prior)
    between = max(total - within(processes), total / 10)
    one = [_MEDIAN_SE**2 * _sample_variance(samples) for samples in processes if len(samples) > 1]
    if not one or between == 0:
        return 1.0
    return math.sqrt(process_s / sample_s * float(np.median(one)) / between)


def learn(spreads: Sequence[Spread]) -> Prior:
    """The distribution that the variances of many cases come from: scaled F, by the moments of their logs.

    Smyth 2004, section 6.2, with d0 bounded by ``MOST_DF``. Fewer than three tell nothing: ``UNKNOWN``.
    Variances of zero (a clock too coarse to see any) count as the smallest that is not.
    """
    variances = np.array([one.variance for one in spreads])
    if np.count_nonzero(variances) < _LEAST_TOLD:
        return UNKNOWN
    from scipy.special import digamma, polygamma

    half_df = np.array([one.df for one in spreads]) / 2
    logs = np.log(np.maximum(variances, variances[variances > 0].min()))
    centred = logs - digamma(half_df) + np.log(half_df)
    surplus = float(np.var(centred, ddof=1) - np.mean(polygamma(1, half_df)))
    df = MOST_DF if surplus <= 0 else min(MOST_DF, 2 * _inverse_trigamma(surplus))
    log_variance = float(np.mean(centred) + digamma(df / 2) - math.log(df / 2))
    return Prior(variance=math.exp(log_variance), df=df)


def moderated(found: Spread, prior: Prior) -> float:
    """The variance of a process centre that the case and what is known of other cases come to."""
    return (prior.df * prior.variance + found.df * found.variance) / (prior.df + found.df)


def centres(processes: Sequence[Sequence[float]]) -> NDArray[np.float64]:
    """The median of each process's samples, in logarithms; processes without samples have none."""
    return np.array([statistics.median(map(math.log, samples)) for samples in processes if samples])


def within(processes: Sequence[Sequence[float]]) -> float:
    """The typical variance of a centre that the samples inside its process account for."""
    variances = [
        _MEDIAN_SE**2 * _sample_variance(samples) / len(samples) for samples in processes if len(samples) > 1
    ]
    return float(np.median(variances)) if variances else 0.0


def _sample_variance(samples: Sequence[float]) -> float:
    """Of the logarithms, by their median absolute deviation."""
    logs = [math.log(sample) for sample in samples]  # tens of them: an array would cost more than it saves
    centre = statistics.median(logs)
    return (_MAD_TO_SD * statistics.median(abs(one - centre) for one in logs)) ** 2


def _inverse_trigamma(value: float) -> float:
    """x with trigamma(x) = value > 0, by Newton's method on 1 / trigamma (Smyth 2004, appendix)."""
    from scipy.special import polygamma

    x = 0.5 + 1 / value
    for _ in range(50):
        trigamma = float(polygamma(1, x))
        step = trigamma * (1 - trigamma / value) / float(polygamma(2, x))
        x += step
        if abs(step) < 1e-9 * x:
            break
    return x
