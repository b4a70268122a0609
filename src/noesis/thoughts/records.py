"""What is thought, and what stands of it in a store. Every record is frozen down to the last tuple.

So a thought is never shared in a way that could be noticed: a store gives and takes the record itself, and
no copy is made on either side. Owns which values are refused; keeps nothing.
"""

from __future__ import annotations

import math
import reprlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from noesis.errors import ThoughtError

POINT_WORTH = 0.1  # of a key point, in a branch's priority: ten of them are worth as much as being sure
MOST_POINTS = 10  # of a branch that count: a long list is no better than a good one
_MOST = 2**63  # of a whole number in metadata: 64 bits, for which every database has room

Scalar = str | int | float | bool | None


class Mode(StrEnum):
    """How a thought came from those before it."""

    LINEAR = "linear"  # the next step
    TREE = "tree"  # one of several ways on, each a branch
    DIVERGENT = "divergent"  # an idea from elsewhere
    REFLECTION = "reflection"  # a look back at what was thought
    BACKTRACKING = "backtracking"  # a return to an earlier step


class Metadata(Mapping[str, Scalar]):
    """Names and values that nobody changes: read as a mapping is, hashed and compared by what is in it.

    Takes a copy of ``told``. Values are text, numbers, truth values or None: a list in it could be changed
    by whoever still holds it. Raises ``ThoughtError`` that names the key.
    """

    __slots__ = ("_told",)

    def __init__(self, told: Mapping[str, Scalar] | None = None) -> None:
        self._told = dict(told or {})
        for name, value in self._told.items():
            _check_text("a key of metadata", name)
            _check_scalar(name, value)

    def __getitem__(self, name: str) -> Scalar:
        return self._told[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._told)

    def __len__(self) -> int:
        return len(self._told)

    def __hash__(self) -> int:
        return hash(frozenset(self._told.items()))

    def __repr__(self) -> str:
        return f"Metadata({self._told!r})"

    def copy(self) -> dict[str, Scalar]:
        """A dictionary of the caller's own."""
        return self._told.copy()


NOTHING = Metadata()


@dataclass(frozen=True, kw_only=True, slots=True)
class Thought:
    """One thought. ``id`` tells it from all others; ``branch`` is the name of its branch, empty without one.

    ``confidence``: how sure the thinker is, 0 to 1; the middle, where nobody said. ``key_points``: what is
    to be kept of it. Raises ``ThoughtError`` that names the field.
    """

    id: str
    content: str
    mode: Mode
    branch: str = ""
    confidence: float = 0.5
    key_points: tuple[str, ...] = ()
    metadata: Metadata = NOTHING

    def __post_init__(self) -> None:
        _check_text("id", self.id)
        _check_text("content", self.content)
        _check_text("branch", self.branch)
        if not self.id:
            raise ThoughtError("id is empty; give each thought one of its own")
        if not isinstance(self.mode, Mode):
            raise ThoughtError(f"mode must be one of {', '.join(Mode)}, as a Mode, not {_shown(self.mode)}")
        _check_confidence(self.confidence)
        if not isinstance(self.key_points, tuple):
            raise ThoughtError(f"key_points must be a tuple of texts, not {_shown(self.key_points)}")
        for point in self.key_points:
            _check_text("a key point", point)
        if not isinstance(self.metadata, Metadata):
            raise ThoughtError(f"metadata must be Metadata({{...}}), not {_shown(self.metadata)}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Branch:
    """What a branch comes to: how many ``thoughts`` and ``key_points`` it has, and the sum of confidences.

    It grows by one thought at a time, so that its priority costs the same however long it is.
    """

    name: str
    thoughts: int = 0
    confidences: float = 0.0
    key_points: int = 0

    @property
    def confidence(self) -> float:
        """The mean of its thoughts, 0 to 1."""
        return self.confidences / self.thoughts if self.thoughts else 0.0

    @property
    def priority(self) -> float:
        """How soon to go on with it, 0 to 2: its confidence, and 0.1 for each of its first ten key points.
        A convention, not a finding."""
        return self.confidence + POINT_WORTH * min(self.key_points, MOST_POINTS)

    def grown(self, thought: Thought) -> Branch:
        """The branch with one more thought at its end."""
        return Branch(
            name=self.name,
            thoughts=self.thoughts + 1,
            confidences=self.confidences + thought.confidence,
            key_points=self.key_points + len(thought.key_points),
        )


def by_priority(branches: Mapping[str, Branch]) -> tuple[Branch, ...]:
    """The most promising first, equal ones by name."""
    return tuple(sorted(branches.values(), key=lambda one: (-one.priority, one.name)))


def _check_text(what: str, text: object) -> None:
    if not isinstance(text, str):
        raise ThoughtError(f"{what} must be text, not {_shown(text)}")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise ThoughtError(
                f"{what} holds half of a character at {error.start}, which no file can keep; "
                "decode it with errors='replace'"
            ) from error


def _check_confidence(value: object) -> None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not 0 <= value <= 1:  # type: ignore[operator] # a number by the line above
        raise ThoughtError(f"confidence must lie within 0 and 1, not {_shown(value)}")


def _check_scalar(name: str, value: object) -> None:
    match value:
        case str():
            _check_text(f"metadata of {name!r}", value)
        case float() if not math.isfinite(value):
            raise ThoughtError(f"metadata of {name!r} must be finite, not {value}")
        case int() if not -_MOST <= value < _MOST:
            raise ThoughtError(f"metadata of {name!r} must have at most 64 bits; write it as text")
        case None | int() | float():
            pass
        case _:
            raise ThoughtError(
                f"metadata of {name!r} must be text, a number, a truth value or None, not {_shown(value)}"
            )


def _shown(value: object) -> str:
    return reprlib.repr(value)
