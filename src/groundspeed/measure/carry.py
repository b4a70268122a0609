"""Which measurement a commit may take over: that of another commit whose built content is the same.

Owns the rule, over builds and the record; what makes two builds' content the same is the environments'
to say. What is carried over is recorded as that and is evidence of nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from groundspeed.measure.plan import PlannedCase, Record
from groundspeed.records import Build, CarriedOver, Run, Stop
from groundspeed.results.ledger import Recorded, Standing


class Carrier:
    """The commits by built content. Without ``record`` nothing is carried over."""

    def __init__(self, builds: Iterable[Build], record: Record | None) -> None:
        self._record = record
        self._commits: dict[tuple[str, str], list[str]] = {}
        for build in builds:
            self.add(build)

    def add(self, build: Build) -> None:
        """A commit was built."""
        content = self.content(build)
        if content is not None and build.commit not in self._commits.setdefault(content, []):
            self._commits[content].append(build.commit)

    def content(self, build: Build) -> tuple[str, str] | None:
        """What builds of one content share; None where nobody knows, or nothing is to be carried over."""
        if self._record is None or build.identity is None or build.failure is not None:
            return None
        return build.environment, build.identity

    def carried(self, build: Build, wanted: Sequence[PlannedCase], now: datetime) -> list[Run]:
        """A run for each case that another commit of this content measured completely."""
        content = self.content(build)
        if content is None or self._record is None:
            return []
        others = [one for one in self._commits.get(content, []) if one != build.commit]
        records = {other: self._record(other, build.environment) for other in others}
        runs = []
        for one in wanted:
            key = one.case, one.benchmark.version
            source = next((other for other in others if _is_whole(records[other].get(key))), None)
            if source is not None:
                runs.append(_run(build, one, source, now))
        return runs


def _is_whole(recorded: Recorded | None) -> bool:
    return (
        recorded is not None
        and recorded.standing is Standing.MEASURED
        and recorded.complete
        and not recorded.quick
    )


def _run(build: Build, planned: PlannedCase, source: str, now: datetime) -> Run:
    return Run(
        case=planned.case,
        version=planned.benchmark.version,
        commit=build.commit,
        environment=build.environment,
        outcome=CarriedOver(measured_at=source),
        metrics=(),
        check=None,
        stop=Stop.STATED,
        quick=False,
        started_at=now,
        duration_s=0.0,
    )
