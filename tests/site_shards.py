"""A benchmark's file undone, literally as its layout is written down: one byte after another, no numpy."""

from __future__ import annotations

import json
import math
import struct
import zlib
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True, slots=True)
class DecodedSeries:
    """A series as the page has it; None is "no value"."""

    commits: list[int]
    values: list[float | None]
    low: list[float | None] | None
    high: list[float | None] | None
    failures: dict[int, str]
    carried: dict[int, int]
    steps: list[list[float]]
    version: str | None
    params: list[int | None]
    width: int


@dataclass(frozen=True, kw_only=True, slots=True)
class DecodedShard:
    """``header`` is the JSON; ``series`` in its order."""

    header: dict[str, Any]
    series: list[DecodedSeries]


class _Reader:
    def __init__(self, content: bytes) -> None:
        self.content = content

    def take(self, count: int) -> bytes:
        taken, self.content = self.content[:count], self.content[count:]
        assert len(taken) == count
        return taken

    def numbers(self, count: int, width: int) -> list[int]:
        """Byte by byte, all lowest first."""
        planes = self.take(count * width)
        return [int.from_bytes(planes[row::count][:width], "little") for row in range(count)]

    def doubles(self, count: int) -> list[float]:
        return [struct.unpack("<d", number.to_bytes(8, "little"))[0] for number in self.numbers(count, 8)]


def decode(content: bytes) -> DecodedShard:
    """The file ``content``; fails when anything is left over or missing."""
    assert content[:4] == b"GSB2"
    unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
    reader = _Reader(unpacker.decompress(content[8:]))
    assert unpacker.eof
    header = json.loads(reader.take(int.from_bytes(content[4:8], "little")), parse_constant=_refuse)
    assert (header["format"], header["version"]) == ("groundspeed-benchmark", 2)
    positions = [_summed(reader.numbers(count, width)) for count, width in header["positions"]]
    said = header["series"]
    series = [_series(reader, header, positions, at) for at in range(len(said["machine"]))]
    for one, count in zip(series, said["steps"], strict=True):
        one.steps.extend([0.0] * 10 for _ in range(count))
    rows = [row for one in series for row in one.steps]
    table = reader.doubles(10 * len(rows))
    for place, row in enumerate(rows):
        row[:] = table[10 * place : 10 * place + 10]
    assert reader.content == b""
    return DecodedShard(header=header, series=series)


def _series(reader: _Reader, header: dict[str, Any], positions: list[list[int]], at: int) -> DecodedSeries:
    said = {name: column[at] for name, column in header["series"].items()}
    commits = positions[said["positions"]]
    values = _values(reader, len(commits), said)
    low, high = (_side(reader, values, said, sign) if said["bounded"] else None for sign in (-1, 1))
    return DecodedSeries(
        commits=commits,
        values=values,
        low=low,
        high=high,
        failures={
            row: header["texts"][text]
            for series, text, steps in header["fail"]
            if series == at
            for row in _summed(steps)
        },
        carried=_carried(dict(header.get("carried", [])).get(at, [])),
        steps=[],
        version=said["version"],
        params=said["params"],
        width=said["width"],
    )


def _values(reader: _Reader, count: int, said: dict[str, Any]) -> list[float | None]:
    width: int = said["width"]
    if width == 8:
        return [None if math.isnan(one) else one for one in reader.doubles(count)]
    none = 256**width - 1
    return [
        None if one == none else float(f"{said['offset'] + one}e{said['exponent']}")
        for one in reader.numbers(count, width)
    ]


def _side(reader: _Reader, values: list[float | None], said: dict[str, Any], sign: int) -> list[float | None]:
    def bound(code: int, value: float | None) -> float | None:
        if code == 0 or value is None:
            return None
        if code == 1:
            return value
        try:
            return value + sign * math.exp(said["least"] + (code - 2) * said["pitch"])
        except OverflowError:
            return sign * math.inf

    return [bound(code, value) for code, value in zip(reader.take(len(values)), values, strict=True)]


def _summed(steps: list[int]) -> list[int]:
    return [sum(steps[: place + 1]) for place in range(len(steps))]


def _carried(pairs: list[tuple[int, int]]) -> dict[int, int]:
    """Carried-over place by place it was measured at."""
    places = _summed([step for step, _ in pairs])
    return {place: place - back for place, (_, back) in zip(places, pairs, strict=True)}


def _refuse(word: str) -> None:
    raise AssertionError(f"{word} is not JSON")
