"""One judgement in words and as JSON, for every report that shows some. Owns how a comparison is said."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeGuard

from groundspeed import units
from groundspeed.records import Better, SeriesKey
from groundspeed.stats.comparison import More, Undecidable
from groundspeed.stats.ratio import Interval
from groundspeed.verdicts.compare import Compared, Comparison, Row, Status, said
from groundspeed.verdicts.judgement import (
    CERTAIN,
    Caveat,
    Enough,
    Evidence,
    Further,
    Ground,
    Judgement,
    NoRatio,
)
from groundspeed.verdicts.pairs.stored import UNSAMPLED

_ORDER = ("slower", "faster", "same", "inconclusive")


def case_text(key: SeriesKey) -> str:
    """A case, with its metric where it is not the main one."""
    return f"{key.case}@{key.metric}" if key.metric else str(key.case)


def row_name(row: Row, known: Known) -> str:
    """A case, with its metric and, where there are several, its environment."""
    return case_text(row.key) if known.environment else f"{case_text(row.key)}  [{row.key.environment}]"


def summary(comparison: Comparison) -> str:
    """How many rows say what: ``1 slower, 0 faster, 40 same, 5 inconclusive; 2 new``."""
    counts: dict[str, int] = {}
    for row in comparison.rows:
        counts[str(said(row))] = counts.get(str(said(row)), 0) + 1
    judged = ", ".join(f"{counts.get(word, 0):,} {word}" for word in _ORDER)
    others = ", ".join(f"{counts[word]:,} {word}" for word in map(str, Status) if word in counts)
    return f"{judged}; {others}" if others else judged


def ratio_text(one: Judgement) -> str:
    """``×1.124 (1.109 to 1.140)``."""
    if isinstance(one.ratio, NoRatio):
        return "no ratio"
    if one.ratio.low == one.ratio.high:
        return f"×{_ratio(one.ratio.centre)}"
    if one.ratio.low == 0 and math.isinf(one.ratio.high):
        return f"×{_ratio(one.ratio.centre)} (unbounded)"
    return f"×{_ratio(one.ratio.centre)} ({_ratio(one.ratio.low)} to {_ratio(one.ratio.high)})"


def _ratio(value: float) -> str:
    if math.isinf(value):
        return "∞"
    return f"{value:.3f}" if abs(value) < 10 else f"{value:,.0f}" if abs(value) < 1e6 else f"{value:.1e}"


def values_text(one: Judgement, unit: str) -> str:
    """``1.02 ms → 1.15 ms (+127 µs)``."""
    base, head = (units.display(value, unit) for value in (one.base, one.head))
    return f"{base} → {head} ({effect_text(one, unit)})"


def effect_text(one: Judgement, unit: str) -> str:
    """Head less base, with its sign."""
    size = one.effect.centre
    sign = "+" if size > 0 else "−" if size < 0 else "±"
    return f"{sign}{units.display(abs(size), unit)}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """What a reader has been told of all rows already, and no row repeats.

    ``environment``: they are all of one.
    """

    caveats: frozenset[Caveat] = frozenset()
    stored: bool = False
    environment: bool = True


NOTHING_KNOWN = Known()


def notes_text(row: Compared, known: Known = NOTHING_KNOWN) -> str:
    """What a row rests on, what would decide, which way is better: ``6+6 processes, one session``."""
    one = row.judgement
    parts = (
        evidence_text(one.evidence, one.tolerance, known),
        "" if known.stored and one.further == UNSAMPLED else further_text(one.further),
        "higher is better" if row.better is Better.HIGHER else "",
    )
    return "; ".join(part for part in parts if part)


def evidence_text(one: Evidence, tolerance: float, known: Known = NOTHING_KNOWN) -> str:
    """``6+6 processes, one session``, and the caveats."""
    parts = [] if known.stored and one.ground is Ground.STORED else [_ground(one)]
    for caveat in one.caveats:
        if caveat not in known.caveats:
            told = caveat is Caveat.NOISE_UNKNOWN
            parts.append(f"{caveat}, judged at {tolerance:.0%}" if told else str(caveat))
    return "; ".join(parts)


def known_of(rows: Sequence[Row]) -> Known:
    """What all rows that chance has a part in have in common; of one row nothing is told beforehand."""
    drawn = [row.judgement.evidence for row in rows if is_drawn(row)]
    environment = len({row.key.environment for row in rows}) < 2
    if len(drawn) < 2:
        return Known(environment=environment)
    return Known(
        environment=environment,
        caveats=frozenset.intersection(*(frozenset(one.caveats) for one in drawn)) & {Caveat.NOISE_UNKNOWN},
        stored=all(one.ground is Ground.STORED for one in drawn),
    )


def known_text(rows: Sequence[Row], known: Known) -> str:
    """That, in sentences; empty where there is nothing to tell."""
    lines = []
    if known.stored:
        lines.append("No samples were kept: this is told, cautiously, from stored intervals.")
    if known.caveats:
        limit = min(row.judgement.tolerance for row in rows if is_drawn(row))
        lines.append(
            f"How far sessions of this machine lie apart is not known: no change below {limit:.0%} is told."
        )
    return "\n".join(lines)


def is_drawn(row: Row) -> TypeGuard[Compared]:
    """Whether chance has a part in what a row says."""
    return isinstance(row, Compared) and row.judgement.evidence.ground not in CERTAIN


def _ground(one: Evidence) -> str:
    count = f"{one.base_processes}+{one.head_processes} processes"
    match one.ground:
        case Ground.SAME_SESSIONS:
            return f"{count}, {'one session' if one.sessions == 1 else f'{one.sessions} sessions'}"
        case Ground.APART:
            return f"{count}, one commit after the other"
        case Ground.OTHER_SESSIONS if one.base_processes == one.head_processes == 1:
            return "one value each, of different sessions"
        case Ground.OTHER_SESSIONS:
            return f"{count}, different sessions"
        case Ground.STORED:
            return "from stored intervals"
        case ground:
            return str(ground)


def further_text(one: Further) -> str:
    """What would decide; empty where it is decided."""
    match one:
        case Enough():
            return ""
        case More(processes=count):
            return f"{count:,} more process{'es' if count > 1 else ''} each would decide"
        case Undecidable(reason=reason):
            return reason


def row_json(row: Row) -> dict[str, Any]:
    """A row, with every number; what is not finite is null."""
    key = row.key
    common = {
        "case": str(key.case),
        "benchmark": key.case.benchmark,
        "params": list(key.case.params),
        "metric": key.metric,
        "environment": key.environment,
        "unit": row.unit,
        "better": str(row.better),
        "verdict": str(said(row)),
    }
    if isinstance(row, Compared):
        return {**common, "base": row.base, "head": row.head, **judgement_json(row.judgement)}
    return {**common, "reason": row.reason}


def judgement_json(one: Judgement) -> dict[str, Any]:
    """What is said of a pair, the verdict aside."""
    evidence = one.evidence
    return {
        "base_value": number(one.base),
        "head_value": number(one.head),
        "effect": interval_json(one.effect),
        "ratio": None if isinstance(one.ratio, NoRatio) else interval_json(one.ratio),
        "no_ratio": one.ratio.reason if isinstance(one.ratio, NoRatio) else None,
        "tolerance": one.tolerance,
        "chance_slower": one.chances.slower,
        "chance_faster": one.chances.faster,
        "evidence": {
            "ground": evidence.ground.name.lower(),
            "base_processes": evidence.base_processes,
            "head_processes": evidence.head_processes,
            "sessions": evidence.sessions,
            "caveats": [caveat.name.lower() for caveat in evidence.caveats],
        },
        "more_processes": one.further.processes if isinstance(one.further, More) else None,
        "further": further_text(one.further),
    }


def interval_json(one: Interval) -> dict[str, float | None]:
    """Bounds that are not finite are null: nothing bounds it there."""
    return {"low": number(one.low), "centre": number(one.centre), "high": number(one.high)}


def number(value: float) -> float | None:
    """JSON knows no infinity."""
    return value if math.isfinite(value) else None
