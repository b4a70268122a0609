"""What describes a history: benchmarks.json, machine.json, metrics.toml. Read, merged, written whole.

asv rewrites benchmarks.json with what it discovered last and drops what it does not know. Merging
only ever adds or replaces: a run cannot tell a benchmark that left the suite from one that it was
not asked for, and an entry of a benchmark that is gone still names its history.
"""

from __future__ import annotations

import contextlib
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomli_w

from groundspeed.definition import benchmark as described
from groundspeed.definition import better, kind_of
from groundspeed.errors import StorageError
from groundspeed.records import Benchmark, Better, Reading
from groundspeed.results.asv_files import BrokenFileError
from groundspeed.results.asv_json import read_exact, write_indented
from groundspeed.results.atomic import replace_changed, set_aside
from groundspeed.results.further import (
    EXPONENT,
    EXPONENT_UNIT,
    definition,
    entry_name,
    size_position,
    split_metric,
)

BENCHMARKS = "benchmarks.json"
MACHINE = "machine.json"
METRICS = "metrics.toml"
_BENCHMARKS_VERSION = 2
_MACHINE_VERSION = 1
_METRICS_VERSION = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class MetricEntry:
    """What metrics.toml says of one entry: ``name`` or ``name@metric``."""

    unit: str
    better: Better
    kind: str


# --- benchmarks.json -----------------------------------------------------------------------------


def read_definitions(results_dir: Path) -> dict[str, dict[str, Any]]:
    """benchmarks.json as asv's dictionaries by name; empty when there is none.

    Raises BrokenFileError when it is not what asv writes.
    """
    try:
        data = (results_dir / BENCHMARKS).read_bytes()
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise BrokenFileError(f"cannot be read: {error.strerror or error}") from error
    try:
        document = read_exact(data)
    except (ValueError, RecursionError) as error:
        raise BrokenFileError(f"is not JSON: {error}" if data.strip() else "is empty") from error
    if not isinstance(document, dict):
        raise BrokenFileError("holds no JSON object")
    return {name: entry for name, entry in document.items() if isinstance(entry, dict)}


def merged_metrics(
    known: Mapping[str, MetricEntry], earlier: Iterable[tuple[Benchmark, ...]], now: tuple[Benchmark, ...]
) -> dict[str, MetricEntry]:
    """``known``, completed from ``earlier`` sessions, its units replaced by what ``now`` says.

    The direction is what the suite states, else what metrics.toml knows, else asv's: lower is better.
    """
    merged: dict[str, MetricEntry] = {}
    for benchmarks in earlier:
        merged.update({one.name: _entry(one, None) for one in benchmarks})
    merged.update(known)
    merged.update({one.name: _entry(one, known.get(one.name)) for one in now})
    return merged


def _entry(one: Benchmark, known: MetricEntry | None) -> MetricEntry:
    default = known.better if known else Better.LOWER
    return MetricEntry(unit=one.unit, better=better(one.definition) or default, kind=one.kind)


def merged_definitions(
    stored: Mapping[str, Mapping[str, Any]],
    earlier: Iterable[tuple[Benchmark, ...]],
    now: tuple[Benchmark, ...],
) -> dict[str, Mapping[str, Any]]:
    """``stored``, completed from ``earlier`` sessions (oldest first), replaced by ``now``."""
    merged: dict[str, Mapping[str, Any]] = {}
    for benchmarks in earlier:
        merged.update({benchmark.name: benchmark.definition for benchmark in benchmarks})
    merged.update(stored)
    merged.update({benchmark.name: benchmark.definition for benchmark in now})
    return merged


def with_further(
    metrics: Mapping[str, MetricEntry], definitions: Mapping[str, Mapping[str, Any]]
) -> tuple[dict[str, MetricEntry], dict[str, Mapping[str, Any]]]:
    """Both, completed with the exponents that definitions ask for and the definitions of further metrics.

    metrics.toml is what remembers further metrics: asv drops their definitions, and they are made
    again from their benchmark's. A definition that describes no benchmark is left alone.
    """
    parents = {}
    for name, entry in definitions.items():
        if not split_metric(name)[1]:
            with contextlib.suppress(ValueError):
                parents[name] = described(name, entry)
    known = dict(metrics)
    for name, parent in parents.items():
        if size_position(parent) is not None:
            known[entry_name(name, EXPONENT)] = MetricEntry(
                unit=EXPONENT_UNIT, better=Better.LOWER, kind=parent.kind
            )
    further = {}
    for name, known_entry in known.items():
        benchmark_name, metric = split_metric(name)
        if metric and benchmark_name in parents:
            parent = parents[benchmark_name]
            further[name] = definition(parent, metric, known_entry.unit, known_entry.better)
    return known, {**definitions, **further}


def further_metrics(
    readings: Mapping[tuple[str, str], Reading], definitions: Mapping[str, Mapping[str, Any]]
) -> dict[str, MetricEntry]:
    """Entries for readings by benchmark and metric; the kind is their benchmark's."""
    return {
        entry_name(name, metric): MetricEntry(
            unit=one.unit,
            better=one.better,
            kind=str(definitions.get(name, {}).get("type") or kind_of(name)),
        )
        for (name, metric), one in readings.items()
    }


def write_definitions(results_dir: Path, definitions: Mapping[str, Mapping[str, Any]]) -> None:
    """Write benchmarks.json as asv does."""
    document = {name: dict(entry) for name, entry in definitions.items()}
    wire = write_indented({**document, "version": _BENCHMARKS_VERSION})
    replace_changed(results_dir / BENCHMARKS, wire)


def benchmark(name: str, definition: Mapping[str, Any]) -> Benchmark:
    """A benchmark as benchmarks.json describes it. Raises BrokenFileError."""
    try:
        return described(name, definition)
    except ValueError as error:
        raise BrokenFileError(str(error)) from error


# --- machine.json --------------------------------------------------------------------------------


def read_machine(folder: Path) -> dict[str, str]:
    """A machine folder's machine.json without its version. Raises BrokenFileError."""
    try:
        data = (folder / MACHINE).read_bytes()
    except FileNotFoundError as error:
        raise BrokenFileError("is missing") from error
    except OSError as error:
        raise BrokenFileError(f"cannot be read: {error.strerror or error}") from error
    try:
        document = read_exact(data)
    except (ValueError, RecursionError) as error:
        raise BrokenFileError(f"is not JSON: {error}" if data.strip() else "is empty") from error
    if not isinstance(document, dict) or not isinstance(document.get("machine"), str):
        raise BrokenFileError("names no machine")
    return {str(key): str(value) for key, value in document.items() if key != "version"}


def write_machine(folder: Path, machine: Mapping[str, str]) -> None:
    """Write machine.json as asv does."""
    replace_changed(folder / MACHINE, write_indented({**machine, "version": _MACHINE_VERSION}))


# --- metrics.toml --------------------------------------------------------------------------------


def read_metrics(results_dir: Path) -> dict[str, MetricEntry]:
    """metrics.toml; empty when there is none. Raises BrokenFileError naming the path in it."""
    try:
        text = (results_dir / METRICS).read_bytes().decode("utf-8")
        document = tomllib.loads(text)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise BrokenFileError(f"cannot be read: {error.strerror or error}") from error
    except ValueError as error:
        raise BrokenFileError(f"is not TOML: {error}") from error
    if document.get("version") != _METRICS_VERSION:
        raise BrokenFileError(f"has version {document.get('version')!r}; version {_METRICS_VERSION} is known")
    table = document.get("metrics", {})
    if not isinstance(table, dict):
        raise BrokenFileError("has metrics that are no table")
    return {name: _metric_entry(name, entry) for name, entry in table.items()}


def _metric_entry(name: str, entry: Any) -> MetricEntry:
    try:
        return MetricEntry(
            unit=str(entry["unit"]), better=Better(entry["better"]), kind=str(entry.get("kind", ""))
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise BrokenFileError(f'has no unit and direction at metrics."{name}": {error}') from error


def write_metrics(results_dir: Path, metrics: Mapping[str, MetricEntry]) -> None:
    """Write metrics.toml, sorted by name."""
    table = {
        name: {"unit": entry.unit, "better": str(entry.better), "kind": entry.kind}
        for name, entry in sorted(metrics.items())
    }
    text = tomli_w.dumps({"version": _METRICS_VERSION, "metrics": table})
    replace_changed(results_dir / METRICS, text.encode("utf-8"))


# --- all that describes a history --------------------------------------------------------------------


def write_catalogs(
    results_dir: Path,
    headers: Sequence[tuple[Benchmark, ...]],
    suite: tuple[Benchmark, ...],
    *,
    earlier: Mapping[tuple[str, str], Reading],
    now: Mapping[tuple[str, str], Reading],
) -> list[str]:
    """benchmarks.json and metrics.toml: what they hold, what sessions knew, and what is so now.

    ``headers`` are all sessions' benchmarks and ``earlier`` this machine's further metrics: they fill
    gaps; ``suite`` and ``now`` replace. A broken benchmarks.json is set aside and made again;
    metrics.toml people may have edited.
    """
    stored, warnings = {}, []
    try:
        stored = read_definitions(results_dir)
    except BrokenFileError as error:
        path = results_dir / BENCHMARKS
        warnings.append(f"{path} {error}; kept as {path.name}.broken and made again.")
        set_aside(path)
    try:
        known = read_metrics(results_dir)
    except BrokenFileError as error:
        raise StorageError(
            f"{results_dir / METRICS} {error}. Mend it, or restore it from git; nothing was written."
        ) from error
    definitions = merged_definitions(stored, headers, suite)
    metrics = {
        **further_metrics(earlier, definitions),
        **merged_metrics(known, headers, suite),
        **further_metrics(now, definitions),
    }
    metrics, definitions = with_further(metrics, definitions)
    write_definitions(results_dir, definitions)
    write_metrics(results_dir, metrics)
    return warnings
