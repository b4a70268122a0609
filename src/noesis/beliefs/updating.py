"""Beliefs and evidence → beliefs. Owns what is said of evidence that could not be."""

from __future__ import annotations

import math
import reprlib
from collections.abc import Sequence

from noesis.beliefs import odds
from noesis.beliefs.history import History
from noesis.beliefs.records import Belief, Update, check_probability, check_words
from noesis.errors import BeliefError

_NOTHING_SEEN = History()


def create_belief(statement: str, prior: float = 0.5) -> Belief:
    """A belief before any evidence. ``prior``: the statement's probability, from 0 to 1.

    0 and 1 are certain: no evidence changes them any more, and evidence that is impossible by them is an
    error. Raises ``BeliefError``.
    """
    check_words("statement", statement)
    check_probability("prior", prior)
    mantissa, exponent = odds.odds(prior)
    return Belief(
        statement=statement, prior=prior, mantissa=mantissa, exponent=exponent, history=_NOTHING_SEEN
    )


def update_full(belief: Belief, evidence: str, p_e_given_h: float, p_e_given_not_h: float) -> Belief:
    """The belief after ``evidence``: Bayes' theorem with both likelihoods, each from 0 to 1. O(1).

    Evidence impossible if the statement holds makes it certain that it does not, and the other way round.
    Raises ``BeliefError`` for values that are no probabilities, and for evidence that is impossible by what
    is certain already: P(E) = 0, and what follows from it is not defined.
    """
    update = Update(evidence=evidence, p_e_given_h=p_e_given_h, p_e_given_not_h=p_e_given_not_h)
    return batch_update_full(belief, (update,))


def batch_update_full(belief: Belief, updates: Sequence[Update]) -> Belief:
    """The belief after all of ``updates``: the very numbers of one after the other. O(updates).

    Each is taken as independent of the others, given the statement and given its contrary. All or nothing:
    raises ``BeliefError`` that names the first piece of evidence which contradicts what is certain by then.
    """
    added = tuple(updates)
    mantissa, exponent = belief.mantissa, belief.exponent
    for update in added:
        mantissa, exponent = odds.updated(mantissa, exponent, update.p_e_given_h, update.p_e_given_not_h)
        if math.isnan(mantissa):
            raise BeliefError(_contradiction(belief, update))
    return Belief(
        statement=belief.statement,
        prior=belief.prior,
        mantissa=mantissa,
        exponent=exponent,
        history=belief.history.extended(added),
    )


def _contradiction(belief: Belief, update: Update) -> str:
    certain = "holds" if update.p_e_given_h == 0.0 else "does not hold"
    evidence, statement = reprlib.repr(update.evidence), reprlib.repr(belief.statement)
    return (
        f"evidence {evidence} is impossible if {statement} {certain}, which is certain by then; go back to"
        " the prior, or to the evidence before that made it certain"
    )
