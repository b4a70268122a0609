"""Whether a host is virtual, and on what. Owns the hints by which a kernel tells; reads, never probes."""

from __future__ import annotations

from pathlib import Path

from groundspeed.machine.tree import text

# What the firmware of a virtual machine calls itself; the first that is found in vendor or product.
_FIRMWARE = {
    "kvm": "kvm",
    "qemu": "kvm",
    "vmware": "vmware",
    "virtualbox": "virtualbox",
    "innotek": "virtualbox",
    "virtual machine": "hyperv",  # Microsoft Corporation, Virtual Machine
    "xen": "xen",
    "amazon ec2": "amazon",
    "google compute engine": "google",
    "parallels": "parallels",
    "apple virtualization": "apple",
    "openstack": "openstack",
    "bhyve": "bhyve",
}
_CLOCKS = {"kvm-clock": "kvm", "hyperv_clocksource_tsc_page": "hyperv", "xen": "xen"}


def hypervisor(proc: Path, sys: Path, *, flags: frozenset[str]) -> str | None:
    """The hypervisor's name, `unknown` when there is one that does not say, None on bare metal.

    On x86 the processor's `hypervisor` flag decides: a cloud's bare-metal machine bears the cloud's
    name in its firmware and no flag. Elsewhere there is no such flag and the firmware decides.
    """
    if "microsoft" in text(proc / "sys/kernel/osrelease").lower():
        return "wsl"
    if flags and "hypervisor" not in flags:
        return None
    named = _by_clock(sys) or _by_firmware(sys) or text(sys / "hypervisor/type") or _by_board(proc)
    return named or ("unknown" if flags else None)


def _by_clock(sys: Path) -> str | None:
    clocks = text(sys / "devices/system/clocksource/clocksource0/available_clocksource").split()
    return next((_CLOCKS[clock] for clock in clocks if clock in _CLOCKS), None)


def _by_firmware(sys: Path) -> str | None:
    identity = sys / "class/dmi/id"
    product = text(identity / "product_name").lower()
    said = f"{text(identity / 'sys_vendor').lower()} {product}"
    if product.endswith(".metal"):
        return None
    return next((name for hint, name in _FIRMWARE.items() if hint in said), None)


def _by_board(proc: Path) -> str | None:
    """ARM boards are described by a device tree; QEMU's has a node of its own."""
    tree = proc / "device-tree"
    compatible = text(tree / "hypervisor/compatible") or text(tree / "compatible")
    known = {"kvm": "kvm", "dummy-virt": "kvm", "xen": "xen"}
    return next((name for hint, name in known.items() if hint in compatible), None)
