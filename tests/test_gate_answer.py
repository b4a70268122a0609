"""What the gate's answer says: exit codes, what is gone, text, Markdown, JUnit and JSON of one value."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from groundspeed.config.renames import StatedRenames
from groundspeed.errors import HistoryError
from groundspeed.gate.answer import Answer, Effort, Need, Outcome, Question, Row
from groundspeed.gate.vanished import Rules, Seen, Vanished, vanished
from groundspeed.history import History
from groundspeed.history.export import export_folder
from groundspeed.measure.plan import Selection
from groundspeed.records import Case, Failed, FailureKind, SeriesKey, Verdict
from groundspeed.report.gate import reason, render, summary
from groundspeed.report.junit import JunitCase, Suite, render_suite
from groundspeed.report.table import GateFormat
from groundspeed.stats.comparison import MOST_PROCESSES, Component, Difference
from groundspeed.stats.ratio import Interval
from groundspeed.verdicts.judgement import Chances, Enough, Evidence, Ground, Judgement
from tests.measuring import commit
from tests.repositories import CommitSpec, make_repository

GREEN = (Outcome.SAME, Outcome.FASTER, Outcome.NOT_SLOWER, Outcome.NOT_CONFIRMED)


def judgement(ratio: float, *, half: float = 0.02, tolerance: float = 0.05) -> Judgement:
    around = Interval(centre=ratio, low=ratio - half, high=ratio + half)
    process = Component(variance=1e-4, df=20.0)
    return Judgement(
        base=0.001,
        head=0.001 * ratio,
        effect=Interval(
            centre=0.001 * (ratio - 1), low=0.001 * (ratio - 1 - half), high=0.001 * (ratio - 1 + half)
        ),
        ratio=around,
        worse=around,
        tolerance=tolerance,
        verdict=Verdict.SLOWER if ratio > 1.1 else Verdict.SAME,
        chances=Chances(slower=0.5, faster=0.5),
        evidence=Evidence(
            ground=Ground.SAME_SESSIONS, base_processes=8, head_processes=8, sessions=1, caveats=()
        ),
        further=Enough(),
        difference=Difference(centre=math.log(ratio), processes=process, sessions=process),
        process=process,
    )


def row(name: str, outcome: Outcome, ratio: float | None = 1.0, **changes: object) -> Row:
    made = Row(
        key=SeriesKey(
            machine="box",
            environment="virtualenv-py3.11",
            case=Case(benchmark=name, params=()),
            metric="",
            version="1",
        ),
        unit="seconds",
        outcome=outcome,
        judgement=None if ratio is None else judgement(ratio),
        suspicion=None,
        processes=(8, 8),
        need=Need(processes=0, seconds=0.0),
        why=None,
        returns_else=False,
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # fields by name


def answer(*rows: Row, gone: tuple[Vanished, ...] = (), **changes: object) -> Answer:
    made = Answer(
        question=Question(
            base="main", head="HEAD", worktree=False, pattern=None, tolerance=None, budget_s=600.0
        ),
        machine="box",
        base=commit(1),
        head=replace(commit(2), subject="quicker | *really* <b>"),
        rows=rows,
        vanished=gone,
        import_errors={},
        same_content=False,
        effort=Effort(
            sessions=("20260101T000000Z-00000000", "20260102T000000Z-00000000"),
            processes=64,
            recorded=0,
            duration_s=42.0,
            out_of_time=False,
            interrupted=False,
        ),
        page="",
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # fields by name


FAILED = Failed(kind=FailureKind.RAISED, text="Traceback\nZeroDivisionError: division by zero")
SLOWER = row("m.Query.time_cold", Outcome.SLOWER, 1.25)
BROKEN = row("m.time_broken", Outcome.BROKEN, None, why=FAILED)
UNDECIDED = row(
    "m.time_noisy",
    Outcome.INCONCLUSIVE,
    1.03,
    need=Need(processes=31, seconds=6.2),
    processes=(42, 42),
)
NOT_CONFIRMED = row("m.time_odd", Outcome.NOT_CONFIRMED, 1.0, suspicion=judgement(1.2))
SAME = row("m.time_same", Outcome.SAME, 1.001)
FASTER = row("m.time_faster", Outcome.FASTER, 0.8)
GONE = Vanished(benchmark="m.time_gone", seen=Seen.SUITE, why="")

# rows, what is gone, changes; the exit code
CODES: dict[str, tuple[Answer, int]] = {
    "all pass": (answer(SAME, FASTER, NOT_CONFIRMED), 0),
    "slower": (answer(SAME, SLOWER, UNDECIDED), 1),
    "broken": (answer(SAME, BROKEN), 1),
    "slower, and something is gone": (answer(SAME, SLOWER, gone=(GONE,)), 1),
    "something is gone": (answer(SAME, gone=(GONE,)), 3),
    "something is gone, something undecided": (answer(SAME, UNDECIDED, gone=(GONE,)), 3),
    "undecided": (answer(SAME, UNDECIDED), 4),
    "nothing ran": (answer(), 3),
    "everything broke: nothing was compared": (answer(BROKEN), 3),
    "everything fails": (answer(row("m.a", Outcome.FAILING, None)), 3),
    "everything is new": (answer(row("m.a", Outcome.NEW, None)), 3),
    "everything is skipped": (answer(row("m.a", Outcome.SKIPPED, None)), 3),
    "something is new": (answer(SAME, row("m.a", Outcome.NEW, None)), 0),
    "the same content": (answer(row("m.a", Outcome.SAME, None), same_content=True), 0),
    "interrupted": (
        answer(SLOWER, effort=replace(answer().effort, interrupted=True)),
        130,
    ),
}


@pytest.mark.parametrize("name", CODES)
def test_exit_codes(name: str) -> None:
    found, code = CODES[name]
    assert found.exit_code == code
    for kind in GateFormat:
        assert render(found, kind)
    assert json.loads(render(found, GateFormat.JSON))["exit_code"] == code
    assert summary(found).startswith("Nothing is slower") is (code == 0)


def test_one_process_is_one() -> None:
    alone = replace(UNDECIDED, processes=(1, 3))
    assert reason(alone) == "1 process an end; about 31 more would decide (6 s)"


TEXT = """\
1 is slower, 1 broke, 1 undecided; 3 of 6 pass at 5 % tolerance; 1 benchmark is gone that base has.

               change  interval          effect  case
broken                                           m.time_broken
slower         ×1.250  1.230 to 1.270   +250 µs  m.Query.time_cold
inconclusive   ×1.030  1.010 to 1.050  +30.0 µs  m.time_noisy
not confirmed  ×1.000  0.980 to 1.020       0 s  m.time_odd

m.time_broken: gives nothing at head, and did at base (raised: ZeroDivisionError: division by zero)
m.time_noisy: 42 processes an end; about 31 more would decide (6 s)
m.time_odd: passes: ×1.200 with the first session, not so in a fresh one

Gone: m.time_gone, in base's own suite
Renamed? Say so under [renamed] in groundspeed.toml. Removed on purpose? [gate] removed = ["…"]

Pass: 1 same, 1 not confirmed, 1 faster

base     00000000 number 1
head     00000000 quicker | *really* <b>
machine  box
took     42 s: 64 processes in 2 sessions"""
EVERYTHING = answer(SAME, FASTER, UNDECIDED, BROKEN, SLOWER, NOT_CONFIRMED, gone=(GONE,))


def test_text() -> None:
    found = render(EVERYTHING, GateFormat.TEXT)
    assert found == TEXT
    assert max(map(len, found.splitlines())) <= 100


MARKDOWN = """\
**groundspeed: 1 is slower, 1 broke, 1 undecided; 3 of 6 pass at 5 % tolerance; \
1 benchmark is gone that base has.**

|  | change | interval | effect | case |
| --- | ---: | --- | ---: | --- |
| broken |  |  |  | m.time_broken |
| slower | ×1.250 | 1.230 to 1.270 | +250 µs | m.Query.time_cold |
| inconclusive | ×1.030 | 1.010 to 1.050 | +30.0 µs | m.time_noisy |
| not confirmed | ×1.000 | 0.980 to 1.020 | 0 s | m.time_odd |

- m.time\\_broken: gives nothing at head, and did at base (raised: ZeroDivisionError: division by zero)
- m.time\\_noisy: 42 processes an end; about 31 more would decide (6 s)
- m.time\\_odd: passes: ×1.200 with the first session, not so in a fresh one

- Gone: m.time\\_gone, in base's own suite
- Renamed? Say so under \\[renamed\\] in groundspeed.toml. Removed on purpose? \\[gate\\] removed = \\["…"\\]

To see it again:

```sh
groundspeed gate --base 00000000 --head 00000000 --bench '^m\\.time_broken$'
groundspeed gate --base 00000000 --head 00000000 --bench '^m\\.Query\\.time_cold$'
groundspeed gate --base 00000000 --head 00000000 --bench '^m\\.time_noisy$'
groundspeed gate --base 00000000 --head 00000000 --bench '^m\\.time_odd$'
```

<details><summary>2 pass</summary>

|  | change | interval | effect | case |
| --- | ---: | --- | ---: | --- |
| same | ×1.001 | 0.981 to 1.021 | +1.00 µs | m.time_same |
| faster | ×0.800 | 0.780 to 0.820 | -200 µs | m.time_faster |

</details>

00000000 → 00000000 on box, 64 processes in 2 sessions · [the page](https://example.org/bench/)

```sh
groundspeed gate --base main
```"""


def test_markdown() -> None:
    found = render(replace(EVERYTHING, page="https://example.org/bench/"), GateFormat.MARKDOWN)
    assert found == MARKDOWN


def test_a_comment_fits_however_many_cases_there_are() -> None:
    rows = [row(f"module.Class.time_{'long' * 10}_{n}", Outcome.SAME) for n in range(2000)]
    rows += [row(f"module.Class.time_{'long' * 10}_{n}", Outcome.SLOWER, 1.2) for n in range(2000, 2400)]
    assert len(render(answer(*rows), GateFormat.MARKDOWN)) < 65_536


def test_hostile_names_break_nothing() -> None:
    """A parameter's repr may hold anything: fences, pipes, tags, control characters."""
    case = Case(benchmark="m.time_x", params=("'```\\n|<script>\\x1b[31m'", "'\x00\x1b'"))
    bad = replace(SLOWER, key=replace(SLOWER.key, case=case))
    found = answer(bad, SAME)
    markdown = render(found, GateFormat.MARKDOWN)
    assert "````sh" in markdown
    assert "<script>" not in markdown.split("````sh")[0]
    for kind in (GateFormat.TEXT, GateFormat.MARKDOWN):
        assert "\x1b" not in render(found, kind)
    assert "\x1b" not in json.loads(render(found, GateFormat.JSON))["summary"]
    ET.fromstring(render(found, GateFormat.JUNIT))


# --- JUnit -----------------------------------------------------------------------------------------


def test_junit_is_what_integrations_read() -> None:
    """The structure of Jenkins' xunit schema (testsuites > testsuite > properties, testcase > one of
    skipped, error, failure), whose attributes GitLab and GitHub's actions read as well.
    """
    root = ET.fromstring(render(EVERYTHING, GateFormat.JUNIT))
    assert root.tag == "testsuites"
    (one,) = root
    assert (one.tag, one.get("name")) == ("testsuite", "groundspeed gate")
    assert [child.tag for child in one] == ["properties"] + ["testcase"] * 7
    counted = {name: int(one.get(name, "")) for name in ("tests", "failures", "errors", "skipped")}
    assert counted == {"tests": 7, "failures": 1, "errors": 2, "skipped": 1}
    assert {name: int(root.get(name, "")) for name in counted} == counted
    for case in one.iter("testcase"):
        assert case.get("classname")
        assert case.get("name")
        assert float(case.get("time", "")) >= 0
        ends = [child.tag for child in case]
        assert ends in ([], ["failure"], ["error"], ["skipped"])
        assert all(child.get("message") for child in case)
    by_name = {case.get("name"): [child.tag for child in case] for case in one.iter("testcase")}
    assert by_name == {
        "time_same [virtualenv-py3.11]": [],
        "time_faster [virtualenv-py3.11]": [],
        "time_noisy [virtualenv-py3.11]": ["skipped"],
        "time_broken [virtualenv-py3.11]": ["error"],
        "time_cold [virtualenv-py3.11]": ["failure"],
        "time_odd [virtualenv-py3.11]": [],
        "m.time_gone": ["error"],
    }
    (failure,) = one.iter("failure")
    assert failure.get("message") == "slower ×1.250 (1.230 to 1.270) +250 µs"


def test_junit_without_an_answer_is_an_error() -> None:
    root = ET.fromstring(render(answer(), GateFormat.JUNIT))
    assert [one.get("message") for one in root.iter("error")] == ["nothing ran"]


def test_what_xml_does_not_allow_is_replaced() -> None:
    case = JunitCase(classname="a", name="\x00\x1b\ufffe \U0001f600 é", seconds=0.0)
    text = render_suite(Suite(name="s", cases=(case,), properties={}, seconds=0.0))
    assert ET.fromstring(text)[0][1].get("name") == "��� \U0001f600 é"


# --- JSON ------------------------------------------------------------------------------------------


def test_json_is_strict_and_has_everything() -> None:
    wild = replace(judgement(1.0), effect=Interval(centre=math.nan, low=-math.inf, high=math.inf))
    found = json.loads(render(answer(replace(SAME, judgement=wild), UNDECIDED), GateFormat.JSON))
    assert (found["schema"], found["version"]) == ("groundspeed-gate", 1)
    assert found["rows"][0]["judgement"]["effect"] == [None, None, None]
    assert found["rows"][1]["processes_needed"] == 31
    asked_again = "groundspeed gate --base 00000000 --head 00000000 --bench '^m\\.time_noisy$'"
    assert found["rows"][1]["command"] == asked_again
    far = replace(UNDECIDED, need=Need(processes=MOST_PROCESSES + 1, seconds=1.0))
    assert "more than 1,000 more would decide" in render(answer(far, SAME), GateFormat.TEXT)


def test_the_command_asks_the_same_again() -> None:
    question = Question(
        base="v1 x", head="abc", worktree=False, pattern="time_.*", tolerance=0.03, budget_s=60.0
    )
    assert question.command() == "groundspeed gate --base 'v1 x' --head abc --tolerance 3% --bench 'time_.*'"
    tree = replace(question, head="HEAD", worktree=True, tolerance=None)
    assert tree.command("m.time_x('a')") == (
        "groundspeed gate --base 'v1 x' --worktree --bench '^m\\.time_x\\('\"'\"'a'\"'\"'\\)$'"
    )


# --- what is gone ----------------------------------------------------------------------------------


def case(name: str) -> Case:
    return Case(benchmark=name, params=())


def rules(pattern: str | None = None, removed: tuple[str, ...] = (), **renames: str) -> Rules:
    selection = Selection(
        pattern=pattern,
        nightly=("*.time_night",),
        with_nightly=False,
        quick=False,
        retry=False,
        again=False,
        carry=True,
    )
    names = {old.replace("__", "."): new for old, new in renames.items()}
    return Rules(selection=selection, renames=StatedRenames(names=names, defaults={}), removed=removed)


# base's own suite, its results, head's suite, rules; what is gone
LOSSES: dict[str, tuple[str, str, str, Rules, str]] = {
    "nothing": ("m.a m.b", "m.a", "m.a m.b m.c", rules(), ""),
    "in the suite": ("m.a m.b", "", "m.a", rules(), "m.b"),
    "in the results": ("", "m.a m.b", "m.a", rules(), "m.b"),
    "not selected": ("m.a m.b", "m.b", "m.a", rules("m.a"), ""),
    "left to the night": ("m.time_night", "", "m.a", rules(), ""),
    "renamed": ("m.old", "m.old", "m.new", rules(m__old="m.new"), ""),
    "renamed to what is not there": ("m.old", "", "m.a", rules(m__old="m.new"), "m.new"),
    "removed on purpose": ("m.a m.b", "m.b", "m.a", rules(removed=("m.b*",)), ""),
}


@pytest.mark.parametrize("name", LOSSES)
def test_what_is_gone(name: str) -> None:
    own, stored, head, found_by, expected = LOSSES[name]
    found = vanished(map(case, own.split()), map(case, stored.split()), head.split(), found_by, {})
    assert [one.benchmark for one in found] == expected.split()


def test_what_an_import_error_took_along_says_so() -> None:
    errors: Mapping[str, str] = {"benchmarks.m": "Traceback\nImportError: no x"}
    (found,) = vanished([case("m.a")], [], [], rules(), errors)
    assert found.seen is Seen.SUITE
    lost = answer(SAME, gone=(found,), import_errors=errors)
    assert "its module cannot be imported: ImportError: no x" in render(lost, GateFormat.TEXT)


def test_the_suite_of_base_is_its_own_files(tmp_path: Path) -> None:
    files: dict[str, str | bytes | None] = {"bench/a.py": "x = 1\n", "bench/in/b.py": "", "other.py": ""}
    root = tmp_path / "repository"
    first, second = make_repository(root, [CommitSpec("one", files), CommitSpec("two", {"bench/a.py": None})])
    history = History.open(root)
    folder = export_folder(history, first, "bench", tmp_path / "out")
    assert sorted(path.name for path in folder.rglob("*.py")) == ["a.py", "b.py"]
    assert not (tmp_path / "out" / "other.py").exists()
    assert [one.name for one in export_folder(history, second, "bench", tmp_path / "new").rglob("*.py")] == [
        "b.py"
    ]
    for path in ("nothing", "-x"):
        with pytest.raises(HistoryError, match="cannot be read"):
            export_folder(history, first, path, tmp_path / "out")
