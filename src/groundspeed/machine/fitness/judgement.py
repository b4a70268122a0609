"""Fit, worth knowing, or unfit: the order of the checks and the words for their answers. Pure."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence

from groundspeed.machine.fitness import gpu, now, room, setting
from groundspeed.machine.fitness.look import Look
from groundspeed.records import Finding

# What may pass by itself, then how the host is set up, then what it can be asked for.
_CHECKS: tuple[Callable[[Look], Finding], ...] = (
    now.load,
    now.steal,
    now.memory,
    now.heat,
    now.power,
    setting.governor,
    setting.turbo,
    setting.threads,
    setting.quota,
    setting.virtual,
    setting.clock,
    setting.layout,
    setting.huge_pages,
    setting.pinning,
    setting.counters,
)


def fitness(look: Look) -> tuple[Finding, ...]:
    """What was found, in a fixed order: one finding a check, then one a disk, then one a GPU."""
    return tuple(_findings(look))


def for_the_record(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """The findings without advice. It is for the person at the terminal, now, and may name other
    people's processes; records are published. What was seen names nobody.
    """
    return tuple(dataclasses.replace(finding, advice="") for finding in findings)


def _findings(look: Look) -> Iterator[Finding]:
    for check in _CHECKS:
        yield check(look)
    yield from room.disks(look)
    yield from gpu.devices(look)
