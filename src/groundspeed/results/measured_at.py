"""When asv's result files say that a commit was measured: for machines that no session tells of."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from groundspeed.results.asv_files import BrokenFileError, StoredFile, parse, row

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST = 253_402_300_799_000  # milliseconds: the last moment that a datetime can be


def measured_at(results_dir: Path, machine: str, commit: str) -> datetime | None:
    """When the last benchmark was started at a commit (full hash); None where no file says it.

    Version 1 files of asv before 0.4 have no times. A file that cannot be read says nothing.
    """
    folder = results_dir / machine
    starts = [
        start
        for path in sorted(folder.glob(f"{commit[:8]}-*.json"))
        for start in _starts(path, commit)
        if 0 < start < _LATEST
    ]
    return _EPOCH + timedelta(milliseconds=max(starts)) if starts else None


def _starts(path: Path, commit: str) -> Iterator[float]:
    try:
        file = parse(path.read_bytes(), exact=False)
    except (BrokenFileError, OSError):
        return
    if file.commit == commit:
        yield from _started(file)


def _started(file: StoredFile) -> Iterator[float]:
    for name in file.rows:
        found = row(file, name)
        if found is not None and found.started_at_ms is not None:
            yield found.started_at_ms
