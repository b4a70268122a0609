"""groundspeed noise as a user calls it, and its page as text, Markdown and JSON."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from groundspeed.measurements import Basis, NoiseFloor
from groundspeed.records import Case, SeriesKey
from groundspeed.report.noise import NoisePage, noise_page, render_noise
from groundspeed.report.table import Format
from groundspeed.verdicts.noise import CaseNoise, MoreProcesses, MoreSessions, TooNoisy, Wanted
from tests.commands import groundspeed
from tests.readings import made, measure


def case(
    name: str,
    floor: float,
    smallest: float,
    wanted: Wanted,
    *,
    basis: Basis = Basis.SESSIONS,
    metric: str = "",
    environment: str = "py3.11",
) -> CaseNoise:
    key = SeriesKey(
        machine="box",
        environment=environment,
        case=Case(benchmark=name, params=("1000", "'words'")),
        metric=metric,
        version=None,
    )
    return CaseNoise(
        key=key,
        floor=NoiseFloor(between_sessions=floor, between_processes=0.01, df=20.0, basis=basis),
        seen=4,
        processes=3,
        smallest=smallest,
        wanted=wanted,
    )


CASES = (
    case("m.time_calm", 0.002, 0.012, MoreProcesses(processes=3)),
    case("m.time_more", 0.009, 0.062, MoreProcesses(processes=9)),
    case("m.latency", 0.03, 0.2, MoreSessions(sessions=15), metric="p99"),
    case("m.Class.of_a_very_long_name.time_that_goes_on", 3.0, 1e6, TooNoisy(), basis=Basis.HISTORY),
)


def whole(cases: tuple[CaseNoise, ...] = CASES, unknown: int = 0, pattern: str | None = None) -> NoisePage:
    """The page of ``cases`` and of so many further ones that nothing is known of."""
    more = {
        SeriesKey(
            machine="box",
            environment="py3.11",
            case=Case(benchmark=f"n.time_{at}", params=()),
            metric="",
            version=None,
        )
        for at in range(unknown)
    }
    return noise_page("box", cases, {one.key for one in cases} | more, pattern)


TEXT = """\
box: the median noise floor is 2.0%; 3 of 4 cases cannot show a change of 5% between two sessions.
Of 2 more nothing is known yet.

case                                             floor  learned from  can show  to show 5%
m.Class.of_a_very_lon…goes_on(1000, 'words')  over 10×  4 commits     over 10×  a calmer benchmark
m.latency(1000, 'words')@p99                      3.0%  4 sessions       20.0%  15 sessions
m.time_more(1000, 'words')                        0.9%  4 sessions        6.2%  9 processes, has 3
m.time_calm(1000, 'words')                        0.2%  4 sessions        1.2%  no more

A floor learned from commits is an upper bound: what they changed counts as noise.
Sessions of one commit tell it apart: groundspeed run HEAD^! --again

Where processes differ, more of them help: groundspeed run with a smaller --precision, or --again.

What differs between sessions cancels between commits that one session measures in turn:
groundspeed run A..B does so, four at a time. What disturbs this host: groundspeed doctor"""

MARKDOWN = """\
box: the median noise floor is 1.6%; 1 of 2 cases cannot show a change of 5% between two sessions.

| case | floor | learned from | can show | to show 5% |
| --- | ---: | --- | ---: | --- |
| m.time_calm(1000, 'words') \\[2] | 3.0% | 4 sessions | 9.0% | 4 sessions |

[1] py3.11
[2] py3.12

1 more is calmer: --all shows it.

What differs between sessions cancels between commits that one session measures in turn:
`groundspeed run A..B` does so, four at a time. What disturbs this host: `groundspeed doctor`"""


def test_the_worst_stand_first_and_what_helps_last() -> None:
    text = render_noise(whole(unknown=2), Format.TEXT, top=None)
    assert text == TEXT


def test_no_row_is_wider_than_a_hundred() -> None:
    wide = case("m.time_" + "x" * 90, 0.03, 99.0, MoreProcesses(processes=100), basis=Basis.HISTORY)
    other = case("m.y", 0.03, 0.09, MoreSessions(sessions=4), environment="py3.12")
    rows = render_noise(whole((wide, other)), Format.TEXT, top=None).split("\n\n")[1]
    assert max(map(len, rows.splitlines())) <= 100


def test_a_case_names_its_environment_where_there_are_several() -> None:
    other = case("m.time_calm", 0.03, 0.09, MoreSessions(sessions=4), environment="py3.12")
    assert render_noise(whole((CASES[0], other)), Format.MARKDOWN, top=1) == MARKDOWN


def test_where_all_is_calm_nothing_is_advised() -> None:
    text = render_noise(whole(CASES[:1]), Format.TEXT, top=20)
    assert text.splitlines()[0] == (
        "box: the median noise floor is 0.2%; every case can show a change of 5% between two sessions."
    )
    assert "groundspeed" not in text


def test_json_is_strict_and_holds_every_case() -> None:
    page = whole(unknown=2)
    wire = json.loads(render_noise(page, Format.JSON, top=1), parse_constant=pytest.fail)
    assert {key: wire[key] for key in ("schema", "version", "machine", "blind", "unknown")} == {
        "schema": "groundspeed-noise",
        "version": 1,
        "machine": "box",
        "blind": 3,
        "unknown": 2,
    }
    assert [(one["case"], one["basis"], one["takes"]) for one in wire["cases"]][1:3] == [
        ("m.latency(1000, 'words')", "sessions", {"processes": None, "sessions": 15}),
        ("m.time_more(1000, 'words')", "sessions", {"processes": 9, "sessions": None}),
    ]


def test_a_pattern_is_searched_in_the_case_with_its_metric() -> None:
    assert [one.key.metric for one in whole(pattern="@p99$").cases] == ["p99"]
    assert whole(unknown=3, pattern=r"n\.time_[01]").unknown == 2


# --- the command -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One benchmark measured in three sessions of one commit, another once; a second machine."""
    root = tmp_path_factory.mktemp("noise")
    (commit,) = made(root, count=1)
    for number, factor in enumerate((1.0, 1.02, 0.98)):
        measure(root, number, {commit: factor}, "m.time_new", "v1")
    measure(root, 9, {commit: 1.0}, "m.time_once", "v1")
    return root


def test_what_is_known_is_shown(project: Path) -> None:
    done = groundspeed(project, "noise")
    assert done.stdout.startswith("box: the median noise floor is 1.6%; 1 of 1 cases cannot")
    assert "Of 1 more nothing is known yet." in done.stdout
    assert "m.time_new" in done.stdout
    assert done.stderr == ""
    assert json.loads(groundspeed(project, "noise", "--format", "json").stdout)["unknown"] == 1


def test_where_nothing_is_known_the_exit_code_says_so(project: Path, tmp_path: Path) -> None:
    assert "to know its noise" in groundspeed(project, "noise", "once", code=3).stdout
    assert (
        "No case of box matches nothing_like_it"
        in groundspeed(project, "noise", "nothing_like_it", code=3).stderr
    )
    made(tmp_path, count=1)
    assert "There are no results in" in groundspeed(tmp_path, "noise", code=3).stderr


def test_wrong_use_is_said(project: Path) -> None:
    assert "no regular expression" in groundspeed(project, "noise", "(", code=2).stderr
    assert (
        "no results of a machine bax. There are some of: box."
        in groundspeed(project, "noise", "--machine", "bax", code=3).stderr
    )
    shutil.copytree(project / "results" / "box", project / "results" / "other")
    for file in (project / "results" / "other").glob("*.json"):
        file.write_text(file.read_text(encoding="utf-8").replace('"box"', '"other"'), encoding="utf-8")
    shutil.rmtree(project / "results" / "other" / "sessions")
    said = groundspeed(project, "noise", code=2).stderr
    assert "several machines do: box, other. Name one with --machine." in said


def test_a_broken_file_is_named_and_passed_over(project: Path) -> None:
    broken = project / "results" / "box" / "deadbeef-py.json"
    broken.write_text("{", encoding="utf-8")
    done = groundspeed(project, "noise", "--machine", "box")
    broken.unlink()
    assert "deadbeef-py.json" in done.stderr
    assert "m.time_new" in done.stdout
