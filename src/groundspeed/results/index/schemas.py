"""The columns of every table of an index: docs/index-format.md describes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

TABLES: Mapping[str, Mapping[str, str]] = {
    "measurements": {
        "series": "text",
        "commit": "text",
        "date": "time",
        "value": "real",
        "low": "real",
        "high": "real",
        "state": "text",
    },
    "series": {
        "series": "text",
        "environment": "text",
        "benchmark": "text",
        "params": "texts",
        "metric": "text",
        "version": "text",
        "unit": "text",
        "better": "text",
        "cells": "whole",
    },
    "processes": {
        "session": "text",
        "line": "whole",
        "series": "text",
        "started_at": "time",
        "duration_s": "real",
        "environment": "text",
        "benchmark": "text",
        "params": "texts",
        "metric": "text",
        "version": "text",
        "commit": "text",
        "outcome": "text",
        "reason": "text",
        "unit": "text",
        "better": "text",
        "number": "whole",
        "samples": "reals",
        "count": "whole",
        "median": "real",
        "check_value": "text",
        "stop": "text",
        "quick": "truth",
    },
    "builds": {
        "session": "text",
        "line": "whole",
        "started_at": "time",
        "duration_s": "real",
        "environment": "text",
        "commit": "text",
        "failure": "text",
        "text": "text",
        "identity": "text",
        "dependencies": "texts",
        "benchmarks": "texts",
    },
    "sessions": {
        "session": "text",
        "started_at": "time",
        "cpu_model": "text",
        "cores_physical": "whole",
        "cores_logical": "whole",
        "ram_bytes": "whole",
        "gpus": "texts",
        "os": "text",
        "kernel": "text",
        "arch": "text",
        "virtualised": "text",
        "governor": "text",
        "turbo": "truth",
        "environments": "texts",
        "seed": "whole",
        "versions": "text",
        "precision": "real",
        "case_budget_s": "real",
        "unfit": "texts",
        "fingerprint": "text",
        "sampling": "text",
        "fitness": "text",
    },
    "controls": {"session": "text", "started_at": "time", "samples": "reals", "median_s": "real"},
    "telemetry": {
        "session": "text",
        "quantity": "text",
        "low": "real",
        "median": "real",
        "high": "real",
    },
}
"""Every table beside its partition, ``machine``: the kind of each column. Any may be null."""


def schema_of(table: str) -> pa.Schema:
    """A table's columns as Arrow types."""
    import pyarrow as pa

    kinds = {
        "text": pa.string(),
        "whole": pa.int64(),
        "real": pa.float64(),
        "truth": pa.bool_(),
        "time": pa.timestamp("us", tz="UTC"),
        "texts": pa.list_(pa.string()),
        "reals": pa.list_(pa.float64()),
    }
    return pa.schema([(name, kinds[kind]) for name, kind in TABLES[table].items()])


def table_of(table: str, rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Rows as columns. A row that holds what its column cannot is left out: a header may say anything."""
    import pyarrow as pa

    schema = schema_of(table)
    try:
        return pa.Table.from_pylist(list(rows), schema=schema)
    except (ValueError, TypeError, OverflowError):
        if len(rows) == 1:
            return schema.empty_table()
        return pa.concat_tables([table_of(table, [row]) for row in rows])


def only_at(table: pa.Table, commits: AbstractSet[str] | None) -> pa.Table:
    """The rows of some commits; all where none are named."""
    if commits is None:
        return table
    import pyarrow as pa
    import pyarrow.compute as pc

    return table.filter(pc.is_in(table["commit"], pa.array(sorted(commits), pa.string())))
