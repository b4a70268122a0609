"""The energy counter of one device, through NVML. Owns which device NVML means, and what its absence means.

CUDA and NVML number devices differently (CUDA_VISIBLE_DEVICES, CUDA_DEVICE_ORDER): a device is found by its
UUID or its place on the bus, or because there is no other; never by number.
"""

from __future__ import annotations

import contextlib
import importlib
from typing import Any, Callable, Iterator, Optional, Tuple

from ._device import Device

Reader = Callable[[], float]


@contextlib.contextmanager
def counter(device: Device) -> Iterator[Tuple[Optional[Reader], str]]:
    """A function that reads the device's joules since its driver was loaded; else None and the reason."""
    try:
        nvml = importlib.import_module("pynvml")
    except ImportError:
        yield None, "pynvml is not installed in this environment"
        return
    try:
        nvml.nvmlInit()
    except nvml.NVMLError as error:
        yield None, "NVML does not start: {}".format(error)
        return
    try:
        yield _reader(nvml, device)
    finally:
        nvml.nvmlShutdown()


def _reader(nvml: Any, device: Device) -> Tuple[Optional[Reader], str]:
    try:
        handle = _handle(nvml, device)
        if handle is None:
            return None, "which of NVML's devices it is cannot be told"
        nvml.nvmlDeviceGetTotalEnergyConsumption(handle)
    except nvml.NVMLError as error:
        return None, "NVML has no energy counter for it: {}".format(error)
    return (lambda: nvml.nvmlDeviceGetTotalEnergyConsumption(handle) / 1e3), ""  # millijoules


def _handle(nvml: Any, device: Device) -> Any:
    if device.uuid is not None:
        return nvml.nvmlDeviceGetHandleByUUID(device.uuid)
    if device.pci is not None:
        return nvml.nvmlDeviceGetHandleByPciBusId(device.pci)
    return nvml.nvmlDeviceGetHandleByIndex(0) if nvml.nvmlDeviceGetCount() == 1 else None
