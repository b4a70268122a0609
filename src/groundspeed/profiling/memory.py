"""What a call allocates and holds, by the line that asked for it, by memray inside the measured process.

memray (https://bloomberg.github.io/memray) sees every allocation of the process; Python's own small ones are
counted as well. One call is enough: what a call allocates is the same each time, but for caches.
"""

from __future__ import annotations

import os
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from groundspeed.profiling.names import qualified
from groundspeed.profiling.weights import Namer, Overhead, Recorded, Stack, Taken, own_part
from groundspeed.results.stacks import Frame
from groundspeed.suite.repeating import Repeater

if TYPE_CHECKING:
    from memray import AllocationRecord

ALLOCATED, PEAK, ALLOCATIONS, REALLOCATIONS = "memory", "memory-peak", "allocations", "reallocations"
"""Kinds of stored files: bytes allocated in all, bytes in use at the peak, and how many (re)allocations."""

UNITS: Mapping[str, str] = {ALLOCATED: "bytes", PEAK: "bytes", ALLOCATIONS: "none", REALLOCATIONS: "none"}

PAIRS = 3  # of a call under memray and one without: the first may fill caches
_DEEPEST = 200  # frames of a stack
_ROOM_BYTES = 1 << 16  # that must be left behind a recording: it grows by a page, or by a tenth of itself


def take_memory(repeater: Repeater, pairs: int, namer: Namer) -> tuple[Taken, ...]:
    """A call under memray, the last of ``pairs``, as the four kinds. The first ones may fill caches.

    Raises ``RepeatError`` where the case fails, ``OSError`` where the disk is too full for a recording.
    """
    costs = []
    with tempfile.TemporaryDirectory() as folder:
        for turn in range(pairs):
            output = Path(folder) / f"{turn}.bin"
            plain, profiled = repeater.once(), repeater.by_memray(output)
            costs.append((plain.seconds, profiled.seconds))
            with output.open("ab") as file:  # on a full disk memray stops without a word that reaches us
                file.write(bytes(_ROOM_BYTES))
            os.truncate(output, output.stat().st_size - _ROOM_BYTES)
        weighed = _read(output)
    return tuple(
        Taken(
            kind=kind,
            unit=UNITS[kind],
            tool=f"memray {version('memray')}",
            runs=(
                Recorded(
                    weights=own_part(weighed[kind].items(), namer), calls=1, duration_s=None, samples=None
                ),
            ),
            overhead=Overhead(pairs=tuple(costs)),
        )
        for kind in UNITS
    )


def _read(path: Path) -> Mapping[str, Mapping[Stack, float]]:
    """By kind the weights of all stacks, as memray saw them."""
    from memray import AllocatorType, FileReader

    frees = {AllocatorType.FREE, AllocatorType.PYMALLOC_FREE, AllocatorType.MUNMAP}
    renewals = {AllocatorType.REALLOC, AllocatorType.PYMALLOC_REALLOC}
    sizes: Counter[int] = Counter()
    numbers: Counter[int] = Counter()
    renewed: Counter[int] = Counter()
    stacks: dict[int, Stack] = {}
    with FileReader(path) as reader:
        for one in reader.get_allocation_records():
            if one.allocator in frees:
                continue
            stack_id = one.stack_id
            if stack_id not in stacks:
                stacks[stack_id] = _stack(one)
            sizes[stack_id] += one.size
            numbers[stack_id] += one.n_allocations
            renewed[stack_id] += one.n_allocations if one.allocator in renewals else 0
        peak = [(_stack(one), one.size) for one in reader.get_high_watermark_allocation_records()]
    return {
        ALLOCATED: _by_stack((stacks[at], size) for at, size in sizes.items()),
        PEAK: _by_stack(iter(peak)),
        ALLOCATIONS: _by_stack((stacks[at], count) for at, count in numbers.items()),
        REALLOCATIONS: _by_stack((stacks[at], count) for at, count in renewed.items() if count),
    }


def _by_stack(weighed: Iterator[tuple[Stack, float]]) -> Mapping[Stack, float]:
    found: dict[Stack, float] = defaultdict(float)
    for stack, weight in weighed:
        found[stack] += weight
    return found


def _stack(one: AllocationRecord) -> Stack:
    """The root first; memray gives the innermost frame first."""
    found = one.stack_trace(max_stacks=_DEEPEST)
    return tuple(
        Frame(name=qualified(name, file, line), file=file, line=line or None)
        for name, file, line in reversed(found)
    )
