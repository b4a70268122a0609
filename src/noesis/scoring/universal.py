"""One score for a text and what became of it on a platform. Owns how the two are put together."""

from __future__ import annotations

from dataclasses import astuple

from noesis.errors import ScoringError
from noesis.scoring import formulas
from noesis.scoring.platforms import YOUTUBE, score_platform
from noesis.scoring.records import Platform, Statistics, UniversalScore, UniversalWeights, shown
from noesis.scoring.text import score_text

_WEIGHTS = UniversalWeights()


def universal_content_score(
    text: str,
    statistics: Statistics,
    *,
    platform: Platform = YOUTUBE,
    weights: UniversalWeights = _WEIGHTS,
) -> UniversalScore:
    """The weighted mean of the text's score and the platform's.

    Raises ``ScoringError`` where ``score_text`` or ``score_platform`` does.
    """
    if not isinstance(weights, UniversalWeights):
        raise ScoringError(f"weights must be UniversalWeights, not {shown(weights)}")
    of_text, of_platform = score_text(text), score_platform(statistics, platform)
    return UniversalScore(
        score=formulas.weighted((of_text.score, of_platform.score), astuple(weights)),
        text=of_text,
        platform=of_platform,
        weights=weights,
    )
