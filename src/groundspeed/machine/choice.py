"""Which machine's results this host may add to. Pure; owns the order of the rules and the refusals."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from groundspeed.errors import ConfigError, HostMismatchError
from groundspeed.machine.naming import automatic_name
from groundspeed.machine.profile import Difference, asv_machine, described_differences, differences
from groundspeed.records import Fingerprint, MachineProfile

Profiles = Mapping[str, MachineProfile]
Stored = Mapping[str, Mapping[str, str]]  # folder under results/ → its machine.json


class Reason(StrEnum):
    """Which rule named the machine."""

    REQUESTED = "it was asked for by --machine"
    STORED = "its machine.json under results/ matches this host"
    PROFILE = "its profile in groundspeed.toml matches this host"
    AUTOMATIC = "no profile and no folder under results/ matches this host; it is named by what it is"


@dataclass(frozen=True, kw_only=True, slots=True)
class MachineChoice:
    """The name that results go under, and why; ``others`` would have matched as well."""

    name: str
    fingerprint: Fingerprint
    reason: Reason
    others: tuple[str, ...]

    @property
    def description(self) -> dict[str, str]:
        """asv's machine.json of this host under this name."""
        return asv_machine(self.name, self.fingerprint)


def choose_machine(
    host: Fingerprint, profiles: Profiles, stored: Stored, requested: str | None = None
) -> MachineChoice:
    """The machine: the one asked for, else a folder of results that matches, else a profile that does,
    else an automatic name.

    Raises HostMismatchError when the one asked for is not this host, ConfigError when nobody knows it.
    """
    if requested is not None:
        check_machine(requested, host, profiles, stored)
        return MachineChoice(name=requested, fingerprint=host, reason=Reason.REQUESTED, others=())
    own = automatic_name(host)
    folders = [name for name in sorted(stored) if _folder_matches(name, host, profiles, stored)]
    fitting = [name for name, profile in sorted(profiles.items()) if not differences(profile, host)]
    # among folders a profile's counts most, for it was written by a person; then this host's own name
    folders.sort(key=lambda name: (name not in fitting, name != own))
    names = [*dict.fromkeys([*folders, *fitting, own])]
    reason = Reason.STORED if folders else Reason.PROFILE if fitting else Reason.AUTOMATIC
    others = tuple(name for name in names[1:] if name in folders or name in fitting)
    return MachineChoice(name=names[0], fingerprint=host, reason=reason, others=others)


def check_machine(name: str, host: Fingerprint, profiles: Profiles, stored: Stored) -> None:
    """Refuse ``name`` unless this host is what its profile, else its folder under results/, says.

    Raises HostMismatchError with the differences, ConfigError naming the nearest names.
    """
    refuse_unknown(name, host, profiles, stored)
    found = machine_differences(name, host, profiles, stored)
    if found:
        lines = "\n".join(f"  {difference}" for difference in found)
        where = "the profile in groundspeed.toml" if name in profiles else "its folder under results/"
        raise HostMismatchError(
            f"This host is not {name}, as {where} describes it:\n{lines}\n"
            "Measure on that machine, or leave --machine out to store under this host's own name."
        )


def machine_differences(
    name: str, host: Fingerprint, profiles: Profiles, stored: Stored
) -> tuple[Difference, ...]:
    """Why ``name`` is not this host; a profile decides where there is one, else the stored folder."""
    if name in profiles:
        return differences(profiles[name], host)
    return tuple(_folder_differences(name, stored.get(name, {}), host))


def _folder_matches(name: str, host: Fingerprint, profiles: Profiles, stored: Stored) -> bool:
    if name in profiles and differences(profiles[name], host):
        return False
    said = bool(stored[name].get("cpu")) and bool(stored[name].get("ram"))  # else it fits every host
    return said and not any(_folder_differences(name, stored[name], host))


def _folder_differences(name: str, stored: Mapping[str, str], host: Fingerprint) -> Iterator[Difference]:
    """machine.json knows no GPU, an automatic name does: `…-rtx5090` is not the same box without it."""
    yield from described_differences(stored, host)
    own, plain = automatic_name(host), automatic_name(dataclasses.replace(host, gpus=()))
    if name != own and (name == plain or name.startswith(f"{plain}-")):
        found = ", ".join(gpu.name for gpu in host.gpus) or "none"
        yield Difference(what="GPU", expected=name.removeprefix(plain).lstrip("-") or "none", found=found)


def refuse_unknown(name: str, host: Fingerprint, profiles: Profiles, stored: Stored) -> None:
    """Raise ConfigError naming the nearest machines when nobody knows ``name``."""
    known = sorted({*profiles, *stored, automatic_name(host)})
    if name in known:
        return
    near = difflib.get_close_matches(name, known, n=3)
    move = f"Did you mean {' or '.join(near)}?" if near else f"Known: {', '.join(known)}."
    raise ConfigError(
        f'No machine is called "{name}", neither in groundspeed.toml nor under results/. {move} '
        f"Describe a new one under [machines.{name}] in groundspeed.toml."
    )
