from __future__ import annotations

import gzip
import http.client
import socket
import struct
import threading
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, urlsplit

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


def get(
    preview: Preview, path: str, *, method: str = "GET", **headers: str
) -> tuple[int, dict[str, str], bytes]:
    """The answer to a path exactly as written: no client tidies it up, nor unpacks what comes."""
    address = urlsplit(preview.url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port or 0)
    try:
        connection.putrequest(method, path, skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name.replace("_", "-"), value)
        connection.endheaders()
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
        ("data/benchmark-*.bin", "application/octet-stream"),
        ("app/*/main.js", "text/javascript; charset=utf-8"),
        ("app/*/style.css", "text/css; charset=utf-8"),
        ("app/*/vendor/uplot/LICENSE", "application/octet-stream"),
    ],
)
def test_types_are_ours_and_what_is_named_by_content_may_be_kept(
    site: Path, serve: Serve, pattern: str, type_: str
) -> None:
    path = min(site.glob(pattern))
    status, headers, body = get(serve(site), f"/{path.relative_to(site)}")
    assert (status, headers["content-type"], body) == (200, type_, path.read_bytes())
    assert headers["cache-control"].endswith("immutable")
    assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("name", "type_"),
    [
        ("index.html", "text/html; charset=utf-8"),
        ("feed.atom", "application/atom+xml; charset=utf-8"),
        ("badge.svg", "image/svg+xml; charset=utf-8"),
        ("summary.json", "application/json"),
        ("boot.js", "text/javascript; charset=utf-8"),
    ],
)
def test_what_keeps_its_name_is_not_kept_by_browsers(site: Path, serve: Serve, name: str, type_: str) -> None:
    preview = serve(site)
    for asked in (f"/{name}", f"/{name}?at=once", f"/data/../{name}"):
        _, headers, _ = get(preview, asked)
        assert (headers["content-type"], headers["cache-control"]) == (type_, "no-store")


@pytest.mark.parametrize("name", [".woff2", ".wasm", ".png", ".gz", ".ico", ".bin", ".BIN", ".of no type"])
def test_what_is_packed_already_goes_as_it_is(tmp_path: Path, serve: Serve, name: str) -> None:
    (tmp_path / "index.html").write_text("")
    (tmp_path / f"file{name}").write_bytes(b"0" * 1000)
    _, headers, body = get(serve(tmp_path), f"/file{quote(name)}", Accept_Encoding="gzip")
    assert body == b"0" * 1000
    assert "content-encoding" not in headers
    assert not headers["content-type"].startswith("text/")


@pytest.mark.parametrize(
    ("accepted", "gzipped"),
    [
        ("gzip, deflate, br, zstd", True),  # what Chromium says
        ("GZIP;q=0.5", True),
        ("*", True),
        ("deflate, *;q=0.1", True),
        ("identity", False),
        ("gzip;q=0", False),
        ("gzip; q=0.000, *", False),
        ("*;q=0", False),
        ("", False),
        ("gzipped", False),
    ],
)
def test_text_is_gzipped_for_those_who_take_it(
    site: Path, serve: Serve, accepted: str, gzipped: bool
) -> None:
    _, headers, body = get(serve(site), "/manifest.json", Accept_Encoding=accepted)
    assert headers.get("content-encoding") == ("gzip" if gzipped else None)
    assert (gzip.decompress(body) if gzipped else body) == (site / "manifest.json").read_bytes()
    assert headers["vary"] == "Accept-Encoding"
    assert int(headers["content-length"]) == len(body)


def test_the_head_alone_is_that_of_the_whole(site: Path, serve: Serve) -> None:
    preview = serve(site)
    for accepted in ("gzip", "identity"):
        _, whole, _ = get(preview, "/", Accept_Encoding=accepted)
        status, head, body = get(preview, "/", method="HEAD", Accept_Encoding=accepted)
        assert (status, body) == (200, b"")
        del head["date"], whole["date"]
        assert head == whole


def test_one_connection_serves_a_page(site: Path, serve: Serve) -> None:
    address = urlsplit(serve(site).url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port or 0)
    try:
        for name in ("index.html", "nothing", "manifest.json"):
            connection.request("GET", f"/{name}")
            answer = connection.getresponse()
            assert (answer.status, len(answer.read()) > 0) == (404 if name == "nothing" else 200, True)
    finally:
        connection.close()


def test_what_is_not_there_is_not_kept(site: Path, serve: Serve) -> None:
    """A name of content may come back: somebody publishes an older state again."""
    status, headers, _ = get(serve(site), "/data/index-0123456789abcdef.json")
    assert status == 404
    assert "cache-control" not in headers


def test_a_browser_that_goes_away_is_no_error(
    site: Path, serve: Serve, capsys: pytest.CaptureFixture[str]
) -> None:
    address = urlsplit(serve(site).url)
    before = {*threading.enumerate()}
    with socket.create_connection((address.hostname, address.port)) as browser:
        browser.sendall(b"GET / HTTP/1.1\r\n\r\n")
        browser.recv(1)
        answering = {*threading.enumerate()} - before
        browser.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # reset, no farewell
    for thread in answering:
        thread.join()
    assert len(answering) == 1
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    "path",
    [
        *("/data/", "/app/", "/app", "/../secret.txt", "/%2e%2e/secret.txt", "/data/../../secret.txt"),
        *("/nothing", "/index.html/", "/%00", f"/{'x' * 5000}", "/.groundspeed-site/x"),
    ],
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
