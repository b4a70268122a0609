"""Decorators and context managers: what they count, in threads, tasks and each other, and that off is off."""

from __future__ import annotations

import asyncio
import gc
import gzip
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from groundspeed.errors import GroundspeedError, StorageError
from groundspeed.profiling import decorators, flush, profile_cpu, profile_memory, track_leaks
from groundspeed.profiling.inside.frames import Frame
from groundspeed.profiling.recorded import Leaks, read_recorded
from groundspeed.profiling.scopes import Scope, own_part
from groundspeed.results.speedscope import Function, Profile, read_profile
from tests.suites import Case, load, run, short

SUITE = load("groundspeed_profiling")
GUIDE = Path(__file__).resolve().parent.parent / "docs" / "profiling-library.md"

SCOPES = (profile_cpu, profile_memory, track_leaks)


def burn(seconds: float) -> None:
    """Work until this thread has used so much processor time, however busy the host is."""
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        sum(range(100))


def heavy() -> None:
    burn(0.06)


def light() -> None:
    burn(0.01)


def both() -> None:
    light()
    heavy()


def profile(folder: Path, name: str, kind: str = "cpu") -> Profile:
    flush()
    return read_profile(folder / f"{name}-{os.getpid()}.{kind}.gz")


def function(found: Profile, name: str) -> Function:
    return next(one for one in found.functions if one.name == name)


def test_the_function_that_works_most_is_named_first_and_the_time_is_exact(tmp_path: Path) -> None:
    profile_cpu(tmp_path, name="both")(both)()
    found = profile(tmp_path, "both")
    assert found.unit == "s"
    assert found.total == pytest.approx(0.07, rel=0.25)  # what was burnt, and a last turn of each
    assert function(found, "heavy").whole > 0.5
    assert found.functions[0].name in ("burn", "heavy")
    assert {"profiled", "_stepped"}.isdisjoint(one.name for one in found.functions)


def test_calls_add_up_in_one_file_by_the_functions_name(tmp_path: Path) -> None:
    work = profile_cpu(tmp_path)(light)
    assert work.__wrapped__ is light  # type: ignore[attr-defined]  # functools.wraps sets it
    for _ in range(3):
        work()
    flush()
    (file,) = tmp_path.iterdir()
    assert file.name == f"{__name__}.light-{os.getpid()}.cpu.gz"
    assert read_profile(file).total == pytest.approx(0.03, rel=0.25)


def test_a_block_counts_from_its_own_function_on(tmp_path: Path) -> None:
    with profile_cpu(tmp_path, name="block"):
        heavy()
    found = profile(tmp_path, "block")
    assert function(found, "test_a_block_counts_from_its_own_function_on").whole > 0.5
    with ExitStack() as stack:
        stack.enter_context(profile_cpu(tmp_path, name="stack"))
        heavy()
    assert profile(tmp_path, "stack").total == pytest.approx(0.06, rel=0.25)


def test_scopes_in_scopes_each_have_their_own_the_outer_with_all(tmp_path: Path) -> None:
    with profile_cpu(tmp_path, name="outer"):
        heavy()
        with profile_cpu(tmp_path, name="inner"):
            light()
            with profile_cpu(tmp_path, name="inner"):  # within itself the outermost counts
                light()
    outer, inner = profile(tmp_path, "outer"), profile(tmp_path, "inner")
    assert inner.total == pytest.approx(0.02, rel=0.3)
    assert outer.total == pytest.approx(0.08, rel=0.3)
    assert all(not one.file.endswith("/decorators.py") for one in outer.functions)  # writing is nobody's


def test_threads_count_for_the_function_that_runs_in_them(tmp_path: Path) -> None:
    work = profile_cpu(tmp_path, name="threads")(light)
    with ThreadPoolExecutor(4) as pool:
        other = pool.submit(burn, 0.05)
        done = [pool.submit(work) for _ in range(6)]
        assert [one.result() for one in [*done, other]] == [None] * 7
    assert profile(tmp_path, "threads").total == pytest.approx(0.06, rel=0.3)


def test_a_coroutine_counts_its_own_work_between_its_awaits(tmp_path: Path) -> None:
    """Two of 0.07 s each; the third task burns as much beside them and is not theirs, nor is waiting."""

    @profile_cpu(tmp_path, name="task")
    async def task(turn: asyncio.Event) -> int:
        heavy()
        await turn.wait()
        light()
        return 7

    async def other(turn: asyncio.Event) -> None:
        for _ in range(3):
            heavy()
            await asyncio.sleep(0)
        turn.set()

    async def main() -> list[int | None]:
        turn = asyncio.Event()
        return list(await asyncio.gather(task(turn), other(turn), task(turn)))

    assert asyncio.run(main()) == [7, None, 7]
    found = profile(tmp_path, "task")
    assert found.total == pytest.approx(0.14, rel=0.25)
    assert not [one for one in found.functions if "other" in one.name]


def test_cancelling_and_errors_reach_the_coroutine_and_the_caller(tmp_path: Path) -> None:
    seen = []

    @profile_cpu(tmp_path, name="cancelled")
    async def wait() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            seen.append("cancelled")
            raise

    @profile_cpu(tmp_path, name="raising")
    async def fail() -> None:
        await asyncio.sleep(0)
        raise ValueError("on purpose")

    async def main() -> None:
        task = asyncio.create_task(wait())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        with pytest.raises(ValueError, match="on purpose"):
            await fail()

    asyncio.run(main())
    assert seen == ["cancelled"]


def test_a_generator_counts_its_own_steps(tmp_path: Path) -> None:
    closed = []

    @profile_cpu(tmp_path, name="steps")
    def steps() -> Generator[int, None, None]:
        try:
            for number in range(3):
                light()
                yield number
        finally:
            closed.append(1)

    for _ in steps():
        heavy()
    assert profile(tmp_path, "steps").total == pytest.approx(0.03, rel=0.3)
    stopped = steps()
    next(stopped)
    stopped.close()
    assert closed == [1, 1]


def test_an_async_generator_is_refused_with_what_to_do() -> None:
    async def numbers() -> AsyncIterator[int]:
        yield 1

    with pytest.raises(GroundspeedError, match="profile the function that does"):
        profile_cpu("profiles")(numbers)


@pytest.mark.parametrize("wrong", [len, type, staticmethod(burn)])
def test_what_is_no_function_is_refused(wrong: Any) -> None:
    with pytest.raises(GroundspeedError, match="is no function in Python"):
        profile_cpu("profiles")(wrong)


@pytest.mark.parametrize("scope", SCOPES)
def test_a_decorator_without_its_folder_says_so(scope: Any) -> None:
    with pytest.raises(GroundspeedError, match=rf'@{scope.__name__}\("profiles"\)'):
        scope(burn)


@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize(("variable", "enabled"), [("off", None), ("0", None), ("", False), ("on", False)])
def test_off_gives_the_function_itself_and_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scope: type[Scope], variable: str, enabled: bool | None
) -> None:
    monkeypatch.setenv("GROUNDSPEED_PROFILING", variable)
    off = scope(tmp_path, enabled=enabled)
    assert off(light) is light
    with off:
        pass
    assert list(tmp_path.iterdir()) == []
    assert scope(tmp_path, enabled=True)(light) is not light


def make() -> list[bytes]:
    return [bytes(100_000) for _ in range(10)]


def spare() -> bytearray:
    return bytearray(500_000)


@pytest.fixture
def memory(tmp_path: Path) -> Path:
    """Two scopes that overlap: the inner is written when the outer has ended."""

    @profile_memory(tmp_path, name="outer")
    def outer() -> int:
        made = make()
        other = threading.Thread(target=bytearray, args=(300_000,))  # is not below the function
        other.start()
        other.join()
        return len(made) + len(inner())

    @profile_memory(tmp_path, name="inner")
    def inner() -> bytearray:
        return spare()

    assert outer() == 500_010
    flush()
    return tmp_path


def test_memory_is_that_of_the_function_and_what_it_calls(memory: Path) -> None:
    """10 × 100,000 and 500,000 bytes; the other thread's 300,000 are not the function's."""
    outer, inner = profile(memory, "outer", "memory"), profile(memory, "inner", "memory")
    assert outer.total == pytest.approx(1_500_000, rel=0.05)
    assert inner.total == pytest.approx(500_000, rel=0.05)
    assert function(outer, "spare").whole == pytest.approx(1 / 3, rel=0.05)
    peak = profile(memory, "outer", "memory-peak")
    assert peak.total == pytest.approx(1_500_000, rel=0.05)


def test_memory_counts_what_a_coroutine_makes_and_no_other_task(tmp_path: Path) -> None:
    @profile_memory(tmp_path, name="task")
    async def task() -> int:
        made = make()
        await asyncio.sleep(0)
        return len(made)

    async def other() -> int:
        return len(spare())

    async def main() -> list[int]:
        return list(await asyncio.gather(task(), other()))

    assert asyncio.run(main()) == [10, 500_000]
    assert profile(tmp_path, "task", "memory").total == pytest.approx(1_000_000, rel=0.05)


def test_what_records_with_memray_already_is_said(tmp_path: Path) -> None:
    memray = pytest.importorskip("memray")
    with memray.Tracker(tmp_path / "theirs"), pytest.raises(GroundspeedError, match="with memray already"):
        profile_memory(tmp_path)(light)()
    profile_memory(tmp_path, name="after")(light)()


LEAKING = """\
import asyncio, os, sys
from groundspeed.profiling import track_leaks
KEPT = []
class Thing: pass

@track_leaks(sys.argv[1], calls=3, name="leak")
def leak():
    KEPT.append(Thing())

@track_leaks(sys.argv[1], calls=3, name="clean")
async def clean():
    await asyncio.sleep(0)
    return Thing()

async def main():
    for _ in range(20):
        await clean()

for _ in range(20):
    leak()
asyncio.run(main())
"""


def test_leaks_are_found_in_the_calls_that_are_made_anyway(tmp_path: Path) -> None:
    """3 + 3 × 3 calls for the census, 3 more where something grew: 20 are enough, and the rest is let be."""
    subprocess.run([sys.executable, "-c", LEAKING, str(tmp_path)], check=True)
    leak, clean = (read_recorded(next(tmp_path.glob(f"{name}-*.leaks.gz"))) for name in ("leak", "clean"))
    assert isinstance(leak, Leaks)
    assert [(one.type, one.objects_a_call) for one in leak.leaks] == [("__main__.Thing", 1)]
    assert leak.leaks[0].chain[:2] == ("module __main__", ".KEPT list of 15")
    assert isinstance(clean, Leaks)
    assert clean.leaks == ()


FORKING = """\
import os, sys
from groundspeed.profiling import flush, profile_cpu
from time import thread_time

def burn():
    end = thread_time() + 0.02
    while thread_time() < end:
        pass

with profile_cpu(sys.argv[1], name="before"):
    burn()
child = os.fork()
with profile_cpu(sys.argv[1], name="after"):
    burn()
if child:
    os.waitpid(child, 0)
"""


def test_a_forked_process_has_its_own_profiles(tmp_path: Path) -> None:
    """Both end as programs do; the child has nothing of what its parent did before."""
    subprocess.run([sys.executable, "-c", FORKING, str(tmp_path)], check=True)
    names = sorted(path.name.partition("-")[0] for path in tmp_path.iterdir())
    assert names == ["after", "after", "before"]
    assert all(read_profile(path).total == pytest.approx(0.02, rel=0.5) for path in tmp_path.iterdir())


def test_a_folder_that_cannot_be_written_is_a_warning_and_the_program_goes_on(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    @profile_cpu(tmp_path / "file", name="refused")
    def work() -> int:
        return 7

    with pytest.warns(RuntimeWarning, match="refused"):
        assert work() == 7
    assert work() == 7  # it was said
    with pytest.raises(StorageError, match="refused"):
        flush()
    with pytest.warns(RuntimeWarning, match="refused"):
        decorators._finish()  # as at the end of the process, where nobody catches
    (tmp_path / "file").unlink()
    flush()
    assert profile(tmp_path / "file", "refused").unit == "s"


def test_an_object_is_not_kept_by_having_been_profiled(tmp_path: Path) -> None:
    class Held:
        pass

    @profile_cpu(tmp_path, name="held")
    def work(held: Held) -> None:
        light()

    work(Held())
    assert not [one for one in gc.get_objects() if type(one) is Held]


def test_what_a_scope_does_itself_is_no_part_of_a_stack() -> None:
    here = Path(sys.modules[Scope.__module__].__file__ or "")
    mine, wrapper = Frame("work", "app.py", 1), Frame("profiled", str(here), 9)
    writing = Frame("write", str(here.with_name("decorators.py")), 9)
    assert own_part((wrapper, mine)) == (mine,)
    assert own_part((mine, writing)) == ()
    assert own_part((mine,)) == (mine,)


def test_a_file_is_json_that_speedscope_opens(tmp_path: Path) -> None:
    with profile_cpu(tmp_path, name="file"):
        light()
    flush()
    document = json.loads(gzip.decompress((tmp_path / f"file-{os.getpid()}.cpu.gz").read_bytes()))
    assert document["$schema"].endswith("file-format-schema.json")
    (one,) = document["profiles"]
    assert len(one["samples"]) == len(one["weights"])
    assert document["groundspeed_record"] == {"kind": "cpu", "calls": 1, "version": 1}


@pytest.mark.parametrize("case", short("groundspeed_profiling", SUITE), ids=str)
def test_a_benchmark_of_what_profiling_costs_runs(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SUITE, "PAIRS", 1)
    monkeypatch.setattr(SUITE, "LOOPS", 1)
    monkeypatch.setattr(SUITE, "ACQUIRES", 100)
    run(case)


def test_the_examples_of_the_guide_run(tmp_path: Path) -> None:
    """One after the other, as a reader does, in a process that has nothing else to count."""
    text = GUIDE.read_text(encoding="utf-8")
    examples = re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert len(examples) >= 4
    subprocess.run([sys.executable, "-c", "\n".join(examples)], cwd=tmp_path, check=True)
