"""Regressions and improvements as records of the site: groups, their cases, and what to type about them."""

from __future__ import annotations

import math
import re
import shlex
import statistics
from typing import Any

from groundspeed import units
from groundspeed.site.pieces.tables import Tables, columns, interval, seconds
from groundspeed.verdicts.groups import OPEN, Affected, Group, Regressions, State

LISTED = 7
"""Cases of a group that are listed, the most pressing: numpy's largest group has 789."""

STRIP = 120
"""Factors of a group: more than a strip of a few hundred pixels tells apart."""


def group_record(group: Group, found: Regressions, tables: Tables) -> dict[str, Any]:
    """A group with its first cases; ``Group`` of app/answers.js."""
    factors = sorted((factor(one) for one in group.affected), reverse=True)
    return {
        "id": group.id,
        "state": str(group.state),
        "open": group.state in OPEN,
        "evidence": round(max(one.evidence for one in group.affected), 3),
        "range": tables.range(group.range),
        "likely": tables.range(group.likely),
        "machines": list(group.machines),
        **_counts(group),
        "counted": len(group.counted),
        "largest": short(max(factor(one) for one in group.counted)),
        "factors": [short(one) for one in _thinned(factors)],
        "affected": columns([affected_record(one, tables) for one in group.affected[:LISTED]]),
        "decisions": [
            {"ruling": str(one.ruling), "by": one.by, "at": seconds(one.at), "note": one.note}
            for one in group.decisions
        ],
        "commands": _commands(group, found, tables),
        "hint": _hint(group, found),
    }


def brief_record(group: Group, tables: Tables) -> dict[str, Any]:
    """A group in a line; ``Brief`` of app/answers.js."""
    worst = max(group.counted, key=lambda one: one.size)
    return {
        "id": group.id,
        "state": str(group.state),
        "range": tables.range(group.range),
        "machines": list(group.machines),
        **_counts(group),
        "worst": affected_record(worst, tables),
    }


def affected_record(one: Affected, tables: Tables) -> dict[str, Any]:
    """A case in a group; ``Affected`` of app/answers.js."""
    step = one.step
    return {
        "line": tables.line(step.key),
        "unit": units.canonical(step.unit),
        "better": str(step.better),
        "base": tables.commit(step.base),
        "head": tables.commit(step.head),
        "before": interval(step.before),
        "after": interval(step.after),
        "scale": str(step.scale),
        "change": interval(step.change),
        "factor": short(factor(one)),
        "q": float(f"{one.q:.2g}"),
        "state": str(one.state),
        "recovered": None if one.recovered is None else tables.range(one.recovered),
    }


def factor(one: Affected) -> float:
    """How many times worse or better: 1 or more."""
    return math.exp(min(one.size, 700.0))


def short(value: float) -> float:
    """What a page shows of a factor."""
    return float(f"{value:.4g}")


def _counts(group: Group) -> dict[str, Any]:
    keys = [one.step.key for one in group.affected]
    return {
        "series": len(keys),
        "cases": len({key.case for key in keys}),
        "benchmarks": len({key.case.benchmark for key in keys}),
        "median": short(statistics.median(factor(one) for one in group.counted)),
    }


def _thinned(factors: list[float]) -> list[float]:
    """At most ``STRIP`` of them, evenly, both ends among them."""
    if len(factors) <= STRIP:
        return factors
    return [factors[round(at * (len(factors) - 1) / (STRIP - 1))] for at in range(STRIP)]


def _hint(group: Group, found: Regressions) -> str | None:
    broad = found.broad(group)
    if not broad:
        return None
    shares = " and ".join(f"{share:.0%} of the series on {machine}" for machine, share in broad.items())
    return f"It moved {shares}: look at the host and its Python first."


def _commands(group: Group, found: Regressions, tables: Tables) -> list[dict[str, str]]:
    """What to type next; nothing about what got better or is over."""
    if found.improvements or group.state is State.RECOVERED:
        return []
    where = tables.range(group.range)
    base, head = group.range.base[:10], group.range.head[:10]
    bench = shlex.quote(f"^{re.escape(group.counted[0].step.key.case.benchmark)}\\b")
    single = where["commits"] == 1
    commands = [("look at the commit", f"git show {head}")] if single else []
    if group.state is State.SUSPECTED:
        confirm = f"groundspeed compare {base} {head} --measure --bench {bench}"
        commands.append((f"measure both ends in turn, on {group.machines[0]}", confirm))
    if not single:
        commands.append(("measure the commits in between", f"groundspeed run {base}..{head} --bench {bench}"))
    if group.state in OPEN:
        accept = f"groundspeed triage acknowledge {group.id} --note 'why'"
        commands.append(("accept it, where it was meant to be so", accept))
    return [{"purpose": purpose, "text": text} for purpose, text in commands]
