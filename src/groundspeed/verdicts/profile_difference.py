"""Two profiles of a case compared: which functions account for what a call takes more, or less, at head.

A judgement of stored files, which measures nothing: so it stands here, and the page may ask for it as well
as a command. Owns when a function is named, and in which order; reads no file.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from groundspeed.errors import GroundspeedError
from groundspeed.records import Verdict
from groundspeed.results.profile_header import ProfileHeader
from groundspeed.results.profile_runs import Profiled
from groundspeed.stats.false_discovery import RATE, adjusted
from groundspeed.verdicts.profile_change import Change, Weighed, weigh
from groundspeed.verdicts.profile_ends import Basis, Ends, ends
from groundspeed.verdicts.profile_flame import Node, flame

NEGLIGIBLE = 0.01
"""Of a call: a function that moved by less explains nothing that one would look for."""


class Presence(StrEnum):
    """Which ends saw a function: what a sampler did not see may have run all the same."""

    BOTH = "both"
    APPEARED = "appeared"
    VANISHED = "vanished"


@dataclass(frozen=True, kw_only=True, slots=True)
class FunctionDifference:
    """A function: ``own`` is it alone, ``whole`` with all that it calls.

    ``file`` is head's, or base's of one that vanished; ``base_file`` base's where it moved, else empty;
    ``line`` one that was seen in it, None where no profiler named it. ``share`` is the part of the whole
    difference that its own is, None where a call as a whole did not move by ``NEGLIGIBLE``. ``verdict`` is
    of its own.
    """

    name: str
    file: str
    base_file: str
    line: int | None
    presence: Presence
    own: Change
    whole: Change
    share: float | None
    verdict: Verdict


@dataclass(frozen=True, kw_only=True, slots=True)
class ProfileDifference:
    """Head against base. Figures are of a call, in ``unit``, or shares of 1 where ``basis`` says so.

    ``runs`` are those of base and head; ``headers`` are None of a file that groundspeed did not write.
    ``functions``: those that are named first, the largest change first; ``nodes`` point into them.
    """

    unit: str
    basis: Basis
    runs: tuple[int, int]
    headers: tuple[ProfileHeader | None, ProfileHeader | None]
    call: Change
    functions: tuple[FunctionDifference, ...]
    nodes: tuple[Node, ...]


def profile_difference(base: Profiled, head: Profiled) -> ProfileDifference:
    """Compare two profiles of a case. Raises GroundspeedError where they are of different units.

    A run's own of a function is its share of the run times what a call took. A function is slower or faster
    where its 99 % interval lies on one side of 0, also among all functions that take ``NEGLIGIBLE`` of a
    call at an end (Benjamini and Hochberg at ``RATE``); same where the interval lies within ``NEGLIGIBLE``
    of a call at either side; else inconclusive.
    """
    if base.unit != head.unit:
        raise GroundspeedError(
            f"One profile is in {base.unit or 'samples'}, the other in {head.unit or 'samples'}: "
            "they cannot be compared. Profile both commits by the same kind."
        )
    both = ends(base, head)
    rows = _functions(both)
    order = sorted(range(len(rows)), key=lambda at: _rank(rows[at]))
    place_of = sorted(range(len(order)), key=order.__getitem__)
    return ProfileDifference(
        unit=base.unit if both.basis is Basis.CALL else "",
        basis=both.basis,
        runs=(len(base.runs), len(head.runs)),
        headers=(base.header, head.header),
        call=_call(both),
        functions=tuple(rows[at] for at in order),
        nodes=flame(both, place_of),
    )


def _scale(both: Ends) -> float:
    """What a call takes: the larger of both, for one of them may be nothing."""
    return float(max(both.base.cost.mean(), both.head.cost.mean()))


def _call(both: Ends) -> Change:
    base, head = both.base.cost[:, None], both.head.cost[:, None]
    return weigh(base, head, scale=_scale(both), noise=np.zeros(1)).changes[0]


def _weighed(both: Ends, base: NDArray[np.float64], head: NDArray[np.float64]) -> Weighed:
    noise = (both.base.noise(base) + both.head.noise(head)) / 2
    return weigh(base, head, scale=_scale(both), noise=noise)


def _functions(both: Ends) -> list[FunctionDifference]:
    scale, call = _scale(both), _call(both).by.centre
    found = _weighed(both, both.base.own, both.head.own)
    wholes = _weighed(both, both.base.whole, both.head.whole).changes
    verdicts = _verdicts(found, NEGLIGIBLE * scale)
    return [
        FunctionDifference(
            name=one.name,
            file=one.file,
            base_file=one.base_file,
            line=one.line,
            presence=_presence(whole),
            own=own,
            whole=whole,
            share=own.by.centre / call if abs(call) > NEGLIGIBLE * scale else None,
            verdict=verdict,
        )
        for one, own, whole, verdict in zip(both.functions, found.changes, wholes, verdicts, strict=True)
    ]


def _verdicts(found: Weighed, negligible: float) -> list[Verdict]:
    """In the order given; ``negligible`` is in the unit of the figures."""
    stands = np.zeros(len(found.changes), dtype=np.bool_)
    weighty = np.array([max(one.base, one.head) >= negligible for one in found.changes], dtype=np.bool_)
    stands[weighty] = adjusted(found.chances[weighty]) <= RATE
    return [
        _verdict(one, negligible, stands=bool(named))
        for one, named in zip(found.changes, stands, strict=True)
    ]


def _verdict(change: Change, negligible: float, *, stands: bool) -> Verdict:
    by = change.by
    if -negligible <= by.low and by.high <= negligible:
        return Verdict.SAME
    if stands and by.low > 0:
        return Verdict.SLOWER
    if stands and by.high < 0:
        return Verdict.FASTER
    return Verdict.INCONCLUSIVE


def _presence(whole: Change) -> Presence:
    if whole.base > 0 and whole.head > 0:
        return Presence.BOTH
    return Presence.VANISHED if whole.base > 0 else Presence.APPEARED


def _rank(one: FunctionDifference) -> tuple[bool, float, float, str, str]:
    """What is named first; then by how far it moved by itself, and with what it calls."""
    named = one.verdict in (Verdict.SLOWER, Verdict.FASTER)
    return not named, -abs(one.own.by.centre), -abs(one.whole.by.centre), one.name, one.file
