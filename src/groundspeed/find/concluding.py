"""What a search came to, as it is told and kept: the culprit and what was looked at beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from groundspeed.find.check import check_of
from groundspeed.find.hunt import Checking, Hunt, Standing
from groundspeed.find.search import Kind
from groundspeed.find.trail import Mode
from groundspeed.measure.workplace import last_said
from groundspeed.records import Build
from groundspeed.results.found import Change, Culprit, Found, Likely, Outcome
from groundspeed.results.origin import installed
from groundspeed.verdicts.origins import NONE, environment_differences

TOLD = 4
"""Probable commits that are told: the answer and three runners-up."""

Changed = Callable[[str, str], Sequence[str]]
"""The files that differ between two commits (hashes)."""


def concluded(
    hunt: Hunt, builds: Mapping[str, Build], changed: Changed, duration_s: float, why_not: str
) -> Found:
    """What a search came to. ``why_not`` is why it ended where it has no answer of its own."""
    probability, culprit = hunt.trail.answer().probability, None
    if hunt.standing is Standing.CONFIRMED and hunt.checking is not None:
        culprit = _culprit(hunt, hunt.checking, builds, changed)
        probability = hunt.trail.probability(hunt.checking.head)
    outcome = _outcome(hunt, culprit)
    known = {at: one for at in hunt.trail.broken_ends if (one := hunt.builds.get(_hash(hunt, at)))}
    return Found(
        outcome=outcome,
        probability=probability,
        culprit=culprit,
        likely=_likely(hunt),
        why=why_not or _why(hunt, outcome, known),
        unit=hunt.unit,
        builds=len(hunt.builds),
        processes=len(hunt.runs),
        duration_s=duration_s,
    )


def within_merge(found: Found, inside: Found) -> Found:
    """A merge, with what the search inside of it came to: a commit of its own, or the merge after all."""
    both = replace(
        found,
        builds=found.builds + inside.builds,
        processes=found.processes + inside.processes,
        duration_s=found.duration_s + inside.duration_s,
    )
    if inside.culprit is not None:
        return replace(both, culprit=inside.culprit, likely=inside.likely, probability=inside.probability)
    if inside.outcome is Outcome.FLAT:
        return both  # neither side alone: what they make together
    return replace(both, why=f"which commit of it, is undecided: {inside.why}")


def _outcome(hunt: Hunt, culprit: Culprit | None) -> Outcome:
    if culprit is not None:
        return Outcome.CULPRIT
    if hunt.fault or hunt.trail.broken_ends or hunt.trail.mode is Mode.NOTHING:
        return Outcome.NO_DATA
    return Outcome.FLAT if hunt.trail.answer().kind is Kind.FLAT else Outcome.UNDECIDED


def _why(hunt: Hunt, outcome: Outcome, broken: Mapping[int, Build]) -> str:
    """A sentence of what stands in the way of an answer."""
    if outcome in (Outcome.CULPRIT, Outcome.FLAT):
        return ""
    for index, build in broken.items():
        assert build.failure is not None
        return f"{hunt.span.commits[index].short} does not build: {last_said(build.failure)}"
    if hunt.trail.mode is Mode.NOTHING:
        return f"it fails at both ends: {_last(hunt.said(hunt.trail.commits - 1))}"
    if hunt.refuted:
        return (
            f"the commit that looked like the culprit did not differ from its parent, {hunt.refuted} times: "
            "the host is not steady enough"
        )
    if hunt.trail.candidate is not None:
        return "the culprit and its parent differ by too little to be told apart"
    return "the change is too small for the noise"


def _culprit(hunt: Hunt, one: Checking, builds: Mapping[str, Build], changed: Changed) -> Culprit:
    parent, commit = hunt.span.commits[one.base], hunt.span.commits[one.head]
    worse = one.effect > 0
    change = (Change.BROKE if worse else Change.FIXED) if hunt.is_fate else None
    return Culprit(
        commit=commit,
        parent=parent,
        unbuildable=hunt.span.commits[one.base + 1 : one.head],
        change=change or (Change.SLOWER if worse else Change.FASTER),
        check=check_of(hunt, one),
        said=_last(hunt.said(one.head if worse else one.base)) if hunt.is_fate else "",
        files=tuple(changed(parent.hash, commit.hash)),
        dependencies=_differing(builds.get(parent.hash), builds.get(commit.hash)),
        merge=hunt.span.merge,
    )


def _differing(base: Build | None, head: Build | None) -> tuple[str, ...]:
    """The lines that one environment has and the other has not; none where one of both is not known."""
    if base is None or head is None:
        return ()
    sides = [installed(one.environment, one.dependencies) for one in (base, head)]
    return tuple(
        f"{sign}{one.what}=={version}"
        for one in environment_differences(*sides)
        for sign, version in (("-", one.expected), ("+", one.found))
        if version != NONE
    )


def _likely(hunt: Hunt) -> tuple[Likely, ...]:
    found = hunt.trail.probabilities
    if found is None:
        return ()
    order = sorted(range(len(found)), key=lambda at: -float(found[at]))[:TOLD]
    return tuple(
        Likely(commit=hunt.span.commits[at], probability=float(found[at])) for at in order if found[at] > 0
    )


def _hash(hunt: Hunt, index: int) -> str:
    return hunt.span.commits[index].hash


def _last(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else ""
