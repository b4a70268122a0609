"""What is asked of an inference engine and what comes back. Every record is frozen."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from noesis.errors import ConfigError
from noesis.rag.records import Passage


class Finish(StrEnum):
    """Why a generation ended."""

    stop = "stop"  # the engine had said everything
    length = "length"  # ``Limits.tokens`` were said
    cancelled = "cancelled"
    timed_out = "timed_out"


@dataclass(frozen=True, kw_only=True, slots=True)
class Prompt:
    """A question and the passages that may answer it, best first."""

    question: str
    passages: tuple[Passage, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """How much is said at most, and for how long. Raises ``ConfigError`` for what bounds nothing."""

    tokens: int = 256
    timeout_s: float = 60.0

    def __post_init__(self) -> None:
        if self.tokens < 1:
            raise ConfigError(f"tokens must be 1 or more, not {self.tokens}")
        if not 0 < self.timeout_s < math.inf:
            raise ConfigError(f"timeout_s must be above 0 and finite, not {self.timeout_s}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Generated:
    """What an engine said. ``text`` is what there is, also where the generation was ended early."""

    text: str
    tokens: int
    finish: Finish
    first_token_s: float  # from the start; without any token as long as all of it
    seconds: float

    @property
    def tokens_per_s(self) -> float:
        """Tokens a second after the first one; 0.0 with fewer than two, between which no time lies."""
        between = self.seconds - self.first_token_s
        return (self.tokens - 1) / between if self.tokens > 1 and between > 0 else 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Piece:
    """Text that an engine says at once: a token, as far as an engine tells them apart."""

    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class End:
    """The last that comes from an engine: why it ended, and how many tokens it says there were."""

    finish: Finish
    tokens: int
