"""The site with the reports of its machines: which there are, where they lie, the way to them in Chromium."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from groundspeed.config import Configuration, load
from groundspeed.errors import NothingMeasuredError
from groundspeed.publishing import publish_project
from groundspeed.records import Case
from groundspeed.results.profiles import profile_path
from groundspeed.results.store import ResultStore
from groundspeed.site.folder import SiteFolder
from groundspeed.site.pieces.reports import Report, put_reports
from groundspeed.site.publish import MANIFEST
from tests.browser import Visit, chromium, serve, visit
from tests.commands import groundspeed
from tests.profiled import profile, stored
from tests.repositories import CommitSpec, make_repository
from tests.results_records import MACHINE, PY, T0, benchmark, measured, run, session

__all__ = ["chromium", "serve", "visit"]  # fixtures

Visitor = Callable[..., Visit]

WORK = "asv_runner/time.py:run:5 > benchmarks/m.py:time_x:3 > sample/work.py"
STACKS = {f"{WORK}:step:12 > copy.py:deepcopy:128": 0.5, f"{WORK}:tidy:40": 0.01, "other.py:run:5": 0.29}
BOTH = ("baseline.html", "baseline.md", "bottlenecks.html", "bottlenecks.md")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of one commit, measured on the machine box: m.time_x takes 1 ms. Nothing is profiled."""
    root = tmp_path_factory.mktemp("publishing")
    (commit,) = make_repository(root, [CommitSpec("one", {"src/sample/work.py": "", "benchmarks/m.py": ""})])
    (root / "asv.conf.json").write_text('{"version": 1, "repo": ".", "branches": ["main"]}', "utf-8")
    store = ResultStore(root / "results", MACHINE)
    store.begin(session(1, [benchmark("m.time_x")], [PY], [commit]))
    store.add(run(Case(benchmark="m.time_x", params=()), measured(1e-3), commit, at=T0))
    store.close()
    (root / "commit").write_text(commit, encoding="utf-8")
    return root


@pytest.fixture
def project(made: Path, tmp_path: Path) -> Configuration:
    """A copy of it, published nowhere yet."""
    return load(shutil.copytree(made, tmp_path / "project"))


@pytest.fixture
def profiled(project: Configuration) -> Configuration:
    """With a CPU profile of the case, 0.8 s of which step takes 0.5 s."""
    root = project.suite.root
    stored(root, (root / "commit").read_text(encoding="utf-8"), "m.time_x", "cpu", STACKS)
    return project


def files(project: Configuration) -> dict[str, str]:
    """What the manifest names."""
    wire = json.loads((project.suite.html_dir / MANIFEST).read_bytes())
    return dict(wire["files"])


def reports(project: Configuration) -> dict[str, str]:
    """The reports that lie there, by address."""
    html_dir = project.suite.html_dir
    found = (path for path in (html_dir / "reports").rglob("*") if path.is_file())
    return {path.relative_to(html_dir).as_posix(): path.read_text(encoding="utf-8") for path in found}


def listed(project: Configuration) -> list[dict[str, object]]:
    name = files(project)["reports"]
    wire = json.loads((project.suite.html_dir / name).read_bytes())
    assert (wire["format"], wire["version"]) == ("groundspeed-reports", 1)
    return list(wire["reports"])


def test_a_machine_with_profiles_has_both_reports(profiled: Configuration) -> None:
    """As the commands write them; pages have the way back to the history. 0.5 of 0.8 s are 62.5 %."""
    root = profiled.suite.root
    assert publish_project(profiled).warnings == ()
    there = reports(profiled)
    assert sorted(there) == [f"reports/box/{name}" for name in BOTH]
    for name in BOTH:
        command = ["report"] if name.startswith("baseline") else ["bottlenecks", "--top", "20"]
        groundspeed(root, *command, "-o", name)
        text = there[f"reports/box/{name}"]
        assert text.count("../../index.html") == name.endswith("html")
        way = '<p><a href="../../index.html">All of the history</a></p>'
        assert text.replace(way, "") == (root / name).read_text(encoding="utf-8")
    assert "62.5 % of the CPU time" in there["reports/box/bottlenecks.md"]
    rows = [(one["machine"], one["title"], one["html"], one["markdown"]) for one in listed(profiled)]
    assert rows == [
        ("box", "How it stands", "reports/box/baseline.html", "reports/box/baseline.md"),
        ("box", "What costs most", "reports/box/bottlenecks.html", "reports/box/bottlenecks.md"),
    ]
    said = listed(profiled)[1]["said"]
    assert said == [
        "1 bottleneck above the thresholds, 1 of high priority.",
        "1 profile and 0 growths were judged.",
    ]


def test_what_did_not_change_is_not_written_again(profiled: Configuration) -> None:
    publish_project(profiled, now=lambda: T0)
    assert publish_project(profiled, now=lambda: T0).written == ()


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ("", []),
        ("[bottlenecks]\ntop = 3\n", []),  # a rule for what somebody may ask for
        ('[report]\nspeed = "m.time_x"\n', ["baseline.html", "baseline.md"]),  # nothing was profiled
        ('[plan.faster]\n"m.time_x" = "-10 %"\n', ["baseline.html", "baseline.md"]),  # between no commits
        (
            '[plan."../x"]\n"m.time_x against m.time_x" = "-10 %"\n',
            ["baseline.html", "baseline.md", "plan-..%2Fx.html", "plan-..%2Fx.md"],
        ),
    ],
)
def test_there_are_reports_where_there_is_something_to_report(
    project: Configuration, stated: str, expected: list[str]
) -> None:
    root = project.suite.root
    (root / "groundspeed.toml").write_text(stated, encoding="utf-8")
    publish_project(load(root))
    assert sorted(reports(project)) == [f"reports/box/{name}" for name in expected]
    assert ("reports" in files(project)) == bool(expected)


def test_what_is_reported_no_more_is_swept(profiled: Configuration) -> None:
    """A stranger's files stay, those that are called like ours but lie elsewhere too."""
    publish_project(profiled)
    html_dir = profiled.suite.html_dir
    for mine in ("reports/notes.html", "reports/box/notes.txt"):
        (html_dir / mine).write_text("mine", encoding="utf-8")
    shutil.rmtree(profiled.suite.results_dir / "box" / "profiles")
    gone = publish_project(profiled).removed
    assert sorted(one for one in gone if one.startswith("reports/")) == [
        f"reports/box/{name}" for name in BOTH
    ]
    assert set(reports(profiled).values()) == {"mine"}


def test_the_report_of_a_plan_that_is_gone_is_swept(project: Configuration) -> None:
    stated = project.suite.root / "groundspeed.toml"
    stated.write_text('[plan.x]\n"m.time_x against m.time_x" = "-10 %"\n', encoding="utf-8")
    publish_project(load(project.suite.root))
    assert "reports/box/plan-x.html" in reports(project)
    stated.write_text('[report]\nspeed = "m.time_x"\n', encoding="utf-8")
    publish_project(load(project.suite.root))
    assert sorted(reports(project)) == ["reports/box/baseline.html", "reports/box/baseline.md"]


def test_a_machine_that_was_only_profiled_has_no_baseline(project: Configuration) -> None:
    root = project.suite.root
    commit = (root / "commit").read_text(encoding="utf-8")
    case = Case(benchmark="m.time_x", params=())
    profile(profile_path(project.suite.results_dir, "lab", commit, case, "cpu"), STACKS)
    publish_project(project)
    assert sorted(reports(project)) == ["reports/lab/bottlenecks.html", "reports/lab/bottlenecks.md"]


def test_a_report_that_cannot_be_made_is_a_warning(profiled: Configuration) -> None:
    """A limit in bytes on what takes seconds: the state cannot be told, what costs most can."""
    root = profiled.suite.root
    (root / "groundspeed.toml").write_text('[targets]\n"m.time_x" = "< 5 MB"\n', encoding="utf-8")
    (warning,) = publish_project(load(root)).warnings
    assert warning.startswith("The page has no baseline report of box: ")
    assert "is measured in seconds, the limit is in bytes" in warning
    assert sorted(reports(profiled)) == ["reports/box/bottlenecks.html", "reports/box/bottlenecks.md"]


def test_profiles_without_results_are_no_history(profiled: Configuration) -> None:
    results = profiled.suite.results_dir
    for path in (*results.glob("*.json"), *results.glob("box/*.json"), results / "box" / "sessions"):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    with pytest.raises(NothingMeasuredError, match=r"There are profiles in .*, 1 in all, but no results"):
        publish_project(profiled)


@pytest.mark.parametrize(
    ("machine", "folder"),
    [
        ("rtx5090-box_2.local", "rtx5090-box_2.local"),
        ("..", "%2E."),
        (".hidden", "%2Ehidden"),
        ("a/../../b", "a%2F..%2F..%2Fb"),
        ("50 %#?", "50%20%25%23%3F"),
        ("Öl", "%C3%96l"),
    ],
)
def test_a_machine_may_be_called_anything(tmp_path: Path, machine: str, folder: str) -> None:
    one = Report(
        machine=machine, name="baseline", title="t", commit="c" * 40, said=(), html="page", markdown="text"
    )
    site = SiteFolder(tmp_path / "html")
    name = put_reports(site, [one])
    assert (site.path / "reports" / folder / "baseline.html").read_text(encoding="utf-8") == "page\n"
    assert site.written == [f"reports/{folder}/baseline.html", f"reports/{folder}/baseline.md", name]
    assert put_reports(site, []) is None
    later = SiteFolder(site.path)
    later.sweep()
    assert sorted(later.removed) == sorted(site.written)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


# --- in Chromium ----------------------------------------------------------------------------------


@pytest.mark.browser
def test_the_overview_leads_to_what_costs_most_and_back(profiled: Configuration, visit: Visitor) -> None:
    """One click there, one back; `visit` refuses errors, and requests to anybody else."""
    publish_project(profiled)
    visited = visit(profiled.suite.html_dir)
    page = visited.go()
    page.get_by_role("article").get_by_role("link", name="What costs most").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Bottlenecks of project on box")
    row = page.get_by_role("region", name="What costs most").get_by_role("row").nth(1)
    expect(row).to_contain_text("step")
    expect(row).to_contain_text("62.5 % of the CPU time")
    asked = len(visited.requests)
    page.get_by_role("link", name="All of the history").click()
    expect(page.locator("main#main h1")).to_have_text("project")
    page.get_by_role("link", name="How it stands").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("project on box")
    assert len(visited.requests) > asked


@pytest.mark.browser
def test_machines_and_profiles_lead_there_too(profiled: Configuration, visit: Visitor) -> None:
    publish_project(profiled)
    visited = visit(profiled.suite.html_dir)
    page = visited.go("#/machines")
    said = page.locator(".reports dd").nth(1)
    expect(said).to_have_text(re.compile("^1 bottleneck above the thresholds, 1 of high priority. .* At "))
    with page.expect_download() as download:
        page.get_by_role("link", name="Markdown").nth(1).click()
    assert download.value.suggested_filename == "bottlenecks.md"
    page = visited.go("#/profiles")
    page.get_by_role("link", name="What costs most on box").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Bottlenecks of project on box")


@pytest.mark.browser
def test_an_odd_name_of_a_machine_leads_to_its_report(profiled: Configuration, visit: Visitor) -> None:
    """What is encoded once for the file system is encoded again for the address."""
    publish_project(profiled)
    html_dir = profiled.suite.html_dir
    (one,) = (report for report in listed(profiled) if report["name"] == "bottlenecks")
    (html_dir / "reports" / "box").rename(html_dir / "reports" / "a%23%25%2Fb")
    one["html"] = "reports/a%23%25%2Fb/bottlenecks.html"
    (html_dir / files(profiled)["reports"]).write_text(
        json.dumps({"format": "groundspeed-reports", "version": 1, "reports": [one]}), encoding="utf-8"
    )
    page = visit(html_dir).go()
    page.get_by_role("link", name="What costs most").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Bottlenecks of project on box")
