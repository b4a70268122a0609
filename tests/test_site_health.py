"""The night is switched off, and a page that was published before is read later, in a real Chromium."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect

from groundspeed.config import load
from groundspeed.records import Case
from groundspeed.results.store import ResultStore
from groundspeed.site.publish import publish_results
from groundspeed.verdicts.complaints import examine
from groundspeed.verdicts.reading import ProjectResults, read
from tests.browser import Visit, chromium, serve, visit
from tests.readings import made, measure
from tests.results_records import MACHINE, PY, benchmark, build, measured, run, session

__all__ = ["chromium", "serve", "visit"]  # fixtures

pytestmark = pytest.mark.browser

LAST = datetime(2026, 1, 5, 3, 4, 5, tzinfo=UTC)  # box: measured daily, the third time
DAY = timedelta(days=1)
BOX, BEES = LAST + 4 * DAY, LAST + 12 * DAY
"""When each is silent for too long: four times a day; 14 days after the 3rd, once tells no habit."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Project:
    """Published the day after the last measurement, and what it was published of."""

    html_dir: Path
    reading: ProjectResults


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """``box`` measured on three days, ``bees`` on the first of them."""
    root = tmp_path_factory.mktemp("health") / "project"
    hashes = made(root)
    for number, commit in enumerate(hashes, start=1):
        measure(root, number, {commit: 1.0}, "m.time_a", "v1")
    once = replace(session(1, [benchmark("m.time_a", version="v1")], [PY], hashes[:1]), machine="bees")
    store = ResultStore(root / "results", {**MACHINE, "machine": "bees"})
    store.begin(once)
    store.add(build(hashes[0]))
    store.add(run(Case(benchmark="m.time_a", params=()), measured(1.0), hashes[0], version="v1"))
    store.close()
    configuration = load(root)
    return Project(
        html_dir=publish_results(configuration, now=lambda: LAST + DAY).html_dir, reading=read(configuration)
    )


@pytest.mark.parametrize(
    ("now", "signs", "old"),
    [
        (BOX - timedelta(seconds=1), ["✓ no open regression"], []),
        (BOX, ["! 1 machine stale", "✓ no open regression"], ["box"]),
        (BEES, ["! results are old", "! 2 machines stale", "✓ no open regression"], ["bees", "box"]),
    ],
)
def test_the_page_turns_red_when_nobody_measures_any_more(
    project: Project, visit: Callable[..., Visit], now: datetime, signs: list[str], old: list[str]
) -> None:
    """The overview says what groundspeed health says then, word by word; the machines turn as well."""
    visited = visit(project.html_dir)
    visited.page.clock.set_fixed_time(now)
    page = visited.go()
    expect(page.locator(".sign")).to_have_text(signs)
    expect(page.locator(".host.old h2")).to_have_text(old)
    complaints = page.get_by_role("region", name="Unhealthy")
    expect(complaints).to_have_count(1 if old else 0)
    said = [f"{one.kind}: {one.text}" for one in examine(project.reading, now).complaints]
    expect(complaints.locator("li")).to_have_text(said)
    health = visited.go("#/machines").locator(".health")
    expect(health).to_have_count(2)
    expect(health.filter(has_text="old: last measured")).to_have_count(len(old))


def test_a_site_does_not_change_with_the_clock_until_there_is_a_complaint(project: Project) -> None:
    """Nothing is written, so nothing is pushed. In the hour after, the two say so that others read without a
    clock.
    """
    configuration = project.reading.configuration
    assert publish_results(configuration, now=lambda: BOX - timedelta(seconds=1)).written == ()
    due = BOX + timedelta(hours=1)
    assert publish_results(configuration, now=lambda: due).written == ("badge.svg", "summary.json")
    assert publish_results(configuration, now=lambda: LAST + DAY).written == ("badge.svg", "summary.json")
