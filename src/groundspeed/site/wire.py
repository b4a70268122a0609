"""The site's files as bytes: strict JSON. Owns that the same payload gives the same bytes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def encode(payload: Mapping[str, Any]) -> bytes:
    """Strict JSON, the same bytes for the same payload; what UTF-8 cannot hold becomes ``?``.

    Raises ValueError for NaN and Infinity.
    """
    text = json.dumps(payload, allow_nan=False, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return text.encode("utf-8", errors="replace")
