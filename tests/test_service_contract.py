"""What the service promises in its OpenAPI schema holds, and whatever is wrong is answered with 4xx."""

from __future__ import annotations

import random
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import positive_data_acceptance

from tests.services import KEY, Service, configured, make_index, served

Case = schemathesis.Case[Any]
Operation = schemathesis.APIOperation[Any, Any, Any, Any]
CASES = 12  # of each operation, valid and not


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    index = make_index(tmp_path_factory.mktemp("contract"))
    with served(configured(index, most_runs=10_000, most_kept_runs=10)) as found:
        yield found


def test_the_schema_names_what_there_is(service: Service) -> None:
    paths = service.client.get("/api/v1/openapi.json").json()["paths"]
    assert {(path, *methods) for path, methods in paths.items()} == {
        ("/api/v1/health", "get"),
        ("/api/v1/stats", "get"),
        ("/api/v1/query", "post"),
        ("/api/v1/query/batch", "post"),
        ("/api/v1/admin/warm-cache", "post"),
        ("/api/v1/modules", "get"),
        ("/api/v1/modules/{name}/runs", "post"),
        ("/api/v1/runs", "get"),
        ("/api/v1/runs/{run_id}", "get"),
        ("/api/v1/runs/{run_id}/cancel", "post"),
        ("/api/v1/runs/{run_id}/logs", "get"),
        ("/metrics", "get"),
    }


# What a module knows is data of the registry: a schema of any module's parameters says less.
LOOSE = ("POST /api/v1/modules/{name}/runs",)


def cases_of(operation: Operation) -> st.SearchStrategy[Case]:
    """Requests that the schema allows, and some that it does not."""
    modes = (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE)
    given_paths = {"name": "rehearse"} if operation.label in LOOSE else None
    return st.one_of([operation.as_strategy(mode, path_parameters=given_paths) for mode in modes])


def test_every_operation_keeps_its_schema(service: Service) -> None:
    """Statuses, media types, headers, bodies, refusals of what is invalid: schemathesis' own checks."""
    schema = schemathesis.openapi.from_url(f"{service.origin}/api/v1/openapi.json")
    seen = set()
    for found in schema.get_all_operations():
        assert isinstance(found, Ok)
        operation = found.ok()

        @settings(
            max_examples=CASES,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=cases_of(operation))
        def keeps(case: Case) -> None:
            case.call_and_validate(
                headers={"X-API-Key": KEY},
                excluded_checks=[positive_data_acceptance] if case.operation.label in LOOSE else None,
            )

        keeps()
        seen.add(operation.label)
    assert len(seen) == 12


# --- malformed requests -------------------------------------------------------------------------

METHODS = (b"GET", b"POST", b"PUT", b"DELETE", b"HEAD", b"OPTIONS", b"get", b"G E T", b"\xff")
TARGETS = (
    b"/api/v1/query",
    b"/api/v1/query/batch",
    b"/api/v1/modules/rehearse/runs",
    b"/api/v1/modules/%00/runs",
    b"/api/v1/runs/..%2f..%2findex/logs",
    b"/api/v1/runs/%ff%fe/cancel",
    b"/api/v1/runs?limit=0",
    b"/api/v1/modules?offset=nan",
    b"/api/v1//query",
    b"//",
    b"*",
    b"/\x00",
    b"no-slash",
)
BODIES = (
    b"{",
    b"null",
    b"[]",
    b"{}",
    b'{"text": NaN}',
    b'{"text": "\\ud800"}',
    b'{"text": "a", "limit": 1e400}',
    b'{"text": "a", "limit": ' + b"9" * 5_000 + b"}",
    b'{"queries": [' + b"[" * 2_000,
    b'{"parameters": {"lines": true}}',
    b'{"parameters": {"\\ud800": 1}}',
    b"\xff\xff",
    b"\x00" * 50,
)
HEADERS = (
    b"",
    b"Content-Type: application/json\r\n",
    b"Content-Type: application/json; charset=nothing\r\n",
    b"Content-Type: \xff\r\n",
    b"Transfer-Encoding: nonsense\r\n",
    b"Content-Length: -1\r\n",
    b"Content-Length: 99999999999999999999999\r\n",
    b"Last-Event-ID: \xc2\xb2\r\n",
    b"X-API-Key: \xff\r\n",
    b"X-Request-ID: a\x07b\r\n",
    b"no colon\r\n",
    b": nothing\r\n",
)
VERSIONS = (b"HTTP/1.1", b"HTTP/1.1", b"HTTP/1.1", b"HTTP/9.9", b"HTTP/", b"")


def malformed(random: random.Random) -> bytes:
    """One request with at least a wrong body, to no path that takes none without looking."""
    pick = random.choice
    head = pick(METHODS) + b" " + pick(TARGETS) + b" " + pick(VERSIONS) + b"\r\n"
    body = pick(BODIES)
    length = b"Content-Length: %d\r\n" % len(body)
    fields = b"Host: a\r\nConnection: close\r\n" + length + pick(HEADERS)
    return head + fields + b"\r\n" + body


def statuses(service: Service, count: int) -> set[int]:
    """Of so many malformed requests, each on a connection of its own, always the same ones."""
    address = urlsplit(service.origin)
    drawn = random.Random(1)
    found = set()
    for _ in range(count):
        with socket.create_connection((address.hostname, address.port), timeout=30) as line:
            line.sendall(malformed(drawn))
            answer = line.makefile("rb").readline()
        assert answer.startswith(b"HTTP/1.1 "), answer
        found.add(int(answer.split()[1]))
    return found


def test_malformed_requests_are_refused(service: Service) -> None:
    found = statuses(service, 500)
    assert found <= set(range(400, 500))
    assert found >= {400, 401, 404, 405, 422}
    assert service.client.get("/api/v1/health").status_code == 200


@pytest.mark.slow
def test_ten_thousand_malformed_requests_are_refused(service: Service) -> None:
    assert statuses(service, 10_000) <= set(range(400, 500))
    assert service.client.get("/api/v1/health").status_code == 200
