"""What a worker says, as values: what a scheduler needs of one, and the protocol's messages turned into it.

docs/worker-protocol.md lists the messages. Owns no process.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from groundspeed.errors import GroundspeedError
from groundspeed.records import Benchmark, Better, Failed, FailureKind, Measured, Reading, Skipped

TEXT_KEPT = 8_000  # characters of a failure's text in the record; the end says why


@dataclass(frozen=True, kw_only=True, slots=True)
class Discovery:
    """What a worker found when it imported the suite.

    ``stated_rounds`` are the benchmarks whose suite says in how many processes they are measured;
    ``import_errors`` maps a module that could not be imported to its traceback; ``launch`` is how
    cases are started, ``launch_reason`` why they are not forked (None when they are).
    """

    benchmarks: tuple[Benchmark, ...]
    stated_rounds: frozenset[str]
    import_errors: Mapping[str, str]
    python: str
    launch: str
    launch_reason: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Repeat:
    """What a suite states for the samples of one process (asv's ``repeat``)."""

    least: int
    most: int
    within_s: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Ready:
    """A case is set up and warm. ``repeat`` is None where the suite leaves it open.

    ``number`` calls make a sample, which takes about ``sample_s`` seconds; None and 0 where the benchmark
    gives a value instead of timed samples. ``active_s`` is what the worker spent on it, set-up included.
    """

    number: int | None
    sample_s: float
    repeat: Repeat | None
    check: str | None
    active_s: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Batch:
    """Samples of a case that is alive."""

    measured: Measured
    metrics: tuple[Reading, ...]
    check: str | None
    active_s: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Gone:
    """The case failed, or does not apply; its process has ended."""

    outcome: Failed | Skipped
    active_s: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Finished:
    """The case was torn down, as asked."""

    active_s: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Preparation:
    """How a case is set up. ``timeout_s`` bounds its active seconds.

    ``number`` calls made a sample in an earlier process of the case, 0 where there was none.
    """

    quick: bool
    timeout_s: float
    number: int


class LiveLike(Protocol):
    """A case that was prepared, until it ends."""

    @property
    def ready(self) -> Ready:
        """How it came up."""

    def sample(self, count: int, within_s: float) -> Batch | Gone:
        """At most ``count`` samples and at least one, begun within the seconds."""

    def finish(self) -> Finished | Gone:
        """Tear it down."""


class WorkerLike(Protocol):
    """What a scheduler needs of a worker; a fake in the tests is this without processes."""

    @property
    def discovery(self) -> Discovery:
        """The suite as this worker sees it."""

    @property
    def alive(self) -> bool:
        """Whether it can answer another request."""

    def prepare(self, benchmark: Benchmark, index: int, how: Preparation) -> LiveLike | Gone:
        """Set up one case in a process of its own; several may be alive at once."""

    def close(self) -> None:
        """End the worker and all it started."""


class WorkerError(GroundspeedError):
    """A worker process did not come up; the text holds what it printed."""

    exit_code = 3


# --- messages to values -------------------------------------------------------------------------


def outcome_of(value: Any) -> Measured | Failed | Skipped:
    """What a benchmark gave: a number (NaN is asv's word for skipped), or samples and their calls."""
    if isinstance(value, dict) and {"samples", "number"} <= value.keys():
        samples = tuple(_number(one) for one in value["samples"])
        if samples and None not in samples:
            return Measured(samples=tuple(s for s in samples if s is not None), number=value["number"])
    number = _number(value)
    if number is None:
        return Failed(kind=FailureKind.NO_VALUE, text=f"it gave {value!r}, not a number")
    if number != number:
        return Skipped(reason="the benchmark returned NaN")
    return Measured(samples=(number,), number=None)


def ready_of(message: Mapping[str, Any]) -> Ready:
    """A ``prepared`` message."""
    repeat = message["repeat"]
    return Ready(
        number=message["number"],
        sample_s=message["sample_s"],
        repeat=None if repeat is None else Repeat(least=repeat[0], most=repeat[1], within_s=repeat[2]),
        check=message["check"],
        active_s=message["active_s"],
    )


def batch_of(message: Mapping[str, Any]) -> Batch:
    """A ``samples`` message. Raises ``WorkerError`` when it holds none."""
    measured = outcome_of(message["value"])
    if not isinstance(measured, Measured):
        raise WorkerError(f"The worker called {message['value']!r} samples.")
    return Batch(
        measured=measured,
        metrics=tuple(_reading(one) for one in message["metrics"]),
        check=message.get("check"),
        active_s=message["active_s"],
    )


def _reading(wire: Mapping[str, Any]) -> Reading:
    samples = tuple(one for one in map(_number, wire["samples"]) if one is not None)
    return Reading(
        metric=wire["metric"], unit=wire["unit"], better=Better(wire.get("better", "lower")), samples=samples
    )


def why_gone(message: Mapping[str, Any], timeout_s: float) -> Failed | Skipped:
    """The outcome that such a last message stands for (docs/worker-protocol.md lists the events)."""
    event, printed = message["event"], str(message.get("output", "")).strip()
    if event == "skipped":
        return Skipped(reason=message["reason"])
    if event == "timed out":
        text = f"{printed}\ntimed out after {timeout_s:g} s".strip()
    else:
        text = f"{printed}\n{message['text']}".strip()
    return Failed(kind=_KINDS[event], text=end_of(text))


_KINDS = {
    "raised": FailureKind.RAISED,
    "timed out": FailureKind.TIMED_OUT,
    "exited": FailureKind.EXITED,
    "setup_cache": FailureKind.SETUP_CACHE,
}


def _number(value: Any) -> float | None:
    """The number in a message; ``{"float": "inf"}`` is one that JSON cannot write."""
    if isinstance(value, dict) and value.keys() == {"float"}:
        return float(value["float"])
    return value if isinstance(value, int | float) else None


def end_of(text: str) -> str:
    """The part of a failure's text that is kept."""
    return text if len(text) <= TEXT_KEPT else "…" + text[-TEXT_KEPT:]
