"""What differs behind two measurements beside the code: hosts, interpreters, packages. Judges nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from groundspeed.machine.profile import Difference, size
from groundspeed.records import Fingerprint
from groundspeed.results.origin import Installed, Origin

NONE = "none"
"""Of a package: it is not installed. Of GPUs: there is none."""


def host_differences(base: Origin, head: Origin) -> tuple[Difference, ...]:
    """What differs about the hosts: by what the sessions saw of them, else by machine.json."""
    if base.fingerprint is None or head.fingerprint is None:
        one, other = _described(base.description), _described(head.description)
    else:
        one, other = _seen(base.fingerprint), _seen(head.fingerprint)
    return tuple(
        Difference(what=what, expected=one[what], found=other[what])
        for what in one
        if what in other and one[what] != other[what]
    )


def package_differences(base: Origin, head: Origin) -> tuple[Difference, ...]:
    """What else was installed: interpreters and packages of the environments that both have."""
    now = {one.environment: one for one in head.installed}
    found: dict[Difference, None] = {}
    for before in base.installed:
        if (after := now.get(before.environment)) is not None:
            found |= dict.fromkeys(environment_differences(before, after))
    return tuple(found)


def environment_differences(before: Installed, after: Installed) -> list[Difference]:
    """Of one environment with another: its interpreter first, then packages by name.

    What nobody recorded of one of both, the interpreter or the packages, is not compared.
    """
    one, other = {}, {}
    if before.python and after.python:
        one["Python"], other["Python"] = before.python, after.python
    if before.dependencies and after.dependencies:
        one |= _versions(before.dependencies)
        other |= _versions(after.dependencies)
    return [
        Difference(what=name, expected=one.get(name, NONE), found=other.get(name, NONE))
        for name in sorted({*one, *other}, key=lambda name: (name != "Python", name.lower()))
        if one.get(name, NONE) != other.get(name, NONE)
    ]


def _versions(lines: Iterable[str]) -> dict[str, str]:
    return {name: version for name, _, version in (line.partition("==") for line in lines)}


def _seen(host: Fingerprint) -> dict[str, str]:
    turbo = {None: "not stated", True: "on", False: "off"}[host.turbo]
    return {
        "CPU": host.cpu_model,
        "physical cores": str(host.cores_physical),
        "logical processors": str(host.cores_logical),
        "caches": ", ".join(host.caches),
        "RAM": size(host.ram_bytes),
        "GPU": ", ".join(f"{gpu.name} (driver {gpu.driver})" for gpu in host.gpus) or NONE,
        "OS": host.os,
        "kernel": host.kernel,
        "architecture": host.arch,
        "virtualised": host.virtualised or "no",
        "governor": host.governor or "not stated",
        "turbo": turbo,
    }


_WORDS = {
    "cpu": "CPU",
    "num_cpu": "logical processors",
    "ram": "RAM",
    "os": "OS",
    "arch": "architecture",
}  # asv's machine.json


def _described(machine: Mapping[str, str]) -> dict[str, str]:
    return {word: machine[key] for key, word in _WORDS.items() if machine.get(key)}
