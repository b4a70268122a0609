"""What only sessions tell of a case without a value of its own: why there is none, or whose it shares.

asv's files hold no text, and nothing at all of a measurement that was carried over.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from groundspeed.records import Build, CarriedOver, Failed, Run, Skipped
from groundspeed.results.further import split_metric
from groundspeed.results.session_wire import SessionFormatError
from groundspeed.results.sessions import SessionFile, all_session_paths, read_session_file

if TYPE_CHECKING:
    from groundspeed.results.gather import Identity

Attempt = tuple[
    str, str, str, str, tuple[str, ...] | None
]  # machine, environment, commit, benchmark, parameters
Attempted = tuple[str, str, str, str, tuple[str, ...]]  # machine, environment, benchmark, version, parameters


@dataclass(frozen=True, kw_only=True, slots=True)
class Carried:
    """A commit whose built content equals another's: there the measurement is, and nobody measured here."""

    commit: str
    date: datetime
    measured_at: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Unmeasured:
    """Texts by machine, environment, commit, benchmark and parameters (None: of all of them).

    Carried-over commits by machine, environment, benchmark, version and parameters, then by hash.
    """

    texts: Mapping[Attempt, str]
    carried: Mapping[Attempted, Mapping[str, Carried]]
    warnings: tuple[str, ...]

    def reason(self, identity: Identity, commit: str) -> str:
        """The reason, ``kind: text`` of a failure; empty where no session tells."""
        if not self.texts:
            return ""
        name, _ = split_metric(identity.name)
        where = (identity.machine, identity.environment, commit, name)
        return self.texts.get((*where, identity.params)) or self.texts.get((*where, None), "")

    def carried_over(self, identity: Identity) -> list[Carried]:
        """Where the case's measurement was carried over to, by date and hash; the last word counts."""
        if not self.carried:
            return []
        name, _ = split_metric(identity.name)
        case = (identity.machine, identity.environment, name, identity.version or "", identity.params)
        return sorted(self.carried.get(case, {}).values(), key=lambda one: (one.date, one.commit))


def read_unmeasured(results_dir: Path) -> Unmeasured:
    """Every failure, skip and carried-over measurement that a session recorded.

    Runs that measured are passed over unparsed: they are most of a history and say nothing here.
    """
    found: list[Unmeasured] = []
    warnings: list[str] = []
    for path in all_session_paths(results_dir):
        try:
            file = read_session_file(path, measured=False)
        except SessionFormatError as error:
            warnings.append(str(error))
            continue
        warnings.extend(file.warnings)
        found.append(unmeasured_of(file))
    return merged(found, tuple(warnings))


def unmeasured_of(file: SessionFile) -> Unmeasured:
    """What one session says; its warnings are the file's."""
    texts: dict[Attempt, str] = {}
    carried: dict[Attempted, dict[str, Carried]] = {}
    machine = file.session.machine
    for item in file.items:
        if isinstance(item, Build):
            if item.failure is not None:
                for name in item.benchmarks:
                    texts[machine, item.environment, item.commit, name, None] = _text(item.failure)
        elif isinstance(item, Run) and isinstance(item.outcome, Failed | Skipped):
            case = item.case
            attempt = (machine, item.environment, item.commit, case.benchmark, case.params)
            texts[attempt] = _text(item.outcome)
        elif isinstance(item, Run) and isinstance(item.outcome, CarriedOver):
            date = file.session.commits.get(item.commit)
            if date is not None:
                where = (machine, item.environment, item.case.benchmark, item.version, item.case.params)
                carried.setdefault(where, {})[item.commit] = Carried(
                    commit=item.commit, date=date, measured_at=item.outcome.measured_at
                )
    return Unmeasured(texts=texts, carried=carried, warnings=())


def merged(sessions: Iterable[Unmeasured], warnings: tuple[str, ...]) -> Unmeasured:
    """What sessions say together, oldest first: the last word counts."""
    texts: dict[Attempt, str] = {}
    carried: dict[Attempted, dict[str, Carried]] = {}
    for one in sessions:
        texts.update(one.texts)
        for where, commits in one.carried.items():
            carried.setdefault(where, {}).update(commits)
    return Unmeasured(texts=texts, carried=carried, warnings=warnings)


def _text(outcome: Failed | Skipped) -> str:
    if isinstance(outcome, Skipped):
        return outcome.reason
    return f"{outcome.kind}: {outcome.text}" if outcome.text else str(outcome.kind)
