"""A night's course: what one stage costs the others, how it ends, and what is left of it. Stages are made up
here where the course is asked about; what is asked about them is asked of the real ones.
"""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from unittest import mock

import pytest

from groundspeed.config import load
from groundspeed.errors import GroundspeedError, HostMismatchError, LockedError, NothingMeasuredError
from groundspeed.machine.choice import MachineChoice, Reason
from groundspeed.machine.fitness.finding import fine, unfit
from groundspeed.measure.host import Host
from groundspeed.measure.lock import measuring_lock
from groundspeed.measure.session import Request
from groundspeed.nightly import bringing, context, explaining, measuring, night
from groundspeed.nightly.context import Asked, Night, Said, Work, World, failed, left_out
from groundspeed.nightly.night import KEPT, spend_night, summaries_folder
from groundspeed.nightly.notifying.net import Net
from groundspeed.nightly.outside import Outside
from groundspeed.nightly.rendering import render
from groundspeed.nightly.summary import Ending, Stage, Summary
from groundspeed.records import Finding, Severity
from groundspeed.report.table import Format
from groundspeed.results import attempts
from groundspeed.results.lock import file_lock
from groundspeed.verdicts.complaints import examined
from groundspeed.verdicts.groups import Range
from tests.commands import groundspeed
from tests.gating import Quiet
from tests.measuring import START, FakeClock
from tests.projects import make_project
from tests.repositories import CommitSpec, add_commits, git, make_repository
from tests.results_records import fingerprint
from tests.test_exchange import measure, values

BUDGET_S = 1000.0


class Heard(Quiet):
    """Keeps what stays."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def note(self, text: str) -> None:
        self.notes.append(text)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project that never was measured."""
    configuration = {"version": 1, "project": "sample", "repo": "."}
    files = {"asv.conf.json": json.dumps(configuration), ".gitignore": "/.groundspeed/\n"}
    make_repository(tmp_path / "project", [CommitSpec("first", files)])
    return tmp_path / "project"


def world(clock: FakeClock | None = None, findings: Iterator[tuple[Finding, ...]] | None = None) -> World:
    """One whose time passes where somebody waits, and then only; the host is fit unless said."""
    clock = clock or FakeClock()

    def pause(seconds: float) -> None:
        clock.seconds += seconds

    return World(
        variables={},
        screen=Heard(),
        clock=clock,
        outside=Outside(now=clock.now, pause=pause, tries=1),
        net=Net(),
        findings=lambda _: next(findings) if findings is not None else (),
    )


@contextmanager
def course(*stages: tuple[Stage, Work]) -> Iterator[None]:
    with mock.patch.object(night, "COURSE", stages):
        yield


def done(text: str) -> Work:
    return lambda _: Said(said=text)


def raises(error: BaseException) -> Work:
    def work(_: Night) -> Said:
        raise error

    return work


def spend(root: Path, *stages: tuple[Stage, Work], at: World | None = None) -> Summary:
    with course(*stages):
        return spend_night(root, Asked(budget_s=BUDGET_S), at or world())


def endings(summary: Summary) -> list[tuple[Stage, Ending, str]]:
    return [(one.stage, one.ending, one.said) for one in summary.reports]


def attempt(root: Path) -> attempts.Attempt:
    found = attempts.read_attempts(load(root).workspace)
    (one,) = [each for each in found if each.stage is attempts.Stage.NIGHTLY]
    return one


# --- the course -------------------------------------------------------------------------------------


def test_a_stage_that_fails_costs_the_others_nothing(root: Path) -> None:
    summary = spend(
        root,
        (Stage.FETCH, raises(GroundspeedError("the network\nis gone."))),
        (Stage.NEWEST, done("2 cases measured")),
        (Stage.FIND, raises(ZeroDivisionError("nobody thought of it"))),
        (Stage.PUBLISH, done("7 series")),
        (Stage.NOTIFY, lambda _: left_out("nobody is to be told")),
    )
    assert endings(summary) == [
        (Stage.FETCH, Ending.FAILED, "the network is gone."),
        (Stage.NEWEST, Ending.DONE, "2 cases measured"),
        (
            Stage.FIND,
            Ending.FAILED,
            "a fault of groundspeed's own: ZeroDivisionError('nobody thought of it')",
        ),
        (Stage.PUBLISH, Ending.DONE, "7 series"),
        (Stage.NOTIFY, Ending.LEFT_OUT, "nobody is to be told"),
    ]
    assert "in work" in "\n".join(summary.reports[2].lines)  # the traceback
    assert summary.exit_code == 1
    assert attempt(root).failure.startswith("fetch commits: the network is gone.; find culprits: a fault")
    (kept,) = summaries_folder(load(root)).glob("*.md")
    assert attempt(root).failure.endswith(f"(more in {kept.relative_to(root)})")


def test_what_failed_twice_for_one_reason_says_it_once(root: Path) -> None:
    """Neither the summary repeats it, nor the night what `health` complains of already."""
    refuse_pushes(root)
    summary = spend(root, (Stage.BRING, bringing.exchange), (Stage.SEND, bringing.exchange))
    assert [one.ending for one in summary.reports] == [Ending.FAILED, Ending.FAILED]
    assert "remote: no results here" in summary.reports[0].said
    assert summary.reports[1].said == "as bring results"
    exchange, whole = faults(root, hours=0)
    assert "remote: no results here" in exchange
    assert ": bring results; send results: as bring results (more in" in whole


def refuse_pushes(root: Path) -> None:
    bare = root.parent / "bare.git"
    make_repository(bare, [], bare=True)
    hook = bare / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho 'no results here' >&2\nexit 1\n")
    hook.chmod(0o755)
    git(root, "remote", "add", "origin", str(bare))
    (root / "groundspeed.toml").write_text('[nightly]\nresults_branch = "r"\n')
    measure(root, 1, 1.0)


def test_a_fine_night_leaves_no_complaint(root: Path) -> None:
    summary = spend(root, (Stage.NEWEST, done("2 cases")), (Stage.FIND, lambda _: left_out("none")))
    assert summary.exit_code == 0
    assert attempt(root).failure == ""
    assert attempt(root).ended_at == START


def test_health_complains_of_a_night_that_failed_and_of_one_that_was_killed(root: Path) -> None:
    spend(root, (Stage.PUBLISH, lambda _: failed("the disk is full")))
    (said,) = faults(root, hours=0)
    assert "publish: the disk is full" in said
    with pytest.raises(SystemExit):  # as good as a kill: nobody could write its end
        spend(root, (Stage.PUBLISH, raises(SystemExit())))
    assert faults(root, hours=23) == []  # it may still be measuring
    (said,) = faults(root, hours=25)
    assert "never ended" in said


def test_what_failed_is_on_record_before_the_night_ends(root: Path) -> None:
    """The page is published by a stage: it would know of no night that failed, for the next one has begun."""
    summary = spend(
        root,
        (Stage.FETCH, raises(GroundspeedError("no network"))),
        (Stage.PUBLISH, lambda _: Said(said="; ".join(faults(root, hours=0)))),
    )
    assert summary.reports[1].said.endswith("failed at 2026-01-01 00:00 UTC: fetch commits: no network")


def test_a_disk_that_is_full_from_the_start_leaves_the_night_to_be_spent(root: Path) -> None:
    (root / ".groundspeed").mkdir()
    (root / ".groundspeed" / "attempts").write_text("a file where the folder should be")
    assert spend(root, (Stage.NOTIFY, done("told"))).exit_code == 0


def faults(root: Path, *, hours: int) -> list[str]:
    return [one.text for one in examined(load(root), (), START + timedelta(hours=hours)).faults]


def test_ctrl_c_ends_the_night_and_the_summary_says_so(root: Path) -> None:
    summary = spend(
        root,
        (Stage.NEWEST, raises(KeyboardInterrupt())),
        (Stage.PUBLISH, done("never")),
    )
    assert summary.interrupted
    assert [one.ending for one in summary.reports] == [Ending.LEFT_OUT, Ending.LEFT_OUT]
    assert summary.exit_code == 130
    assert "it was interrupted" in attempt(root).failure


def test_one_night_at_a_time(root: Path) -> None:
    with file_lock(load(root).workspace / "locks" / "nightly"), pytest.raises(LockedError, match="nightly"):
        spend(root, (Stage.NEWEST, done("never")))
    assert attempts.read_attempts(load(root).workspace) == ()  # the other one's record counts


def test_new_configuration_counts_for_the_stages_after(root: Path) -> None:
    def change(spent: Night) -> Said:
        (root / "groundspeed.toml").write_text('[nightly]\nbudget = "1h"\n')
        spent.configuration = load(root)
        return Said(said="")

    def look(spent: Night) -> Said:
        return Said(said=f"{spent.configuration.project.nightly.budget_s:g}")

    summary = spend(root, (Stage.FETCH, change), (Stage.NEWEST, look))
    assert summary.reports[1].said == "3600"
    assert summary.budget_s == BUDGET_S  # what was asked for at the start holds


# --- what is kept -----------------------------------------------------------------------------------


def test_the_summary_is_kept_as_json_and_markdown_for_a_month(root: Path) -> None:
    clock = FakeClock()
    for day in range(KEPT + 3):
        clock.seconds = day * 86400.0
        spend(root, (Stage.NEWEST, done(f"day | {day}")), at=world(clock))
    folder = summaries_folder(load(root))
    kept = sorted(path.name for path in folder.iterdir())
    assert len(kept) == 2 * KEPT
    wire = json.loads((folder / kept[-2]).read_text())
    assert (wire["schema"], wire["version"], wire["project"]) == ("groundspeed-night", 1, "sample")
    assert wire["stages"] == [
        {
            "stage": "measure the newest",
            "ending": "done",
            "said": f"day | {KEPT + 2}",
            "lines": [],
            "duration_s": 0.0,
        }
    ]
    assert f"day \\| {KEPT + 2}" in (folder / kept[-1]).read_text()


def test_a_summary_that_cannot_be_kept_is_printed_all_the_same(root: Path) -> None:
    at = world()
    (root / ".groundspeed").mkdir()
    (root / ".groundspeed" / "nightly").write_text("a file where the folder should be")
    summary = spend(root, (Stage.NEWEST, done("2 cases")), at=at)
    assert summary.exit_code == 0
    assert isinstance(at.screen, Heard)
    assert any(note.startswith("the summary cannot be kept") for note in at.screen.notes)


def test_text_and_markdown_say_every_stage(root: Path) -> None:
    summary = spend(
        root,
        (Stage.FETCH, done("main: 2 new commits")),
        (Stage.FIND, lambda _: failed("0 of 1 found", "m.time_a: <not> built")),
    )
    text = render(summary, Format.TEXT)
    assert "fetch commits       main: 2 new commits" in text
    assert "find culprits       failed: 0 of 1 found" in text
    assert text.endswith(
        "1 of 2 stages done, find culprits failed: 0 s, of a budget of 16 min 40 s for measuring"
    )
    markdown = render(summary, Format.MARKDOWN)
    assert "| find culprits | failed | 0 of 1 found | 0 s |" in markdown
    assert "m.time_a: &lt;not&gt; built" in markdown


# --- the host ---------------------------------------------------------------------------------------

BUSY = (unfit("load", "1.9 of 2 processors busy", "wait"), fine("memory", "plenty"))


def look_at_host(root: Path, *findings: tuple[Finding, ...]) -> tuple[Said, FakeClock, Night]:
    clock = FakeClock()
    spent = Night(
        root=root,
        asked=Asked(),
        world=world(clock, iter(findings)),
        configuration=load(root),
        ends_at=BUDGET_S,
    )
    return measuring.look_at_host(spent), clock, spent


def test_a_busy_host_is_waited_for(root: Path) -> None:
    said, clock, _ = look_at_host(root, BUSY, ())
    assert said.said.endswith("is fit")
    assert clock.seconds == measuring.WAIT_S


def test_one_that_stays_busy_is_measured_on_and_flagged(root: Path) -> None:
    """A tenth of 1000 s is one minute of waiting: a second one would be more."""
    said, clock, spent = look_at_host(root, BUSY, BUSY)
    assert "is not fit after 1 min 00 s: what is measured now is flagged" in said.said
    assert said.lines == ("load: 1.9 of 2 processors busy",)
    assert clock.seconds == measuring.WAIT_S
    assert spent.host is not None


def test_who_measures_for_another_project_is_waited_for(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two timers of one host start at the same minute: the later one does not fail, it waits a while."""
    monkeypatch.setattr("tempfile.tempdir", str(root))  # where the host's lock lies
    monkeypatch.setattr(context, "fitness", lambda _: ())
    monkeypatch.setattr(context, "take_look", lambda places: None)
    assert context.look_now(load(root)) == ()
    with measuring_lock():
        (found,) = context.look_now(load(root))
    assert found.severity is Severity.UNFIT
    assert f"process {os.getpid()}" in found.seen
    said, clock, _ = look_at_host(root, (found,), ())
    assert said.said.endswith("is fit")
    assert clock.seconds == measuring.WAIT_S


def test_another_host_measures_nothing_and_publishes_all_the_same(root: Path) -> None:
    mismatch = mock.patch.object(measuring, "look", side_effect=HostMismatchError("the CPU is another one"))
    with mismatch:
        summary = spend(
            root,
            (Stage.HOST, measuring.look_at_host),
            (Stage.NEWEST, measuring.measure_newest),
            (Stage.PUBLISH, done("7 series")),
        )
    assert [one.ending for one in summary.reports] == [Ending.FAILED, Ending.LEFT_OUT, Ending.DONE]
    assert summary.reports[1].said == "the host was not accepted"
    assert summary.machine == ""


def test_when_the_budget_is_spent_nothing_more_is_measured(root: Path) -> None:
    clock = FakeClock()

    def takes_long(_: Night) -> Said:
        clock.seconds += BUDGET_S
        return Said(said="")

    summary = spend(
        root,
        (Stage.HOST, measuring.look_at_host),
        (Stage.NEWEST, takes_long),
        (Stage.GAPS, measuring.fill_gaps),
        (Stage.PUBLISH, done("7 series")),
        at=world(clock),
    )
    assert [one.said for one in summary.reports[2:]] == ["the budget is spent", "7 series"]
    assert summary.exit_code == 0


@pytest.mark.parametrize(
    ("ranges", "shares"), [((), [1.0, 1.0]), ((Range(base="1" * 40, head="2" * 40),), [0.75, 0.5])]
)
def test_commits_leave_some_of_the_budget_while_there_is_something_to_look_into(
    root: Path, ranges: tuple[Range, ...], shares: list[float]
) -> None:
    asked: list[float | None] = []

    def run(*words: object) -> None:
        asked.append(next(one.sampling.budget_s for one in words if isinstance(one, Request)))
        raise NothingMeasuredError("nothing of it")

    (root / "groundspeed.toml").write_text('[nightly]\nsince = "HEAD"\n')
    with mock.patch.multiple(measuring, run=run, unclear=lambda *_: ranges):
        spend(
            root,
            (Stage.HOST, measuring.look_at_host),
            (Stage.NEWEST, measuring.measure_newest),
            (Stage.GAPS, measuring.fill_gaps),
        )
    assert asked == [share * BUDGET_S for share in shares]


# --- what has nowhere to go -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "stage", "why"),
    [
        (Asked(), bringing.fetch, "this folder has no remote: git remote add origin ADDRESS makes it one"),
        (Asked(), bringing.exchange, "[nightly] names no results_branch"),
        (Asked(), bringing.deploy, "[nightly] names neither page_branch nor page_rsync"),
        (Asked(), bringing.notify, "groundspeed.toml has no [notify]"),
        (Asked(local=True), bringing.fetch, "--local: nothing is fetched, pushed or told"),
        (Asked(local=True), bringing.exchange, "--local: nothing is fetched, pushed or told"),
        (Asked(local=True), bringing.deploy, "--local: nothing is fetched, pushed or told"),
        (Asked(local=True), bringing.notify, "--local: nothing is fetched, pushed or told"),
    ],
)
def test_nothing_goes_where_nobody_said(root: Path, asked: Asked, stage: Work, why: str) -> None:
    spent = Night(root=root, asked=asked, world=world(), configuration=load(root), ends_at=BUDGET_S)
    assert stage(spent) == left_out(why)


def test_a_remote_that_is_gone_fails_its_stages_alone(root: Path) -> None:
    git(root, "remote", "add", "origin", str(root / "nowhere"))
    (root / "groundspeed.toml").write_text('[nightly]\nresults_branch = "r"\n')
    summary = spend(
        root,
        (Stage.FETCH, bringing.fetch),
        (Stage.BRING, bringing.exchange),
        (Stage.NEWEST, done("2 cases")),
    )
    assert [one.ending for one in summary.reports] == [Ending.FAILED, Ending.FAILED, Ending.DONE]
    assert "cannot be fetched" in summary.reports[0].said
    assert "cannot be asked for its branches" in summary.reports[1].said


def on_the_way(root: Path, toml: str) -> Night:
    (root / "groundspeed.toml").write_text(toml)
    return Night(root=root, asked=Asked(), world=world(), configuration=load(root), ends_at=BUDGET_S)


NOWHERE = '[nightly]\nremote = "up"\nresults_branch = "r"\npage_branch = "p"\n'


@pytest.mark.parametrize("stage", [bringing.fetch, bringing.exchange, bringing.deploy])
def test_a_remote_that_the_clone_does_not_know_is_not_waited_for(root: Path, stage: Work) -> None:
    git(root, "remote", "add", "origin", str(root / "nowhere"))
    said = stage(on_the_way(root, NOWHERE))
    assert said == failed("this folder has no remote up, only origin: name one in [nightly] remote")


def test_a_clone_that_cannot_go_forwards_is_told(tmp_path: Path) -> None:
    """A detached HEAD, or a branch that was renamed there, would be measured for ever."""
    files = {"asv.conf.json": json.dumps({"version": 1, "project": "sample", "repo": "."})}
    make_repository(tmp_path / "bare.git", [CommitSpec("first", files)], bare=True)
    git(tmp_path, "clone", "--quiet", str(tmp_path / "bare.git"), "clone")
    git(tmp_path / "clone", "checkout", "--quiet", "--detach")
    said = bringing.fetch(on_the_way(tmp_path / "clone", ""))
    assert said.ending is Ending.FAILED
    assert said.said.startswith("nothing goes forwards: origin has neither the branch that is checked out")


def test_without_results_nothing_is_explained_or_published_and_that_is_no_failure(root: Path) -> None:
    """Why nothing was measured stands where it should have been, once."""
    summary = spend(
        root,
        (Stage.HOST, measuring.look_at_host),
        (Stage.NEWEST, raises(NothingMeasuredError("No benchmark could be found."))),
        (Stage.GAPS, measuring.fill_gaps),
        (Stage.CONFIRM, explaining.confirm_suspects),
        (Stage.FIND, explaining.find_culprits),
        (Stage.PROFILE, explaining.profile_culprits),
        (Stage.PUBLISH, bringing.publish),
    )
    assert [one.stage for one in summary.failed] == [Stage.NEWEST]


def test_since_that_names_nothing_is_told_by_its_key(root: Path) -> None:
    (root / "groundspeed.toml").write_text('[nightly]\nsince = "v99"\n')
    stages = (Stage.HOST, measuring.look_at_host), (Stage.GAPS, measuring.fill_gaps)
    assert spend(root, *stages).failed[0].said.startswith("[nightly] since: ")


# --- another host -----------------------------------------------------------------------------------

ANOTHER = '[machines.big]\ncpu = "Another One"\n'


def test_a_wrong_machine_is_refused_at_once(root: Path) -> None:
    (root / "groundspeed.toml").write_text(ANOTHER)
    groundspeed(root, "nightly", "--machine", "big", code=5)
    groundspeed(root, "nightly", "--machine", "bgi", code=2)
    assert not (root / "html").exists()


def test_a_host_that_changed_publishes_all_the_same(root: Path) -> None:
    """It was `big` in the night before; then somebody exchanged its processor."""
    (root / "groundspeed.toml").write_text(ANOTHER)
    with mock.patch.object(night, "this_host"), course((Stage.HOST, be_big)):
        spend_night(root, Asked(machine="big"), world())
    (summaries_folder(load(root)) / "20251231T000000Z.json").write_text('{"machine": "bi')  # a power cut
    with course((Stage.HOST, measuring.look_at_host), (Stage.PUBLISH, done("7 series"))):
        summary = spend_night(root, Asked(machine="big"), world())
    assert [one.ending for one in summary.reports] == [Ending.FAILED, Ending.DONE]


def be_big(spent: Night) -> Said:
    choice = MachineChoice(name="big", fingerprint=fingerprint(), reason=Reason.REQUESTED, others=())
    spent.host = Host(machine=choice, cpus=(), idle=())
    return Said(said="")


# --- the command ------------------------------------------------------------------------------------


def test_the_command_measures_publishes_and_says_so(tmp_path: Path) -> None:
    """What the first night of a new user is: nothing is configured, and nothing leaves the host."""
    make_project(tmp_path / "project", (1,))
    said = groundspeed(tmp_path / "project", "nightly", "--budget", "5m")
    assert "measure the newest  5 cases measured at 1 commit\n" in said.stdout
    assert "deploy              left out: [nightly] names neither page_branch nor page_rsync" in said.stdout
    assert (tmp_path / "project" / "html" / "index.html").is_file()
    assert "13/13 notify" in said.stderr


def test_a_signal_ends_it_and_the_next_one_goes_on(tmp_path: Path) -> None:
    make_project(tmp_path / "project", (1,))

    def ended(_: Night) -> Said:
        os.kill(os.getpid(), signal.SIGTERM)
        return Said(said="never")

    with course((Stage.NEWEST, ended), (Stage.PUBLISH, done("never"))):
        said = groundspeed(tmp_path / "project", "nightly", "--format", "json", code=130)
    assert said.json()["interrupted"] is True
    with course((Stage.NEWEST, done("again"))):
        groundspeed(tmp_path / "project", "nightly")


# --- results that others committed --------------------------------------------------------------------


def test_results_in_the_way_of_committed_ones_are_joined(tmp_path: Path) -> None:
    """Somebody commits results, an older state of ours among them: the clone goes forwards all the same."""
    bare, root = tmp_path / "bare.git", tmp_path / "clone"
    configuration = {"version": 1, "project": "sample", "repo": "."}
    files = {"asv.conf.json": json.dumps(configuration), ".gitignore": "/.groundspeed/\n"}
    make_repository(bare, [CommitSpec("first", files)], bare=True)
    git(tmp_path, "clone", "--quiet", str(bare), "clone")
    measure(root, 1, 1.0)
    committed: dict[str, str | bytes | None] = {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in (root / "results").rglob("*")
        if path.is_file()
    }
    (new,) = add_commits(bare, [CommitSpec("results", {**committed, "results/box/notes.txt": "theirs\n"})])
    measure(root, 2, 2.0)  # meanwhile
    before = values(root)

    spent = Night(root=root, asked=Asked(), world=world(), configuration=load(root), ends_at=BUDGET_S)
    assert bringing.fetch(spent) == Said(said="main: 1 new commit")

    assert git(root, "rev-parse", "HEAD") == new
    assert values(root) == before
    assert len(before) == 2
    assert (root / "results/box/notes.txt").read_text() == "theirs\n"


def test_a_change_of_the_code_in_the_way_is_told(tmp_path: Path) -> None:
    bare, root = tmp_path / "bare.git", tmp_path / "clone"
    files = {"asv.conf.json": json.dumps({"version": 1, "project": "sample", "repo": "."}), "a.txt": "1\n"}
    make_repository(bare, [CommitSpec("first", {**files, ".gitignore": "/.groundspeed/\n"})], bare=True)
    git(tmp_path, "clone", "--quiet", str(bare), "clone")
    add_commits(bare, [CommitSpec("second", {"a.txt": "2\n"})])
    measure(root, 1, 1.0)
    (root / "a.txt").write_text("mine\n")
    spent = Night(root=root, asked=Asked(), world=world(), configuration=load(root), ends_at=BUDGET_S)
    said = bringing.fetch(spent)
    assert said.ending is Ending.FAILED
    assert "a.txt" in said.said
    assert (root / "a.txt").read_text() == "mine\n"
    assert len(values(root)) == 1
