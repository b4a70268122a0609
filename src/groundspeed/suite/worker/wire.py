"""Messages: JSON lines, on descriptors that the suite does not print to."""

from __future__ import annotations

import json
import math
import os
from typing import Any, Dict

Message = Dict[str, Any]


def send(fd: int, message: Message) -> None:
    """Write one line; a non-finite number becomes its name, so that every line is JSON."""
    data = (json.dumps(sanitise(message), allow_nan=False) + "\n").encode("utf-8")
    while data:
        data = data[os.write(fd, data) :]


def sanitise(value: Any) -> Any:
    """Replace each non-finite number by ``{"float": "nan"}`` (inf, -inf)."""
    if isinstance(value, float) and not math.isfinite(value):
        return {"float": repr(value)}
    if isinstance(value, dict):
        return {key: sanitise(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [sanitise(one) for one in value]
    return value
