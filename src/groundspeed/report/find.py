"""What a find answers, as text, Markdown and JSON. Owns the words; what they rest on is the answer's."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from groundspeed import units
from groundspeed.find.answer import Answer, Row, commands
from groundspeed.records import Commit
from groundspeed.report.table import Format, escaped, plain
from groundspeed.results.found import Change, Culprit, Found, Likely, Outcome, commit_wire, found_wire

SCHEMA, VERSION = "groundspeed-find", 1
SHOWN = 12  # files, and dependencies, that a terminal gets; JSON has all


def render(answer: Answer, kind: Format) -> str:
    """The answer in the format asked for."""
    match kind:
        case Format.TEXT:
            return _text(answer)
        case Format.MARKDOWN:
            return _markdown(answer)
        case Format.JSON:
            return json.dumps(_wire(answer), indent=2, allow_nan=False)


def summary(row: Row) -> str:
    """What was found of a case, in a sentence."""
    found = row.found
    if found.culprit is not None:
        return f"{row.text}: {_who(found.culprit)} {_did(found.culprit)}"
    if found.outcome is Outcome.FLAT:
        sure = found.why or f"with {found.probability:.1%}"
        return f"{row.text}: nothing changed here ({sure})"
    return f"{row.text}: {found.outcome}: {found.why}"


def _who(culprit: Culprit) -> str:
    count = len(culprit.unbuildable)
    if not count:
        return culprit.commit.short
    those = f"one of the {count} before it that do" if count > 1 else "the one before it that does"
    return f"{culprit.commit.short}, or {those} not build,"


def _did(culprit: Culprit) -> str:
    match culprit.change:
        case Change.BROKE:
            return f"broke it: {culprit.said}"
        case Change.FIXED:
            return f"made it work, which it did not before: {culprit.said}"
    return f"made it {culprit.change}{_ratio(culprit)}"


def _ratio(culprit: Culprit) -> str:
    check = culprit.check
    if check is None:
        return ""
    low, centre, high = check.ratio
    return f": ×{centre:.3f} ({low:.3f} to {high:.3f})"


# --- text ------------------------------------------------------------------------------------------


def _text(answer: Answer) -> str:
    parts = ["\n".join(plain(line) for line in (summary(row), *_details(row))) for row in answer.rows]
    return "\n\n".join([*parts, "\n".join(plain(line) for line in _closing(answer))])


def _details(row: Row) -> Iterator[str]:
    """A line for each thing that is known beside the sentence."""
    found, culprit = row.found, row.found.culprit
    if culprit is not None:
        yield f"  commit   {_commit(culprit.commit)}"
        if culprit.merge is not None:
            yield f"  merged   by {culprit.merge.short} {culprit.merge.subject}"
        for one in culprit.unbuildable:
            yield f"  or       {_commit(one)} (does not build)"
        yield f"  parent   {_commit(culprit.parent)}"
        if culprit.check is not None:
            yield f"  checked  {_checked(culprit, found)}"
    others = [one for one in found.likely if culprit is None or one.commit.hash != culprit.commit.hash]
    if culprit is not None:
        yield f"  sure     {found.probability:.1%}{_listed('; then ', others)}"
    elif others and found.outcome is Outcome.UNDECIDED:
        yield f"  likely   {_listed('', others)}"
    if culprit is not None:
        yield from _differences("files", culprit.files)
        yield from _differences("packages", culprit.dependencies)
        why, again = commands(culprit, row.asked.case, row.asked.metric)
        yield f"  why      {why}"
        yield f"  again    {again}"
    yield f"  took     {_effort(row)}"


def _checked(culprit: Culprit, found: Found) -> str:
    check = culprit.check
    assert check is not None
    base, head = (units.display(value, found.unit) for value in (check.base, check.head))
    return f"{base} to {head}, {check.processes[0]} and {check.processes[1]} fresh processes in turn"


def _listed(before: str, likely: Sequence[Likely]) -> str:
    shown = [f"{one.commit.short} {one.probability:.1%}" for one in likely if one.probability >= 0.0005]
    return before + ", ".join(shown) if shown else ""


def _differences(name: str, lines: tuple[str, ...]) -> Iterator[str]:
    more = f" and {len(lines) - SHOWN} more" if len(lines) > SHOWN else ""
    if lines:
        yield f"  {name:<8} {', '.join(lines[:SHOWN])}{more}"
    elif name == "packages":
        yield "  packages the same in both environments"


def _effort(row: Row) -> str:
    found = row.found
    work = f"{units.counted(found.builds, 'build')}, {units.counted(found.processes, 'process')}"
    if row.recorded:
        return f"{work}, on {row.asked.started_at:%Y-%m-%d}: on record (--again searches anew)"
    return f"{work}, {units.display_duration(found.duration_s)}"


def _closing(answer: Answer) -> Iterator[str]:
    for one in answer.grown:
        before, after = (f"n^{growth.exponent:.2f}" for growth in (one.before, one.after))
        since = f"from {one.culprit.short} on {after}"
        yield f"growth   {one.case}: {before}, {since}, over {one.after.sizes} sizes"
    old, new = answer.commits[0], answer.commits[-1]
    yield f"range    {old.short} to {new.short}, {len(answer.commits) - 1} commits"
    yield f"machine  {answer.machine}, {answer.environment}"
    yield f"took     {units.display_duration(answer.duration_s)}"
    if answer.exit_code in (4, 130):
        said = "Interrupted. What" if answer.interrupted else "What"
        yield f"{said} was measured counts: the same command goes on from here."


def _commit(commit: Commit) -> str:
    return f"{commit.short} {commit.date:%Y-%m-%d} {commit.author}: {commit.subject}"


# --- Markdown --------------------------------------------------------------------------------------


def _markdown(answer: Answer) -> str:
    parts = []
    for row in answer.rows:
        lines = [f"- {escaped(' '.join(line.split()))}" for line in _details(row)]
        parts.append(f"**{escaped(summary(row))}**\n\n" + "\n".join(lines))
    closing = "\n".join(f"- {escaped(' '.join(line.split()))}" for line in _closing(answer))
    return "\n\n".join([*parts, closing])


# --- JSON ------------------------------------------------------------------------------------------


def _wire(answer: Answer) -> dict[str, Any]:
    question = answer.question
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "exit_code": answer.exit_code,
        "command": question.command(),
        "machine": answer.machine,
        "environment": answer.environment,
        "metric": question.metric,
        "direction": question.direction.name.lower(),
        "confidence": question.confidence,
        "old": commit_wire(answer.commits[0]),
        "new": commit_wire(answer.commits[-1]),
        "commits": len(answer.commits) - 1,
        "rows": [_row(row) for row in answer.rows],
        "growth": [
            {
                "case": str(one.case),
                "culprit": one.culprit.hash,
                "before": [one.before.low, one.before.exponent, one.before.high],
                "after": [one.after.low, one.after.exponent, one.after.high],
                "sizes": one.after.sizes,
            }
            for one in answer.grown
        ],
        "interrupted": answer.interrupted,
        "duration_s": answer.duration_s,
    }


def _row(row: Row) -> dict[str, Any]:
    culprit = row.found.culprit
    return {
        "case": str(row.asked.case),
        "summary": summary(row),
        "recorded": row.recorded,
        "commands": list(commands(culprit, row.asked.case, row.asked.metric)) if culprit else [],
        **found_wire(row.found),
    }
