"""What the workspace keeps of builds, and what was removed of it, as text, Markdown and JSON."""

from __future__ import annotations

import json
from collections import Counter

from groundspeed import units
from groundspeed.report.table import Format, Table
from groundspeed.suite.cache import Freed, Kept, Part, Stock

VERSION = 1  # of the JSON; a key that is added does not raise it
_DIGITS = 12  # of an identity on a screen


def stock_report(stock: Stock, output: Format) -> str:
    """Every environment, the one used last first, and what is kept beside them."""
    if output is Format.JSON:
        return _json(
            environments=[_wire(one) for one in stock.environments],
            wheels=stock.wheels,
            wheels_bytes=stock.wheels_bytes,
            **{f"{one.name}_bytes": one.size_bytes for one in (*stock.parts, *stock.staying)},
            total_bytes=stock.total_bytes,
        )
    beside = ", ".join(
        (
            f"{units.counted(stock.wheels, 'wheel')} {_size(stock.wheels_bytes)}",
            *(_named(one) for one in stock.parts if one.size_bytes),
            f"in all {_size(stock.total_bytes)}",
        )
    )
    staying = " and ".join(_named(one) for one in stock.staying if one.size_bytes)
    beside += f". Not counted: {staying}" if staying else ""
    if not stock.environments:
        return f"No environment is kept; {beside}."
    sharing = Counter(one.wheel for one in stock.environments)
    header = ("commit", "environment", "size", "last used (UTC)", "wheel", "identity")
    rows = tuple(
        (
            one.commit[:8],
            one.environment,
            _size(one.size_bytes),
            f"{one.used_at:%Y-%m-%d %H:%M}",
            _wheel(one, sharing),
            (one.identity or "unknown")[:_DIGITS],
        )
        for one in stock.environments
    )
    table = Table(header=header, rows=rows, right=frozenset({"size"}))
    shown = table.markdown() if output is Format.MARKDOWN else table.text()
    return f"{shown}\n\n{units.counted(len(stock.environments), 'environment')}; {beside}."


def freed_report(freed: Freed, left: Stock, output: Format) -> str:
    """What was removed, and what is left."""
    if output is Format.JSON:
        return _json(
            environments=freed.environments,
            wheels=freed.wheels,
            downloads="downloads" in freed.parts,
            parts=freed.parts,
            results=freed.results,
            freed_bytes=freed.freed_bytes,
            left_bytes=left.total_bytes,
        )
    what = [units.counted(freed.environments, "environment"), units.counted(freed.wheels, "wheel")]
    if freed.results:
        what.append(units.counted(freed.results, "old file") + " of measurements of no commit")
    removed = ", ".join([*what, *(f"the {name}" for name in freed.parts)])
    remaining = f"{units.counted(len(left.environments), 'environment')} left"
    return f"Removed {removed}: {_size(freed.freed_bytes)}. {remaining}, {_size(left.total_bytes)} in all."


def _wheel(one: Kept, sharing: Counter[str | None]) -> str:
    if one.wheel is None:
        return "none"
    others = sharing[one.wheel] - 1
    return f"shared with {others}" if others else "its own"


def _wire(one: Kept) -> dict[str, object]:
    return {
        "commit": one.commit,
        "environment": one.environment,
        "size_bytes": one.size_bytes,
        "used_at": one.used_at.isoformat(timespec="seconds"),
        "wheel": one.wheel,
        "identity": one.identity,
    }


def _named(part: Part) -> str:
    return f"{part.name} {_size(part.size_bytes)}"


def _size(size_bytes: int) -> str:
    return units.display(size_bytes, "bytes")


def _json(**values: object) -> str:
    return json.dumps({"version": VERSION, **values}, indent=2, ensure_ascii=False)
