"""What the results hold for and against bottlenecks at a commit: profiles, ``alloc_`` figures, growth.

Owns which profiles and figures are asked, and what is said of those that are not there. The judgement is
verdicts/bottlenecks.py's. Measures nothing.
"""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from groundspeed.definition import kind_of
from groundspeed.errors import HistoryError, NothingMeasuredError
from groundspeed.history import History
from groundspeed.history.files import paths_at
from groundspeed.results.further import EXPONENT, split_metric
from groundspeed.results.profiles import StoredProfile, stem_of, stored_profiles, text_of
from groundspeed.results.stacks import ProfileFormatError
from groundspeed.stats.scaling import NoGrowth
from groundspeed.verdicts.bottlenecks import (
    ALLOCATIONS,
    ASKED,
    CONTENTION,
    CPU,
    MEMORY,
    MOVES,
    BottleneckReport,
    Cause,
    Profiled,
    Unplaced,
    Unprofiled,
    growing,
    placed,
    ranked,
)
from groundspeed.verdicts.ladders import Sizes
from groundspeed.verdicts.newest import NoValue, Present, Track
from groundspeed.verdicts.places import Sources, spending
from groundspeed.verdicts.profiled import ProfileFile, newest_files
from groundspeed.verdicts.scaling import Scaled, scale

_JUDGED = (CPU, MEMORY, ALLOCATIONS, MOVES, CONTENTION)
_TOTAL, _COUNT, _PEAK = "total_memray", "count_memray", ""
"""Metrics of ``alloc_`` (docs/kinds.md). Where memray was not there, at least the peak was asked for."""


def find_bottlenecks(
    present: Present, pattern: str | None = None, commit: str | None = None
) -> BottleneckReport:
    """What costs most at the commit asked for, else at ``commit``, one of the branch, else at the newest
    measured or profiled one.

    ``pattern`` is searched in the text of cases. Raises NothingMeasuredError where the machine has neither
    results nor profiles at a commit of the branch, HistoryError where a commit cannot be read.
    """
    configuration = present.reading.configuration
    stored = [
        one for one in stored_profiles(configuration.suite.results_dir) if one.machine == present.machine
    ]
    tracks = present.tracks(lambda key: pattern is None or re.search(pattern, str(key.case)) is not None)
    texts = _texts(present, tracks, stored, pattern)
    asked = [one for one in stored if one.stem in texts]
    order = _order(present) if asked else present.branch
    commit = present.at or commit or _newest(present.machine, order, tracks, asked)
    notices: list[str] = [*present.reading.notices]
    files = newest_files(asked, texts, order, commit) if asked else ()
    profiles = tuple(_read(files, _sources(present, commit), notices)) if files else ()
    ladders = _ladders(present, pattern)
    rule = configuration.project.bottlenecks
    return BottleneckReport(
        project=configuration.suite.project,
        machine=present.machine,
        commit=commit,
        rule=rule,
        profiles=tuple(one.file for one in profiles),
        ladders=len(ladders),
        found=ranked([*placed(profiles, rule), *growing(ladders, profiles, rule)]),
        unplaced=tuple(_unplaced(present, tracks, profiles)),
        unprofiled=tuple(_unprofiled(sorted(texts.values()), profiles)),
        notices=tuple(notices),
    )


# --- the history -------------------------------------------------------------------------------------


def _order(present: Present) -> tuple[str, ...]:
    """The branch up to the commit asked for, oldest first: git's, for a commit may be profiled and not
    measured; what the results know where there is no git, or where they are of another branch.
    """
    suite, known = present.reading.configuration.suite, present.branch
    try:
        history = History.open(suite.repo_path)
        whole = history.order(present.at or history.branches(suite.branches[:1])[0])
    except HistoryError:
        return known
    return whole if set(known) <= set(whole) else known


def _newest(
    machine: str, order: Sequence[str], tracks: Sequence[Track], stored: Sequence[StoredProfile]
) -> str:
    profiled = {one.commit for one in stored}
    measured = {track.last.commit for track in tracks}
    found = next((one for one in reversed(order) if one in measured or one[:8] in profiled), None)
    if found is None:
        raise NothingMeasuredError(
            f"{machine} has neither results nor profiles of what is asked for on the branch. Make them: "
            "groundspeed run, groundspeed profile."
        )
    return found


def _sources(present: Present, commit: str) -> Sources:
    """The files of the commit; without git every frame counts as the project's."""
    suite = present.reading.configuration.suite
    folder = os.path.relpath(suite.benchmark_dir, suite.root.resolve())
    try:
        return Sources(paths_at(History.open(suite.repo_path), commit), folder)
    except HistoryError:
        return Sources((), folder)


# --- what is there -----------------------------------------------------------------------------------


def _texts(
    present: Present, tracks: Sequence[Track], stored: Sequence[StoredProfile], pattern: str | None
) -> Mapping[str, str]:
    """The cases that were profiled or measured, and those of the suite as the results last saw it: as people
    write them, by the names that they have in files of profiles.
    """
    suite = (
        case
        for name, one in present.reading.archive.benchmarks.items()
        if not split_metric(name)[1]
        for case in one.cases()
    )
    keys = (track.series.key for track in tracks)
    measured = (key.case for key in keys if key.metric != EXPONENT)  # that one lacks the size
    known = {stem_of(case): str(case) for case in {*suite, *measured}}
    profiled = {one.stem: text for one in stored if (text := text_of(one.stem)) is not None}
    return {
        stem: text
        for stem, text in {**profiled, **known}.items()
        if pattern is None or re.search(pattern, text)
    }


def _read(files: Sequence[ProfileFile], sources: Sources, notices: list[str]) -> Iterator[Profiled]:
    """The profiles that are judged; what is none goes to the ``notices``."""
    for one in files:
        if one.kind not in _JUDGED:
            continue
        try:
            found = spending(one.path, sources)
        except ProfileFormatError as error:
            notices.append(str(error))
            continue
        yield Profiled(file=one, spending=found)


def _ladders(present: Present, pattern: str | None) -> tuple[Scaled, ...]:
    """Those whose growth is known."""
    archive, project = present.reading.archive, present.reading.configuration.project
    sizes = Sizes(benchmarks=archive.benchmarks, stated=project.scaling)
    return tuple(one for one in scale(present, sizes, pattern) if not isinstance(one.growth, NoGrowth))


# --- what is not there -------------------------------------------------------------------------------


def _unplaced(present: Present, tracks: Sequence[Track], profiles: Sequence[Profiled]) -> Iterator[Unplaced]:
    """What ``alloc_`` benchmarks allocate beyond the thresholds, where no memory profile says which place."""
    rule = present.reading.configuration.project.bottlenecks
    told = {one.file.case for one in profiles if one.file.kind == MEMORY}
    found: defaultdict[tuple[str, str], dict[str, float]] = defaultdict(dict)
    for track in tracks:
        key = track.series.key
        is_asked = kind_of(key.case.benchmark) == "alloc" and str(key.case) not in told
        if is_asked and not isinstance(track.last, NoValue):
            found[str(key.case), track.last.commit][key.metric] = present.value(track).centre
    for (case, commit), figures in sorted(found.items()):
        count, each = figures.get(_COUNT, 0.0), figures.get(_TOTAL, figures.get(_PEAK, 0.0))
        if each > rule.allocated:
            yield Unplaced(cause=Cause.MEMORY, case=case, commit=commit, value=each, unit="bytes")
        if count > rule.allocations and each < rule.small * count:
            yield Unplaced(cause=Cause.SMALL, case=case, commit=commit, value=count, unit="allocations")


def _unprofiled(cases: Sequence[str], profiles: Sequence[Profiled]) -> Iterator[Unprofiled]:
    for kind in ASKED:
        there = {one.file.case for one in profiles if one.file.kind == kind}
        missing = tuple(case for case in cases if case not in there)
        if missing:
            yield Unprofiled(kind=kind, cases=missing)
