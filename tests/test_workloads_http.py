"""``workloads.http``: both clients against a real server on loopback, its answers, stalls and failures."""

from __future__ import annotations

import importlib.util
import re
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import pytest

from asv_bench_groundspeed.workloads import http
from asv_bench_groundspeed.workloads.arrivals import Constant, Poisson
from asv_bench_groundspeed.workloads.http import Ask, Client, RequestError, drive_http
from asv_bench_groundspeed.workloads.load import Load, drive

STALL_S = 0.05
WAY = pytest.mark.parametrize("client", ["aiohttp", "http.client"])
FORKING = pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")


class Seen:
    """One request as the server had it."""

    def __init__(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        self.line = f"{handler.command} {handler.path}"
        self.port = handler.client_address[1]
        self.headers = {name.lower(): value for name, value in handler.headers.items()}
        self.body = body


class Handler(BaseHTTPRequestHandler):
    """Answers by path, over kept connections; what it saw is kept."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    seen: ClassVar[list[Seen]] = []
    meet: ClassVar[threading.Barrier]

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.seen.append(Seen(self, body))
        way = self.path.split("?")[0].strip("/")
        getattr(self, f"answer_{way}", self.answer)()

    do_POST = do_GET  # noqa: N815  # the server looks for that name

    def answer(self, status: int = 200, missing: int = 0, location: str = "") -> None:
        """The path as body, with a length that is ``missing`` too long."""
        body = self.path.encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) + missing))
        if location:
            self.send_header("Location", location)
        self.end_headers()
        self.wfile.write(body)

    def answer_meet(self) -> None:
        self.meet.wait(timeout=20)  # passes when four are inside at once
        self.answer()

    def answer_stall(self) -> None:
        threading.Event().wait(STALL_S)  # for what never comes
        self.answer()

    def answer_broken(self) -> None:
        self.answer(500)

    def answer_elsewhere(self) -> None:
        self.answer(302, location="/found")

    def answer_once(self) -> None:
        """A server that closes a connection without a word of warning."""
        self.answer()
        self.close_connection = True

    def answer_nothing(self) -> None:
        self.close_connection = True

    def answer_half(self) -> None:
        self.answer(missing=10)
        self.close_connection = True

    def answer_never(self) -> None:
        self.meet.wait(timeout=20)  # until the test has seen the client give up
        self.close_connection = True

    def log_message(self, *args: Any) -> None:
        """Not on the test's output."""


@pytest.fixture
def origin() -> Iterator[str]:
    """A server of the handler above, with nothing seen yet."""
    Handler.seen.clear()
    Handler.meet = threading.Barrier(4)
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        serving.start()
        yield f"http://127.0.0.1:{server.server_port}"
        Handler.meet.abort()
        server.shutdown()
        serving.join()


@WAY
def test_each_request_is_the_next_of_the_log_as_it_stands_there(origin: str, client: str) -> None:
    log = [
        Ask("/search?q=two+words&p=%7E%2F"),
        Ask("/add", method="POST", body=b"{}", headers=(("Content-Type", "application/json"),)),
        Ask("/c"),
    ]
    served = drive_http(origin, log, Load(requests=4, warmup=1), client)
    get, post = "GET /search?q=two+words&p=%7E%2F", "POST /add"
    assert [one.line for one in Handler.seen] == [get, post, "GET /c", get, post]
    assert [one.number for one in served.requests] == [0, 1, 2, 3]
    assert served.first_answer == b"/add"
    assert (Handler.seen[1].body, Handler.seen[1].headers["content-type"]) == (b"{}", "application/json")
    assert {one.headers["accept-encoding"] for one in Handler.seen} == {"identity"}


@WAY
@pytest.mark.parametrize("arrivals", [None, Constant(1e6), Poisson(1e6)])
def test_workers_ask_at_the_same_time_on_connections_that_they_keep(
    origin: str, client: str, arrivals: Any
) -> None:
    served = drive_http(origin, [Ask("/meet")], Load(requests=40, workers=4, arrivals=arrivals), client)
    assert [one.number for one in served.requests] == list(range(40))
    assert all(one.due <= one.begun <= one.ended for one in served.requests)
    assert len({one.port for one in Handler.seen}) == 4


@FORKING
def test_forked_processes_ask_too(origin: str) -> None:
    load = Load(requests=36, workers=4, executor="processes", warmup=4)
    served = drive_http(origin, [Ask("/meet"), Ask("/meet?2")], load)
    assert [one.number for one in served.requests] == list(range(36))
    assert len(Handler.seen) == 40
    assert len({one.port for one in Handler.seen}) == 4


@WAY
def test_requests_are_due_as_their_arrivals_say(origin: str, client: str) -> None:
    arrivals = Poisson(rate=2000.0, seed=3)
    served = drive_http(origin, [Ask("/")], Load(requests=50, workers=2, arrivals=arrivals), client)
    start = served.requests[0].due
    assert [one.due - start for one in served.requests] == pytest.approx(arrivals.offsets(50), abs=1e-6)


@WAY
def test_a_stalling_server_is_charged_for_everyone_who_would_have_come(origin: str, client: str) -> None:
    """Due every millisecond on one connection; the sixth answer takes STALL_S. Whoever is due k ms after it
    is answered after it: latency at least STALL_S less k ms. A closed loop has one slow request."""
    log = [Ask("/")] * 5 + [Ask("/stall")] + [Ask("/")] * 34
    load = Load(requests=40, arrivals=Constant(1000.0))
    served = drive_http(origin, log, load, client)
    assert all(
        latency >= STALL_S - k / 1000 - 1e-3 for k, latency in enumerate(served.latencies[5:])
    )  # 1 ms: clocks of two threads
    closed = drive_http(origin, log, Load(requests=40), client)
    assert all(one.due == one.begun for one in closed.requests)


@pytest.mark.parametrize("there", [True, False])
def test_aiohttp_is_taken_where_it_can_be_imported(
    origin: str, there: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(http, "find_spec", lambda name: find_spec(name) if there else None)
    drive_http(origin, [Ask("/")], Load(requests=1))
    assert ("aiohttp" in Handler.seen[0].headers.get("user-agent", "")) == there


# --- failures -----------------------------------------------------------------------------------------


@WAY
@pytest.mark.parametrize(
    ("path", "text"),
    [
        (
            "/broken?q=1",
            "status 500 Internal Server Error, where 2xx is success; the server said '/broken?q=1'",
        ),
        ("/elsewhere", "status 302 Found, where 2xx is success; the server said '/elsewhere'"),
        ("/nothing", "isconnected"),
        ("/half", "(IncompleteRead|ClientPayloadError): .*"),
    ],
)
def test_an_answer_that_is_no_success_names_the_request(
    origin: str, client: str, path: str, text: str
) -> None:
    before = threading.active_count()
    with pytest.raises(RequestError, match=re.escape(f"GET {origin}{path}: ") + f".*{as_pattern(text)}"):
        drive_http(origin, [Ask("/")] * 3 + [Ask(path)], Load(requests=1000, workers=3), client)
    assert threading.active_count() <= before + 3  # the server's own, for connections that just ended


def as_pattern(text: str) -> str:
    return text if "|" in text else re.escape(text)


@WAY
@pytest.mark.parametrize("warmup", [0, 8])
def test_a_server_that_is_not_there_is_said_so(client: str, warmup: int) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # held, but nobody listens
        nowhere = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(RequestError, match=rf"GET {nowhere}/x: .*; does the server run\?"):
            drive_http(nowhere, [Ask("/x")], Load(requests=9, workers=2, warmup=warmup), client)


@WAY
def test_a_server_that_never_answers_is_given_up(origin: str, client: str) -> None:
    with pytest.raises(RequestError, match=r"GET .*/never: (TimeoutError|timeout)"):
        drive_http(origin, [Ask("/never")], Load(requests=1), client, timeout_s=STALL_S)


@FORKING
def test_a_failure_travels_from_a_process(origin: str) -> None:
    with pytest.raises(RequestError, match=r"GET .*/broken: status 500"):
        drive_http(origin, [Ask("/broken")], Load(requests=9, workers=2, executor="processes"))


# --- the client of a benchmark ------------------------------------------------------------------------


def test_a_connection_that_the_server_closed_is_opened_again_for_what_may_be_repeated(origin: str) -> None:
    with Client(origin) as client:
        assert [client(Ask("/once")) for _ in range(3)] == [b"/once"] * 3
        with pytest.raises(RequestError, match=r"POST .*/add"):
            client(Ask("/add", method="POST"))
    assert {one.line for one in Handler.seen} == {"GET /once"}


def test_a_client_has_a_connection_for_each_thread(origin: str) -> None:
    with Client(origin) as client:
        served = drive(lambda: client(Ask("/meet")), Load(requests=20, workers=4))
    assert len(served.requests) == 20
    assert len({one.port for one in Handler.seen}) == 4


# --- refusals -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "origin",
    ["127.0.0.1:8000", "ftp://a", "http://", "http://a/", "http://a/path", "http://a:port", "http://a:99999"],
)
def test_an_address_that_is_no_origin_is_refused(origin: str) -> None:
    with pytest.raises(ValueError, match=r"origin must be like 'http://127\.0\.0\.1:8000', not"):
        drive_http(origin, [Ask("/")], Load(requests=1))
    with pytest.raises(ValueError, match="origin must be like"):
        Client(origin)


@pytest.mark.parametrize("target", ["", "search", "/two words", "/naïve", "/a\r\nX: y"])
def test_a_target_that_could_not_be_sent_is_refused(target: str) -> None:
    with pytest.raises(ValueError, match=r"target must be a quoted path such as"):
        Ask(target)


def test_wrong_arguments_are_named() -> None:
    origin, load = "http://127.0.0.1:1", Load(requests=1)
    with pytest.raises(ValueError, match="asks must hold at least one request"):
        drive_http(origin, [], load)
    with pytest.raises(ValueError, match=r"client must be one of auto, aiohttp, http\.client, not 'curl'"):
        drive_http(origin, [Ask("/")], load, "curl")
    with pytest.raises(ValueError, match=r'client must be "http\.client" where executor is "processes"'):
        drive_http(origin, [Ask("/")], Load(requests=1, executor="processes"), "aiohttp")
