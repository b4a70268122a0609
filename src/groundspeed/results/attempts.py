"""How the last attempt at each thing ended that has to happen again and again: publishing, a night.

Owns a small file each in the project's workspace. It is written before the attempt too, so that one whose
process was killed is seen.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from groundspeed.errors import GroundspeedError, LockedError, StorageError
from groundspeed.results.atomic import replace_bytes
from groundspeed.results.session_wire import parse_time, time_text

_FOLDER = "attempts"
_FORMAT, _VERSION = "groundspeed-attempt", 1


class Stage(StrEnum):
    """What is attempted."""

    PUBLISH = "publish"
    DEPLOY = "deploy"
    EXCHANGE = "deploy --results"
    NIGHTLY = "nightly"


@dataclass(frozen=True, kw_only=True, slots=True)
class Attempt:
    """``ended_at`` is None while it goes on, and where its process was killed; no ``failure`` is empty."""

    stage: Stage
    begun_at: datetime
    ended_at: datetime | None
    failure: str


def utc_now() -> datetime:
    """The host's clock."""
    return datetime.now(UTC)


@contextlib.contextmanager
def attempting(workspace: Path, stage: Stage, now: Callable[[], datetime]) -> Iterator[Callable[[str], None]]:
    """Record how what is done inside ends; what it raises goes on.

    Gives what takes down a failure that does not end it: it stands from then on, whatever comes. Another
    process that holds the lock is at the same thing, and its own record counts.
    """
    attempt = Attempt(stage=stage, begun_at=now(), ended_at=None, failure="")

    def take_down(failure: str) -> None:
        nonlocal attempt
        attempt = replace(attempt, failure=failure)
        _write(workspace, attempt)

    _write(workspace, attempt)
    try:
        yield take_down
    except LockedError:
        raise
    except GroundspeedError as error:
        _write(workspace, replace(attempt, ended_at=now(), failure=str(error)))
        raise
    _write(workspace, replace(attempt, ended_at=now()))


def read_attempts(workspace: Path) -> tuple[Attempt, ...]:
    """The last attempt at each stage, those that there were; a file that cannot be read is none."""
    found = []
    for stage in Stage:
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            found.append(_parse(stage, json.loads(_path(workspace, stage).read_bytes())))
    return tuple(found)


def _path(workspace: Path, stage: Stage) -> Path:
    return workspace / _FOLDER / f"{stage.name.lower()}.json"


def _write(workspace: Path, attempt: Attempt) -> None:
    """On a full disk it is not kept: what is attempted counts more, and says itself what it cannot write."""
    wire = {
        "format": _FORMAT,
        "version": _VERSION,
        "begun_at": time_text(attempt.begun_at),
        "ended_at": None if attempt.ended_at is None else time_text(attempt.ended_at),
        "failure": attempt.failure,
    }
    with contextlib.suppress(StorageError):
        replace_bytes(_path(workspace, attempt.stage), f"{json.dumps(wire)}\n".encode())


def _parse(stage: Stage, wire: Mapping[str, Any]) -> Attempt:
    if (wire["format"], wire["version"]) != (_FORMAT, _VERSION):
        raise ValueError("of another version")
    return Attempt(
        stage=stage,
        begun_at=parse_time(wire["begun_at"]),
        ended_at=None if wire["ended_at"] is None else parse_time(wire["ended_at"]),
        failure=wire["failure"],
    )
