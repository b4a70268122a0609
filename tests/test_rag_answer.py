"""From a question to an answer with its sources, by the engines that need no weights."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from noesis.errors import QueryError
from noesis.rag import Answered, Asking, Making, Passage, Retriever, answer, cited
from noesis.rag.inference import Finish, Limits, engine
from tests.conftest import ROOT
from tests.openai_server import DONE, EVENTS, event, listening, says

EXTRACTIVE = engine("extractive")


@pytest.fixture(scope="module", name="retriever")
def _retriever(tmp_path_factory: pytest.TempPathFactory) -> Retriever:
    folder = tmp_path_factory.mktemp("answers")
    notes = folder / "notes"
    notes.mkdir()
    (notes / "boats.md").write_text("# Boats\n\nA ferry crosses the bay at noon. It rains.\n")
    (notes / "tea.txt").write_text("Green tea is steeped for two minutes.\n")
    seconds = itertools.count()
    retriever = Retriever(
        folder / "index",
        making=Making(embedder="hash", vectors="exact"),
        workers=1,
        clock=lambda: float(next(seconds)),
    )
    retriever.ingest(notes)
    return retriever


def test_the_answer_stands_in_the_passage_that_it_cites(retriever: Retriever) -> None:
    told: list[str] = []
    said = answer(retriever, EXTRACTIVE, "When does the ferry cross the bay?", report=told.append)
    assert said.text == "A ferry crosses the bay at noon. [1]"
    assert "".join(told) == said.text
    assert len(told) > 3  # it came in pieces
    assert [Path(one.source).name for one in said.cited] == ["boats.md#boats"]
    assert said.cited == said.retrieved.passages[:1]
    assert said.generated.finish is Finish.stop


def test_the_stages_are_those_of_the_search_and_the_generation(retriever: Retriever) -> None:
    """The retriever's clock moves a second at each look; the engine's is its own."""
    said = answer(retriever, EXTRACTIVE, "How long is tea steeped?")
    assert [one.name for one in said.stages] == ["embed", "vectors", "words", "fuse", "generate"]
    assert [one.seconds for one in said.stages[:4]] == [1.0] * 4
    assert said.stages[4].seconds == said.generated.seconds
    assert said.first_token_s == 4 + said.generated.first_token_s


@pytest.mark.parametrize("k", [0, 1, 2, 50])
def test_the_engine_is_given_as_many_passages_as_asked_for(retriever: Retriever, k: int) -> None:
    said = answer(retriever, EXTRACTIVE, "How long is tea steeped?", asking=Asking(k=k))
    assert len(said.retrieved.found) == min(k, 2)
    assert bool(said.cited) is (k > 0)


def test_it_is_found_as_is_asked_for(retriever: Retriever) -> None:
    said = answer(retriever, EXTRACTIVE, "tea", asking=Asking(mode="words"))
    assert [Path(one.source).name for one in said.retrieved.passages] == ["tea.txt"]


@pytest.mark.parametrize("question", ["", " \n"])
def test_an_empty_question_is_refused(retriever: Retriever, question: str) -> None:
    with pytest.raises(QueryError, match="the question is empty; ask something"):
        answer(retriever, EXTRACTIVE, question)


def test_nothing_is_known_without_an_index(tmp_path: Path) -> None:
    empty = Retriever(tmp_path / "index", making=Making(embedder="hash"))
    said = answer(empty, EXTRACTIVE, "What is a lock?")
    assert (said.cited, said.retrieved.found) == ((), ())
    assert said.text
    assert [one.name for one in said.stages] == ["generate"]


def test_an_answer_can_be_cut_short(retriever: Retriever) -> None:
    cancel = threading.Event()
    said = answer(
        retriever, EXTRACTIVE, "When does the ferry cross?", report=lambda _: cancel.set(), cancel=cancel
    )
    assert said.generated.finish is Finish.cancelled
    assert said.text == "A"  # what had been said
    limits = Asking(limits=Limits(tokens=1))
    assert answer(retriever, EXTRACTIVE, "When?", asking=limits).generated.tokens <= 1


def test_a_server_is_given_the_passages_by_their_numbers(retriever: Retriever) -> None:
    """It streams an answer that cites the second passage, then the first, then one that is not there."""
    pieces = ("At noon [2], ", "or not [1]", "[7].")
    with listening(says(EVENTS, *(event(one) for one in pieces), event(finish="stop"), DONE)) as server:
        speaker = engine("openai", url=server.url, model="m")
        said = answer(retriever, speaker, "When does the ferry cross the bay?", asking=Asking(k=2))
        speaker.close()
    asked = server.body()["messages"][-1]["content"]
    ferry, tea = (f"[{number}] {one.title}" for number, one in enumerate(said.retrieved.passages, 1))
    assert asked.index(ferry) < asked.index(tea) < asked.index("Question: When does the ferry")
    assert said.text == "".join(pieces)
    assert said.cited == said.retrieved.passages[::-1]


def test_many_ask_at_once(retriever: Retriever) -> None:
    said: dict[int, Answered] = {}

    def ask(number: int) -> None:
        said[number] = answer(
            retriever, EXTRACTIVE, ("How long is tea steeped?", "ferry at noon")[number % 2]
        )

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [said[number].text for number in range(8)] == [said[0].text, said[1].text] * 4
    assert said[0].text != said[1].text


def passages(count: int) -> list[Passage]:
    return [Passage(source=f"{n}.md", title="", text="", start=0, end=0) for n in range(1, count + 1)]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", []),
        ("Nothing is cited.", []),
        ("So it is [2].", ["2.md"]),
        ("Each once [2], in order of mention [1][2].", ["2.md", "1.md"]),
        ("Several at once [3, 1].", ["3.md", "1.md"]),
        ("No passage has these: [0] [4] [-1] [99999] [x] [1.5].", []),
        ("A year [2024] is no passage, (1) is no citation.", []),
    ],
)
def test_what_counts_as_cited(text: str, wanted: list[str]) -> None:
    assert [one.source for one in cited(text, passages(3))] == wanted


OFFLINE = """
import socket, sys
from pathlib import Path

def refuse(*_, **__):
    raise AssertionError("the network was asked")

for name in ("connect", "connect_ex", "bind", "sendto"):
    setattr(socket.socket, name, refuse)
socket.getaddrinfo = socket.create_connection = refuse

from noesis.rag import Retriever, answer
from noesis.rag.inference import engine
retriever = Retriever(Path(sys.argv[1]) / "index", workers=1)
retriever.ingest(Path(sys.argv[1]) / "notes")
print(answer(retriever, engine("extractive"), "When does the boat leave the harbour?").text)
"""


def test_the_whole_way_needs_no_network(tmp_path: Path) -> None:
    """The usual engines, in a process whose sockets raise and which has no home."""
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "boats.md").write_text("# Boats\n\nThe boat leaves the harbour at noon.\n")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "XDG_"))}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", OFFLINE, str(tmp_path)],
        env={**kept, "HOME": "/nonexistent"}, cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("The boat leaves the harbour at noon. [1]\n", "")
