"""Can it process a gigabyte? The growth of each ladder, the sizes asked for, and the targets at them.

Owns that a size which a target names is asked for as well. Growth and targets are other modules'.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from groundspeed import units
from groundspeed.config.globs import names
from groundspeed.config.targets import AtSize, Target
from groundspeed.stats.extrapolation import Prediction
from groundspeed.stats.ratio import Interval
from groundspeed.units import Quantity
from groundspeed.verdicts.ladders import Ladder, Sizes
from groundspeed.verdicts.newest import Present
from groundspeed.verdicts.scaling import (
    ExponentChange,
    NoPrediction,
    Scaled,
    exponent_changes,
    predict,
    scale,
)
from groundspeed.verdicts.targets import State, factor_of, state_of


@dataclass(frozen=True, kw_only=True, slots=True)
class Limit:
    """A target at a size, ``< 60 s``, and whether it is kept."""

    text: str
    state: State


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What is said of a size, and the targets there."""

    size: Quantity
    prediction: Prediction | NoPrediction
    limits: tuple[Limit, ...]

    @property
    def is_told(self) -> bool:
        """Whether the sizes measured tell it."""
        return isinstance(self.prediction, Prediction) and not self.prediction.doubts


@dataclass(frozen=True, kw_only=True, slots=True)
class Grown:
    """A ladder with its growth, its answers, the smallest size first, and where its growth changed."""

    scaled: Scaled
    answers: tuple[Answer, ...]
    changes: tuple[ExponentChange, ...]


def grown(
    present: Present,
    sizes: Sizes,
    targets: Iterable[Target],
    *,
    pattern: str | None = None,
    at: Sequence[Quantity] = (),
) -> tuple[Grown, ...]:
    """Every ladder in whose text ``pattern`` is found, answered at ``at`` and at its targets' sizes.

    Raises ConfigError where a target's unit is not the ladder's.
    """
    sized = [one for one in targets if isinstance(one.bound, AtSize)]
    changes = exponent_changes(present, sizes)
    return tuple(_grown(one, sized, at, changes) for one in scale(present, sizes, pattern))


def _grown(
    one: Scaled, targets: Sequence[Target], at: Sequence[Quantity], changes: Sequence[ExponentChange]
) -> Grown:
    own = [
        (target, target.bound)
        for target in targets
        if isinstance(target.bound, AtSize)
        and target.metric == one.ladder.metric
        and names(target.glob, one.ladder.case)
    ]
    asked = sorted({*at, *(bound.size for _, bound in own)}, key=lambda size: size.value)
    return Grown(
        scaled=one,
        answers=tuple(
            _answer(one, size, [(target, bound) for target, bound in own if bound.size == size])
            for size in asked
        ),
        changes=tuple(change for change in changes if change.ladder == one.ladder),
    )


def _answer(one: Scaled, size: Quantity, targets: Sequence[tuple[Target, AtSize]]) -> Answer:
    prediction = predict(one, size)
    return Answer(
        size=size,
        prediction=prediction,
        limits=tuple(
            Limit(
                text=f"{target.relation} {units.display(bound.quantity.value, bound.quantity.unit)}",
                state=_state(one.ladder, prediction, target, bound),
            )
            for target, bound in targets
        ),
    )


def _state(ladder: Ladder, prediction: Prediction | NoPrediction, target: Target, bound: AtSize) -> State:
    factor_of(target, bound.quantity.unit, ladder.unit, str(ladder))
    if isinstance(prediction, NoPrediction) or prediction.is_far:
        return State.INCONCLUSIVE
    value = Interval(centre=prediction.value, low=prediction.low, high=prediction.high)
    return state_of(value, target.relation, bound.quantity.value)
