"""What `perf stat -x,` and callgrind write, read. Pure; an event that was not counted says so."""

from __future__ import annotations

from dataclasses import dataclass

_SCALES = {"": 1.0, "MiB": 2.0**20, "GiB": 2.0**30, "Bytes": 1.0, "ns": 1e-9, "msec": 1e-3}


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """One line of perf's. ``value`` is in base units (bytes, seconds, plain numbers), None when perf
    could not count; ``counted_share`` is below 1 when events took turns and perf extrapolated.
    """

    name: str
    value: float | None
    counted_share: float


def parse_perf(text: str) -> tuple[Event, ...]:
    """The events of `perf stat -x,` (perf-stat(1), CSV FORMAT): value, unit, event, nanoseconds that
    the counter ran, percentage of the time, and a metric that is derived from it.

    An event's name may hold commas (`cpu/event=0x3c,umask=0x0/`). Lines of other kinds, such as what a
    measured command printed, are passed over.
    """
    return tuple(event for line in text.splitlines() if (event := _event(line)) is not None)


def _event(line: str) -> Event | None:
    fields = line.split(",")
    if len(fields) < 5 or fields[1] not in _SCALES:
        return None
    closing = next((at for at in range(3, len(fields)) if _balanced(fields[2:at])), 3)
    name, rest = ",".join(fields[2:closing]), fields[closing:]
    if len(rest) < 2 or not rest[0].isdigit() or not _is_number(rest[1]):
        return None
    if fields[0] in {"<not supported>", "<not counted>"}:
        return Event(name=name, value=None, counted_share=float(rest[1]) / 100)
    if not _is_number(fields[0]):
        return None
    return Event(name=name, value=float(fields[0]) * _SCALES[fields[1]], counted_share=float(rest[1]) / 100)


def _balanced(parts: list[str]) -> bool:
    return sum(part.count("/") for part in parts) % 2 == 0


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).isdigit()


def parse_callgrind(text: str) -> int | None:
    """Instructions of one callgrind file: the number under `Ir` in its `totals:` or `summary:` line.

    None when the file ends before it, as after a kill.
    """
    events: list[str] = []
    counts: list[str] = []
    for line in text.splitlines():
        key, _, value = line.partition(":")
        if key == "events":
            events = value.split()
        elif key in {"summary", "totals"}:
            counts = value.split()
    return int(counts[events.index("Ir")]) if "Ir" in events and counts else None
