"""What `groundspeed profile` prints, of values made by hand: goldens of the text and the Markdown."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from groundspeed.profiling.deterministic import Called, Deterministic
from groundspeed.profiling.live import Live
from groundspeed.profiling.memory import UNITS
from groundspeed.profiling.values import Answer, CaseProfiles, Failure, Stored
from groundspeed.profiling.weights import Overhead, Recorded, Taken
from groundspeed.records import Case, Commit
from groundspeed.report.profile import render_live, render_profile
from groundspeed.report.table import Format
from groundspeed.results.stacks import Frame

ROOT = Path("/project")
FOLDER = ROOT / "results" / "box" / "profiles" / "abababab"
COMMIT = Commit(
    hash="ab" * 20,
    parents=(),
    date=datetime(2026, 1, 1, tzinfo=UTC),
    author="",
    subject="faster | much",
    tags=(),
)
WORK, PART = Frame(name="work", file="s/a.py", line=3), Frame(name="part<1>", file="s/a.py", line=9)
COST = Overhead(pairs=((0.001, 0.00104), (0.0011, 0.00102)))


def run(weights: dict[tuple[Frame, ...], float], **told: float | int | None) -> Recorded:
    return Recorded(weights=weights, **{"calls": 1, "duration_s": None, "samples": None, **told})  # type: ignore[arg-type]  # of a table


def profiled() -> CaseProfiles:
    """3 of 4 samples in the part; 100 calls took 0.1 s. One line holds 1 MB, another 500 kB for a while."""
    cpu = Taken(
        kind="cpu",
        unit="seconds",
        tool="py-spy 0",
        runs=(run({(WORK,): 0.02, (WORK, PART): 0.06}, calls=100, duration_s=0.1, samples=4),),
        overhead=COST,
        notes=("a note",),
    )
    weights = {
        "memory-peak": (1e6, 0.0),
        "memory": (1e6, 5e5),
        "allocations": (1, 2000),
        "reallocations": (0, 3),
    }
    memory = [
        Taken(
            kind=kind,
            unit=unit,
            tool="memray 0",
            runs=(run({(WORK,): float(weights[kind][0]), (WORK, PART): float(weights[kind][1])}),),
            overhead=Overhead(pairs=((0.001, 0.0025),)),
        )
        for kind, unit in UNITS.items()
    ]
    calls = Deterministic(
        functions=(
            Called(name="part<1>", file="s/a.py", line=9, calls=250, own_s=0.2, whole_s=0.2),
            Called(name="<built-in sum>", file="", line=None, calls=100, own_s=0.1, whole_s=0.1),
        ),
        benchmark_calls=100,
        duration_s=0.3,
        overhead=Overhead(pairs=((0.001, 0.003),)),
        table={},
        stats=b"",
    )
    return CaseProfiles(
        case=Case(benchmark="m.time_work", params=("1",)),
        commit=COMMIT,
        stored=tuple(Stored(taken=one, path=FOLDER / f"x.{one.kind}.gz") for one in [cpu, *memory]),
        calls=calls,
        stats=FOLDER / "x.prof",
        recorded=(),
        failures=(Failure(kind="leaks", why="Traceback\n  somewhere\nValueError: no"),),
    )


def answer(*more: CaseProfiles) -> Answer:
    return Answer(machine="box", environment="py3.11", commit=COMMIT, cases=(profiled(), *more))


TEXT = """\
m.time_work(1) at abababab (faster | much), py3.11, box

leaks not taken: ValueError: no

Time, by function

100 calls, 4 samples, by py-spy 0.
At best a call took 1.02 ms profiled, 1.00 ms without (+2.0%; 2 pairs in turn).
a note

share  with calls  own a call  function  where
75.0%       75.0%      750 µs  part<1>   s/a.py:9
25.0%      100.0%      250 µs  work      s/a.py:3

Memory, by line

A call has 1.00 MB in use at its peak, and allocates 1.50 MB in 2,001 allocations \
(3 of them to make a block larger).
By memray 0. At best a call took 2.50 ms profiled, 1.00 ms without (2.5 times as long; 1 pair in turn).

at the peak  allocated  allocations  enlarged  function  where
    1.00 MB    1.00 MB            1         0  work      s/a.py:3
        0 B     500 KB        2,000         3  part<1>   s/a.py:9

Every call, by function

100 calls, by cProfile.
At best a call took 3.00 ms profiled, 1.00 ms without (3 times as long; 1 pair in turn).
It charges for each call: trust the counts, and the times of functions that do much in one call.

calls      own  with calls  function        where
  2.5  2.00 ms     2.00 ms  part<1>         s/a.py:9
    1  1.00 ms     1.00 ms  <built-in sum>

Stored:
  results/box/profiles/abababab/x.cpu.gz
  results/box/profiles/abababab/x.memory.gz
  results/box/profiles/abababab/x.memory-peak.gz
  results/box/profiles/abababab/x.allocations.gz
  results/box/profiles/abababab/x.reallocations.gz
  results/box/profiles/abababab/x.prof"""


def test_the_text_says_what_takes_most_and_what_looking_cost() -> None:
    assert render_profile(answer(), Format.TEXT, top=20, root=ROOT) == TEXT


def test_markdown_escapes_what_the_code_is_called() -> None:
    text = render_profile(answer(), Format.MARKDOWN, top=1, root=ROOT)
    assert text.startswith("## m.time_work(1) at abababab (faster \\| much), py3.11, box\n")
    assert "| 75.0% | 75.0% | 750 µs | part&lt;1&gt; | s/a.py:9 |" in text
    assert "| 25.0% |" not in text  # one row was asked for
    assert "- `results/box/profiles/abababab/x.cpu.gz`" in text


def test_several_cases_have_a_summary_with_what_is_missing() -> None:
    broken = CaseProfiles(
        case=Case(benchmark="m.time_broken", params=()),
        commit=COMMIT,
        stored=(),
        calls=None,
        stats=None,
        recorded=(),
        failures=(Failure(kind="cpu", why="no"), Failure(kind="memory", why="no")),
    )
    whole = answer(broken)
    text = render_profile(whole, Format.TEXT, top=20, root=ROOT)
    assert text.endswith(
        "Summary\n\n"
        "case            most of its own  share  peak memory  not taken\n"
        "m.time_work(1)  part<1>            75%      1.00 MB  leaks\n"
        "m.time_broken                                        cpu, memory"
    )
    assert "cpu, memory not taken: no" in text
    assert whole.exit_code == 0
    assert Answer(machine="box", environment="e", commit=COMMIT, cases=(broken,)).exit_code == 3


def test_json_has_figures_and_no_words() -> None:
    found = json.loads(render_profile(answer(), Format.JSON, top=1, root=ROOT))
    (case,) = found["cases"]
    assert found["commit"] == COMMIT.hash
    assert case["profiles"][0]["places"][1] == {
        "name": "work",
        "file": "s/a.py",
        "line": 3,
        "own": 0.02,
        "whole": 0.08,
    }
    assert case["calls"]["functions"][0]["calls"] == 250
    assert case["failures"][0]["why"].startswith("Traceback")


def test_a_living_process_is_told_with_what_the_sampler_took() -> None:
    live = Live(
        pid=7,
        command="python busy.py",
        seconds=2.0,
        tool="py-spy 0",
        run=run({(WORK,): 0.5, (WORK, PART): 1.5}, samples=400),
        sampler_share=0.015,
    )
    text = render_live(live, Format.TEXT, top=1, file=Path("p.json"))
    assert text == (
        "Process 7 (python busy.py): 400 samples in 2.00 s by py-spy 0, 2.00 s of work seen. "
        "The sampler took 1.5% of a processor.\n\n"
        "share  with calls     own  function  where\n"
        "75.0%       75.0%  1.50 s  part<1>   s/a.py:9\n\n"
        "Stored: p.json"
    )
    assert json.loads(render_live(live, Format.JSON, top=1, file=Path("p.json")))["busy_s"] == 2.0
