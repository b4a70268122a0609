"""asv's file of one commit in one environment: brought up to date, and asked what it says.

Never loses what it cannot read: a broken file is kept beside the new one, a name that two commits
share is an error.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Mapping
from pathlib import Path

from groundspeed.errors import StorageError
from groundspeed.records import Case
from groundspeed.results.asv_files import BrokenFileError, Row, StoredFile, file_name, parse, render, row
from groundspeed.results.atomic import refused, replace_changed, set_aside
from groundspeed.results.further import split_metric
from groundspeed.results.ledger import Ledger, Recorded, Spot, Standing
from groundspeed.results.rows import stored_file

_COMMIT_FIRST = re.compile(rb'\{"commit_hash": "([0-9a-f]+)"')


def write_file(folder: Path, ledger: Ledger, spot: Spot) -> list[str]:
    """Bring asv's file of one spot up to date; what is broken there is kept beside it."""
    existing, warnings = read_file(folder, *spot)
    path = folder / file_name(*spot)
    if warnings:
        set_aside(path)
    file = stored_file(ledger, spot, existing)
    if file is not None:
        replace_changed(path, render(file))
    return warnings


def read_file(folder: Path, commit: str, environment: str) -> tuple[StoredFile | None, list[str]]:
    """asv's file as it stands; None when there is none, or with a warning when it is broken."""
    path = folder / file_name(commit, environment)
    try:
        file = parse(path.read_bytes(), exact=True)
    except FileNotFoundError:
        return None, []
    except BrokenFileError as error:
        return None, [f"{path} {error}; kept as {path.name}.broken."]
    except OSError as error:
        raise refused(path, error) from error
    if file.commit != commit or file.environment != environment:
        raise StorageError(
            f"{path} holds {file.commit} in {file.environment}, where {commit} in {environment} belongs. "
            "Their names collide; move the file out of the results, then run again."
        )
    return file, []


def recorded_by_asv(file: StoredFile, versions: Mapping[str, str]) -> dict[tuple[Case, str], Recorded]:
    """What a file says of each case, by benchmark version; asv stores a case when all its rounds are done.

    Rows without a version (old files have such) count for today's in ``versions``, as they do in asv.
    Further metrics are no cases.
    """
    found = {}
    for name in file.rows:
        stored = row(file, name)
        if stored is None or split_metric(name)[1]:
            continue
        version = stored.version or versions.get(name)
        if version is not None:
            found.update({(case, version): standing for case, standing in _cases(name, stored)})
    return found


def _cases(name: str, stored: Row) -> list[tuple[Case, Recorded]]:
    cases = [Case(benchmark=name, params=one) for one in itertools.product(*stored.params)]
    return [
        (case, Recorded(standing=_standing(cell.value), runs=1, quick=False, complete=True, samples=()))
        for case, cell in zip(cases, stored.cells, strict=True)
    ]


def _standing(value: float | None) -> Standing:
    if value is None:
        return Standing.FAILED
    return Standing.SKIPPED if math.isnan(value) else Standing.MEASURED


def commit_of(path: Path) -> str | None:
    """The commit of a result file: asv writes it first, so its head is enough for all but old files."""
    try:
        with path.open("rb") as file:
            match = _COMMIT_FIRST.match(file.read(256))
        return match[1].decode("ascii") if match else parse(path.read_bytes(), exact=False).commit
    except (OSError, BrokenFileError):
        return None  # whoever reads its results names it
