from __future__ import annotations

import http.client
import socket
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from groundspeed.errors import GroundspeedError, NothingMeasuredError
from groundspeed.site.preview import Preview, open_preview
from groundspeed.site.publish import publish
from tests.browser import serve
from tests.site_archives import small_archive, subject

__all__ = ["serve"]  # a fixture

Serve = Callable[[Path], Preview]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    html_dir = tmp_path_factory.mktemp("site") / "html"
    publish(subject(small_archive(), {}), html_dir)
    (html_dir.parent / "secret.txt").write_text("not published")
    return html_dir


def get(preview: Preview, path: str) -> tuple[int, dict[str, str], bytes]:
    """The answer to a path exactly as written: no client tidies it up first."""
    address = urlsplit(preview.url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port or 0)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    finally:
        connection.close()


def test_it_serves_what_was_published_to_this_machine_only(site: Path, serve: Serve) -> None:
    preview = serve(site)
    assert urlsplit(preview.url).hostname == "127.0.0.1"
    for name in ("index.html", "boot.js", "manifest.json"):
        status, headers, body = get(preview, f"/{name}")
        assert (status, body) == (200, (site / name).read_bytes())
        assert headers["cache-control"] == "no-store"
    assert get(preview, "/")[2] == (site / "index.html").read_bytes()


@pytest.mark.parametrize(
    ("pattern", "type_"),
    [
        ("data/index-*.json", "application/json"),
        ("app/*/main.js", "text/javascript; charset=utf-8"),
        ("app/*/style.css", "text/css; charset=utf-8"),
    ],
)
def test_types_are_ours_and_what_is_named_by_content_may_be_kept(
    site: Path, serve: Serve, pattern: str, type_: str
) -> None:
    (path,) = site.glob(pattern)
    status, headers, _ = get(serve(site), f"/{path.relative_to(site)}")
    assert (status, headers["content-type"]) == (200, type_)
    assert headers["cache-control"].endswith("immutable")
    assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "path", ["/data/", "/app/", "/../secret.txt", "/%2e%2e/secret.txt", "/data/../../secret.txt", "/nothing"]
)
def test_it_lists_nothing_and_hands_out_nothing_else(site: Path, serve: Serve, path: str) -> None:
    status, _, body = get(serve(site), path)
    assert status == 404
    assert b"not published" not in body


def test_without_a_site_it_names_the_command_that_makes_one(tmp_path: Path) -> None:
    with pytest.raises(NothingMeasuredError, match="groundspeed publish"):
        open_preview(tmp_path / "html")


def test_a_port_that_is_taken_is_named(site: Path) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        with pytest.raises(GroundspeedError, match=f"Port {port} of 127.0.0.1 is taken"):
            open_preview(site, port)


def test_a_port_that_no_one_may_have_is_said(site: Path) -> None:
    with pytest.raises(GroundspeedError, match="cannot be had"):
        open_preview(site, 99999)
