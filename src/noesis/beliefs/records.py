"""What beliefs are told and what they are. Owns which values are refused."""

from __future__ import annotations

import reprlib
from dataclasses import dataclass

from noesis.beliefs import odds
from noesis.beliefs.history import History
from noesis.errors import BeliefError


@dataclass(frozen=True, kw_only=True, slots=True)
class Update:
    """Evidence, and how likely it was if the statement holds and if it does not: each from 0 to 1.

    Raises ``BeliefError`` that names the field. Both 0 is refused: evidence that was seen is possible one
    way or the other.
    """

    evidence: str
    p_e_given_h: float
    p_e_given_not_h: float

    def __post_init__(self) -> None:
        check_words("evidence", self.evidence)
        check_probability("p_e_given_h", self.p_e_given_h)
        check_probability("p_e_given_not_h", self.p_e_given_not_h)
        if self.p_e_given_h == 0.0 == self.p_e_given_not_h:
            raise BeliefError(
                f"evidence {reprlib.repr(self.evidence)} is impossible either way, p_e_given_h and"
                " p_e_given_not_h are both 0; what was seen has a chance above 0 in one of them"
            )


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class Belief:
    """A statement, how likely it was at first (``prior``), what was seen since, and the odds that follow.

    The odds are ``mantissa`` x 2**``exponent``, in the normal form of ``noesis.beliefs.odds``. Beliefs are
    made by ``create_belief`` and the updates, which check; a belief itself never changes.
    """

    statement: str
    prior: float
    mantissa: float
    exponent: int
    history: History

    @property
    def probability(self) -> float:
        """Of the statement, 0 to 1, right to 2**-52 x (updates + 3) of itself, or to 2**-1074.

        A belief that is not certain rounds to 1 above odds of 2**53, to 0 below 2**-1075; ``complement`` and
        ``log_odds`` still tell them apart.
        """
        return odds.probabilities(self.mantissa, self.exponent)[0]

    @property
    def complement(self) -> float:
        """The probability that the statement does not hold, with as many digits of its own."""
        return odds.probabilities(self.mantissa, self.exponent)[1]

    @property
    def log_odds(self) -> float:
        """The natural logarithm of the odds, in nats; infinite where the belief is certain."""
        return odds.log_odds(self.mantissa, self.exponent)

    @property
    def evidence(self) -> tuple[Update, ...]:
        """Every update so far, oldest first. O(n): made when it is asked for; ``len(history)`` is O(1)."""
        return tuple(self.history)

    def __repr__(self) -> str:
        count = len(self.history)
        return (
            f"Belief({self.statement!r}, {self.probability:.6g} after {count} update{'s' * (count != 1)},"
            f" {self.prior:.6g} before)"
        )


def check_words(name: str, value: object) -> None:
    """Raises ``BeliefError`` for what is no text, or an empty one."""
    if not isinstance(value, str) or not value:
        raise BeliefError(f"{name} must be a text that says something, not {reprlib.repr(value)}")


def check_probability(name: str, value: object) -> None:
    """Raises ``BeliefError`` for what is no number from 0 to 1."""
    if not isinstance(value, (float, int)) or isinstance(value, bool) or not 0.0 <= value <= 1.0:
        raise BeliefError(f"{name} must be a number from 0 to 1, not {reprlib.repr(value)}")
