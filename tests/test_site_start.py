"""The start page in a real Chromium, shown answers written by hand: is it all right, and what changed?"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from groundspeed.site.publish import publish
from tests.browser import Visit, chromium, serve, visit
from tests.site_archives import HOSTILE, small_archive, subject
from tests.site_payloads import DAY, START, Wire, add_pieces, changes, commits, health, lines, targets

__all__ = ["chromium", "serve", "visit"]  # fixtures

pytestmark = pytest.mark.browser

Visitor = Callable[..., Visit]

NOW = START + 50 * DAY  # camel's last session was on day 29 and is old on day 43, oryx's on day 45


def brief(group: Wire) -> Wire:
    kept = ("id", "state", "range", "machines", "series", "cases", "benchmarks", "median")
    return {key: group[key] for key in kept} | {
        "worst": max(group["affected"], key=lambda row: float(row["factor"]))
    }


def trend(module: str, machine: str, mean: list[float | None], lately: float) -> Wire:
    at = [START + place * DAY for place in range(len(mean))]
    return {
        "module": module,
        "machine": machine,
        "lines": 9,
        "at": at,
        "mean": mean,
        "ratio": mean[-1],
        "lately": lately,
    }


def complaint(kind: str, words: list[str], *, machine: str = "", single: bool = False, **days: int) -> Wire:
    """Moments are days after the first commit."""
    moments = dict.fromkeys(("since", "due_at", "as_of")) | {
        key: START + at * DAY for key, at in days.items()
    }
    return {"kind": kind, "machine": machine, "single": single, "words": words, **moments}


def start_payload() -> Wire:
    found = changes()
    worse = [brief(one) for one in found["worse"] if one["open"]]
    better = [brief(one) for one in found["better"] if one["open"]]
    return {
        "commits": commits(),
        "lines": lines(),
        "machines": [
            health("camel", "commit", START + 29 * DAY, vanished=1),
            health(HOSTILE, "file", START + 45 * DAY, failing=0),
        ],
        "complaints": [
            complaint("results are old", ["Nothing was measured for ", "."], since=29, due_at=60),
            complaint(
                "machine is silent",
                ["camel measured nothing for ", ", not a day."],
                machine="camel",
                since=29,
                due_at=43,
            ),
            complaint(
                "machine is silent", ["oryx measured nothing for ", "."], machine="oryx", since=45, due_at=60
            ),
            complaint("not published", [f"groundspeed deploy failed: {HOSTILE}"], as_of=46),
            complaint("benchmark fails", ["walk.Herd.time_count failed"], single=True),
        ],
        "complaints_total": 40,
        "recent": [
            {"machine": "camel", "commit": 29, "values": 14, "failures": 1, "carried": 0},
            {"machine": "camel", "commit": 28, "values": 14, "failures": 0, "carried": 3},
        ],
        "failing": [{"commit": 29, "line": 3, "cases": 2, "text": f"ValueError: {HOSTILE}"}],
        "failing_total": 40,
        "vanished": [
            {
                "machine": "camel",
                "benchmark": "old.time_gone",
                "cases": 1,
                "commit": 7,
                "why": "dropped",
                "missed": 3,
            }
        ],
        "vanished_total": 1,
        "open": 2,
        "confirmed": 1,
        "worse": worse,
        "worse_total": 2,
        "better": better,
        "better_total": 1,
        "targets": {"holds": 1, "fails": 1, "inconclusive": 1, "missing": 1},
        "missed": [row for row in targets()["rows"] if row["state"] in ("fails", "missing")],
        "trends": [
            trend("walk", "camel", [1.0, 1.0, 1.3, 1.3], 1.3),
            *(trend(f"module{place}", "camel", [None, 1.0, 0.5, 0.5], 1.0) for place in range(13)),
            trend("water", "oryx", [1.0, 1.01], 1.0),
        ],
        "notices": [f"No size is stated for {HOSTILE}"],
    }


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    html_dir = tmp_path_factory.mktemp("start") / "html"
    publish(subject(small_archive()), html_dir)
    add_pieces(html_dir, {"start": start_payload()})
    return html_dir


def opened(site: Path, visit: Visitor, now: float = NOW, place: str = "#/") -> Page:
    visited = visit(site)
    visited.page.clock.set_fixed_time(now)
    return visited.go(place)


def test_it_says_first_whether_all_is_right(site: Path, visit: Visitor) -> None:
    page = opened(site, visit)
    expect(page.locator(".sign")).to_have_text(
        [
            "! not published",
            "! 1 machine stale",
            "▲ 2 open regressions, 1 confirmed",
            "✕ 1 target missed",
            "? 1 target without data",
            "✕ 1 failed",
            "∅ 1 vanished",
            "▲ 2 hosts changed",
            "✓ 1 target met",
        ]
    )
    page.locator(".sign", has_text="2 open regressions").click()
    assert page.evaluate("location.hash") == "#/regressions"


def test_old_data_is_loud_by_the_clock_of_who_reads(site: Path, visit: Visitor) -> None:
    """21 days after the last measurement, 14 of them allowed: 50 - 29 = 21; oryx has 9 days to go."""
    page = opened(site, visit)
    camel, other = page.locator(".host").nth(0), page.locator(".host").nth(1)
    expect(camel).to_contain_text("Stale: nothing measured for 21 days (usually every 2 days)")
    expect(camel).to_contain_text("newest commit of 2024-03-30, 21 days ago")
    expect(camel).to_contain_text("the host itself changed: control 1.04×")
    expect(camel).to_contain_text("AMD Ryzen 9 7950X · 32 CPUs · 63 GiB · Linux 6.1")
    expect(other.locator("h2")).to_have_text(HOSTILE)
    expect(other).not_to_contain_text("Stale")
    expect(other).to_contain_text("measured 2024-04-15, 5 days ago")  # asv's file tells when
    fresh = opened(site, visit, START + 40 * DAY)
    expect(fresh.locator(".host").first).not_to_contain_text("Stale")


def test_complaints_stand_in_one_place_and_say_which_moment_they_are_of(site: Path, visit: Visitor) -> None:
    """Two are not due yet; 35 of single benchmarks are not listed: 40 less 5."""
    page = opened(site, visit)
    sheet = page.get_by_role("region", name="Unhealthy: 38 complaints")
    shared = sheet.locator(":scope > ul > li")
    expect(shared).to_have_count(2)
    expect(shared.first).to_have_text("machine is silent: camel measured nothing for 21 days, not a day.")
    expect(shared.last).to_contain_text(f"not published: groundspeed deploy failed: {HOSTILE} So it was")
    expect(shared.last).to_contain_text("when this page was published, 2024-04-16 09:30 UTC.")
    single = sheet.locator("details")
    expect(single.locator("li")).to_be_hidden()
    single.locator("summary", has_text="36 of single benchmarks").click()
    expect(single.locator("li")).to_have_text(["benchmark fails: walk.Herd.time_count failed"])
    expect(single).to_contain_text("35 more are not listed.")


def test_a_machine_that_is_retired_or_never_measured_says_so(tmp_path: Path, visit: Visitor) -> None:
    """Nobody waits for the one; the other is silent for ever, whatever the clock."""
    retired = health("camel", "commit", START, stale_at=None, retired=True)
    never = health("oryx", "commit", START, stale_at=None, last=None)
    publish(subject(small_archive()), tmp_path / "html")
    add_pieces(tmp_path / "html", {"start": start_payload() | {"machines": [retired, never]}})
    page = opened(tmp_path / "html", visit, START)
    expect(page.locator(".host")).to_contain_text(["Retired: nobody waits for it.", "nothing measured yet"])
    expect(page.locator(".host.old h2")).to_have_text(["oryx"])


def test_changes_stand_by_commit_with_a_way_to_the_group_and_the_case(site: Path, visit: Visitor) -> None:
    page = opened(site, visit)
    worse = page.get_by_role("region", name="Regressions lately").locator("li")
    expect(worse).to_have_count(2)
    expect(worse.nth(0)).to_contain_text("1.30× worse")
    expect(worse.nth(0)).to_contain_text("2024-03-19 00000012 Change number 18")
    expect(worse.nth(0)).to_contain_text("2 cases on camel, oryx; most in walk.Desert.time_cross 2.50×")
    expect(worse.nth(1)).to_contain_text(f"● confirmed2024-03-04 00000003 Escape {HOSTILE}")
    links = worse.nth(0).locator("a").evaluate_all("(all) => all.map((one) => one.getAttribute('href'))")
    assert links[0] == "#/regressions?id=aaaa0001"
    assert links[-1] == "#/benchmark/walk.Desert.time_cross?machine=oryx&env=virtualenv-py3.11"
    better = page.get_by_role("region", name="Improvements lately").locator("li")
    expect(better).to_have_count(1)
    expect(better).to_contain_text("2.00× better")


def test_troubles_are_named_and_counted(site: Path, visit: Visitor) -> None:
    page = opened(site, visit)
    failed = page.get_by_role("region", name="Failed when last measured")
    expect(failed).to_contain_text("2 cases on camel at 0000001d, 2024-03-30")
    expect(failed.locator(".why")).to_have_text(f"ValueError: {HOSTILE}")
    expect(failed).to_contain_text("39 more are not listed.")
    expect(page.get_by_role("region", name="Vanished")).to_contain_text("the suite has it no more")
    missed = page.get_by_role("region", name="Targets missed")
    expect(missed.locator("li")).to_have_count(2)
    expect(missed.locator("li").nth(0)).to_contain_text("✕ missed3.000 ms, wanted")


def test_modules_are_shown_a_machine_at_a_time_and_the_address_keeps_it(site: Path, visit: Visitor) -> None:
    page = opened(site, visit)
    modules = page.locator(".trends li")
    expect(modules).to_have_count(12)
    expect(modules.first).to_contain_text("walk▲ 1.30×")
    expect(modules.first).to_contain_text("lately +30 % · 9 series")
    page.get_by_role("button", name="Show all 14 modules").click()
    expect(modules).to_have_count(14)
    page.get_by_role("button", name="oryx").click()
    expect(modules).to_have_text(["water= 1.01×lately ±0 % · 9 series"])
    assert page.evaluate("location.hash") == "#/?machine=oryx&all="
    page.reload()
    expect(modules).to_have_count(1)
    modules.first.locator("a").click()
    assert page.evaluate("location.hash") == "#/benchmarks?q=water."


def test_a_site_without_answers_says_what_to_do(visit: Visitor, tmp_path: Path) -> None:
    publish(subject(small_archive()), tmp_path / "html")
    add_pieces(tmp_path / "html", {})
    manifest = tmp_path / "html" / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"start":', '"begin":'))
    page = visit(tmp_path / "html").go()
    expect(page.locator(".command code")).to_have_text("groundspeed publish")
