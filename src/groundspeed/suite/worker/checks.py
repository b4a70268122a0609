"""Check values: what a benchmark returned, as a short text that is equal for equal results."""

from __future__ import annotations

import hashlib
from typing import Any, List, Optional

CHECKED = 100_000  # values of a result that are looked at; a larger one has no check value
SHOWN = 40  # characters: a longer result is shown as its kind and digest


def check_value(value: Any) -> Optional[str]:
    """A short text that is equal for equal results; None for nothing, and for what has no stable one.

    Numbers are taken to nine digits: another order of summation is no other result.
    """
    digest = hashlib.sha256()
    budget = [CHECKED]
    if value is None or not feed(digest, value, budget):
        return None
    text = plain(value)
    return text if len(text) <= SHOWN else "{} {}".format(type(value).__name__, digest.hexdigest()[:16])


def plain(value: Any) -> str:
    """How a simple value is shown; a long text for one that is not, so that its digest is."""
    if isinstance(value, float):
        return "{:.9g}".format(value)
    return repr(value) if isinstance(value, (bool, int, str, bytes)) else " " * (SHOWN + 1)


def feed(digest: Any, value: Any, budget: List[int]) -> bool:
    """Add a value's kind and content; False where it has an identity of its own, or is too large."""
    budget[0] -= 1
    if budget[0] < 0:
        return False
    if isinstance(value, float):
        digest.update(b"f%.9g;" % value)
    elif value is None or isinstance(value, (bool, int)):
        digest.update(repr(value).encode() + b";")
    elif isinstance(value, (str, bytes)):
        data = value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value
        digest.update(b"%s%d:" % (type(value).__name__.encode(), len(data)) + data)
    elif isinstance(value, (list, tuple)):
        digest.update(b"[%d" % len(value))
        return all(feed(digest, one, budget) for one in value)
    elif isinstance(value, dict):
        return feed_unordered(digest, list(value.items()), budget)
    elif isinstance(value, (set, frozenset)):
        return feed_unordered(digest, list(value), budget)
    else:
        return False
    return True


def feed_unordered(digest: Any, values: List[Any], budget: List[int]) -> bool:
    """Add values whose order means nothing."""
    parts = []
    for value in values:
        part = hashlib.sha256()
        if not feed(part, value, budget):
            return False
        parts.append(part.digest())
    digest.update(b"{%d" % len(parts) + b"".join(sorted(parts)))
    return True
