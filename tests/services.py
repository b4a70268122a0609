"""A service in a process of its own, on a free port of the loopback, with a knowledge base to ask."""

from __future__ import annotations

import contextlib
import os
import pickle
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from noesis.knowledge import KnowledgeBase, KnowledgeConfig
from noesis.service import ServerOptions, ServiceConfig

KEY = "a key of the tests"
SERVER = "import pickle, sys; from noesis.service import serve; serve(*pickle.load(sys.stdin.buffer))"
TEXTS = {
    "locks.md": "# Locks\n\nA lock is held, a queue waits.\n",
    "queues.md": "# Queues\n\nA queue keeps those who wait in order.\n",
    "zebras.txt": "Nobody here.\n",
}


class Service(NamedTuple):
    """One that runs. ``client`` sends the key."""

    process: subprocess.Popen[bytes]
    origin: str
    client: httpx.Client


def make_index(folder: Path) -> Path:
    """An index of ``TEXTS``, in an empty folder."""
    documents = folder / "documents"
    documents.mkdir(parents=True)
    for name, text in TEXTS.items():
        (documents / name).write_text(text, encoding="utf-8")
    index = folder / "index"
    config = KnowledgeConfig(knowledge_dirs=(documents,), cache_file=index, max_workers=1)
    with KnowledgeBase(config, environment={}) as base:
        base.ingest_all()
    return index


def configured(index: Path, **told: Any) -> ServiceConfig:
    return ServiceConfig(index=index, runs_folder=index.with_name("runs"), **{"api_key": KEY, **told})


@contextlib.contextmanager
def served(config: ServiceConfig, **options: Any) -> Iterator[Service]:
    """The service from its first answer on; told to end at the end, unless it has."""
    process = subprocess.Popen(
        [sys.executable, "-c", SERVER],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        env={name: value for name, value in os.environ.items() if not name.startswith("PROMETHEUS")},
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    with process, process.stdin, process.stdout:
        pickle.dump((config, ServerOptions(port=0, **options)), process.stdin)
        process.stdin.close()
        origin = process.stdout.readline().decode().split()[-1]
        with httpx.Client(base_url=origin, headers={"X-API-Key": config.api_key}, timeout=30.0) as client:
            client.get("/api/v1/health").raise_for_status()
            yield Service(process=process, origin=origin, client=client)
        process.terminate()


def events_of(answer: httpx.Response) -> Iterator[tuple[str, str, str]]:
    """Name, id and data of every server-sent event of a stream, as a browser reads them (HTML, 9.2.6)."""
    name, identity = "", ""
    data: list[str] = []
    for line in answer.iter_lines():
        field, _, value = line.partition(": ")
        if not line:
            yield name, identity, "\n".join(data)
            name, identity, data = "", "", []
        elif field == "event":
            name = value
        elif field == "id":
            identity = value
        elif field == "data":
            data.append(value)
