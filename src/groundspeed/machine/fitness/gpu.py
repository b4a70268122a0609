"""Whether somebody else uses a GPU, and whether its clock is held down."""

from __future__ import annotations

from collections.abc import Iterator

from groundspeed.machine.fitness.finding import fine, unknown
from groundspeed.machine.fitness.look import Look
from groundspeed.machine.gpu_state import GpuProcess, GpuState
from groundspeed.machine.profile import size
from groundspeed.machine.tree import Tree, text
from groundspeed.records import Finding, Severity

_BUSY = 0.05  # of the last sampling period (1/6 to 1 s, nvml.h): an idle device has 0
_ORDER = (Severity.FINE, Severity.NOTE, Severity.UNFIT)

_Trouble = tuple[Severity, str, str]


def devices(look: Look) -> Iterator[Finding]:
    """One finding a device; one in all where the driver shows none."""
    if not look.gpus.states:
        loaded = (look.tree.proc / "driver/nvidia/version").exists()
        yield (
            unknown(
                "GPU", f"the NVIDIA driver is loaded and does not answer: {look.gpus.absence}", "nvidia-smi"
            )
            if loaded
            else fine("GPU", "none that the NVIDIA driver shows")
        )
    for position, state in enumerate(look.gpus.states):
        yield _device(f"GPU {position}", state, look.gpus.processes[position], look.tree)


def _device(check: str, state: GpuState, processes: tuple[GpuProcess, ...], tree: Tree) -> Finding:
    """All that is wrong with a device, as grave as the worst of it."""
    troubles = [*_users(state, processes, tree), *_clock(state)]
    seen = "; ".join([state.name, *(what for _, what, _ in troubles)])
    worst = max((severity for severity, _, _ in troubles), key=_ORDER.index, default=Severity.FINE)
    advice = "; ".join(dict.fromkeys(what for _, _, what in troubles))
    return Finding(check=check, severity=worst, seen=seen if troubles else f"{seen}, idle", advice=advice)


def _users(state: GpuState, processes: tuple[GpuProcess, ...], tree: Tree) -> Iterator[_Trouble]:
    for one in processes:
        name = text(tree.proc / str(one.pid) / "comm") or "of another container"
        held = f" with {size(one.memory_bytes)}" if one.memory_bytes else ""
        if one.graphics:
            advice = f"stop the desktop while measuring: {name} (pid {one.pid})"
            yield Severity.NOTE, f"a process draws on it{held}", advice
        else:
            advice = f"wait for it, or end it: {name} (pid {one.pid})"
            yield Severity.UNFIT, f"a process computes on it{held}", advice
    if not processes and state.busy_share is not None and state.busy_share >= _BUSY:
        yield (
            Severity.UNFIT,
            f"{100 * state.busy_share:.0f} % busy, and the driver does not say by whom",
            "look on the host itself, outside of this container: nvidia-smi",
        )


def _clock(state: GpuState) -> Iterator[_Trouble]:
    if state.slowed_by_heat:
        at = "" if state.temperature_c is None else f" at {state.temperature_c:.0f} °C"
        yield Severity.UNFIT, f"its clock is held down for heat{at}", "let it cool, and look at its fans"
    if state.slowed_by_power:
        at = "" if state.power_w is None else f" at {state.power_w:.0f} W"
        advice = "fix the clock below the limit: sudo nvidia-smi --lock-gpu-clocks=MHz"
        yield Severity.NOTE, f"its clock is held down by the power limit{at}", advice
    if state.persistent is False:
        yield Severity.NOTE, "the driver unloads it between programs", "sudo nvidia-smi -pm 1"
