"""Which steps matter, and which of them one commit explains. Pure; owns the two thresholds and the grouping.

False discoveries are controlled over all series together, and what lies within the tolerance does not
matter. What is closed keeps its place: nothing is hidden here.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from groundspeed.records import SeriesKey
from groundspeed.results.further import EXPONENT
from groundspeed.stats.false_discovery import adjusted
from groundspeed.stats.levels import SMALLEST_P, Steps
from groundspeed.verdicts.confirmed import rows_of, spans
from groundspeed.verdicts.groups import FULL_EVIDENCE, Affected, Group, Range, Regressions, State, ranked
from groundspeed.verdicts.steps import Scale, Stepped
from groundspeed.verdicts.triage import Decision, Ruling, id_of

FALSE_DISCOVERIES = 0.01
"""The share of the steps shown that noise may have made: a list that is read commit by commit bears one in
a hundred. It costs nearly nothing: of numpy's archive 57, 60 and 59 open groups at 0.1 %, 1 % and 5 %."""

EXPONENT_TOLERANCE = 0.1
"""Of a growth: with n^0.1 more, ten times the input costs a quarter more than it did."""


def judge(
    stepped: Stepped,
    *,
    tolerance: Callable[[SeriesKey], float],
    current: Callable[[SeriesKey], bool],
    decisions: Sequence[Decision],
    improvements: bool = False,
) -> Regressions:
    """The regressions among the steps of a history; or the improvements, about which nothing is decided.

    ``tolerance`` says what a project ignores of a series (0.05: five percent); ``current`` whether the
    suite still has what a series measures: what it has no more, nobody can measure again.
    """
    kept = np.array([current(one.key) for one in stepped.series], np.bool_)
    confirmed = np.zeros(stepped.rows.p.size, np.bool_) if improvements else _confirmed(stepped, decisions)
    candidates = _candidates(stepped, kept, tolerance, confirmed)
    chosen = np.flatnonzero(candidates.matters & (stepped.worse() ^ improvements))
    by_age = [] if improvements else sorted(decisions, key=lambda one: one.at)
    groups = _groups(stepped, candidates, chosen, by_age)
    holding = {one for group in groups for one in group.decisions}
    return Regressions(
        groups=groups,
        improvements=improvements,
        searched=Counter(one.key.machine for one, there in zip(stepped.series, kept, strict=True) if there),
        stale=tuple(one for one in by_age if one not in holding),
        order=stepped.order,
    )


def _confirmed(stepped: Stepped, decisions: Sequence[Decision]) -> NDArray[np.bool_]:
    """Which steps were measured again, and are so."""
    rows = stepped.rows
    place_of = {commit: place for place, commit in enumerate(stepped.order)}
    keys = [one.key for one in stepped.series]
    return rows_of(keys, rows.series, (rows.base, rows.head), spans(decisions, place_of))


@dataclass(frozen=True, kw_only=True, slots=True)
class _Candidates:
    """A row a step: its discovery rate, its size, what its series' level must exceed to count, verdict."""

    q: NDArray[np.float64]
    size: NDArray[np.float64]
    limit: NDArray[np.float64]
    matters: NDArray[np.bool_]


def _candidates(
    stepped: Stepped,
    kept: NDArray[np.bool_],
    tolerance: Callable[[SeriesKey], float],
    confirmed: NDArray[np.bool_],
) -> _Candidates:
    """A step matters when it is a discovery and its whole interval lies beyond the tolerance, or when it was
    confirmed: what was measured again leaves no doubt.

    Every series is a test, one with several steps as many.
    """
    rows = stepped.rows
    there = np.flatnonzero(kept[rows.series])
    q = np.ones(rows.p.size)
    steps = np.bincount(rows.series[there], minlength=kept.size)
    q[there] = discovery_rates(rows.p[there], int(np.maximum(steps, 1)[kept].sum()))
    q[confirmed] = 0.0
    shift = np.abs(rows.after - rows.before)
    share = np.array([tolerance(one.key) for one in stepped.series])[rows.series]
    ratio = np.array([one is Scale.RATIO for one in stepped.scales], np.bool_)[rows.series]
    growth = np.array([one.key.metric == EXPONENT for one in stepped.series], np.bool_)[rows.series]
    size = np.where(ratio, shift, np.where(growth, shift * math.log(10), _share(shift, rows)))
    limit = np.where(
        ratio, np.log1p(share), np.where(growth, EXPONENT_TOLERANCE, share * np.abs(rows.before))
    )
    matters = kept[rows.series] & (confirmed | ((q <= FALSE_DISCOVERIES) & (shift - rows.half > limit)))
    return _Candidates(q=q, size=size, limit=limit, matters=matters)


def discovery_rates(p: NDArray[np.float64], tests: int) -> NDArray[np.float64]:
    """For each p the rate of false discoveries at which its step is one, at most 1; shape (k,).

    ``tests`` are k at least: those that are not in ``p`` found nothing. Benjamini and Hochberg's rate times
    1 + 1/2 + … + 1/tests, which holds however the tests depend on each other (Benjamini and Yekutieli, Annals
    of Statistics 29(4), 2001, theorem 1.3): the series of a suite share hosts, commits and code, and two
    sided tests are not the positive dependence that would spare the factor, 9.6 for 8,000 tests.
    """
    rates = adjusted(np.concatenate([p, np.ones(tests - p.size)]))[: p.size]
    return np.minimum(1.0, rates * float(np.sum(1 / np.arange(1, tests + 1))))


def _share(shift: NDArray[np.float64], rows: Steps) -> NDArray[np.float64]:
    """Of what has no ratio: the difference over the larger of both levels, which is never far from a log."""
    larger = np.maximum(np.abs(rows.before), np.abs(rows.after))
    return np.divide(shift, larger, out=np.zeros_like(shift), where=larger > 0)


def _groups(
    stepped: Stepped, candidates: _Candidates, chosen: NDArray[np.intp], decisions: Sequence[Decision]
) -> tuple[Group, ...]:
    """The chosen steps by the commit that explains them, the highest score first, open ones before all."""
    rows = stepped.rows
    explained = explain(
        np.column_stack([rows.base[chosen] + 1, rows.head[chosen]]),
        np.column_stack([rows.earliest[chosen] + 1, rows.latest[chosen]]),
        np.minimum(FULL_EVIDENCE, -np.log10(np.maximum(candidates.q[chosen], SMALLEST_P))),
    )
    place_of = {commit: place for place, commit in enumerate(stepped.order)}
    groups = []
    for one in explained:
        core = chosen[one.core]
        base, head = int(rows.earliest[core].max()), int(rows.latest[core].min())
        over = [decision for decision in decisions if _overlaps(decision, base, head, place_of)]
        affected = [_affected(stepped, candidates, int(row), over) for row in chosen[one.members]]
        groups.append(
            _group(
                _range(stepped, base, head),
                _range(stepped, int(rows.base[core].max()), int(rows.head[core].min())),
                affected,
                over,
            )
        )
    return _named(ranked(groups))


@dataclass(frozen=True, kw_only=True, slots=True)
class Explained:
    """Ranges that one place explains, as positions. ``core`` are those that located it: it is in the likely
    range of each, whatever became of them.
    """

    core: NDArray[np.intp]
    members: NDArray[np.intp]


MUCH_MORE = 2.0
"""A step goes with another commit than its own when that one has so many times the evidence. At 1 whatever a
machine that measures monthly found may join its neighbour of the month; at 7 steps found one commit beside
their likes stand alone (numpy's archive: 102, 108 and 125 groups at 1, 2 and 7)."""


def explain(
    likely: NDArray[np.int64], possible: NDArray[np.int64], weight: NDArray[np.float64]
) -> list[Explained]:
    """Ranges of places, shape (n, 2), both ends included, each likely one within its possible one.

    The place with the greatest weight in likely ranges comes first and takes them as its core; then the same
    with what is left (the greedy cover: Johnson, "Approximation algorithms for combinatorial problems",
    J. Comput. Syst. Sci. 9, 1974): few places explain much, and a core has a place in common. A range then
    goes to the first place within its possible range that has ``MUCH_MORE`` weight than its own core.
    Weights are greater than 0. O(places · n).
    """
    places, cores = _cores(likely, weight)
    total = np.array([weight[core].sum() for core in cores])
    own = np.empty(len(likely), np.int64)
    for number, core in enumerate(cores):
        own[core] = number
    owner = own.copy()
    for number in reversed(range(len(places))):  # the greatest last, so that it has the say
        around = (possible[:, 0] <= places[number]) & (places[number] <= possible[:, 1])
        owner[around & (total[number] >= MUCH_MORE * total[own])] = number
    members = [np.flatnonzero(owner == number) for number in range(len(places))]
    return [
        Explained(core=core, members=those) for core, those in zip(cores, members, strict=True) if those.size
    ]


def _cores(
    likely: NDArray[np.int64], weight: NDArray[np.float64]
) -> tuple[list[int], list[NDArray[np.intp]]]:
    """Places by falling weight, and the ranges that each takes."""
    left = np.ones(len(likely), np.bool_)
    size = int(likely.max(initial=-1)) + 2
    places, cores = [], []
    while left.any():
        begins = np.bincount(likely[left, 0], weight[left], size)
        ends = np.bincount(likely[left, 1] + 1, weight[left], size)
        place = int(np.argmax(np.cumsum(begins - ends)))
        inside = left & (likely[:, 0] <= place) & (place <= likely[:, 1])
        places.append(place)
        cores.append(np.flatnonzero(inside))
        left &= ~inside
    return places, cores


def _group(
    possible: Range, likely: Range, affected: Sequence[Affected], decisions: Sequence[Decision]
) -> Group:
    return Group(
        id=id_of(likely.base, likely.head),
        range=possible,
        likely=likely,
        affected=tuple(sorted(affected, key=_pressing)),
        decisions=tuple(one for one in decisions if any(one.names(each.step.key) for each in affected)),
    )


def _pressing(one: Affected) -> tuple[float, str, str, str, str]:
    key = one.step.key
    return (-one.evidence * one.size, str(key.case), key.metric, key.machine, key.environment)


def _range(stepped: Stepped, base: int, head: int) -> Range:
    return Range(base=stepped.order[base], head=stepped.order[head])


def _overlaps(decision: Decision, base: int, head: int, place_of: Mapping[str, int]) -> bool:
    """Whether (base, head] and the decision's range have a commit in common."""
    if decision.base not in place_of or decision.head not in place_of:
        return False
    return place_of[decision.base] < head and base < place_of[decision.head]


def _affected(stepped: Stepped, candidates: _Candidates, row: int, decisions: Sequence[Decision]) -> Affected:
    step, key = stepped.step(row), stepped.series[stepped.rows.series[row]].key
    recovered = _recovery(stepped, row, candidates.limit[row])
    return Affected(
        step=step,
        q=float(candidates.q[row]),
        size=float(candidates.size[row]),
        recovered=recovered,
        state=_state(recovered, [one.ruling for one in decisions if one.names(key)]),
    )


def _recovery(stepped: Stepped, row: int, limit: float) -> Range | None:
    """The first later step of the series to a level within ``limit`` of the one before ``row``, or better."""
    rows = stepped.rows
    series, before = rows.series[row], rows.before[row]
    way = math.copysign(1.0, rows.after[row] - before)
    for at in range(row + 1, rows.p.size):
        if rows.series[at] != series:
            break
        if way * (rows.after[at] - before) <= limit:
            return _range(stepped, int(rows.base[at]), int(rows.head[at]))
    return None


def _state(recovered: Range | None, rulings: Sequence[Ruling]) -> State:
    """What the history shows goes before what was decided; of decisions, a person's before the newest."""
    if recovered is not None:
        return State.RECOVERED
    if Ruling.ACKNOWLEDGED in rulings:
        return State.ACKNOWLEDGED
    return State(rulings[-1]) if rulings else State.SUSPECTED


def _named(groups: Sequence[Group]) -> tuple[Group, ...]:
    """Each with the id of the oldest decision that holds for it, so that an id survives new data."""
    taken: set[str] = set()
    named = []
    for group in groups:
        ids = [one.id for one in group.decisions if one.id not in taken]
        named.append(replace(group, id=ids[0] if ids else group.id))
        taken.add(named[-1].id)
    return tuple(named)
