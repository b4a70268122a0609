"""What a browser fetches for the first page: the modules it needs and no more, all at once, gzipped."""

from __future__ import annotations

import json
import re
import tarfile
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import pytest
from playwright.sync_api import Page, Request, expect

from groundspeed.config import load
from groundspeed.site.page import imported
from groundspeed.site.publish import publish_results
from tests.archives import NUMPY, numpy_results
from tests.browser import Visit, chromium, serve, site, visit

__all__ = ["chromium", "numpy_results", "serve", "site", "visit"]  # fixtures

Visitor = Callable[..., Visit]

LIMIT = 150_000  # bytes of the first page, as they come

MODULES = {
    "main.js": 'import { a } from "./a.js";\nconst b = await import("./views/later.js");\n',
    "views/start.js": 'import {\n  one,\n} from "../a.js";\nimport "../parts/b.js";\n// import "./no.js";\n',
    "a.js": 'import { b } from "./parts/b.js";\nexport const a = "./views/later.js";\n',
    "parts/b.js": 'import { a } from "../a.js"; // and round again\n',
}


def test_a_page_s_modules_are_what_it_imports_at_once_nearest_first() -> None:
    met = imported(MODULES.__getitem__, "main.js", "views/start.js")
    assert met == ("main.js", "views/start.js", "a.js", "parts/b.js")


def test_the_document_leads_to_the_feed(site: Path) -> None:
    (link,) = re.findall(r'<link rel="alternate"[^>]*>', (site / "index.html").read_text())
    assert 'type="application/atom+xml"' in link
    assert 'title="dromedary: confirmed regressions"' in link
    (href,) = re.findall(r'href="([^"]+)"', link)
    assert ET.fromstring((site / href).read_bytes()).tag == "{http://www.w3.org/2005/Atom}feed"


@pytest.mark.browser
def test_the_first_page_asks_for_every_module_that_it_needs_and_for_none_twice(
    site: Path, visit: Visitor
) -> None:
    """And the document itself names them, so that none waits for another."""
    visited = visit(site)
    shown(visited.go())
    paths = [urlsplit(url).path for url in visited.requests if not url.startswith("data:")]
    assert len(paths) == len({*paths})
    named = re.findall(r'<link rel="modulepreload" href="([^"]+)">', (site / "index.html").read_text())
    scripts = {path for path in paths if path.endswith(".js")}
    assert scripts == {"/boot.js", *(f"/{name}" for name in named)}


def shown(page: Page) -> None:
    expect(page.locator("main")).to_have_attribute("data-view", re.compile("^#/"))
    page.wait_for_load_state("networkidle")


# --- the whole history of numpy ------------------------------------------------------------------


@pytest.fixture(scope="module")
def numpy_site(numpy_results: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("numpy")
    with tarfile.open(NUMPY / "history.tar.xz") as archive:
        archive.extractall(root, filter="data")
    said = {"project": "numpy", "repo": "numpy-history.git", "branches": ["main"]}
    configuration = {"version": 1, "results_dir": str(numpy_results), **said}
    (root / "asv.conf.json").write_text(json.dumps(configuration), encoding="utf-8")
    return publish_results(load(root)).html_dir


@pytest.mark.archive
@pytest.mark.browser
@pytest.mark.slow
def test_the_first_page_of_numpy_is_light(numpy_site: Path, visit: Visitor) -> None:
    """What the bodies of all answers take as they are sent, and nothing from elsewhere (by ``visit``)."""
    visited = visit(numpy_site)
    done: list[Request] = []
    visited.page.on("requestfinished", lambda request: done.append(request))
    page = visited.go()
    shown(page)
    expect(page.get_by_role("region", name="Regressions lately").get_by_role("listitem")).not_to_have_count(0)
    sizes = {request.url: request.sizes()["responseBodySize"] for request in done}
    assert len(sizes) == len(visited.requests) > 15
    assert all(sizes.values())
    assert sum(sizes.values()) <= LIMIT
