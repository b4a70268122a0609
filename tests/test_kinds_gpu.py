"""``gpu_`` without a GPU: skips with their reasons, and FAKE libraries that drive the real code.

No test here says anything about a device. The fake torch and cupy keep the arithmetic of their
originals' documentation; the fake driver is a C library that the real pynvml loads.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import types
from pathlib import Path
from typing import Any

import pytest
from asv_runner.benchmarks.mark import SkipNotImplemented

from asv_bench_groundspeed.workloads.clock import Clock
from tests.kinds import made, samples_of


class FakeTorch(types.ModuleType):
    """FAKE: a device whose clock is ``at`` (ms) and whose memory the benchmark moves by hand."""

    uuid: str | None = "fake-uuid"

    def __init__(self, available: bool = True) -> None:
        super().__init__("torch")
        self.at = 0.0
        self.alive = self.peak = 0
        fake = self

        class Event:
            def __init__(self, *, enable_timing: bool) -> None:
                assert enable_timing  # the real one refuses elapsed_time without
                self.at: float | None = None

            def record(self) -> None:
                self.at = fake.at

            def synchronize(self) -> None:
                assert self.at is not None

            def elapsed_time(self, end: Event) -> float:
                assert self.at is not None
                assert end.at is not None
                return end.at - self.at

        self.cuda = types.SimpleNamespace(
            Event=Event,
            is_available=lambda: available,
            current_device=lambda: 0,
            get_device_properties=lambda _: types.SimpleNamespace(uuid=fake.uuid),
            synchronize=lambda: None,
            reset_peak_memory_stats=lambda: setattr(fake, "peak", fake.alive),
            max_memory_allocated=lambda: fake.peak,
        )

    def work(self, milliseconds: float, size: int) -> str:
        self.at += milliseconds
        self.peak = max(self.peak, self.alive + size)
        return "answer"


class FakeCupy(types.ModuleType):
    """FAKE: as above, with cupy's names."""

    class CUDARuntimeError(RuntimeError):
        """FAKE: what cupy raises without a driver."""

    def __init__(self, devices: int | None = 1) -> None:
        super().__init__("cupy")
        self.at, self.taken = 0.0, 99
        fake = self

        class Event:
            def record(self) -> None:
                self.at = fake.at

            def synchronize(self) -> None:
                return

        def count() -> int:
            if devices is None:
                raise FakeCupy.CUDARuntimeError("FAKE: no driver")
            return devices

        pool = types.SimpleNamespace(
            free_all_blocks=lambda: setattr(fake, "taken", 0), total_bytes=lambda: fake.taken
        )
        self.get_default_memory_pool = lambda: pool
        self.cuda = types.SimpleNamespace(
            Event=Event,
            get_elapsed_time=lambda begin, end: end.at - begin.at,
            Device=lambda: types.SimpleNamespace(synchronize=lambda: None, pci_bus_id="0000:01:00.0"),
            runtime=types.SimpleNamespace(getDeviceCount=count, CUDARuntimeError=FakeCupy.CUDARuntimeError),
        )

    def work(self, milliseconds: float, size: int) -> None:
        self.at += milliseconds
        self.taken = max(self.taken, size)


def loaded(monkeypatch: pytest.MonkeyPatch, **modules: types.ModuleType) -> None:
    """The suite has imported these libraries and not the others."""
    for name in ("torch", "cupy"):
        monkeypatch.delitem(sys.modules, name, raising=False)
        if name in modules:
            monkeypatch.setitem(sys.modules, name, modules[name])


def on_fake_time(benchmark: Any) -> Any:
    """Each look at the clock is an eighth of a second after the last."""
    at = [0.0]

    def now() -> float:
        at[0] += 0.125
        return at[0]

    benchmark._clock = Clock(now=now, sleep=lambda _: None)
    return benchmark


@pytest.mark.parametrize(
    ("modules", "attributes", "reason"),
    [
        ({}, {}, "the suite has not imported torch or cupy"),
        ({"torch": FakeTorch()}, {"backend": "cupy"}, "the suite has not imported cupy"),
        ({"torch": FakeTorch(available=False)}, {}, "torch finds no CUDA device"),
        ({"cupy": FakeCupy(0)}, {}, "cupy finds no CUDA device"),
        ({"cupy": FakeCupy(None)}, {}, r"cupy finds no CUDA device \(FAKE: no driver\)"),
    ],
)
def test_without_a_device_a_benchmark_is_skipped_with_the_reason(
    monkeypatch: pytest.MonkeyPatch, modules: dict[str, Any], attributes: dict[str, Any], reason: str
) -> None:
    loaded(monkeypatch, **modules)
    with pytest.raises(SkipNotImplemented, match=rf"suite\.gpu_one: {reason}"):
        made("gpu", lambda: None, **attributes).observe()


def test_a_wrong_backend_is_named() -> None:
    with pytest.raises(ValueError, match="backend = 'jax' must be"):
        made("gpu", lambda: None, backend="jax").observe()


def test_fake_torch_events_are_device_seconds(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    torch = FakeTorch()
    torch.alive, torch.peak = 1000, 70_000  # a peak from before is not this call's
    loaded(monkeypatch, torch=torch, cupy=FakeCupy())
    monkeypatch.setitem(sys.modules, "pynvml", None)
    benchmark = on_fake_time(made("gpu", lambda: torch.work(4.0, 500), repeat=3))
    observed = benchmark.observe()
    assert samples_of(observed) == {"": [0.004] * 3, "peak_memory_torch": [1500]}
    assert observed["check"] == "answer"
    assert (benchmark.type, benchmark.unit) == ("gpu", "seconds")
    assert "suite.gpu_one: no @energy: pynvml is not installed" in capsys.readouterr().err


def test_fake_cupy_events_are_device_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    cupy = FakeCupy()
    loaded(monkeypatch, cupy=cupy)
    benchmark = on_fake_time(made("gpu", lambda: cupy.work(8.0, 512), repeat=2, number=1))
    assert samples_of(benchmark.observe()) == {"": [0.008] * 2, "peak_memory_cupy": [512]}


# --- energy -------------------------------------------------------------------------------------------

SHIM = r"""
#include <stdlib.h>
#include <string.h>
/* FAKE driver: each reading of the counter is 3000 mJ above the last. */
static int mode(void) { const char *m = getenv("FAKE_NVML"); return m ? atoi(m) : 0; }
static unsigned long long joules = 1000;
int nvmlInitWithFlags(unsigned f) { (void)f; return mode() == 9 ? 9 : 0; }    /* 9: driver not loaded */
int nvmlShutdown(void) { return 0; }
const char *nvmlErrorString(int code) { (void)code; return "FAKE error"; }
int nvmlDeviceGetCount_v2(unsigned *n) { *n = mode() == 2 ? 2 : 1; return 0; }
int nvmlDeviceGetHandleByIndex_v2(unsigned i, void **h) { *h = (void *)(size_t)(i + 1); return 0; }
int nvmlDeviceGetHandleByUUID(const char *id, void **h) {
    *h = (void *)1;
    return strcmp(id, "GPU-fake-uuid") ? 6 : 0;                               /* 6: not found */
}
int nvmlDeviceGetHandleByPciBusId_v2(const char *id, void **h) {
    *h = (void *)1;
    return strcmp(id, "0000:01:00.0") ? 6 : 0;
}
int nvmlDeviceGetTotalEnergyConsumption(void *h, unsigned long long *mj) {
    (void)h;
    joules += 3000;
    *mj = joules;
    return mode() == 3 ? 3 : 0;                                               /* 3: not supported */
}
"""
OBSERVE = """
import json, sys
from tests.test_kinds_gpu import FakeCupy, FakeTorch, on_fake_time
from tests.kinds import made, samples_of
name, uuid = sys.argv[1:]
library = {"torch": FakeTorch, "cupy": FakeCupy}[name]()
library.uuid = uuid or None
sys.modules[name] = library
benchmark = on_fake_time(made("gpu", lambda: library.work(1.0, 1)))
print(json.dumps(samples_of(benchmark.observe()).get("energy")))
"""


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a FAKE libnvidia-ml.so.1 that the real pynvml loads."""
    if shutil.which("gcc") is None:
        pytest.skip("NOT RUN: gcc is missing, so the real pynvml cannot be driven by a made driver")
    folder = tmp_path_factory.mktemp("driver")
    (folder / "shim.c").write_text(SHIM)
    (folder / "observe.py").write_text(OBSERVE)  # a file, for asv hashes the source of what it runs
    library = str(folder / "libnvidia-ml.so.1")
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", library, str(folder / "shim.c")], check=True)
    return folder


@pytest.mark.parametrize(
    ("mode", "library", "uuid", "joules", "reason"),
    [
        # 3 J between two readings; in half a second of fake time four calls are made
        (0, "torch", "fake-uuid", [0.75], ""),
        (0, "torch", "", [0.75], ""),  # torch does not say which, but there is one only
        (0, "cupy", "", [0.75], ""),
        (2, "torch", "", None, "which of NVML's devices it is cannot be told"),
        (0, "torch", "another", None, "NVML has no energy counter for it"),
        (3, "torch", "fake-uuid", None, "NVML has no energy counter for it"),
        (9, "torch", "fake-uuid", None, "NVML does not start"),
    ],
)
def test_energy_from_a_fake_driver_through_the_real_pynvml(
    driver: Path, mode: int, library: str, uuid: str, joules: list[float] | None, reason: str
) -> None:
    root = str(Path(__file__).resolve().parent.parent)
    told = {"LD_LIBRARY_PATH": str(driver), "FAKE_NVML": str(mode), "PYTHONPATH": root}
    done = subprocess.run(
        [sys.executable, "-W", "error", str(driver / "observe.py"), library, uuid],
        env=os.environ | told,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == joules
    assert reason in done.stderr
