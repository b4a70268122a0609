"""Histories made of steps by hand, judged: for tests of what is made of them. Nothing is detected."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np

from groundspeed.results.archive import Series
from groundspeed.stats.levels import Steps
from groundspeed.verdicts.culprits import judge
from groundspeed.verdicts.groups import Regressions
from groundspeed.verdicts.steps import Scale, Stepped
from groundspeed.verdicts.triage import Decision, Ruling, id_of
from tests.site_archives import commit_hash, series

COUNT = 40
NOW = datetime(2026, 1, 2, tzinfo=UTC)


def step(
    number: int,
    at: int,
    before: float,
    after: float,
    *,
    around: int = 0,
    p: float = 1e-9,
    half: float = 0.01,
) -> dict[str, float]:
    """A step of series ``number`` whose new level begins at place ``at``, or up to ``around`` beside it."""
    return {
        "series": number,
        "base": at - 1,
        "head": at,
        "earliest": at - 1 - around,
        "latest": at + around,
        "before": before,
        "before_half": half,
        "after": after,
        "after_half": half,
        "half": half,
        "p": p,
    }


def stepped(names: Sequence[str | Series], *rows: dict[str, float], scale: Scale = Scale.RATIO) -> Stepped:
    kinds = dict.fromkeys(("series", "base", "head", "earliest", "latest"), np.int64)
    columns: dict[str, Any] = {
        name: np.array([row[name] for row in rows], kinds.get(name, np.float64))
        for name in Steps.__dataclass_fields__
    }
    found = tuple(series(one, [1.0]) if isinstance(one, str) else one for one in names)
    return Stepped(
        order=tuple(commit_hash(place) for place in range(COUNT)),
        series=found,
        scales=(scale,) * len(found),
        rows=Steps(**columns),
    )


def judged(
    history: Stepped,
    *decisions: Decision,
    tolerance: float = 0.05,
    gone: str = "nothing",
    improvements: bool = False,
) -> Regressions:
    return judge(
        history,
        tolerance=lambda _: tolerance,
        current=lambda key: key.case.benchmark != gone,
        decisions=decisions,
        improvements=improvements,
    )


def decision(
    ruling: Ruling, *cases: str, base: int = 19, head: int = 20, at: int = 0, id_: str = ""
) -> Decision:
    return Decision(
        id=id_of(commit_hash(base), commit_hash(head)),
        ruling=ruling,
        base=commit_hash(base),
        head=commit_hash(head),
        cases=cases,
        machines=(),
        by="Ada",
        at=NOW.replace(hour=at),
        note="",
    )
