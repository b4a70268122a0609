"""What is complained of, at which moment, and that nothing is taken for health which is only silence."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from groundspeed.config import load
from groundspeed.config.health import HealthConfig
from groundspeed.errors import ConfigError, NothingMeasuredError
from groundspeed.records import Case, SeriesKey
from groundspeed.report.health import render_health
from groundspeed.report.table import Format
from groundspeed.results.attempts import Attempt, Stage, attempting, read_attempts
from groundspeed.site.publish import publish_results
from groundspeed.stats.control import Drift, NoDrift
from groundspeed.verdicts.complaints import LONGEST, Complaint, Examination, Kind, Known, examine, judge
from groundspeed.verdicts.health import Failing, Gone, Health, KnownBy, Last, Tally, Vanished
from groundspeed.verdicts.reading import read
from tests.commands import groundspeed
from tests.readings import made, measure

NOW = datetime(2026, 5, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)
COMMIT = "0123456789" * 4
NOTHING_KNOWN = Known(rule=HealthConfig(silent_s=None, retired=(), known=()), removed=())


def machine(
    name: str = "ants",
    *,
    last: timedelta | None = DAY,
    silence: timedelta | None = 4 * DAY,
    failing: tuple[Failing, ...] = (),
    vanished: tuple[Vanished, ...] = (),
    control: Drift | NoDrift | None = None,
) -> Health:
    """A machine that measured nightly, ``last`` ago."""
    tally = Tally(commit=COMMIT, values=9, failures=0, carried=0)
    return Health(
        machine=name,
        last=None
        if last is None
        else Last(at=NOW - last, known_by=KnownBy.SESSION, session="s", tally=tally),
        usual_s=DAY.total_seconds(),
        silence=silence,
        series=9,
        failing=failing,
        vanished=vanished,
        control=control or NoDrift(sessions=1),
        recent=(),
        carried_since=None,
    )


def failing(*names: str, reason: str = "Traceback\nValueError: seven\n") -> Failing:
    keys = tuple(
        SeriesKey(
            machine="ants", environment="e", case=Case(benchmark=name, params=()), metric="", version="1"
        )
        for name in names
    )
    return Failing(commit=COMMIT, keys=keys, reason=reason)


def vanished(name: str, why: Gone = Gone.NOT_MEASURED) -> Vanished:
    return Vanished(benchmark=name, cases=1, commit=COMMIT, why=why, missed=3)


def attempt(*, ended: bool, failure: str = "", ago: timedelta = DAY, stage: Stage = Stage.PUBLISH) -> Attempt:
    return Attempt(stage=stage, begun_at=NOW - ago, ended_at=NOW if ended else None, failure=failure)


def found(
    *machines: Health, attempts: tuple[Attempt, ...] = (), known: Known = NOTHING_KNOWN
) -> list[Complaint]:
    return list(judge(machines, attempts, known, NOW).complaints)


DRIFTING = Drift(ratio=1.12, limit=1.05, sessions=9)
STEADY = Drift(ratio=1.04, limit=1.05, sessions=9)


@pytest.mark.parametrize(
    ("machines", "attempts", "kinds"),
    [
        ([machine()], [], []),
        ([machine(last=4 * DAY - timedelta(seconds=1))], [], []),  # it has until then
        ([machine(last=4 * DAY)], [], [Kind.RESULTS, Kind.SILENT]),  # the only one: nothing is measured
        ([machine(last=5 * DAY), machine("bees")], [], [Kind.SILENT]),
        ([machine(last=None), machine("bees")], [], [Kind.SILENT]),
        ([machine(last=90 * DAY, silence=None), machine("bees")], [], []),  # retired
        ([machine(last=DAY, silence=None)], [], [Kind.RESULTS]),  # all are: nobody measures
        ([machine(failing=(failing("m.a", "m.b"), failing("m.c")))], [], [Kind.FAILING, Kind.FAILING]),
        ([machine(vanished=(vanished("m.a"),))], [], [Kind.VANISHED]),
        ([machine(control=DRIFTING)], [], [Kind.CONTROL]),
        ([machine(control=STEADY)], [], []),
        ([machine(silence=None, control=DRIFTING), machine("bees")], [], []),
        ([machine()], [attempt(ended=True)], []),
        ([machine()], [attempt(ended=True, failure="no room")], [Kind.ATTEMPT]),
        ([machine()], [attempt(ended=False)], [Kind.ATTEMPT]),  # killed
        ([machine()], [attempt(ended=False, ago=LONGEST[Stage.PUBLISH])], []),  # it may be at work
        ([machine()], [attempt(ended=False, ago=DAY, stage=Stage.NIGHTLY)], []),  # a night may take a day
        ([machine()], [attempt(ended=False, ago=2 * DAY, stage=Stage.NIGHTLY)], [Kind.NIGHT]),
        ([machine()], [attempt(ended=True, failure="no host", stage=Stage.NIGHTLY)], [Kind.NIGHT]),
        (
            [machine(last=9 * DAY, failing=(failing("m.a"),), control=DRIFTING)],
            [attempt(ended=False)],
            [Kind.RESULTS, Kind.SILENT, Kind.ATTEMPT, Kind.CONTROL, Kind.FAILING],  # single benchmarks last
        ),
    ],
)
def test_what_is_a_complaint(machines: list[Health], attempts: list[Attempt], kinds: list[Kind]) -> None:
    assert [one.kind for one in found(*machines, attempts=tuple(attempts))] == kinds


@pytest.mark.parametrize(
    ("one", "words"),
    [
        (
            machine(last=9 * DAY),
            ["ants measured nothing for 9 days (since 2026-05-11 12:00 UTC)", "every 24 hours"],
        ),
        (
            machine(failing=(failing("m.a", "m.b"),)),
            ["m.a and 1 more like it", "ants", "01234567", "ValueError: seven"],
        ),
        (machine(failing=(failing("m.a", reason=""),)), ["it does not say why"]),
        (machine(vanished=(vanished("m.a"),)), ["m.a is measured no more on ants", "the last 3 measurings"]),
        (machine(vanished=(vanished("m.a", Gone.DROPPED),)), ["the suite has it no more"]),
        (machine(control=DRIFTING), ["ants takes 1.12 times as long", "the host changed, not the code"]),
    ],
)
def test_a_complaint_says_what_where_and_since_when(one: Health, words: list[str]) -> None:
    text = found(one, machine("bees"))[0].text
    assert [word for word in words if word not in text] == []


@pytest.mark.parametrize(
    ("known", "left"),
    [
        (NOTHING_KNOWN, 2),
        (Known(rule=HealthConfig(silent_s=None, retired=(), known=("m.*",)), removed=()), 0),
        (
            Known(rule=HealthConfig(silent_s=None, retired=(), known=("m.a",)), removed=()),
            2,
        ),  # not all that fail
        (Known(rule=HealthConfig(silent_s=None, retired=(), known=("m.a", "m.b")), removed=()), 1),
        (Known(rule=HealthConfig(silent_s=None, retired=(), known=()), removed=("m.c",)), 1),
    ],
)
def test_what_is_known_is_no_complaint(known: Known, left: int) -> None:
    one = machine(failing=(failing("m.a", "m.b"),), vanished=(vanished("m.c"),))
    assert len(found(one, known=known)) == left


# --- a real project ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three sessions, the last of them on 2026-01-05 (``T0`` and three days)."""
    root = tmp_path_factory.mktemp("health") / "project"
    hashes = made(root)
    for number, commit in enumerate(hashes, start=1):
        measure(root, number, {commit: 1.0}, "m.time_a", "v1")
    return root


LAST = datetime(2026, 1, 5, 3, 4, 5, tzinfo=UTC)


def examined(project: Path, now: datetime) -> Examination:
    return examine(read(load(project)), now)


def test_it_turns_red_when_the_nightly_run_is_switched_off(project: Path) -> None:
    """Measured every day: four days of silence are in order, then it is said. The page has the moment too."""
    (one,) = examined(project, LAST + DAY).machines
    assert one.stale_at == LAST + 4 * DAY
    assert examined(project, LAST + 4 * DAY - timedelta(seconds=1)).complaints == ()
    red = examined(project, LAST + 4 * DAY)
    assert [each.kind for each in red.complaints] == [Kind.RESULTS, Kind.SILENT]
    manifest_file = publish_results(load(project), now=lambda: LAST).html_dir / "manifest.json"
    manifest = json.loads(manifest_file.read_bytes())
    start = json.loads((manifest_file.parent / manifest["files"]["start"]).read_bytes())
    assert start["machines"][0]["stale_at"] == one.stale_at.timestamp()


@pytest.mark.parametrize(
    ("text", "silent_from"),
    [
        ("", LAST + 4 * DAY),
        ('[health]\nsilent = "36 h"\n', LAST + timedelta(hours=36)),
        ('[health]\nsilent = "2 weeks"\n', LAST + 14 * DAY),
        ('[health]\nretired = ["bo*"]\n', None),
    ],
)
def test_how_long_is_too_long_is_the_project_s_to_say(
    project: Path, text: str, silent_from: datetime | None
) -> None:
    (project / "groundspeed.toml").write_text(text)
    try:
        assert examined(project, LAST).machines[0].stale_at == silent_from
    finally:
        (project / "groundspeed.toml").write_text("")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[health]\nsilence = "2 days"\n', r'unknown key "health.silence" \(did you mean "silent"'),
        ('[health]\nsilent = "soon"\n', r'"health.silent"'),
        ("[health]\nretired = [1]\n", r'"health.retired\[0\]" must be a text'),
    ],
)
def test_a_wrong_configuration_is_refused(tmp_path: Path, text: str, words: str) -> None:
    made(tmp_path / "p", text, count=1)
    with pytest.raises(ConfigError, match=words):
        load(tmp_path / "p")


def test_nothing_at_all_is_no_health(tmp_path: Path) -> None:
    made(tmp_path / "p", count=1)
    with pytest.raises(NothingMeasuredError, match="Measure something first"):
        examined(tmp_path / "p", NOW)


def test_the_command_tells_what_is_wrong(project: Path) -> None:
    """These results are of January 2026 for ever."""
    said = groundspeed(project, "health", code=1).stdout
    assert "box measured nothing for" in said
    assert said.rstrip().endswith("Unhealthy: 2 complaints.")
    wire = groundspeed(project, "health", "--format", "json", code=1).json()
    assert (wire["schema"], wire["version"], wire["healthy"]) == ("groundspeed-health", 1, False)
    assert [one["kind"] for one in wire["complaints"]] == ["results are old", "machine is silent"]
    (one,) = wire["machines"]
    assert (one["name"], one["last"], one["retired"]) == ("box", LAST.isoformat(), False)


@pytest.mark.parametrize("kind", list(Format))
def test_a_healthy_project_says_so(kind: Format) -> None:
    text = render_health(Examination(at=NOW, machines=(machine(),), silences=(), faults=()), kind)
    assert "Healthy: nothing to complain of." in text or json.loads(text)["healthy"] is True


def test_markdown_cannot_be_broken_out_of() -> None:
    complaint = Complaint(kind=Kind.FAILING, machine="a", text="<img src=x> | `x` [y](z)\n# heading")
    found = Examination(at=NOW, machines=(), silences=(), faults=(complaint,))
    text = render_health(found, Format.MARKDOWN)
    assert text.splitlines()[0].startswith("- &lt;img")
    assert not any(line.startswith("#") for line in text.splitlines())


# --- attempts ---------------------------------------------------------------------------------------


def clock(*moments: datetime) -> Callable[[], datetime]:
    return iter(moments).__next__


def test_a_publish_that_failed_is_remembered_until_one_does_not(tmp_path: Path) -> None:
    """A file is in the way of the folder; then it is not."""
    made(root := tmp_path / "p", count=1)
    measure(root, 1, {"a" * 40: 1.0}, "m.time_a", "v1")
    (root / "html").write_text("in the way")
    groundspeed(root, "publish", code=3)
    (one,) = read_attempts(root / ".groundspeed")
    assert "a file is in the way" in one.failure
    assert Kind.ATTEMPT in {each.kind for each in examined(root, NOW).complaints}
    (root / "html").unlink()
    groundspeed(root, "publish")
    (one,) = read_attempts(root / ".groundspeed")
    assert (one.stage, one.failure) == (Stage.PUBLISH, "")
    assert Kind.ATTEMPT not in {each.kind for each in examined(root, NOW).complaints}


def test_one_that_was_killed_has_begun_and_not_ended(tmp_path: Path) -> None:
    def killed() -> None:
        with attempting(tmp_path, Stage.DEPLOY, clock(NOW, NOW + DAY)):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        killed()
    assert read_attempts(tmp_path) == (Attempt(stage=Stage.DEPLOY, begun_at=NOW, ended_at=None, failure=""),)


@pytest.mark.parametrize("text", ["", "{}", '{"format": "groundspeed-attempt", "version": 2}', "[1]"])
def test_a_record_that_cannot_be_read_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "attempts").mkdir()
    (tmp_path / "attempts" / "publish.json").write_text(text)
    assert read_attempts(tmp_path) == ()
