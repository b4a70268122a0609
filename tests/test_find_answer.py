"""What a find says, and where the history makes it look first: forms printed, exit codes, the prior."""

from __future__ import annotations

import dataclasses
import json
import shlex
from pathlib import Path

import numpy as np
import pytest

from groundspeed.find.answer import Answer, Question, Row, commands
from groundspeed.find.exponents import exponents
from groundspeed.find.posterior import Direction
from groundspeed.find.suspicion import prior, stored_values
from groundspeed.records import Better, Case, Commit, SeriesKey
from groundspeed.report.find import render
from groundspeed.report.table import Format
from groundspeed.results.archive import Archive, MeasuredCommit, Series
from groundspeed.results.found import Change, Check, Culprit, Found, Likely, Outcome, found_wire, parse_found
from tests.hunting import Field
from tests.measuring import benchmark, commit


def named(number: int) -> Commit:
    """A commit whose short hash tells it from others."""
    return dataclasses.replace(commit(number), hash=f"{number:08d}{0:032d}")


CULPRIT = Culprit(
    commit=dataclasses.replace(named(40), subject="Use a | list"),
    parent=named(1),
    unbuildable=(named(2), named(3)),
    change=Change.SLOWER,
    check=Check(ratio=(1.043, 1.08, 1.119), base=0.0003, head=0.000324, processes=(7, 7)),
    said="",
    files=("src/a.py",),
    dependencies=("-numpy==2.0", "+numpy==2.1"),
    merge=named(9),
)
FOUND = Found(
    outcome=Outcome.CULPRIT,
    probability=0.991,
    culprit=CULPRIT,
    likely=(Likely(commit=CULPRIT.commit, probability=0.991), Likely(commit=named(1), probability=0.009)),
    why="",
    unit="seconds",
    builds=20,
    processes=388,
    duration_s=73.0,
)
FLAT = dataclasses.replace(FOUND, outcome=Outcome.FLAT, culprit=None, probability=0.96)
OPEN = dataclasses.replace(FLAT, outcome=Outcome.UNDECIDED, why="the budget (30 min) is spent")
NO_DATA = dataclasses.replace(FLAT, outcome=Outcome.NO_DATA, why="it fails at both ends", likely=())


def answer(tmp_path: Path, *found: Found, interrupted: bool = False) -> Answer:
    hunt = Field(commits=3, value=lambda _: 1.0).hunt(tmp_path / "one.jsonl")
    hunt.journal.close()
    asked = dataclasses.replace(hunt.asked, case=Case(benchmark="text.time_a", params=("'x'",)), metric="p99")
    return Answer(
        question=Question(revisions="v1..main", pattern="time_a", direction=Direction.WORSE),
        machine="box",
        environment="virtualenv-py3.11",
        commits=(named(0), named(1), named(2)),
        rows=tuple(Row(asked=asked, found=one, recorded=False) for one in found),
        grown=(),
        interrupted=interrupted,
        duration_s=88.0,
    )


@pytest.mark.parametrize(
    ("found", "interrupted", "code"),
    [
        ((FLAT,), False, 0),
        ((FLAT, FOUND, OPEN, NO_DATA), False, 1),
        ((FLAT, OPEN, NO_DATA), False, 4),
        ((FLAT, NO_DATA), False, 3),
        ((FOUND,), True, 130),
    ],
)
def test_the_exit_code_is_the_first_that_holds(
    found: tuple[Found, ...], interrupted: bool, code: int, tmp_path: Path
) -> None:
    assert answer(tmp_path, *found, interrupted=interrupted).exit_code == code


def test_the_whole_text(tmp_path: Path) -> None:
    short, parent, merge = CULPRIT.commit.short, named(1).short, named(9).short
    case, did = "text.time_a('x')@p99", "made it worse: ×1.080 (1.043 to 1.119)"
    bench = shlex.quote("^text\\.time_a\\('x'\\)$")
    date = f"{CULPRIT.commit.date:%Y-%m-%d}"
    assert render(answer(tmp_path, FOUND, FLAT, OPEN), Format.TEXT).splitlines() == [
        f"{case}: {short}, or one of the 2 before it that do not build, {did}",
        f"  commit   {short} {date} Ada: Use a | list",
        f"  merged   by {merge} number 9",
        f"  or       {named(2).short} 2026-01-03 Ada: number 2 (does not build)",
        f"  or       {named(3).short} 2026-01-04 Ada: number 3 (does not build)",
        f"  parent   {parent} 2026-01-02 Ada: number 1",
        "  checked  300 µs to 324 µs, 7 and 7 fresh processes in turn",
        f"  sure     99.1%; then {parent} 0.9%",
        "  files    src/a.py",
        "  packages -numpy==2.0, +numpy==2.1",
        f"  why      git diff {parent} {short}",
        f"  again    groundspeed compare {parent} {short} --measure --bench {bench} --metric p99",
        "  took     20 builds, 388 processes, 1 min 13 s",
        "",
        "text.time_a('x')@p99: nothing changed here (with 96.0%)",
        "  took     20 builds, 388 processes, 1 min 13 s",
        "",
        "text.time_a('x')@p99: undecided: the budget (30 min) is spent",
        f"  likely   {short} 99.1%, {parent} 0.9%",
        "  took     20 builds, 388 processes, 1 min 13 s",
        "",
        f"range    {named(0).short} to {named(2).short}, 2 commits",
        "machine  box, virtualenv-py3.11",
        "took     1 min 28 s",
    ]


def ladder(tmp_path: Path, sizes: tuple[int, ...]) -> tuple[Row, ...]:
    """A benchmark that grew as its size, and grows as its square from the culprit on."""
    row = answer(tmp_path, FOUND).rows[0]
    rows = []
    for size in sizes:
        check = Check(
            ratio=(0.9 * size, size, 1.1 * size), base=1e-6 * size, head=1e-6 * size**2, processes=(7, 7)
        )
        culprit = dataclasses.replace(CULPRIT, check=check)
        asked = dataclasses.replace(row.asked, case=Case(benchmark="text.time_a", params=(str(size), "'x'")))
        rows.append(Row(asked=asked, found=dataclasses.replace(FOUND, culprit=culprit), recorded=False))
    return tuple(rows)


def test_a_ladder_tells_how_it_grows_before_and_after(tmp_path: Path) -> None:
    described = benchmark("text.time_a", kind="time", params=(("10", "20", "40"), ("'x'",)))
    described = dataclasses.replace(described, definition={"size": "p0"})
    rows = ladder(tmp_path, (10, 20, 40))
    (grown,) = exponents(rows, {"text.time_a": described})
    assert (grown.before.exponent, grown.after.exponent) == pytest.approx((1.0, 2.0))
    assert exponents(rows[:2], {"text.time_a": described}) == ()
    whole = dataclasses.replace(answer(tmp_path), rows=rows, grown=(grown,))
    line = f"growth   text.time_a('x'): n^1.00, from {CULPRIT.commit.short} on n^2.00, over 3 sizes"
    assert line in render(whole, Format.TEXT)
    assert json.loads(render(whole, Format.JSON))["growth"][0]["sizes"] == 3


def test_markdown_takes_no_text_for_its_own(tmp_path: Path) -> None:
    text = render(answer(tmp_path, FOUND, interrupted=True), Format.MARKDOWN)
    assert "Use a \\| list" in text
    assert text.startswith("**text.time_a('x')@p99: ")
    assert "- Interrupted. What was measured counts: the same command goes on from here." in text


def test_json_is_what_is_kept(tmp_path: Path) -> None:
    wire = json.loads(render(answer(tmp_path, FOUND), Format.JSON))
    assert (wire["schema"], wire["version"], wire["exit_code"]) == ("groundspeed-find", 1, 1)
    assert wire["command"] == "groundspeed find v1..main time_a --worse"
    assert parse_found(wire["rows"][0]) == FOUND


@pytest.mark.parametrize("found", [FOUND, FLAT, OPEN, NO_DATA])
def test_what_was_found_comes_back(found: Found) -> None:
    assert parse_found(json.loads(json.dumps(found_wire(found)))) == found


@pytest.mark.parametrize(
    ("change", "unbuildable", "metric", "expected"),
    [
        (Change.SLOWER, (), "", ("git show", "groundspeed gate --base")),
        (Change.BROKE, (), "", ("git show", "groundspeed gate --base")),
        (Change.FASTER, (), "", ("git show", "groundspeed compare")),
        (Change.SLOWER, (named(2),), "p99", ("git diff", "groundspeed compare")),
    ],
)
def test_commands_that_show_it_again(
    change: Change, unbuildable: tuple[Commit, ...], metric: str, expected: tuple[str, str]
) -> None:
    culprit = dataclasses.replace(CULPRIT, change=change, unbuildable=unbuildable)
    found = commands(culprit, Case(benchmark="a", params=()), metric)
    assert all(one.startswith(words) for one, words in zip(found, expected, strict=True))


# --- what is on record ---------------------------------------------------------------------------------

KEY = SeriesKey(machine="box", environment="e", case=Case(benchmark="a", params=()), metric="", version="1")


def archive(values: dict[int, float], better: Better = Better.LOWER) -> Archive:
    places = sorted(values)
    series = Series(
        key=KEY,
        unit="seconds",
        better=better,
        commits=np.arange(len(places), dtype=np.int32),
        values=np.array([values[at] for at in places]),
        low=np.full(len(places), np.nan),
        high=np.full(len(places), np.nan),
        failures={},
    )
    commits = tuple(MeasuredCommit(hash=commit(at).hash, date=commit(at).date) for at in places)
    return Archive(commits=commits, series=(series,), benchmarks={}, machines={}, files=1, warnings=())


def test_values_on_record_point_at_the_gap_in_which_the_level_changed() -> None:
    span = Field(commits=41, value=lambda _: 1.0).span
    level = {at: (1.0 if at < 25 else 1.3) + 0.001 * (at % 3) for at in range(0, 41, 5)}
    values = stored_values(archive({**level, 99: 7.0, 3: np.nan, 4: 0.0}), KEY, span)
    assert values == level
    weights = prior(values, 41, Direction.ANY)
    assert weights is not None
    assert weights.sum() == pytest.approx(1.0)
    assert weights[21:26].sum() > 0.7
    assert weights[1:].min() >= 0.25 / 40 - 1e-12  # and no commit is out of the question


def test_a_rate_that_falls_is_worse() -> None:
    span = Field(commits=11, value=lambda _: 1.0).span
    rates = {at: (100.0 if at < 5 else 50.0) + 0.1 * (at % 3) for at in range(11)}
    values = stored_values(archive(rates, Better.HIGHER), KEY, span)
    worse, better = (prior(values, 11, way) for way in (Direction.WORSE, Direction.BETTER))
    assert worse is not None
    assert better is not None
    assert worse[5] > 0.7 > better[5]


def test_two_values_suspect_nobody() -> None:
    assert prior({0: 1.0, 5: 2.0}, 8, Direction.ANY) is None
