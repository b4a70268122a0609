"""What py-spy costs the process that it is attached to, as `groundspeed profile --kind cpu` attaches it."""

import contextlib
import importlib
import pathlib
import subprocess
import sys
import tempfile

PAIRS = 7  # of stretches with and without, in turn
SECONDS = 0.2  # of a stretch
# Calls for as long as a line says, and answers what each took.
CALLS = """
import ctypes, sys, time
ctypes.CDLL(None).prctl(0x59616D61, ctypes.c_ulong(-1))  # PR_SET_PTRACER: Yama shows it to ancestors alone
def call():
    return sum(number * number for number in range(10_000))
for line in sys.stdin:
    calls, started = 0, time.perf_counter()
    while time.perf_counter() - started < float(line):
        call()
        calls += 1
    print((time.perf_counter() - started) / calls, flush=True)
"""


class Attached:
    """A busy process, sampled as `groundspeed profile` does."""

    timeout = 60

    def setup(self):
        try:
            cpu = importlib.import_module("groundspeed.profiling.cpu")
            self.sampler = cpu.find_sampler(native=False)
        except Exception as error:  # this commit has no sampler, or the host no py-spy
            raise NotImplementedError(str(error)) from error
        self.busy = subprocess.Popen(
            [sys.executable, "-c", CALLS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def teardown(self):
        with contextlib.suppress(AttributeError), self.busy:
            self.busy.kill()

    def track_overhead(self):
        """Share by which a call takes longer, each at best; at most 10 %."""
        plain, sampled = [], []
        with tempfile.TemporaryDirectory() as folder:
            for turn in range(PAIRS):
                plain.append(self._call_s())
                with self.sampler.watching(self.busy.pid, pathlib.Path(folder, str(turn))):
                    sampled.append(self._call_s())
        return max(0.0, min(sampled) / min(plain) - 1)

    track_overhead.unit = "share"

    def _call_s(self):
        self.busy.stdin.write(f"{SECONDS}\n")
        self.busy.stdin.flush()
        return float(self.busy.stdout.readline())
