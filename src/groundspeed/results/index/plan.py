"""Which parts of an index still stand, and which files make new ones. Pure.

A part is a run of neighbours in one folder, so that cells stay in the order in which files are read. What
is new makes new only the part that it falls into; small parts join their neighbours when those are made.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from groundspeed.results.index.making import Task
from groundspeed.results.index.manifest import Part
from groundspeed.results.index.sources import Found

SMALL, USUAL, LARGE = 16, 32, 48
"""Sources of a part. A new file costs reading its part again, 1.3 ms a file of 190 KB; a table for fewer
files would be mostly overhead. What grows past ``LARGE`` is divided into parts of about ``USUAL``."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """Parts that stand and parts to make, in the order of reading."""

    steps: tuple[Part | Task, ...]

    @property
    def tasks(self) -> list[Task]:
        """What is to be made."""
        return [one for one in self.steps if isinstance(one, Task)]


def plan(
    found: Sequence[Found], parts: Sequence[Part], stands: Callable[[Part], bool], changed: frozenset[str]
) -> Plan:
    """``found`` in the order of reading; ``changed`` are the paths whose content is new or unknown.

    ``stands`` tells whether what a part was made with, beside its sources, is still so.
    """
    starts = {
        (part.kind, part.sources[0]): part
        for part in parts
        if part.sources and changed.isdisjoint(part.sources) and stands(part)
    }
    steps: list[Part | Task] = []
    for _, group in itertools.groupby(found, key=lambda one: (one.kind, one.folder)):
        steps += _of_folder(list(group), starts)
    return Plan(steps=tuple(steps))


def _of_folder(found: Sequence[Found], starts: Mapping[tuple[str, str], Part]) -> list[Part | Task]:
    pieces: list[Part | list[Found]] = []
    at = 0
    while at < len(found):
        part = starts.get((found[at].kind, found[at].path))
        size = len(part.sources) if part else 1
        here = found[at : at + size]
        if part and tuple(one.path for one in here) == part.sources:
            pieces.append(part)
            at += size
        else:
            pieces.append([found[at]])
            at += 1
    by_path = {one.path: one for one in found}
    return [step for piece in _joined(pieces, by_path) for step in _steps(piece)]


def _joined(pieces: Sequence[Part | list[Found]], by_path: Mapping[str, Found]) -> list[Part | list[Found]]:
    """Loose files put together, with the small parts beside them."""
    joined: list[Part | list[Found]] = []
    for place, piece in enumerate(pieces):
        beside = [*pieces[max(place - 1, 0) : place], *pieces[place + 1 : place + 2]]
        if isinstance(piece, Part):
            if len(piece.sources) >= SMALL or not any(isinstance(one, list) for one in beside):
                joined.append(piece)
                continue
            piece = [by_path[path] for path in piece.sources]
        if joined and isinstance(joined[-1], list):
            joined[-1] = [*joined[-1], *piece]
        else:
            joined.append(piece)
    return joined


def _steps(piece: Part | list[Found]) -> list[Part | Task]:
    if isinstance(piece, Part):
        return [piece]
    count = 1 if len(piece) <= LARGE else round(len(piece) / USUAL)
    bounds = [len(piece) * at // count for at in range(count + 1)]
    return [_task(piece[start:stop]) for start, stop in itertools.pairwise(bounds)]


def _task(files: Sequence[Found]) -> Task:
    return Task(kind=files[0].kind, folder=files[0].folder, stamps={one.path: one.stamp for one in files})
