"""A session's report as text, Markdown and JSON: what was measured, what changed, where the page is."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from groundspeed import units
from groundspeed.config import Configuration
from groundspeed.measure.outside import outside_results
from groundspeed.measure.plan import Plan
from groundspeed.measure.session import Report
from groundspeed.measurements import NoiseFloor
from groundspeed.records import (
    Build,
    CarriedOver,
    Case,
    Commit,
    Failed,
    Measured,
    Outcome,
    SeriesKey,
    Skipped,
    Stop,
    Verdict,
)
from groundspeed.report.judgements import case_text, ratio_text, row_json
from groundspeed.report.table import Format, Table, last_line
from groundspeed.report.values import Value, read_values, values_table
from groundspeed.results.index import open_index
from groundspeed.stats.control import moved
from groundspeed.verdicts.changes import changes
from groundspeed.verdicts.checks import CheckChange, check_changes
from groundspeed.verdicts.compare import Compared, Comparison, Ending
from groundspeed.verdicts.reading import read

SCHEMA = "groundspeed.session/2"
SHOWN = 12  # rows of changes and of failures that a terminal gets; JSON has all


@dataclass(frozen=True, kw_only=True, slots=True)
class SessionPage:
    """A report with what stands beside it: what changed, and the published page, if there is one.

    ``changes`` compares neighbouring commits; ``values`` are the measurements themselves, where they are what
    was asked for.
    """

    report: Report
    changes: Comparison
    values: tuple[Value, ...]
    page: Path | None
    warnings: tuple[str, ...]


def page_of(report: Report, configuration: Configuration, page: Path | None, *, outside: bool) -> SessionPage:
    """The report with what changed between its commits, by all that the results hold of them.

    ``outside``: what was measured is no commit, and lies in the workspace.
    """
    from groundspeed.results.size import size_warnings

    hashes = [commit.hash for commit in report.commits]
    if outside:
        results_dir = outside_results(configuration)
        index = open_index(results_dir, configuration.workspace / "index-outside")
        archive = index.archive()
        found = _between(report, configuration, index.measurements, {})
    else:
        results_dir = configuration.suite.results_dir
        reading = read(configuration)
        archive = reading.archive
        floors = reading.floors(report.machine) if len(hashes) > 1 else {}
        found = _between(report, configuration, reading.measurements, floors)
    return SessionPage(
        report=report,
        changes=found,
        values=read_values(archive, report.machine, hashes) if outside else (),
        page=page,
        warnings=(*archive.warnings, *size_warnings(results_dir)),
    )


def _between(
    report: Report,
    configuration: Configuration,
    measurements: Callable[[str, str], Sequence[Ending]],
    floors: Mapping[SeriesKey, NoiseFloor],
) -> Comparison:
    return changes(
        lambda commit: measurements(report.machine, commit),
        [commit.hash for commit in report.commits],
        floors=floors,
        tolerances=configuration.project.tolerances,
    )


def render(page: SessionPage, kind: Format) -> str:
    """The report in the format asked for."""
    if kind is Format.JSON:
        return json.dumps(_json(page), indent=2)
    return "\n\n".join(part for part in _parts(page, kind) if part)


def render_plan(report: Report, kind: Format) -> str:
    """What would be measured, and how long that may take."""
    plan = report.plan
    if kind is Format.JSON:
        steps = [
            {"commit": s.commit.hash, "environment": s.environment.name, "cases": len(s.cases)}
            for s in plan.steps
        ]
        return json.dumps({"schema": SCHEMA, "plan": steps, "estimate_s": report.forecast_s}, indent=2)
    rows = tuple(
        (
            step.commit.short,
            step.environment.name,
            str(len(step.cases)),
            str(sum(case.runs for case in step.cases)),
            step.commit.subject,
        )
        for step in plan.steps
    )
    header = ("commit", "environment", "cases", "runs", "subject")
    table = _render(Table(header=header, rows=rows, right=frozenset({"cases", "runs"})), kind)
    return f"{table}\n\n{_estimate(plan, report.forecast_s)}" if rows else _estimate(plan, report.forecast_s)


def _estimate(plan: Plan, forecast_s: float) -> str:
    recorded = f" {_recorded(plan)}." if plan.recorded else ""
    if not plan.steps:
        return f"Nothing to measure.{recorded}"
    return f"{plan.runs} runs, about {units.display_duration(forecast_s)}.{recorded}"


def _recorded(plan: Plan) -> str:
    failed = f", {plan.failed} of them as failed (try these again with --retry)" if plan.failed else ""
    return f"{plan.recorded} cases are recorded already{failed}"


def _parts(page: SessionPage, kind: Format) -> list[str]:
    report = page.report
    return [
        _measured(report, kind),
        _failures(report),
        _imports(report),
        _render(values_table(page.values), kind) if page.values else "",
        _changed(page.changes, report, kind),
        _checked(report, kind),
        _closing(page),
    ]


def _measured(report: Report, kind: Format) -> str:
    if not report.tally.builds:
        return _estimate(report.plan, 0)
    kinds = {"measured": Measured, "failed": Failed, "skipped": Skipped, "carried": CarriedOver}
    if not report.tally.carried:
        del kinds["carried"]
    header = ("commit", "date", *kinds, "build", "subject")
    rows = tuple(_row(commit, report, kinds.values()) for commit in report.commits if _builds(commit, report))
    return _render(Table(header=header, rows=rows, right=frozenset({*kinds, "build"})), kind)


def _row(commit: Commit, report: Report, kinds: Iterable[type[Outcome]]) -> tuple[str, ...]:
    builds = _builds(commit, report)
    broken = any(build.failure for build in builds)
    took = units.display(sum(build.duration_s for build in builds), "s")
    counts = (str(report.tally.count(kind, commit.hash)) for kind in kinds)
    return (commit.short, _day(commit.date), *counts, "did not build" if broken else took, commit.subject)


def _builds(commit: Commit, report: Report) -> list[Build]:
    return [build for build in report.tally.builds.values() if build.commit == commit.hash]


def _failures(report: Report) -> str:
    """One line for each way of failing, with the commits where it was seen."""
    seen: dict[str, list[str]] = {}
    for failure in _failed(report):
        about = f"{failure.case or 'the commit'} {failure.failed.kind}: {last_line(failure.failed.text)}"
        seen.setdefault(about, []).append(failure.commit[:8])
    lines = [f"{about}  ({', '.join(commits)})" for about, commits in seen.items()]
    more = [f"… and {len(lines) - SHOWN} more (--format json has all)"] if len(lines) > SHOWN else []
    return "\n".join([*lines[:SHOWN], *more])


@dataclass(frozen=True, kw_only=True, slots=True)
class _Failure:
    """A failure at a commit; without a case the commit itself did not build."""

    commit: str
    case: Case | None
    failed: Failed


def _failed(report: Report) -> list[_Failure]:
    builds = [
        _Failure(commit=b.commit, case=None, failed=b.failure) for b in report.tally.not_built if b.failure
    ]
    cases = [
        _Failure(commit=commit, case=case, failed=outcome)
        for (commit, _, case), outcome in report.tally.outcomes.items()
        if isinstance(outcome, Failed)
    ]
    return builds + cases


def _imports(report: Report) -> str:
    return "\n".join(
        f"{module} could not be imported, its benchmarks are missing: {last_line(text)}"
        for module, text in report.import_errors.items()
    )


def _changed(comparison: Comparison, report: Report, kind: Format) -> str:
    if len(report.tally.builds) < 1:
        return ""
    undecided = comparison.count(Verdict.INCONCLUSIVE)
    open_ones = (
        f"{undecided:,} of {len(comparison.compared):,} comparisons are inconclusive: "
        "groundspeed compare BASE HEAD says what would decide."
        if undecided
        else ""
    )
    changed = _largest_first(comparison)
    if not changed:
        nothing = "Nothing changed that can be told from noise." if comparison.compared else ""
        return "\n".join(filter(None, (nothing, open_ones)))
    header = ("", "change", "before", "now", "case", "at")
    rows = tuple(
        (
            str(one.judgement.verdict),
            ratio_text(one.judgement).partition(" (")[0],
            units.display(one.judgement.base, one.unit),
            units.display(one.judgement.head, one.unit),
            case_text(one.key),
            f"{one.base[:8]}..{one.head[:8]}",
        )
        for one in changed[:SHOWN]
    )
    table = _render(Table(header=header, rows=rows, right=frozenset({"change", "before", "now"})), kind)
    more = f"… and {len(changed) - SHOWN} more on the page" if len(changed) > SHOWN else ""
    said = "Changed by more than what is tolerated (a suspicion, until it is measured again):"
    return "\n".join(filter(None, (said, table, more, open_ones)))


def _largest_first(comparison: Comparison) -> list[Compared]:
    """What became slower or faster; from nothing, or to nothing, is the largest of all."""
    changed = (Verdict.SLOWER, Verdict.FASTER)
    return sorted(
        (one for one in comparison.compared if one.judgement.verdict in changed),
        key=lambda one: (-_size(one.judgement.worse.centre), case_text(one.key)),
    )


def _size(worse: float) -> float:
    return abs(math.log(worse)) if 0 < worse < math.inf else math.inf


def _checked(report: Report, kind: Format) -> str:
    """Benchmarks that return something else than before: what is faster may be wrong."""
    rows = tuple(
        (str(key.case), one.before, one.after, f"{one.base[:8]}..{one.head[:8]}")
        for key, one in _check_changes(report)
    )
    if not rows:
        return ""
    table = _render(Table(header=("case", "returned", "returns", "at"), rows=rows[:SHOWN]), kind)
    more = f"\n… and {len(rows) - SHOWN} more" if len(rows) > SHOWN else ""
    return f"They compute something else (faster because wrong?):\n{table}{more}"


def _check_changes(report: Report) -> list[tuple[SeriesKey, CheckChange]]:
    oldest_first = [commit.hash for commit in reversed(report.commits)]
    return [
        (key, change)
        for key, seen in sorted(report.checks.items(), key=lambda item: str(item[0].case))
        for change in check_changes(oldest_first, seen)
    ]


def _stops(report: Report) -> Counter[Stop]:
    return Counter(report.tally.stops.values())


def _precision(report: Report) -> str:
    """How well the cases are known, and why sampling ended."""
    stops, sampling = _stops(report), report.sampling
    precise, spent, noisy = (stops[one] for one in (Stop.PRECISION, Stop.BUDGET, Stop.TOO_NOISY))
    if not precise + spent + noisy:
        return ""
    rest = f", {spent} as well as {sampling.case_budget_s:g} s allow" if spent else ""
    rest += f", {noisy} too noisy for {sampling.case_budget_s:g} s" if noisy else ""
    return f"known    {precise} of {precise + spent + noisy} cases to {sampling.precision * 100:g} %{rest}"


def _control(report: Report) -> str:
    """Whether the host itself changed while it measured."""
    if len(report.controls) < 2:
        return ""
    move = moved(report.controls[:1], report.controls[1:], report.control_noise_floor)
    if not move.beyond:
        return ""
    word = "slower" if move.ratio > 1 else "faster"
    return (
        f"The host became {word} while it measured: its control benchmark takes ×{move.ratio:.3g} "
        f"(noise floor {move.noise_floor:.0%}). What changed in this session may be the host's doing; "
        "groundspeed doctor may say why."
    )


def _closing(page: SessionPage) -> str:
    report = page.report
    lines = [*filter(None, [_control(report)]), f"machine  {report.machine}"]
    lines += filter(None, [_precision(report)])
    if report.plan.recorded and report.plan.steps:
        lines.append(f"record   {_recorded(report.plan)}")
    lines.append(f"took     {units.display_duration(report.duration_s)}")
    if page.page:
        lines.append(f"page     {page.page}  (see it with: groundspeed preview)")
    if report.tally.out_of_time:
        lines.append("The time is spent. What was measured is recorded; the same command goes on from here.")
    if report.interrupted:
        lines.append("Interrupted. What was measured is recorded; the same command goes on from here.")
    return "\n".join(lines)


def _render(table: Table, kind: Format) -> str:
    return table.markdown() if kind is Format.MARKDOWN else table.text()


def _day(date: datetime) -> str:
    return date.strftime("%Y-%m-%d")


def _json(page: SessionPage) -> dict[str, Any]:
    report = page.report
    return {
        "schema": SCHEMA,
        "machine": report.machine,
        "interrupted": report.interrupted,
        "duration_s": report.duration_s,
        "recorded_before": report.plan.recorded,
        "commits": [
            {
                "hash": commit.hash,
                "date": commit.date.isoformat(),
                "subject": commit.subject,
                "built": not any(build.failure for build in _builds(commit, report)),
                "measured": report.tally.count(Measured, commit.hash),
                "failed": report.tally.count(Failed, commit.hash),
                "skipped": report.tally.count(Skipped, commit.hash),
            }
            for commit in report.commits
        ],
        "failures": [
            {
                "commit": one.commit,
                "case": str(one.case) if one.case else None,
                "kind": one.failed.kind,
                "text": one.failed.text,
            }
            for one in _failed(report)
        ],
        "import_errors": dict(report.import_errors),
        "carried_over": report.tally.carried,
        "stopped": {stop.name.lower(): count for stop, count in _stops(report).items()},
        "out_of_time": report.tally.out_of_time,
        "returned_something_else": [
            {
                "case": str(key.case),
                "base": one.base,
                "head": one.head,
                "before": one.before,
                "after": one.after,
            }
            for key, one in _check_changes(report)
        ],
        "values": [
            {
                "case": str(one.key.case),
                "metric": one.key.metric,
                "unit": one.unit,
                "at": [None if at is None else [at.low, at.centre, at.high] for at in one.at],
            }
            for one in page.values
        ],
        "changes": [row_json(one) for one in _largest_first(page.changes)],
        "inconclusive": page.changes.count(Verdict.INCONCLUSIVE),
        "page": str(page.page) if page.page else None,
    }
