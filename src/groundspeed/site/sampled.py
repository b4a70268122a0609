"""What the site may ask of the samples behind a history, when it needs them. Reads nothing itself."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import Protocol

from groundspeed.results.index import Processes, Samples


class Sampled(Protocol):
    """Where samples come from: a history that has sessions."""

    @property
    def machines(self) -> tuple[str, ...]:
        """The machines that there are results of."""

    def processes(self, machine: str) -> Processes:
        """What processes gave, without their samples."""

    def samples(self, machine: str, commits: AbstractSet[str]) -> Samples:
        """The samples of some commits."""
