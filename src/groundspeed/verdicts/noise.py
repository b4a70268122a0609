"""The noise floor of every case on a machine, and what can be seen above it. Measures nothing.

Learned from sessions that measured the same code. Where none did, the history's scatter about its levels
stands in, an upper bound; where that is too short as well there is no floor, and none is made up.
"""

from __future__ import annotations

import bisect
import dataclasses
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from groundspeed.measurements import Basis, NoiseFloor
from groundspeed.records import SeriesKey
from groundspeed.results.further import EXPONENT
from groundspeed.stats.noise_floor import (
    NO_SESSIONS,
    Estimate,
    Floats,
    Repeats,
    between_sessions,
    processes_of,
    repeats,
    residuals,
    scatter,
    smallest_change,
    unit,
)
from groundspeed.stats.precision import UNKNOWN, Spread, learn, moderated
from groundspeed.verdicts.same_code import Seen

WANTED = 0.05
"""The change that a project wants to see where it says nothing else: the tolerance of a verdict."""

MOST_PROCESSES = 100
"""Of one case at one commit and session: more take minutes, and are no advice."""

MOST_SESSIONS = 20
"""Of one commit: a working month of nights."""

_LEAST_DF = 4.0  # of a floor from sessions: with fewer, the history of many commits is the better witness


@dataclass(frozen=True, kw_only=True, slots=True)
class MoreProcesses:
    """So many processes in a session do; no more than there are, where it can be seen now."""

    processes: int


@dataclass(frozen=True, kw_only=True, slots=True)
class MoreSessions:
    """No number of processes in one session does: it takes so many sessions of either commit."""

    sessions: int


@dataclass(frozen=True, kw_only=True, slots=True)
class TooNoisy:
    """Nothing that anybody would wait for does: the benchmark or the host wants mending."""


Wanted = MoreProcesses | MoreSessions | TooNoisy


@dataclass(frozen=True, kw_only=True, slots=True)
class CaseNoise:
    """What noise a case's metric has on a machine; ``key`` has no version.

    ``seen`` counts the sessions that measured the same code, or the values of the history, as the floor's
    basis says. ``processes`` is what its last measurement has, None where no session tells. ``smallest`` is
    the smallest detectable change between two such measurements, a share
    (``stats.noise_floor.smallest_change``); ``wanted`` is what it takes to see ``WANTED``.
    """

    key: SeriesKey
    floor: NoiseFloor
    seen: int
    processes: int | None
    smallest: float
    wanted: Wanted


@dataclass(frozen=True, kw_only=True, slots=True)
class _Floor:
    """A floor before it is chosen: where it comes from, and what it rests on."""

    between: Estimate
    basis: Basis
    seen: int


@dataclass(frozen=True, kw_only=True, slots=True)
class _Process:
    """One process of a case: its deviation, None where no cell has two, and how many the last cell has."""

    spread: Estimate | None
    count: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Leveled:
    """A series' ``values`` in the order of commits, shape (n,); its new levels begin at ``starts``."""

    key: SeriesKey
    values: Floats
    starts: Sequence[int]


def noise_floors(sessions: Seen, histories: Iterable[Leveled]) -> dict[SeriesKey, NoiseFloor]:
    """The noise floors of one machine's cases, by their keys without versions.

    What is not among them has none that could be told.
    """
    return {key: _noise_floor(floor, process) for key, floor, process in _floors(sessions, histories)}


def case_noise(sessions: Seen, histories: Iterable[Leveled]) -> tuple[CaseNoise, ...]:
    """The noise of every case that any is known of, from one machine's sessions and series."""
    return tuple(_noise(key, floor, process) for key, floor, process in _floors(sessions, histories))


def _floors(
    sessions: Seen, histories: Iterable[Leveled]
) -> Iterator[tuple[SeriesKey, _Floor, _Process | None]]:
    processes = _processes(sessions)
    repeated = _from_sessions(sessions, processes)
    history = _from_history(histories)
    case_of = {key: case for case, key in enumerate(sessions.keys)}
    for key in dict.fromkeys([*sessions.keys, *history]):
        process = processes.get(case_of.get(key, -1))
        floor = _chosen(repeated.get(case_of.get(key, -1)), history.get(key), process)
        if floor is not None:
            yield key, floor, process


def _processes(sessions: Seen) -> dict[int, _Process]:
    """By case: its processes' spread, moderated by what the other cases show."""
    own = processes_of(sessions.found, sessions.case)
    others = learn(list(own.values()))
    newest = np.argsort(sessions.last_s, kind="stable")
    counts = dict(zip(sessions.case[newest].tolist(), sessions.found.count[newest].tolist(), strict=True))
    return {
        case: _Process(
            spread=Estimate(deviation=math.sqrt(moderated(own[case], others)), df=own[case].df + others.df)
            if case in own
            else None,
            count=count,
        )
        for case, count in counts.items()
    }


def _variance(process: _Process) -> float | None:
    return process.spread.deviation**2 if process.spread else None


def _from_sessions(sessions: Seen, processes: Mapping[int, _Process]) -> dict[int, _Floor]:
    """By case, where sessions measured the same code.

    Cases whose processes can be told apart learn from each other in parts of what those add, the others as
    they are. Exactly equal values in several sessions are no chance: a floor of 0, and nothing to learn.
    """
    again = repeats(sessions.found, sessions.case, sessions.code, sessions.session)
    exact = {case for case, one in again.items() if one.variance == 0}
    found: dict[int, _Floor] = {}
    for told_apart in (True, False):
        kind = [
            (case, one)
            for case, one in again.items()
            if case not in exact and (_variance(processes[case]) is not None) == told_apart
        ]
        others = learn([_in_units(one, _variance(processes[case])) for case, one in kind])
        if told_apart and others is UNKNOWN:
            others = NO_SESSIONS
        for case, one in kind:
            between = between_sessions(one, _variance(processes[case]), others)
            found[case] = _Floor(between=between, basis=Basis.SESSIONS, seen=one.sessions)
    for case in exact:
        between = Estimate(deviation=0.0, df=again[case].df)
        found[case] = _Floor(between=between, basis=Basis.SESSIONS, seen=again[case].sessions)
    return found


def _in_units(one: Repeats, process: float | None) -> Spread:
    return Spread(variance=one.variance / unit(one, process), df=one.df)


def _from_history(histories: Iterable[Leveled]) -> dict[SeriesKey, _Floor]:
    """By key, from the scatter of the values about their levels, all versions of a case together."""
    rows: dict[SeriesKey, list[tuple[Floats, int]]] = defaultdict(list)
    for one in histories:
        measured = one.values[np.isfinite(one.values)]
        if one.key.metric != EXPONENT and measured.size and (measured > 0).all():
            row = residuals(np.log(one.values), one.starts)
            rows[dataclasses.replace(one.key, version=None)].append(row)
    found = {}
    for key, of_case in rows.items():
        between = scatter(of_case)
        if between is not None:
            count = sum(len(row) for row, _ in of_case)
            found[key] = _Floor(between=between, basis=Basis.HISTORY, seen=count)
    return found


def _chosen(repeated: _Floor | None, history: _Floor | None, process: _Process | None) -> _Floor | None:
    """Sessions of the same code before the history, unless they are too few and it is there.

    A history of single processes may by chance be calmer than its processes are: it is raised to them.
    """
    if repeated is not None and (history is None or repeated.between.df >= _LEAST_DF):
        return repeated
    if history is None or process is None or process.spread is None:
        return history
    least = process.spread.deviation / math.sqrt(process.count)
    if history.between.deviation >= least:
        return history
    return dataclasses.replace(history, between=Estimate(deviation=least, df=history.between.df))


# --- what can be seen ------------------------------------------------------------------------------------


def _noise_floor(floor: _Floor, process: _Process | None) -> NoiseFloor:
    return NoiseFloor(
        between_sessions=floor.between.deviation,
        between_processes=process.spread.deviation if process and process.spread else None,
        df=floor.between.df,
        basis=floor.basis,
    )


def _noise(key: SeriesKey, floor: _Floor, process: _Process | None) -> CaseNoise:
    spread = process.spread if process is not None else None
    count = process.count if process is not None else None
    return CaseNoise(
        key=key,
        floor=_noise_floor(floor, process),
        seen=floor.seen,
        processes=count,
        smallest=smallest_change(floor.between, _beside(floor, spread), 1, count or 1),
        wanted=_wanted(floor, spread, count or 1),
    )


def _beside(floor: _Floor, spread: Estimate | None) -> Estimate | None:
    """What processes add to a floor: a history's scatter holds them already."""
    return spread if floor.basis is Basis.SESSIONS else None


def _wanted(floor: _Floor, spread: Estimate | None, now: int) -> Wanted:
    """The fewest processes, else sessions of as many processes as now, that show ``WANTED``."""
    process = _beside(floor, spread)
    if smallest_change(floor.between, process, 1, now) <= WANTED:
        return MoreProcesses(processes=now)
    if process is not None and smallest_change(floor.between, process, 1, MOST_PROCESSES) <= WANTED:
        counts = range(now, MOST_PROCESSES + 1)
        first = bisect.bisect_left(
            counts, True, key=lambda n: smallest_change(floor.between, process, 1, n) <= WANTED
        )
        return MoreProcesses(processes=counts[first])
    one = math.log1p(smallest_change(floor.between, process, 1, now))
    sessions = (one / math.log1p(WANTED)) ** 2  # the exponent falls with the root of their number
    return MoreSessions(sessions=math.ceil(sessions)) if sessions <= MOST_SESSIONS else TooNoisy()
