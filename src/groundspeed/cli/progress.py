"""What a person sees while measuring: one live line on a terminal, quiet lines in a pipe. On stderr."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from typing import TextIO

from groundspeed import units
from groundspeed.records import Build, Case, Commit, Failed, Measured, Run
from groundspeed.report.table import last_line, plain


class ProgressLine:
    """Commit, benchmark and time left. A terminal gets a line that is rewritten; a pipe a line a commit."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._live = self._stream.isatty() and os.environ.get("TERM") != "dumb"
        self._subjects: dict[str, str] = {}
        self._at: str | None = None
        self._counts = [0, 0]
        self._left_s = 0.0

    def building(self, commits: Sequence[Commit], left_s: float) -> None:
        """The environments of some commits are being made."""
        self.finish()
        names = ", ".join(dict.fromkeys(commit.short for commit in commits))
        subject = f" {commits[0].subject}" if len(commits) == 1 else ""
        self._at = f"{names}{subject}"
        self._counts = [0, 0]
        self._left_s = left_s
        self._show_left(f"building {names}")

    def built(self, build: Build) -> None:
        """It stands, or failed."""
        if build.failure is not None:
            self._print(f"{build.commit[:8]}  did not build: {last_line(build.failure.text)}")

    def running(self, commit: Commit, case: Case, open_runs: int, left_s: float) -> None:
        """A run starts."""
        self._left_s = left_s
        self._show_left(f"{commit.short}  {case}  ({open_runs} runs to go)")

    def ran(self, run: Run) -> None:
        """It ended."""
        if isinstance(run.outcome, Measured):
            self._counts[0] += 1
        elif isinstance(run.outcome, Failed):
            self._counts[1] += 1
            self._print(f"{run.commit[:8]}  {run.case}  {run.outcome.kind}")

    def doing(self, text: str) -> None:
        """What goes on before there is a plan."""
        self._show(text)

    def note(self, text: str) -> None:
        """Something worth a line that stays."""
        self._print(text)

    def finish(self) -> None:
        """The commit's line is complete; the live line goes."""
        if self._at is not None and any(self._counts):
            done, failed = self._counts
            failures = f", {failed} failed" if failed else ""
            self._print(
                f"{self._at}: {done} runs{failures}, about {units.display_duration(self._left_s)} left"
            )
            self._at = None
        elif self._live:
            self._stream.write("\r\x1b[K")
            self._stream.flush()

    def _show_left(self, text: str) -> None:
        self._show(f"{units.display_duration(self._left_s):>12} left  {text}")

    def _show(self, text: str) -> None:
        if self._live:
            width = shutil.get_terminal_size().columns
            self._stream.write(f"\r\x1b[K{plain(text)[: width - 1]}")
            self._stream.flush()

    def _print(self, text: str) -> None:
        self._stream.write(f"\r\x1b[K{plain(text)}\n" if self._live else f"{plain(text)}\n")
        self._stream.flush()
