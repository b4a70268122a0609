"""Which commits to build beside one that must be built: those that will probably be asked for next. Pure."""

from __future__ import annotations

from collections.abc import Container

from groundspeed.find.posterior import Floats

LEAST_SHARE = 0.25
"""Of what is believed, that must lie on a side of the commit for a build there: what is less likely than
that to be asked for would be built in vain more often than three times of four."""


def ahead(probabilities: Floats, commit: int, known: Container[int], count: int) -> tuple[int, ...]:
    """At most ``count`` commits that a search asks for once it has measured ``commit``, likely ones first.

    ``probabilities[k]`` is that of commit k being the first changed one, ``known`` what is built already, or
    cannot be. The change is at ``commit`` or before it, or after it: the next question is then where half
    of that side's probability lies, and so on, side within side.
    """
    found: list[int] = []
    total = float(probabilities.sum())
    parts = [(1, commit), (commit + 1, len(probabilities) - 1)]  # first and last that may be the changed one
    while parts and len(found) < count:
        parts.sort(key=lambda part: -float(probabilities[part[0] : part[1] + 1].sum()))
        first, last = parts.pop(0)
        mass = float(probabilities[first : last + 1].sum())
        if last <= first or mass < LEAST_SHARE * total:
            continue
        middle = first + int((probabilities[first : last + 1].cumsum() < mass / 2).sum())
        middle = min(middle, last - 1)  # of the last one it is known on which side it lies
        if middle not in known and middle != commit:
            found.append(middle)
        parts += [(first, middle), (middle + 1, last)]
    return tuple(found)
