"""What only sessions tell of a case without a value of its own: why there is none, or whose it shares.

asv's files hold no text, and nothing at all of a measurement that was carried over.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from groundspeed.records import Build, CarriedOver, Failed, Run, Skipped
from groundspeed.results.further import split_metric
from groundspeed.results.session_wire import SessionFormatError
from groundspeed.results.sessions import FOLDER, SessionFile, read_session_file, session_paths

if TYPE_CHECKING:
    from groundspeed.results.gather import Identity

_Attempt = tuple[str, str, str, str, tuple[str, ...] | None]  # dictionaries' keys, never passed on
_Case = tuple[str, str, str, str, tuple[str, ...]]


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

    texts: Mapping[_Attempt, str]
    carried: Mapping[_Case, Mapping[str, Carried]]
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
    texts: dict[_Attempt, str] = {}
    carried: dict[_Case, dict[str, Carried]] = {}
    warnings: list[str] = []
    for folder in sorted(path.parent for path in results_dir.glob(f"*/{FOLDER}")):
        for path in session_paths(folder):
            try:
                file = read_session_file(path, measured=False)
            except SessionFormatError as error:
                warnings.append(str(error))
                continue
            warnings.extend(file.warnings)
            _collect(file, texts, carried)
    return Unmeasured(texts=texts, carried=carried, warnings=tuple(warnings))


def _collect(file: SessionFile, texts: dict[_Attempt, str], carried: dict[_Case, dict[str, Carried]]) -> None:
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


def _text(outcome: Failed | Skipped) -> str:
    if isinstance(outcome, Skipped):
        return outcome.reason
    return f"{outcome.kind}: {outcome.text}" if outcome.text else str(outcome.kind)
