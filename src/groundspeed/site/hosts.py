"""What a host is, in words, and what changed about it from session to session. Owns the words."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from groundspeed import units
from groundspeed.records import Fingerprint, Gpu, MachineProfile, Sampling
from groundspeed.results.index import RecordedSession


@dataclass(frozen=True, kw_only=True, slots=True)
class FingerprintChange:
    """A field that was another one in the session before. Empty: the host did not say."""

    session: str
    at: datetime
    field: str
    before: str
    after: str


def fingerprint_words(host: Fingerprint) -> Mapping[str, str]:
    """What a host says of itself, field by field; empty where it does not."""
    return {
        "CPU": host.cpu_model,
        "cores": "" if host.cores_physical is None else str(host.cores_physical),
        "logical processors": str(host.cores_logical),
        "caches": ", ".join(host.caches),
        "memory": units.display(host.ram_bytes, "bytes"),
        "GPU": ", ".join(map(_gpu, host.gpus)),
        "system": host.os,
        "kernel": host.kernel,
        "architecture": host.arch,
        "virtualised": host.virtualised or "",
        "governor": host.governor or "",
        "turbo": "" if host.turbo is None else "on" if host.turbo else "off",
    }


def profile_words(profile: MachineProfile) -> Mapping[str, str]:
    """What a profile expects of its host; what it says nothing of is left out."""
    return {
        name: str(stated)
        for name, stated in (
            ("CPU", profile.cpu),
            ("cores", profile.cores_physical),
            ("logical processors", profile.cores_logical),
            ("memory", None if profile.ram_bytes is None else units.display(profile.ram_bytes, "bytes")),
            ("GPU", profile.gpu),
            ("GPU memory", _memory(profile.gpu_memory_bytes)),
        )
        if stated is not None
    }


def sampling_words(sampling: Sampling) -> Mapping[str, str]:
    """How a session measured."""
    unbounded = sampling.budget_s is None
    return {
        "precision": f"{sampling.precision:.2%}",
        "time a case": units.display(sampling.case_budget_s, "s"),
        "time in all": "unbounded" if unbounded else units.display(sampling.budget_s or 0.0, "s"),
        "commits": "in turn" if sampling.interleave else "one after the other",
        "pinned to": ", ".join(map(str, sampling.cpus)) or "no processor",
    }


def fingerprint_changes(sessions: Sequence[RecordedSession]) -> Iterator[FingerprintChange]:
    """What changed between neighbours of ``sessions``, in their order."""
    for before, after in itertools.pairwise(sessions):
        if before.fingerprint == after.fingerprint:
            continue
        was, became = fingerprint_words(before.fingerprint), fingerprint_words(after.fingerprint)
        for field, text in became.items():
            if was[field] != text:
                yield FingerprintChange(
                    session=after.id, at=after.started_at, field=field, before=was[field], after=text
                )


def _gpu(gpu: Gpu) -> str:
    memory = f", {units.display(gpu.memory_bytes, 'bytes')}" if gpu.memory_bytes else ""
    return f"{gpu.name}{memory}, driver {gpu.driver}"


def _memory(size: int | None) -> str | None:
    return None if size is None else units.display(size, "bytes")
