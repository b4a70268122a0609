"""The answers as a site publishes them: what stands in each file, and that app/answers.js says the same."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from groundspeed.config import load
from groundspeed.results.index import open_index
from groundspeed.site import hosts
from groundspeed.site.answers import answers_of
from groundspeed.site.pieces.groups import LISTED, STRIP
from groundspeed.site.publish import publish
from groundspeed.verdicts.reading import read
from tests.browser import Visit, chromium, serve, visit
from tests.site_answers import (
    BROKEN,
    COUNT,
    COUNTED,
    CROSS,
    DRINK,
    FILL,
    GONE,
    LEAK,
    POUR,
    PUBLISHED,
    SORT,
    STEADY,
    TARGETS,
    Answered,
    answered,
)
from tests.site_archives import HOSTILE, known, small_archive, subject

__all__ = ["chromium", "serve", "visit"]  # fixtures

APP = Path(hosts.__file__).parent / "app"
PIECES = ("start", "changes", "targets", "scaling", "machines")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Answered:
    return answered(tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="module")
def site(made: Answered, tmp_path_factory: pytest.TempPathFactory) -> Path:
    html_dir = tmp_path_factory.mktemp("answers") / "html"
    publish(made.subject, html_dir)
    return html_dir


def wire(site: Path, piece: str) -> dict[str, Any]:
    manifest = json.loads((site / "manifest.json").read_bytes())
    found: dict[str, Any] = json.loads((site / manifest["files"][piece]).read_bytes())
    assert (found["format"], found["version"]) == (f"groundspeed-{piece}", 1)
    return found


COMMITS = ("commit", "base", "head", "carried_from", "measured")
INTERVALS = ("value", "before", "after", "change", "difference", "exponent", "median")


def placed(payload: Mapping[str, Any]) -> dict[str, Any]:
    """What `placed` of app/answers.js makes of it, literally."""
    table = payload["lines"]

    def line(at: int) -> dict[str, Any]:
        benchmark, metric, machine, environment, names, values = table["rows"][at]
        texts = [table["texts"][place] for place in (benchmark, metric, machine, environment)]
        record = dict(zip(("benchmark", "metric", "machine", "environment"), texts, strict=True))
        return record | {"params": list(zip(table["names"][names], values, strict=True))}

    def resolve(value: Any, key: str) -> Any:
        if isinstance(value, list):
            if key in INTERVALS and value and isinstance(value[0], float | int):
                return dict(zip(("centre", "low", "high"), value, strict=True))
            return [resolve(one, key) for one in value]
        if isinstance(value, dict):
            record = {inner: resolve(one, inner) for inner, one in value.items()}
            if key == "affected":
                return [dict(zip(record, row, strict=True)) for row in zip(*record.values(), strict=True)]
            return record
        if type(value) is not int:
            return value
        return line(value) if key == "line" else payload["commits"][value] if key in COMMITS else value

    return {key: resolve(value, key) for key, value in payload.items() if key not in ("commits", "lines")}


@pytest.fixture(scope="module")
def answers(site: Path) -> dict[str, dict[str, Any]]:
    return {piece: placed(wire(site, piece)) for piece in PIECES}


def test_every_state_of_a_regression_is_published(answers: dict[str, Any]) -> None:
    changes = answers["changes"]
    found = {group["affected"][0]["line"]["benchmark"]: group for group in changes["worse"]}
    assert {name: group["state"] for name, group in found.items()} == {
        CROSS: "suspected",
        COUNTED: "confirmed",
        POUR: "acknowledged",
        FILL: "not confirmed",
        DRINK: "recovered",
    }
    assert set(changes["states"].values()) == {1}
    assert [name for name, group in found.items() if group["open"]] == [COUNTED, CROSS]
    better = {group["affected"][0]["line"]["benchmark"]: group for group in changes["better"]}
    assert better.keys() == {DRINK, LEAK}
    assert all(group["open"] and group["commands"] == [] for group in better.values())
    assert changes["standing"][-1]["open"] == 2


def test_a_group_says_where_how_much_and_what_to_type(answers: dict[str, Any], made: Answered) -> None:
    group = next(one for one in answers["changes"]["worse"] if one["state"] == "suspected")
    assert group["range"]["head"]["hash"] == made.commits[20]
    assert group["range"]["head"]["subject"] == "Change 20"
    assert group["range"]["commits"] == 1
    (row,) = group["affected"]
    assert row["factor"] == pytest.approx(1.3, rel=0.01)
    assert row["change"]["low"] < 1.3 < row["change"]["high"]
    assert (row["unit"], row["scale"], row["line"]["machine"]) == ("s", "ratio", "camel")
    typed = [one["text"] for one in group["commands"]]
    short = [made.commits[at][:10] for at in (19, 20)]
    assert typed == [
        f"git show {short[1]}",
        rf"groundspeed compare {short[0]} {short[1]} --measure --bench '^walk\.Desert\.time_cross\b'",
        f"groundspeed triage acknowledge {group['id']} --note 'why'",
    ]


def test_decisions_are_told_with_their_notes_as_they_are(answers: dict[str, Any]) -> None:
    group = next(one for one in answers["changes"]["worse"] if one["state"] == "acknowledged")
    (decision,) = group["decisions"]
    assert (decision["ruling"], decision["by"], decision["note"]) == (
        "acknowledged",
        "Ada",
        f"because {HOSTILE}",
    )


def test_the_start_page_has_what_is_wrong_and_what_changed(answers: dict[str, Any], made: Answered) -> None:
    start = answers["start"]
    camel, oryx = start["machines"]
    assert (camel["machine"], camel["failing"], camel["vanished"]) == ("camel", 1, 1)
    assert camel["last"]["commit"]["hash"] == made.commits[-1]
    assert (camel["last"]["values"], camel["last"]["failures"]) == (10, 1)
    assert camel["last"]["known_by"] == "session"
    assert camel["usual_s"] == 8 * 86_400
    assert camel["stale_at"] - camel["last"]["at"] == 4 * 8 * 86_400
    assert oryx["stale_at"] - oryx["last"]["at"] == 14 * 86_400  # two sessions tell no usual gap
    assert camel["control"] == {"state": "drifting", "ratio": 1.18, "limit": 1.05, "sessions": 5}
    assert oryx["control"]["state"] == "unknown"
    (failing,) = start["failing"]
    assert failing["line"]["benchmark"] == BROKEN
    assert failing["text"] == f"ValueError: {HOSTILE}"
    (vanished,) = start["vanished"]
    assert (vanished["benchmark"], vanished["why"], vanished["missed"]) == (GONE, "not measured", 24)
    assert (start["open"], start["confirmed"], start["worse_total"], start["better_total"]) == (2, 1, 2, 2)
    heads = [made.commits.index(one["range"]["head"]["hash"]) for one in start["worse"]]
    assert heads == [31, 20]  # the newest first
    assert start["worse"][0]["range"]["head"]["subject"] == f"Count {HOSTILE}"
    assert start["missed"][0]["subject"] == CROSS  # what fails stands before what is missing
    assert start["recent"][0]["commit"]["hash"] == made.commits[-1]


def test_complaints_are_those_of_health_and_say_which_moment_they_are_of(
    answers: dict[str, Any], made: Answered
) -> None:
    """Of a deployment, which may have come right since, the moment is told; the results say the rest."""
    start, found = answers["start"], made.subject.answers.examination
    assert found is not None
    assert start["complaints_total"] == len(start["complaints"]) == 7
    listed = [(one["kind"], one["machine"], one["single"], one["as_of"]) for one in start["complaints"]]
    assert listed == [
        ("results are old", "", False, None),
        ("machine is silent", "camel", False, None),
        ("machine is silent", "oryx", False, None),
        ("not published", "", False, PUBLISHED.timestamp()),
        ("host changed", "camel", False, None),
        ("benchmark fails", "camel", True, None),
        ("benchmark vanished", "camel", True, None),
    ]
    due = [one["due_at"] for one in start["complaints"]]
    camel, oryx = start["machines"]
    assert due == [camel["stale_at"], camel["stale_at"], oryx["stale_at"], None, None, None, None]
    said = [one["words"] for one in start["complaints"] if not one["due_at"]]
    assert [[one.text] for one in found.faults] == said
    silent = "31 days".join(start["complaints"][2]["words"])  # 30 days and 23 hours
    assert found.complaints[0].text == silent
    assert said[0] == [
        f"groundspeed deploy failed at 2025-02-11 00:00 UTC: No way from {{project}}/html to {HOSTILE}."
    ]


def test_the_trend_of_a_module_is_the_mean_of_its_cases(answers: dict[str, Any]) -> None:
    trends = {(one["module"], one["machine"]): one for one in answers["start"]["trends"]}
    assert trends.keys() == {
        ("old", "camel"), ("sort", "camel"), ("walk", "camel"), ("water", "camel"),
        ("old", "oryx"), ("sort", "oryx"), ("walk", "oryx"), ("water", "oryx"),
    }  # fmt: skip
    water = trends["water", "camel"]  # of four cases three changed: 1.4, 1.35, 0.7
    assert water["ratio"] == pytest.approx((1.4 * 1.35 * 0.7) ** (1 / 4), rel=0.02)
    assert water["mean"][0] == 1
    assert len(water["mean"]) == len(water["at"]) == COUNT
    assert water["lines"] == 4
    assert trends["sort", "camel"]["ratio"] == pytest.approx(1, abs=0.02)


def test_targets_are_judged_on_every_machine(answers: dict[str, Any]) -> None:
    rows = answers["targets"]["rows"]
    assert {(one["machine"], one["key"]): one["state"] for one in rows} == {
        ("camel", STEADY): "holds",
        ("camel", CROSS): "fails",
        ("camel", POUR): "inconclusive",
        ("camel", "walk.Desert.time_fly"): "missing",
        ("camel", SORT): "holds",
        ("oryx", STEADY): "holds",
        ("oryx", CROSS): "holds",
        ("oryx", POUR): "missing",
        ("oryx", "walk.Desert.time_fly"): "missing",
        ("oryx", SORT): "holds",
    }
    fails = next(one for one in rows if one["state"] == "fails")
    assert fails["line"]["benchmark"] == CROSS
    assert fails["room"] < 0
    assert fails["value"]["low"] > fails["limit"] == 1.4e-3
    sized = next(one for one in rows if one["key"] == SORT)
    assert sized["ladder"] == answers["scaling"]["ladders"][0]["id"]
    missing = next(one for one in rows if one["state"] == "missing")
    assert "groundspeed run" in missing["command"]
    assert missing["value"] is missing["limit"] is None


def test_a_ladder_has_points_a_fit_and_an_answer_beyond_them(answers: dict[str, Any]) -> None:
    camel, _ = answers["scaling"]["ladders"]
    assert [point["size"] for point in camel["points"]] == [100, 1_000, 10_000]
    assert camel["points"][0]["line"]["params"] == [("n", "100")]
    growth = camel["growth"]
    assert growth["exponent"]["low"] < 1 < growth["exponent"]["high"]
    assert growth["forms"] == ["n"]
    assert (growth["band"][0]["size"], growth["band"][-1]["size"]) == (100, 100_000)
    (answer,) = camel["answers"]
    assert answer["told"]
    assert answer["limits"] == [{"text": "< 2.00 s", "state": "holds"}]


def test_a_machine_tells_its_sessions_and_what_changed_between_them(answers: dict[str, Any]) -> None:
    camel, oryx = answers["machines"]["machines"]
    assert (camel["sessions_total"], oryx["sessions_total"]) == (5, 2)
    assert [(one["field"], one["before"], one["after"]) for one in camel["fingerprint_changes"]] == [
        ("governor", "", "performance"),
        ("kernel", "6.8", "6.12"),
    ]
    newest = camel["sessions"][0]
    assert newest["measured_total"] == len(newest["measured"]) == 8
    assert newest["failures"] == 1
    assert [one["median"]["centre"] for one in newest["control"]] == pytest.approx([0.01184] * 2, rel=0.01)
    assert newest["moved"] == {"ratio": 1.0, "floor": 0.05, "beyond": False}
    assert {one["quantity"]: one["unit"] for one in newest["telemetry"]} == {
        "frequency": "Hz",
        "load 1min": "",
        "switches": "1/s",
    }
    checked = [(one["check"], one["severity"]) for session in camel["sessions"] for one in session["fitness"]]
    assert checked == [("governor", "unfit")]  # what is fine is not told
    assert camel["profile"] == [["CPU", "Made CPU"], ["logical processors", "2"]]
    assert dict(oryx["fingerprint"])["CPU"] == HOSTILE
    assert oryx["profile"] == []


def typedefs() -> dict[str, set[str]]:
    """Of each record in app/answers.js the properties that it must have."""
    text = (APP / "answers.js").read_text(encoding="utf-8")
    parts = re.split(r"@typedef \{Object\} (\w+)", text)[1:]
    return {
        name: set(re.findall(r"@property \{.*?\} (\w+)", body.split("@typedef")[0].split("*/")[0]))
        for name, body in zip(parts[::2], parts[1::2], strict=True)
    }


def records(answers: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    start, changes, machines = answers["start"], answers["changes"], answers["machines"]
    groups = [*changes["worse"], *changes["better"]]
    lists: dict[str, list[Any]] = {
        "Start": [start],
        "Changes": [changes],
        "Targets": [answers["targets"]],
        "Scaling": [answers["scaling"]],
        "Machines": [machines],
        "Health": start["machines"],
        "Complaint": start["complaints"],
        "Last": [one["last"] for one in start["machines"]],
        "Control": [one["control"] for one in start["machines"]],
        "Failure": start["failing"],
        "Vanished": start["vanished"],
        "Tally": start["recent"],
        "Brief": [*start["worse"], *start["better"]],
        "Trend": start["trends"],
        "TargetCounts": [start["targets"]],
        "TargetRow": answers["targets"]["rows"],
        "Group": groups,
        "Range": [one["range"] for one in groups],
        "Affected": [row for one in groups for row in one["affected"]],
        "Command": [command for one in groups for command in one["commands"]],
        "Commit": [one["range"]["head"] for one in groups],
        "Ladder": answers["scaling"]["ladders"],
        "Growth": [one["growth"] for one in answers["scaling"]["ladders"]],
        "Answer": [row for one in answers["scaling"]["ladders"] for row in one["answers"]],
        "Machine": machines["machines"],
        "Session": [row for one in machines["machines"] for row in one["sessions"]],
        "FingerprintChange": [row for one in machines["machines"] for row in one["fingerprint_changes"]],
    }
    for name, found in lists.items():
        assert found, f"nothing of {name} was made"
        yield from ((name, one) for one in found)


def test_what_is_published_is_what_the_page_is_told_to_expect(answers: dict[str, Any]) -> None:
    stated = typedefs()
    computed = {"Commit": {"short"}}  # by answers.js itself
    for name, record in records(answers):
        own = record.keys() - {"format", "version"}
        assert own == stated[name] - computed.get(name, set()), name


def test_a_bare_archive_has_a_start_and_no_changes(tmp_path: Path) -> None:
    publish(subject(small_archive(), known()), tmp_path)
    manifest = json.loads((tmp_path / "manifest.json").read_bytes())
    assert "changes" not in manifest["files"]
    assert placed(wire(tmp_path, "start"))["machines"] == []


def test_a_broken_target_is_a_notice_and_the_others_are_judged(made: Answered) -> None:
    root = made.configuration.suite.root
    try:
        (root / "groundspeed.toml").write_text(
            TARGETS.replace('"< 98 ms"', '"< 98 MB"') + '\n[targets.camle]\n"x" = "< 1 s"\n', encoding="utf-8"
        )
        found = answers_of(read(load(root)), PUBLISHED)
    finally:
        (root / "groundspeed.toml").write_text(TARGETS, encoding="utf-8")
    assert len(found.notices) == 2
    assert any("camle" in one and "camel" in one for one in found.notices)
    assert any("98 MB" in one for one in found.notices)
    assert {row.target.key for row in found.targets} >= {STEADY, CROSS, SORT}
    assert POUR not in {row.target.key for row in found.targets}


def test_lists_are_capped_and_their_lengths_told(answers: dict[str, Any]) -> None:
    for group in [*answers["changes"]["worse"], *answers["changes"]["better"]]:
        assert len(group["affected"]) == min(LISTED, group["series"])
        assert len(group["factors"]) == min(STRIP, group["series"])
        assert group["factors"] == sorted(group["factors"], reverse=True)


def test_sessions_read_alike_with_an_index_and_without(made: Answered, tmp_path: Path) -> None:
    """DirectIndex is the literal reading; a folder that is a file cannot hold an index."""
    results = made.configuration.suite.results_dir
    blocked = tmp_path / "file"
    blocked.write_text("", encoding="utf-8")
    with_index, without = open_index(results, tmp_path / "index"), open_index(results, blocked)
    for machine in ("camel", "oryx"):
        assert with_index.sessions(machine) == without.sessions(machine) != ()
    assert with_index.sessions("nobody") == ()


def test_this_repository_publishes_its_own_answers(tmp_path: Path) -> None:
    configuration = load(Path(__file__).resolve().parent.parent)
    if not configuration.suite.results_dir.is_dir():
        pytest.skip("the results are not here")
    found = answers_of(read(configuration), PUBLISHED)
    assert [one.machine for one in found.health] == list(found.sessions)
    assert found.targets_stated
    assert found.grown
    assert all(one.last is not None and one.last.session for one in found.health)


@pytest.mark.browser
@pytest.mark.parametrize(
    "place",
    ["#/", "#/regressions", "#/targets", "#/scaling", "#/machines"],
)
def test_every_view_of_the_answers_stands_without_a_complaint(
    site: Path, visit: Callable[..., Visit], place: str
) -> None:
    page = visit(site).go(place)
    page.wait_for_function("document.querySelector('main').getAttribute('aria-busy') !== 'true'")
    assert page.locator("h1").inner_text() not in ("This could not be read", "Not here")
    assert page.locator("img[src=x]").count() == 0


def test_the_start_file_is_small(site: Path) -> None:
    manifest = json.loads((site / "manifest.json").read_bytes())
    assert len(gzip.compress((site / manifest["files"]["start"]).read_bytes())) < 4_000
