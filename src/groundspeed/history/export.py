"""A folder as it was at a commit, written out. Owns no judgement of what is in it; writes nowhere else."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

from groundspeed.errors import HistoryError
from groundspeed.history.commits import History
from groundspeed.history.process import run


def export_folder(history: History, commit: str, path: str, into: Path) -> Path:
    """The folder ``path`` (relative to the repository's root) of a commit, under ``into``; where it lies.

    Raises HistoryError where the commit has no such folder, or its files are not here. Links and names that
    would leave ``into`` are refused.
    """
    top = run(history.path, "rev-parse", "--show-toplevel").text().removesuffix("\n")
    answer = run(Path(top) if top else history.path, "archive", "--format=tar", commit, "--", path)
    if answer.code:
        raise HistoryError(f"{path} cannot be read at {commit[:8]}: {answer.said()}.")
    try:
        with tarfile.open(fileobj=io.BytesIO(answer.out)) as archive:
            archive.extractall(into, filter="data")
    except (tarfile.TarError, OSError) as error:
        raise HistoryError(f"{path} at {commit[:8]} cannot be written out: {error}.") from error
    return into / path
