"""Answers as a site holds them, written by hand: what the views of answers are shown in their tests.

The wire form is that of app/answers.js: commits and lines once, places in them elsewhere.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from groundspeed.site.folder import content_id
from groundspeed.site.publish import MANIFEST, publish
from groundspeed.site.wire import encode
from tests.site_archives import EPOCH, HOSTILE, commit_hash, small_archive, subject

DAY = 86_400
START = round(EPOCH.timestamp())
MILLION = 1_000_000

Wire = dict[str, Any]


def published_with(html_dir: Path, pieces: Mapping[str, Wire]) -> Path:
    """The small archive, published, with payloads beside its own."""
    publish(subject(small_archive()), html_dir)
    add_pieces(html_dir, pieces)
    return html_dir


def add_pieces(html_dir: Path, pieces: Mapping[str, Wire]) -> None:
    """Put payloads into a published site under their names in the manifest."""
    manifest = json.loads((html_dir / MANIFEST).read_text())
    for name, payload in pieces.items():
        tables = {"lines": line_table(payload["lines"])}
        content = encode({"format": f"groundspeed-{name}", "version": 1} | columned(payload) | tables)
        manifest["files"][name] = f"data/{name}-{content_id(content)}.json"
        (html_dir / manifest["files"][name]).write_bytes(content)
    (html_dir / MANIFEST).write_bytes(encode(manifest))


def line_table(rows: list[Wire]) -> Wire:
    """Lines as the wire has them: their texts and names of parameters once, and places in these."""
    texts: list[str] = []
    names: list[list[str]] = []
    found = []
    for row in rows:
        said = [row[key] for key in ("benchmark", "metric", "machine", "environment")]
        texts += [text for text in dict.fromkeys(said) if text not in texts]
        named = [name for name, _ in row["params"]]
        names += [] if named in names else [named]
        values = [value for _, value in row["params"]]
        found.append([*map(texts.index, said), names.index(named), values])
    return {"texts": texts, "names": names, "rows": found}


def columned(value: Any) -> Any:
    """The same with every list of affected lines as columns."""
    if isinstance(value, list):
        return [columned(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {key: _columns(one) if key == "affected" else columned(one) for key, one in value.items()}


def _columns(rows: list[Wire]) -> Wire:
    return {key: [row[key] for row in rows] for key in rows[0]}


def ending(address: str) -> re.Pattern[str]:
    """URLs that end so."""
    return re.compile(re.escape(address) + "$")


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
        "finds": [],
        "states": {one["state"]: 1 for one in worse},
        "standing": [{"commit": place, "open": place % 4} for place in range(0, 30, 5)],
        "worse": worse,
        "better": better,
        "stale": 1,
    }


def target(state: str, number: int, centre: float, limit: float, **other: Any) -> Wire:
    """A target "< limit", its value with an interval of 2 %."""
    return {
        "state": state,
        "machine": lines()[number]["machine"],
        "key": "walk.*",
        "text": f"< {limit * 1e3:g} ms",
        "subject": lines()[number]["benchmark"],
        "line": number,
        "ladder": None,
        "relation": "<",
        "unit": "s",
        "value": interval(centre),
        "limit": limit,
        "room": limit - centre,
        "trend": {"direction": "steady", "change": 0.01, "commits": 20},
        "since": {"commit": 12, "commits": 18, "from_the_first": False},
        "commit": 29,
        "carried_from": None,
        "told": True,
        "notes": [],
        "reason": "",
        "command": "",
    } | other


def targets() -> Wire:
    """A target in every state; one that is no more than a guess."""
    worsening = {"direction": "worsening", "change": 0.25, "commits": 20}
    lacking = {"value": None, "room": None, "trend": None, "since": None, "commit": None}
    rows = [
        target("holds", 0, 1.24e-3, 2e-3, notes=[f"said by {HOSTILE}"]),
        target("fails", 1, 3e-3, 2e-3, trend=worsening),
        target("inconclusive", 2, 80e-3, 80e-3, told=False, carried_from=10),
        target(
            "missing",
            3,
            0.0,
            5e-3,
            reason=f"never measured on {HOSTILE}",
            command="groundspeed run --bench time_count",
            **lacking,
        ),
    ]
    counts = {"holds": 1, "fails": 1, "inconclusive": 1, "missing": 1}
    return {
        "commits": commits(),
        "lines": lines(),
        "stated": True,
        "counts": counts,
        "rows": rows,
        "notices": [],
    }


def scaling() -> Wire:
    """A ladder with a fit, an answer that is told and one that is not; one with too few sizes."""
    sizes = (10, 100, 1000, 10_000)
    points = [{"size": size, "value": interval(1e-6 * size**1.1), "commit": 29, "line": 3} for size in sizes]
    band = [
        {"size": size, "value": 1e-6 * size**1.1, "low": 0.9e-6 * size**1.1, "high": 1.1e-6 * size**1.1}
        for size in (*sizes, 100_000)
    ]
    grown = {
        "id": "herd",
        "name": f"walk.Herd.time_count('{HOSTILE}')",
        "machine": "camel",
        "environment": "virtualenv-py3.11",
        "metric": "",
        "unit": "s",
        "better": "lower",
        "parameter": "size",
        "size_unit": "",
        "points": points,
        "unmeasured": [{"size": MILLION, "reason": "failed: out of memory"}],
        "growth": {
            "exponent": {"centre": 1.1, "low": 1.05, "high": 1.15},
            "forms": ["n log n"],
            "scatter": 0.02,
            "band": band,
        },
        "reason": "",
        "answers": [
            {
                "size": 100_000,
                "value": interval(0.316),
                "told": True,
                "doubts": [],
                "limits": [{"text": "< 1 s", "state": "holds"}],
            },
            {
                "size": 10 * MILLION,
                "value": interval(50.0, 0.6),
                "told": False,
                "doubts": ["more than ten times beyond the largest size"],
                "limits": [],
            },
        ],
        "changes": [
            {
                "base": 17,
                "head": 18,
                "before": interval(1.0),
                "after": interval(1.3),
                "difference": {"centre": 0.3, "low": 0.2, "high": 0.4},
                "p": 1e-9,
            }
        ],
        "command": "groundspeed run --bench time_count",
    }
    few = grown | {
        "id": "few",
        "name": "walk.Herd.time_feed",
        "machine": "oryx",
        "points": points[:2],
        "growth": None,
        "reason": "two sizes; it takes three",
        "answers": [],
        "changes": [],
        "unmeasured": [],
    }
    return {
        "commits": commits(),
        "lines": lines(),
        "ladders": [grown, few],
        "candidates": [],
        "notices": [],
    }


def health(machine: str, known_by: str, last_at: int, **other: Any) -> Wire:
    last = {"at": last_at, "known_by": known_by, "session": None, "commit": 29, "values": 14, "failures": 1}
    return {
        "machine": machine,
        "facts": {"cpu": "AMD Ryzen 9 7950X", "num_cpu": "32", "ram": "65536000", "os": "Linux 6.1"},
        "last": last | {"carried": 0},
        "usual_s": 2.0 * DAY,
        "stale_at": last_at + 14.0 * DAY,
        "retired": False,
        "control": {"state": "drifting", "ratio": 1.04, "limit": 1.03, "sessions": 6},
        "series": 14,
        "failing": 1,
        "vanished": 0,
        "carried_since": None,
    } | other


def session(number: int, control: float, *, moved: float = 1.0, fitness: list[Wire] | None = None) -> Wire:
    at = START + number * 4 * DAY
    return {
        "id": f"20240301T0930{number:02d}-0000000{number}",
        "at": at,
        "measured": [number * 4, number * 4 - 1] if number else [0],
        "measured_total": 40 if number == 5 else 2,
        "runs": 60,
        "failures": number % 2,
        "control": [
            {"at": at, "median": interval(control, 0.005)},
            {"at": at + 1800, "median": interval(control * moved, 0.005)},
        ],
        "moved": {"ratio": moved, "floor": 0.02, "beyond": moved > 1.02},
        "fitness": fitness or [],
        "versions": [["groundspeed", "0.5.0"], ["python", "3.11.9"]],
        "sampling": [["precision", "1 %"]],
        "telemetry": [{"quantity": "frequency", "unit": "Hz", "low": 3.1e9, "median": 4.5e9, "high": 5.2e9}],
    }


def machines() -> Wire:
    """One with sessions, of which one moved and one was unfit, and two changes of its host; one without."""
    unfit = {
        "check": "governor",
        "severity": "unfit",
        "seen": f"powersave {HOSTILE}",
        "advice": "set performance",
    }
    listed = [
        session(5, 1.06e-2),
        session(4, 1.05e-2, moved=1.05),
        session(3, 1.0e-2, fitness=[unfit]),
        *(session(number, 1.0e-2) for number in (2, 1, 0)),
    ]
    kernel = {"session": listed[1]["id"], "at": listed[1]["at"], "field": "kernel"}
    changes = [
        kernel | {"before": "6.1.0", "after": "6.8.0"},
        {"session": listed[3]["id"], "at": listed[3]["at"], "field": "governor"}
        | {"before": "", "after": "powersave"},
    ]
    camel = {
        "name": "camel",
        "facts": health("camel", "session", 0)["facts"],
        "profile": [["cpu", "AMD Ryzen 9 7950X"], ["ram", "64 GB"]],
        "fingerprint": [["cpu model", "AMD Ryzen 9 7950X"], ["kernel", "6.8.0"]],
        "fingerprint_changes": changes,
        "health": health("camel", "session", listed[0]["at"]),
        "sessions": listed,
        "sessions_total": 7,
    }
    unknown = {"state": "unknown", "ratio": None, "limit": None, "sessions": 0}
    oryx = {
        "name": "oryx",
        "facts": {"cpu": HOSTILE, "num_cpu": "4", "ram": "17179869184", "os": "Linux 6.1"},
        "profile": [],
        "fingerprint": [],
        "fingerprint_changes": [],
        "health": health(
            "oryx", "commit", START + 29 * DAY, usual_s=None, stale_at=None, retired=True, control=unknown
        ),
        "sessions": [],
        "sessions_total": 0,
    }
    return {"commits": commits(), "lines": [], "machines": [camel, oryx]}
