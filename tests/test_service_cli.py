"""``noesis serve`` from a shell: what it prints, how it ends, what it refuses."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from noesis.service import ServerOptions
from noesis.service.serving import _listening
from tests.services import KEY, make_index

QUIET = {name: value for name, value in os.environ.items() if not name.startswith(("KB_", "NOESIS_", "LOG_"))}
COMMAND = [sys.executable, "-m", "noesis", "serve", "--port", "0"]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_index(tmp_path_factory.mktemp("shell"))


def test_it_serves_until_it_is_interrupted(index: Path) -> None:
    index.with_name("asked.log").write_text("lock\nqueue\n")
    told = ["--index", "index", "--warm", "asked.log", "--cache-size", "5"]
    serving = subprocess.Popen(
        [*COMMAND, *told],
        cwd=index.parent, env=QUIET | {"NOESIS_API_KEY": KEY},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert serving.stdout is not None
    with serving:
        said = serving.stdout.readline()
        assert said.startswith("noesis: serving on http://127.0.0.1:")
        with httpx.Client(base_url=said.split()[-1], headers={"X-API-Key": KEY}) as client:
            assert client.get("/api/v1/stats").json()["cached_answers"] == 2
            # the folders of this index are as good as its path: relative to where the server stands
            assert client.post("/api/v1/modules/ingest/runs").status_code == 201
        serving.send_signal(signal.SIGINT)
        _, lines = serving.communicate(timeout=30)
    assert (index.parent / "index.runs").is_dir()
    assert '"path": "/api/v1/stats", "status": 200' in lines
    assert "Traceback" not in lines
    assert lines.endswith("noesis: interrupted.\n")
    assert serving.returncode == 130


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--index", "lost"], 3, "there is no index lost; ingest folders first (noesis ingest FOLDER)"),
        (["--workers", "0"], 2, "workers must be a whole number from 1, not 0"),
        (["--index", "index", "--host", "203.0.113.1"], 2, "203.0.113.1:0 cannot be listened on ("),
        (["--warm", "lost"], 3, "lost cannot be read as UTF-8 text ("),
    ],
)
def test_wrong_use(index: Path, words: list[str], code: int, said: str) -> None:
    ended = subprocess.run(
        [*COMMAND, *words], cwd=index.parent, env=QUIET, capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stdout) == (code, "")
    assert ended.stderr.startswith(f"noesis: {said}")


def test_a_key_that_is_too_short_is_refused(index: Path) -> None:
    ended = subprocess.run(
        COMMAND, cwd=index.parent, env=QUIET | {"NOESIS_API_KEY": "short"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ended.returncode == 2
    assert ended.stderr == "noesis: api_key must have at least 16 printable ASCII letters\n"


def test_answers_are_sent_at_once() -> None:
    """asyncio sets TCP_NODELAY on connections of a socket that names TCP, on no other."""
    with _listening(ServerOptions(port=0)) as listening:
        assert (listening.proto, listening.type) == (socket.IPPROTO_TCP, socket.SOCK_STREAM)
