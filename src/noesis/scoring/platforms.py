"""The score of what a platform counted: engagement, velocity, watching, reach. Owns the table of platforms.

Each part is a rate on a curve that gives half the points at a value of the platform's row. Rates are taken
as if ``prior_views`` more had viewed and done nothing, so that one viewer who likes is no proof, and a
publication without a view has a score like any other. More likes, comments, shares and watch time never lower
a score, and more age never raises it; views raise velocity and reach, and lower what is counted per view.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple
from types import MappingProxyType
from typing import TYPE_CHECKING

from noesis.errors import ScoringError
from noesis.scoring import formulas
from noesis.scoring.records import Platform, PlatformScore, PlatformScores, Statistics, shown

if TYPE_CHECKING:
    from noesis.scoring.formulas import Number

# Conventions, to be replaced where a channel knows its own medians: 5 likes to a hundred views are a good
# video's, a comment takes more than a like and a share more than a comment, and a hundred viewers are the
# least that a rate says something of.
YOUTUBE = Platform(
    name="youtube",
    comment=2.0,
    share=3.0,
    half_engagement=0.05,
    half_velocity=1_000.0,
    half_watch_s=180.0,
    half_reach=10_000.0,
    prior_views=100.0,
)

PLATFORMS: Mapping[str, Platform] = MappingProxyType({one.name: one for one in (YOUTUBE,)})


def score_platform(statistics: Statistics, platform: Platform = YOUTUBE) -> PlatformScore:
    """The score of one publication. Raises ``ScoringError`` for what are no statistics or no platform."""
    _check(platform)
    return PlatformScore(**_figures(_counts(statistics), platform), platform=platform)


def score_platforms(statistics: Iterable[Statistics], platform: Platform = YOUTUBE) -> PlatformScores:
    """The scores of n publications, the same numbers as one by one. O(n).

    Raises ``ScoringError`` that names what are no statistics by its place, from 0.
    """
    import numpy as np

    _check(platform)
    rows = [_counts(one, f"statistics {place}: ") for place, one in enumerate(statistics)]
    columns = [*np.array(rows, dtype=np.float64).reshape(-1, 6).T]
    return PlatformScores(**_figures(columns, platform), platform=platform)


def _counts(one: object, where: str = "") -> list[float]:
    if not isinstance(one, Statistics):
        raise ScoringError(f"{where}statistics must be Statistics, not {shown(one)}")
    counts = (one.views, one.likes, one.comments, one.shares, one.watch_time_s, one.age_days)
    return [float(count) for count in counts]


def _check(platform: object) -> None:
    if not isinstance(platform, Platform):
        raise ScoringError(f"platform must be a Platform ({', '.join(PLATFORMS)}, …), not {shown(platform)}")


def _figures(counts: Sequence[Number], platform: Platform) -> dict[str, Number]:
    """The numbers of a ``PlatformScore`` from those of ``Statistics``, in the order of its fields."""
    views, likes, comments, shares, watch_time_s, age_days = counts
    viewers = views + platform.prior_views
    interactions = (likes + platform.comment * comments + platform.share * shares) / viewers
    velocity = views / (age_days + 1.0)  # the day it came out is a whole one
    watched_s = watch_time_s / viewers
    parts = {
        "engagement": formulas.saturating(interactions, platform.half_engagement),
        "velocity": formulas.saturating(velocity, platform.half_velocity),
        "watch": formulas.saturating(watched_s, platform.half_watch_s),
        "reach": formulas.saturating(views, platform.half_reach),
    }
    return {
        "score": formulas.weighted(list(parts.values()), astuple(platform.weights)),
        **parts,
        "interactions_per_view": interactions,
        "views_per_day": velocity,
        "watched_s_per_view": watched_s,
    }
