"""What a project's results say, as every command reads them: the one way from a configuration to a history.

Owns that the renames of groundspeed.toml are applied once, that commits stand in the order of git where
git knows them, that what a merge brought in is no part of a branch's line, and that nothing is read before
it is asked for. Judges nothing, writes no result.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import numpy as np

from groundspeed.config import Configuration
from groundspeed.config.globs import names
from groundspeed.errors import HistoryError
from groundspeed.history import History
from groundspeed.history.order import history_order
from groundspeed.measurements import Measurement, Missing, NoiseFloor
from groundspeed.records import Commit, SeriesKey
from groundspeed.results.archive import Archive
from groundspeed.results.index import Index, Processes, Samples, open_index
from groundspeed.results.leaving import without
from groundspeed.verdicts.noise import CaseNoise, Leveled, case_noise, noise_floors
from groundspeed.verdicts.renames import NO_RENAMES, Renames
from groundspeed.verdicts.same_code import Seen, seen
from groundspeed.verdicts.steps import Stepped, find_steps, method
from groundspeed.verdicts.triage import NAME as TRIAGE
from groundspeed.verdicts.triage import Decision, TriageError, read_triage


def read(configuration: Configuration) -> ProjectResults:
    """The results that ``configuration`` names. Nothing is opened yet; an absent folder is empty."""
    return ProjectResults(configuration)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Known:
    """What git says of the commits that results speak of, by hash as stored; why it says nothing."""

    commits: Mapping[str, Commit]
    notices: tuple[str, ...]


class ProjectResults:
    """A history as it was when first asked for; each part is read once, when it is wanted."""

    def __init__(self, configuration: Configuration) -> None:
        self.configuration = configuration
        self._floors: dict[str, Mapping[SeriesKey, NoiseFloor]] = {}

    @cached_property
    def index(self) -> Index:
        """The results as they are stored, brought up to date when first asked for."""
        return open_index(self.configuration.suite.results_dir, self.configuration.workspace / "index")

    @cached_property
    def renames(self) -> Renames:
        """The renames of groundspeed.toml, as they apply to these results."""
        stated = self.configuration.project.renames
        return Renames.of(stated, self.index.archive()) if stated else NO_RENAMES

    @cached_property
    def archive(self) -> Archive:
        """Every series along the branches, renames applied: the history that is judged and shown."""
        return without(self.whole, self.aside) if self.aside else self.whole

    @cached_property
    def whole(self) -> Archive:
        """Every series at every commit, those ``aside`` too."""
        return self.renames.apply(self.index.archive())

    @cached_property
    def aside(self) -> frozenset[str]:
        """The commits of ``whole`` that came into a branch by a merge: no step of its line, though measured.

        None where the others would be none, or where git does not tell.
        """
        beside = set(self.commits).difference(*self._lines.values())
        try:
            found = self._history().reached(beside, tuple(self._lines)) if self._lines else frozenset()
        except HistoryError:
            return frozenset()
        return found if len(found) < len(self.commits) else frozenset()

    def line_to(self, commit: str) -> tuple[str, ...]:
        """The commits up to ``commit`` (full hash, known to git) along first parents, oldest first."""
        for line in self._lines.values():
            if commit in line:
                return line[: line.index(commit) + 1]
        return self._history().order(commit)

    @cached_property
    def _lines(self) -> Mapping[str, tuple[str, ...]]:
        """The commits of each branch along first parents, oldest first; none where git does not tell."""
        try:
            history = self._history()
            branches = history.branches(self.configuration.suite.branches)
            return {branch: history.order(branch) for branch in branches}
        except HistoryError:
            return {}

    def _history(self) -> History:
        return History.open(self.configuration.suite.repo_path)

    @property
    def machines(self) -> tuple[str, ...]:
        """The machines that there are results of, sorted."""
        return self.index.machines()

    @property
    def commits(self) -> Mapping[str, Commit]:
        """The commits of ``whole`` that git knows, by hash; empty where there is no repository."""
        return self._known.commits

    @cached_property
    def order(self) -> tuple[str, ...]:
        """The hashes that ``archive`` speaks of, carried-over ones too, oldest first (``history_order``)."""
        return tuple(history_order(dates_of(self.archive), self.commits))

    @cached_property
    def whole_order(self) -> tuple[str, ...]:
        """The same of ``whole``."""
        return tuple(history_order(dates_of(self.whole), self.commits)) if self.aside else self.order

    @property
    def notices(self) -> tuple[str, ...]:
        """What a user should hear of the results: broken files, names that fit nothing, no git."""
        return (*self.index.notices, *self.archive.warnings, *self._known.notices, *self._unfit)

    @cached_property
    def _unfit(self) -> tuple[str, ...]:
        """Of a suite that is known: what is left to the night, and is not there."""
        cases = [case for one in self.archive.benchmarks.values() for case in one.cases()]
        return tuple(
            f'[nightly] cases: "{glob}" fits nothing in the results: a slip of the pen, unless it is new.'
            for glob in self.configuration.project.nightly.cases
            if cases and not any(names(glob, case) for case in cases)
        )

    def measurements(self, machine: str, commit: str) -> tuple[Measurement | Missing, ...]:
        """What a machine's results hold of a commit (full hash): every case, metric and environment."""
        return self.renames.apply_to(self.index.measurements(machine, commit))

    def processes(self, machine: str) -> Processes:
        """Every process of every session of a machine that measured, renames applied."""
        found = self.index.processes(machine)
        return dataclasses.replace(found, keys=tuple(map(self.renames.key, found.keys)))

    def samples(self, machine: str, commits: AbstractSet[str]) -> Samples:
        """The samples of those of ``processes`` that measured one of ``commits``."""
        found = self.index.samples(machine, commits)
        return dataclasses.replace(found, keys=tuple(map(self.renames.key, found.keys)))

    def floors(self, machine: str) -> Mapping[SeriesKey, NoiseFloor]:
        """The noise floor of each case's metric on a machine, by its key without a version.

        What is not in it has no floor that the results could tell.
        """
        if machine not in self._floors:
            self._floors[machine] = noise_floors(self._sessions(machine), self._leveled(machine))
        return self._floors[machine]

    def noise(self, machine: str) -> tuple[CaseNoise, ...]:
        """What noise each case's metric has on a machine, and what can be seen above it."""
        return case_noise(self._sessions(machine), self._leveled(machine))

    def keys(self, machine: str) -> frozenset[SeriesKey]:
        """What was measured on a machine: the keys of its series, without versions."""
        return frozenset(
            dataclasses.replace(one.key, version=None)
            for one in self.archive.series
            if one.key.machine == machine
        )

    @cached_property
    def steps(self) -> Stepped:
        """The steps of every series; those of series that did not change are remembered."""
        memory = self.index.remembered(method())
        return find_steps(self.archive, self.order, memory, self._decisions())

    def _decisions(self) -> tuple[Decision, ...]:
        """What was decided about regressions. Whoever asks for these hears of a file that is broken."""
        try:
            return read_triage(self.configuration.suite.root / TRIAGE)
        except TriageError:
            return ()

    def _sessions(self, machine: str) -> Seen:
        """What a machine's sessions measured of which code."""
        return seen(self.processes(machine), self.index.identities(machine))

    def _leveled(self, machine: str) -> Iterator[Leveled]:
        """A machine's series in the order of commits, with where their new levels begin."""
        place_of = {commit: place for place, commit in enumerate(self.order)}
        places = np.array([place_of[one.hash] for one in self.archive.commits], np.intp)
        stepped = self.steps
        bounds = np.searchsorted(stepped.rows.series, np.arange(len(stepped.series) + 1))
        for number, series in enumerate(stepped.series):
            if series.key.machine == machine:
                at = places[series.commits]
                order = np.argsort(at, kind="stable")
                heads = stepped.rows.head[bounds[number] : bounds[number + 1]]
                starts = np.searchsorted(at[order], heads).tolist()
                yield Leveled(key=series.key, values=series.values[order], starts=starts)

    @cached_property
    def _known(self) -> _Known:
        try:
            return _Known(commits=self._history().known(list(dates_of(self.whole))), notices=())
        except HistoryError as error:
            return _Known(
                commits={}, notices=(f"Commits go by their dates, without their subjects: {error}",)
            )


def dates_of(archive: Archive) -> dict[str, datetime]:
    """Every commit that results or carried-over measurements speak of, by hash."""
    dates = {commit.hash: commit.date for commit in archive.commits}
    for series in archive.series:
        for one in series.carried:
            dates.setdefault(one.commit, one.date)
    return dates
