"""Whether the disks that are written to while measuring have room."""

from __future__ import annotations

from collections.abc import Iterator

from groundspeed import units
from groundspeed.disk import LEAST_FREE_BYTES
from groundspeed.machine.fitness.finding import fine, note
from groundspeed.machine.fitness.look import Look
from groundspeed.records import Finding

DISK = "disk"


def disks(look: Look) -> Iterator[Finding]:
    """One finding a disk. A full one spoils no measurement: it ends measuring, and nothing is lost."""
    for one in look.disks:
        free, total = units.display(one.free_bytes, "bytes"), units.display(one.total_bytes, "bytes")
        seen = f"{free} of {total} free for {' and '.join(one.places)}"
        least = units.display(LEAST_FREE_BYTES, "bytes")
        advice = f"make room, {least} at least: groundspeed env clean --all removes what is made again"
        yield note(DISK, f"nearly full: {seen}", advice) if one.nearly_full else fine(DISK, seen)
