"""The report of regressions: what a person reads, what an issue shows, what a program takes."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from groundspeed.records import Better
from groundspeed.report.regressions import WIDTH, RegressionsPage, render
from groundspeed.report.table import Format
from groundspeed.report.triage import render as render_triage
from groundspeed.report.triage import withdrawn, written
from groundspeed.verdicts.groups import Range, Regressions
from groundspeed.verdicts.named import Named
from groundspeed.verdicts.regressions import trend
from groundspeed.verdicts.steps import Scale
from groundspeed.verdicts.triage import NAME, Decision, Ruling
from tests.site_archives import EPOCH, commit_hash, known, series
from tests.stepping import COUNT, decision, judged, step, stepped

DATES = {commit_hash(place): EPOCH + timedelta(days=place) for place in range(COUNT)}
LONG = (
    "m.Class.time_with_a_name('and a parameter', 'that', 'are', 'together', 'too', 'long', 'for', 'a line')"
)


def alone_in(range_: Range) -> Named:
    """The last commit of the range as its culprit."""
    return Named(commit=range_.head, parent=range_.base, subject=known(COUNT)[range_.head].subject)


def page(
    found: Regressions,
    *,
    git: bool = True,
    top: int | None = None,
    everything: bool = False,
    culprits: Mapping[str, Named] | None = None,
) -> RegressionsPage:
    """Where git knows the commits, a range of one has its culprit, as ``named_culprits`` says."""
    alone = {
        one.id: alone_in(one.range)
        for one in found.groups
        if git and int(one.range.head[:8], 16) - int(one.range.base[:8], 16) == 1
    }
    return RegressionsPage(
        culprits={**alone, **(culprits or {})},
        found=found,
        groups=found.groups if everything else found.open,
        course=trend(found, DATES),
        top=top,
        commits=known(COUNT) if git else {},
        dates=DATES,
        distance={commit_hash(place): place for place in range(COUNT)} if git else {},
    )


def regressions(*decisions: Decision) -> Regressions:
    names = [
        series("m.time_walk", [1.0]),
        series("m.time_walk", [1.0], machine="box", params=("'fast'",)),
        series("m.time_run", [1.0]),
        series("m.peakmem_sit", [1.0], unit="bytes"),
        series("m.track_hits", [1.0], unit="", better=Better.HIGHER),
    ]
    return judged(
        stepped(
            names,
            step(0, 20, math.log(0.002), math.log(0.003)),
            step(1, 20, math.log(0.001), math.log(0.0012), p=1e-4),
            step(2, 10, 0.0, math.log(1.1)),
            step(2, 30, math.log(1.1), 0.0),
            step(3, 33, math.log(1e6), math.log(2e6), around=2),
            step(4, 36, math.log(800), math.log(400)),
        ),
        *decisions,
    )


TEXT = """\
3 open regressions, 1 of them confirmed (and 1 recovered).
5 series searched; noise may have made 1% of the steps listed.

  1. 65562933  suspected  2.00× worse (1.98 to 2.02)  camel
     0000001e..00000023  2024-03-31 to 2024-04-05  5 commits  most likely 00000020..00000021
     up to: Change number 35
       2.00× worse (1.98 to 2.02)  1.00 MB → 2.00 MB  camel
         m.peakmem_sit
     $ groundspeed find 0000001e..00000023 '^m\\.peakmem_sit$'

  2. e5957bc4  suspected  2.00× worse (1.98 to 2.02)  camel
     00000023..00000024  2024-04-05 to 2024-04-06  1 commit
     Change number 36
       2.00× worse (1.98 to 2.02)  800 → 400  camel
         m.track_hits
     $ git show 00000024c0

  3. 526a0611  confirmed  1.34× slower (median of 2 series, up to 1.50×)  box, camel
     00000013..00000014  2024-03-20 to 2024-03-21  1 commit
     Change number 20
       1.50× slower (1.49 to 1.52)  2.00 ms → 3.00 ms  camel
         m.time_walk
       1.20× slower (1.19 to 1.21)  1.00 ms → 1.20 ms  box
         m.time_walk('fast')
     confirmed by Ada on 2026-01-02
     $ git show 00000014c0

Is it so still?  groundspeed regressions --confirm, on the machine's host
Meant to be so?  groundspeed triage acknowledge 65562933 --note 'why'

Open at the time: 2024-03-08: 0 · 2024-03-16: 1 · 2024-03-24: 2 · 2024-04-01: 1 · 2024-04-09: 3
"""

MARKDOWN = """\
3 open regressions (and 1 recovered).
5 series searched; noise may have made 1% of the steps listed.

| # | id | state | change | series | machines | commits | what |
| ---: | --- | --- | --- | ---: | --- | --- | --- |
| 1 | 65562933 | suspected | 2.00× worse (1.98 to 2.02) | 1 | camel | 0000001e..00000023 | Change number 35 |

<details><summary>65562933: 1 series</summary>

| case | machine | levels | change |
| --- | --- | --- | --- |
| m.peakmem_sit | camel | 1.00 MB → 2.00 MB | 2.00× worse (1.98 to 2.02) |

</details>

2 more: `groundspeed regressions --top 3`
"""


def test_the_text() -> None:
    found = regressions(decision(Ruling.CONFIRMED, "m.time_walk"))
    assert render(page(found), Format.TEXT) + "\n" == TEXT


@pytest.mark.parametrize(
    ("half", "said"),
    [(2.0, "(0.677 to 36.9)"), (2.5, "(of too few values to say)"), (math.inf, "(of too few")],
)
def test_an_interval_almost_without_end_is_left_out(half: float, said: str) -> None:
    row = step(0, 20, math.log(0.001), math.log(0.005), half=half)
    found = judged(stepped([series("m.time_walk", [1.0])], row), decision(Ruling.CONFIRMED, "m.time_walk"))
    assert f"5.00× slower {said}" in render(page(found), Format.TEXT)


def test_what_a_search_found_stands_in_place_of_the_range() -> None:
    found = regressions()
    wide = found.open[0]
    named = {wide.id: alone_in(Range(base=commit_hash(32), head=commit_hash(33)))}
    shown = page(found, top=1, culprits=named)
    text = render(shown, Format.TEXT)
    assert "5 commits  most likely" in text
    assert "\n     culprit: 00000021c0 Change number 33\n" in text
    assert "\n     $ git show 00000021c0\n" in text
    assert "| 00000021c0 | Change number 33 |" in render(shown, Format.MARKDOWN)
    (group,) = json.loads(render(shown, Format.JSON))["groups"]
    assert group["culprit"] == commit_hash(33)


def test_a_merge_that_nobody_opened_is_searched() -> None:
    found = regressions()
    one = found.open[1]
    merge = {one.id: replace(alone_in(one.range), unopened=True)}
    text = render(page(found, culprits=merge), Format.TEXT)
    assert "\n     $ groundspeed find 00000023..00000024 '^m\\.track_hits$'\n" in text


def test_markdown_is_one_table_and_a_fold_for_each_group() -> None:
    assert render(page(regressions(), top=1), Format.MARKDOWN) + "\n" == MARKDOWN


def test_no_line_is_wider_than_a_page_but_what_is_copied() -> None:
    found = judged(stepped([series(LONG, [1.0])], step(0, 20, 0.0, 1.0, around=3)))
    lines = render(page(found), Format.TEXT).splitlines()
    assert [line for line in lines if len(line) > WIDTH] == [
        line for line in lines if line.lstrip().startswith("$ ")
    ]
    assert any(line.endswith("…") for line in lines)


def test_without_git_the_results_speak() -> None:
    text = render(page(regressions(), git=False, top=1), Format.TEXT)
    assert "0000001e..00000023  2024-03-31 to 2024-04-05  most likely 00000020..00000021\n" in text
    assert "Change number" not in text
    assert "3 more: --top 4" not in text
    assert "2 more: --top 3" in text


def test_nothing_open_is_said_in_a_line() -> None:
    found = judged(stepped(["m.time_a"], step(0, 20, 0.0, 0.001)))
    for kind in (Format.TEXT, Format.MARKDOWN):
        assert render(page(found), kind) == (
            "No open regression.\n1 series searched; noise may have made 1% of the steps listed."
        )


@pytest.mark.parametrize(
    ("decided", "asks"),
    [
        ([], ["Is it so still?", "Meant to be so?"]),
        ([Ruling.CONFIRMED], ["Meant to be so?"]),
        ([Ruling.ACKNOWLEDGED], []),
    ],
)
def test_what_to_do_is_said_only_while_something_is_open(decided: list[Ruling], asks: list[str]) -> None:
    found = judged(
        stepped([series("m.time_walk", [1.0])], step(0, 20, 0.0, 1.0)),
        *[decision(one, "m.time_walk") for one in decided],
    )
    text = render(page(found, everything=True), Format.TEXT)
    assert len(found.groups) == 1
    assert [line.partition("  ")[0] for line in text.splitlines() if "?  groundspeed" in line] == asks


def test_a_changed_growth_is_shown_as_such() -> None:
    one = series("m.time_a", [1.0], metric="exponent", unit="exponent")
    found = judged(stepped([one], step(0, 20, 1.0, 1.9), scale=Scale.DIFFERENCE))
    text = render(page(found), Format.TEXT)
    assert "suspected  growth n^1.00 → n^1.90 (+0.90 ± 0.01)" in text
    assert "m.time_a@exponent" in text


def test_a_difference_has_its_interval() -> None:
    found = judged(stepped(["m.track_a"], step(0, 20, 0.0, 3.0), scale=Scale.DIFFERENCE))
    assert "+3.00 s slower (+2.99 s to +3.01 s)" in render(page(found), Format.TEXT)


def test_improvements_speak_of_faster_and_ask_for_nothing() -> None:
    found = judged(
        stepped(
            ["m.time_a", "m.time_b"],
            step(0, 20, 0.0, -0.5),
            step(1, 10, 0.0, -0.5),
            step(1, 15, -0.5, 0.0),
        ),
        improvements=True,
    )
    text = render(page(found), Format.TEXT)
    assert text.startswith("1 improvement (and 1 that went again).\n")
    assert "1.65× faster (1.63 to 1.67)" in text
    assert "$" not in text
    assert "triage" not in text


@pytest.mark.parametrize(("moved", "said"), [(9, False), (10, False), (14, True)])
def test_that_much_moved_at_once_is_said(moved: int, said: bool) -> None:
    names = [f"m.time_{number}" for number in range(30)]
    found = judged(stepped(names, *(step(number, 20, 0.0, 0.3) for number in range(moved))))
    text = render(page(found), Format.TEXT)
    assert ("of the series on camel: look at the host and its Python first" in text) is said


def test_json_has_everything_and_is_strict() -> None:
    old = replace(decision(Ruling.ACKNOWLEDGED, "m.gone"), id="00")
    found = regressions(decision(Ruling.ACKNOWLEDGED, "m.time_walk"), old)
    document = json.loads(render(page(found, everything=True), Format.JSON), parse_constant=_refuse)
    assert (document["schema"], document["version"]) == ("groundspeed-regressions", 1)
    assert document["kind"] == "regressions"
    assert document["searched"] == {"camel": 4, "box": 1}
    assert document["open"] == 2
    assert document["states"] == {
        "suspected": 2,
        "confirmed": 0,
        "not confirmed": 0,
        "acknowledged": 1,
        "recovered": 1,
    }
    assert [one["open"] for one in document["trend"]][-1] == 2
    assert [one["cases"] for one in document["stale"]] == [["m.gone"]]
    assert [one["rank"] for one in document["groups"]] == [1, 2, 3, 4]
    sitting = document["groups"][0]
    assert sitting["range"] == {
        "base": commit_hash(30),
        "head": commit_hash(35),
        "base_date": "2024-03-31T09:30:00+00:00",
        "head_date": "2024-04-05T09:30:00+00:00",
        "commits": 5,
    }
    assert sitting["likely"]["head"] == commit_hash(33)
    (one,) = sitting["series"]
    assert (one["case"], one["unit"], one["scale"], one["state"]) == (
        "m.peakmem_sit",
        "bytes",
        "ratio",
        "suspected",
    )
    assert one["change"]["centre"] == pytest.approx(2.0)
    states = {group["state"]: group for group in document["groups"]}
    assert states["acknowledged"]["decisions"][0]["by"] == "Ada"
    assert states["recovered"]["series"][0]["recovered"]["head"] == commit_hash(30)


def test_an_unbounded_interval_is_null_in_json() -> None:
    found = judged(stepped(["m.time_a"], step(0, 20, 0.0, 800.0, half=100.0)))
    document = json.loads(render(page(found), Format.JSON), parse_constant=_refuse)
    assert document["groups"][0]["series"][0]["change"]["high"] is None
    assert "× slower" in render(page(found), Format.TEXT)


def _refuse(word: str) -> Any:
    raise AssertionError(f"{word} is no JSON")


# --- decisions --------------------------------------------------------------------------------------


def listed(decisions: Sequence[Decision], stale: Sequence[Decision], kind: Format) -> str:
    return render_triage(decisions, stale, kind)


def test_decisions_as_text() -> None:
    one, other = decision(Ruling.ACKNOWLEDGED, "m.time_a", "m.time_b"), decision(Ruling.CONFIRMED, "m.gone")
    one = replace(one, note="a note that is far too long to be shown in a table")
    assert (
        listed([one, other], [other], Format.TEXT)
        == """\
id        state             commits             cases  by   on          note
526a0611  acknowledged      00000013..00000014      2  Ada  2026-01-02  a note that is far too long t…
526a0611  confirmed, stale  00000013..00000014      1  Ada  2026-01-02

Stale is what holds for no regression that is found now: kept, for it may come back.
Take it out with: groundspeed triage reopen ID"""
    )


def test_decisions_as_json_and_none() -> None:
    one = decision(Ruling.ACKNOWLEDGED, "m.time_a")
    document = json.loads(listed([one], [one], Format.JSON))
    assert document["schema"] == "groundspeed-triage"
    assert document["decisions"][0]["stale"] is True
    assert listed([], [], Format.TEXT).startswith("triage.toml holds no decision.")


def test_what_was_done_is_said_with_the_way_back() -> None:
    one = decision(Ruling.ACKNOWLEDGED, *(f"m.time_{name}" for name in "abcde"))
    assert written(one, NAME) == (
        "526a0611 is acknowledged for m.time_a, m.time_b, m.time_c and 2 more.\n"
        "Commit triage.toml; take it back with: groundspeed triage reopen 526a0611"
    )
    assert withdrawn([one, one], NAME) == "2 decisions about 526a0611 taken back. Commit triage.toml."
