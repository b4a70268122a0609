"""The tables of an index as Parquet files, in a folder for each machine: docs/index-format.md.

Owns where they lie and how they are put there: under a temporary name first, then whole.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from groundspeed.results.atomic import refused
from groundspeed.results.gather import Identity
from groundspeed.results.index.manifest import IndexFile, to_json

if TYPE_CHECKING:
    import pyarrow as pa

STATES = ("measured", "failed", "skipped")
"""What a cell is, in the order of ``gather``'s kinds."""


def series_id(identity: Identity) -> str:
    """What a series is called in every table: 16 hex digits that stand for its identity on its machine."""
    wire = to_json([identity.environment, identity.name, identity.version, identity.params])
    return hashlib.blake2b(wire, digest_size=8).hexdigest()


def folder_of(table: str, machine: str) -> str:
    """Where a machine's files of a table lie, as other engines expect partitions to."""
    return f"{table}/machine={quote(machine, safe='')}" if machine else table


def write_table(folder: Path, table: str, machine: str, name: str, data: pa.Table) -> IndexFile:
    """One Parquet file; ``name`` stands for its content. Raises StorageError."""
    import pyarrow.parquet as pq

    path = folder / folder_of(table, machine) / f"{name}.parquet"
    texts = [column.name for column in data.schema if str(column.type).startswith(("dictionary", "string"))]

    def write(temporary: Path) -> None:
        pq.write_table(
            data, temporary, compression="snappy", use_dictionary=texts, write_statistics=texts, version="2.6"
        )

    return put(folder, path, table, machine, write)


def put(folder: Path, path: Path, table: str, machine: str, write: Any) -> IndexFile:
    """What ``write`` puts into the path that it is given, under its name. Raises StorageError.

    Not made durable: a file that a crash left without its content has another size than the manifest says.
    """
    temporary = path.with_name(f".{os.getpid()}-{path.name}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(temporary)
        size = temporary.stat().st_size
        temporary.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise refused(path, error) from error
    return IndexFile(table=table, machine=machine, path=path.relative_to(folder).as_posix(), size=size)
