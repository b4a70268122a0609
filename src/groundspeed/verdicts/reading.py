"""What a project's results say, as every command reads them: the one way from a configuration to a history.

Owns that the renames of groundspeed.toml are applied once, that commits stand in the order of git where
git knows them, and that nothing is read before it is asked for. Judges nothing, writes no result.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from groundspeed.config import Configuration
from groundspeed.errors import HistoryError
from groundspeed.history import History
from groundspeed.history.order import history_order
from groundspeed.measurements import Measurement, Missing, NoiseFloor
from groundspeed.records import Commit, SeriesKey
from groundspeed.results.archive import Archive
from groundspeed.results.index import Index, open_index
from groundspeed.verdicts.renames import NO_RENAMES, Renames


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
        return {}

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
