"""One search with its journal: what is measured is written down first, and counts then.

Given the journal of an interrupted search it stands where that one stood. Measures nothing.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from enum import StrEnum

from groundspeed.errors import NothingMeasuredError
from groundspeed.find.span import Span
from groundspeed.find.trail import Mode, Trail
from groundspeed.find.values import Read, measurement, ratio, read
from groundspeed.measurements import Measurement
from groundspeed.records import Benchmark, Build, Failed, NotRun, Run, SeriesKey, Skipped
from groundspeed.results.finds import Asked, Entry, Journal

CHECK, SINGLE = ".check", ".single"
"""At the end of a sitting's name: its pairs of processes were taken in order to check an answer; its
processes are none of a pair. Else they are pairs of one start, the old end's process first."""


class Standing(StrEnum):
    """What a check says of an answer."""

    OPEN = "open"
    CONFIRMED = "confirmed"
    REFUTED = "refuted"


@dataclass(frozen=True, kw_only=True, slots=True)
class Checking:
    """Which answer is checked: the culprit's position and its parent's, and the logarithm of new over old
    that was found, lower being better."""

    base: int
    head: int
    effect: float


@dataclass(kw_only=True, slots=True)
class Hunt:
    """The search of one case over a span.

    ``checking`` is the last check of an answer, None before there was one, ``standing`` what it said;
    ``refuted`` counts the answers that a check did not confirm. ``fault`` is why its values cannot be
    searched; empty where they can.
    """

    asked: Asked
    span: Span
    benchmark: Benchmark
    trail: Trail
    journal: Journal
    standing: Standing = Standing.OPEN
    checking: Checking | None = None
    refuted: int = 0
    builds: dict[str, Build] = field(default_factory=dict)
    runs: list[tuple[str, Run]] = field(default_factory=list)
    half: tuple[str, Run] | None = None
    unit: str = ""
    fault: str = ""

    def __post_init__(self) -> None:
        self.unit = self.benchmark.unit

    @property
    def key(self) -> SeriesKey:
        """Whose values these are."""
        return SeriesKey(
            machine=self.asked.machine,
            environment=self.asked.environment,
            case=self.asked.case,
            metric=self.asked.metric,
            version=self.asked.version,
        )

    @property
    def text(self) -> str:
        """The series as it is written: case@metric."""
        return f"{self.asked.case}@{self.asked.metric}" if self.asked.metric else str(self.asked.case)

    def note(self, sitting: str, item: Build | Run) -> None:
        """A build or a process: written down, then taken in. Raises ``GroundspeedError``, with nothing
        written, where the benchmark has not the metric."""
        if isinstance(item, Build) and item.commit in self.builds:
            return
        if isinstance(item, Run):
            with contextlib.suppress(NothingMeasuredError):  # that is an answer, and kept
                read(item, self.benchmark, self.asked.metric)
        self.journal.add(Entry(sitting=sitting, item=item))
        self.take_in(Entry(sitting=sitting, item=item))

    def take_in(self, entry: Entry) -> None:
        """What the journal holds."""
        item = entry.item
        index = self.span.index_of(item.commit)
        if index is None:
            return
        if isinstance(item, Build):
            self.builds[item.commit] = item
            (self.trail.broke if item.failure else self.trail.stands)(index)
            return
        try:
            found = read(item, self.benchmark, self.asked.metric)
        except NothingMeasuredError as error:
            self.fault = str(error)
            return
        self.unit = found.unit if found else self.unit
        self.runs.append((entry.sitting, item))
        if not entry.sitting.endswith(CHECK):
            self.trail.ran(index, works=found is not None)
            self._pair(entry.sitting, item, found)

    def _pair(self, sitting: str, run: Run, found: Read | None) -> None:
        """The second process of a pair completes it; what an interruption left of one is no sample."""
        half, self.half = self.half, (sitting, run)
        if half is None or (half[0], half[1].started_at) != (sitting, run.started_at):
            return
        self.half = None
        base, index = read(half[1], self.benchmark, self.asked.metric), self.span.index_of(run.commit)
        if base is not None and found is not None and index is not None:
            self.trail.compared(index, sitting, ratio(base, found))

    def seconds(self, index: int) -> list[float]:
        """What each process at a commit took."""
        return [run.duration_s for _, run in self._at(index)]

    def checked(self, index: int) -> Measurement | None:
        """What the checks gave of a commit; None where they gave no value."""
        runs = [(one, run) for one, run in self._at(index) if one.endswith(CHECK)]
        if all(read(run, self.benchmark, self.asked.metric) is None for _, run in runs):
            return None
        return measurement(self.key, self.span.commits[index].hash, runs, self.benchmark)

    def checks(self, index: int) -> int:
        """How many processes checks took at a commit."""
        return sum(sitting.endswith(CHECK) for sitting, _ in self._at(index))

    def said(self, index: int) -> str:
        """What a commit at which the case fails says."""
        whys = [run.outcome for _, run in self._at(index) if isinstance(run.outcome, Failed)]
        others = [run.outcome for _, run in self._at(index) if isinstance(run.outcome, Skipped | NotRun)]
        return f"{whys[-1].kind}: {whys[-1].text}" if whys else others[-1].reason if others else ""

    @property
    def is_fate(self) -> bool:
        """Whether it is searched for where the case began to fail, or to work."""
        return self.trail.mode is Mode.FATE

    def _at(self, index: int) -> list[tuple[str, Run]]:
        commit = self.span.commits[index].hash
        return [one for one in self.runs if one[1].commit == commit]
