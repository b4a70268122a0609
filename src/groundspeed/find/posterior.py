"""What samples of some commits say about where a benchmark changed, if it did.

Owns the model: the logarithm of a sample is the level of its commit, plus what its build and session add to
all of its samples (normal, of unknown spread), plus noise of its own. The level is one number before the
change and another one from it on. Level and effect are integrated out in closed form, the spread of builds
over a grid: Bayesian analysis of one change point, as in A. Smith, Biometrika 62 (1975) 407-416, with the
offsets of builds as a random effect. Pure arrays; chooses nothing, measures nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

SMALLEST = 0.01  # "flat" says that there is no change as large as this
_LARGEST = 100.0  # times
_BINS = 24  # of the effect's prior between the two, for each sign, as wide in the logarithm
# Spreads between builds of the same code, from what no clock can see to what nobody would call a benchmark
_BUILD_SD: Floats = np.geomspace(2e-4, 0.2, 16)
_USUAL_SD = 0.01  # beyond this a spread is the less likely, by its square: the half of a Cauchy distribution,
# as A. Gelman advises for spreads of few groups, Bayesian Analysis 1 (2006) 515-534
_LOG_BUILD: Floats = -np.log1p((_BUILD_SD / _USUAL_SD) ** 2)
_CLIP = 1.5  # standard deviations: where Huber's estimate of the mean cuts what lies further out
_INEFFICIENCY = 1.1  # its variance over that of a mean, for normal noise with a fiftieth of it outliers
_MAD = 1.4826  # a normal standard deviation over the median of the distances from the median


class Direction(Enum):
    """Which changes are looked for. What is measured is taken to be better when it is lower."""

    ANY = (-1, 1)
    WORSE = (1,)
    BETTER = (-1,)


@dataclass(frozen=True, kw_only=True, slots=True)
class Groups:
    """Samples of one build in one session each, in the order of their commits, all arrays of shape (B,).

    ``levels`` are robust means of logarithms, ``counts`` the samples behind them, ``sample_sd`` the noise of
    one sample, common to all.
    """

    commits: Ints
    levels: Floats
    counts: Ints
    sample_sd: float

    @property
    def variances(self) -> Floats:
        """Of the levels, from the noise of samples alone."""
        return sample_variance(self.sample_sd, self.counts)


@dataclass(frozen=True, kw_only=True, slots=True)
class Posterior:
    """What is believed: ``flat`` that nothing changed, ``changed[k]`` that commit k is the first changed one.

    They add up to 1. ``effect`` is the expected logarithm of new over old, given a change, ``build_sd`` the
    spread between builds.
    """

    flat: float
    changed: Floats
    effect: float
    build_sd: float


def sample_variance(sample_sd: float, counts: Ints) -> Floats:
    """The variance of a robust mean of so many samples."""
    return np.asarray(_INEFFICIENCY * sample_sd**2 / counts, dtype=np.float64)


def grouped(commits: Sequence[int], samples: Sequence[Sequence[float]]) -> Groups:
    """The groups of logarithms of samples, each with its commit; ``commits`` rise."""
    values = [np.asarray(one, dtype=np.float64) for one in samples]
    medians = [float(np.median(one)) for one in values]
    apart = np.concatenate([one - median for one, median in zip(values, medians, strict=True)])
    freedom = max(len(apart) - len(values), 1)
    sample_sd = _MAD * float(np.median(np.abs(apart))) * math.sqrt(len(apart) / freedom)
    levels = [_huber(one, median, sample_sd) for one, median in zip(values, medians, strict=True)]
    return Groups(
        commits=np.asarray(commits, dtype=np.intp),
        levels=np.asarray(levels),
        counts=np.asarray([len(one) for one in values], dtype=np.intp),
        sample_sd=max(sample_sd, 1e-9),  # what does not scatter at all still weighs finitely
    )


def _huber(values: Floats, start: float, sample_sd: float) -> float:
    """P. Huber, Annals of Mathematical Statistics 35 (1964) 73-101; a few steps from the median suffice."""
    centre = start
    for _ in range(3):
        centre += float(np.clip(values - centre, -_CLIP * sample_sd, _CLIP * sample_sd).mean())
    return centre


def posterior(groups: Groups, prior: Floats, direction: Direction = Direction.ANY) -> Posterior:
    """What the groups make of ``prior``: ``prior[k]`` is the probability that commit k is the first changed
    one; what is missing of 1 is that of "flat"."""
    weights = 1 / (_BUILD_SD[:, None] ** 2 + groups.variances)  # (T, B)
    levels = groups.levels - groups.levels.mean()
    all_weight, all_sum = weights.sum(axis=1), (weights * levels).sum(axis=1)
    squares = (weights * levels**2).sum(axis=1) - all_sum**2 / all_weight
    log_flat = _LOG_BUILD + 0.5 * (np.log(weights).sum(axis=1) - np.log(all_weight) - squares)  # (T,)
    after, after_sum = _from_each_on(weights), _from_each_on(weights * levels)  # (T, B + 1)
    precision = after * (1 - after / all_weight[:, None])
    slope = after_sum - after * (all_sum / all_weight)[:, None]
    log_factor, effects = _over_effects(precision, slope, direction)

    place = np.searchsorted(groups.commits, np.arange(len(prior)))  # builds before k: (N,)
    mass = np.bincount(place, weights=prior, minlength=len(groups.commits) + 1)
    with np.errstate(divide="ignore"):
        log_changed = log_flat[:, None] + log_factor + np.log(mass)
    log_same = log_flat + math.log(max(1 - float(prior.sum()), 1e-12))
    top = max(float(log_changed.max()), float(log_same.max()))
    changed, same = np.exp(log_changed - top), np.exp(log_same - top)
    total = float(changed.sum() + same.sum())
    by_place = changed.sum(axis=0) / total
    share = np.divide(by_place, mass, out=np.zeros_like(mass), where=mass > 0)
    return Posterior(
        flat=float(same.sum()) / total,
        changed=prior * share[place],
        effect=float((changed * effects).sum() / max(float(changed.sum()), 1e-300)),
        build_sd=math.sqrt(float(((changed.sum(axis=1) + same) * _BUILD_SD**2).sum()) / total),
    )


def _from_each_on(values: Floats) -> Floats:
    """Sums over the groups from each one on, and over none: (T, B) to (T, B + 1)."""
    sums = np.cumsum(values[:, ::-1], axis=1)[:, ::-1]
    return np.concatenate([sums, np.zeros((len(values), 1))], axis=1)


def _over_effects(precision: Floats, slope: Floats, direction: Direction) -> tuple[Floats, Floats]:
    """The likelihood of a change over that of none, integrated over its effect d, as a logarithm; and the
    effect that is likeliest.

    Over "flat" the likelihood of d is ``exp(slope d - precision d^2 / 2)``: a normal density times what does
    not depend on d, so that over a bin in which the prior of d is constant the integral is a difference of
    two values of the normal distribution. The prior is as likely in every part of the logarithm of d's size.
    """
    from scipy.special import ndtr

    edges = np.geomspace(math.log1p(SMALLEST), math.log(_LARGEST), _BINS + 1)
    is_known = precision > 1e-9 * precision.max(initial=1e-300)
    known = np.where(is_known, precision, 1.0)
    sd, best = known**-0.5, np.where(is_known, slope / known, 0.0)
    total = np.zeros_like(known)
    for sign in direction.value:
        below = ndtr((edges - sign * best[..., None]) / sd[..., None])
        total += (np.diff(below, axis=-1) / np.diff(edges)).sum(axis=-1) / (_BINS * len(direction.value))
    log_factor = 0.5 * best**2 * known + 0.5 * np.log(2 * np.pi / known) + np.log(np.maximum(total, 1e-300))
    return np.where(is_known, log_factor, 0.0), best
