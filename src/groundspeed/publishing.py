"""The site of a project, whole: the page of its results, and the reports of each machine beside it.

Owns which reports there are: how a machine stands, and what costs most there, where profiles are stored or
groundspeed.toml states sections or plans; what became of each plan that was measured. Elsewhere they would
repeat the page, and one of a large archive takes a second. What they say is report/'s business; how they lie
and are found, site/'s.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from groundspeed.errors import GroundspeedError, NothingMeasuredError
from groundspeed.results.attempts import utc_now
from groundspeed.results.profiles import stored_profiles
from groundspeed.site.pieces.reports import HOME, Report
from groundspeed.site.publish import Published, Reports, publish_results
from groundspeed.verdicts.newest import Present

if TYPE_CHECKING:
    from collections.abc import Callable

    from groundspeed.config import Configuration
    from groundspeed.report.overview.block import Paper
    from groundspeed.verdicts.reading import ProjectResults

TOP = 20
"""Bottlenecks of a machine that are listed; ``make profile`` lists as many."""

BASELINE, BOTTLENECKS = "baseline", "bottlenecks"
"""The reports' names, in addresses and in docs/reports/."""


def publish_project(
    configuration: Configuration, *, force: bool = False, now: Callable[[], datetime] = utc_now
) -> Published:
    """Publish the results that ``configuration`` names, with the reports of their machines.

    Raises as ``publish_results`` does. A report that cannot be made is a warning: the page stands without.
    """
    return publish_results(configuration, reports=reports_of, force=force, now=now)


def reports_of(reading: ProjectResults) -> Reports:
    """The reports of every machine that there is something to report of, by machine."""
    project = reading.configuration.project
    profiled = {one.machine for one in stored_profiles(reading.configuration.suite.results_dir)}
    stated = bool(project.report or project.plans)
    made: list[Report] = []
    notices: list[str] = []
    for machine in sorted({*reading.machines, *profiled}):
        if stated or machine in profiled:
            present = Present(reading, machine)  # both ask it for the same
            for name, make in _MADE.items():
                try:
                    made += make(present)
                except GroundspeedError as error:
                    notices.append(f"The page has no {name} report of {machine}: {error}")
    return Reports(made=tuple(made), notices=tuple(notices))


def _baseline(present: Present) -> Iterator[Report]:
    """How a machine stands; none of one that was only profiled."""
    from groundspeed.report.overview.blocks import paper_of
    from groundspeed.verdicts.overview import overview

    if present.machine in present.reading.machines:
        found = overview(present)
        yield _report(BASELINE, "How it stands", present.machine, found.commit, paper_of(found))


def _bottlenecks(present: Present) -> Iterator[Report]:
    """What costs most; none where nothing was stored to tell it by."""
    from groundspeed.report.bottlenecks import paper_of
    from groundspeed.verdicts.evidence import find_bottlenecks

    found = find_bottlenecks(present)
    if found.exit_code != NothingMeasuredError.exit_code:
        shown = replace(found, rule=replace(found.rule, top=max(TOP, found.rule.top)))
        yield _report(BOTTLENECKS, "What costs most", present.machine, found.commit, paper_of(shown))


def _plans(present: Present) -> Iterator[Report]:
    """What became of each plan that can be answered by what the machine measured."""
    from groundspeed.report.plan import paper_of
    from groundspeed.verdicts.plan_values import Ends, judge_plan
    from groundspeed.verdicts.plans import Answered

    for plan in present.reading.configuration.project.plans:
        found = judge_plan(present.reading, present.machine, plan, Ends(base=plan.base, head=plan.head))
        if any(isinstance(row, Answered) for row in found.rows):
            title = f"What became of {plan.name}"
            yield _report(f"plan-{plan.name}", title, present.machine, found.head, paper_of(found))


_MADE = {BASELINE: _baseline, BOTTLENECKS: _bottlenecks, "plans": _plans}


def _report(name: str, title: str, machine: str, commit: str, paper: Paper) -> Report:
    from groundspeed.report.overview import render_paper
    from groundspeed.report.table import OverviewFormat

    return Report(
        machine=machine,
        name=name,
        title=title,
        commit=commit,
        said=paper.summary,
        html=render_paper(replace(paper, home=HOME), OverviewFormat.HTML),
        markdown=render_paper(paper, OverviewFormat.MARKDOWN),
    )
