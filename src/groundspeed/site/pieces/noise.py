"""What is known of each line beside its measurements: its noise floor, and what is tolerated of it.

The contents are JSON (``groundspeed-noise``, version 1): ``tolerances`` (shares), and by machine in
``machines`` a file that counts its lines in the order of the site's. Raw deflate (RFC 1951), little-endian:
float32 columns ``sessions``, ``processes`` (NaN: not told apart) and ``df``, then uint8 ``basis`` (0: no
floor, 1: sessions, 2: history) and uint16 places in ``tolerances``.
"""

from __future__ import annotations

import dataclasses
import zlib
from collections.abc import Sequence

from groundspeed.measurements import Basis, NoiseFloor
from groundspeed.records import SeriesKey
from groundspeed.site.folder import SiteFolder
from groundspeed.site.subject import Line, Subject
from groundspeed.site.wire import encode

_BASES = {Basis.SESSIONS: 1, Basis.HISTORY: 2}


def put_noise(folder: SiteFolder, subject: Subject) -> str:
    """Put every machine's file, and the contents that name them."""
    shares: dict[float, int] = {}
    machines = {}
    for machine in sorted({one.machine for one in subject.lines}):
        lines = [one for one in subject.lines if one.machine == machine]
        packed = zlib.compress(_columns(subject, lines, shares), wbits=-zlib.MAX_WBITS)
        machines[machine] = folder.put_named("noise", packed, suffix=".bin")
    stated = {"format": "groundspeed-noise", "version": 1, "tolerances": list(shares), "machines": machines}
    return folder.put_named("noise", encode(stated))


def _columns(subject: Subject, lines: Sequence[Line], shares: dict[float, int]) -> bytes:
    """What is known of each line; new shares are added to ``shares``."""
    import numpy as np

    keys = [_key(subject, line) for line in lines]
    floors = [subject.answers.floors.get(key.machine, {}).get(key) for key in keys]
    tolerances = subject.answers.tolerances
    places = [shares.setdefault(tolerances.of(key.case, key.metric), len(shares)) for key in keys]
    return b"".join(
        (
            np.array([_float(floor, "between_sessions") for floor in floors], "<f4").tobytes(),
            np.array([_float(floor, "between_processes") for floor in floors], "<f4").tobytes(),
            np.array([_float(floor, "df") for floor in floors], "<f4").tobytes(),
            np.array([_BASES[floor.basis] if floor else 0 for floor in floors], np.uint8).tobytes(),
            np.array(places, "<u2").tobytes(),
        )
    )


def _float(floor: NoiseFloor | None, name: str) -> float:
    value: float | None = getattr(floor, name) if floor else None
    return float("nan") if value is None else value


def _key(subject: Subject, line: Line) -> SeriesKey:
    """A line's key as floors go by it."""
    return dataclasses.replace(subject.archive.series[line.series[-1]].key, version=None)
