"""Profiles in speedscope's own format, for tests. Owns how a file of it looks."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

FRAMES: list[dict[str, Any]] = [
    {"name": "main", "file": "app.py", "line": 1},
    {"name": "parse", "file": "app.py", "line": 20},
    {"name": "read"},
]


def sampled(samples: list[list[int]], weights: list[Any], unit: str = "milliseconds") -> dict[str, Any]:
    return {"type": "sampled", "name": "t", "unit": unit, "samples": samples, "weights": weights}


def evented(events: list[tuple[str, int, float]], end: float, unit: str = "milliseconds") -> dict[str, Any]:
    named = [{"type": kind, "frame": frame, "at": at} for kind, frame, at in events]
    return {"type": "evented", "name": "t", "unit": unit, "startValue": 0, "endValue": end, "events": named}


def written(path: Path, *profiles: dict[str, Any], frames: list[dict[str, Any]] = FRAMES) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    document = {"shared": {"frames": frames}, "profiles": list(profiles)}
    path.write_bytes(gzip.compress(json.dumps(document).encode()))
    return path
