"""A cProfile table in asv's own file of a commit, where ``asv profile`` looks for one. Owns that column."""

from __future__ import annotations

import base64
import zlib
from dataclasses import replace
from pathlib import Path

from groundspeed.results.asv_files import COLUMNS, BrokenFileError, file_name, foreign_row, parse, render
from groundspeed.results.atomic import replace_bytes


def put_profile(
    results_dir: Path, machine: str, build: tuple[str, str], benchmark: str, stats: bytes
) -> bool:
    """Put ``stats`` (what pstats loads) beside a benchmark's result; whether there was one to put it beside.

    ``build`` is the commit's hash and the environment's name. As asv writes it: zlib, base64
    (``asv.results.Results.add_result``). Raises ``StorageError``.
    """
    path = results_dir / machine / file_name(*build)
    try:
        file = parse(path.read_bytes(), exact=True)
    except (FileNotFoundError, BrokenFileError):
        return False  # nothing measured there, or a file that reading the results names
    rows = {name: foreign_row(file, name) for name in file.rows}
    row = rows.get(benchmark)
    if not isinstance(row, list):
        return False
    row = [*row, *[None] * (len(COLUMNS) - len(row))]
    row[COLUMNS.index("profile")] = base64.b64encode(zlib.compress(stats)).decode("ascii")
    columns = {column: position for position, column in enumerate(COLUMNS)}
    replace_bytes(path, render(replace(file, rows={**rows, benchmark: row}, columns=columns)))
    return True
