"""``noesis embed`` and ``ask`` from a shell: what they print, how they end."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from noesis.cli.main import main

QUIET = {name: value for name, value in os.environ.items() if not name.startswith(("KB_", "NOESIS_"))}


def noesis(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "noesis", *words],
        cwd=folder, capture_output=True, text=True, env=QUIET, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module", name="notes")
def _notes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder to stand in, with two documents in ``notes`` and an index of them by ``hash``."""
    stand = tmp_path_factory.mktemp("stand")
    folder = stand / "notes"
    folder.mkdir()
    (folder / "boats.md").write_text("# Boats\n\nA ferry crosses the bay at noon.\n")
    (folder / "tea.txt").write_text("Green tea is steeped for two minutes.\n")
    made = noesis(stand, "embed", "notes", "--embedder", "hash", "--vectors", "exact", "--workers", "1")
    assert (made.returncode, made.stderr) == (0, "")
    assert made.stdout == "2 documents, 2 passages: 2 embedded anew, 0 files could not be read\n"
    return stand


def test_an_answer_with_its_sources(notes: Path) -> None:
    said = noesis(notes, "ask", "When does the ferry cross the bay?")
    assert said.returncode == 0
    assert said.stdout == (
        "A ferry crosses the bay at noon. [1]\n\n*[1] notes/boats.md#boats  Boats\n [2] notes/tea.txt  tea\n"
    )
    times = r"ms: embed [\d.]+, vectors [\d.]+, words [\d.]+, fuse [\d.]+, generate [\d.]+\n"
    assert re.fullmatch(times, said.stderr)


def test_an_answer_in_json(notes: Path) -> None:
    said = noesis(notes, "ask", "green tea", "-k", "1", "--mode", "words", "--format", "json")
    found = json.loads(said.stdout)
    assert (found["format"], found["version"], found["mode"]) == ("noesis-answer", 1, "words")
    assert (found["text"], found["finish"]) == ("Green tea is steeped for two minutes. [1]", "stop")
    assert [one["name"] for one in found["stages"]] == ["words", "fuse", "generate"]
    (passage,) = found["passages"]
    assert passage["passage"] == {
        "source": "notes/tea.txt",
        "title": "tea",
        "text": "Green tea is steeped for two minutes.\n",
        "start": 0,
        "end": 38,
    }
    assert (passage["vector_rank"], passage["word_rank"], passage["is_cited"]) == (0, 1, True)


def test_the_second_embedding_knows_how_and_where(notes: Path, tmp_path: Path) -> None:
    stand = shutil.copytree(notes, tmp_path / "copy")
    (stand / "notes" / "more.md").write_text("More.\n")
    (stand / "notes" / "broken.txt").write_bytes(b"\xff\xfe\xff")
    again = noesis(stand, "embed", "--workers", "1")
    assert again.returncode == 1
    assert again.stdout == "3 documents, 3 passages: 1 embedded anew, 1 files could not be read\n"
    assert again.stderr.startswith("noesis: notes/broken.txt: ")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("ask", "lock", "--index", "none"), 3, "there is no whole index none; make it first (noesis embed"),
        (("ask", " "), 2, "the question is empty; ask something"),
        (
            ("ask", "lock", "--engine", "lost"),
            2,
            "there is no engine 'lost'; choose extractive, llama, openai",
        ),
        (("ask", "lock", "--model", "x"), 2, "the settings of extractive do not fit"),
        (("ask", "lock", "--tokens", "0"), 2, "tokens must be 1 or more, not 0"),
        (("ask", "lock", "--mode", "both"), 2, "mode must be one of hybrid, vectors, words, not 'both'"),
        (("ask", "lock", "-k", "-1"), 2, "k must be a whole number from 0, not -1"),
        (("embed", "lost"), 3, "lost is no folder"),
        (("embed", "--embedder", "wordllama"), 2, "embedder: the index was made with hash, not wordllama"),
        (("embed", "--index", "notes/tea.txt"), 3, "notes/tea.txt is no index of passages"),
    ],
)
def test_wrong_use(
    notes: Path,
    words: tuple[str, ...],
    code: int,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(notes)
    monkeypatch.setattr(sys, "argv", ["noesis", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    printed = capsys.readouterr()
    assert (ended.value.code, printed.out) == (code, "")
    assert printed.err.startswith(f"noesis: {said}")
    assert (notes / "notes" / "tea.txt").read_text().startswith("Green tea")
