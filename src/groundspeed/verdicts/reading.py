"""What a project's results say, as every command reads them: the one way from a configuration to a history.

Owns that the renames of groundspeed.toml are applied once, that commits stand in the order of git where
git knows them, and that nothing is read before it is asked for. Judges nothing, writes no result.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import numpy as np

from groundspeed.config import Configuration
from groundspeed.errors import HistoryError
from groundspeed.history import History
from groundspeed.history.order import history_order
from groundspeed.measurements import Measurement, Missing, NoiseFloor
from groundspeed.records import Build, Commit, SeriesKey
from groundspeed.results.archive import Archive
from groundspeed.results.index import Index, open_index
from groundspeed.results.session_wire import SessionFormatError
from groundspeed.results.sessions import read_session_file, session_paths
from groundspeed.verdicts.noise import CaseNoise, Leveled, case_noise
from groundspeed.verdicts.renames import NO_RENAMES, Renames
from groundspeed.verdicts.same_code import seen
from groundspeed.verdicts.steps import METHOD, Stepped, find_steps


def read(configuration: Configuration) -> Reading:
    """The results that ``configuration`` names. Nothing is opened yet; an absent folder is empty."""
    return Reading(configuration)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Known:
    """What git says of the commits that results speak of, by hash as stored; why it says nothing."""

    commits: Mapping[str, Commit]
    notices: tuple[str, ...]


class Reading:
    """A history as it was when first asked for; each part is read once, when it is wanted."""

    def __init__(self, configuration: Configuration) -> None:
        self.configuration = configuration
        self._noise: dict[str, tuple[CaseNoise, ...]] = {}

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
        """Every series, renames applied."""
        return self.renames.apply(self.index.archive())

    @property
    def machines(self) -> tuple[str, ...]:
        """The machines that there are results of, sorted."""
        return self.index.machines()

    @property
    def commits(self) -> Mapping[str, Commit]:
        """The commits of ``order`` that git knows, by hash; empty where there is no repository."""
        return self._known.commits

    @cached_property
    def order(self) -> tuple[str, ...]:
        """The hashes that results speak of, carried-over ones too, oldest first (``history_order``)."""
        return tuple(history_order(dates_of(self.archive), self.commits))

    @property
    def notices(self) -> tuple[str, ...]:
        """What a user should hear of the results: broken files, renames that rename nothing, no git."""
        return (*self.archive.warnings, *self._known.notices)

    def measurements(self, machine: str, commit: str) -> tuple[Measurement | Missing, ...]:
        """What a machine's results hold of a commit (full hash): every case, metric and environment."""
        return self.renames.apply_to(self.index.measurements(machine, commit))

    def floors(self, machine: str) -> Mapping[SeriesKey, NoiseFloor]:
        """The noise floor of each case's metric on a machine, by its key without a version.

        What is not in it has no floor that the results could tell.
        """
        return {one.key: one.floor for one in self.noise(machine)}

    def noise(self, machine: str) -> tuple[CaseNoise, ...]:
        """What noise each case's metric has on a machine, and what can be seen above it."""
        if machine not in self._noise:
            processes = self.index.processes(machine)
            renamed = dataclasses.replace(processes, keys=tuple(map(self.renames.key, processes.keys)))
            sessions = seen(renamed, self._identities(machine))
            self._noise[machine] = case_noise(sessions, self._leveled(machine))
        return self._noise[machine]

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
        return find_steps(self.archive, self.order, self.index.remembered(METHOD))

    def _leveled(self, machine: str) -> Iterator[Leveled]:
        """A machine's series in the order of commits, with where their new levels begin."""
        place_of = {commit: place for place, commit in enumerate(self.order)}
        places = np.array([place_of[one.hash] for one in self.archive.commits], np.intp)
        heads = np.split(
            self.steps.rows.head,
            np.searchsorted(self.steps.rows.series, np.arange(1, len(self.steps.series))),
        )
        for series, head in zip(self.steps.series, heads, strict=True):
            if series.key.machine == machine:
                at = places[series.commits]
                order = np.argsort(at, kind="stable")
                starts = np.searchsorted(at[order], head).tolist()
                yield Leveled(key=series.key, values=series.values[order], starts=starts)

    def _identities(self, machine: str) -> dict[tuple[str, str], str]:
        """What builds hold, by commit and environment, where a session says it."""
        found = {}
        for path in session_paths(self.configuration.suite.results_dir / machine):
            with contextlib.suppress(SessionFormatError):  # named where its lines are read
                for item in read_session_file(path, measured=False).items:
                    if isinstance(item, Build) and item.identity is not None:
                        found[item.commit, item.environment] = item.identity
        return found

    @cached_property
    def _known(self) -> _Known:
        try:
            history = History.open(self.configuration.suite.repo_path)
            return _Known(commits=history.known(list(dates_of(self.archive))), notices=())
        except HistoryError as error:
            return _Known(commits={}, notices=(f"Commits are ordered by their dates: {error}",))


def dates_of(archive: Archive) -> dict[str, datetime]:
    """Every commit that results or carried-over measurements speak of, by hash."""
    dates = {commit.hash: commit.date for commit in archive.commits}
    for series in archive.series:
        for one in series.carried:
            dates.setdefault(one.commit, one.date)
    return dates
