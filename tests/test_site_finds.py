"""What finds answered, on the page of regressions: as records, and in a real Chromium."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from groundspeed.results.finds import Journal, stored_finds
from groundspeed.site.pieces.finds import find_records
from tests.browser import Visitor, chromium, serve, site, visit
from tests.hunting import Field, found
from tests.site_archives import HOSTILE
from tests.site_payloads import changes, published_with

__all__ = ["chromium", "serve", "site", "visit"]  # fixtures


def searched(path: Path, value: Callable[[int], float]) -> None:
    """A search that ended, kept."""
    hunt = Field(commits=16, value=value, broken=(10,)).hunt(path)
    one = found(hunt, Field(commits=16, value=value, broken=(10,)).drive(hunt))
    if one.culprit is not None:
        named = dataclasses.replace(one.culprit.commit, subject=f"Escape {HOSTILE}")
        one = dataclasses.replace(one, culprit=dataclasses.replace(one.culprit, commit=named))
    with contextlib.closing(Journal(path, hunt.asked)) as journal:
        journal.conclude(one)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A search with a culprit, one with none, one that was interrupted, and what is no search."""
    root = tmp_path_factory.mktemp("results")
    folder = root / "box" / "finds"
    searched(folder / "20260101T000000Z-aaaaaaaa.jsonl", lambda at: 1.2 if at >= 11 else 1.0)
    searched(folder / "20260102T000000Z-bbbbbbbb.jsonl", lambda _: 1.0)
    Field(commits=4, value=lambda _: 1.0).hunt(folder / "20260103T000000Z-cccccccc.jsonl").journal.close()
    (folder / "20260104T000000Z-dddddddd.jsonl").write_text("no search\n")
    return root


def test_a_record_for_each_search_that_ended(results: Path) -> None:
    culprit, flat = sorted(find_records(stored_finds(results)), key=lambda one: one["found"] is None)
    assert (culprit["case"], culprit["machine"], flat["found"]) == ("loop", "box", None)
    assert culprit["found"]["culprit"]["hash"] == f"{11:040d}"
    assert (culprit["found"]["did"], culprit["found"]["unbuildable"]) == ("worse", 1)
    centre, low, high = culprit["found"]["ratio"]
    assert low < 1.2 < high
    assert low < centre < high


@pytest.mark.browser
@pytest.mark.slow
def test_the_page_lists_them(results: Path, tmp_path: Path, visit: Visitor) -> None:
    payload = {**changes(), "finds": find_records(stored_finds(results))}
    page = visit(published_with(tmp_path / "html", {"changes": payload})).go("#/regressions")
    lines = page.locator(".finds li")
    expect(lines).to_have_count(2)
    expect(page.locator(".finds")).to_contain_text(f"00000000 Escape {HOSTILE}")
    expect(page.locator(".finds")).to_contain_text("or the 1 before it that did not build")
    expect(page.locator(".finds")).to_contain_text("loop nothing changed from 00000000")
