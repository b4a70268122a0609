"""Records of contention, leaks and lines as text, Markdown and JSON."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable
from typing import Any

from groundspeed import units
from groundspeed.profiling.recorded import Contention, FunctionLines, Leak, Leaks, Lines, LockUse, Recorded
from groundspeed.report.table import Format, Table, escaped, plain

SCHEMA = "groundspeed-recorded"
VERSION = 1
SHOWN = 5  # locks, types and waits that people get; JSON has all
_HOT = 0.05  # of a function's time: a line above it is marked

Block = str | Table


def render_recorded(found: Recorded, kind: Format) -> str:
    """A record in the format asked for."""
    if kind is Format.JSON:
        return json.dumps(recorded_wire(found), indent=2, ensure_ascii=False, allow_nan=False)
    if isinstance(found, Contention):
        blocks = _contention(found)
    elif isinstance(found, Leaks):
        blocks = _leaks(found)
    else:
        blocks = _lines(found)
    return "\n\n".join(_written(one, kind) for one in [*blocks, *found.notes])


def recorded_wire(found: Recorded) -> dict[str, Any]:
    """A record as JSON, under a schema with a version."""
    kind = type(found).__name__.lower()
    return {"schema": SCHEMA, "version": VERSION, "kind": kind, **dataclasses.asdict(found)}


def _written(block: Block, kind: Format) -> str:
    if isinstance(block, Table):
        return block.markdown() if kind is Format.MARKDOWN else block.text()
    lines = block.splitlines()
    return "\n".join(escaped(line) if kind is Format.MARKDOWN else plain(line) for line in lines)


def _contention(found: Contention) -> list[Block]:
    gil = "" if found.gil_share is None else f" The GIL was held {found.gil_share:.0%} of the time."
    head = (
        f"{_s(found.wait_s)} waited for locks in {_calls(found.calls)} of {_s(found.seconds)} in all.{gil} "
        f"Recording added about {_s(found.acquire_cost_s)} to each of {found.acquisitions:,} acquires."
    )
    waited = [lock for lock in found.locks if lock.waits][:SHOWN]
    blocks: list[Block] = [head]
    if not waited:
        blocks.append("Nothing waited for a lock.")
    for lock in waited:
        blocks += [_lock_head(lock), _waits(lock), _holds(lock)]
    if found.notified:
        total = sum(one.wait_s for one in found.notified)
        first = found.notified[0]
        blocks.append(
            f"{_s(total)} waited for a notification (conditions, events, queues), most at {first.at}: "
            "a thread that has nothing to do, or a result that comes late."
        )
    return blocks


def _lock_head(lock: LockUse) -> str:
    many = f"{lock.locks} locks" if lock.locks > 1 else lock.kind
    lost = f", {lock.given_up} given up" if lock.given_up else ""
    return (
        f"{many} made at {lock.made}: {_s(lock.wait_s)} waited, {lock.waits:,} times{lost} (the longest "
        f"{_s(lock.longest_wait_s)}); held {_s(lock.hold_s)} in {lock.acquisitions:,} acquires."
    )


def _waits(lock: LockUse) -> Table:
    rows = (
        (_s(one.wait_s), f"{one.count:,}", _s(one.longest_s), str(one.at), str(one.held_by))
        for one in lock.waiters[:SHOWN]
    )
    return _table(("waited", "times", "longest", "at", "held by"), rows)


def _holds(lock: LockUse) -> Table:
    rows = (
        (_s(one.hold_s), f"{one.count:,}", _s(one.longest_s), str(one.at)) for one in lock.holders[:SHOWN]
    )
    return _table(("held", "times", "longest", "taken at"), rows)


def _leaks(found: Leaks) -> list[Block]:
    tried = f"{found.windows} windows of {_calls(found.calls)}"
    if not found.leaks:
        return [f"No type grew in each of {tried}: nothing leaks once a call or more often."]
    rows = (
        (one.type, f"{one.objects_a_call:g}", units.display(one.bytes_a_call, "bytes"), _made(one))
        for one in found.leaks
    )
    kept = [f"{one.type} is kept by: {' → '.join(one.chain)}" for one in found.leaks[:SHOWN] if one.chain]
    types = "One type" if len(found.leaks) == 1 else f"{len(found.leaks)} types"
    head = f"{types} grew with every call, in each of {tried}."
    return [head, _table(("type", "a call", "bytes a call", "made at"), rows), *kept]


def _made(leak: Leak) -> str:
    if not leak.made:
        return "unknown"
    place, share = leak.made[0]
    return str(place) if share > 0.99 else f"{place} and {len(leak.made) - 1} more"


def _lines(found: Lines) -> list[Block]:
    cost = f"{_s(found.slow_s)} a call under line_profiler, {_s(found.plain_s)} without."
    return [cost, *(block for one in found.functions for block in _function(one, found.calls))]


def _function(found: FunctionLines, calls: int) -> Iterable[Block]:
    yield f"{found.at}: {_s(found.seconds)} in {_calls(calls)}"
    rows = (
        (
            str(one.line),
            f"{one.hits:,}",
            _s(one.seconds),
            f"{one.share:.1%}{' ◀' if one.share > _HOT else ''}",
            one.text,
        )
        for one in found.lines
    )
    yield _table(("line", "hits", "time", "share", "source"), rows, left=("source",))


def _table(
    header: tuple[str, ...],
    rows: Iterable[tuple[str, ...]],
    left: tuple[str, ...] = ("at", "held by", "taken at", "type", "made at"),
) -> Table:
    return Table(header=header, rows=tuple(rows), right=frozenset(header) - frozenset(left))


def _calls(count: int) -> str:
    return "one call" if count == 1 else f"{count} calls"


def _s(seconds: float) -> str:
    return units.display(seconds, "s")
