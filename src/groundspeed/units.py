"""Units: base units, their scaling for display, and quantities as people write them.

Owns text ↔ number; rounding happens here and nowhere else. Refuses to guess: an unknown unit is
displayed as it is and never scaled.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

# asv writes unit names out; one word each from here on.
_ALIASES = {"seconds": "s", "second": "s", "sec": "s", "byte": "bytes", "B": "bytes", "": ""}
_PLAIN = ("1", "unit")  # asv's words for a number without a unit

_TIME = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"))
_BYTES = ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "KB"), (1.0, "B"))
_BYTES_A_SECOND = tuple((scale, f"{label}/s") for scale, label in _BYTES)
_LADDERS = {"s": _TIME, "bytes": _BYTES, "bytes/s": _BYTES_A_SECOND}

_FACTORS: dict[str, tuple[float, str]] = {
    "s": (1.0, "s"),
    "ms": (1e-3, "s"),
    "us": (1e-6, "s"),
    "µs": (1e-6, "s"),
    "ns": (1e-9, "s"),
    "m": (60.0, "s"),
    "min": (60.0, "s"),
    "h": (3600.0, "s"),
    "d": (86_400.0, "s"),
    "day": (86_400.0, "s"),
    "days": (86_400.0, "s"),
    "weeks": (604_800.0, "s"),
    "b": (1.0, "bytes"),
    "bytes": (1.0, "bytes"),
    "kb": (1e3, "bytes"),
    "mb": (1e6, "bytes"),
    "gb": (1e9, "bytes"),
    "tb": (1e12, "bytes"),
    "kib": (2.0**10, "bytes"),
    "mib": (2.0**20, "bytes"),
    "gib": (2.0**30, "bytes"),
    "tib": (2.0**40, "bytes"),
    "%": (0.01, ""),
    "": (1.0, ""),
}

_NUMBER = r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*"
_QUANTITY = re.compile(_NUMBER + r"([^\d\s]*)\s*")
_AMOUNT = re.compile(_NUMBER + r"([^\d\s.+-](?:.*\S)?|)\s*")


@dataclass(frozen=True, kw_only=True, slots=True)
class Quantity:
    """A number in a base unit: ``s``, ``bytes``, the plain number (empty), a rate of these, or a word."""

    value: float
    unit: str


def canonical(unit: str) -> str:
    """The one name of a unit that goes by several (asv's ``seconds`` is ``s``)."""
    return _ALIASES.get(unit, unit)


def parse(text: str) -> Quantity:
    """Read ``80 ms``, ``10MB``, ``64 GiB``, ``5 %`` or ``3``. Decimal prefixes are powers of ten.

    Raises ``ValueError`` naming the text when it is no number with a known unit.
    """
    match = _QUANTITY.fullmatch(text)
    unit = match[2] if match else ""
    known = _FACTORS.get(unit) or _FACTORS.get(unit.lower())
    if match is None or known is None:
        raise ValueError(f"{text!r} is not a number with a unit such as 80 ms, 10 MB or 5 %")
    factor, base = known
    return Quantity(value=float(match[1]) * factor, unit=base)


def parse_amount(text: str) -> Quantity:
    """As ``parse``, and rates and words as well: ``16 MB/s``, ``800 queries/s``, ``/s`` alone, ``3 items``.

    Raises ``ValueError`` where there is no number.
    """
    match = _AMOUNT.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a number with a unit such as 80 ms, 16 MB/s or 90 %")
    one = reckon(match[2])
    return Quantity(value=float(match[1]) * one.value, unit=one.unit)


def reckon(unit: str) -> Quantity:
    """One of a unit in base units: ``MB/s`` is a million ``bytes/s``. A word nobody knows is its own base."""
    unit = canonical(unit.strip())
    if unit in _PLAIN:
        return Quantity(value=1.0, unit="")
    if known := _FACTORS.get(unit) or _FACTORS.get(unit.lower()):
        return Quantity(value=known[0], unit=known[1])
    top, slash, bottom = unit.rpartition("/")
    if not slash:
        return Quantity(value=1.0, unit=unit)
    above, below = reckon(top), reckon(bottom)
    same = above.unit == below.unit
    return Quantity(value=above.value / below.value, unit="" if same else f"{above.unit}/{below.unit}")


def comparable(one: str, other: str) -> bool:
    """Whether quantities of two base units may be compared: alike, or one counts what the other names.

    A plain number may stand for any word (a hit rate, items), a plain rate (``/s``) for a rate of one.
    """
    if one == other:
        return True
    tops, bottoms = zip(*(unit.rpartition("/")[::2] for unit in (one, other)), strict=True)
    if "/" in one or "/" in other:
        same = "/" in one and "/" in other and bottoms[0] == bottoms[1]
        return same and "" in tops and not {"s", "bytes"} & set(tops)
    return "" in (one, other) and not {"s", "bytes"} & {one, other}


def parse_bytes(text: str) -> int:
    """A size in bytes: ``10MB`` is 10,000,000, ``1 MiB`` is 1,048,576. Raises ``ValueError``."""
    quantity = parse(text)
    if quantity.unit not in ("bytes", "") or quantity.value < 0:
        raise ValueError(f"{text!r} is not a size such as 10KB, 64 GB or 1MiB")
    return round(quantity.value)


def parse_duration(text: str) -> float:
    """Seconds: ``30 days``, ``2 weeks``, ``12 h``, ``10m``. Raises ``ValueError``."""
    quantity = parse(text)
    if quantity.unit != "s" or quantity.value < 0:
        raise ValueError(f"{text!r} is not a time such as 10m, 2 h or 30 days")
    return quantity.value


def parse_share(text: str) -> float:
    """A part of one, greater than nothing: ``1 %`` and ``0.01`` are the same. Raises ``ValueError``."""
    quantity = parse(text)
    if quantity.unit or not 0 < quantity.value < 1:
        raise ValueError(f"{text!r} is not a share such as 1 % or 0.01")
    return quantity.value


def display(value: float, unit: str, *, digits: int = 3) -> str:
    """``value`` (base unit) for people: three significant digits, scaled prefix: ``1.24 ms``."""
    unit = canonical(unit)
    if not math.isfinite(value):
        return "–"
    scale, label = _scale(abs(value), unit)
    number = _significant(value / scale, digits)
    return f"{number} {label}".rstrip()


def display_duration(seconds: float) -> str:
    """A waiting time for people: ``8 s``, ``2 min 05 s``, ``1 h 10 min``."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def _scale(size: float, unit: str) -> tuple[float, str]:
    ladder = _LADDERS.get(unit)
    if unit in _PLAIN:
        return 1.0, ""
    if ladder is None:
        return 1.0, unit.removeprefix("1") if unit.startswith("1/") else unit
    if size == 0:
        return 1.0, "s" if unit == "s" else ladder[-1][1]
    # 0.9995 of a step already prints as 1.00 of it
    return next(((scale, label) for scale, label in ladder if size >= scale * 0.9995), ladder[-1])


def _significant(value: float, digits: int) -> str:
    if value == 0:
        return "0"
    magnitude = int(f"{value:.{digits - 1}e}".partition("e")[2])  # of the rounded value: 9.996 is 10.0
    if magnitude >= 6 or magnitude < -4:
        return f"{value:.{digits - 1}e}"
    decimals = max(0, digits - 1 - magnitude)
    text = f"{value:.{decimals}f}"
    return text if magnitude < digits else f"{value:,.0f}"


def counted(number: int, what: str) -> str:
    """A number of things: ``1 commit``, ``1,200 commits``, ``2 processes``."""
    ending = "es" if what.endswith("s") else "s"
    return f"{number:,} {what}{'' if number == 1 else ending}"
