"""groundspeed bottlenecks as a user calls it, on profiles and results that were written by hand."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from groundspeed.records import Case
from groundspeed.results.store import ResultStore
from tests.commands import groundspeed
from tests.growing import grow
from tests.profiled import stored
from tests.repositories import CommitSpec, make_repository
from tests.results_records import MACHINE, PY, T0, benchmark, build, measured, reading, run, session
from tests.schemas import faults

REPORT = files("groundspeed.report")
SCHEMA = json.loads((REPORT / "bottlenecks.schema.json").read_text(encoding="utf-8"))
OVERVIEW = json.loads((REPORT / "overview" / "report.schema.json").read_text(encoding="utf-8"))
BENCH = "asv_runner/time.py:run:5 > benchmarks/m.py:time_x:3"
WORK = f"{BENCH} > sample/work.py"
OURS = """\
[scaling.sizes]
"m.Grow.*" = "param1"
[bottlenecks]
top = 4
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    """Two commits. Of m.time_x a CPU profile of 1 s in two calls and a memory profile of the first one, and
    of both its waiting; a growth with n²; and an alloc_ that no profile explains.
    """
    root = tmp_path_factory.mktemp("bottlenecks")
    files = {"src/sample/work.py": "", "benchmarks/m.py": ""}
    base, head = make_repository(root, [CommitSpec("one", files), CommitSpec("two", {"more": "1"})])
    (root / "asv.conf.json").write_text('{"version": 1, "repo": ".", "branches": ["main"]}', "utf-8")
    (root / "groundspeed.toml").write_text(OURS, encoding="utf-8")
    grow(root, 1, "m.Grow.time_y", (10, 20, 40, 80), {head: lambda n: n**2 * 1e-6})
    _alloc(root, head)
    stored(
        root,
        base,
        "m.time_x",
        "cpu",
        {
            f"{WORK}:step:12 > copy.py:deepcopy:128": 0.5,
            f"{WORK}:step:14": 0.2,
            f"{WORK}:tidy:40": 0.01,
            "asv_runner/time.py:run:5": 0.29,
        },
        calls=2,
    )
    memory = {f"{WORK}:step:14": 8e6, f"{WORK}:tidy:40": 1.9e6, BENCH: 0.1e6}
    stored(root, base, "m.time_x", "memory", memory, "bytes", calls=2)
    stored(root, base, "m.time_x", "contention", {f"{WORK}:save:30": 9.0}, calls=10)
    stored(root, head, "m.time_x", "contention", {f"{WORK}:save:31": 0.25}, calls=10)
    return root, base, head


def _alloc(root: Path, commit: str) -> None:
    """m.time_x 1 ms; m.alloc_z 3 MB in 100 allocations, of which 1.5 MB at once."""
    store = ResultStore(root / "results", MACHINE)
    suite = [benchmark("m.time_x"), benchmark("m.alloc_z", kind="alloc", unit="bytes")]
    store.begin(session(2, suite, [PY], [commit]))
    store.add(build(commit))
    store.add(run(Case(benchmark="m.time_x", params=()), measured(1e-3), commit, at=T0))
    metrics = [
        reading("total_memray", 3e6, unit="bytes"),
        reading("count_memray", 100, unit="allocations"),
    ]
    case = Case(benchmark="m.alloc_z", params=())
    store.add(run(case, measured(1.5e6, number=None), commit, at=T0, metrics=metrics))
    store.close()


def asked(root: Path, *arguments: str, code: int = 0) -> str:
    return groundspeed(root, "bottlenecks", "--machine", "box", *arguments, code=code).stdout


def found(root: Path, *arguments: str) -> dict[str, Any]:
    return dict(json.loads(asked(root, "--format", "json", *arguments)))


def test_text_says_what_where_how_much_and_what_it_can_win(project: tuple[Path, str, str]) -> None:
    """Growth: 8 times the size takes 64 times as long, 8 times what a linear growth took: 7/8 can be won.
    CPU: 0.7 of 1 s in two calls. Memory: 8 of 10 MB, in two calls. All are high; growth comes first.
    """
    root, base, head = project
    text = asked(root)
    golden = (Path(__file__).parent / "fixtures" / "bottlenecks.txt").read_text(encoding="utf-8")
    assert text == golden.format(base=base[:8], head=head[:8])
    assert max(map(len, text.splitlines())) <= 100


def test_json_has_every_figure(project: tuple[Path, str, str]) -> None:
    root, base, head = project
    answer = found(root, "--top", "1")
    assert faults(answer, SCHEMA) == []
    assert (answer["schema"], answer["version"], answer["commit"]) == ("groundspeed-bottlenecks", 1, head)
    growth, cpu, blocked = answer["bottlenecks"]  # all of them, whatever --top is
    (memory,) = cpu["further"]  # the same function
    assert (growth["cause"], growth["function"]) == ("growth", None)
    assert growth["can_win"] == pytest.approx(7 / 8)
    assert growth["times_as_fast"] == pytest.approx(8)
    assert cpu["times_as_fast"] == pytest.approx(1 / 0.3)
    assert cpu["cases"][0] == {
        "case": "m.time_x",
        "commit": base,
        "value": pytest.approx(0.35),
        "unit": "s",
        "share": pytest.approx(0.7),
        "through": "deepcopy (copy.py)",
    }
    assert (cpu["function"], cpu["file"], cpu["line"]) == ("step", "src/sample/work.py", 12)
    assert (blocked["function"], blocked["line"], blocked["can_win"]) == ("save", 31, 1.0)
    assert (memory["can_win"], memory["times_as_fast"]) == (pytest.approx(0.8), None)
    assert [one["value"] for one in answer["unplaced"]] == [3e6]
    assert {one["kind"]: len(one["cases"]) for one in answer["unprofiled"]} == {
        "cpu": 5,  # four sizes and alloc_z
        "memory": 5,
        "contention": 5,
    }


def test_the_report_of_the_machine_ranks_them_alike(project: tuple[Path, str, str]) -> None:
    report = groundspeed(project[0], "report", "--machine", "box", "--format", "json").json()
    assert report["costliest"] == found(project[0])["bottlenecks"]
    assert faults(report, OVERVIEW) == []


def test_an_earlier_commit_knows_nothing_of_what_came_later(project: tuple[Path, str, str]) -> None:
    root, base, _ = project
    answer = found(root, "--rev", base[:8])
    assert [(one["cause"], one["line"]) for one in answer["bottlenecks"]] == [
        ("CPU time", 12),
        ("blocked", 30),
    ]
    assert [one["line"] for one in answer["bottlenecks"][0]["further"]] == [14]
    assert answer["unplaced"] == []


def test_a_pattern_asks_for_a_part(project: tuple[Path, str, str]) -> None:
    answer = found(project[0], "^m.Grow")
    assert ([one["cause"] for one in answer["bottlenecks"]], answer["profiles"]) == (["growth"], [])


def test_markdown_and_a_page_hold_the_same(project: tuple[Path, str, str]) -> None:
    root = project[0]
    text = asked(root, "--format", "markdown")
    assert (
        "| high | step · src/sample/work.py:12 | 350 ms of CPU time a call, mostly in deepcopy (copy.py)"
        in text
    )
    assert asked(root, "-o", "b.html") == "Wrote b.html.\n"
    page = (root / "b.html").read_text(encoding="utf-8")
    assert "<h2>What costs most</h2>" in page
    assert "src/sample/work.py:12" in page.replace("<wbr>", "")
    assert "<script" not in page


def test_the_report_of_the_machine_begins_its_bottlenecks_with_the_same(
    project: tuple[Path, str, str],
) -> None:
    text = groundspeed(project[0], "report", "--machine", "box", "--format", "markdown").stdout
    block = text.split("## Bottlenecks\n")[1].split("\n## ")[0]
    worst, profiled = block.split("\n### ")[1:]
    assert worst.startswith("What costs most, by the thresholds of groundspeed.toml")
    assert [line.split(" | ")[1] for line in worst.splitlines() if line.startswith("| high")] == [
        "no CPU profile · groundspeed profile m.Grow.time_y --kind cpu",
        "step · src/sample/work.py:12",
        "save · src/sample/work.py:31",
    ]
    assert "| m.time_x | save · sample/work.py:31 | 100 % | 100 % | contention, 250 ms ·" in profiled


def test_a_file_that_is_no_profile_is_named_and_the_rest_goes_on(project: tuple[Path, str, str]) -> None:
    root, base, _ = project
    broken = root / "results" / "box" / "profiles" / base[:8] / "m.alloc_z.memory.gz"
    broken.write_bytes(b"none")
    try:
        done = groundspeed(root, "bottlenecks", "--machine", "box", "--format", "json")
    finally:
        broken.unlink()
    assert f"{broken} is no profile" in done.stderr
    assert len(json.loads(done.stdout)["bottlenecks"]) == 3


def test_without_any_evidence_there_is_no_answer(tmp_path: Path) -> None:
    (head,) = make_repository(tmp_path, [CommitSpec("one", {"a.py": ""})])
    (tmp_path / "asv.conf.json").write_text('{"version": 1, "repo": "."}', encoding="utf-8")
    said = groundspeed(tmp_path, "bottlenecks", code=3).stderr
    assert "Measure something first" in said
    store = ResultStore(tmp_path / "results", MACHINE)
    store.begin(session(1, [benchmark("m.time_x")], [PY], [head]))
    store.add(build(head))
    store.add(run(Case(benchmark="m.time_x", params=()), measured(1e-3), head, at=T0))
    store.close()
    text = asked(tmp_path, code=3)
    assert "Nothing known lies above the thresholds.\n0 profiles and 0 growths were judged." in text
    assert "No cpu profile of m.time_x: groundspeed profile m.time_x --kind cpu" in text


def test_results_of_another_branch_are_judged_by_themselves(tmp_path: Path) -> None:
    """main was never measured: what the results know is the history then, as everywhere else."""
    _, side = make_repository(
        tmp_path, [CommitSpec("one", {"a.py": ""}), CommitSpec("two", {"a.py": "1"}, branch="side")]
    )
    (tmp_path / "asv.conf.json").write_text('{"version": 1, "repo": ".", "branches": ["main"]}', "utf-8")
    _alloc(tmp_path, side)
    stored(tmp_path, side, "m.time_x", "cpu", {"a.py:f:1": 1.0})
    answer = found(tmp_path)
    assert (answer["commit"], [one["function"] for one in answer["bottlenecks"]]) == (side, ["f"])
    assert groundspeed(tmp_path, "report", "--format", "json").json()["commit"]["hash"] == side


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("(",), "no regular expression"),
        (("--top", "0"), "--top"),
        (("--rev", "nowhere"), "nowhere"),
        (("-o", "x.pdf"), "end its name in"),
        (("--format", "html"), "a page goes into a file"),
        (("--machine", "other"), "no results of a machine other"),
    ],
)
def test_wrong_use(project: tuple[Path, str, str], arguments: tuple[str, ...], said: str) -> None:
    machine = () if "--machine" in arguments else ("--machine", "box")
    code = 3 if "other" in arguments else 2
    assert said in groundspeed(project[0], "bottlenecks", *machine, *arguments, code=code).stderr
