"""Profiles on a site: their names on disk, what is published of them, and speedscope in a real Chromium."""

from __future__ import annotations

import dataclasses
import gzip
import hashlib
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import expect

from groundspeed.errors import GroundspeedError
from groundspeed.records import Case
from groundspeed.results.profiles import profile_path, stem_of, stored_profiles
from groundspeed.site.answers import Answers
from groundspeed.site.pieces.profiles import viewer_files
from groundspeed.site.publish import MANIFEST, publish
from tests.browser import Visit, chromium, serve, visit
from tests.site_archives import HOSTILE, commit_hash, small_archive, subject

__all__ = ["chromium", "serve", "visit"]  # fixtures

Visitor = Callable[..., Visit]

SCHEMA = "https://www.speedscope.app/file-format-schema.json"
# sha256 of the files of npm's speedscope@1.25.0: dist/release, and the package's LICENSE
SPEEDSCOPE = {
    "LICENSE": "6244b13e9bf25cfd42d81c939d6c535d932596e8c320050234f2c2ac5a6f36a0",
    "SourceCodePro-Regular.ttf-ILST5JV6.woff2": "8badfe75c98da1e8315a52619f177def4618350f7b3e496baf5b8894da2c2ac0",  # noqa: E501  # a digest
    "favicon-16x16-V2DMIAZS.js": "c0f242e15ad5552b1fabfbd8aeff1afe5e28b628bda0f8e27e4998cb355b2a0e",
    "favicon-16x16-VSI62OPJ.png": "a62a6da7742b43ee798b106b709aa82eafd1b500ef050427cfec05e4d41dacac",
    "favicon-32x32-3EB2YCUY.png": "9ea6e6d13b7b8064187866deba1e8674d8ba25071279ba7b15f34b54df2508d0",
    "favicon-32x32-THY3JDJL.js": "19e14dad956dd3f1735081687479f9ef127fd7060e324a48569b57b5ebf34546",
    "favicon-FOKUP5Y5.ico": "45701858a8fe9daccd63d2cb5749fdbd155a471b5fc391d04f3f61d18a9efcdd",
    "favicon-M34RF7BI.js": "8a8fc32e3eeca5da272fcea04585a97e47c411c604ae9d8386a3bba02f95ef99",
    "file-format-schema.json": "03d098921294fca54ac1b67ea050138d867e44228c7cb140d958fbdfe345c911",
    "index.html": "6388a3a5e74c5dd60352cff13a26154a76770fdddc488ecef8992531f3c1744f",
    "jfrview_bg-BLJXNNQB.wasm": "8538ff05a6a76f6bb3177aa0841d54dba92db6cb6435a4917fa4d25d908092c6",
    "perf-vertx-stacks-01-collapsed-all-ZNUIGAJL.txt": "dedaa1c8055267638030efa25081116105fd0e357944cefc0974e792dfcabedd",  # noqa: E501  # a digest
    "release.txt": "ba41a8fd59feb912af794a5152bc7664d1fbb5fc3e6922001e38e1772f56e088",
    "source-code-pro.LICENSE.md": "2e14ee65e55dbcc7d66347cd7c76a10a1a18ac49dd7989a2b3838b479676f746",
    "speedscope-GHPHNKXC.css": "0f823f58242a0ca365d46761dd99034626931157a08e24dd667b310363209bc9",
    "speedscope-Y2522XSH.js": "12b7fcfa95b1f07633886569903e0117043d810c83951ac9084e34c689ef1044",
}
HERD = Case(benchmark="walk.Herd.time_count", params=("100", f"'{HOSTILE}'"))
CROSS = Case(benchmark="walk.Desert.time_cross", params=())


def speedscope_file(name: str) -> bytes:
    """A profile of two frames, in speedscope's own format."""
    return gzip.compress(
        json.dumps(
            {
                "$schema": SCHEMA,
                "name": name,
                "shared": {"frames": [{"name": "walk"}, {"name": f"drink {HOSTILE}"}]},
                "profiles": [
                    {
                        "type": "evented",
                        "name": name,
                        "unit": "milliseconds",
                        "startValue": 0,
                        "endValue": 10,
                        "events": [
                            {"type": "O", "frame": 0, "at": 0},
                            {"type": "O", "frame": 1, "at": 2},
                            {"type": "C", "frame": 1, "at": 8},
                            {"type": "C", "frame": 0, "at": 10},
                        ],
                    }
                ],
            }
        ).encode(),
        mtime=0,
    )


def put(results: Path, case: Case, kind: str, content: bytes, *, commit: str = commit_hash(18)) -> Path:
    path = profile_path(results, "camel", commit, case, kind)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def publish_with(results: Path, html_dir: Path) -> dict[str, str]:
    """The small archive with the profiles of ``results``; what the manifest names."""
    whole = dataclasses.replace(subject(small_archive()), answers=Answers(profiles=stored_profiles(results)))
    publish(whole, html_dir)
    files: dict[str, str] = json.loads((html_dir / MANIFEST).read_text())["files"]
    return files


@pytest.fixture(scope="module")
def profiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site with three profiles, one of a commit and a case that the results lack, and two that are none."""
    home = tmp_path_factory.mktemp("profiled")
    put(home / "results", CROSS, "cpu", speedscope_file("crossing"))
    put(home / "results", HERD, "cpu", speedscope_file("herding"))
    gone = Case(benchmark="gone.time_by", params=("'a b'",))
    put(home / "results", gone, "alloc", speedscope_file("gone"), commit="deadbeef" * 5)
    put(home / "results", CROSS, "raw", b"not gzipped")
    put(home / "results", HERD, "raw", gzip.compress(b"{}"))
    publish_with(home / "results", home / "html")
    return home / "html"


# --- names ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("case", "stem"),
    [
        (CROSS, "walk.Desert.time_cross"),
        (Case(benchmark="m.time_a", params=("10", "'a/b c'")), "m.time_a(10,%20'a%2Fb%20c')"),
        (Case(benchmark="m.time_é~", params=()), "m.time_%C3%A9%7E"),
    ],
)
def test_a_case_is_part_of_a_file_s_name(case: Case, stem: str) -> None:
    assert stem_of(case) == stem


@given(st.lists(st.text(max_size=120), min_size=1, max_size=4))
@settings(deadline=None, derandomize=True, max_examples=200)
def test_any_case_makes_a_name_that_every_file_system_takes(params: list[str]) -> None:
    stem = stem_of(Case(benchmark="m.time_a", params=tuple(params)))
    assert len(stem.encode()) <= 180
    assert stem.isascii()
    assert stem.isprintable()
    assert not set(stem) & set('/\\:*?"<>| ')


@given(st.text(max_size=400), st.text(max_size=400))
@settings(deadline=None, derandomize=True, max_examples=200)
def test_two_cases_never_share_a_name(one: str, other: str) -> None:
    stems = {stem_of(Case(benchmark="m.time_a", params=(text,))) for text in (one, other)}
    assert len(stems) == len({one, other})


def test_what_is_put_is_found_and_other_files_are_not(tmp_path: Path) -> None:
    path = put(tmp_path, HERD, "cpu", b"")
    (path.parent / "notes.txt").write_text("")
    (path.parent / "noending.gz").write_text("")
    (tmp_path / "camel" / "profiles" / "stray").mkdir()
    (tmp_path / "camel" / "profiles" / "stray" / "a.cpu.gz").write_text("")
    (found,) = stored_profiles(tmp_path)
    assert (found.machine, found.commit, found.kind) == ("camel", commit_hash(18)[:8], "cpu")
    assert found.stem == stem_of(HERD)
    assert found.path == path


def test_an_odd_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(GroundspeedError, match="small letters"):
        profile_path(tmp_path, "camel", commit_hash(1), CROSS, "../cpu")


# --- what is published ------------------------------------------------------------------------------


def test_speedscope_is_the_one_of_npm_with_its_licences() -> None:
    assert {
        name: hashlib.sha256(content).hexdigest() for name, content in viewer_files().items()
    } == SPEEDSCOPE


def test_speedscope_comes_with_a_profile_and_goes_with_the_last(tmp_path: Path) -> None:
    results, html_dir = tmp_path / "results", tmp_path / "html"
    put(results, CROSS, "cpu", speedscope_file("crossing"))
    files = publish_with(results, html_dir)
    payload = json.loads((html_dir / files["profiles"]).read_text())
    assert (html_dir / payload["viewer"]).is_file()
    (row,) = payload["profiles"]
    assert (html_dir / row["file"]).read_bytes() == speedscope_file("crossing")
    assert (row["benchmark"], row["commit"], row["hash"]) == (CROSS.benchmark, 18, commit_hash(18)[:8])
    shutil.rmtree(results)
    assert "profiles" not in publish_with(results, html_dir)
    assert not [path for path in html_dir.rglob("*") if "speedscope" in path.name or path.suffix == ".gz"]


def test_what_is_no_profile_is_named_with_its_reason(profiled: Path) -> None:
    files = json.loads((profiled / MANIFEST).read_text())["files"]
    payload = json.loads((profiled / files["profiles"]).read_text())
    assert {one["file"].rpartition("/")[2]: one["reason"] for one in payload["unreadable"]} == {
        "walk.Desert.time_cross.raw.gz": "is not gzipped",
        f"{stem_of(HERD)}.raw.gz": "is no speedscope file: its first bytes do not name the schema",
    }
    assert [one["case"] for one in payload["profiles"]][-1] == "gone.time_by('a b')"


# --- the page -----------------------------------------------------------------------------------------


@pytest.mark.browser
def test_profiles_are_listed_and_lead_to_their_cases(profiled: Path, visit: Visitor) -> None:
    page = visit(profiled).go()
    page.get_by_role("navigation").get_by_role("link", name="Profiles").click()
    rows = page.locator(".profiles tbody tr")
    expect(rows).to_have_count(3)
    expect(rows.nth(2)).to_contain_text("gone.time_by('a b')")
    expect(rows.nth(2)).to_contain_text("deadbeef no results are of it")
    expect(page.locator(".unreadable li")).to_have_count(2)
    link = page.locator(".profiles th a", has_text="time_cross")
    expect(link).to_have_attribute(
        "href", f"#/benchmark/walk.Desert.time_cross?machine=camel&commit={commit_hash(18)[:8]}"
    )
    page.get_by_label("Filter by case, kind, machine or commit").fill("alloc")
    expect(rows).to_have_count(1)
    assert page.locator("img").count() == 0


@pytest.mark.browser
@pytest.mark.parametrize("below", ["", "deep/er/"])
def test_speedscope_draws_a_profile_and_asks_no_other_host(
    profiled: Path, visit: Visitor, tmp_path: Path, below: str
) -> None:
    shutil.copytree(profiled, tmp_path / "served" / below, dirs_exist_ok=True)
    (tmp_path / "served" / "index.html").touch()
    visited = visit(tmp_path / "served")
    visited.page.goto(f"{visited.url}{below}#/profiles")
    link = visited.page.get_by_role("link", name="Open cpu").first
    address = link.get_attribute("href")
    assert address
    visited.page.goto(address)
    expect(visited.page).to_have_title(re.compile("walk.Desert.time_cross, cpu, 00000012 on camel"))
    expect(visited.page.locator("canvas").first).to_be_visible()
    assert [url for url in visited.requests if url.endswith(".gz")]
    visited.page.goto("about:blank")  # the driver of a host without a GPU speaks of its own slowness
    visited.complaints[:] = [one for one in visited.complaints if "GL Driver Message" not in one]


@pytest.mark.browser
def test_a_site_without_profiles_says_where_they_would_lie(tmp_path: Path, visit: Visitor) -> None:
    publish(subject(small_archive()), tmp_path / "html")
    page = visit(tmp_path / "html").go("#/profiles")
    expect(page.locator(".empty")).to_contain_text("profiles/<first eight digits of the commit>")
    expect(page.get_by_role("navigation").get_by_role("link", name="Profiles")).to_have_count(0)
