"""What scoring is told and what it gives back. Owns which values are refused; computes nothing.

A score lies within 0 and 100. A part that a text has no ground for is ``Absent`` with its reason, and the
weights of the others share its place.
"""

from __future__ import annotations

import math
import reprlib
from dataclasses import astuple, dataclass, field, fields
from typing import TYPE_CHECKING

from noesis.errors import ScoringError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MOST = 2**53  # every whole number up to here is a float of its own: arrays lose nothing
LEAST = 1e-6  # of what is divided by: no rounding comes near it
WIDEST_BITS = 128  # of a number that is still written out
TOLERANCE = 1e-9  # of a sum of weights: ten tenths are not exactly one


@dataclass(frozen=True, kw_only=True, slots=True)
class TextWeights:
    """How much each part of a text's score counts; they sum to 1.

    A convention, not a finding: readability first, as what is not understood is not read; sentiment last, as
    a sober text is no worse than a glad one. ``length`` is above 0: it is what every text has. Raises
    ``ScoringError`` that names the field.
    """

    readability: float = 0.35
    structure: float = 0.20
    diversity: float = 0.20
    sentiment: float = 0.10
    length: float = 0.15

    def __post_init__(self) -> None:
        _check_number("length", self.length, least=LEAST, most=1.0)
        _check_weights(self)


@dataclass(frozen=True, kw_only=True, slots=True)
class PlatformWeights:
    """How much each part of a platform score counts; they sum to 1. Raises ``ScoringError``."""

    engagement: float = 0.35
    velocity: float = 0.25
    watch: float = 0.25
    reach: float = 0.15

    def __post_init__(self) -> None:
        _check_weights(self)


@dataclass(frozen=True, kw_only=True, slots=True)
class UniversalWeights:
    """How much the text and what became of it count; they sum to 1. Raises ``ScoringError``.

    Equal: nothing is known by which one should count more.
    """

    text: float = 0.5
    platform: float = 0.5

    def __post_init__(self) -> None:
        _check_weights(self)


@dataclass(frozen=True, kw_only=True, slots=True)
class TextMeasures:
    """What was counted in a text: code, tables and addresses left out.

    ``letters`` are alphabetic characters, ``latin_letters`` those of them in the Latin alphabet,
    ``characters`` letters and digits. ``blocks`` are paragraphs, items and headings with a word in them.
    ``windows`` is how many runs of fifty words there are, ``diversity`` their mean share of different words
    (0 without any). ``positive`` and ``negative`` words are those of the lexicon, turned by a negation.
    """

    words: int
    sentences: int
    syllables: int
    letters: int
    latin_letters: int
    characters: int
    blocks: int
    headings: int
    windows: int
    diversity: float
    positive: int
    negative: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Absent:
    """A part that is not scored, and why."""

    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Readability:
    """``flesch``: reading ease, to some 120, higher is easier; ``ari``, ``coleman_liau``: school grades."""

    score: float
    flesch: float
    ari: float
    coleman_liau: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Structure:
    """``words_per_block`` and ``words_per_heading``; the beginning of a text counts as a heading."""

    score: float
    words_per_block: float
    words_per_heading: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Diversity:
    """``type_token_ratio``: different words among fifty in a row, 0 to 1, the mean of all such runs."""

    score: float
    type_token_ratio: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Sentiment:
    """50 is neutral; above, more words of the lexicon are ``positive`` than ``negative``."""

    score: float
    positive: int
    negative: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Length:
    """``words`` of the text; ``reading_s``: seconds that reading them takes."""

    score: float
    words: int
    reading_s: float


@dataclass(frozen=True, kw_only=True, slots=True)
class TextScore:
    """A text's ``score`` and its parts, each 0 to 100, with the weights they were put together by."""

    score: float
    readability: Readability | Absent
    structure: Structure | Absent
    diversity: Diversity | Absent
    sentiment: Sentiment | Absent
    length: Length
    weights: TextWeights
    measures: TextMeasures


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)  # arrays have no one answer to ==
class TextScores:
    """The scores of n texts: ``score`` (n,), ``parts`` and ``is_scored`` (n, 5).

    Columns stand in the order of ``TextWeights``: readability, structure, diversity, sentiment, length. A
    part that is absent is 0 and not ``is_scored``.
    """

    score: NDArray[np.float64]
    parts: NDArray[np.float64]
    is_scored: NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True, slots=True)
class Statistics:
    """What a platform counted of one publication, in all since it came out.

    ``watch_time_s``: seconds, of all viewers together; ``age_days``: days. A count that a platform does not
    have is 0. Raises ``ScoringError`` that names the field: negative, not finite, above 2⁵³, or a count that
    is not whole. More likes than views are taken: platforms count the two at different times.
    """

    views: int
    likes: int = 0
    comments: int = 0
    shares: int = 0
    watch_time_s: float = 0.0
    age_days: float = 0.0

    def __post_init__(self) -> None:
        for name in ("views", "likes", "comments", "shares"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MOST:
                raise ScoringError(f"{name} must be a whole number from 0 to 2**53, not {shown(value)}")
        for name in ("watch_time_s", "age_days"):
            _check_number(name, getattr(self, name), most=MOST)


@dataclass(frozen=True, kw_only=True, slots=True)
class Platform:
    """What counts on a platform: a row of a table.

    A comment is worth ``comment`` likes, a share ``share`` likes. ``half_…`` is the value that gets half the
    points: interactions a view, views a day, seconds watched a view, views. ``prior_views``: rates are taken
    as if so many had viewed before, and done nothing else. Raises ``ScoringError`` that names the field.
    """

    name: str
    comment: float
    share: float
    half_engagement: float
    half_velocity: float
    half_watch_s: float
    half_reach: float
    prior_views: float
    weights: PlatformWeights = field(default_factory=PlatformWeights)

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name:
            raise ScoringError(f"name must be the name of a platform, not {shown(self.name)}")
        if not isinstance(self.weights, PlatformWeights):
            raise ScoringError(f"weights must be PlatformWeights, not {shown(self.weights)}")
        for name in ("comment", "share"):
            _check_number(name, getattr(self, name), most=1e6)
        for name in ("half_engagement", "half_velocity", "half_watch_s", "half_reach", "prior_views"):
            _check_number(name, getattr(self, name), least=LEAST, most=MOST)


@dataclass(frozen=True, kw_only=True, slots=True)
class PlatformScore:
    """A publication's ``score`` and its parts, each 0 to 100, and the rates behind them."""

    score: float
    engagement: float
    velocity: float
    watch: float
    reach: float
    interactions_per_view: float
    views_per_day: float
    watched_s_per_view: float
    platform: Platform


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class PlatformScores:
    """The same for n publications; every array is (n,)."""

    score: NDArray[np.float64]
    engagement: NDArray[np.float64]
    velocity: NDArray[np.float64]
    watch: NDArray[np.float64]
    reach: NDArray[np.float64]
    interactions_per_view: NDArray[np.float64]
    views_per_day: NDArray[np.float64]
    watched_s_per_view: NDArray[np.float64]
    platform: Platform


@dataclass(frozen=True, kw_only=True, slots=True)
class UniversalScore:
    """A text and what became of it: ``score`` 0 to 100, and the two that it is made of."""

    score: float
    text: TextScore
    platform: PlatformScore
    weights: UniversalWeights


def shown(value: object) -> str:
    """A value as an error says it: short, whatever it is (Python writes no number of 4,300 digits)."""
    if isinstance(value, int) and value.bit_length() > WIDEST_BITS:
        return f"a number of {value.bit_length():,} bits"
    return reprlib.repr(value)


def _check_number(name: str, value: object, *, least: float = 0.0, most: float) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not least <= value <= most:
        raise ScoringError(f"{name} must be a number from {least:g} to {most:g}, not {shown(value)}")


def _check_weights(weights: TextWeights | PlatformWeights | UniversalWeights) -> None:
    names = [one.name for one in fields(weights)]
    for name in names:
        _check_number(name, getattr(weights, name), most=1.0)
    total = math.fsum(astuple(weights))
    if abs(total - 1.0) > TOLERANCE:
        raise ScoringError(f"the weights {', '.join(names)} must sum to 1, not {total!r}")
