"""Seeded query mixes: what people might ask of a corpus, some of it often, and a log of them asking.

Owns how queries are drawn and how popular they are. The same queries for the same spec and vocabulary on
every machine and every Python: choices come from ``random.Random(int).random()`` alone, and popularity
from decimal arithmetic, as no two C libraries need agree on a power. Knows nothing of what answers.
Standard library only, Python 3.8 or newer.
"""

from __future__ import annotations

import math
import random
from bisect import bisect_right
from dataclasses import dataclass
from decimal import Context, Decimal
from itertools import accumulate, islice
from typing import Dict, FrozenSet, Iterator, List, Sequence, Set, Tuple

from .terms import Vocabulary

LONGEST = 5  # terms of a query
# Of the vocabulary, by document frequency. About half of a text's vocabulary occurs once (R. H. Baayen,
# "Word Frequency Distributions", 2001): such terms are the rare half.
COMMON_SHARE = 0.1
RARE_SHARE = 0.5

_TRIES = 1_000  # draws in vain after which a vocabulary counts as too small
_PRECISION = Context(prec=20)  # more than a float's 17 digits
_CONSONANTS = "bcdfghjklmnpqrstvwxz"
_ABSENT_LETTERS = 10


@dataclass(frozen=True)
class QuerySpec:
    """What to draw. A wrong value raises ``ValueError`` that names the field.

    ``lengths`` are the shares of queries with one, two, … up to five different terms; the usual mean is
    2.1, near what B. J. Jansen et al. counted ("Real life, real users, and real needs", Information
    Processing and Management 36, 2000). Of the terms a share is ``common`` (in the most frequent tenth of
    the vocabulary), a share ``rare`` (in the least frequent half), a share ``missing`` (in no text), and
    the rest between common and rare. A query's popularity is ``1 / rank ** exponent``: 0 is all alike, 1
    Zipf's law.
    """

    distinct: int = 1000
    seed: int = 0
    lengths: Tuple[float, ...] = (0.34, 0.34, 0.20, 0.08, 0.04)
    common: float = 0.25
    rare: float = 0.25
    missing: float = 0.02
    exponent: float = 1.0

    def __post_init__(self) -> None:
        if self.distinct < 1:
            raise ValueError("distinct must be at least 1, not {}".format(self.distinct))
        if self.seed < 0:
            raise ValueError("seed must not be negative, not {}".format(self.seed))
        self._refuse_lengths()
        for field in ("common", "rare", "missing"):
            if not 0 <= getattr(self, field) <= 1:
                raise ValueError("{} must lie between 0 and 1, not {}".format(field, getattr(self, field)))
        if self.common + self.rare + self.missing > 1 + 1e-9:
            raise ValueError("common, rare and missing must be 1 at most together")
        if not 0 <= self.exponent < math.inf:
            raise ValueError("exponent must not be negative, not {}".format(self.exponent))

    def _refuse_lengths(self) -> None:
        shares = tuple(self.lengths)
        fit = 1 <= len(shares) <= LONGEST and all(0 <= share <= 1 for share in shares)
        if not fit or not math.isclose(sum(shares), 1):
            raise ValueError(
                "lengths must be shares of queries of 1 to {} terms that add up to 1, not {}".format(
                    LONGEST, shares
                )
            )


@dataclass(frozen=True)
class QueryMix:
    """``queries``, the most popular first, and how popular: ``1 / rank ** exponent``."""

    queries: Tuple[str, ...]
    exponent: float
    seed: int

    def stream(self) -> Iterator[str]:
        """Yield queries for ever, each by its popularity, whatever came before; the same at every call."""
        uniform = random.Random(self.seed * 2 + 1).random
        heights = list(accumulate(_popularity(len(self.queries), self.exponent)))
        while True:
            yield self.queries[_drawn(heights, uniform())]

    def log(self, length: int) -> List[str]:
        """The first ``length`` queries of the stream."""
        return list(islice(self.stream(), length))


def draw_queries(spec: QuerySpec, vocabulary: Vocabulary) -> QueryMix:
    """Draw ``spec.distinct`` queries; no two hold the same terms, in whatever order.

    Raises ``ValueError`` where the vocabulary has too few terms for that.
    """
    if not vocabulary.frequencies:
        raise ValueError("vocabulary must hold at least one term: the texts that it was read from have none")
    dice = _Dice(spec, vocabulary)
    known: Set[FrozenSet[str]] = set()
    queries: List[str] = []
    vain = 0
    while len(queries) < spec.distinct:
        query = dice.query()
        if frozenset(query) not in known:
            known.add(frozenset(query))
            queries.append(" ".join(query))
            vain = 0
        elif vain == _TRIES:
            raise ValueError(
                "distinct must be about {} at most, not {}: there are too few different terms".format(
                    len(queries), spec.distinct
                )
            )
        vain += 1
    return QueryMix(tuple(queries), spec.exponent, spec.seed)


class _Dice:
    """Draws terms by the shares of a spec."""

    def __init__(self, spec: QuerySpec, vocabulary: Vocabulary) -> None:
        self._uniform = random.Random(spec.seed * 2).random
        self._known = vocabulary.frequencies
        ordered = vocabulary.by_frequency()
        common = max(1, int(len(ordered) * COMMON_SHARE))
        rare = len(ordered) - max(1, int(len(ordered) * RARE_SHARE))
        # With three terms or fewer one may be common and rare, and between them nothing: there all serve.
        self._groups = (ordered[:common], ordered[rare:], ordered[common:rare] or ordered)
        self._lengths = list(accumulate(spec.lengths))
        between = max(0.0, 1 - spec.common - spec.rare - spec.missing)
        self._shares = list(accumulate((spec.common, spec.rare, between, spec.missing)))

    def query(self) -> Tuple[str, ...]:
        """The terms of a query, each once."""
        length = _drawn(self._lengths, self._uniform()) + 1
        found: Dict[str, None] = {}
        for _ in range(_TRIES):
            found[self._term()] = None
            if len(found) == length:
                return tuple(found)
        raise ValueError(
            "lengths must be shorter: too few terms are there for queries of {} different ones".format(length)
        )

    def _term(self) -> str:
        group = _drawn(self._shares, self._uniform())
        return self._absent() if group == len(self._groups) else self._pick(self._groups[group])

    def _absent(self) -> str:
        while True:
            term = "".join(self._pick(_CONSONANTS) for _ in range(_ABSENT_LETTERS))
            if term not in self._known:
                return term

    def _pick(self, among: Sequence[str]) -> str:
        return among[int(self._uniform() * len(among))]


def _popularity(count: int, exponent: float) -> List[float]:
    power = _PRECISION.create_decimal(repr(-exponent))
    return [float(_PRECISION.power(Decimal(rank), power)) for rank in range(1, count + 1)]


def _drawn(heights: Sequence[float], uniform: float) -> int:
    """The index that a uniform number in [0, 1) falls on, of steps by their accumulated heights.

    The number is 1 - 2**-53 at most, and that times a float rounds below the float: there is always such
    a step, and never one without height.
    """
    return bisect_right(heights, uniform * heights[-1])
