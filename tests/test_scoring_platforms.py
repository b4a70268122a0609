"""Platform scores by hand, their laws, what is refused, and the universal score."""

from __future__ import annotations

import math
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noesis.errors import ScoringError
from noesis.scoring import (
    PLATFORMS,
    YOUTUBE,
    Platform,
    PlatformScore,
    PlatformWeights,
    Statistics,
    UniversalWeights,
    score_platform,
    score_platforms,
    score_text,
    universal_content_score,
)

LAWS = settings(deadline=None, derandomize=True, max_examples=200)
MOST = 2**53
COUNT = st.one_of(st.integers(0, 10**6), st.integers(0, MOST))
AMOUNT = st.floats(0, float(MOST), allow_subnormal=False)
STATISTICS = st.builds(
    Statistics, views=COUNT, likes=COUNT, comments=COUNT, shares=COUNT, watch_time_s=AMOUNT, age_days=AMOUNT
)
PLATFORM = st.builds(
    lambda worth, halves, prior: Platform(
        name="made",
        comment=worth[0],
        share=worth[1],
        half_engagement=halves[0],
        half_velocity=halves[1],
        half_watch_s=halves[2],
        half_reach=halves[3],
        prior_views=prior,
        weights=PlatformWeights(engagement=0.1, velocity=0.2, watch=0.3, reach=0.4),
    ),
    st.tuples(st.floats(0, 1e6), st.floats(0, 1e6)),
    st.tuples(*[st.floats(1e-6, 1e9)] * 4),
    st.floats(1e-6, 1e6),
)
NUMBERS = [field.name for field in fields(PlatformScore) if field.name != "platform"]


def test_by_hand() -> None:
    found = score_platform(
        Statistics(views=900, likes=20, comments=6, shares=6, watch_time_s=180_000, age_days=8)
    )
    assert found.interactions_per_view == pytest.approx(0.05)  # (20 + 2 x 6 + 3 x 6) / (900 + 100)
    assert found.engagement == pytest.approx(50.0)  # just half_engagement
    assert found.views_per_day == pytest.approx(100.0)  # 900 / (8 + 1)
    assert found.velocity == pytest.approx(100 / 11)  # 100 / (100 + 1,000)
    assert found.watched_s_per_view == pytest.approx(180.0)
    assert found.watch == pytest.approx(50.0)
    assert found.reach == pytest.approx(100 * 900 / 10_900)
    # 0.35 x 50 + 0.25 x 9.0909 + 0.25 x 50 + 0.15 x 8.2569
    assert found.score == pytest.approx(17.5 + 2.27273 + 12.5 + 1.23853, abs=1e-4)
    assert found.platform is PLATFORMS["youtube"] is YOUTUBE


def test_nothing_counted_is_no_points() -> None:
    found = score_platform(Statistics(views=0))
    assert [getattr(found, name) for name in NUMBERS] == [0.0] * len(NUMBERS)


def test_one_viewer_who_likes_is_no_proof() -> None:
    alone = score_platform(Statistics(views=1, likes=1))
    assert alone.engagement == pytest.approx(100 * (1 / 101) / (1 / 101 + 0.05))  # 16.5, not 95
    assert alone.engagement < score_platform(Statistics(views=10_000, likes=500)).engagement


def test_another_platform_is_another_row() -> None:
    counted = Statistics(views=900, shares=10)
    repeated = replace(YOUTUBE, name="microblog", share=5.0, half_engagement=0.01)
    assert score_platform(counted, repeated).interactions_per_view == pytest.approx(0.05)
    assert score_platform(counted, repeated).engagement == pytest.approx(100 * 5 / 6)
    assert score_platform(counted, repeated).platform.name == "microblog"


@LAWS
@given(counted=STATISTICS, platform=PLATFORM)
def test_every_part_is_on_its_scale(counted: Statistics, platform: Platform) -> None:
    found = score_platform(counted, platform)
    for name in ("score", "engagement", "velocity", "watch", "reach"):
        assert 0.0 <= getattr(found, name) <= 100.0
    assert all(math.isfinite(getattr(found, name)) for name in NUMBERS)


@LAWS
@given(
    counted=STATISTICS,
    more=st.integers(0, 10**6),
    name=st.sampled_from(["likes", "comments", "shares", "watch_time_s"]),
)
def test_more_of_it_is_no_worse_and_age_no_better(counted: Statistics, more: int, name: str) -> None:
    grown = replace(counted, **{name: min(getattr(counted, name) + more, MOST)})
    assert score_platform(grown).score >= score_platform(counted).score - 1e-9  # a few roundings
    aged = replace(counted, age_days=min(counted.age_days + more, MOST))
    assert score_platform(aged).score <= score_platform(counted).score + 1e-9


@LAWS
@given(counted=st.lists(STATISTICS, max_size=8), platform=st.one_of(st.just(YOUTUBE), PLATFORM))
def test_a_batch_has_the_very_numbers_of_one_by_one(counted: list[Statistics], platform: Platform) -> None:
    together = score_platforms(iter(counted), platform)
    apart = [score_platform(one, platform) for one in counted]
    for name in NUMBERS:
        assert getattr(together, name).tolist() == [getattr(one, name) for one in apart]
    assert together.platform is platform


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"views": -1}, r"views must be a whole number from 0 to 2\*\*53, not -1"),
        ({"likes": 1.5}, "likes must be a whole number .* not 1.5"),
        ({"comments": True}, "comments must be a whole number .* not True"),
        ({"shares": "3"}, "shares must be a whole number .* not '3'"),
        ({"views": MOST + 1}, f"views .* not {MOST + 1}"),
        ({"watch_time_s": math.nan}, "watch_time_s must be a number from 0 .* not nan"),
        ({"watch_time_s": -0.5}, "watch_time_s .* not -0.5"),
        ({"age_days": math.inf}, "age_days .* not inf"),
        ({"age_days": None}, "age_days .* not None"),
        ({"views": 10**5000}, "views .* not a number of 16,610 bits"),  # 5000 x log2(10), upwards
        ({"likes": "9" * 10**6}, r"likes .* not '9+\.\.\.9+'$"),
    ],
)
def test_statistics_that_cannot_be(told: dict[str, Any], said: str) -> None:
    with pytest.raises(ScoringError, match=said):
        Statistics(**{"views": 1, **told})


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"name": ""}, "name must be the name of a platform, not ''"),
        ({"comment": -1.0}, "comment must be a number from 0"),
        ({"half_reach": 0.0}, "half_reach must be a number from 1e-06"),
        ({"prior_views": 0}, "prior_views must be a number from 1e-06"),
        ({"weights": {}}, r"weights must be PlatformWeights, not \{\}"),
    ],
)
def test_a_platform_that_cannot_be(told: dict[str, Any], said: str) -> None:
    with pytest.raises(ScoringError, match=said):
        replace(YOUTUBE, **told)


def test_what_is_handed_over_by_mistake_is_named() -> None:
    wrong: Any = {"views": 3}
    with pytest.raises(ScoringError, match=r"^statistics must be Statistics, not \{'views': 3\}"):
        score_platform(wrong)
    with pytest.raises(ScoringError, match=r"^statistics 1: statistics must be Statistics"):
        score_platforms([Statistics(views=1), wrong])
    with pytest.raises(ScoringError, match=r"platform must be a Platform \(youtube, …\), not \{'views': 3\}"):
        score_platform(Statistics(views=1), wrong)
    with pytest.raises(ScoringError, match="weights must be UniversalWeights"):
        universal_content_score("text", Statistics(views=1), weights=wrong)


@pytest.mark.parametrize(("text", "platform"), [(0.5, 0.5), (0.9, 0.1), (0.0, 1.0)])
def test_the_universal_score_is_the_weighted_mean(text: float, platform: float) -> None:
    words, counted = "A good text. It is short.", Statistics(views=900, likes=50)
    found = universal_content_score(words, counted, weights=UniversalWeights(text=text, platform=platform))
    assert found.text == score_text(words)
    assert found.platform == score_platform(counted)
    assert found.score == pytest.approx(text * found.text.score + platform * found.platform.score)


def test_weights_sum_to_one() -> None:
    with pytest.raises(ScoringError, match=r"the weights text, platform must sum to 1, not 1\.1"):
        UniversalWeights(text=0.6)
    with pytest.raises(ScoringError, match="reach must be a number from 0 to 1, not 2"):
        PlatformWeights(reach=2)
