"""The graphics processors as NVIDIA's driver names them, through NVML. Owns what their absence means."""

from __future__ import annotations

from groundspeed.records import Gpu


def read_gpus() -> tuple[Gpu, ...]:
    """Every GPU; empty without one, without a driver, or when the driver cannot be asked.

    A device whose memory the driver does not state (it may share the host's) has 0 bytes.
    """
    import pynvml

    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:  # no library, no driver, no permission, versions that do not fit
        return ()
    try:
        driver = _text(pynvml.nvmlSystemGetDriverVersion())
        devices = [_device(position, driver) for position in range(pynvml.nvmlDeviceGetCount())]
        return tuple(gpu for gpu in devices if gpu is not None)
    except pynvml.NVMLError:
        return ()
    finally:
        pynvml.nvmlShutdown()


def _device(position: int, driver: str) -> Gpu | None:
    import pynvml

    try:
        handle = pynvml.nvmlDeviceGetHandleByIndex(position)
        return Gpu(name=_text(pynvml.nvmlDeviceGetName(handle)), memory_bytes=_memory(handle), driver=driver)
    except pynvml.NVMLError:  # fell off the bus, or not ours to ask
        return None


def _memory(handle: object) -> int:
    import pynvml

    try:
        return int(pynvml.nvmlDeviceGetMemoryInfo(handle).total)
    except pynvml.NVMLError_NotSupported:
        return 0


def _text(value: str | bytes) -> str:
    """pynvml gave bytes until its release 11.5."""
    return value.decode() if isinstance(value, bytes) else value
