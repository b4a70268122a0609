"""asv's dictionary of a benchmark as a record, for both borders that meet it. Pure; knows no asv.

asv leaves out what is None and what it has a default for; a suite adds keys by setting attributes on
a function, and ``better = "higher"`` is one that groundspeed reads. Where one call gives several values
it is a mapping of their names, and ``main`` says whose direction is the benchmark's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from groundspeed.records import Benchmark, Better

_ASV_UNITS = {
    "time": "seconds",
    "timeraw": "seconds",
    "mem": "bytes",
    "peakmem": "bytes",
    "track": "unit",
    "latency": "seconds",
    "throughput": "seconds",
    "alloc": "bytes",
    "gpu": "seconds",
}  # what asv_runner gives each kind, and what ours do


def benchmark(name: str, definition: Mapping[str, Any]) -> Benchmark:
    """The record. Absent keys get asv's defaults; raises ``ValueError`` for a wrong value."""
    try:
        better(definition)
        timeout = definition.get("timeout")
        cache_timeout = definition.get("setup_cache_timeout")
        return Benchmark(
            name=name,
            kind=str(definition.get("type") or kind_of(name)),
            params=tuple(tuple(str(value) for value in values) for values in definition.get("params") or ()),
            param_names=tuple(str(one) for one in definition.get("param_names") or ()),
            unit=str(definition.get("unit") or default_unit(name)),
            version=str(definition.get("version") or ""),
            timeout_s=None if timeout is None else float(timeout),
            rounds=int(definition.get("rounds") or 1),
            setup_cache_key=definition.get("setup_cache_key"),
            setup_cache_timeout_s=None if cache_timeout is None else float(cache_timeout),
            definition=dict(definition),
        )
    except (TypeError, ValueError) as error:
        raise ValueError(f"describes {name} with a wrong value: {error}") from error


def better(definition: Mapping[str, Any]) -> Better | None:
    """The main value's direction as the suite states it, None where it does not. Raises ``ValueError``."""
    stated = definition.get("better")
    if not isinstance(stated, Mapping):
        return None if stated is None else _direction("better", stated)
    directions = {name: _direction(f"better[{name!r}]", one) for name, one in stated.items()}
    return directions.get(str(definition.get("main")))


def _direction(where: str, stated: object) -> Better:
    try:
        return Better(str(stated))
    except ValueError:
        raise ValueError(f'{where} = {stated!r} must be "lower" or "higher"') from None


def kind_of(name: str) -> str:
    """The kind that asv reads from a name: what stands before the first ``_`` of its last part."""
    return name.rpartition(".")[2].partition("_")[0].lower()


def default_unit(name: str) -> str:
    """asv's unit for a benchmark that nobody describes."""
    return _ASV_UNITS.get(kind_of(name), "unit")
