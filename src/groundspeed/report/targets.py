"""Targets as text, Markdown and JSON: what fails first, each with its value, its room, and since when."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from groundspeed import units
from groundspeed.report.table import Format, Table, plain
from groundspeed.stats.ratio import Interval
from groundspeed.verdicts.targets import Direction, Judged, Lacking, State, TargetReport

SCHEMA = "groundspeed-targets"
VERSION = 1
MISSING = "no data"

ORDER = (State.FAILS, MISSING, State.INCONCLUSIVE, State.HOLDS)
GUESSED = 10.0  # upper over lower bound: what is wider is no guess either
_ALIKE = 3  # cases of a target that are shown one by one
_SHOWN = {State.FAILS: 5, MISSING: 1, State.INCONCLUSIVE: 2, State.HOLDS: 1}  # of more than these
_INDENT = " " * 14
_WIDTH = 100


def render_targets(report: TargetReport, kind: Format) -> str:
    """The report in the format asked for."""
    if kind is Format.JSON:
        return json.dumps(_json(report), indent=2, ensure_ascii=False, allow_nan=False)
    parts = [
        _of_machine(name, [one for one in report.rows if one.machine == name], kind)
        for name in report.machines
    ]
    return "\n\n".join(part for part in parts if part)


def word_of(row: Judged | Lacking) -> str:
    """What became of a target, in a word or two."""
    return str(row.state) if isinstance(row, Judged) else MISSING


def summary(rows: Sequence[Judged | Lacking]) -> str:
    """``6 of 8 targets hold, 1 fails, 1 has no data``: a target is as its worst case is."""
    worst: dict[tuple[str, str, str], int] = {}
    for one in rows:
        key = (one.machine, one.target.key, one.target.text)
        worst[key] = min(worst.get(key, len(ORDER)), ORDER.index(word_of(one)))
    counts = {word: sum(place == at for place in worst.values()) for at, word in enumerate(ORDER)}
    holding = counts[State.HOLDS]
    some = "target" if len(worst) == 1 else "targets"
    said = [f"{holding} of {len(worst)} {some} {'holds' if holding == 1 else 'hold'}"]
    said += [f"{count} {_verb(word, count)}" for word in ORDER[:-1] if (count := counts[word])]
    return ", ".join(said)


def amount_text(value: float, row: Judged) -> str:
    """A value as its target is written: in percent where the limit is."""
    base = units.reckon(row.unit)
    if "%" in row.target.text and units.comparable(base.unit, ""):
        return f"{units.display(value * 100 * base.value, '')} %"
    return units.display(value, row.unit)


def value_text(row: Judged) -> str:
    """The value with its 99 % interval, where there is one."""
    low, high = row.value.low, row.value.high
    centre = amount_text(row.value.centre, row)
    if low == high:
        return centre
    if not (math.isfinite(low) and math.isfinite(high)):
        return f"{centre} (no bounds known)"
    ends = (amount_text(low, row), amount_text(high, row))
    return centre if set(ends) == {centre} else f"{centre} ({ends[0]} to {ends[1]})"


def room_text(row: Judged) -> str:
    """How far it may go, or must come back, as a share of the limit."""
    if row.limit == 0:
        return f"{amount_text(abs(row.room), row)} {'room' if row.room >= 0 else 'over'}"
    share = units.display(abs(row.room / row.limit) * 100, "", digits=2)
    past = "over" if row.target.relation.is_upper else "short"
    return f"{share} % {'room' if row.room >= 0 else past}"


def trend_text(row: Judged) -> str:
    """``worsening, +12 % over 20 commits``."""
    trend = row.trend
    if trend.direction is Direction.UNKNOWN:
        return "no trend yet"
    if trend.direction is Direction.STEADY:
        return f"steady over {trend.commits} commits"
    return f"{trend.direction}, {trend.change * 100:+.2g} % over {trend.commits} commits"


def since_text(row: Judged) -> str:
    """Since which commit it is so."""
    if not row.is_told:
        return ""
    word = "so" if row.state is State.INCONCLUSIVE else str(row.state)
    if row.since.from_the_first and row.since.commits == 1:
        return f"{word} at the only measured commit"
    if row.since.from_the_first:
        return f"{word} at all {row.since.commits} measured commits"
    more = "commit" if row.since.commits == 1 else "commits"
    return f"{word} since {row.since.commit[:8]} ({row.since.commits} {more})"


def _of_machine(name: str, rows: Sequence[Judged | Lacking], kind: Format) -> str:
    if not rows:
        return f"{name}: no target matches."
    ordered = sorted(rows, key=lambda one: ORDER.index(word_of(one)))
    judged = [one for one in ordered if isinstance(one, Judged)]
    commit = Counter(one.commit for one in judged).most_common(1)[0][0] if judged else ""
    head = f"{name}{f' at {commit[:8]}' if commit else ''}: {summary(rows)}"
    if kind is Format.MARKDOWN:
        shown = [one for group in _groups(ordered) for one in group.shown]
        rest = len(ordered) - len(shown)
        more = f"\n\n… and {rest} more cases, alike or with more room" if rest else ""
        return f"**{head}**\n\n{_table(shown, commit).markdown()}{more}"
    several = len({one.environment for one in judged}) > 1
    lines = [line for group in _groups(ordered) for line in _group_lines(group, commit, several)]
    return "\n".join([head, "", *lines])


@dataclass(frozen=True, kw_only=True, slots=True)
class _Group:
    """Cases of one target that are alike: those to show, the one with the least room first, and the rest."""

    shown: tuple[Judged | Lacking, ...]
    more: int


def _groups(rows: Sequence[Judged | Lacking]) -> list[_Group]:
    """A target may mean hundreds of cases: of those that are alike a few stand for all."""
    found: dict[tuple[str, str, str, str], list[Judged | Lacking]] = {}
    for one in rows:
        why = one.reason if isinstance(one, Lacking) else ""
        found.setdefault((word_of(one), one.target.key, one.target.text, why), []).append(one)
    groups = []
    for (word, *_), alike in found.items():
        ordered = sorted(alike, key=_share_of_room)
        shown = ordered if len(ordered) <= _ALIKE else ordered[: _SHOWN[word]]
        groups.append(_Group(shown=tuple(shown), more=len(ordered) - len(shown)))
    return groups


def _share_of_room(row: Judged | Lacking) -> float:
    if isinstance(row, Lacking):
        return 0.0
    return row.room / abs(row.limit) if row.limit else row.room


def _group_lines(group: _Group, commit: str, several: bool) -> list[str]:
    lines = [line for one in group.shown for line in _lines(one, commit, several)]
    if group.more:
        word = "case" if group.more == 1 else "cases"
        tail = "with more room" if isinstance(group.shown[0], Judged) else "alike"
        lines.append(f"{_INDENT}… and {group.more} more {word}, {tail} (--format json has all)")
    return lines


def _lines(row: Judged | Lacking, commit: str, several: bool) -> list[str]:
    first = f"{word_of(row):<14}{row.subject}  {_limit(row)}"
    if isinstance(row, Lacking):
        said = [row.reason, row.command]
    elif not row.is_told:
        guess = f"; a guess: {value_text(row)}" if row.value.high < GUESSED * row.value.low else ""
        said = [f"cannot be told{guess}", *row.notes]
    else:
        where = [row.environment] if several else []
        about = [f"{value_text(row)}, {room_text(row)}", trend_text(row), since_text(row)]
        said = [*_folded([*about, *where, *_elsewhere(row, commit)]), *row.notes]
    return [plain(first), *(_INDENT + plain(one) for one in said)]


def _folded(parts: Sequence[str]) -> list[str]:
    """Parts joined by semicolons, on as few lines as fit."""
    lines = [parts[0]]
    for part in parts[1:]:
        if len(lines[-1]) + len(part) + 2 > _WIDTH - len(_INDENT):
            lines.append(part)
        else:
            lines[-1] += f"; {part}"
    return lines


def _elsewhere(row: Judged, commit: str) -> list[str]:
    """Where the value is from, unless it was measured at the commit that the head names."""
    if row.carried_from:
        return [f"carried over from {row.carried_from[:8]}"]
    return [] if row.commit == commit else [f"measured at {row.commit[:8]}"]


def _limit(row: Judged | Lacking) -> str:
    """As written, without the size, which stands in the subject already."""
    return row.target.text.partition(" at ")[0] if " at " in row.subject else row.target.text


def _table(rows: Sequence[Judged | Lacking], commit: str) -> Table:
    header = ("", "case", "limit", "value", "room", "trend", "since")
    return Table(header=header, rows=tuple(_cells(one, commit) for one in rows), right=frozenset({"room"}))


def _cells(row: Judged | Lacking, commit: str) -> tuple[str, ...]:
    if isinstance(row, Lacking):
        return (MISSING, row.subject, _limit(row), row.reason, "", "", row.command)
    since = "; ".join(filter(None, [since_text(row), *_elsewhere(row, commit), *row.notes]))
    return (str(row.state), row.subject, _limit(row), value_text(row), room_text(row), trend_text(row), since)


def _verb(word: str, count: int) -> str:
    one = count == 1
    if word == MISSING:
        return "has no data" if one else "have no data"
    if word == State.INCONCLUSIVE:
        return "is inconclusive" if one else "are inconclusive"
    return "fails" if one else "fail"


# --- JSON -------------------------------------------------------------------------------------------


def _json(report: TargetReport) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "machines": list(report.machines),
        "counts": {
            word.replace(" ", "_"): sum(word_of(one) == word for one in report.rows) for word in ORDER
        },
        "targets": [target_wire(one) for one in report.rows],
    }


def target_wire(row: Judged | Lacking) -> dict[str, Any]:
    """One target, judged or not, as JSON."""
    shared = {
        "machine": row.machine,
        "key": row.target.key,
        "target": row.target.text,
        "subject": row.subject,
        "state": word_of(row).replace(" ", "_"),
    }
    if isinstance(row, Lacking):
        return {**shared, "reason": row.reason, "command": row.command}
    return {
        **shared,
        "environment": row.environment,
        "unit": row.unit,
        "value": row.value.centre,
        "interval": bounds(row.value),
        "limit": row.limit,
        "room": row.room,
        "commit": row.commit,
        "carried_from": row.carried_from,
        "trend": {
            "direction": row.trend.direction.name.lower(),
            "change": row.trend.change,
            "commits": row.trend.commits,
        },
        "since": {
            "commit": row.since.commit,
            "commits": row.since.commits,
            "from_the_first": row.since.from_the_first,
        },
        "told": row.is_told,
        "notes": list(row.notes),
    }


def bounds(value: Interval) -> list[float | None]:
    """Both ends; null where none is known, for JSON has no infinity."""
    return [one if math.isfinite(one) else None for one in (value.low, value.high)]
