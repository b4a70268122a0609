"""Which machine this host is, for the results of a project. Owns the looking; machine/ owns the rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from groundspeed.config import Configuration
from groundspeed.errors import ConfigError, GroundspeedError, NothingMeasuredError
from groundspeed.machine.choice import MachineChoice, choose_machine, machine_differences, refuse_unknown
from groundspeed.machine.fingerprint import read_fingerprint
from groundspeed.machine.pinning import choose_cpus
from groundspeed.machine.profile import Difference
from groundspeed.records import Fingerprint, MachineProfile
from groundspeed.results.asv_files import BrokenFileError
from groundspeed.results.catalog import MACHINE, read_machine


@dataclass(frozen=True, kw_only=True, slots=True)
class KnownMachine:
    """A machine that the project knows: by a profile, by a folder under results/, or by both.

    ``differences`` is why it is not this host; empty when it is.
    """

    name: str
    profile: MachineProfile | None
    stored: Mapping[str, str] | None
    differences: tuple[Difference, ...]


def this_host(
    configuration: Configuration, requested: str | None, fingerprint: Fingerprint | None = None
) -> MachineChoice:
    """The machine that this host's results go under; ``requested`` is --machine.

    Raises HostMismatchError when the one requested is not this host, ConfigError when nobody knows it.
    """
    return choose_machine(
        fingerprint or read_fingerprint(),
        configuration.project.machines,
        stored_machines(configuration.suite.results_dir),
        requested,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Host:
    """The machine that is measured on.

    ``cpus`` are the processors to pin workers to, empty for any; ``idle`` share a core with one of them.
    """

    machine: MachineChoice
    cpus: tuple[int, ...]
    idle: tuple[int, ...]


def look(configuration: Configuration, requested: str | None, *, pin: bool) -> Host:
    """The machine that this host's results go under.

    Raises as ``this_host``, and GroundspeedError where workers are to be pinned and cannot be.
    """
    machine = this_host(configuration, requested)
    pinning = choose_cpus() if pin else None
    if pinning is not None and not pinning.cpus:
        raise GroundspeedError(f"--pin cannot be done here: {pinning.reason}. Leave it out.")
    return Host(
        machine=machine,
        cpus=pinning.cpus if pinning else (),
        idle=pinning.idle if pinning else (),
    )


def compare_host(
    configuration: Configuration, requested: str | None, fingerprint: Fingerprint | None = None
) -> tuple[str, tuple[Difference, ...]]:
    """The name of the machine requested, else of the one chosen, and why it is not this host.

    Raises ConfigError when nobody knows the one requested.
    """
    host = fingerprint or read_fingerprint()
    if requested is None:
        return this_host(configuration, None, host).name, ()
    stored = stored_machines(configuration.suite.results_dir)
    profiles = configuration.project.machines
    refuse_unknown(requested, host, profiles, stored)
    return requested, machine_differences(requested, host, profiles, stored)


def machine_with_results(configuration: Configuration, machines: Sequence[str], requested: str | None) -> str:
    """Whose results a command reads: the machine asked for, this host's, the only one there is.

    ``machines`` are those with results. Raises NothingMeasuredError where there are none, or none of the
    one asked for, and GroundspeedError where several are and none is this host.
    """
    listed = ", ".join(machines)
    if not machines:
        raise NothingMeasuredError(
            f"There are no results in {configuration.suite.results_dir}. Measure something first: "
            "groundspeed run."
        )
    if requested is not None:
        if requested not in machines:
            raise NothingMeasuredError(
                f"There are no results of a machine {requested}. There are some of: {listed}."
            )
        return requested
    if len(machines) == 1:
        return machines[0]
    own = this_host(configuration, None).name
    if own not in machines:
        raise GroundspeedError(
            f"This host has no results, and several machines do: {listed}. Name one with --machine."
        )
    return own


def machines_to_judge(
    configuration: Configuration, machines: Sequence[str], requested: str | None, *, every: bool
) -> tuple[str, ...]:
    """Whose present values are judged: this host's machine, the one asked for, or ``every`` one with results.

    One without results is judged as well: that there is no data is an answer. Raises ConfigError where
    nobody knows the one asked for, NothingMeasuredError where every one is none.
    """
    if every:
        if not machines:
            raise NothingMeasuredError(
                f"There are no results in {configuration.suite.results_dir}. Measure something first: "
                "groundspeed run."
            )
        return tuple(machines)
    if requested is None:
        return (this_host(configuration, None).name,)
    known = sorted({*machines, *configuration.project.machines})
    if requested not in known:
        raise ConfigError(
            f'No machine is called "{requested}", neither in groundspeed.toml nor under results/. '
            f"Known: {', '.join(known) or 'none'}."
        )
    return (requested,)


def known_machines(configuration: Configuration, host: Fingerprint) -> tuple[KnownMachine, ...]:
    """Every profile and every folder of results, by name, each compared with ``host``."""
    profiles = configuration.project.machines
    stored = stored_machines(configuration.suite.results_dir)
    return tuple(
        KnownMachine(
            name=name,
            profile=profiles.get(name),
            stored=stored.get(name),
            differences=machine_differences(name, host, profiles, stored),
        )
        for name in sorted({*profiles, *stored})
    )


def stored_machines(results_dir: Path) -> Mapping[str, Mapping[str, str]]:
    """The machine.json of every folder under results/. One that is broken describes nobody."""
    found = {}
    for file in sorted(results_dir.glob(f"*/{MACHINE}")):
        try:
            found[file.parent.name] = read_machine(file.parent)
        except BrokenFileError:
            continue  # reading the results names it
    return found
