"""Every judging command on histories whose truth is known, measured for real: they agree with it, and with
each other.

One history of five commits becomes 40 % slower at the third and recovers at the fifth. Another one of ten
becomes so at the sixth and stays so: of fewer than ten points no command says that there is a step.
Timed is the work done, in four processes that are 1 % apart, at a tolerance of 10 %: a host that tests
share makes half as much again of the processor's time.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.commands import groundspeed
from tests.inside import inside
from tests.projects import CONFIGURATION, PYPROJECT, commit_of
from tests.repositories import CommitSpec, make_repository

pytestmark = pytest.mark.slow

SUITE = """\
import sample


class Work:
    params = [1000, 4000, 16000, 64000]
    param_names = ["n"]
    size = "n"
    rounds = 4
    timer = staticmethod(sample.clock)

    def time_work(self, n):
        sample.work(n)


def time_steady():
    sample.rest(20_000)


time_steady.rounds = 4
time_steady.timer = sample.clock


def track_steps():
    return sample.steps(100)


track_steps.unit = "steps"
"""

OURS = """\
[tolerance]
default = "10 %"

[targets]
"work.track_steps" = "< 1200 steps"
"work.Work.time_work(64000)" = "< 10 s"
"""

FAST, SLOW = 10, 14  # what the work is multiplied by


@dataclass(frozen=True, kw_only=True, slots=True)
class Project:
    """A measured project and the hashes of its commits, the first one first."""

    root: Path
    commits: tuple[str, ...]

    def ask(self, *arguments: str, code: int = 0) -> Any:
        """What a command says, as JSON."""
        return inside(self.root, *arguments, "--format", "json", code=code).json()

    def compare(self, base: int, head: int, code: int) -> dict[str, Any]:
        """Rows by case of ``groundspeed compare``; commits by their number."""
        found = self.ask("compare", self.commits[base - 1], self.commits[head - 1], code=code)
        return rows_of(found)

    def check(self, name: str, head: int, code: int) -> dict[str, Any]:
        """Rows by case of ``groundspeed baseline check``."""
        return rows_of(self.ask("baseline", "check", name, self.commits[head - 1], "--stored", code=code))

    def sql(self, query: str) -> list[list[Any]]:
        """The rows of a query."""
        rows: list[list[Any]] = self.ask("sql", query)["rows"]
        return rows


def rows_of(found: Any) -> dict[str, Any]:
    return {f"{row['case']}{'@' if row['metric'] else ''}{row['metric']}": row for row in found["rows"]}


def verdicts(rows: dict[str, Any], part: str) -> set[str]:
    """What is said of the timed cases whose text holds ``part``."""
    return {row["verdict"] for name, row in rows.items() if part in name and not row["metric"]}


def made(root: Path, factors: tuple[int, ...], *wanted: str) -> Project:
    """A history with a commit for each factor, measured by one session."""
    first = {
        ".gitignore": "/.groundspeed/\n/results/\n/home/\n",
        "asv.conf.json": json.dumps(CONFIGURATION),
        "groundspeed.toml": OURS,
        "benchmarks/__init__.py": "",
        "benchmarks/work.py": SUITE,
        "pyproject.toml": PYPROJECT,
    }
    commits = [commit_of(number, factor) for number, factor in enumerate(factors, start=1)]
    commits[0] = CommitSpec(commits[0].message, {**first, **commits[0].files})
    hashes = make_repository(root, commits)
    groundspeed(root, "run", "HEAD", "--last", str(len(factors)), *wanted)
    return Project(root=root, commits=hashes)


# --- slower at the third, recovered at the fifth -------------------------------------------------------


@pytest.fixture(scope="module")
def passing(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return made(tmp_path_factory.mktemp("passing"), (FAST, FAST, SLOW, SLOW, FAST))


def test_compare_finds_the_slowdown_and_nothing_else(passing: Project) -> None:
    rows = passing.compare(2, 3, code=1)
    assert verdicts(rows, "time_work") <= {"slower", "inconclusive"}
    assert "slower" in verdicts(rows, "time_work")
    assert verdicts(rows, "time_steady") <= {"same", "inconclusive"}
    assert rows["work.track_steps"]["verdict"] == "slower"
    assert rows["work.track_steps"]["ratio"]["centre"] == pytest.approx(SLOW / FAST)
    for name, row in rows.items():
        if row["verdict"] == "slower":
            assert row["ratio"]["low"] > 1, name


def test_nothing_is_said_of_commits_that_do_the_same(passing: Project) -> None:
    for base, head in ((1, 2), (3, 4), (2, 5)):
        rows = passing.compare(base, head, code=0)
        assert verdicts(rows, "") <= {"same", "inconclusive"}, (base, head)
        assert rows["work.track_steps"]["verdict"] == "same"


def test_the_recovery_is_the_slowdown_turned_round(passing: Project) -> None:
    rows = passing.compare(4, 5, code=0)
    assert "faster" in verdicts(rows, "time_work")
    assert "slower" not in verdicts(rows, "")


def test_a_baseline_says_what_a_comparison_says(passing: Project) -> None:
    saved = passing.ask("baseline", "save", "second", passing.commits[1], "--stored")
    for head, code in ((3, 1), (5, 0)):
        checked, compared = passing.check("second", head, code), passing.compare(2, head, code)
        assert {name: row["verdict"] for name, row in checked.items()} == {
            name: row["verdict"] for name, row in compared.items()
        }
        assert checked["work.time_steady"]["ratio"] == compared["work.time_steady"]["ratio"]
    medians = dict(
        passing.sql(
            "SELECT case_name, median(sample) FROM samples "
            f"WHERE commit = '{passing.commits[1]}' AND metric = '' GROUP BY case_name"
        )
    )
    kept = {one["case"]: one["median"] for one in saved["measurements"] if not one["metric"]}
    assert kept == pytest.approx(medians)


def test_targets_hold_at_the_end_and_failed_between(passing: Project) -> None:
    steps, work = passing.ask("targets")["targets"]
    assert (steps["state"], steps["value"], steps["commit"]) == ("holds", 1000.0, passing.commits[4])
    assert work["state"] == "holds"
    steps, _ = passing.ask("targets", "--rev", passing.commits[3], code=1)["targets"]
    assert (steps["state"], steps["value"]) == ("fails", 1400.0)
    assert steps["since"]["commit"] == passing.commits[2]
    assert passing.sql(
        "SELECT value FROM measurements WHERE case_name = 'work.track_steps' ORDER BY date"
    ) == [[1000.0], [1000.0], [1400.0], [1400.0], [1000.0]]


def test_the_growth_is_linear_whatever_it_is_multiplied_by(passing: Project) -> None:
    for commit in (passing.commits[4], passing.commits[2]):
        (ladder,) = passing.ask("scaling", "--rev", commit)["ladders"]
        assert ladder["case"] == "work.Work.time_work"
        assert [one["size"] for one in ladder["measured"]] == [1000, 4000, 16000, 64000]
        assert 0.8 < ladder["growth"]["exponent"] < 1.2


def test_five_commits_measured_once_tell_no_step_and_no_noise(passing: Project) -> None:
    found = passing.ask("regressions")
    assert (found["open"], found["groups"]) == (0, [])
    assert "groundspeed run" in inside(passing.root, "noise", code=3).stdout


# --- slower at the sixth, and so ever since ----------------------------------------------------------


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Counted, not timed: ten commits in a few seconds."""
    return made(tmp_path_factory.mktemp("lasting"), (FAST,) * 5 + (SLOW,) * 5, "--bench", "track_steps")


def test_the_step_has_the_commits_that_the_truth_has(lasting: Project) -> None:
    found = lasting.ask("regressions", code=1)
    (group,) = found["groups"]
    assert (group["range"]["base"], group["range"]["head"]) == (lasting.commits[4], lasting.commits[5])
    assert lasting.ask("regressions", "--improvements")["groups"] == []


def test_compare_baseline_and_targets_agree_on_it(lasting: Project) -> None:
    assert lasting.compare(5, 6, code=1)["work.track_steps"]["verdict"] == "slower"
    assert lasting.compare(1, 5, code=0)["work.track_steps"]["verdict"] == "same"
    lasting.ask("baseline", "save", "fifth", lasting.commits[4], "--stored")
    assert lasting.check("fifth", 6, code=1)["work.track_steps"]["verdict"] == "slower"
    assert lasting.check("fifth", 1, code=0)["work.track_steps"]["verdict"] == "same"
    (steps,) = lasting.ask("targets", "track_steps", code=1)["targets"]
    assert (steps["state"], steps["since"]["commit"]) == ("fails", lasting.commits[5])


def test_what_is_acknowledged_is_no_longer_open(lasting: Project) -> None:
    (group,) = lasting.ask("regressions", code=1)["groups"]
    inside(lasting.root, "triage", "acknowledge", group["id"], "--note", "more is done")
    assert lasting.ask("regressions")["open"] == 0
    (kept,) = lasting.ask("regressions", "--all")["groups"]
    assert kept["state"] == "acknowledged"
    inside(lasting.root, "triage", "reopen", group["id"])
    assert lasting.ask("regressions", code=1)["open"] == 1
