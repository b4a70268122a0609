"""Why a case has no value, from the sessions beside asv's files (asv stores no text)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from groundspeed.records import Build, Failed, Run, Skipped
from groundspeed.results.session_wire import SessionFormatError
from groundspeed.results.sessions import FOLDER, SessionFile, read_session_file, session_paths

if TYPE_CHECKING:
    from groundspeed.results.gather import Identity

_Attempt = tuple[str, str, str, str, tuple[str, ...] | None]  # a dictionary's key, never passed on


@dataclass(frozen=True, kw_only=True, slots=True)
class Reasons:
    """Texts by machine, environment, commit, benchmark and parameters (None: of all of them)."""

    texts: Mapping[_Attempt, str]
    warnings: tuple[str, ...]

    @classmethod
    def none(cls) -> Reasons:
        """No sessions, no texts."""
        return cls(texts={}, warnings=())

    def of(self, identity: Identity, commit: str) -> str:
        """The reason, ``kind: text`` of a failure; empty where no session tells."""
        if not self.texts:
            return ""
        where = (identity.machine, identity.environment, commit, identity.name)
        return self.texts.get((*where, identity.params)) or self.texts.get((*where, None), "")


def read_reasons(results_dir: Path) -> Reasons:
    """Every failure and skip that a session recorded; the last word on a case counts."""
    texts: dict[_Attempt, str] = {}
    warnings: list[str] = []
    for folder in sorted(path.parent for path in results_dir.glob(f"*/{FOLDER}")):
        for path in session_paths(folder):
            try:
                file = read_session_file(path)
            except SessionFormatError as error:
                warnings.append(str(error))
                continue
            warnings.extend(file.warnings)
            _collect(file, texts)
    return Reasons(texts=texts, warnings=tuple(warnings))


def _collect(file: SessionFile, texts: dict[_Attempt, str]) -> None:
    machine = file.session.machine
    for item in file.items:
        if isinstance(item, Build):
            if item.failure is not None:
                for name in item.benchmarks:
                    texts[machine, item.environment, item.commit, name, None] = _text(item.failure)
        elif isinstance(item, Run) and isinstance(item.outcome, Failed | Skipped):
            texts[_attempt(machine, item)] = _text(item.outcome)


def _attempt(machine: str, run: Run) -> _Attempt:
    return machine, run.environment, run.commit, run.case.benchmark, run.case.params


def _text(outcome: Failed | Skipped) -> str:
    if isinstance(outcome, Skipped):
        return outcome.reason
    return f"{outcome.kind}: {outcome.text}" if outcome.text else str(outcome.kind)
