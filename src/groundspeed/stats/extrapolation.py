"""Which form a growth has, and what it comes to at a size that nobody measured. Pure floats.

Owns the fit of the usual forms, with and without a cost that is the same at every size, the comparison
of them, and a prediction in which every form has a say that the sizes cannot tell from the best one.
Refuses to tell where they cannot: its predictions carry their doubts.

The errors are of logarithms (0.02 is 2 %). A size's own variance is the square of its measured standard
error plus that of ``IRREGULAR``. How far the sizes really scatter about the best form then counts beside
that assumption (moderation of a variance: Smyth, Stat. Appl. Genet. Mol. Biol. 3(1), 2004, equation 5):

    s^2 = (d0 + min chi^2) / (d0 + k - p)      k sizes, p parameters

with the least of the usual forms, and of the power law as well where no usual form is ``CLOSE``. The
assumption's d0 is ``ASSUMED_DF``, over chi^2 / (k - p) where that contradicts it.

Forms are compared by QAIC = chi^2 / s^2 + 2 p (Burnham and Anderson, Model Selection and Multimodel
Inference, 2nd edition, 2002, section 2.5). Its small-sample term is for a variance that the same few
points must give, which the assumption spares.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from groundspeed.stats.scaling import NoGrowth, unusable

Floats = NDArray[np.float64]

LEVEL = 0.95
"""Of exponents and predictions: how often what is said of a size shall hold when it is measured."""

IRREGULAR = 0.02
"""What a size deviates by that follows a form well: caches, allocation. Larger scatter shows itself."""

ASSUMED_DF = 4.0
"""Three sizes leave one or two degrees of freedom; with four more Student's t is 2.6 and not 12.7."""

APART = 4.0
"""A QAIC larger by this has "considerably less" support (Burnham and Anderson 2002, section 2.6)."""

REACH = 10.0
"""How many times beyond the sizes measured a growth is followed: past it other walls may stand."""

WIDEST = 3.0
"""Upper over lower bound of a prediction that still answers a question of planning."""

CLOSE = 0.10
"""A usual form that the sizes follow within this is believed before an exponent that no algorithm has."""

_ROUNDING = 1 + 1e-9  # ten times 100 MB is within reach, however it is reckoned
_STEPS = 30  # of Gauss and Newton; on data that a form fits they end after three or four
_SETTLED = 1e-10


class Form(StrEnum):
    """A usual form of growth; ``POWER`` is n to the exponent that fits best."""

    CONSTANT = "constant"
    LOGARITHMIC = "log n"
    LINEAR = "n"
    LINEARITHMIC = "n log n"
    QUADRATIC = "n²"
    CUBIC = "n³"
    POWER = "power"


SMOOTH = 0.05
TELLING = 4
"""Sizes that tell a factor log n, if they follow the form within ``SMOOTH``: caches that overflow on the way
cost as much. At the three sizes of numpy's suite count_nonzero, in truth n, looks like n log n."""

_WITHOUT_LOG = {Form.LINEARITHMIC: Form.LINEAR, Form.LOGARITHMIC: Form.CONSTANT}
# log (n + 1), so that a size of one is allowed; for large sizes it is log n
_SHAPES: dict[Form, Callable[[Floats], Floats]] = {
    Form.CONSTANT: np.ones_like,
    Form.LOGARITHMIC: np.log1p,
    Form.LINEAR: lambda n: n,
    Form.LINEARITHMIC: lambda n: n * np.log1p(n),
    Form.QUADRATIC: lambda n: n**2,
    Form.CUBIC: lambda n: n**3,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Point:
    """A value at a size, both positive. ``error`` is the standard error of its logarithm, 0 if unknown."""

    size: float
    value: float
    error: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Fit:
    """``fixed + factor · shape(n)``, or ``factor · n^exponent`` where the form is ``POWER``.

    ``covariance`` is that of the parameters for errors of unit scale: of (log factor), of (log factor,
    exponent), or of (fixed, factor) where ``fixed`` is not 0.
    """

    form: Form
    fixed: float
    factor: float
    exponent: float
    chi2: float
    covariance: Floats

    @property
    def parameters(self) -> int:
        """How many were fitted."""
        return len(self.covariance)

    def predict(self, size: float) -> tuple[float, float]:
        """The logarithm at a size, and its variance for errors of unit scale."""
        if self.form is Form.POWER:
            log, gradient = self.exponent * math.log(size), np.array([1.0, math.log(size)])
            return math.log(self.factor) + log, float(gradient @ self.covariance @ gradient)
        shape = float(_SHAPES[self.form](np.array([size]))[0])
        value = self.fixed + self.factor * shape
        gradient = np.array([1.0, shape]) / value if self.fixed else np.ones(1)
        return math.log(value), float(gradient @ self.covariance @ gradient)


@dataclass(frozen=True, kw_only=True, slots=True)
class Prediction:
    """What a growth comes to at a size. ``doubts`` are the reasons not to believe it; none: believe it.

    ``is_far``: the size lies out of ``REACH``, so that not even the bounds are to be believed.
    """

    size: float
    value: float
    low: float
    high: float
    is_far: bool
    doubts: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Curve:
    """How values grow with sizes.

    ``exponent`` is the slope in logarithms with its interval, of all sizes alike, a fixed cost included.
    ``forms`` are the usual forms that cannot be told apart, the best first; none where none fits. ``fits``
    are all fits within ``APART`` of the best. ``scale`` is the module's s, ``df`` its degrees of freedom.
    """

    exponent: float
    low: float
    high: float
    forms: tuple[Form, ...]
    fits: tuple[Fit, ...]
    scale: float
    df: float
    sizes: tuple[float, ...]

    @property
    def scatter(self) -> float:
        """By how much a size deviates from the best form, as a standard deviation of logarithms."""
        return IRREGULAR * self.scale

    def at(self, size: float) -> Prediction:
        """The best form's value, and the hull of the intervals of all forms as good: at ``LEVEL``, for
        what would be measured there (the size's own deviation is in it).
        """
        t = _student(self.df)
        bounds = []
        for fit in self.fits:
            log, variance = fit.predict(size)
            half = t * self.scale * math.sqrt(variance + IRREGULAR**2)
            bounds.append((log, log - half, log + half))
        low, high = min(one[1] for one in bounds), max(one[2] for one in bounds)
        far = self._far(size)
        wide = ("the sizes measured allow very different growths",) if high - low > math.log(WIDEST) else ()
        return Prediction(
            size=size,
            value=_exp(bounds[0][0]),
            low=_exp(low),
            high=_exp(high),
            is_far=bool(far),
            doubts=(*far, *wide),
        )

    def _far(self, size: float) -> tuple[str, ...]:
        smallest, largest = min(self.sizes), max(self.sizes)
        if size > REACH * largest * _ROUNDING:
            return (f"it is {size / largest:,.0f} times the largest size measured",)
        if size * REACH * _ROUNDING < smallest:
            return (f"it is the {smallest / size:,.0f}th part of the smallest size measured",)
        return ()


def curve(points: Sequence[Point]) -> Curve | NoGrowth:
    """How the values grow. Several points at a size are one: their mean logarithm, by weight.

    Points that are not finite and positive are passed over. O(k) for k sizes, some 0.3 ms.
    """
    merged = _merged(points)
    if (why := unusable([one.size for one in merged])) is not None:
        return NoGrowth(reason=why)
    n = np.array([one.size for one in merged])
    log_y = np.log([one.value for one in merged])
    weights = 1 / (np.array([one.error for one in merged]) ** 2 + IRREGULAR**2)
    power = _power(n, log_y, weights)
    usual = _usual(n, log_y, weights)
    df, variance = min((_variance(one, len(n)) for one in usual), key=lambda one: one[1])
    if IRREGULAR * math.sqrt(variance) > CLOSE:
        df, variance = min((_variance(one, len(n)) for one in (power, *usual)), key=lambda one: one[1])
    half = _student(df) * math.sqrt(variance * float(power.covariance[1, 1]))
    reached = _within_reach([power, *usual], variance)
    if len(n) < TELLING or IRREGULAR * math.sqrt(variance) > SMOOTH:
        reached = _with_untold(reached, usual)
    return Curve(
        exponent=power.exponent,
        low=power.exponent - half,
        high=power.exponent + half,
        forms=tuple(dict.fromkeys(one.form for one in reached if one.form is not Form.POWER)),
        fits=tuple(reached),
        scale=math.sqrt(variance),
        df=df,
        sizes=tuple(n.tolist()),
    )


def _merged(points: Sequence[Point]) -> list[Point]:
    at: dict[float, list[Point]] = {}
    for one in points:
        if 0 < one.size < math.inf and 0 < one.value < math.inf:
            at.setdefault(one.size, []).append(one)
    return [_mean(at[size]) for size in sorted(at)]


def _mean(points: Sequence[Point]) -> Point:
    weights = [1 / (one.error**2 + IRREGULAR**2) for one in points]
    logs = [weight * math.log(one.value) for weight, one in zip(weights, points, strict=True)]
    return Point(
        size=points[0].size,
        value=math.exp(math.fsum(logs) / math.fsum(weights)),
        error=min(one.error for one in points),  # what a size deviates by is not averaged away
    )


# --- fits -------------------------------------------------------------------------------------------


def _power(n: Floats, log_y: Floats, weights: Floats) -> Fit:
    """Weighted least squares of log y on log n (Draper and Smith, 3rd edition, 1998, section 9.2)."""
    design = np.column_stack([np.ones_like(n), np.log(n)])
    found, covariance = _solved(design, weights, log_y)
    log_factor, exponent = found.tolist()
    return Fit(
        form=Form.POWER,
        fixed=0.0,
        factor=_exp(log_factor),
        exponent=exponent,
        chi2=_chi2(log_y - log_factor - exponent * np.log(n), weights),
        covariance=covariance,
    )


def _usual(n: Floats, log_y: Floats, weights: Floats) -> list[Fit]:
    found = []
    for form, shape in _SHAPES.items():
        with np.errstate(over="ignore"):
            column = shape(n)
        if not np.isfinite(column).all():
            continue
        found.append(_pure(form, column, log_y, weights))
        if form is not Form.CONSTANT and (fixed := _with_fixed(form, column, log_y, weights)) is not None:
            found.append(fixed)
    return found


def _pure(form: Form, column: Floats, log_y: Floats, weights: Floats) -> Fit:
    """``factor · column``: the factor's logarithm is a weighted mean."""
    ratios = log_y - np.log(column)
    log_factor = float(np.average(ratios, weights=weights))
    return Fit(
        form=form,
        fixed=0.0,
        factor=_exp(log_factor),
        exponent=math.nan,
        chi2=_chi2(ratios - log_factor, weights),
        covariance=np.array([[1 / float(weights.sum())]]),
    )


def _with_fixed(form: Form, column: Floats, log_y: Floats, weights: Floats) -> Fit | None:
    """``fixed + factor · column`` by Gauss and Newton on the logarithms, from the relative least squares.

    None where either is not positive: then a form with one parameter says the same. The column is scaled
    by its largest value, so that both parameters are of the size of the values.
    """
    scale = float(column.max())
    design = np.column_stack([np.ones_like(column), column / scale])
    y = np.exp(log_y)
    relative = design / y[:, None]
    found, covariance = _solved(relative, weights, np.ones_like(y))
    for _ in range(_STEPS):
        if not (found > 0).all():
            return None
        modelled = design @ found
        step, covariance = _solved(design / modelled[:, None], weights, log_y - np.log(modelled))
        found = found + step
        if (np.abs(step) < _SETTLED * np.abs(found)).all():
            break
    if not (found > 0).all():
        return None
    unscaled = np.array([1.0, 1 / scale])
    return Fit(
        form=form,
        fixed=float(found[0]),
        factor=float(found[1]) / scale,
        exponent=math.nan,
        chi2=_chi2(log_y - np.log(design @ found), weights),
        covariance=covariance * np.outer(unscaled, unscaled),
    )


def _solved(design: Floats, weights: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Weighted least squares: the parameters and their covariance; NaN where no float tells them apart."""
    information = design.T @ (weights[:, None] * design)
    if not np.isfinite(information).all() or np.linalg.matrix_rank(information) < len(information):
        return np.full(2, np.nan), np.full((2, 2), np.nan)
    covariance = np.asarray(np.linalg.inv(information), np.float64)
    return covariance @ (design.T @ (weights * y)), covariance


def _chi2(residuals: Floats, weights: Floats) -> float:
    return float(np.sum(weights * residuals**2))


# --- which of them ----------------------------------------------------------------------------------


def _variance(fit: Fit, sizes: int) -> tuple[float, float]:
    """The degrees of freedom and the moderated s^2, were this the form."""
    own_df = sizes - fit.parameters
    assumed_df = ASSUMED_DF / max(1.0, fit.chi2 / own_df)
    return assumed_df + own_df, (assumed_df + fit.chi2) / (assumed_df + own_df)


def _within_reach(fits: Sequence[Fit], variance: float) -> list[Fit]:
    """Those whose QAIC is within ``APART`` of the best, the best first.

    A fixed cost beside a growth that cannot be told from none fits every form there is: such a fit counts
    only where it is better than no growth by the two that its second parameter costs.
    """

    def qaic(one: Fit) -> float:
        return one.chi2 / variance + 2 * one.parameters

    constant = next(qaic(one) for one in fits if one.form is Form.CONSTANT)
    ranked = sorted((one for one in fits if not one.fixed or qaic(one) <= constant - 2), key=qaic)
    return [one for one in ranked if qaic(one) <= qaic(ranked[0]) + APART]


def _with_untold(reached: Sequence[Fit], usual: Sequence[Fit]) -> list[Fit]:
    """And for each that has a factor log n the better fit without it."""
    there = {one.form for one in reached}
    wanted = {_WITHOUT_LOG[form] for form in there if form in _WITHOUT_LOG} - there
    found = [min((one for one in usual if one.form is form), key=lambda one: one.chi2) for form in wanted]
    return [*reached, *sorted(found, key=lambda one: one.chi2)]


def _student(df: float) -> float:
    from scipy.special import stdtrit

    return float(stdtrit(df, (1 + LEVEL) / 2))


def _exp(log: float) -> float:
    """Beyond what a float holds it is infinite, or nothing."""
    try:
        return math.exp(log)
    except OverflowError:
        return math.inf
