"""Many beliefs as arrays. Owns their shapes; the arithmetic is that of ``odds``, bit for bit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from noesis.errors import BeliefError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

# A mantissa is within 1/2 and 1, the quotient of two within 1/2 and 2: so many keep to normal floats.
_FACTORS = 500


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)  # arrays have no one answer to ==
class Beliefs:
    """The odds of n beliefs: ``mantissa`` and ``exponent`` (n,), as ``Belief`` has them. No evidence is kept.

    Made by ``create_beliefs`` and ``update_beliefs``, which check.
    """

    mantissa: NDArray[np.float64]
    exponent: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.mantissa)

    @property
    def probability(self) -> NDArray[np.float64]:
        """(n,), 0 to 1: of the statements."""
        return _probabilities(self)[0]

    @property
    def complement(self) -> NDArray[np.float64]:
        """(n,), 0 to 1: that the statements do not hold, with as many digits of their own."""
        return _probabilities(self)[1]


def create_beliefs(priors: ArrayLike) -> Beliefs:
    """A belief for each of ``priors`` (n,), from 0 to 1. Raises ``BeliefError`` that names the place."""
    import numpy as np

    prior = _checked("priors", priors)
    if prior.ndim != 1:
        raise BeliefError(f"priors must have the shape (n,), not {prior.shape}")
    even = Beliefs(mantissa=np.full(len(prior), 0.5), exponent=np.ones(len(prior), np.int64))
    return _updated(even, prior[:, None], 1.0 - prior[:, None])


def update_beliefs(beliefs: Beliefs, p_e_given_h: ArrayLike, p_e_given_not_h: ArrayLike) -> Beliefs:
    """Every belief after its k pieces of evidence: the numbers of ``batch_update_full``. O(n k).

    The likelihoods are (n, k), or (k,) for the same evidence to all. A belief with less evidence than others
    has 1 and 1 in its place, which changes nothing. All or nothing: raises ``BeliefError`` for shapes that do
    not fit, for what is no probability, and where evidence contradicts what is certain, with the places.
    """
    import numpy as np

    for_h, for_not_h = _checked("p_e_given_h", p_e_given_h), _checked("p_e_given_not_h", p_e_given_not_h)
    is_for_all = for_h.ndim == 1
    is_for_each = for_h.ndim == 2 and len(for_h) == len(beliefs)
    if for_h.shape != for_not_h.shape or not (is_for_all or is_for_each):
        raise BeliefError(
            f"p_e_given_h {for_h.shape} and p_e_given_not_h {for_not_h.shape} must both have the shape"
            f" ({len(beliefs)}, k), or (k,) for the same evidence to every belief"
        )
    if (impossible := (for_h == 0.0) & (for_not_h == 0.0)).any():
        place = tuple(np.argwhere(impossible)[0].tolist())
        raise BeliefError(f"p_e_given_h and p_e_given_not_h are both 0 at {place}; what was seen is possible")
    return _updated(beliefs, for_h, for_not_h)


def _updated(beliefs: Beliefs, for_h: NDArray[np.float64], for_not_h: NDArray[np.float64]) -> Beliefs:
    import numpy as np

    above, up = np.frexp(for_h)
    below, down = np.frexp(for_not_h)
    exponent = beliefs.exponent + (up - down).sum(axis=-1, dtype=np.int64)
    mantissa = beliefs.mantissa
    with np.errstate(divide="ignore", invalid="ignore"):  # certain, and contradicted
        factors = above / below
        for start in range(0, factors.shape[-1], _FACTORS):
            for factor in factors.T[start : start + _FACTORS]:
                mantissa = mantissa * factor
            mantissa, shift = np.frexp(mantissa)
            exponent += shift
    if np.isnan(mantissa).any():
        raise BeliefError(_contradiction(beliefs, factors, int(np.isnan(mantissa).argmax())))
    exponent[(mantissa == 0.0) | np.isinf(mantissa)] = 0
    return Beliefs(mantissa=mantissa, exponent=exponent)


def _contradiction(beliefs: Beliefs, factors: NDArray[np.float64], belief: int) -> str:
    """Where a certain no met a certain yes: at the later of the two."""
    import numpy as np

    met = np.append(beliefs.mantissa[belief], factors if factors.ndim == 1 else factors[belief])
    place = int(max((met == 0.0).argmax(), np.isinf(met).argmax())) - 1
    return (
        f"belief {belief}: evidence {place} is impossible by what is certain of it by then; go back to its"
        " prior, or to the evidence before that made it certain"
    )


def _probabilities(beliefs: Beliefs) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """``odds.probabilities`` of each: the odds or their inverse, whichever is no more than 1."""
    import numpy as np

    is_below_one = (beliefs.exponent <= 0) & (beliefs.mantissa < 1.0)
    with np.errstate(divide="ignore", under="ignore"):
        mantissa = np.where(is_below_one, beliefs.mantissa, 1.0 / beliefs.mantissa)
        least = np.ldexp(mantissa, -np.abs(beliefs.exponent))
    smaller, larger = least / (1.0 + least), 1.0 / (1.0 + least)
    return np.where(is_below_one, smaller, larger), np.where(is_below_one, larger, smaller)


def _checked(name: str, values: ArrayLike) -> NDArray[np.float64]:
    import numpy as np

    try:
        numbers = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise BeliefError(f"{name} must be an array of numbers: {error}") from error
    is_one = (numbers >= 0.0) & (numbers <= 1.0)  # what is no number is neither
    if not is_one.all():
        place = tuple(np.argwhere(~is_one)[0].tolist())
        raise BeliefError(f"{name} must be numbers from 0 to 1, not {float(numbers[place])} at {place}")
    return numbers
