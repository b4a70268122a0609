"""The cells of one machine, sorted by series and commit, as arrays that are mapped and not read.

Made from the machine's ``measurements`` tables whenever one of them is new. Opening one costs the same
for a history of any length, and memory only for what is looked at.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from groundspeed.results.archive import Block, Catalog, last_of_each, order_of
from groundspeed.results.further import split_metric
from groundspeed.results.gather import Identity
from groundspeed.results.index.manifest import IndexFile, to_json
from groundspeed.results.index.schemas import schema_of
from groundspeed.results.index.sources import digest
from groundspeed.results.index.tables import STATES, folder_of, put, write_table

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

SHELF = "shelf"
_ARRAYS = {
    "bounds": "int64",
    "commits": "int32",
    "value": "float64",
    "low": "float64",
    "high": "float64",
    "kinds": "int8",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Shelf:
    """A machine's cells; the arrays of ``block`` are read-only.

    ``ids`` are those of its series. ``commits`` are hashes in the order that they had when it was made; the
    block's are positions in them.
    """

    block: Block
    ids: tuple[str, ...]
    commits: tuple[str, ...]


def make_shelf(
    folder: Path,
    machine: str,
    parts: Sequence[IndexFile],
    identities: Mapping[str, Identity],
    commits: Sequence[str],
) -> tuple[IndexFile, ...]:
    """Write the shelf of ``machine`` from its ``measurements``, given in the order of reading.

    ``identities`` (by series id) and ``commits`` (in the order of an archive) may hold more than are used.
    Raises StorageError; KeyError where they lack something.
    """
    import numpy as np

    table = _read(folder, parts, ("series", "commit", "state"))
    ids = sorted(_texts(table, "series"), key=lambda one: order_of(identities[one]))
    used = set(_texts(table, "commit"))
    hashes = [one for one in commits if one in used]
    series = _codes(table, "series", ids)
    commit = _codes(table, "commit", hashes)
    sorting = last_of_each(series.astype(np.int64) * len(hashes) + commit, len(ids) * len(hashes))
    name = _name(parts)
    files = []

    def keep(column: str, array: NDArray[Any]) -> None:
        files.append(_put_array(folder, machine, f"{name}-{column}", array))

    keep("bounds", np.searchsorted(series[sorting], np.arange(len(ids) + 1)))
    keep("commits", commit[sorting])
    keep("kinds", _codes(table, "state", STATES)[sorting])
    del table, series, commit
    for column in ("value", "low", "high"):  # one at a time: they are what needs memory
        keep(column, _read(folder, parts, (column,))[column].to_numpy()[sorting])
    told = [_to_wire(identities[one]) for one in ids]
    described = to_json({"series": told, "ids": ids, "commits": hashes})
    return (*files, _put_bytes(folder, machine, f"{name}-described.json", described))


def is_of(files: Sequence[IndexFile], parts: Sequence[IndexFile]) -> bool:
    """Whether a shelf was made from these ``measurements``."""
    return bool(files) and Path(files[0].path).name.startswith(_name(parts))


def write_series(
    folder: Path, machine: str, files: Sequence[IndexFile], catalog: Catalog, name: str
) -> IndexFile:
    """The table of what every series of a shelf is. Raises StorageError."""
    shelf = open_shelf(folder, machine, files)
    return write_table(folder, "series", machine, name, _series_table(shelf, catalog))


def open_shelf(folder: Path, machine: str, files: Sequence[IndexFile]) -> Shelf:
    """Map what ``make_shelf`` wrote. Raises OSError or ValueError where it is not as it was."""
    import numpy as np

    paths = {Path(one.path).stem.rpartition("-")[2]: folder / one.path for one in files}
    described = orjson.loads(paths["described"].read_bytes())
    arrays: dict[str, Any] = {}
    for name in _ARRAYS:
        mapped = np.load(paths[name], mmap_mode="r", allow_pickle=False)
        arrays[name] = np.asarray(mapped)  # a plain array over the same pages: its slices are cheaper
    block = Block(
        identities=[_from_wire(machine, one) for one in described["series"]],
        values=arrays.pop("value"),
        **arrays,
    )
    return Shelf(block=block, ids=tuple(described["ids"]), commits=tuple(described["commits"]))


def identities_of(folder: Path, machine: str, files: Sequence[IndexFile]) -> dict[str, Identity]:
    """Every series of a shelf by its id."""
    shelf = open_shelf(folder, machine, files)
    return dict(zip(shelf.ids, shelf.block.identities, strict=True))


def placed(shelf: Shelf, places: Mapping[str, int]) -> Block:
    """The block with positions in an archive's commits, whose places by hash are given.

    Where the commits have another order there than they had when the shelf was made, because a date was
    corrected, the cells of every series are put in that order.
    """
    import numpy as np

    block = shelf.block
    place = np.array([places[one] for one in shelf.commits], np.int32)
    commits = place[block.commits]
    if (np.diff(place) > 0).all():
        return _with(block, commits, slice(None))
    series = np.repeat(np.arange(len(block.bounds) - 1), np.diff(block.bounds))
    sorting = np.lexsort((commits, series))
    return _with(block, commits[sorting], sorting)


def _with(block: Block, commits: NDArray[np.int32], cut: Any) -> Block:
    return Block(
        identities=block.identities,
        bounds=block.bounds,
        commits=commits,
        values=block.values[cut],
        low=block.low[cut],
        high=block.high[cut],
        kinds=block.kinds[cut],
    )


def _read(folder: Path, parts: Sequence[IndexFile], columns: Sequence[str]) -> pa.Table:
    import pyarrow as pa
    import pyarrow.parquet as pq

    texts = [one for one in columns if one not in _ARRAYS]
    files = (pq.ParquetFile(folder / one.path, read_dictionary=texts) for one in parts)
    return pa.concat_tables(file.read(columns=list(columns)) for file in files)


def _texts(table: pa.Table, column: str) -> list[str]:
    """The distinct texts of a column."""
    return list(
        dict.fromkeys(text for chunk in table[column].chunks for text in chunk.dictionary.to_pylist())
    )


def _codes(table: pa.Table, column: str, texts: Sequence[str]) -> NDArray[np.int32]:
    """For each cell the position of its text in ``texts``."""
    import numpy as np

    place = {text: at for at, text in enumerate(texts)}
    parts = [
        np.array([place[text] for text in chunk.dictionary.to_pylist()], np.int32)[chunk.indices.to_numpy()]
        for chunk in table[column].chunks
    ]
    return np.concatenate([np.zeros(0, np.int32), *parts])


def _name(parts: Sequence[IndexFile]) -> str:
    """A name that stands for the content: the parts are named by theirs."""
    return digest("\n".join(one.path for one in parts).encode())


def _put_array(folder: Path, machine: str, name: str, column: NDArray[Any]) -> IndexFile:
    import numpy as np

    path = folder / folder_of(SHELF, machine) / f"{name}.npy"

    def write(temporary: Path) -> None:
        with temporary.open("wb") as file:  # np.save would add its own ending to the name
            np.save(file, column.astype(_ARRAYS[name.rpartition("-")[2]], copy=False))

    return put(folder, path, SHELF, machine, write)


def _put_bytes(folder: Path, machine: str, name: str, data: bytes) -> IndexFile:
    path = folder / folder_of(SHELF, machine) / name
    return put(folder, path, SHELF, machine, lambda temporary: temporary.write_bytes(data))


def _series_table(shelf: Shelf, catalog: Catalog) -> pa.Table:
    import numpy as np
    import pyarrow as pa

    identities = shelf.block.identities
    names = [split_metric(one.name) for one in identities]
    units = [catalog.unit(one.name) for one in identities]
    columns: dict[str, Any] = {
        "series": shelf.ids,
        "environment": [one.environment for one in identities],
        "benchmark": [name for name, _ in names],
        "params": [one.params for one in identities],
        "metric": [metric for _, metric in names],
        "version": [one.version for one in identities],
        "unit": [unit for unit, _ in units],
        "better": [str(better) for _, better in units],
        "cells": np.diff(shelf.block.bounds),
    }
    return pa.table(columns, schema=schema_of("series"))


def _to_wire(one: Identity) -> list[Any]:
    return [one.environment, one.name, one.version, one.params]


def _from_wire(machine: str, wire: list[Any]) -> Identity:
    environment, name, version, params = wire
    return Identity(
        machine=machine, environment=environment, name=name, version=version, params=tuple(params)
    )
