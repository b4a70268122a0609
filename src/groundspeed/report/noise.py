"""What noise hides on a machine, as text, Markdown and JSON: the worst cases first, then what helps."""

from __future__ import annotations

import json
import math
import re
import statistics
from collections.abc import Sequence, Set
from dataclasses import dataclass
from typing import Any

from groundspeed import units
from groundspeed.measurements import Basis
from groundspeed.records import SeriesKey
from groundspeed.report.table import Format, Table
from groundspeed.verdicts.noise import WANTED, CaseNoise, MoreProcesses, MoreSessions, TooNoisy

VERSION = 1  # of the JSON; a key that is added does not raise it
_NAME = 44  # characters of a case's name: with the other columns a line stays within 100
_MOST_SHOWN = 10.0  # times: a larger change need not be told apart


@dataclass(frozen=True, kw_only=True, slots=True)
class NoisePage:
    """The noise of the cases asked for on a machine, the worst first; ``unknown`` ones have no floor."""

    machine: str
    cases: tuple[CaseNoise, ...]
    unknown: int

    @property
    def blind(self) -> tuple[CaseNoise, ...]:
        """Those whose last measurement could not have shown a change of ``WANTED``."""
        return tuple(one for one in self.cases if one.smallest > WANTED)


def noise_page(
    machine: str, noise: Sequence[CaseNoise], keys: Set[SeriesKey], pattern: str | None
) -> NoisePage:
    """The cases whose text holds ``pattern`` (``re.search``), of those in ``keys`` (without versions)."""
    wanted = [one for one in noise if pattern is None or re.search(pattern, _text(one.key))]
    asked = {key for key in keys if pattern is None or re.search(pattern, _text(key))}
    worst_first = sorted(wanted, key=lambda one: (-one.smallest, _text(one.key), one.key.environment))
    return NoisePage(
        machine=machine,
        cases=tuple(worst_first),
        unknown=len(asked - {one.key for one in wanted}),
    )


def render_noise(page: NoisePage, output: Format, *, top: int | None) -> str:
    """The page; ``top`` of its cases, all where it is None. JSON holds every case."""
    if output is Format.JSON:
        return json.dumps(_wire(page), indent=2, ensure_ascii=False, allow_nan=False)
    parts = [_summary(page)]
    shown = page.cases[:top]
    if shown:
        parts.append(_table(page, shown, output))
    if len(shown) < len(page.cases):
        left = len(page.cases) - len(shown)
        parts.append(
            f"{left:,} more are calmer: --all shows them."
            if left > 1
            else "1 more is calmer: --all shows it."
        )
    return "\n\n".join([*parts, *_advice(page, output)])


def _summary(page: NoisePage) -> str:
    count, blind = len(page.cases), len(page.blind)
    unknown = [f"Of {page.unknown:,} more nothing is known yet."] if page.unknown else []
    if not count:
        return "\n".join([f"{page.machine}: no case was measured often enough to know its noise.", *unknown])
    median = statistics.median(one.floor.between_sessions for one in page.cases)
    seen = f"{blind:,} of {count:,} cases cannot" if blind else "every case can"
    first = (
        f"{page.machine}: the median noise floor is {share_text(math.expm1(median))}; {seen} show a change "
        f"of {WANTED:.0%} between two sessions."
    )
    return "\n".join([first, *unknown])


def _table(page: NoisePage, shown: Sequence[CaseNoise], output: Format) -> str:
    """Where there are several environments, each case names its own by a number that is explained below."""
    environments = sorted({one.key.environment for one in page.cases})
    mark = {one: f" [{at}]" if len(environments) > 1 else "" for at, one in enumerate(environments, start=1)}
    room = _NAME - max(map(len, mark.values()))
    rows = tuple(
        (
            (_text(one.key) if output is Format.MARKDOWN else _shortened(_text(one.key), room))
            + mark[one.key.environment],
            share_text(math.expm1(one.floor.between_sessions)),
            _basis(one),
            share_text(one.smallest),
            _wanted(one),
        )
        for one in shown
    )
    header = ("case", "floor", "learned from", "can show", f"to show {WANTED:.0%}")
    table = Table(header=header, rows=rows, right=frozenset({"floor", "can show"}))
    legend = [f"{mark[one].strip()} {one}" for one in environments if mark[one]]
    drawn = table.markdown() if output is Format.MARKDOWN else table.text()
    return "\n\n".join([drawn, *(["\n".join(legend)] if legend else [])])


def _advice(page: NoisePage, output: Format) -> list[str]:
    """What helps, where anything is hidden; each with the command to type."""
    typed = "`{}`" if output is Format.MARKDOWN else "{}"
    lines = []
    if any(one.floor.basis is Basis.HISTORY for one in page.cases):
        lines.append(
            "A floor learned from commits is an upper bound: what they changed counts as noise.\n"
            f"Sessions of one commit tell it apart: {typed.format('groundspeed run HEAD^! --again')}"
        )
    elif page.unknown:
        lines.append(f"Sessions of one commit tell: {typed.format('groundspeed run HEAD^! --again')}")
    kinds = {type(one.wanted) for one in page.blind}
    if MoreProcesses in kinds:
        lines.append(
            "Where processes differ, more of them help: groundspeed run with a smaller --precision, or "
            "--again."
        )
    if MoreSessions in kinds or TooNoisy in kinds:
        lines.append(
            "What differs between sessions cancels between commits that one session measures in turn:\n"
            f"{typed.format('groundspeed run A..B')} does so, four at a time. "
            f"What disturbs this host: {typed.format('groundspeed doctor')}"
        )
    return lines


# --- cells -----------------------------------------------------------------------------------------------


def _text(key: SeriesKey) -> str:
    return f"{key.case}@{key.metric}" if key.metric else str(key.case)


def _shortened(name: str, room: int) -> str:
    """The end tells cases apart, the beginning whose they are: the middle goes."""
    if len(name) <= room:
        return name
    half = (room - 1) // 2
    return f"{name[:half]}…{name[len(name) - (room - 1 - half) :]}"


def share_text(value: float) -> str:
    """A share of a value in percent; what is too large to be told apart is said so."""
    return f"{value:.1%}" if value < _MOST_SHOWN else f"over {_MOST_SHOWN:.0f}×"


def _basis(one: CaseNoise) -> str:
    return units.counted(one.seen, "session" if one.floor.basis is Basis.SESSIONS else "commit")


def _wanted(one: CaseNoise) -> str:
    match one.wanted:
        case MoreProcesses(processes=wanted):
            if one.smallest <= WANTED:
                return "no more"
            return f"{units.counted(wanted, 'process')}, has {one.processes}"
        case MoreSessions(sessions=wanted):
            return units.counted(wanted, "session")
        case TooNoisy():
            return "a calmer benchmark"


def _wire(page: NoisePage) -> dict[str, Any]:
    return {
        "schema": "groundspeed-noise",
        "version": VERSION,
        "machine": page.machine,
        "wanted": WANTED,
        "blind": len(page.blind),
        "unknown": page.unknown,
        "cases": [_wire_case(one) for one in page.cases],
    }


def _wire_case(one: CaseNoise) -> dict[str, Any]:
    wanted: dict[str, Any] = {"processes": None, "sessions": None}
    if isinstance(one.wanted, MoreProcesses):
        wanted["processes"] = one.wanted.processes
    elif isinstance(one.wanted, MoreSessions):
        wanted["sessions"] = one.wanted.sessions
    return {
        "case": str(one.key.case),
        "metric": one.key.metric,
        "environment": one.key.environment,
        "floor": one.floor.between_sessions,
        "between_processes": one.floor.between_processes,
        "df": one.floor.df,
        "basis": one.floor.basis.name.lower(),
        "seen": one.seen,
        "processes": one.processes,
        "smallest_change": one.smallest,
        "takes": wanted,
    }
