"""The control benchmark's work, as a program of its own: argv is how many samples, then processors.

Owns work that no commit changes: what moves is the host. Standard library only, and it imports nothing
of ours, so that the tool's own changes cannot move it either. Change nothing here without need: a changed
control cannot be compared with the ones before it.

A sample is about 10 ms, a third of it each:
- integer arithmetic, which sees the clock and nothing else;
- a dictionary of 4,096 words, split and joined, which is what Python code does all day and sees the
  first two caches, the branch predictor and the interpreter's own allocator;
- a walk through 4 MiB in an order that no prefetcher guesses, which leaves the second cache and so sees
  neighbours that crowd the shared cache or the memory.

Nothing is allocated that lives longer than a step, and the collector is off.
"""

import gc
import os
import sys
import time
from array import array

ARITHMETIC, WORDS, WALK = 54_000, 11, 90_000  # steps of each part
WARM_UP = 3  # samples thrown away: the first touches of the memory, the clock coming up
_BITS = 19
_MASK = (1 << _BITS) - 1


def make_walk() -> "array[int]":
    """2^19 places of 8 bytes, each holding the next: one cycle through all of them, for the increment is
    odd and the multiplier 1 more than a multiple of 4 (Hull and Dobell 1962, theorem 1).
    """
    return array("Q", ((place * 1_103_515_245 + 12_345) & _MASK for place in range(_MASK + 1)))


def make_text() -> str:
    """4,096 different words."""
    return " ".join(f"word{number * 2_654_435_761 % 4_294_967_296:08x}" for number in range(4096))


def arithmetic(value: int) -> int:
    """Multiply, add, mask: a linear congruential generator, ``ARITHMETIC`` times."""
    for _ in range(ARITHMETIC):
        value = (value * 1_664_525 + 1_013_904_223) & 0xFFFFFFFF
    return value


def words(text: str, counts: "dict[str, int]") -> str:
    """Split, count, join."""
    for _ in range(WORDS):
        parts = text.split(" ")
        for part in parts:
            counts[part] += 1
        text = " ".join(parts)
    return text


def stroll(walk: "array[int]", place: int) -> int:
    """Follow the walk for ``WALK`` steps."""
    for _ in range(WALK):
        place = walk[place]
    return place


def main() -> None:
    """Print a line a sample: the seconds of its three parts."""
    samples, cpus = int(sys.argv[1]), {int(one) for one in sys.argv[2:]}
    if cpus:
        os.sched_setaffinity(0, cpus)
    walk, text = make_walk(), make_text()
    counts = dict.fromkeys(text.split(" "), 0)
    value = place = 0
    lines = []
    gc.disable()
    for _ in range(WARM_UP + samples):
        a = time.perf_counter()
        value = arithmetic(value)
        b = time.perf_counter()
        text = words(text, counts)
        c = time.perf_counter()
        place = stroll(walk, place)
        d = time.perf_counter()
        lines.append(f"{b - a!r} {c - b!r} {d - c!r}\n")
    sys.stdout.writelines(lines[WARM_UP:])


if __name__ == "__main__":
    main()
