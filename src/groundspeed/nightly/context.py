"""What the stages of a night share, and what a stage says of itself. Decides nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from groundspeed.config import Configuration
from groundspeed.errors import LockedError
from groundspeed.machine.fitness import fitness, take_look
from groundspeed.machine.fitness.finding import unfit
from groundspeed.measure.host import Host
from groundspeed.measure.lock import measuring_lock
from groundspeed.measure.workplace import Workplace
from groundspeed.measure.world import Clock, Screen, SystemClock
from groundspeed.nightly.notifying.net import Net
from groundspeed.nightly.outside import Outside, real_outside
from groundspeed.nightly.summary import Ending, StageReport
from groundspeed.records import Finding


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What a night is asked for. ``budget_s`` bounds building and measuring, None leaves it to the
    configuration; ``machine`` and ``pin`` as ``groundspeed run`` has them; ``local``: nothing is fetched,
    pushed or told.
    """

    budget_s: float | None = None
    machine: str | None = None
    pin: bool = False
    local: bool = False


def look_now(configuration: Configuration) -> tuple[Finding, ...]:
    """How fit this host is, with the room where the project's files go, and whether others measure on it."""
    return (*fitness(take_look(places=configuration.places)), *_others())


def _others() -> tuple[Finding, ...]:
    """The night of another project, which began at the same time: it ends."""
    try:
        with measuring_lock():
            return ()
    except LockedError as error:
        return (unfit("measuring", str(error), "let the timers of two projects start hours apart"),)


@dataclass(frozen=True, kw_only=True, slots=True)
class World:
    """Everything outside that a night touches, but for git, processes and files."""

    variables: Mapping[str, str]
    screen: Screen
    clock: Clock = field(default_factory=SystemClock)
    outside: Outside = field(default_factory=real_outside)
    net: Net = field(default_factory=Net)
    findings: Callable[[Configuration], tuple[Finding, ...]] = look_now


@dataclass(kw_only=True, slots=True)
class Night:
    """A night while it lasts. ``configuration`` is read again when new commits came; ``host`` is None until
    it was looked at, and where it is not the machine that was asked for; ``ends_at`` is of the stop-watch.
    """

    root: Path
    asked: Asked
    world: World
    configuration: Configuration
    ends_at: float
    host: Host | None = None
    reports: list[StageReport] = field(default_factory=list)

    @property
    def left_s(self) -> float:
        """What is left of the budget, at least 0."""
        return max(0.0, self.ends_at - self.world.clock.monotonic())

    def workplace(self, host: Host) -> Workplace:
        """Where the stages measure."""
        return Workplace(
            configuration=self.configuration,
            host=host,
            variables=self.world.variables,
            screen=self.world.screen,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """What a stage says at its end: see ``StageReport``."""

    said: str
    lines: tuple[str, ...] = ()
    ending: Ending = Ending.DONE


Work = Callable[[Night], Said]
"""A stage. What it raises as a ``GroundspeedError`` is why it failed; Ctrl-C ends the night."""


def left_out(why: str) -> Said:
    """Nothing was to be done, or nothing could be that is no failure."""
    return Said(said=why, ending=Ending.LEFT_OUT)


def failed(why: str, *lines: str) -> Said:
    """It failed, in whole or in part."""
    return Said(said=why, lines=lines, ending=Ending.FAILED)
