"""Which benchmarks are gone: a gate that measures less than there was must not be green.

Held against head's suite are base's own suite, as base's own files define it, and what is on record of
base. Owns the comparison of names; that base can be imported is not owed to anybody.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from groundspeed.config import SuiteConfig
from groundspeed.config.globs import names
from groundspeed.config.renames import StatedRenames
from groundspeed.errors import HistoryError
from groundspeed.history import History
from groundspeed.history.export import export_folder
from groundspeed.measure.plan import Selection
from groundspeed.records import Case
from groundspeed.suite.answers import WorkerLike


class Seen(StrEnum):
    """Where a benchmark is that head's suite lacks."""

    SUITE = "base's own suite"
    RESULTS = "the results of base"


@dataclass(frozen=True, kw_only=True, slots=True)
class Vanished:
    """A benchmark that head's suite lacks. ``why`` is the failed import that took it along, if one did."""

    benchmark: str
    seen: Seen
    why: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Rules:
    """Which of base's benchmarks are expected: those selected, under their present names, and not removed."""

    selection: Selection
    renames: StatedRenames
    removed: tuple[str, ...]

    def expected(self, cases: Iterable[Case]) -> set[str]:
        """The benchmarks of these cases that head should have."""
        return {
            self.renames.present(case.benchmark)
            for case in cases
            if self.selection.wants(case) and not any(names(glob, case) for glob in self.removed)
        }


def vanished(
    own: Iterable[Case],
    stored: Iterable[Case],
    head: Iterable[str],
    rules: Rules,
    import_errors: Mapping[str, str],
) -> tuple[Vanished, ...]:
    """What base's suite (``own``) or its results hold and ``head``'s benchmarks do not, by name."""
    there = set(head)
    seen = dict.fromkeys(rules.expected(stored) - there, Seen.RESULTS)
    seen |= dict.fromkeys(rules.expected(own) - there, Seen.SUITE)
    return tuple(
        Vanished(benchmark=name, seen=where, why=_why(name, import_errors))
        for name, where in sorted(seen.items())
    )


def own_cases(
    suite: SuiteConfig, history: History, commit: str, start: Callable[[Path], WorkerLike]
) -> tuple[Case, ...]:
    """The cases of the suite that a commit itself holds, as its own code imports it.

    ``start`` starts a worker at that commit on a suite folder. Raises ``HistoryError`` where the commit
    holds no suite (it lies elsewhere, or came later), ``WorkerError`` where it cannot be imported.
    """
    try:
        path = suite.benchmark_dir.relative_to(suite.repo_path.resolve())
    except ValueError as error:
        raise HistoryError(f"The suite {suite.benchmark_dir} lies outside the repository.") from error
    with tempfile.TemporaryDirectory(prefix="groundspeed-suite-") as folder:
        worker = start(export_folder(history, commit, path.as_posix(), Path(folder)))
        try:
            return tuple(case for one in worker.discovery.benchmarks for case in one.cases())
        finally:
            worker.close()


def _why(benchmark: str, import_errors: Mapping[str, str]) -> str:
    for module, text in import_errors.items():
        _, _, below = module.partition(".")  # the suite's own folder name is not part of a benchmark's
        if f"{benchmark}.".startswith(f"{below}." if below else ""):
            return text
    return ""
