"""A profile against a host, difference by difference. Pure; owns the tolerances and asv's description."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from groundspeed import units
from groundspeed.records import Fingerprint, Gpu, MachineProfile

TOLERANCE = 0.05  # firmware, a kernel's reserve and integrated graphics keep up to 4 % of the modules
_GIB = 2**30
_GB = 10**9


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """One thing that is not as expected."""

    what: str
    expected: str
    found: str

    def __str__(self) -> str:
        return f"{self.what}: expected {self.expected}, found {self.found}"


def differences(profile: MachineProfile, host: Fingerprint) -> tuple[Difference, ...]:
    """What of ``host`` is not as ``profile`` expects; what the profile does not name is not compared."""
    return tuple(_differences(profile, host))


def _differences(profile: MachineProfile, host: Fingerprint) -> Iterator[Difference]:
    if profile.cpu is not None and not _named(profile.cpu, host.cpu_model):
        yield Difference(what="CPU", expected=profile.cpu, found=host.cpu_model)
    for what, wanted, count in (
        ("physical cores", profile.cores_physical, host.cores_physical),
        ("logical processors", profile.cores_logical, host.cores_logical),
    ):
        if wanted is not None and wanted != count:
            yield Difference(
                what=what, expected=str(wanted), found="unknown" if count is None else str(count)
            )
    if profile.ram_bytes is not None and not same_size(profile.ram_bytes, host.ram_bytes):
        yield Difference(
            what="RAM (±5 %)", expected=size(profile.ram_bytes), found=f"{size(host.ram_bytes)} visible"
        )
    yield from _gpu_differences(profile, host.gpus)


def _gpu_differences(profile: MachineProfile, gpus: tuple[Gpu, ...]) -> Iterator[Difference]:
    """One device must have the expected name and the expected memory; others may be there."""
    named = [gpu for gpu in gpus if profile.gpu is None or _named(profile.gpu, gpu.name)]
    if profile.gpu is not None and not named:
        found = ", ".join(gpu.name for gpu in gpus) or "none that the NVIDIA driver shows"
        yield Difference(what="GPU", expected=profile.gpu, found=found)
        return
    wanted = profile.gpu_memory_bytes
    if wanted is not None and not any(same_size(wanted, gpu.memory_bytes) for gpu in named):
        found = ", ".join(size(gpu.memory_bytes) if gpu.memory_bytes else "not stated" for gpu in named)
        yield Difference(what="GPU memory (±5 %)", expected=size(wanted), found=found or "no GPU")


def same_size(expected: int, visible: int) -> bool:
    """Whether a host that shows ``visible`` bytes has the memory that a profile calls ``expected``.

    A module sold as 64 GB holds 64 GiB, and a kernel shows a little less than that. A size in whole
    GB therefore means anything from 5 % under so many GB to 5 % over so many GiB (60.8 to 72.2
    billion bytes); any other size is meant exactly, 5 % either way.
    """
    upper = expected // _GB * _GIB if expected % _GB == 0 else expected
    return expected * (1 - TOLERANCE) <= visible <= upper * (1 + TOLERANCE)


def size(memory_bytes: int) -> str:
    """A size as it is sold when it is in whole GB, else in GiB."""
    if memory_bytes % _GB == 0:
        return f"{memory_bytes // _GB} GB"
    return f"{memory_bytes / _GIB:.1f} GiB"


def _named(expected: str, model: str) -> bool:
    return " ".join(expected.lower().split()) in " ".join(model.lower().split())


# --- asv's machine.json ---------------------------------------------------------------------------


def asv_machine(name: str, host: Fingerprint) -> dict[str, str]:
    """What asv keeps of a machine, each field written as asv writes it (asv/machine.py get_defaults).

    No field more: asv makes a parameter of every one, and another parameter would be another series.
    """
    return {
        "arch": host.arch,
        "cpu": host.cpu_model,
        "machine": name,
        "num_cpu": str(host.cores_logical),
        "os": f"{'Darwin' if host.os.startswith('macOS') else 'Linux'} {host.kernel}",
        "ram": str(host.ram_bytes),
    }


def described_differences(stored: Mapping[str, str], host: Fingerprint) -> tuple[Difference, ...]:
    """What of ``host`` is not as a stored machine.json says; an empty field expects nothing.

    The operating system is not compared: a new kernel is an event on a machine's time line.
    """
    return tuple(_described(stored, host))


def _described(stored: Mapping[str, str], host: Fingerprint) -> Iterator[Difference]:
    for what, wanted, found in (
        ("CPU", stored.get("cpu", ""), host.cpu_model),
        ("architecture", stored.get("arch", ""), host.arch),
        ("logical processors", stored.get("num_cpu", ""), str(host.cores_logical)),
    ):
        if wanted and wanted.split() != found.split():
            yield Difference(what=what, expected=wanted, found=found)
    ram = _stored_ram(stored.get("ram", ""))
    if ram is not None and not same_size(ram, host.ram_bytes):
        yield Difference(what="RAM (±5 %)", expected=size(ram), found=f"{size(host.ram_bytes)} visible")


def _stored_ram(written: str) -> int | None:
    """asv writes bytes, until its release 0.4 it wrote KiB; people write `16GB`. None: no size."""
    try:
        ram = units.parse_bytes(written)
    except ValueError:
        return None
    return ram * 1024 if written.strip().isdigit() and ram < _GIB // 4 else ram or None
