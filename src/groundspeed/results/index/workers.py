"""Making parts in several processes. Owns how they are shared out."""

from __future__ import annotations

import bisect
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from groundspeed.parallel import processes, share
from groundspeed.results.index.making import Made, Maker, Task

_WORTH_BYTES = 8_000_000  # for each process: two tenths of a second, where its start takes a hundredth


def make_all(
    results_dir: Path,
    folder: Path,
    definitions: Mapping[str, Mapping[str, Any]],
    stated: str,
    tasks: Sequence[Task],
) -> list[Made]:
    """Every part of ``tasks``, in their order. Raises StorageError."""

    def make(some: Sequence[Task]) -> list[Made]:
        maker = Maker(results_dir, folder, definitions, stated)
        return [maker.make(task) for task in some]

    count = min(processes(), 1 + sum(map(_bytes, tasks)) // _WORTH_BYTES)
    return [one for some in share([partial(make, some) for some in _shares(tasks, count)]) for one in some]


def _bytes(task: Task) -> int:
    return sum(max(stamp.size, 0) for stamp in task.stamps.values())


def _shares(tasks: Sequence[Task], count: int) -> list[list[Task]]:
    """About as many bytes in each; neighbours stay together."""
    until = [sum(map(_bytes, tasks)) * number / count for number in range(1, count + 1)]
    shares: list[list[Task]] = [[] for _ in until]
    before = 0
    for task in tasks:
        shares[min(bisect.bisect_right(until, before), count - 1)].append(task)
        before += _bytes(task)
    return shares
