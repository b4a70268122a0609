"""A range as a strip of characters: how probable it is that the change is there. Pure."""

from __future__ import annotations

import itertools
from collections.abc import Container

from groundspeed.find.posterior import Floats

WIDTH = 40
"""Characters at most: half of a narrow terminal."""

_BARS = "▁▂▃▄▅▆▇█"
_NOTHING, _KNOWN = "·", "+"
_SEEN = 0.005  # a probability below this draws no bar


def strip(probabilities: Floats, known: Container[int]) -> str:
    """The oldest commit first, each character as many of them: a bar as high as what they have of the
    probability, ``+`` where one of them is built, a dot where nothing is known."""
    count = len(probabilities)
    cells = min(count, WIDTH)
    edges = [count * at // cells for at in range(cells + 1)]
    shares = [float(probabilities[first:last].sum()) for first, last in itertools.pairwise(edges)]
    most = max(shares)
    drawn = []
    for share, (first, last) in zip(shares, itertools.pairwise(edges), strict=True):
        if share >= _SEEN:
            drawn.append(_BARS[min(int(share / most * len(_BARS)), len(_BARS) - 1)])
        else:
            drawn.append(_KNOWN if any(at in known for at in range(first, last)) else _NOTHING)
    return "".join(drawn)
