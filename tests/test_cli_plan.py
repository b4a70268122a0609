"""groundspeed report --plan as a user calls it: two commits, two cases of one, what remains, what is next."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.commands import groundspeed
from tests.profiled import stored
from tests.readings import made, measure

OURS = """\
[plan.tier1]
"m.Copy" = "-50 %"
"m.Search.time_x" = "-30 %"
"m.Copy.time_new against m.Copy.time_old" = "-50 %"
[plan.gone]
"m.Gone.time_x" = "-10 %"
[plan.wrong]
"m.Copy.time_old" = "+10 %"
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    """From base to head m.Copy takes 40 %, m.Search 95 % of what it took; at head new is a quarter of old."""
    root = tmp_path_factory.mktemp("plan")
    base, head = made(root, OURS, count=2)
    measure(root, 1, {base: 10.0, head: 4.0}, "m.Copy.time_old", "v1")
    measure(root, 2, {base: 2.0, head: 1.9}, "m.Search.time_x", "v1")
    measure(root, 3, {head: 1.0}, "m.Copy.time_new", "v1")
    steps = {"file:slow:1": 6.0, "file:step:2": 4.0}
    stored(root, base, "m.Copy.time_old", "cpu", {"file:step:2": 4.0})
    stored(root, head, "m.Copy.time_old", "cpu", steps)
    return root, base, head


def asked(root: Path, *arguments: str, code: int) -> dict[str, Any]:
    done = groundspeed(
        root, "report", "--machine", "box", "--plan", *arguments, "--format", "json", code=code
    )
    return dict(json.loads(done.stdout))


def test_target_against_measured_what_remains_and_what_is_new(project: tuple[Path, str, str]) -> None:
    """In all: the geometric mean of 0.4, 0.95 and 0.25 is 0.456, so 54 % were gained: the next tier."""
    root, base, head = project
    found = asked(root, "tier1", "--base", base, "--head", head, code=1)
    assert (found["schema"], found["version"], found["base"], found["head"]) == (
        "groundspeed-plan",
        1,
        base,
        head,
    )
    rows = {one["subject"]: one for one in found["expected"] if one["outcome"] != "no_data"}
    assert {name: one["outcome"] for name, one in rows.items()} == {
        "m.Copy.time_old": "met",
        "m.Search.time_x": "missed",
        "m.Copy.time_new": "met",
    }
    assert rows["m.Search.time_x"]["change"] == pytest.approx(-0.05)
    assert rows["m.Copy.time_new"]["change"] == pytest.approx(-0.75)  # a quarter of old, at head
    assert found["gain"]["share"] == pytest.approx(1 - (0.4 * 0.95 * 0.25) ** (1 / 3))
    assert found["next_step"] == "next_tier"
    assert [one["function"] for one in found["remaining"]] == ["slow", "step"]
    assert [one["function"] for one in found["new"]] == ["slow"]
    assert found["unprofiled"][0] == {"kind": "cpu", "cases": ["m.Copy.time_new", "m.Search.time_x"]}


def test_one_commit_answers_a_case_against_another(project: tuple[Path, str, str]) -> None:
    root, _, head = project
    found = asked(root, "tier1", code=3)
    assert [(one["entry"], one["outcome"]) for one in found["expected"]] == [
        ("m.Copy", "no_data"),
        ("m.Search.time_x", "no_data"),
        ("m.Copy.time_new against m.Copy.time_old", "met"),
    ]
    assert "--base" in found["expected"][0]["reason"]
    assert (found["base"], found["head"], found["new"]) == (None, head, None)


def test_a_plan_with_commits_of_its_own_needs_none(project: tuple[Path, str, str]) -> None:
    """What is asked for goes before what the plan says."""
    root, base, head = project
    (root / "groundspeed.toml").write_text(
        f'[plan.own]\nbase = "{base[:12]}"\nhead = "{head[:12]}"\n"m.Copy.time_old" = "-50 %"\n',
        encoding="utf-8",
    )
    try:
        found = asked(root, "own", code=0)
        turned = asked(root, "own", "--base", head, "--head", base, code=1)
    finally:
        (root / "groundspeed.toml").write_text(OURS, encoding="utf-8")
    assert (found["base"], found["head"], found["next_step"]) == (base, head, "next_tier")
    assert found["expected"][0]["change"] == pytest.approx(-0.6)
    assert (turned["base"], turned["head"]) == (head, base)


def test_a_rate_or_a_time_that_is_expected_the_wrong_way_is_an_error(project: tuple[Path, str, str]) -> None:
    root, base, _ = project
    done = groundspeed(root, "report", "--machine", "box", "--plan", "wrong", "--base", base, code=2)
    assert 'plan.wrong."m.Copy.time_old" = "+10 %": of m.Copy.time_old lower is better.' in done.stderr


def test_what_no_commit_has_is_no_pass(project: tuple[Path, str, str]) -> None:
    root, base, head = project
    found = asked(root, "gone", "--base", base, "--head", head, code=3)
    assert [one["outcome"] for one in found["expected"]] == ["no_data"]
    assert (found["gain"], found["next_step"]) == (None, "unknown")


def test_text_and_a_page_say_the_next_step(project: tuple[Path, str, str]) -> None:
    root, base, head = project
    ends = ("--machine", "box", "--plan", "tier1", "--base", base, "--head", head)
    text = groundspeed(root, "report", *ends, code=1).stdout
    assert "2 of 3 expected gains met, 1 missed.\nGained in all: 54.4 % (51 % to 57.5 %)." in text
    assert "More than 30 % was gained: go on to the next tier, selectively." in text
    assert f"groundspeed profile m.Copy.time_new --rev {head[:8]} --kind cpu" in " ".join(text.split())
    assert max(map(len, text.splitlines())) <= 100
    groundspeed(root, "report", *ends, "-o", "plan.html", code=1)
    page = (root / "plan.html").read_text(encoding="utf-8")
    assert "<h2>What remains above the thresholds</h2>" in page
    assert '<b class="state missed">' in page
    markdown = groundspeed(root, "report", *ends, "--format", "markdown", code=1).stdout
    assert "| missed | m.Search.time_x · at " in markdown


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--plan", "tire1"), "did you mean tier1?"),
        (("--plan", "tier1", "--rev", "HEAD"), "it has --base and --head alone"),
        (("--plan", "tier1", "--run"), "it has --base and --head alone"),
        (("--base", "HEAD"), "name it with --plan"),
        (("--plan", "tier1", "--base", "nowhere"), "nowhere"),
    ],
)
def test_wrong_use(project: tuple[Path, str, str], arguments: tuple[str, ...], said: str) -> None:
    assert said in groundspeed(project[0], "report", "--machine", "box", *arguments, code=2).stderr
