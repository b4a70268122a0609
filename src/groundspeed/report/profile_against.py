"""The differences of the profiles of two commits, case by case and kind by kind, in one text."""

from __future__ import annotations

import json

from groundspeed.config import SuiteConfig
from groundspeed.history import History
from groundspeed.profiling.memory import ALLOCATED, PEAK
from groundspeed.profiling.values import Answer, CaseProfiles
from groundspeed.report.profile import not_taken, titled
from groundspeed.report.profile_difference import render_profile_difference
from groundspeed.report.profile_json import below
from groundspeed.report.table import Format, plain
from groundspeed.results.profile_runs import read_runs
from groundspeed.verdicts.profile_difference import profile_difference
from groundspeed.verdicts.profile_why import why

SCHEMA = "groundspeed-profile-against"
VERSION = 1

_TITLES = {
    "cpu": "Time",
    ALLOCATED: "Memory allocated in all",
    PEAK: "Memory in use at the peak",
    "contention": "Time waited for locks",
    "lines": "Time, by line",
    "leaks": "Memory kept after calls",
}
"""Of the kinds whose difference people are shown; counts of allocations follow from the bytes."""


def render_against(answer: Answer, history: History, suite: SuiteConfig, kind: Format, *, top: int) -> str:
    """What differs between the two commits of ``answer``, ``top`` functions of each case and kind (JSON has
    all), and what could not be profiled at either.
    """

    def differences_of(base: CaseProfiles, head: CaseProfiles) -> dict[str, str]:
        """By the kind of the stored file; a kind that an end lacks has none."""
        files = {
            name: (read_runs(path), read_runs(head.files[name]))
            for name, path in base.files.items()
            if name in head.files and (name in _TITLES or kind is Format.JSON)
        }
        return {
            name: render_profile_difference(
                why(profile_difference(*ends), history, suite.benchmark_folder), kind, top=top
            )
            for name, ends in files.items()
        }

    pairs = list(zip(answer.base, answer.cases, strict=True))
    if kind is Format.JSON:
        differences = [json.loads(one) for pair in pairs for one in differences_of(*pair).values()]
        failures = [
            {"case": str(end.case), "commit": end.commit.hash, "kind": one.kind, "why": one.why}
            for pair in pairs
            for end in pair
            for one in end.failures
        ]
        wire = {"schema": SCHEMA, "version": VERSION, "differences": differences, "failures": failures}
        return json.dumps(wire, indent=2, ensure_ascii=False, allow_nan=False)
    parts = []
    for pair in pairs:
        for name, text in differences_of(*pair).items():
            parts += [titled(f"{_TITLES[name]}: {pair[1].case}", kind), text]
        parts += [
            plain(f"{end.case} at {end.commit.short}: {failed}") for end in pair for failed in not_taken(end)
        ]
    folders = dict.fromkeys(
        below(path.parent, suite.root) for pair in pairs for end in pair for path in end.files.values()
    )
    if folders:
        parts.append(f"Stored in {' and '.join(folders)}; groundspeed publish draws the flame graph of both.")
    return "\n\n".join(parts)
