"""The worker at one commit: started late, started anew when it died, asked where a case stands there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from groundspeed.records import Benchmark, Case, Failed, FailureKind, NotRun
from groundspeed.suite.answers import WorkerError, WorkerLike


@dataclass(frozen=True, kw_only=True, slots=True)
class Located:
    """A case in the suite as a worker shows it: ask that worker for this benchmark and position."""

    worker: WorkerLike
    benchmark: Benchmark
    index: int


@dataclass(kw_only=True, slots=True)
class StandingWorker:
    """Who answers for a commit. ``start`` may raise ``WorkerError``: then every case failed to import."""

    start: Callable[[], WorkerLike]
    _worker: WorkerLike | None = None
    _broken: str | None = None
    _benchmarks: dict[str, Benchmark] = field(default_factory=dict)
    _indices: dict[Case, int] = field(default_factory=dict)

    def locate(self, benchmark: str, case: Case) -> Located | NotRun | Failed:
        """Where the case stands at this commit, or why it does not."""
        worker = self._alive()
        if worker is None:
            return Failed(kind=FailureKind.NOT_IMPORTED, text=self._broken or "")
        found = self._benchmarks.get(benchmark)
        if found is None:
            text = _why_missing(benchmark, worker.discovery.import_errors)
            return Failed(kind=FailureKind.NOT_IMPORTED, text=text)
        index = self._indices.get(case)
        if index is None:  # parameters may come from the measured code
            return NotRun(reason="no such parameters at this commit")
        return Located(worker=worker, benchmark=found, index=index)

    def renew(self) -> None:
        """Another worker from now on, where cases are forked from it: they share its hash seed and layout."""
        if self._worker is not None and self._worker.discovery.launch == "fork":
            self.close()

    def close(self) -> None:
        """End the worker."""
        if self._worker is not None:
            self._worker.close()
            self._worker = None

    def _alive(self) -> WorkerLike | None:
        if self._worker is not None and not self._worker.alive:
            self.close()
        if self._worker is None and self._broken is None:
            try:
                self._worker = self.start()
            except WorkerError as error:
                self._broken = str(error)
            else:
                benchmarks = self._worker.discovery.benchmarks
                self._benchmarks = {one.name: one for one in benchmarks}
                self._indices = {case: at for one in benchmarks for at, case in enumerate(one.cases())}
        return self._worker


def _why_missing(benchmark: str, import_errors: Mapping[str, str]) -> str:
    """The traceback of the benchmark's own module, else of a package above it."""
    for module, text in import_errors.items():
        _, _, below = module.partition(".")  # the suite's own folder name is not part of a benchmark's
        if f"{benchmark}.".startswith(f"{below}." if below else ""):
            return text
    return "the suite does not define this benchmark at this commit"
