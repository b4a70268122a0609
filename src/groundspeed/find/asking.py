"""What stands before a search: ends that build, the suite as they show it, the cases that are asked about.

Builds and looks; measures nothing.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence

from groundspeed.errors import GroundspeedError, NothingMeasuredError
from groundspeed.find.places import Places
from groundspeed.find.span import Span
from groundspeed.measure.discover import discover
from groundspeed.measure.workplace import Workplace, last_said
from groundspeed.records import Benchmark, Build, Case

SHOWN = 5  # names that an error gives as examples


def built_ends(at: Workplace, places: Places, span: Span) -> tuple[Build, Build]:
    """Both ends, built. Raises ``NothingMeasuredError`` where one is not."""
    old, new = span.commits[0], span.commits[-1]
    at.screen.doing(f"building {old.short}, {new.short}")
    for build in places.build([old.hash, new.hash]):
        at.screen.built(build)
    found = places.builds[old.hash], places.builds[new.hash]
    for commit, build in zip((old, new), found, strict=True):
        if build.failure is not None:
            raise NothingMeasuredError(
                f"The {'old' if commit is old else 'new'} end {commit.short} ({commit.subject}) does not "
                f"build: {last_said(build.failure)}. Name a range whose ends build."
            )
    return found


def benchmarks_of(at: Workplace, places: Places, span: Span) -> tuple[Benchmark, ...]:
    """The suite of the working tree, as the newest end that can import it shows it.

    Raises ``NothingMeasuredError`` where neither can.
    """
    suite = discover(
        [(span.commits[-1], places.environment), (span.commits[0], places.environment)],
        places.environments,
        places.start_worker,
        lambda: (),
        at.screen,
    )
    if not suite.benchmarks:
        folder = at.configuration.suite.benchmark_dir
        raise NothingMeasuredError(f"No benchmark could be found in {folder}: {suite.why_none}")
    return suite.benchmarks


def cases_named(benchmarks: Sequence[Benchmark], pattern: str) -> list[tuple[Benchmark, Case]]:
    """The cases in whose text ``pattern`` is found. Raises ``GroundspeedError`` where there is none."""
    cases = [(one, case) for one in benchmarks for case in one.cases()]
    found = [one for one in cases if re.search(pattern, str(one[1]))]
    if not found:
        names = [str(case) for _, case in cases]
        near = difflib.get_close_matches(pattern, names, n=SHOWN, cutoff=0.4)
        raise GroundspeedError(
            f"No case matches {pattern}. "
            + (f"Did you mean {', '.join(near)}?" if near else f"There are {', '.join(names[:SHOWN])}.")
        )
    return found
