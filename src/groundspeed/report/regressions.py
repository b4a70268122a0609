"""Regressions as text, Markdown and JSON: which commits, what they did, how sure that is, what to type."""

from __future__ import annotations

import json
import math
import re
import shlex
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from groundspeed import units
from groundspeed.find.answer import exactly
from groundspeed.records import Better, Commit, SeriesKey
from groundspeed.report.table import Format, Table, plain
from groundspeed.report.triage import wire
from groundspeed.results.further import EXPONENT
from groundspeed.stats.ratio import Interval
from groundspeed.verdicts.culprits import FALSE_DISCOVERIES
from groundspeed.verdicts.groups import OPEN, Affected, Group, Range, Regressions, State
from groundspeed.verdicts.named import Named, named_culprits
from groundspeed.verdicts.reading import ProjectResults, dates_of
from groundspeed.verdicts.regressions import Standing, distances, text_of, trend
from groundspeed.verdicts.steps import Scale

SCHEMA = "groundspeed-regressions"
VERSION = 1
TOP = 10  # groups that a terminal gets; JSON has all
WORST = 5  # cases shown of a group
WIDTH = 100  # columns of a line
VAGUE = 100.0  # an interval whose ends are so many times apart says nothing of how much


@dataclass(frozen=True, kw_only=True, slots=True)
class RegressionsPage:
    """What is shown: ``groups`` of those found, the first ``top`` of them; the ``course`` of their number.

    ``culprits`` are those that are known, by the id of the group; ``distance`` counts the commits of a branch
    before each one that git knows on it.
    """

    found: Regressions
    groups: tuple[Group, ...]
    course: tuple[Standing, ...]
    top: int | None
    culprits: Mapping[str, Named]
    commits: Mapping[str, Commit]
    dates: Mapping[str, datetime]
    distance: Mapping[str, int]

    @property
    def shown(self) -> tuple[Group, ...]:
        """The groups that are written out."""
        return self.groups if self.top is None else self.groups[: self.top]


def page_of(
    reading: ProjectResults, found: Regressions, before: Regressions, *, everything: bool, top: int | None
) -> RegressionsPage:
    """What was found with what the repository says of its commits. ``before`` also holds what is older than
    asked for: the course of time is told by it.
    """
    dates = dates_of(reading.archive)
    groups = found.groups if everything else found.open
    return RegressionsPage(
        found=found,
        groups=groups,
        course=trend(before, dates),
        top=top,
        culprits={} if found.improvements else named_culprits(reading, groups),
        commits=reading.commits,
        dates=dates,
        distance=distances(reading),
    )


def render(page: RegressionsPage, kind: Format) -> str:
    """The page in the format asked for. JSON in one line: with thousands of series spaces would be half."""
    if kind is Format.JSON:
        return json.dumps(_json(page), ensure_ascii=False, allow_nan=False)
    return _markdown(page) if kind is Format.MARKDOWN else _text(page)


# --- text -------------------------------------------------------------------------------------------


def _text(page: RegressionsPage) -> str:
    blocks = [_summary(page)]
    blocks += [_block(rank, group, page) for rank, group in enumerate(page.shown, start=1)]
    return "\n\n".join([*blocks, *_closing(page)])


def _summary(page: RegressionsPage) -> str:
    """What is known, and how sure, before anything else."""
    found, states = page.found, Counter(group.state for group in page.found.groups)
    count = f"{sum(found.searched.values()):,} series searched"
    searched = f"{count}; noise may have made {FALSE_DISCOVERIES:.0%} of the steps listed."
    if found.improvements:
        lost = f" (and {states[State.RECOVERED]} that went again)" if states[State.RECOVERED] else ""
        return f"{units.counted(len(found.open), 'improvement')}{lost}.\n{searched}"
    closed = [
        f"{states[state]} {state}"
        for state in (State.RECOVERED, State.ACKNOWLEDGED, State.NOT_CONFIRMED)
        if states[state]
    ]
    open_ = units.counted(len(found.open), "open regression") if found.open else "No open regression"
    confirmed = f", {states[State.CONFIRMED]} of them confirmed" if states[State.CONFIRMED] else ""
    besides = f" (and {', '.join(closed)})" if closed else ""
    return f"{open_}{confirmed}{besides}.\n{searched}"


def _block(rank: int, group: Group, page: RegressionsPage) -> str:
    lines = [
        f"{rank:>3}. {group.id}  {_headline(group)}",
        *(f"     {line}" for line in (*_where(group, page), *_hints(group, page))),
        *(f"       {line}" for line in _cases(group)),
        *(f"     {line}" for line in _decided(group)),
        *([f"     $ {command}" for command in _next(group, page)]),
    ]
    return "\n".join(_cut(line) for line in lines)


def _headline(group: Group) -> str:
    counted = group.counted
    largest = _factor(max(counted, key=lambda one: one.size))
    median = math.exp(min(statistics.median(one.size for one in counted), 700.0))
    many = len(counted) > 1
    change = f"{units.display(median, '')}× {_word(counted)}" if many else change_text(counted[0])
    of = f" of {len(group.affected):,}" if len(counted) < len(group.affected) else ""
    cases = f" (median of {len(counted):,}{of} series, up to {largest})" if many else ""
    return f"{group.state}  {change}{cases}  {', '.join(group.machines)}"


def _where(group: Group, page: RegressionsPage) -> list[str]:
    """The range, how long it is, and what git calls the culprit, or its end."""
    where = group.range
    dates = [f"{page.dates[end]:%Y-%m-%d}" for end in (where.base, where.head) if end in page.dates]
    count = _commits_in(where, page)
    parts = [_short(where), " to ".join(dict.fromkeys(dates))]
    parts += [] if count is None else [units.counted(count, "commit")]
    parts += [] if group.likely == where else [f"most likely {_short(group.likely)}"]
    culprit = page.culprits.get(group.id)
    subject = _subject(group, page)
    if culprit is not None and (count != 1 or culprit.commit != where.head):
        subject = f"culprit: {culprit.commit[:10]} {subject}".rstrip()
    elif subject and count != 1:
        subject = f"up to: {subject}"
    return ["  ".join(part for part in parts if part), *([subject] if subject else [])]


def _subject(group: Group, page: RegressionsPage) -> str:
    """The first line of the culprit, or of the range's end; empty where git does not know it."""
    if culprit := page.culprits.get(group.id):
        return plain(culprit.subject)
    commit = page.commits.get(group.range.head)
    return "" if commit is None else plain(commit.subject)


def _hints(group: Group, page: RegressionsPage) -> list[str]:
    """That so much moved at once that one should look at the host first."""
    broad = page.found.broad(group)
    moved = [f"{share:.0%} of the series on {machine}" for machine, share in broad.items()]
    return [f"It moved {' and '.join(moved)}: look at the host and its Python first."] if moved else []


def _cases(group: Group) -> list[str]:
    """Some cases with their levels, and how many series there are besides."""
    shown = _worst(group)
    lines = [
        line
        for one in shown
        for line in (
            f"{change_text(one)}  {levels_text(one)}  {one.step.key.machine}",
            f"  {plain(text_of(one.step.key))}",
        )
    ]
    left = len(group.affected) - len(shown)
    names = len({(one.step.key.case.benchmark, one.step.key.metric) for one in group.affected})
    more = f"and {left:,} more series, of {units.counted(names, 'benchmark')} in all"
    return [*lines, more] if left else lines


def _worst(group: Group) -> tuple[Affected, ...]:
    """The worst of each benchmark, then the worst of what is left, together in the group's order."""
    first: dict[tuple[str, str], int] = {}
    for place, one in enumerate(group.counted):
        first.setdefault((one.step.key.case.benchmark, one.step.key.metric), place)
    others = [place for place in range(len(group.counted)) if place not in set(first.values())]
    return tuple(group.counted[place] for place in sorted([*first.values(), *others][:WORST]))


def _decided(group: Group) -> list[str]:
    return [
        f"{one.ruling} by {plain(one.by)} on {one.at:%Y-%m-%d}{': ' + plain(one.note) if one.note else ''}"
        for one in group.decisions
    ]


def _next(group: Group, page: RegressionsPage) -> list[str]:
    """What to type: look at the culprit, or search for it."""
    if group.state is State.RECOVERED or page.found.improvements:
        return []
    culprit = page.culprits.get(group.id)
    if culprit is not None and not culprit.unopened:
        return [f"git show {culprit.commit[:10]}"]
    return [f"groundspeed find {_short(group.range)} {_searched(group.counted[0].step.key)}"]


def _searched(key: SeriesKey) -> str:
    """What `groundspeed find` takes for a series: of a growth every size, for no single one has it."""
    if key.metric == EXPONENT:
        return shlex.quote(f"^{re.escape(key.case.benchmark)}\\b")
    return shlex.quote(exactly(key.case)) + (f" --metric {shlex.quote(key.metric)}" if key.metric else "")


def _closing(page: RegressionsPage) -> list[str]:
    parts = []
    if left := len(page.groups) - len(page.shown):
        parts.append(f"{left:,} more: --top {len(page.groups)}")
    if page.found.improvements:
        return parts
    if is_open := [group for group in page.shown if group.state in OPEN]:
        lines = [f"Meant to be so?  groundspeed triage acknowledge {is_open[0].id} --note 'why'"]
        if any(group.state is State.SUSPECTED for group in is_open):
            lines.insert(0, "Is it so still?  groundspeed regressions --confirm, on the machine's host")
        parts.append("\n".join(lines))
    if any(one.open for one in page.course):
        parts.append(f"Open at the time: {_course(page)}")
    if page.found.stale:
        count = units.counted(len(page.found.stale), "decision")
        parts.append(f"triage.toml holds {count} about nothing that is found now: groundspeed triage")
    return parts


# --- Markdown ---------------------------------------------------------------------------------------


def _markdown(page: RegressionsPage) -> str:
    """One table, then the cases of each group in a fold."""
    if not page.shown:
        return _summary(page)
    header = ("#", "id", "state", "change", "series", "machines", "commits", "what")
    rows = tuple(_row(rank, group, page) for rank, group in enumerate(page.shown, start=1))
    folds = [_fold(group) for group in page.shown]
    left = len(page.groups) - len(page.shown)
    more = [f"{left:,} more: `groundspeed regressions --top {len(page.groups)}`"] if left else []
    table = Table(header=header, rows=rows, right=frozenset({"#", "series"})).markdown()
    return "\n\n".join([_summary(page), table, *folds, *more])


def _row(rank: int, group: Group, page: RegressionsPage) -> tuple[str, ...]:
    culprit, counted = page.culprits.get(group.id), group.counted
    median = math.exp(min(statistics.median(one.size for one in counted), 700.0))
    change = f"{units.display(median, '')}× {_word(counted)}" if len(counted) > 1 else change_text(counted[0])
    return (
        str(rank),
        group.id,
        str(group.state),
        change,
        f"{len(counted):,}",
        ", ".join(group.machines),
        _short(group.range) if culprit is None else culprit.commit[:10],
        _subject(group, page),
    )


def _fold(group: Group) -> str:
    rows = tuple(
        (text_of(one.step.key), one.step.key.machine, levels_text(one), change_text(one))
        for one in _worst(group)
    )
    left = len(group.affected) - len(rows)
    table = Table(header=("case", "machine", "levels", "change"), rows=rows).markdown()
    more = f"\n\nand {left:,} more" if left else ""
    title = f"{group.id}: {len(group.affected):,} series"
    return f"<details><summary>{title}</summary>\n\n{table}{more}\n\n</details>"


# --- JSON -------------------------------------------------------------------------------------------


def _json(page: RegressionsPage) -> dict[str, Any]:
    states = Counter(group.state for group in page.found.groups)
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "kind": "improvements" if page.found.improvements else "regressions",
        "searched": dict(page.found.searched),
        "false_discoveries": FALSE_DISCOVERIES,
        "open": len(page.found.open),
        "states": {str(state): states[state] for state in State},
        "trend": [
            {"commit": one.commit, "date": _date(one.commit, page), "open": one.open} for one in page.course
        ],
        "groups": [_group_json(rank, group, page) for rank, group in enumerate(page.shown, start=1)],
        "stale": [wire(one) for one in page.found.stale],
    }


def _group_json(rank: int, group: Group, page: RegressionsPage) -> dict[str, Any]:
    commit, culprit = page.commits.get(group.range.head), page.culprits.get(group.id)
    return {
        "rank": rank,
        "id": group.id,
        "state": str(group.state),
        "score": _number(group.score),
        "range": _range_json(group.range, page),
        "likely": _range_json(group.likely, page),
        "culprit": None if culprit is None else culprit.commit,
        "subject": commit.subject if commit else None,
        "machines": list(group.machines),
        "decisions": [wire(one) for one in group.decisions],
        "series": [_series_json(one, page) for one in group.affected],
    }


def _series_json(one: Affected, page: RegressionsPage) -> dict[str, Any]:
    step, key = one.step, one.step.key
    return {
        "case": text_of(key),
        "benchmark": key.case.benchmark,
        "params": list(key.case.params),
        "metric": key.metric,
        "machine": key.machine,
        "environment": key.environment,
        "unit": units.canonical(step.unit),
        "better": str(step.better),
        "base": step.base,
        "head": step.head,
        "before": _interval_json(step.before),
        "after": _interval_json(step.after),
        "scale": str(step.scale),
        "change": _interval_json(step.change),
        "size": _number(one.size),
        "q": one.q,
        "state": str(one.state),
        "recovered": None if one.recovered is None else _range_json(one.recovered, page),
    }


def _range_json(one: Range, page: RegressionsPage) -> dict[str, Any]:
    return {
        "base": one.base,
        "head": one.head,
        "base_date": _date(one.base, page),
        "head_date": _date(one.head, page),
        "commits": _commits_in(one, page),
    }


def _interval_json(one: Interval) -> dict[str, float | None]:
    return {"centre": _number(one.centre), "low": _number(one.low), "high": _number(one.high)}


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _date(commit: str, page: RegressionsPage) -> str | None:
    return page.dates[commit].isoformat() if commit in page.dates else None


# --- words and numbers --------------------------------------------------------------------------------


def change_text(one: Affected) -> str:
    """How much, in the direction it went, with its interval: ``1.32× slower (1.30 to 1.35)``. Of few values
    the interval may go beyond 1, into the other direction; of two it may be without end, and is left out.
    """
    step, change = one.step, one.step.change
    if step.key.metric == EXPONENT:
        half = (change.high - change.low) / 2
        levels = f"growth n^{step.before.centre:.2f} → n^{step.after.centre:.2f}"
        return f"{levels} ({change.centre:+.2f} ± {half:.2f})"
    if step.scale is Scale.DIFFERENCE:
        bounds = f"{_signed(change.low, step.unit)} to {_signed(change.high, step.unit)}"
        return f"{_signed(change.centre, step.unit)} {_word([one])} ({bounds})"
    low, high = (
        (change.low, change.high) if change.centre >= 1 else (_inverse(change.high), _inverse(change.low))
    )
    known = high <= VAGUE * low
    bounds = f"{units.display(low, '')} to {units.display(high, '')}" if known else "of too few values to say"
    return f"{_factor(one)} {_word([one])} ({bounds})"


def _inverse(ratio: float) -> float:
    return 1 / ratio if ratio > 0 else math.inf


def _factor(one: Affected) -> str:
    return f"{units.display(math.exp(min(one.size, 700.0)), '')}×"


def _signed(value: float, unit: str) -> str:
    return f"{'+' if value > 0 else '−'}{units.display(abs(value), unit)}"


def levels_text(one: Affected) -> str:
    """``1.20 ms → 1.56 ms``."""
    step = one.step
    return f"{units.display(step.before.centre, step.unit)} → {units.display(step.after.centre, step.unit)}"


def _word(affected: Sequence[Affected]) -> str:
    """What became of times is slower or faster; of anything else worse or better."""
    times = all(units.canonical(one.step.unit) == "s" and one.step.better is Better.LOWER for one in affected)
    worse = affected[0].step.worse
    return ("slower" if worse else "faster") if times else ("worse" if worse else "better")


def _short(one: Range) -> str:
    return f"{one.base[:8]}..{one.head[:8]}"


def _commits_in(one: Range, page: RegressionsPage) -> int | None:
    """None where git does not know both ends on the branch."""
    if one.base in page.distance and one.head in page.distance:
        return page.distance[one.head] - page.distance[one.base]
    return None


def _course(page: RegressionsPage) -> str:
    """Months, where they tell the times apart, else days."""
    dates = [page.dates[one.commit] for one in page.course]
    months = [f"{date:%Y-%m}" for date in dates]
    days = months if len(set(months)) == len(months) else [f"{date:%Y-%m-%d}" for date in dates]
    return " · ".join(f"{day}: {one.open}" for day, one in zip(days, page.course, strict=True))


def _cut(line: str) -> str:
    """Within the width of a page; commands are never cut, for they are copied."""
    return line if len(line) <= WIDTH or line.lstrip().startswith("$") else f"{line[: WIDTH - 1]}…"
