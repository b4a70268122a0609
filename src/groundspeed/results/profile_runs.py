"""A stored profile by its runs: what each says that a call of the benchmark cost. Compares nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from groundspeed.results.profile_header import KEY, ProfileHeader, ProfileRun, parse_header
from groundspeed.results.stacks import Document, Frame, Stack, read_document, reading, stacks


@dataclass(frozen=True, kw_only=True, slots=True)
class RunStacks:
    """One recording. ``weights`` are shares of it, by stack, and sum up to 1; ``cost`` is what one call took
    in the file's unit, None where nobody counted calls; ``samples`` None where nothing was sampled.
    """

    weights: Mapping[Stack, float]
    cost: float | None
    samples: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Profiled:
    """A file: one run at least, over ``frames``. ``header`` is None where groundspeed did not write it."""

    unit: str
    frames: tuple[Frame, ...]
    header: ProfileHeader | None
    runs: tuple[RunStacks, ...]


def read_runs(path: Path) -> Profiled:
    """A file that does not say how it was recorded is one run. Raises ``ProfileFormatError`` naming it."""
    with reading(path):
        document = read_document(path)
        told = document.further.get(KEY, {})
        header = parse_header(told) if "runs" in told else None  # a recorder's own details may stand there
        runs = [_run(document, one) for one in header.runs] if header else [_only_run(document)]
        if not runs:
            raise ValueError("it holds no run")
    return Profiled(unit=document.unit, frames=document.frames, header=header, runs=tuple(runs))


def _run(document: Document, run: ProfileRun) -> RunStacks:
    """One call cost the time that the process' clock says: a sampler that was late lost samples, not time."""
    sums, total = _sums(document, run.profiles)
    cost = total if run.duration_s is None else run.duration_s
    return RunStacks(weights=_shares(sums, total), cost=cost / run.calls, samples=run.samples)


def _only_run(document: Document) -> RunStacks:
    sums, total = _sums(document, range(len(document.profiles)))
    return RunStacks(weights=_shares(sums, total), cost=None, samples=None)


def _sums(document: Document, places: tuple[int, ...] | range) -> tuple[Mapping[Stack, float], float]:
    sums: defaultdict[Stack, float] = defaultdict(float)
    for place in places:
        for stack, weight in stacks(document, document.profiles[place]):
            sums[stack] += weight
    return sums, sum(sums.values())


def _shares(sums: Mapping[Stack, float], total: float) -> Mapping[Stack, float]:
    return {stack: weight / total for stack, weight in sums.items() if weight > 0}
