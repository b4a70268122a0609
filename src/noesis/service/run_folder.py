"""A run on the disk: what every process that serves the same folder sees of it. Owns the file format, the
identity of runs, and who is alive.

``FOLDER/<id>/run.json`` is replaced whole; ``log`` is its output. The process that runs it holds a lock on
``owner`` as long as it lives, so one that was killed is seen to be gone; ``cancel`` is there once somebody
wants the run to end.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import secrets
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from noesis.service.records import Outcome, Run, State

FORMAT, VERSION = "noesis-run", 1
ID = re.compile(r"[0-9]{8}T[0-9]{12}-[0-9a-f]{8}")  # sorts by when it was started
GONE = Outcome(state=State.LOST, reason="the server that ran it ended before it")


def new_id(now: datetime) -> str:
    """An id that was never given before."""
    return f"{now.astimezone(UTC):%Y%m%dT%H%M%S%f}-{secrets.token_hex(4)}"


class RunFolder:
    """The files of one run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / "log"
        self.cancel = folder / "cancel"
        self._record = folder / "run.json"
        self._owner = folder / "owner"

    def own(self) -> int:
        """A descriptor; until it is closed the run is known to be attended to."""
        descriptor = os.open(self._owner, os.O_CREAT | os.O_RDONLY, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        return descriptor

    def write(self, run: Run) -> None:
        """Replace the record."""
        fresh = self._record.with_suffix(f".{os.getpid()}")
        fresh.write_text(json.dumps(_written(run)), encoding="utf-8")
        fresh.replace(self._record)

    def read(self) -> Run:
        """The run as it stands; one whose server is gone is lost, and is written down as that.

        Raises ``FileNotFoundError``, and ``ValueError`` for a file that somebody else wrote.
        """
        run = self._read()
        if not run.is_running or self._is_attended():
            return run
        run = self._read()  # its owner may have ended it, and itself, in between
        if run.is_running:
            last = datetime.fromtimestamp(self._last_sign_s(), UTC)
            run = replace(run, outcome=GONE, ended=last)
            self.write(run)
        return run

    def _read(self) -> Run:
        try:
            return _run(json.loads(self._record.read_bytes()))
        except (AttributeError, KeyError, TypeError) as error:
            raise ValueError(f"{self._record} is no record of a run: {error!r}") from error

    def _is_attended(self) -> bool:
        with self._owner.open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False

    def _last_sign_s(self) -> float:
        newest = self.log if self.log.exists() else self._record
        return newest.stat().st_mtime


def _written(run: Run) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "version": VERSION,
        "id": run.id,
        "module": run.module,
        "parameters": dict(run.parameters),
        "state": run.outcome.state.value,
        "reason": run.outcome.reason,
        "pid": run.pid,
        "started": run.started.isoformat(),
        "ended": run.ended.isoformat() if run.ended else "",
        "dropped_bytes": run.dropped_bytes,
    }


def _run(record: dict[str, Any]) -> Run:
    if (record.pop("format", ""), record.pop("version", 0)) != (FORMAT, VERSION):
        raise ValueError("this is no record of a run that this version reads")
    outcome = Outcome(state=State(record.pop("state")), reason=record.pop("reason"))
    started, ended = record.pop("started"), record.pop("ended")
    return Run(
        **record,
        outcome=outcome,
        started=datetime.fromisoformat(started),
        ended=datetime.fromisoformat(ended) if ended else None,
    )
