"""What a host is and which machine it counts as, as text, Markdown and JSON."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from typing import Any

from groundspeed.machine.choice import MachineChoice
from groundspeed.machine.profile import Difference, size
from groundspeed.measure.host import KnownMachine
from groundspeed.records import Fingerprint, Gpu
from groundspeed.report.table import Format, Table

VERSION = 1  # of the JSON; a key that is added does not raise it
UNSTATED = "not stated"


def choice_report(choice: MachineChoice, output: Format) -> str:
    """The machine's name, why, and the fingerprint."""
    if output is Format.JSON:
        return _json(
            machine=choice.name,
            reason=choice.reason.name.lower(),
            others=list(choice.others),
            fingerprint=dataclasses.asdict(choice.fingerprint),
        )
    also = (("also matching", ", ".join(choice.others)),) if choice.others else ()
    host = fingerprint_rows(choice.fingerprint)
    rows = (("machine", choice.name), ("because", choice.reason.value), *also, *host)
    return _show(Table(header=("", "this host"), rows=rows), output)


def check_report(name: str, differences: Sequence[Difference], output: Format) -> str:
    """Whether this host is the machine, and what is not as expected."""
    if output is Format.JSON:
        found = [dataclasses.asdict(one) for one in differences]
        return _json(machine=name, matches=not found, differences=found)
    if not differences:
        return f"This host is {name}."
    rows = tuple((one.what, one.expected, one.found) for one in differences)
    table = _show(Table(header=("", "expected", "found"), rows=rows), output)
    return f"This host is not {name}:\n\n{table}"


def list_report(machines: Sequence[KnownMachine], chosen: str, output: Format) -> str:
    """The machines that the project knows, and which of them this host is."""
    if output is Format.JSON:
        return _json(this_host=chosen, machines=[_wire(one) for one in machines])
    if not machines:
        return (
            "No machine is known yet: groundspeed.toml has no [machines.NAME], and there are no results.\n"
            f"This host would measure as {chosen}."
        )
    rows = tuple((one.name, _known_by(one), _what(one), _match(one, chosen)) for one in machines)
    table = _show(Table(header=("machine", "known by", "what it is", "this host?"), rows=rows), output)
    return f"{table}\n\nThis host measures as {chosen}."


def fingerprint_rows(host: Fingerprint) -> tuple[tuple[str, str], ...]:
    """What a host is, a name and a text each."""
    physical = UNSTATED if host.cores_physical is None else str(host.cores_physical)
    turbo = UNSTATED if host.turbo is None else "on" if host.turbo else "off"
    return (
        ("CPU", host.cpu_model),
        ("cores", f"{physical} physical, {host.cores_logical} logical"),
        ("caches", ", ".join(host.caches) or UNSTATED),
        ("RAM", f"{size(host.ram_bytes)} visible"),
        *(("GPU", _gpu(gpu)) for gpu in host.gpus),
        *((("GPU", "none that the NVIDIA driver shows"),) if not host.gpus else ()),
        ("OS", host.os),
        ("kernel", host.kernel),
        ("architecture", host.arch),
        ("virtualised", host.virtualised or "no"),
        ("governor", host.governor or UNSTATED),
        ("turbo", turbo),
    )


def _gpu(gpu: Gpu) -> str:
    memory = size(gpu.memory_bytes) if gpu.memory_bytes else f"memory {UNSTATED}"
    return f"{gpu.name}, {memory}, driver {gpu.driver}"


def _known_by(one: KnownMachine) -> str:
    return " and ".join([*["profile"] * (one.profile is not None), *["results"] * (one.stored is not None)])


def _what(one: KnownMachine) -> str:
    if (profile := one.profile) is None:
        stored = one.stored or {}
        counted = f"{stored['num_cpu']} logical" if stored.get("num_cpu") else ""
        return ", ".join(part for part in (stored.get("cpu", ""), counted, stored.get("arch", "")) if part)
    parts = (
        profile.cpu,
        f"{profile.cores_physical} cores" if profile.cores_physical is not None else None,
        f"{profile.cores_logical} logical" if profile.cores_logical is not None else None,
        f"{size(profile.ram_bytes)} RAM" if profile.ram_bytes is not None else None,
        profile.gpu,
        f"{size(profile.gpu_memory_bytes)} GPU memory" if profile.gpu_memory_bytes is not None else None,
    )
    return ", ".join(part for part in parts if part) or "anything"


def _match(one: KnownMachine, chosen: str) -> str:
    if one.differences:
        return f"no: {'; '.join(str(difference) for difference in one.differences)}"
    return "yes" if one.name == chosen else "it could be"


def _wire(one: KnownMachine) -> dict[str, Any]:
    return {
        "name": one.name,
        "profile": None if one.profile is None else dataclasses.asdict(one.profile),
        "stored": None if one.stored is None else dict(one.stored),
        "matches": not one.differences,
        "differences": [dataclasses.asdict(difference) for difference in one.differences],
    }


def _show(table: Table, output: Format) -> str:
    return table.markdown() if output is Format.MARKDOWN else table.text()


def _json(**values: object) -> str:
    return json.dumps({"version": VERSION, **values}, indent=2, ensure_ascii=False)
