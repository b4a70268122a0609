"""A made NVIDIA driver: a small C library that the real pynvml loads. Its readings are made up, and every
name in it starts with FAKE. Owns its making, and running Python with it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SOURCE = r"""
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
static int mode(void) { const char *m = getenv("FAKE_NVML"); return m ? atoi(m) : 0; }
int nvmlInitWithFlags(unsigned f) { (void)f; return mode() == 9 ? 9 : 0; }          /* 9: no driver loaded */
int nvmlInit_v2(void) { return nvmlInitWithFlags(0); }
int nvmlShutdown(void) { return 0; }
const char *nvmlErrorString(int code) { (void)code; return "FAKE error"; }
int nvmlSystemGetDriverVersion(char *out, unsigned n) { snprintf(out, n, "FAKE 1.2.3"); return 0; }
int nvmlDeviceGetCount_v2(unsigned *n) { *n = mode() == 1 ? 0 : 2; return mode() == 4 ? 4 : 0; }
int nvmlDeviceGetHandleByIndex_v2(unsigned i, void **h) {
    *h = (void *)(size_t)(i + 1);
    return mode() == 15 && i == 0 ? 15 : 0;                                         /* 15: fell off the bus */
}
int nvmlDeviceGetName(void *h, char *out, unsigned n) {
    snprintf(out, n, (size_t)h == 1 ? "FAKE GeForce RTX 5090" : "FAKE H200");
    return 0;
}
static int states(void) { return mode() == 3 ? 3 : 0; }                             /* 3: not supported */
typedef struct { unsigned long long total, free, used; } memory_t;
int nvmlDeviceGetMemoryInfo(void *h, memory_t *m) {
    m->total = (size_t)h == 1 ? 34190917632ULL : 150754820096ULL;
    m->used = 8000000000ULL;
    m->free = m->total - m->used;
    return states();
}
typedef struct { unsigned gpu, memory; } utilization_t;
int nvmlDeviceGetUtilizationRates(void *h, utilization_t *u) {
    u->gpu = (size_t)h == 1 ? 97 : 0; u->memory = 5;
    return states();
}
int nvmlDeviceGetClockInfo(void *h, int type, unsigned *mhz) {
    (void)h; *mhz = type == 1 ? 2407 : 14001;
    return states();
}
int nvmlDeviceGetPowerUsage(void *h, unsigned *mw) { (void)h; *mw = 412500; return states(); }
int nvmlDeviceGetTemperature(void *h, int sensor, unsigned *c) {
    (void)h; (void)sensor; *c = 71;
    return states();
}
int nvmlDeviceGetCurrentClocksThrottleReasons(void *h, unsigned long long *r) {
    *r = (size_t)h == 1 ? 0x40ULL | 0x4ULL : 0x1ULL;      /* hardware thermal slowdown, power cap; idle */
    return states();
}
int nvmlDeviceGetPersistenceMode(void *h, int *on) { *on = (size_t)h != 1; return states(); }
typedef struct { unsigned pid; unsigned long long used; unsigned gi, ci; } process_t;
static int list(unsigned *n, process_t *p, unsigned pid, unsigned long long used) {
    if (states()) return 3;
    if (!p || *n < 1) { *n = 1; return 7; }                                   /* 7: the array is too small */
    memset(p, 0, sizeof *p); p->pid = pid; p->used = used; *n = 1;
    return 0;
}
int nvmlDeviceGetComputeRunningProcesses_v3(void *h, unsigned *n, process_t *p) {
    if ((size_t)h != 1) { *n = 0; return states(); }
    return list(n, p, 4711, 8000000000ULL);
}
int nvmlDeviceGetGraphicsRunningProcesses_v3(void *h, unsigned *n, process_t *p) {
    if ((size_t)h != 1) { *n = 0; return states(); }
    return list(n, p, 1200, 0xFFFFFFFFFFFFFFFFULL);                            /* not stated */
}
"""


def build_driver(folder: Path) -> Path:
    """The folder, with a libnvidia-ml.so.1 in it; without a compiler the test is skipped by name."""
    if shutil.which("gcc") is None:
        pytest.skip("NOT RUN: gcc is missing, so the real pynvml cannot be driven by a made driver")
    (folder / "driver.c").write_text(SOURCE, encoding="utf-8")
    library = str(folder / "libnvidia-ml.so.1")
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", library, str(folder / "driver.c")], check=True)
    return folder


def run_with_driver(driver: Path, mode: int, program: str) -> Any:
    """What the program, which sees the made driver, prints as JSON."""
    environment = {**os.environ, "LD_LIBRARY_PATH": str(driver), "FAKE_NVML": str(mode)}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
