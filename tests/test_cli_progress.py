"""Progress: quiet lines in a pipe, one rewritten line on a terminal."""

from __future__ import annotations

import io

import pytest

from groundspeed.cli.progress import ProgressLine
from groundspeed.records import Build, Case, Failed, FailureKind, Measured, Outcome, Run
from tests.measuring import ENVIRONMENT, START, commit

CASE = Case(benchmark="m.time_x", params=("1",))


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def build(failure: Failed | None = None) -> Build:
    return Build(
        commit=commit(1).hash,
        environment=ENVIRONMENT.name,
        failure=failure,
        dependencies=(),
        identity=None,
        benchmarks=(),
        started_at=START,
        duration_s=1.0,
    )


def run(outcome: Outcome) -> Run:
    return Run(
        case=CASE,
        version="1",
        commit=commit(1).hash,
        environment=ENVIRONMENT.name,
        outcome=outcome,
        metrics=(),
        check=None,
        stop=None,
        quick=False,
        started_at=START,
        duration_s=1.0,
    )


def tell(stream: io.StringIO) -> str:
    line = ProgressLine(stream)
    line.doing("looking")
    line.building([commit(1)], 65.0)
    line.built(build())
    line.running(commit(1), CASE, 2, 61.0)
    line.ran(run(Measured(samples=(1.0,), number=1)))
    line.running(commit(1), CASE, 1, 30.0)
    line.ran(run(Failed(kind=FailureKind.RAISED, text="oh")))
    line.note("a word\x1b[31m")
    line.finish()
    return stream.getvalue()


def test_a_pipe_gets_a_line_a_commit_and_what_went_wrong() -> None:
    assert tell(io.StringIO()).splitlines() == [
        "00000000  m.time_x(1)  raised",
        "a word�[31m",
        "00000000 number 1: 1 runs, 1 failed, about 30 s left",
    ]


def test_a_terminal_sees_commit_benchmark_and_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    shown = tell(Terminal()).split("\r\x1b[K")
    assert any("1 min 01 s left  00000000  m.time_x(1)  (2 runs to go)" in one for one in shown)


def test_a_commit_that_does_not_build_is_said_at_once() -> None:
    stream = io.StringIO()
    line = ProgressLine(stream)
    line.building([commit(1)], 1.0)
    line.built(build(Failed(kind=FailureKind.NOT_BUILT, text="cc\nno compiler\n")))
    line.finish()
    assert stream.getvalue() == "00000000  did not build: no compiler\n"
