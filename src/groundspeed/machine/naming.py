"""The name of a host that has no profile: what it is, never what it is called. Pure."""

from __future__ import annotations

import itertools
import re

from groundspeed.records import Fingerprint, Gpu

_MARKS = re.compile(r"\((?:r|tm|c)\)|[®™©]", re.IGNORECASE)
_CLOCK = re.compile(r"@.*$")  # "@ 2.80GHz"
_NOISE = re.compile(
    r"\b(?:\d+-cores?|(?:dual|quad|six|eight|twelve|sixteen)-core|processor|cpu|with .* graphics|w/ .*|"
    r"\d+(?:st|nd|rd|th) gen|\d+gb|nvidia|geforce|amd|intel|arm|generation|laptop gpu|graphics)\b"
)
_SERIES = re.compile(r"\b(ryzen|rtx|gtx|rx) (?=\d)")  # "ryzen 9 9950x" is ryzen9-9950x
_GIB = 2**30
_VISIBLE = 0.995  # a virtual machine's kernel may show a little more than it was given


def automatic_name(host: Fingerprint) -> str:
    """Such as ``epyc-2c-24g`` or ``ryzen9-9950x-16c-64g-rtx5090``: lower-case, safe as a folder's name.

    The same for two hosts that are alike, and for a host whose kernel reserves a little more or
    less: memory is rounded up to a size that is sold.
    """
    cores = host.cores_physical or host.cores_logical
    parts = [_words(host.cpu_model) or "cpu", f"{cores}c", _sold(host.ram_bytes), *_gpus(host.gpus)]
    return "-".join(parts)


def _gpus(gpus: tuple[Gpu, ...]) -> list[str]:
    names = sorted(_words(gpu.name) or "gpu" for gpu in gpus)
    counted = [(name, len(list(same))) for name, same in itertools.groupby(names)]
    return [name if count == 1 else f"{count}x{name}" for name, count in counted]


def _words(model: str) -> str:
    text = _CLOCK.sub("", _MARKS.sub("", model)).lower()
    text = " ".join(_NOISE.sub(" ", text).split())
    return re.sub(r"[^a-z0-9.]+", "-", _SERIES.sub(r"\1", text)).strip("-.")[:40].rstrip("-.")


def _sold(ram_bytes: int) -> str:
    """The least of 1, 1¼, 1½, 1¾ times a power of two that holds ``ram_bytes``: 62.7 GiB are 64g."""
    unit, letter = (_GIB, "g") if ram_bytes >= _GIB * 0.75 else (2**20, "m")
    visible = max(1.0, ram_bytes / unit * _VISIBLE)
    steps = (quarters * 2**power // 4 for power in itertools.count() for quarters in (4, 5, 6, 7))
    return f"{next(step for step in steps if step >= visible)}{letter}"
