"""Result files to flat columns, one entry per measured cell. Owns the walk over a results folder.

A cell is one case at one commit. Three quarters of the time of reading a large history would go
into objects per cell, so cells live in numpy arrays from the moment a file is parsed, and series
are known by number. Broken files and rows are named in ``warnings`` and passed over.
"""

from __future__ import annotations

import contextlib
import gc
import itertools
import math
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from groundspeed.results.asv_files import BrokenFileError, StoredFile, parse
from groundspeed.results.catalog import BENCHMARKS, MACHINE, read_machine

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

VALUE, FAILED, SKIPPED = 0, 1, 2
"""What a cell is: a number, asv's ``null``, asv's ``NaN``."""

_NUMBERS = ("result", "stats_ci_99_a", "stats_ci_99_b")
_MACHINE_KEYS = ("machine", "os", "num_cpu", "arch", "cpu", "ram")


@dataclass(frozen=True, kw_only=True, slots=True)
class Identity:
    """One series before ``name@metric`` is taken apart."""

    machine: str
    environment: str
    name: str
    version: str | None
    params: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Columns:
    """All cells of a results folder, in no particular order. Arrays have shape (cells,).

    ``positions`` are the parameter indices in the file; a series is known by the values of its
    parameters, so that an index whose values changed under one version is two series.
    """

    identities: tuple[Identity, ...]
    commits: Mapping[str, datetime]
    machines: Mapping[str, Mapping[str, str]]
    series: NDArray[np.int32]
    positions: NDArray[np.int32]
    commit: NDArray[np.int32]
    values: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    kinds: NDArray[np.int8]
    files: int
    warnings: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Shape:
    """The cases of rows that share a benchmark, a version and parameters."""

    number: int
    params: Any
    series: tuple[int, ...]


@dataclass(kw_only=True, slots=True)
class _FileCells:
    """The rows of one file while they are collected: flat lists, cut into rows by ``lengths``."""

    names: list[str] = field(default_factory=list)
    shapes: list[int] = field(default_factory=list)
    lengths: list[int] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)
    low: list[Any] = field(default_factory=list)
    high: list[Any] = field(default_factory=list)


def result_paths(results_dir: Path) -> Iterator[tuple[Path, list[str]]]:
    """Each folder that holds result files, with their names, sorted. Like asv, any depth."""
    for root, folders, names in os.walk(results_dir):
        folders.sort()
        found = sorted(name for name in names if name.endswith(".json") and name not in (BENCHMARKS, MACHINE))
        if found:
            yield Path(root), found


@contextlib.contextmanager
def collector_paused() -> Iterator[None]:
    """No garbage collection inside: parsing makes millions of lists and no cycle.

    2.8 instead of 3.9 s for the numpy archive; reference counts free each file as before.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


class Gatherer:
    """Collects files one after the other; ``columns`` is what they hold together."""

    def __init__(self, definitions: Mapping[str, Mapping[str, Any]]) -> None:
        """``definitions`` (benchmarks.json) help rows that lack their parameters."""
        self._definitions = definitions
        self._known: dict[tuple[str, str], dict[tuple[str, str | None], list[_Shape]]] = {}
        self._numbers: dict[Identity, int] = {}
        self._shapes: list[_Shape] = []
        self._commits: dict[str, int] = {}
        self._dates: dict[str, datetime] = {}
        self._machines: dict[str, Mapping[str, str]] = {}
        self._parts: list[tuple[NDArray[Any], ...]] = []
        self._files = 0
        self.consulted = False
        self.warnings: list[str] = []

    def add_folder(self, folder: Path, names: Sequence[str]) -> None:
        """Every result file of one machine. asv passes over a folder without machine.json; we do not."""
        machine = self.add_machine(folder)
        for name in names:
            self.add_file(folder / name, machine)

    def add_machine(self, folder: Path) -> Mapping[str, str] | None:
        """What machine.json says; None, and a warning, where it says nothing."""
        try:
            machine = read_machine(folder)
        except BrokenFileError as error:
            self.warnings.append(f"{folder / MACHINE} {error}; the machine is taken from the result files.")
            return None
        self._machines[machine["machine"]] = machine
        return machine

    def add_file(
        self,
        path: Path,
        machine: Mapping[str, str] | None,
        *,
        read: Callable[[Path], bytes] = Path.read_bytes,
    ) -> StoredFile | None:
        """One result file of a folder whose machine.json says ``machine``; None where it is passed over.

        ``consulted`` becomes true when a row needed the definitions.
        """
        try:
            file = parse(read(path), exact=False)
            self._add(file, path, machine)
        except BrokenFileError as error:
            self.warnings.append(f"{path} {error}; skipped.")
        except OSError as error:
            self.warnings.append(f"{path} cannot be read: {error.strerror or error}; skipped.")
        else:
            return file
        return None

    def _add(self, file: StoredFile, path: Path, machine: Mapping[str, str] | None) -> None:
        name = machine_of(file, path)
        if machine is None:
            self._machines.setdefault(name, machine_facts(file))
        elif name != machine["machine"]:
            raise BrokenFileError(f"is of machine {name!r} in the folder of {machine['machine']!r}")
        commit = self._commits.setdefault(file.commit, len(self._commits))
        self._dates[file.commit] = file.date
        cells = self._collect(file, name, path)
        self._keep(cells, commit, path)
        self._files += 1

    def _collect(self, file: StoredFile, machine: str, path: Path) -> _FileCells:
        """The hot loop: some 250 rows a file. Judges each row's shape, not yet its numbers."""
        known = self._known.setdefault((machine, file.environment), {})
        cells = _FileCells()
        at_params, at_version = file.columns.get("params", -1), file.columns.get("version", -1)
        at_result, at_low, at_high = (file.columns.get(column, -1) for column in _NUMBERS)
        for name, raw in file.rows.items():
            if type(raw) is not list:
                self._bad_row(path, name, "is no list")
                continue
            size = len(raw)
            result = raw[at_result] if at_result < size else None
            params = raw[at_params] if -1 < at_params < size else None
            version = raw[at_version] if -1 < at_version < size else None
            if version is not None and type(version) is not str:
                self._bad_row(path, name, "has a version that is no text")
                continue
            if not params and type(result) is list and len(result) > 1:
                params = self._missing_params(name, len(result), path)
            shape: _Shape | None
            for shape in known.get((name, version), ()):
                if shape.params == params:
                    break
            else:
                shape = self._new_shape(known, machine, file.environment, name, version, params)
            if shape is None or not (result is None or type(result) is list):
                self._bad_row(path, name, "has no list of results or of parameters")
                continue
            length = len(shape.series) if result is None else min(len(result), len(shape.series))
            cells.names.append(name)
            cells.shapes.append(shape.number)
            cells.lengths.append(length)
            _extend(cells.values, result, length)
            _extend(cells.low, raw[at_low] if -1 < at_low < size else None, length)
            _extend(cells.high, raw[at_high] if -1 < at_high < size else None, length)
        return cells

    def _keep(self, cells: _FileCells, commit: int, path: Path) -> None:
        import numpy as np

        try:
            numbers = [_floats(column) for column in (cells.values, cells.low, cells.high)]
        except (TypeError, ValueError, OverflowError):
            cells = self._without_bad_rows(cells, path)
            numbers = [_floats(column) for column in (cells.values, cells.low, cells.high)]
        kinds = np.zeros(len(numbers[0]), np.int8)
        empty = np.flatnonzero(np.isnan(numbers[0]))
        kinds[empty] = [FAILED if cells.values[place] is None else SKIPPED for place in empty.tolist()]
        lengths = np.array(cells.lengths, np.int64)
        shapes = np.array(cells.shapes, np.int64)
        self._parts.append((shapes, lengths, np.full(len(kinds), commit, np.int32), *numbers, kinds))

    def _without_bad_rows(self, cells: _FileCells, path: Path) -> _FileCells:
        """The slow way through a file in which some row holds what is no number."""
        kept = _FileCells()
        start = 0
        for name, shape, length in zip(cells.names, cells.shapes, cells.lengths, strict=True):
            rows = [column[start : start + length] for column in (cells.values, cells.low, cells.high)]
            start += length
            try:
                for row in rows:
                    _floats(row)
            except (TypeError, ValueError, OverflowError):
                self._bad_row(path, name, "holds something that is no number")
                continue
            kept.names.append(name)
            kept.shapes.append(shape)
            kept.lengths.append(length)
            for column, row in zip((kept.values, kept.low, kept.high), rows, strict=True):
                column.extend(row)
        return kept

    def _new_shape(
        self,
        known: dict[tuple[str, str | None], list[_Shape]],
        machine: str,
        environment: str,
        name: str,
        version: str | None,
        params: Any,
    ) -> _Shape | None:
        if not _are_params(params):
            return None
        identities = (
            Identity(machine=machine, environment=environment, name=name, version=version, params=one)
            for one in itertools.product(*cast("list[list[str]]", params or []))
        )
        numbers = tuple(self._numbers.setdefault(one, len(self._numbers)) for one in identities)
        shape = _Shape(number=len(self._shapes), params=params, series=numbers)
        self._shapes.append(shape)
        known.setdefault((name, version), []).append(shape)
        return shape

    def _missing_params(self, name: str, count: int, path: Path) -> Any:
        """Parameters for a row that has several results and none of its own, or asv's reading: none."""
        self.consulted = True
        params = self._definitions.get(name, {}).get("params") or []
        if _are_params(params) and math.prod(len(values) for values in params) == count:
            return params
        self.warnings.append(f"{path}: {name} has {count} results and no parameters; the first one is read.")
        return []

    def _bad_row(self, path: Path, name: str, what: str) -> None:
        self.warnings.append(f"{path}: the row of {name} {what}; skipped.")

    def columns(self) -> Columns:
        """Everything that was added."""
        import numpy as np

        none: tuple[NDArray[Any], ...] = tuple(
            np.zeros(0, kind) for kind in (np.int64, np.int64, np.int32, float, float, float, np.int8)
        )
        parts = [none, *self._parts]
        shapes, lengths, commit, values, low, high, kinds = map(np.concatenate, zip(*parts, strict=True))
        series, positions = self._series_of_cells(shapes, lengths)
        return Columns(
            identities=tuple(self._numbers),
            commits={name: self._dates[name] for name in self._commits},
            machines=dict(self._machines),
            series=series,
            positions=positions,
            commit=commit,
            values=values,
            low=low,
            high=high,
            kinds=kinds,
            files=self._files,
            warnings=tuple(self.warnings),
        )

    def drain(self) -> Columns:
        """What was added since the last time; series and commits keep their numbers."""
        columns = self.columns()
        self._parts.clear()
        return columns

    def _series_of_cells(
        self, shapes: NDArray[np.int64], lengths: NDArray[np.int64]
    ) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Series and parameter index of every cell: each row's shape, unrolled to the row's length."""
        import numpy as np

        flat = np.array([one for shape in self._shapes for one in shape.series], np.int32)
        sizes = np.array([len(shape.series) for shape in self._shapes], np.int64)
        offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)])[shapes]
        starts = np.cumsum(lengths) - lengths
        within = np.arange(lengths.sum()) - np.repeat(starts, lengths)
        return flat[np.repeat(offsets, lengths) + within], within.astype(np.int32)


def machine_of(file: StoredFile, path: Path) -> str:
    """The machine that a result file names, else its folder's name."""
    return str(file.params.get("machine") or path.parent.name)


def machine_facts(file: StoredFile) -> dict[str, str]:
    """What a result file itself says of its machine."""
    return {key: str(file.params[key]) for key in _MACHINE_KEYS if key in file.params}


def _extend(column: list[Any], values: Any, length: int) -> None:
    """Append exactly ``length`` entries: what is missing is None, what is too much is cut."""
    if type(values) is not list:
        column += [None] * length
    elif len(values) == length:
        column += values
    else:
        column.extend(values[:length])
        column.extend([None] * (length - len(values)))


def _floats(column: list[Any]) -> NDArray[np.float64]:
    """None and "NaN" are NaN, "Infinity" and "-Inf" infinite. Raises where an entry is no number."""
    import numpy as np

    array = np.array(column, np.float64)
    if array.ndim != 1:
        raise ValueError("a list among numbers")
    return array


def _are_params(params: Any) -> bool:
    return params is None or (
        isinstance(params, list)
        and all(isinstance(values, list) and all(isinstance(one, str) for one in values) for values in params)
    )
