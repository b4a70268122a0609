"""The gate's answer as JSON. docs/gate.md explains the keys; what is infinite or unknown is null."""

from __future__ import annotations

import json
import math
from typing import Any

from groundspeed.gate.answer import Answer, Row
from groundspeed.records import Commit
from groundspeed.report.gate import reason
from groundspeed.stats.ratio import Interval
from groundspeed.verdicts.judgement import Judgement

SCHEMA, VERSION = "groundspeed-gate", 1


def gate_json(answer: Answer, summary: str) -> str:
    """The answer, with its summary in a sentence."""
    return json.dumps(_answer(answer, summary), indent=2, allow_nan=False)


def _answer(answer: Answer, summary: str) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "exit_code": answer.exit_code,
        "summary": summary,
        "why_not_green": answer.why_not_green,
        "command": answer.question.command(),
        "machine": answer.machine,
        "base": _commit(answer.base),
        "head": {**_commit(answer.head), "worktree": answer.question.worktree},
        "same_content": answer.same_content,
        "rows": [_row(row, answer) for row in answer.rows],
        "vanished": [
            {"benchmark": one.benchmark, "seen": str(one.seen), "why": one.why} for one in answer.vanished
        ],
        "import_errors": dict(answer.import_errors),
        "sessions": list(answer.effort.sessions),
        "processes": answer.effort.processes,
        "processes_on_record": answer.effort.recorded,
        "duration_s": answer.effort.duration_s,
        "budget_s": _number(answer.question.budget_s),
        "out_of_time": answer.effort.out_of_time,
        "interrupted": answer.effort.interrupted,
        "page": answer.page,
    }


def _commit(commit: Commit) -> dict[str, Any]:
    return {"hash": commit.hash, "date": commit.date.isoformat(), "subject": commit.subject}


def _row(row: Row, answer: Answer) -> dict[str, Any]:
    return {
        "case": str(row.key.case),
        "metric": row.key.metric,
        "environment": row.key.environment,
        "unit": row.unit,
        "outcome": str(row.outcome),
        "judgement": _judgement(row.judgement),
        "suspicion": _judgement(row.suspicion),
        "processes": list(row.processes),
        "processes_needed": row.need.processes,
        "seconds_needed": _number(row.need.seconds),
        "reason": reason(row),
        "returns_something_else": row.returns_else,
        "command": answer.command(row),
    }


def _judgement(one: Judgement | None) -> dict[str, Any] | None:
    if one is None:
        return None
    found = one.ratio
    ratio = [found.low, found.centre, found.high] if isinstance(found, Interval) else []
    return {
        "verdict": str(one.verdict),
        "base": _number(one.base),
        "head": _number(one.head),
        "effect": [_number(end) for end in (one.effect.low, one.effect.centre, one.effect.high)],
        "ratio": [_number(end) for end in ratio] if ratio else None,
        "tolerance": one.tolerance,
        "ground": str(one.evidence.ground),
        "caveats": [str(caveat) for caveat in one.evidence.caveats],
        "processes": [one.evidence.base_processes, one.evidence.head_processes],
        "sessions": one.evidence.sessions,
    }


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
