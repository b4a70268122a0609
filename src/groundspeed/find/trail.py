"""One case's search over a range, from what its processes gave. Pure; measures and builds nothing.

Owns what processes stand for. Where the case gives a value at both ends, it is searched for where the value
changed: each sample is a ratio to the old end, of two processes taken in turn. Where it fails at one of both,
it is searched for where that changed, and one process tells. A commit that does not build, or at which the
case fails although it runs at both ends, is neither good nor bad.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from enum import StrEnum

from groundspeed.find.posterior import Direction, Floats
from groundspeed.find.search import Answer, Kind, Search, Step

TRIES = 2
"""Processes in a row that fail before a case does: one may be the host's doing."""

WORKS, FAILS = 1.0, 10.0
"""What stands for a process that gave a value, and one that failed, where it is searched for that."""

AS_MANY = 8
"""Samples that such a process stands for: whether a case fails, one process says, and does not scatter."""


LIKELY = 0.5
"""Of a commit that is checked although the search is not sure of it."""


class Mode(StrEnum):
    """What is searched for."""

    LEVEL = "a change of level"
    FATE = "where it began to fail, or to work"
    NOTHING = "nothing: it fails at both ends"
    UNKNOWN = "not known yet"


@dataclass(frozen=True, kw_only=True, slots=True)
class How:
    """How a search goes: what it allows of doubt, which changes count, where the history suspects one."""

    confidence: float
    direction: Direction
    prior: Floats | None


class Trail:
    """The search of one case over ``commits``, numbered from the old end on."""

    def __init__(self, commits: int, how: How) -> None:
        self.commits = commits
        self._how = how
        self._ratios: list[tuple[int, str, float]] = []
        self._fates: dict[int, list[bool]] = {}
        self._broken: set[int] = set()
        self._built: set[int] = set()
        self._search: Search | None = None

    # --- what is told -------------------------------------------------------------------------------

    def compared(self, index: int, sitting: str, ratio: float) -> None:
        """A commit's value over the old end's, less being better, of two processes taken in turn."""
        self._ratios.append((index, sitting, ratio))
        if self._search is not None and self.mode is Mode.LEVEL:
            self._search.record(index, ratio, sitting)

    def ran(self, index: int, *, works: bool) -> None:
        """One process at a commit: whether it gave a value."""
        self._fates.setdefault(index, []).append(works)
        self._built.add(index)
        if self._search is not None:
            self._tell(self._search, index, works=works)

    def broke(self, index: int) -> None:
        """The commit does not build."""
        self._broken.add(index)
        if self._search is not None:
            self._search.record(index, None)

    def stands(self, index: int) -> None:
        """The commit is built."""
        self._built.add(index)
        if self._search is not None:
            self._search.built(index)

    # --- what is known ------------------------------------------------------------------------------

    @property
    def mode(self) -> Mode:
        """What is searched for, as far as the ends tell."""
        works = [self.works(end) for end in self.ends]
        if not all(work or self.is_lost(end) for work, end in zip(works, self.ends, strict=True)):
            return Mode.UNKNOWN
        return Mode.LEVEL if all(works) else Mode.FATE if any(works) else Mode.NOTHING

    @property
    def ends(self) -> tuple[int, int]:
        """The old end and the new one."""
        return 0, self.commits - 1

    @property
    def broken_ends(self) -> tuple[int, ...]:
        """Those that do not build."""
        return tuple(end for end in self.ends if end in self._broken)

    @property
    def known(self) -> frozenset[int]:
        """The commits that are built, or cannot be."""
        return frozenset(self._broken | self._built)

    @property
    def probabilities(self) -> Floats | None:
        """That each commit is the first changed one; None before both ends ran."""
        return None if self._search is None else self._search.probabilities

    def probability(self, index: int) -> float:
        """That a commit is the first changed one, or one of those before it that do not build."""
        return 0.0 if self._search is None else float(self._search.probabilities[index])

    @property
    def effect(self) -> float:
        """The logarithm of new over old that is expected, lower being better; 0 before both ends ran."""
        return 0.0 if self._search is None else self._search.belief.effect

    def works(self, index: int) -> bool:
        """Whether any process gave a value there."""
        return any(self._fates.get(index, ()))

    def is_lost(self, index: int) -> bool:
        """Whether the case has failed there often enough, and never given a value."""
        return not self.works(index) and len(self._fates.get(index, ())) >= TRIES

    def answer(self) -> Answer:
        """What can be said now."""
        if self._search is None:
            return Answer(kind=Kind.INCONCLUSIVE, probability=0.0)
        return self._search.answer()

    @property
    def candidate(self) -> int | None:
        """The commit that a check is worth: the answer, or what is more likely than not where nothing that
        could be asked tells more, as where the level changes at several commits. None where there is none."""
        if self._search is None:
            return None
        answer = self._search.answer()
        if answer.kind is not Kind.INCONCLUSIVE:
            return answer.first_changed
        found = self._search.probabilities
        return int(found.argmax()) if float(found.max()) > LIKELY else None

    # --- what comes next ----------------------------------------------------------------------------

    def plan(self, build_cost: float) -> Step | None:
        """What to measure next; None when the answer is known, or cannot be had. A build costs as much as
        ``build_cost`` samples, by what is known when both ends have run.
        """
        if self.broken_ends:
            return None
        if self.mode is Mode.UNKNOWN:
            return Step(commit=self.ends[1], count=1, why="whether the benchmark runs at both ends")
        if self.mode is Mode.NOTHING:
            return None
        search = self._search or self._begun(build_cost)
        step = search.plan()
        if step is None or self.mode is Mode.LEVEL:
            return step
        return dataclasses.replace(step, count=-(-step.count // AS_MANY))

    def before(self, index: int) -> int:
        """The last commit before one that builds and runs."""
        lost = self._broken | {one for one in range(index) if self.mode is Mode.LEVEL and self.is_lost(one)}
        return next(one for one in reversed(range(index)) if one not in lost)

    def _begun(self, build_cost: float) -> Search:
        how = self._how
        self._search = Search(
            self.commits, build_cost, confidence=how.confidence, direction=how.direction, prior=how.prior
        )
        for index in self._built:
            self._search.built(index)
        for index in self._broken:
            self._search.record(index, None)
        if self.mode is Mode.LEVEL:
            for index, sitting, ratio in self._ratios:
                self._search.record(index, ratio, sitting)
        for index, fates in self._fates.items():
            for works in fates:
                self._tell(self._search, index, works=works)
        return self._search

    def _tell(self, search: Search, index: int, *, works: bool) -> None:
        """What a process says by running or failing."""
        if self.mode is Mode.FATE:
            for _ in range(AS_MANY):
                search.record(index, WORKS if works else FAILS)
        elif self.is_lost(index):
            search.record(index, None)
