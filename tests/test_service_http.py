"""The service over HTTP, by a real server on the loopback: answers, problems, pages, metrics, streams."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from noesis.knowledge import KnowledgeBase, KnowledgeConfig, folders_of
from tests.services import KEY, TEXTS, Service, configured, events_of, make_index, served

LIMIT = 50_000  # bytes of a body


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_index(tmp_path_factory.mktemp("service"))


@pytest.fixture(scope="module")
def service(index: Path) -> Iterator[Service]:
    with served(configured(index, most_body_bytes=LIMIT, most_runs=2)) as found:
        yield found


@pytest.fixture(scope="module")
def client(service: Service) -> httpx.Client:
    return service.client


def started(client: httpx.Client, **parameters: int | str) -> str:
    """The address of a new run of ``rehearse``."""
    answer = client.post("/api/v1/modules/rehearse/runs", json={"parameters": parameters})
    assert answer.status_code == 201, answer.text
    return answer.headers["location"]


def read(client: httpx.Client, run: str, **headers: str) -> list[tuple[str, str, str]]:
    with client.stream("GET", f"{run}/logs", headers=headers) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        return list(events_of(answer))


def asked(base: KnowledgeBase, text: str, limit: int, offset: int) -> dict[str, Any]:
    """What the knowledge base itself says, as JSON would hold it."""
    found = base.query(text, limit=limit, offset=offset)
    hits = [{"path": hit.path, "score": hit.score, "snippet": hit.snippet} for hit in found.hits]
    told = {"limit": limit, "offset": offset, "hits": hits}
    return {"terms": list(found.terms), "total": found.total, **told}


def test_answers_are_those_of_the_knowledge_base(client: httpx.Client, index: Path) -> None:
    queries = [
        ("lock waits", 10, 0),
        ("QUEUE", 1, 1),
        ("nobody", 0, 0),
        ("nothing of it", 10, 0),
        ("", 10, 0),
    ]
    config = KnowledgeConfig(knowledge_dirs=folders_of(index), cache_file=index)
    with KnowledgeBase(config, environment={}) as base:
        expected = [asked(base, *query) for query in queries]
    bodies = [{"text": text, "limit": limit, "offset": offset} for text, limit, offset in queries]
    assert [client.post("/api/v1/query", json=body).json() for body in bodies] == expected
    assert client.post("/api/v1/query/batch", json={"queries": bodies}).json() == {"answers": expected}


def test_health_and_stats(client: httpx.Client) -> None:
    assert client.get("/api/v1/health").json() == {"status": "ok", "documents": len(TEXTS)}
    before = client.get("/api/v1/stats").json()
    client.post("/api/v1/query", json={"text": "stats of its own"})
    client.post("/api/v1/query", json={"text": "own its of STATS"})
    client.post("/api/v1/query", json={"text": "own its of STATS", "use_cache": False})
    after = client.get("/api/v1/stats").json()
    moved = {
        name: after[name] - before[name] for name in ("queries", "cache_hits", "cache_misses", "documents")
    }
    assert moved == {"queries": 3, "cache_hits": 1, "cache_misses": 1, "documents": 0}


def test_what_every_answer_says(client: httpx.Client) -> None:
    head = client.get("/api/v1/health", headers={"X-Request-ID": "mine-1"}).headers
    assert head["x-request-id"] == "mine-1"
    assert head["server-timing"].startswith("app;dur=")
    assert (head["cache-control"], head["x-content-type-options"]) == ("no-store", "nosniff")
    head = client.get("/api/v1/modules", headers={"X-Request-ID": "not an id"}).headers
    assert len(head["x-request-id"]) == 32
    assert head["cache-control"] == "max-age=300"
    assert "x-request-id" in client.get("/nothing").headers


RUNS = "modules/rehearse/runs"


@pytest.mark.parametrize(
    ("path", "body", "where", "what"),
    [
        ("query", {}, "body.text", "Field required"),
        ("query", {"text": 1}, "body.text", "Input should be a valid string"),
        ("query", {"text": "a", "limit": 101}, "body.limit", "Input should be less than or equal to 100"),
        ("query", {"text": "a", "limit": "1"}, "body.limit", "Input should be a valid integer"),
        ("query", {"text": "a", "page": 1}, "body.page", "Extra inputs are not permitted"),
        ("query/batch", {"queries": [{"text": "a"}, {}]}, "body.queries.1.text", "Field required"),
        ("query/batch", {"queries": {}}, "body.queries", "Input should be a valid list"),
        (
            RUNS,
            {"parameters": {"lines": -1}},
            "body.parameters.lines",
            "must be a whole number from 0 to 10000000, not -1",
        ),
        ("modules/no/runs", {}, "path.name", "there is no module no; GET /api/v1/modules lists them"),
    ],
)
def test_what_is_wrong_and_where(
    client: httpx.Client, path: str, body: dict[str, Any], where: str, what: str
) -> None:
    answer = client.post(f"/api/v1/{path}", json=body)
    assert answer.status_code in (404, 422)
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert told["errors"] == [{"where": where, "what": what}]
    assert told["status"] == answer.status_code
    assert what in told["detail"]


@pytest.mark.parametrize(
    ("content", "detail"),
    [
        (b'{"text": ', "body.9: JSON decode error: Expecting value"),
        (b'{"text": "\\ud800"}', "body.text: "),
        (b"\xff\xff", "the body cannot be read; send JSON in UTF-8"),
        (b"[" * 20_000, "the body cannot be read; send JSON in UTF-8"),
    ],
)
def test_a_body_that_is_no_json(client: httpx.Client, content: bytes, detail: str) -> None:
    answer = client.post("/api/v1/query", content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 422)
    assert answer.json()["detail"].startswith(detail)


def test_a_query_of_too_many_terms(client: httpx.Client) -> None:
    answer = client.post("/api/v1/query", json={"text": " ".join(map(str, range(257)))})
    assert (answer.status_code, answer.json()["detail"]) == (
        422,
        "a query has at most 256 different terms, not 257; shorten it",
    )


def test_a_body_that_is_too_large(client: httpx.Client) -> None:
    body = json.dumps({"text": "x" * LIMIT}).encode()
    announced = client.post("/api/v1/query", content=body)
    pieces = [body[at : at + 1000] for at in range(0, len(body), 1000)]
    streamed = client.post(
        "/api/v1/query", content=iter(pieces), headers={"Content-Type": "application/json"}
    )
    for answer in (announced, streamed):
        assert (answer.status_code, answer.json()["title"]) == (413, "Request Entity Too Large")
        assert answer.json()["detail"] == "the body is larger than 50,000 bytes, the limit; send less at once"


def test_what_is_not_there(client: httpx.Client) -> None:
    nothing = client.get("/api/v1/nothing")
    assert (nothing.status_code, nothing.json()["detail"]) == (
        404,
        "there is nothing at /api/v1/nothing; GET /api/v1/openapi.json says what there is",
    )
    wrong = client.delete("/api/v1/query")
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "POST")
    assert wrong.json()["detail"] == "DELETE is not for /api/v1/query; the header Allow says what is"


@pytest.mark.parametrize("path", ["admin/warm-cache", "modules/rehearse/runs", "runs/x/cancel"])
def test_what_changes_something_needs_the_key(service: Service, path: str) -> None:
    for headers in ({}, {"X-API-Key": "another"}, {"X-API-Key": KEY[:-1]}):
        answer = httpx.post(f"{service.origin}/api/v1/{path}", json={"queries": ["a"]}, headers=headers)
        assert (answer.status_code, answer.json()["errors"][0]["where"]) == (401, "header.x-api-key")
        assert answer.headers["www-authenticate"] == "APIKey"


def test_without_a_key_of_its_own_nothing_is_changed(index: Path) -> None:
    with served(configured(index, api_key="")) as found:
        answer = found.client.post("/api/v1/modules/rehearse/runs")
        assert (answer.status_code, answer.json()["detail"]) == (
            403,
            "this server was started without a key; set NOESIS_API_KEY and start it again",
        )


def test_warming(client: httpx.Client) -> None:
    before = client.get("/api/v1/stats").json()
    told = client.post("/api/v1/admin/warm-cache", json={"queries": ["warm one", "warm two"]}).json()
    assert told == {"warmed": 2, "worker": before["worker"]}
    client.post("/api/v1/query", json={"text": "two WARM"})
    after = client.get("/api/v1/stats").json()
    assert after["cache_hits"] - before["cache_hits"] == 1
    assert after["cached_answers"] - before["cached_answers"] == 2


def test_pages(client: httpx.Client) -> None:
    first = client.get("/api/v1/modules?limit=2").json()
    assert [one["name"] for one in first["items"]] == ["diagnose", "ingest"]
    assert (first["total"], first["next"]) == (3, "/api/v1/modules?limit=2&offset=2")
    last = client.get(first["next"]).json()
    assert [one["name"] for one in last["items"]] == ["rehearse"]
    assert "next" not in last
    beyond = client.get("/api/v1/modules?offset=3").json()
    assert (beyond["items"], "next" in beyond) == ([], False)
    wrong = client.get("/api/v1/runs?limit=0&offset=x").json()
    assert [one["where"] for one in wrong["errors"]] == ["query.limit", "query.offset"]


def metrics(client: httpx.Client) -> dict[str, float]:
    answer = client.get("/metrics")
    assert answer.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
    families = text_string_to_metric_families(answer.text)  # type: ignore[no-untyped-call]  # the library's
    return {one.name: one.value for family in families for one in family.samples if not one.labels}


def test_metrics(client: httpx.Client) -> None:
    before = metrics(client)
    for _ in range(3):
        client.post("/api/v1/query", json={"text": "counted"})
    client.post("/api/v1/query/batch", json={"queries": [{"text": "counted"}] * 2})
    after = metrics(client)
    moved = {name: after[name] - before[name] for name in after if "created" not in name}
    spent = moved.pop("noesis_query_duration_seconds_sum")
    assert 0 < spent < 60
    assert moved == {
        "noesis_queries_total": 5,
        "noesis_query_duration_seconds_count": 5,
        "noesis_cache_hits_total": 4,
        "noesis_cache_misses_total": 1,
        "noesis_documents_total": 0,
        "noesis_index_size_bytes": 0,
    }
    assert after["noesis_documents_total"] == len(TEXTS)
    assert after["noesis_index_size_bytes"] > 0


def test_a_log_from_its_beginning_and_from_the_middle(client: httpx.Client) -> None:
    run = started(client, lines=5, line_bytes=20, exit_code=3)
    lines = [("", str(number), f"line {number} ............") for number in range(1, 6)]
    *found, (name, _, data) = read(client, run)
    assert found == lines
    ended = json.loads(data)
    assert (name, ended["state"], ended["reason"]) == ("end", "failed", "exit code 3; its log says why")
    assert client.get(run).json() == ended
    assert read(client, run, **{"Last-Event-ID": "3"})[:-1] == lines[3:]
    assert client.get(f"{run}/logs", headers={"Last-Event-ID": "5"}).status_code == 204
    beyond = client.get(f"{run}/logs", headers={"Last-Event-ID": "6"})
    assert beyond.json()["errors"] == [
        {"where": "header.last-event-id", "what": "the log has 5 lines so far; go on after one of them"}
    ]
    assert client.get(f"{run}/logs", headers={"Last-Event-ID": "x"}).status_code == 422


def test_a_run_is_listed_and_cancelled_while_its_log_is_read(client: httpx.Client) -> None:
    run = started(client, lines=1, then="wait")
    with client.stream("GET", f"{run}/logs") as answer:
        events = events_of(answer)
        assert next(events)[1] == "1"
        listed = client.get("/api/v1/runs?limit=1").json()["items"][0]
        assert (f"/api/v1/runs/{listed['id']}", listed["state"]) == (run, "running")
        assert "ended" not in listed
        assert client.post(f"{run}/cancel").status_code == 202
        (end,) = events
    assert json.loads(end[2])["state"] == "cancelled"
    assert client.post(f"{run}/cancel").status_code == 409


def test_too_many_runs(client: httpx.Client) -> None:
    runs = [started(client, lines=0, then="wait") for _ in range(2)]
    refused = client.post("/api/v1/modules/rehearse/runs")
    assert (refused.status_code, refused.json()["title"]) == (429, "Too Many Requests")
    for run in runs:
        client.post(f"{run}/cancel")
        assert read(client, run)[-1][0] == "end"


def test_a_reader_that_reads_nothing_holds_nobody(client: httpx.Client) -> None:
    run = started(client, lines=200_000)  # 12 MB: more than sockets hold
    with client.stream("GET", f"{run}/logs"):
        assert len(read(client, run)) == 200_001
        assert client.get("/api/v1/health").status_code == 200


@pytest.mark.slow
def test_a_million_lines_arrive_whole_and_in_order(client: httpx.Client) -> None:
    run = started(client, lines=1_000_000)
    left = iter(range(1, 1_000_001))
    rest = b""
    with client.stream("GET", f"{run}/logs") as answer:
        for piece in answer.iter_raw():
            *events, rest = (rest + piece).split(b"\n\n")
            for event in events:
                if (number := next(left, 0)) == 0:
                    assert event.startswith(b"event: end\ndata: {")
                else:
                    begin = b"id: %d\ndata: line %d " % (number, number)
                    assert event == begin.ljust(len(b"id: %d\ndata: " % number) + 59, b".")
    assert rest == b""
    assert next(left, 0) == 0


def test_a_new_index_is_answered_from(client: httpx.Client, index: Path) -> None:
    before = metrics(client)["noesis_queries_total"]
    index.with_name("documents").joinpath("new.md").write_text("An axolotl.\n")
    run = client.post("/api/v1/modules/ingest/runs", json={"parameters": {"workers": 1}}).headers["location"]
    *_, said, end = read(client, run)
    assert said[2] == "4 documents: 1 added, 0 changed, 0 removed, 0 could not be read"
    assert json.loads(end[2])["state"] == "succeeded"
    asked = 1
    while not client.post("/api/v1/query", json={"text": "axolotl"}).json()["total"]:
        asked += 1
    after = metrics(client)
    assert after["noesis_queries_total"] - before == asked  # counts go on
    assert after["noesis_documents_total"] == 4
