"""What every line of a session file is made of: strict JSON in ASCII, numbers, times, and its errors.

A number that JSON does not know is a string, a time is ISO 8601 in UTC, a float is its ``repr`` and
comes back the same to the last bit. Knows no record.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from groundspeed.errors import GroundspeedError

FORMAT = "groundspeed-session"
MAJOR, MINOR = 1, 1


class SessionFormatError(GroundspeedError):
    """A session file is not one, or is newer than this groundspeed understands."""


class NewerSessionError(SessionFormatError):
    """A session file of a newer major version: going on without it would make asv's files poorer."""


class UnknownLineError(ValueError):
    """A line that holds what this version does not know."""


def to_line(wire: Mapping[str, Any]) -> bytes:
    """One object, compact, with its line end."""
    return json.dumps(wire, allow_nan=False, separators=(",", ":")).encode("ascii") + b"\n"


def from_line(line: bytes) -> dict[str, Any]:
    """The object of a line. Raises ValueError or TypeError."""
    wire = json.loads(line)
    if not isinstance(wire, dict):
        raise TypeError("a line is no JSON object")
    return wire


def time_text(moment: datetime) -> str:
    """ISO 8601 in UTC."""
    return moment.astimezone(UTC).isoformat()


def parse_time(text: str) -> datetime:
    """An aware time in UTC."""
    return datetime.fromisoformat(text).astimezone(UTC)


def number(value: float | None) -> float | str | None:
    """A finite float as it is; ``nan``, ``inf`` and ``-inf`` as these words."""
    return value if value is None or math.isfinite(value) else str(float(value))


def parse_number(wire: float | str) -> float:
    """The float that ``number`` wrote."""
    return float(wire)


def parse_optional(wire: float | str | None) -> float | None:
    """As ``parse_number``; null is None."""
    return None if wire is None else float(wire)
