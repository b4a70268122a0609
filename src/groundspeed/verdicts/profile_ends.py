"""Two profiles over one list of functions. Owns what a run charges each function with; judges nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from groundspeed.results.profile_runs import Profiled, RunStacks
from groundspeed.verdicts.profile_names import Named, named, relocated


class Basis(StrEnum):
    """What figures are of."""

    CALL = "per call"
    SHARE = "as a share of its profile"


@dataclass(frozen=True, kw_only=True, slots=True)
class Function:
    """``base_file`` is the file it had in base where that is another one, else empty; ``line`` the first that
    was seen, None where no profiler named it.
    """

    name: str
    file: str
    base_file: str
    line: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class End:
    """``own`` and ``whole`` have the shape (runs, functions), ``cost`` (runs,): what a call took, or 1 where
    figures are shares. ``drawn`` is cost^2 over the samples of a run, 0 where nothing was sampled.
    ``stacks`` are functions, the root first, with the mean of the runs.
    """

    own: NDArray[np.float64]
    whole: NDArray[np.float64]
    cost: NDArray[np.float64]
    drawn: float
    stacks: Mapping[tuple[int, ...], float]

    def noise(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """By column of ``values`` (``own`` or ``whole``) the variance of a run that sampling leaves.

        A share p of n samples has p (1 - p) / n (binomial).
        """
        share = np.clip(values.mean(axis=0) / (self.cost.mean() or 1.0), 0.0, 1.0)
        return np.asarray(share * (1 - share) * self.drawn)


@dataclass(frozen=True, kw_only=True, slots=True)
class Ends:
    """Both ends; what is numbered in them are places in ``functions``."""

    basis: Basis
    functions: tuple[Function, ...]
    base: End
    head: End


def ends(base: Profiled, head: Profiled) -> Ends:
    """Both profiles over the functions of either. O(frames of all stacks)."""
    counted = all(run.cost is not None for run in (*base.runs, *head.runs))
    basis = Basis.CALL if counted else Basis.SHARE
    before, after = [named(one) for one in base.frames], [named(one) for one in head.frames]
    was = relocated(before, after)
    now = {old: new for new, old in was.items()}
    before = [now.get(one, one) for one in before]
    lines: dict[Named, int | None] = {}
    for one, frame in zip([*after, *before], [*head.frames, *base.frames], strict=True):
        lines.setdefault(one, frame.line)
    number = {one: place for place, one in enumerate(lines)}
    return Ends(
        basis=basis,
        functions=tuple(
            Function(name=one.name, file=one.file, base_file=was[one].file if one in was else "", line=line)
            for one, line in lines.items()
        ),
        base=_end(base.runs, basis, [number[one] for one in before], len(number)),
        head=_end(head.runs, basis, [number[one] for one in after], len(number)),
    )


def _end(runs: Sequence[RunStacks], basis: Basis, numbers: Sequence[int], functions: int) -> End:
    own, whole = np.zeros((len(runs), functions)), np.zeros((len(runs), functions))
    cost = np.array([run.cost if basis is Basis.CALL else 1.0 for run in runs], dtype=np.float64)
    together: defaultdict[tuple[int, ...], float] = defaultdict(float)
    for place, run in enumerate(runs):
        for stack, weight in run.weights.items():
            path = tuple(numbers[one] for one in stack)
            together[path] += weight * float(cost[place]) / len(runs)
            whole[place, list(set(path))] += weight  # a function that calls itself is there once
            if path:
                own[place, path[-1]] += weight
    return End(
        own=own * cost[:, None],
        whole=whole * cost[:, None],
        cost=cost,
        drawn=_drawn(runs, cost),
        stacks=together,
    )


def _drawn(runs: Sequence[RunStacks], cost: NDArray[np.float64]) -> float:
    each = [spent**2 / run.samples if run.samples else 0.0 for run, spent in zip(runs, cost, strict=True)]
    return float(np.mean(each))
