"""One case's search over a range, from what its processes gave. Pure; measures and builds nothing.

Owns what a process stands for. Where the case gives a value at both ends, it is searched for where the value
changed; where it fails at one of both, for where that changed. A commit that does not build, or at which the
case fails although it runs at both ends, is neither good nor bad.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable
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
        self._values: dict[int, list[tuple[str, float]]] = {}
        self._failures: Counter[int] = Counter()
        self._broken: set[int] = set()
        self._built: set[int] = set()
        self._search: Search | None = None

    # --- what is told -------------------------------------------------------------------------------

    def took(self, index: int, sitting: str, value: float | None) -> None:
        """One process at a commit, of one sitting: its value, lower being better, or None where it failed."""
        if value is None:
            self._failures[index] += 1
        else:
            self._values.setdefault(index, []).append((sitting, value))
        self._built.add(index)
        if self._search is not None:
            self._tell(self._search, index, sitting, value)

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
        works = [end in self._values for end in self.ends]
        if not all(work or self._failures[end] >= TRIES for work, end in zip(works, self.ends, strict=True)):
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
        return index in self._values

    def is_lost(self, index: int) -> bool:
        """Whether the case has failed there often enough, and never given a value."""
        return index not in self._values and self._failures[index] >= TRIES

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
        ``build_cost`` processes, by what is known when both ends have run.
        """
        if self.broken_ends:
            return None
        for end in self.ends:
            if end not in self._values and not self.is_lost(end):
                return Step(commit=end, count=1, why="whether the benchmark runs at both ends")
        if self.mode is Mode.NOTHING:
            return None
        search = self._search or self._begun(build_cost)
        step = search.plan()
        if step is None or self.mode is Mode.LEVEL:
            return step
        return dataclasses.replace(step, count=-(-step.count // AS_MANY))

    def partner(self, index: int, turn: int, stands: Callable[[int], bool]) -> int | None:
        """The commit to measure beside one in its ``turn``, of those that stand: the nearest that was
        measured before it and after it, one after the other; beside an end the other end. What drifts on the
        host then drifts for them as well; None where nothing can drift, or there is none."""
        if self.mode is not Mode.LEVEL:
            return None
        others = self.ends if index in self.ends else sorted(self._values)
        known = [one for one in others if one != index and stands(one)]
        near = [*[one for one in known if one < index][-1:], *[one for one in known if one > index][:1]]
        return near[turn % len(near)] if near else None

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
        for index, values in self._values.items():
            for sitting, value in values:
                self._tell(self._search, index, sitting, value)
        for index, count in self._failures.items():
            for _ in range(count):
                self._tell(self._search, index, "", None)
        return self._search

    def _tell(self, search: Search, index: int, sitting: str, value: float | None) -> None:
        """What a process says of where the change is."""
        if self.mode is Mode.FATE:
            for _ in range(AS_MANY):
                search.record(index, FAILS if value is None else WORKS, sitting)
        elif value is not None:
            search.record(index, value, sitting)
        elif self.is_lost(index):
            search.record(index, None)
