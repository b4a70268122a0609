"""Whoever ends, in whatever way, nothing is left running: the server, a worker of it, what it started."""

from __future__ import annotations

import contextlib
import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from noesis.service import State
from noesis.service.run_folder import RunFolder
from tests.processes import ended
from tests.services import Service, configured, events_of, make_index, served
from tests.test_service_http import metrics


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_index(tmp_path_factory.mktemp("killed"))


def waiting(client: httpx.Client) -> tuple[str, int]:
    """The address and the process of a run that has begun to wait."""
    body = {"parameters": {"lines": 1, "then": "wait"}}
    run = client.post("/api/v1/modules/rehearse/runs", json=body).raise_for_status().json()
    address = f"/api/v1/runs/{run['id']}"
    with client.stream("GET", f"{address}/logs") as answer:
        next(events_of(answer))
    return address, run["pid"]


def test_a_killed_server_takes_its_runs_along(index: Path) -> None:
    with served(configured(index)) as service:
        runs = [waiting(service.client) for _ in range(2)]
        service.process.kill()
        assert all(ended(pid) for _, pid in runs)
    with served(configured(index)) as service:
        found = service.client.get(runs[0][0]).json()
        assert (found["state"], found["reason"]) == ("lost", "the server that ran it ended before it")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_server_that_is_told_to_end_ends_runs_and_streams(index: Path, number: signal.Signals) -> None:
    with served(configured(index)) as service:
        address, pid = waiting(service.client)
        with service.client.stream("GET", f"{address}/logs") as answer:
            events = events_of(answer)
            assert next(events)[1] == "1"
            service.process.send_signal(number)
            rest = list(events)  # the stream ends; whether the run's end was seen first is a race
        assert [name for name, _, _ in rest] in ([], ["end"])
        assert ended(pid)
        service.process.wait(20)
    left = RunFolder(index.with_name("runs") / address.rpartition("/")[2]).read()
    assert (left.outcome.state, left.outcome.reason) == (State.CANCELLED, "the server ended")


@pytest.fixture(scope="module")
def several(index: Path) -> Iterator[Service]:
    """Two workers behind one socket."""
    with served(configured(index), workers=2, keep_alive_s=60) as found:
        yield found


@contextlib.contextmanager
def another_worker(service: Service, worker: int) -> Iterator[httpx.Client]:
    """A connection, which stays with the worker that took it, to any other than this one."""
    while True:
        with httpx.Client(base_url=service.origin, headers=service.client.headers) as client:
            if client.get("/api/v1/stats").json()["worker"] != worker:
                yield client
                return


def test_a_run_is_seen_and_cancelled_through_any_worker(several: Service) -> None:
    worker = several.client.get("/api/v1/stats").json()["worker"]
    address, pid = waiting(several.client)
    with (
        another_worker(several, worker) as other,
        other.stream("GET", f"{address}/logs") as log,
        another_worker(several, worker) as another,
    ):
        events = events_of(log)
        assert next(events)[1] == "1"
        assert another.post(f"{address}/cancel").status_code == 202
        (end,) = events
    assert json.loads(end[2])["state"] == "cancelled"
    assert ended(pid)


def test_metrics_are_those_of_all_workers(several: Service) -> None:
    worker = several.client.get("/api/v1/stats").json()["worker"]
    with another_worker(several, worker) as other:
        before = metrics(several.client)["noesis_queries_total"]
        for client in (several.client, other):
            client.post("/api/v1/query", json={"text": "lock"}).raise_for_status()
        for client in (several.client, other):
            assert metrics(client)["noesis_queries_total"] - before == 2


def test_a_killed_worker_is_replaced_and_its_run_is_lost(several: Service) -> None:
    worker = several.client.get("/api/v1/stats").json()["worker"]
    address, pid = waiting(several.client)
    os.kill(worker, signal.SIGKILL)
    assert ended(pid)
    with another_worker(several, worker) as other:
        assert other.get(address).json()["state"] == "lost"


def test_workers_end_with_who_started_them(several: Service) -> None:
    with httpx.Client(base_url=several.origin) as client:
        worker = client.get("/api/v1/stats").json()["worker"]
    several.process.kill()
    assert ended(worker)


@pytest.mark.slow
def test_a_worn_worker_is_replaced_once_its_run_has_ended(index: Path) -> None:
    with served(configured(index, max_requests=3)) as service:
        worker = service.client.get("/api/v1/stats").json()["worker"]
        address, _ = waiting(service.client)
        for _ in range(5):
            assert service.client.get("/api/v1/stats").json()["worker"] == worker
        service.client.post(f"{address}/cancel")
        assert ended(worker)
        with httpx.Client(base_url=service.origin) as client:
            assert client.get("/api/v1/stats").json()["worker"] != worker
