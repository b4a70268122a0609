"""Answers as a site holds them, written by hand: what the views of answers are shown in their tests.

The wire form is that of app/answers.js: commits and lines once, places in them elsewhere.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from groundspeed.site.folder import content_id
from groundspeed.site.publish import MANIFEST
from groundspeed.site.wire import encode
from tests.site_archives import EPOCH, HOSTILE, commit_hash

DAY = 86_400
START = round(EPOCH.timestamp())
MILLION = 1_000_000

Wire = dict[str, Any]


def add_pieces(html_dir: Path, pieces: Mapping[str, Wire]) -> None:
    """Put payloads into a published site under their names in the manifest."""
    manifest = json.loads((html_dir / MANIFEST).read_text())
    for name, payload in pieces.items():
        content = encode({"format": f"groundspeed-{name}", "version": 1} | payload)
        manifest["files"][name] = f"data/{name}-{content_id(content)}.json"
        (html_dir / manifest["files"][name]).write_bytes(content)
    (html_dir / MANIFEST).write_bytes(encode(manifest))


def commits(count: int = 30) -> list[Wire]:
    """Those of ``site_archives``; the third has a hostile subject, the last but one left the branch."""
    gone = count - 2
    return [
        {
            "hash": commit_hash(place),
            "date": START + place * DAY,
            "subject": None
            if place == gone
            else f"Escape {HOSTILE}"
            if place == 3
            else f"Change number {place}",
            "author": None if place == gone else HOSTILE if place == 3 else "Ada",
            "tags": ["v1.0"] if place == 10 else [],
        }
        for place in range(count)
    ]


def lines() -> list[Wire]:
    """Four lines: two machines, a metric of its own, parameters, a hostile name."""
    herd = [["size", "100"], ["kind", f"'{HOSTILE}'"]]
    return [
        line("walk.Desert.time_cross"),
        line("walk.Desert.time_cross", machine="oryx"),
        line("water.Skin.latency_pour", metric="p99"),
        line("walk.Herd.time_count", params=herd),
    ]


def line(
    benchmark: str, *, machine: str = "camel", metric: str = "", params: list[list[str]] | None = None
) -> Wire:
    return {
        "benchmark": benchmark,
        "metric": metric,
        "machine": machine,
        "environment": "virtualenv-py3.11",
        "params": params or [],
    }


def interval(centre: float, share: float = 0.02) -> Wire:
    return {"centre": centre, "low": centre * (1 - share), "high": centre * (1 + share)}


def span(base: int, head: int) -> Wire:
    return {"base": base, "head": head, "commits": head - base}


def affected(number: int, base: int, head: int, factor: float, state: str, *, better: bool = False) -> Wire:
    change = 1 / factor if better else factor
    return {
        "line": number,
        "unit": "s",
        "better": "lower",
        "base": base,
        "head": head,
        "before": interval(1.24e-3),
        "after": interval(1.24e-3 * change),
        "scale": "ratio",
        "change": interval(change),
        "factor": factor,
        "q": 1e-5,
        "state": state,
        "recovered": None,
    }


def group(
    name: str, state: str, base: int, head: int, rows: list[Wire], *, more: int = 0, **other: Any
) -> Wire:
    """``more`` series are in it that are not listed."""
    machines = sorted({lines()[row["line"]]["machine"] for row in rows})
    factors = sorted((row["factor"] for row in rows), reverse=True)
    return {
        "id": name,
        "state": state,
        "open": state in ("suspected", "confirmed"),
        "evidence": 1.0,
        "range": span(base, head),
        "likely": span(base, head),
        "machines": machines,
        "series": len(rows) + more,
        "counted": len(rows),
        "cases": len({row["line"] for row in rows}),
        "benchmarks": len({lines()[row["line"]]["benchmark"] for row in rows}),
        "median": factors[len(factors) // 2],
        "largest": factors[0],
        "factors": factors,
        "affected": rows,
        "decisions": [],
        "commands": [],
        "hint": None,
    } | other


def changes() -> Wire:
    """A regression in every state, two improvements."""
    confirm = {"purpose": "measure both ends again", "text": "groundspeed regressions --confirm"}
    note = {"ruling": "acknowledged", "by": "Ada", "at": START + 20 * DAY, "note": f"meant to be {HOSTILE}"}
    worse = [
        group(
            "aaaa0001",
            "suspected",
            17,
            18,
            [affected(0, 17, 18, 1.3, "suspected"), affected(1, 17, 18, 2.5, "suspected")],
            more=3,
            commands=[confirm],
            hint="It moved 63 % of the series on camel: look at the host and its Python first.",
        ),
        group("aaaa0002", "confirmed", 2, 3, [affected(3, 2, 3, 1.1, "confirmed")]),
        group("aaaa0003", "not confirmed", 5, 8, [affected(2, 5, 8, 1.2, "not confirmed")]),
        group("aaaa0004", "acknowledged", 9, 10, [affected(0, 9, 10, 1.4, "acknowledged")], decisions=[note]),
        group("aaaa0005", "recovered", 26, 28, [affected(0, 26, 28, 1.6, "recovered")]),
    ]
    better = [
        group("bbbb0001", "suspected", 20, 21, [affected(0, 20, 21, 2.0, "suspected", better=True)]),
        group("bbbb0002", "recovered", 11, 12, [affected(2, 11, 12, 1.5, "recovered", better=True)]),
    ]
    return {
        "commits": commits(),
        "lines": lines(),
        "searched": {"camel": 14, "oryx": 1},
        "false_discoveries": 0.01,
        "states": {one["state"]: 1 for one in worse},
        "standing": [{"commit": place, "open": place % 4} for place in range(0, 30, 5)],
        "worse": worse,
        "better": better,
        "stale": 1,
    }
