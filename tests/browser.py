"""A real Chromium for tests: the fixtures `chromium` and `visit`. Owns what every page must keep to.

`visit` opens a published site over HTTP and, when the test ends, fails it if the page wrote an error
to its console, threw, or asked another host for anything.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Dialog,
    Page,
    Position,
    Request,
    Response,
    sync_playwright,
)

from groundspeed.site.preview import Preview, open_preview
from groundspeed.site.publish import publish
from tests.site_archives import COUNT, small_archive, subject

CROSS = "#/benchmark/walk.Desert.time_cross"
DRINK = "#/benchmark/walk.Desert.time_drink"
HERD = "#/benchmark/walk.Herd.time_count"

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@dataclass
class Visit:
    """A page on a site, and what it did that no page may do."""

    page: Page
    url: str
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def go(self, place: str = "#/") -> Page:
        self.page.goto(self.url + place)
        self.page.wait_for_selector("main#main h1")
        return self.page

    def elsewhere(self) -> list[str]:
        home = urlsplit(self.url).netloc
        return [
            url
            for url in self.requests
            if urlsplit(url).netloc != home and urlsplit(url).scheme not in ("data", "blob")
        ]

    def listen(self) -> None:
        self.page.on("request", self._request)
        self.page.on("response", self._response)
        self.page.on("console", self._console)
        self.page.on("dialog", self._dialog)
        self.page.on("pageerror", lambda error: self.complaints.append(f"thrown: {error}"))

    def _request(self, request: Request) -> None:
        self.requests.append(request.url)

    def _response(self, response: Response) -> None:
        if response.status >= 400:
            self.complaints.append(f"{response.status} {response.url}")

    def _dialog(self, dialog: Dialog) -> None:
        self.complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.type}: {message.text}")


Visitor = Callable[..., Visit]
"""What ``visit`` is: called with a site and Chromium's options for a context."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small archive, published."""
    html_dir = tmp_path_factory.mktemp("site") / "html"
    publish(subject(small_archive()), html_dir)
    return html_dir


@pytest.fixture(scope="module")  # of the module that imports it: a wider one would start twice at once
def chromium() -> Iterator[Browser]:
    """One browser for the tests of a module; conftest has skipped or failed already where there is none."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture
def serve() -> Iterator[Callable[[Path], Preview]]:
    """Serve folders until the test ends."""
    running: list[tuple[Preview, threading.Thread]] = []

    def start(html_dir: Path) -> Preview:
        preview = open_preview(html_dir)
        thread = threading.Thread(target=preview.serve)
        thread.start()
        running.append((preview, thread))
        return preview

    yield start
    for preview, thread in running:
        preview.stop()
        thread.join()


@pytest.fixture
def visit(chromium: Browser, serve: Callable[[Path], Preview]) -> Iterator[Visitor]:
    """Visit a site: ``visit(html_dir, color_scheme="dark")``; options are Chromium's for a context."""
    visits: list[Visit] = []

    def start(html_dir: Path, **options: Any) -> Visit:
        page = chromium.new_context(**options).new_page()
        page.set_default_timeout(10_000)
        made = Visit(page=page, url=serve(html_dir).url)
        made.listen()
        visits.append(made)
        return made

    yield start
    for made in visits:
        complaints, elsewhere = made.complaints, made.elsewhere()
        made.page.context.close()
        assert complaints == []
        assert elsewhere == []


def drawn(page: Page) -> dict[str, int]:
    """What the chart holds, once it stands."""
    page.wait_for_selector(".u-over")
    found: dict[str, int] = page.evaluate("document.querySelector('.plot').drawn")
    return {name: found[name] for name in ("points", "strokes", "carried")}


def at_commit(page: Page, stop: int) -> Position:
    """Where a commit stands in the plot, among thirty: the window has 1.5 % of margin at each end."""
    over = page.locator(".u-over").bounding_box()
    assert over
    span = COUNT - 1
    margin = 0.015 * span
    return {"x": (stop + margin) / (span + 2 * margin) * over["width"], "y": over["height"] * 0.8}
