"""What the graphics processors are doing, through NVML. Owns the conversation with the driver while it
lasts; judges nothing. What a device does not state is None, one that does not answer is left out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import Any, Self


@dataclass(frozen=True, kw_only=True, slots=True)
class GpuProcess:
    """A process on a device. ``graphics`` marks a desktop's; the others compute."""

    pid: int
    memory_bytes: int | None
    graphics: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class GpuState:
    """One device at one moment. Shares are of 1; ``slowed_by_heat`` and ``slowed_by_power`` are NVML's
    reasons for the present clock (nvml.h, nvmlClocksEventReason…).
    """

    name: str
    busy_share: float | None
    memory_used_bytes: int | None
    clock_hz: float | None
    memory_clock_hz: float | None
    power_w: float | None
    temperature_c: float | None
    slowed_by_heat: bool | None
    slowed_by_power: bool | None
    persistent: bool | None


class Gpus:
    """The devices that the driver shows. ``absence`` says why there are none; empty when there are."""

    def __init__(self) -> None:
        self.absence = ""
        self._devices: list[tuple[Any, str]] = []
        self._open = False

    def __enter__(self) -> Self:
        import pynvml

        try:
            pynvml.nvmlInit()
            self._open = True
            self._devices = _devices()
        except pynvml.NVMLError as error:
            self.absence = str(error)
        else:
            self.absence = "" if self._devices else "the driver shows no device"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        import pynvml

        if self._open:
            self._open = False
            self._devices = []
            pynvml.nvmlShutdown()

    def states(self) -> tuple[GpuState, ...]:
        """Every device now, in the driver's order."""
        return tuple(_state(handle, name) for handle, name in self._devices)

    def processes(self) -> tuple[tuple[GpuProcess, ...], ...]:
        """Who uses each device, in the same order. A container sees its own processes at most."""
        return tuple(_processes(handle) for handle, _ in self._devices)


def _devices() -> list[tuple[Any, str]]:
    import pynvml

    found = []
    for position in range(pynvml.nvmlDeviceGetCount()):
        try:
            handle = pynvml.nvmlDeviceGetHandleByIndex(position)
            name = pynvml.nvmlDeviceGetName(handle)
        except pynvml.NVMLError:  # fell off the bus, or not ours to ask
            continue
        found.append((handle, name.decode() if isinstance(name, bytes) else name))
    return found


def _state(handle: object, name: str) -> GpuState:
    import pynvml as nvml

    reasons = _asked(lambda: nvml.nvmlDeviceGetCurrentClocksThrottleReasons(handle))
    heat = nvml.nvmlClocksThrottleReasonSwThermalSlowdown | nvml.nvmlClocksThrottleReasonHwThermalSlowdown
    power = nvml.nvmlClocksThrottleReasonSwPowerCap | nvml.nvmlClocksThrottleReasonHwPowerBrakeSlowdown
    return GpuState(
        name=name,
        busy_share=_scaled(lambda: nvml.nvmlDeviceGetUtilizationRates(handle).gpu, 0.01),
        memory_used_bytes=_asked(lambda: int(nvml.nvmlDeviceGetMemoryInfo(handle).used)),
        clock_hz=_scaled(lambda: nvml.nvmlDeviceGetClockInfo(handle, nvml.NVML_CLOCK_SM), 1e6),
        memory_clock_hz=_scaled(lambda: nvml.nvmlDeviceGetClockInfo(handle, nvml.NVML_CLOCK_MEM), 1e6),
        power_w=_scaled(lambda: nvml.nvmlDeviceGetPowerUsage(handle), 1e-3),
        temperature_c=_scaled(lambda: nvml.nvmlDeviceGetTemperature(handle, nvml.NVML_TEMPERATURE_GPU), 1.0),
        slowed_by_heat=None if reasons is None else bool(reasons & heat),
        slowed_by_power=None if reasons is None else bool(reasons & power),
        persistent=_asked(lambda: bool(nvml.nvmlDeviceGetPersistenceMode(handle))),
    )


def _processes(handle: object) -> tuple[GpuProcess, ...]:
    import pynvml as nvml

    kinds = (
        (nvml.nvmlDeviceGetComputeRunningProcesses, False),
        (nvml.nvmlDeviceGetGraphicsRunningProcesses, True),
    )
    return tuple(
        GpuProcess(pid=one.pid, memory_bytes=one.usedGpuMemory, graphics=graphics)
        for question, graphics in kinds
        for one in _asked(partial(question, handle)) or ()
    )


def _scaled(question: Callable[[], Any], factor: float) -> float | None:
    answer = _asked(question)
    return None if answer is None else answer * factor


def _asked(question: Callable[[], Any]) -> Any:
    """The driver's answer, or None when this device or this driver has none."""
    import pynvml

    try:
        return question()
    except pynvml.NVMLError:
        return None
