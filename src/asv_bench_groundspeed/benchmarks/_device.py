"""The device as torch and as cupy name it: events, memory, which one it is. Owns both libraries' names.

Neither is ever imported here: what the suite has imported is what it uses, and importing the other
one would take memory on the device.
"""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from typing import Any, Optional, Tuple

BACKENDS = ("auto", "torch", "cupy")


class Device(ABC):
    """What ``gpu_`` needs of a library. ``uuid`` and ``pci`` say which device it is, where it tells."""

    name = ""
    uuid: Optional[str] = None
    pci: Optional[str] = None

    def __init__(self, module: Any) -> None:
        self.module = module

    @abstractmethod
    def event(self) -> Any:
        """A new event that can be timed, on the current stream when it is recorded."""

    @abstractmethod
    def seconds_between(self, begin: Any, end: Any) -> float:
        """Device seconds from one recorded event to another, waiting for the second."""

    @abstractmethod
    def synchronise(self) -> None:
        """Wait for all that was given to the device."""

    @abstractmethod
    def forget_peak(self) -> None:
        """Begin a new peak of memory."""

    @abstractmethod
    def peak_bytes(self) -> int:
        """The most bytes in use since ``forget_peak``."""


class TorchDevice(Device):
    """The current CUDA (or ROCm) device of torch. The peak is of tensors, not of the cache behind them."""

    name = "torch"

    def __init__(self, module: Any) -> None:
        Device.__init__(self, module)
        self.cuda = module.cuda
        uuid = getattr(self.cuda.get_device_properties(self.cuda.current_device()), "uuid", None)
        self.uuid = None if uuid is None else "GPU-" + str(uuid)

    def event(self) -> Any:
        return self.cuda.Event(enable_timing=True)

    def seconds_between(self, begin: Any, end: Any) -> float:
        end.synchronize()
        return float(begin.elapsed_time(end)) / 1e3  # torch says milliseconds

    def synchronise(self) -> None:
        self.cuda.synchronize()

    def forget_peak(self) -> None:
        self.cuda.reset_peak_memory_stats()

    def peak_bytes(self) -> int:
        return int(self.cuda.max_memory_allocated())


class CupyDevice(Device):
    """The current device of cupy. Its pool keeps no peak: what the pool took from the device while it was
    empty at first stands for it, rounded up as the pool rounds."""

    name = "cupy"

    def __init__(self, module: Any) -> None:
        Device.__init__(self, module)
        self.pci = str(module.cuda.Device().pci_bus_id)

    def event(self) -> Any:
        return self.module.cuda.Event()

    def seconds_between(self, begin: Any, end: Any) -> float:
        end.synchronize()
        return float(self.module.cuda.get_elapsed_time(begin, end)) / 1e3  # milliseconds here, too

    def synchronise(self) -> None:
        self.module.cuda.Device().synchronize()

    def forget_peak(self) -> None:
        self.module.get_default_memory_pool().free_all_blocks()

    def peak_bytes(self) -> int:
        return int(self.module.get_default_memory_pool().total_bytes())


def find(backend: str) -> Tuple[Optional[Device], str]:
    """The device of the library that the suite has imported (torch before cupy when it has both), or None
    and the reason."""
    wanted = ("torch", "cupy") if backend == "auto" else (backend,)
    loaded = [name for name in wanted if name in sys.modules]
    if not loaded:
        return None, "the suite has not imported {}".format(" or ".join(wanted))
    library = sys.modules[loaded[0]]
    if loaded[0] == "torch":
        if not library.cuda.is_available():
            return None, "torch finds no CUDA device"
        return TorchDevice(library), ""
    try:
        count = library.cuda.runtime.getDeviceCount()
    except library.cuda.runtime.CUDARuntimeError as error:
        return None, "cupy finds no CUDA device ({})".format(error)
    return (CupyDevice(library), "") if count else (None, "cupy finds no CUDA device")
