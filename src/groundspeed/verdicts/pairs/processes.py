"""Judgements from worker processes: from their samples to a difference, and from that to a verdict.

Owns what processes stand for; stats/comparison.py owns the model, stats/ratio.py the four verdicts.
"""

from __future__ import annotations

import dataclasses
import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from groundspeed.records import Verdict
from groundspeed.stats.comparison import (
    LEVEL,
    Cell,
    Component,
    Difference,
    More,
    Undecidable,
    chance_beyond,
    difference,
    interval,
    more_processes,
)
from groundspeed.stats.precision import trimmed_mean, within
from groundspeed.stats.ratio import Interval, verdict
from groundspeed.verdicts.judgement import (
    DISTURBANCE,
    LEAST_PROCESSES,
    UNKNOWN_TOLERANCE,
    Caveat,
    Chances,
    Enough,
    Further,
    Ground,
    Judgement,
)
from groundspeed.verdicts.pairs.certain import ANYTHING, certain, is_steady, unrelated
from groundspeed.verdicts.pairs.question import Ends, Question, Taken, mapped, middle
from groundspeed.verdicts.variance import process_variance


@dataclass(frozen=True, kw_only=True, slots=True)
class Scale:
    """What values are compared on: logarithms, or multiples of ``unit`` where one is not positive."""

    logarithmic: bool
    unit: float

    def centre(self, samples: Sequence[float]) -> float:
        """Of one process."""
        if self.logarithmic:
            return statistics.median(map(math.log, samples))
        return statistics.median(samples) / self.unit

    def ratio(self, change: float) -> float:
        """Of two ends that differ by ``change``."""
        return math.exp(min(change, 700.0)) if self.logarithmic else 1 + change

    def limits(self, tolerance: float) -> tuple[float, float]:
        """The changes beyond which head is worse, and below which it is better."""
        ends = (1 + tolerance, 1 / (1 + tolerance))
        return (math.log(ends[0]), math.log(ends[1])) if self.logarithmic else (ends[0] - 1, ends[1] - 1)


LOGARITHMIC = Scale(logarithmic=True, unit=1.0)


def from_processes(ends: Ends, question: Question) -> Judgement:
    """Both ends have a process at least. Where nobody knows how far sessions differ, sessions that hold both
    ends count alone.
    """
    if is_steady(ends, question.unit):
        return certain(ends.base[0].samples[0], ends.head[0].samples[0], ends, question, Ground.EXACT)
    if ends.shared and question.floor is None:
        ends = ends.within(ends.shared)
    signs = {np.sign(sample) for one in ends.base for sample in one.samples}
    if signs not in ({1.0}, {-1.0}):
        return _about_zero(ends, question)
    return _judged(_modelled(ends, question), ends, question)


def _about_zero(ends: Ends, question: Question) -> Judgement:
    """Base is nothing, or scatters about it: only something that came of nothing for certain is told."""
    base, head = (sorted({sample for one in end for sample in one.samples}) for end in (ends.base, ends.head))
    if base == [0.0] and (head[0] > 0 or head[-1] < 0):
        return certain(0.0, middle(ends.head), ends, question, Ground.EXACT)
    effect = Interval(
        centre=middle(ends.head) - middle(ends.base), low=head[0] - base[-1], high=head[-1] - base[0]
    )
    evidence = ends.evidence(_ground(ends), Caveat.ABOUT_ZERO)
    return unrelated(middle(ends.base), middle(ends.head), effect, evidence, question)


def _ground(ends: Ends) -> Ground:
    if ends.shared:
        return Ground.SAME_SESSIONS
    return Ground.APART if ends.apart else Ground.OTHER_SESSIONS


# --- the model ---------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class _Model:
    """A difference in the worse direction, and what it is told on. ``base`` is base's centre in its unit.

    ``blind``: sessions differ, and nobody knows how far. ``lacking``: processes without which a disturbed
    host alone may make a change.
    """

    scale: Scale
    base: float
    difference: Difference
    process: Component
    blind: bool
    lacking: int


def _modelled(ends: Ends, question: Question) -> _Model:
    positive = all(sample > 0 for one in ends.all for sample in one.samples)
    scale = LOGARITHMIC if positive else Scale(logarithmic=False, unit=abs(middle(ends.base)))
    base, head = (np.array([scale.centre(one.samples) for one in end]) for end in (ends.base, ends.head))
    process = _process_variance(ends, base, head, scale, question)
    found = difference(_cells(ends, base, head), process, question.session)
    centre = trimmed_mean(base)
    return _Model(
        scale=scale,
        base=math.exp(centre) if positive else scale.unit * centre,
        difference=dataclasses.replace(found, centre=question.sign * found.centre),
        process=process,
        blind=question.floor is None and not ends.shared,
        lacking=max(0, LEAST_PROCESSES - ends.fewest) if any(one.timed for one in ends.all) else 0,
    )


def _cells(ends: Ends, base: NDArray[np.float64], head: NDArray[np.float64]) -> list[Cell]:
    """The centres of either end, session by session."""
    cells = []
    for session in sorted({one.session for one in ends.all}):
        own, other = _of_session(session, ends.base, base), _of_session(session, ends.head, head)
        cells.append(
            Cell(
                base_count=len(own),
                head_count=len(other),
                base=trimmed_mean(own) if len(own) else 0.0,
                head=trimmed_mean(other) if len(other) else 0.0,
            )
        )
    return cells


def _of_session(session: str, end: Sequence[Taken], centres: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.array([c for one, c in zip(end, centres, strict=True) if one.session == session])


def _process_variance(
    ends: Ends, base: NDArray[np.float64], head: NDArray[np.float64], scale: Scale, question: Question
) -> Component:
    """Of one process of either end, never below what the samples inside the processes allow."""
    groups = (
        _of_session(session, taken, centres)
        for taken, centres in ((ends.base, base), (ends.head, head))
        for session in {one.session for one in taken}
    )
    found = process_variance(groups, question.prior, question.floor, shared=bool(ends.shared))
    if not scale.logarithmic:
        return found
    return dataclasses.replace(found, variance=max(found.variance, within([one.samples for one in ends.all])))


# --- the judgement -----------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class _Decision:
    """A verdict, what would decide, and what must be said."""

    verdict: Verdict
    further: Further
    caveats: tuple[Caveat, ...] = ()


def _judged(model: _Model, ends: Ends, question: Question) -> Judgement:
    tolerance = max(question.tolerance, UNKNOWN_TOLERANCE) if model.blind else question.tolerance
    around, scale = interval(model.difference, LEVEL), model.scale
    worse = mapped(around, scale.ratio)
    turned = around if question.sign > 0 else mapped(around, lambda change: -change)
    effect = mapped(turned, lambda change: abs(model.base) * (scale.ratio(change) - 1))
    decision = _decided(worse, model, tolerance, question)
    blind = (Caveat.NOISE_UNKNOWN,) if model.blind else ()
    return Judgement(
        base=model.base,
        head=model.base + effect.centre,
        effect=effect,
        ratio=mapped(turned, scale.ratio),
        worse=worse,
        tolerance=tolerance,
        verdict=decision.verdict,
        chances=chances(model.difference, scale.limits(tolerance)),
        evidence=ends.evidence(_ground(ends), *blind, *decision.caveats),
        further=decision.further,
        difference=model.difference,
        process=model.process,
    )


def _decided(worse: Interval, model: _Model, tolerance: float, question: Question) -> _Decision:
    judged = verdict(worse, tolerance)
    alarm = judged in (Verdict.SLOWER, Verdict.FASTER)
    if alarm and model.lacking and verdict(worse, (1 + tolerance) * (1 + DISTURBANCE) - 1) is not judged:
        lacking = More(processes=model.lacking)
        return _Decision(verdict=Verdict.INCONCLUSIVE, further=lacking, caveats=(Caveat.FEW,))
    if judged is not Verdict.INCONCLUSIVE:
        return _Decision(verdict=judged, further=Enough())
    found = model.difference
    if model.blind:  # what was measured apart does not count any more once both ends share a session
        found = dataclasses.replace(found, sessions=ANYTHING)
    more = further(found, model.process, question.tolerance)
    if isinstance(more, More):
        more = More(processes=max(more.processes, model.lacking))
    return _Decision(verdict=judged, further=more)


def further(
    found: Difference, process: Component, tolerance: float, chance: float = (1 - LEVEL) / 2
) -> More | Undecidable:
    """How many more processes an end would decide, each bound missing by ``chance`` at most."""
    return more_processes(found, process, math.log1p(tolerance), chance=chance)


def chances(found: Difference, limits: tuple[float, float]) -> Chances:
    """Of a difference in the worse direction and the ends of what is tolerated."""
    mirrored = dataclasses.replace(found, centre=-found.centre)
    return Chances(slower=chance_beyond(found, limits[0]), faster=chance_beyond(mirrored, -limits[1]))
