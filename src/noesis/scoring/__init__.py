"""Scores from 0 to 100 for a text, for what a platform counted of it, and for both together.

``score_text`` and ``score_platform`` show every part that a score is made of; ``score_texts`` and
``score_platforms`` give the same numbers for many at once, as arrays. docs/scoring.md has the formulas.
"""

from noesis.scoring.platforms import PLATFORMS, YOUTUBE, score_platform, score_platforms
from noesis.scoring.records import (
    Absent,
    Diversity,
    Length,
    Platform,
    PlatformScore,
    PlatformScores,
    PlatformWeights,
    Readability,
    Sentiment,
    Statistics,
    Structure,
    TextMeasures,
    TextScore,
    TextScores,
    TextWeights,
    UniversalScore,
    UniversalWeights,
)
from noesis.scoring.text import score_text, score_texts
from noesis.scoring.universal import universal_content_score

__all__ = [
    "PLATFORMS",
    "YOUTUBE",
    "Absent",
    "Diversity",
    "Length",
    "Platform",
    "PlatformScore",
    "PlatformScores",
    "PlatformWeights",
    "Readability",
    "Sentiment",
    "Statistics",
    "Structure",
    "TextMeasures",
    "TextScore",
    "TextScores",
    "TextWeights",
    "UniversalScore",
    "UniversalWeights",
    "score_platform",
    "score_platforms",
    "score_text",
    "score_texts",
    "universal_content_score",
]
