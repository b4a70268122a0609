"""``gpu_``: how long the device works for one call, how much of its memory it takes, how much energy.

Owns when events are recorded and what is absent where a library or a device is; ``_device`` owns how torch
and cupy name the same things. The collector is off while calls are timed, as in ``time_``: it is not the
device's work.
"""

from __future__ import annotations

import gc
import re
from typing import Any, Callable, ClassVar, List, Mapping, Optional, Tuple

from asv_runner.benchmarks.mark import SkipNotImplemented

from ..workloads.clock import WALL
from . import _energy
from ._device import BACKENDS, Device, find
from ._kind import Kind, Observation, metric, note

ENERGY_S = 0.5  # drivers renew their counter every 0.02 to 0.1 s: shorter spans would show its steps


class GpuBenchmark(Kind):
    """Device seconds of a call. Attributes and metrics: docs/kinds.md."""

    name_regex = re.compile("^(Gpu[A-Z_].+)|(gpu_.+)$")
    kind = "gpu"
    defaults: ClassVar[Mapping[str, Any]] = {"backend": "auto", "repeat": 10}
    meaning = ("backend",)
    backend: Any
    repeat: Any
    _clock = WALL

    def observe(self, *param: Any) -> Observation:
        """``repeat`` calls between device events, then calls for half a second for their energy."""
        device = self._device()
        call = self.bound(param)

        def finish() -> None:
            call()
            device.synchronise()

        self.settle(finish, self._clock.now)
        device.forget_peak()
        samples, answer = self._time(device, call)
        metrics = [metric("peak_memory_" + device.name, "bytes", [device.peak_bytes()])]
        joules = None if self.quick else self._joules(device, call)
        if joules is not None:
            metrics.append(metric("energy", "J", [joules]))
        found = {"value": {"samples": samples, "number": 1}, "metrics": metrics}
        return found if answer is None else dict(found, check=answer)

    def _device(self) -> Device:
        if self.backend not in BACKENDS:
            raise self.wrong("backend", self.backend, '"auto", "torch" or "cupy"')
        device, reason = find(self.backend)
        if device is None:
            raise SkipNotImplemented("{}: {}".format(self.name, reason))
        return device

    def _time(self, device: Device, call: Callable[[], Any]) -> Tuple[List[float], Any]:
        samples = []
        answer = None
        was_on = gc.isenabled()
        gc.disable()
        try:
            for _ in range(self.whole("repeat", self.repeat)):
                answer = None  # two results at once would be no call's peak
                begin, end = device.event(), device.event()
                device.synchronise()
                begin.record()
                answer = call()
                end.record()
                samples.append(device.seconds_between(begin, end))
        finally:
            if was_on:
                gc.enable()
        return samples, answer

    def _joules(self, device: Device, call: Callable[[], Any]) -> Optional[float]:
        """Joules of one call: what the device's counter moved by, idle share included, over the calls."""
        with _energy.counter(device) as (read, reason):
            if read is None:
                note("{}: no @energy: {}".format(self.name, reason))
                return None
            device.synchronise()
            before, end, calls = read(), self._clock.now() + ENERGY_S, 0
            while not calls or self._clock.now() < end:
                call()
                device.synchronise()
                calls += 1
            return (read() - before) / calls


export_as_benchmark = [GpuBenchmark]
