"""The compare view in Chromium, and its verdicts against those of ``verdicts/compare.py``."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from groundspeed.config.tolerances import Tolerance, Tolerances
from groundspeed.measurements import Basis, Measurement, Missing, NoiseFloor, Stored
from groundspeed.records import Better, Failed, FailureKind, SeriesKey, Skipped
from groundspeed.results.archive import Archive, Series
from groundspeed.site.answers import Answers
from groundspeed.site.publish import publish
from groundspeed.site.subject import Subject, subject_of
from groundspeed.verdicts.compare import Compared, Comparison, Ending, Unpaired, compare_suite
from groundspeed.verdicts.judgement import NoRatio
from groundspeed.verdicts.means import means
from tests.browser import Visit, chromium, serve, site, visit
from tests.site_archives import (
    COUNT,
    HOSTILE,
    PROJECT,
    carried_archive,
    commit_hash,
    known,
    measured,
    series,
    small_archive,
    subject,
)

__all__ = ["chromium", "serve", "site", "visit"]

pytestmark = [pytest.mark.browser, pytest.mark.slow]

Visiting = Callable[..., Visit]

BASE, HEAD = 2, 3
TOLERANCES = Tolerances(default=0.05, stated=(Tolerance(glob="lax.*", metric="", share=0.5),))


# --- verdicts: the page's against Python's ------------------------------------------------------------


def pair(name: str, base: float, head: float, spread: float = 0.01, **options: Any) -> Series:
    """A series of four commits, its last two the ends that are compared."""
    return series(name, [base, base, base, head], spread=spread, **options)


def unbounded(one: Series) -> Series:
    nothing = one.values * math.nan
    return dataclasses.replace(one, low=nothing, high=nothing)


def made_series() -> list[Series]:
    """One of everything that stored values can be."""
    higher = Better.HIGHER
    failed = pair("odd.time_broken", 1.0, math.nan, failures={3: "raised: no"})
    late = pair("odd.time_fixed", math.nan, 1.0, failures={0: "no", 1: "no", 2: "no"})
    return [
        *(
            pair(f"many.time_{at}", 1e-3 * (at + 1), 1e-3 * (at + 1) * ratio, spread)
            for at, (ratio, spread) in enumerate(
                (ratio, spread)
                for ratio in (0.3, 0.8, 0.93, 1.0, 1.012, 1.07, 1.13, 1.3, 4.0)
                for spread in (0.002, 0.01, 0.04, 0.2)
            )
        ),
        pair("lax.time_allowed", 1.0, 1.3),
        pair("rate.throughput", 100.5, 80.25, unit="1/s", better=higher, metric="rate"),
        pair("rate.more", 100.5, 150.25, unit="1/s", better=higher, metric="rate"),
        unbounded(pair("bare.time", 1.0, 2.0)),
        unbounded(pair("bare.time_quiet", 1.0, 2.0)),
        unbounded(pair("bare.peakmem", 1.5e8, 1.9e8, unit="bytes")),
        unbounded(pair("bare.peakmem_same", 1.5e8, 1.501e8, unit="bytes")),
        unbounded(pair("bare.rate", 10.5, 20.5, unit="1/s", better=higher, metric="rate")),
        unbounded(pair("bare.share", -0.5, -0.75, unit="")),
        unbounded(pair("bare.share_crossing", 0.5, -0.75, unit="")),
        unbounded(pair("count.track", 1000.0, 1051.0, unit="")),
        unbounded(pair("count.track_same", 1000.0, 1049.0, unit="")),
        unbounded(pair("count.track_from_nothing", 0.0, 3.0, unit="")),
        unbounded(pair("count.track_nothing", 0.0, 0.0, unit="")),
        unbounded(pair("count.track_to_nothing", 3.0, 0.0, unit="")),
        unbounded(pair("count.track_below", -3.0, -6.0, unit="")),
        pair("zero.time_to", 1.0, 0.0),
        pair("zero.time_both", 0.0, 0.0),
        pair("wide.time", 1.0, 1.5, spread=1.5),
        failed,
        late,
        pair("odd.time_skipped", 1.0, math.nan),
        series("odd.time_new", [1.0], first=3),
        series("odd.time_gone", [1.0, 1.0, 1.0]),
        series("odd.time_redefined", [1.0, 1.0, 1.0], version="a"),
        series("odd.time_redefined", [1.0], version="b", first=3),
        series("odd.time_unversioned", [1.0, 1.0, 1.0], version="a"),
        series("odd.time_unversioned", [1.0], version=None, first=3),
    ]


def made_archive() -> Archive:
    rows = tuple(made_series())
    return Archive(
        commits=measured(4), series=rows, benchmarks={}, machines={"camel": {}}, files=4, warnings=()
    )


def floors_of(archive: Archive) -> Mapping[SeriesKey, NoiseFloor]:
    """Known of every second series, from both bases, with and without a process's part."""
    found = {}
    for at, one in enumerate(archive.series):
        if at % 2 and one.key.case.benchmark != "bare.time_quiet":
            basis = Basis.HISTORY if at % 4 == 1 else Basis.SESSIONS
            processes = None if basis is Basis.HISTORY else 0.004
            key = dataclasses.replace(one.key, version=None)
            found[key] = NoiseFloor(
                between_sessions=0.003 * (1 + at % 5), between_processes=processes, df=3.0 + at, basis=basis
            )
    return found


def endings(archive: Archive, commit: int) -> list[Ending]:
    """What ``Index.measurements`` gives of asv's files."""
    found: list[Ending] = []
    for one in archive.series:
        for row in (one.commits == commit).nonzero()[0].tolist():
            value, low, high = (float(column[row]) for column in (one.values, one.low, one.high))
            if math.isnan(value):
                failure = Failed(kind=FailureKind.RAISED, text="no")
                why = failure if row in one.failures else Skipped(reason="")
                found.append(
                    Missing(
                        key=one.key, commit=commit_hash(commit), unit=one.unit, better=one.better, why=why
                    )
                )
                continue
            found.append(
                Measurement(
                    key=one.key,
                    commit=commit_hash(commit),
                    unit=one.unit,
                    better=one.better,
                    processes=(),
                    stored=Stored(value=value, low=low, high=high),
                    carried_from=None,
                )
            )
    return found


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Comparison]:
    """The site of everything odd, and what Python says of its last two commits."""
    archive = made_archive()
    floors = floors_of(archive)
    plain = subject(archive, known(5))
    answers = Answers(floors={"camel": floors}, tolerances=TOLERANCES)
    told: Subject = subject_of(PROJECT, archive, known(5), plain.stepped, answers)
    html_dir = tmp_path_factory.mktemp("made") / "html"
    publish(told, html_dir)
    said = compare_suite(endings(archive, BASE), endings(archive, HEAD), floors=floors, tolerances=TOLERANCES)
    return html_dir, said


JUDGED = """async () => {
  const app = JSON.parse(await (await fetch("manifest.json")).text()).app;
  const at = (name) => import(new URL(`${app}${name}`, location.href.split("#")[0]).href);
  const { Store } = await at("data.js");
  const [moments, suite] = [await at("views/compare/moments.js"), await at("views/compare/suite.js")];
  const store = new Store(await (await fetch("manifest.json")).json(), new URL(".", location.href));
  await store.load();
  const [contents, lines] = [await moments.contentsOf(store), await store.piece("lines")];
  const machine = contents.machines[0];
  const noise = await moments.noiseOf(store, machine);
  const side = async (place) => ({ machine: machine.name, environment: null, place, noise,
    cells: await moments.momentOf(store, contents, machine, place) });
  const { rows } = suite.compared(lines, store.index.benchmarks, await side(2), await side(3));
  const mean = suite.meanOf(rows, "s");
  return { mean, rows: rows.map(({ name, said, judgement }) => ({ name, said, ratio: judgement?.ratio ?? null,
    tolerance: judgement?.tolerance ?? null })) };
}"""


def test_the_page_judges_as_python_does(made: tuple[Path, Comparison], visit: Visiting) -> None:
    """Values are rounded to 0.05 %, bounds outward by a quarter at most: intervals are as wide or wider."""
    html_dir, said = made
    page = visit(html_dir).go("#/compare")
    found = page.evaluate(JUDGED)
    theirs = {one["name"]: one for one in found["rows"]}
    ours = {
        f"{row.key.case}@{row.key.metric}" if row.key.metric else str(row.key.case): row for row in said.rows
    }
    assert theirs.keys() == ours.keys()
    words = {"failed at both ends": "failed"}
    differing = []
    for name, row in ours.items():
        one = theirs[name]
        if isinstance(row, Unpaired):
            assert one["said"] == words.get(row.status, row.status), name
            continue
        if one["said"] != row.judgement.verdict:
            differing.append((name, one["said"], str(row.judgement.verdict)))
        assert one["tolerance"] == pytest.approx(row.judgement.tolerance), name
        check_ratio(name, one["ratio"], row)
    # what rounding outward costs: a verdict may become inconclusive, and nothing else
    assert all(theirs_said == "inconclusive" for _, theirs_said, _ in differing)
    assert len(differing) <= 3, differing
    mean = next(one for one in means(said.compared) if one.unit == "s" and not one.module)
    assert found["mean"]["count"] == mean.rows
    assert found["mean"]["ratio"] == pytest.approx(mean.ratio.centre, rel=1e-3)


def check_ratio(name: str, found: dict[str, float] | None, row: Compared) -> None:
    ratio = row.judgement.ratio
    if found is None or isinstance(ratio, NoRatio):
        assert found is None, name
        assert isinstance(ratio, NoRatio), name
        return
    assert found["centre"] == pytest.approx(ratio.centre, rel=1.1e-3), name
    if not math.isfinite(ratio.high):
        return
    assert found["low"] <= ratio.low + abs(ratio.low) * 0.0011, name
    assert found["high"] >= ratio.high - abs(ratio.high) * 0.0011, name
    if ratio.low > 0 and found["low"] > 0:
        half, wider = math.log(ratio.high / ratio.low), math.log(found["high"] / found["low"])
        assert wider <= half * 1.3 + 0.004, (
            name
        )  # a quarter at either end, and what rounding the values makes


STUDENT = """async (cases) => {
  const app = JSON.parse(await (await fetch("manifest.json")).text()).app;
  const module = new URL(`${app}views/compare/student.js`, location.href.split("#")[0]);
  const { stdtr, quantile995 } = await import(module.href);
  return cases.map(([df, t]) => [stdtr(df, t), quantile995(df)]);
}"""


def test_students_t_is_scipys(site: Path, visit: Visiting) -> None:
    from scipy.special import stdtr, stdtrit

    cases = [
        (df, t)
        for df in (1.0, 1.7, 3.0, 8.5, 30.0, 400.0, 9e4, 1e6)
        for t in (-40.0, -6.5, -2.58, -0.3, 0.0, 0.7, 1.96, 5.0)
    ]
    found = visit(site).go("#/").evaluate(STUDENT, cases)
    for (df, t), (chance, quantile) in zip(cases, found, strict=True):
        assert chance == pytest.approx(float(stdtr(df, t)), rel=1e-6, abs=1e-300), (df, t)
        assert quantile == pytest.approx(float(stdtrit(df, 0.995)), rel=1e-7), df


# --- the page ----------------------------------------------------------------------------------------


def open_compare(visited: Visit, words: str = "") -> Page:
    page = visited.go(f"#/compare{words}")
    page.wait_for_selector(".rows-body .row")
    return page


def shown(page: Page) -> list[str]:
    found: list[str] = page.eval_on_selector_all(
        ".rows-body .row .name a", "links => links.map(one => one.textContent)"
    )
    return found


def test_two_commits_are_compared_case_by_case(site: Path, visit: Visiting) -> None:
    page = open_compare(visit(site), "?base=v1.0&head=newest&machine=camel")
    assert page.locator(".chip").all_inner_texts()[0].split() == ["▲", "1", "slower"]
    assert shown(page)[0] == "walk.Desert.time_cross"
    row = page.locator(".rows-body .row").first.inner_text()
    assert "1.3" in row
    assert "slower" in row
    assert "groundspeed compare 0000000a 0000001d --machine camel" in page.locator(".how").inner_text()
    assert page.locator("canvas.ratios").get_attribute("aria-valuemax") is not None
    assert HOSTILE in page.locator(".compared").inner_text()


def test_filters_stand_in_the_address(site: Path, visit: Visiting) -> None:
    page = open_compare(visit(site), "?base=v1.0&machine=camel")
    page.click(".chip[data-said=slower]")
    page.wait_for_function("location.hash.includes('show=slower')")
    assert shown(page) == ["walk.Desert.time_cross"]
    page.go_back()
    page.fill("#words", "herd goat")
    page.wait_for_function("location.hash.includes('q=herd')")
    assert all("Herd" in name and "goat" in name for name in shown(page))
    assert len(shown(page)) == 3
    page.select_option("#least", "2")
    assert "none is left" in page.locator(".result > p.quiet").inner_text()


def test_a_case_leads_to_its_history_with_both_commits(site: Path, visit: Visiting) -> None:
    page = open_compare(visit(site), "?base=v1.0&machine=camel&show=slower")
    address = page.locator(".rows-body .row a").first.get_attribute("href") or ""
    assert address.startswith("#/benchmark/walk.Desert.time_cross?machine=camel")
    assert "commit=0000001d" in address
    assert "from=" in address
    page.focus("canvas.ratios")
    page.keyboard.press("End")
    page.keyboard.press("Home")
    assert "slower ×1.3" in (page.locator("canvas.ratios").get_attribute("aria-valuetext") or "")
    page.keyboard.press("Enter")
    page.wait_for_function("location.hash.startsWith('#/benchmark/walk.Desert.time_cross')")


def test_a_commit_is_found_by_words_and_taken_by_keyboard(site: Path, visit: Visiting) -> None:
    page = open_compare(visit(site), "?machine=camel")
    page.focus("#base")
    page.keyboard.type("number 12")
    option = page.locator("#base-list [role=option]").first
    assert "Change number 12" in option.inner_text()
    assert page.locator("#base").get_attribute("aria-activedescendant") == option.get_attribute("id")
    page.keyboard.press("Enter")
    page.wait_for_function("location.hash.includes('base=0000000c')")
    assert page.evaluate("document.activeElement.id") == "base"
    page.keyboard.press("ArrowDown")
    assert "the one before" in page.locator("#base-list [role=option]").first.inner_text()
    page.keyboard.press("Escape")
    assert page.locator("#base-list").is_hidden()


def test_two_machines_are_compared_at_the_newest_commit_of_both(site: Path, visit: Visiting) -> None:
    page = open_compare(visit(site), "?machines=camel,oryx")
    assert shown(page)[0] == "walk.Desert.time_cross"
    assert "At the newest commit that both have." in page.locator(".lead").inner_text()
    assert "not why" in page.locator(".how").inner_text()


def test_what_was_carried_over_is_the_same_for_certain(tmp_path: Path, visit: Visiting) -> None:
    publish(subject(carried_archive()), tmp_path / "html")
    page = open_compare(
        visit(tmp_path / "html"),
        f"?machine=camel&base={commit_hash(10)[:8]}&head={commit_hash(COUNT - 1)[:8]}",
    )
    row = page.locator(".rows-body .row", has_text="time_cross").inner_text()
    assert all(text in row for text in ("same", "◇", "1.00×"))


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("?base=nowhere", "names no commit of this site"),
        ("?machines=camel,nobody", "knows no two machines"),
        (f"?machine=oryx&base={commit_hash(12)[:8]}", ""),
    ],
)
def test_what_cannot_be_compared_is_said_in_words(site: Path, visit: Visiting, words: str, text: str) -> None:
    page = visit(site).go(f"#/compare{words}")
    assert text in page.locator(".lead").inner_text()


def test_the_csv_holds_what_is_shown(site: Path, visit: Visiting) -> None:
    page = open_compare(visit(site), "?base=v1.0&machine=camel&show=slower")
    with page.expect_download() as waiting:
        page.click("text=CSV of these cases")
    lines = Path(waiting.value.path()).read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("case,environment,unit,better,base,head,ratio")
    assert len(lines) == 2
    assert lines[1].startswith("walk.Desert.time_cross,virtualenv-py3.11,s,lower,")


def test_a_site_without_two_commits_says_what_to_do(tmp_path: Path, visit: Visiting) -> None:
    publish(subject(small_archive()), tmp_path / "html")
    manifest = json.loads((tmp_path / "html" / "manifest.json").read_bytes())
    del manifest["files"]["moments"]
    (tmp_path / "html" / "manifest.json").write_text(json.dumps(manifest))
    page = visit(tmp_path / "html").go("#/compare")
    assert "nothing to compare" in page.locator("main").inner_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_it_without_scrolling_sideways(site: Path, visit: Visiting, scheme: str) -> None:
    page = open_compare(visit(site, viewport={"width": 390, "height": 844}, color_scheme=scheme))
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
