"""What profiling costs: a recorded acquire, a profiled call, a sampled loop; and nothing when it is off."""

import contextlib
import importlib
import tempfile
import threading
import time

ACQUIRES = 1_000  # in a millisecond at most: some of the pairs are never interrupted
PAIRS = 60  # of measurements with and without, in turn
LOOPS = 15
LOOP = 1_000_000


def loaded(name):
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise NotImplementedError(f"this commit has no {name}") from error


def with_s(lock):
    started = time.perf_counter()
    for _ in range(ACQUIRES):
        with lock:
            pass
    return (time.perf_counter() - started) / ACQUIRES


def best_difference(one, other):
    """Seconds by which ``other`` takes longer than ``one``, the best of each measured in turn."""
    pairs = [(one(), other()) for _ in range(PAIRS)]
    return min(second for _, second in pairs) - min(first for first, _ in pairs)


class Contention:
    """A lock that nobody else wants: taken and given back, with the recorder on and off."""

    params = ("Lock", "RLock")
    param_names = ("kind",)
    timeout = 60

    def setup(self, kind):
        recording = loaded("groundspeed.profiling.inside.recording")
        self.recording = contextlib.ExitStack()
        self.recording.enter_context(recording.recorded())
        self.lock = getattr(threading, kind)()

    def teardown(self, kind):
        self.recording.close()

    def time_recorded(self, kind):
        with self.lock:
            pass

    def track_overhead(self, kind):
        """Of one acquire and its release; at most 1 µs."""
        plain = self.lock.inner  # another attribute would be recorded as well
        return max(0.0, best_difference(lambda: with_s(plain), lambda: with_s(self.lock)))

    track_overhead.unit = "seconds"


class Off:
    """The recorder was on and is off; the decorator is turned off: nothing is left to pay."""

    timeout = 60

    def setup(self):
        recording = loaded("groundspeed.profiling.inside.recording")
        before = threading.Lock
        with recording.recorded():
            pass
        if threading.Lock is not before:
            raise RuntimeError("the recorder left its lock behind")
        self.lock = threading.Lock()
        with tempfile.TemporaryDirectory() as folder:
            self.call = loaded("groundspeed.profiling").profile_cpu(folder, enabled=False)(loop)
        if self.call is not loop:
            raise RuntimeError("a decorator that is off has wrapped a function")

    def time_lock(self):
        with self.lock:
            pass

    def time_call(self):
        self.call()


def loop():
    total = 0
    for number in range(LOOP):
        total += number * number
    return total


def nothing():
    pass


class Cpu:
    """A function under profile_cpu: what a call adds, and what sampling adds to a busy loop."""

    timeout = 60

    def setup(self):
        self.folder = tempfile.TemporaryDirectory()
        profile_cpu = loaded("groundspeed.profiling").profile_cpu
        self.call = profile_cpu(self.folder.name)(nothing)
        self.busy = profile_cpu(self.folder.name)(loop)
        self.call()

    def teardown(self):
        loaded("groundspeed.profiling").flush()
        self.folder.cleanup()

    def time_call(self):
        self.call()

    def track_overhead(self):
        """Share of a busy loop's time; at most 10 %."""
        best = {loop: 1e9, self.busy: 1e9}
        for _ in range(LOOPS):
            for call in best:
                started = time.perf_counter()
                call()
                best[call] = min(best[call], time.perf_counter() - started)
        return max(0.0, best[self.busy] / best[loop] - 1)

    track_overhead.unit = "share"
