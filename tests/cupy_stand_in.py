"""NumPy in CuPy's place, on a machine without a device: the two share the functions that we call.

Owns the count of what would go to the device and back. Refuses to say anything of a device's own arithmetic.
"""

from __future__ import annotations

from importlib.machinery import ModuleSpec
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np


class StandInForCupy(ModuleType):
    """NumPy's functions under CuPy's name, with a count of the transfers."""

    def __init__(self, devices: int = 1) -> None:
        super().__init__("cupy")
        self.__spec__ = ModuleSpec("cupy", None)
        self.to_device = self.from_device = 0
        runtime = SimpleNamespace(getDeviceCount=lambda: devices, CUDARuntimeError=OSError)
        self.cuda = SimpleNamespace(runtime=runtime)

    def __getattr__(self, name: str) -> Any:
        return getattr(np, name)

    def asarray(self, array: Any) -> Any:
        self.to_device += 1
        return np.array(array)

    def asnumpy(self, array: Any) -> Any:
        self.from_device += 1
        return np.array(array)
