"""The control benchmark: the same work before and after a session, so that a host that changed shows.

Owns starting `control_work.py` and reading its times. Refuses to correct anything by them: results are
flagged, never rescaled (rescaling by a calibration number doubles the error, docs/machines.md).
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from pathlib import Path

from groundspeed.errors import GroundspeedError
from groundspeed.records import Control

# Where a process's memory happens to lie moves its median: 24 processes of 10 samples differed by 0.41 %
# (standard deviation), 8 of 30 samples by 0.52 %, 8 times three of 10 samples by 0.24 %.
PROCESSES, SAMPLES = 3, 10
_WORK = Path(__file__).with_name("control_work.py")
_TIMEOUT_S = 60.0  # a hundred times what it takes
# No site, nobody's packages, no folder of ours on the path; not -I, which would drop the hash seed.
_FLAGS = ("-s", "-S", "-P")


class ControlError(GroundspeedError):
    """The control benchmark did not run."""


def run_control(
    *, cpus: Collection[int] = (), clock: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> Control:
    """Run the control benchmark, pinned to ``cpus`` as the workers are: 30 samples, 0.6 s in all.

    It runs in the tool's own interpreter, which no commit under test replaces. Raises ControlError.
    """
    started_at = clock()
    samples = tuple(sample for _ in range(PROCESSES) for sample in _process(cpus))
    return Control(started_at=started_at, samples=samples)


def _process(cpus: Collection[int]) -> list[float]:
    command = [sys.executable, *_FLAGS, str(_WORK), str(SAMPLES), *map(str, sorted(cpus))]
    kept = {key: os.environ[key] for key in ("LD_LIBRARY_PATH", "PYTHONHOME") if key in os.environ}
    try:
        done = subprocess.run(
            command,
            env={**kept, "PYTHONHASHSEED": "0"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_S,
            check=True,
        )
    except subprocess.CalledProcessError as error:
        raise _failed(cpus, error.stderr.strip().rpartition("\n")[2]) from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _failed(cpus, str(error)) from error
    parts = [[float(word) for word in line.split()] for line in done.stdout.splitlines()]
    return [sum(row) for row in parts]


def _failed(cpus: Collection[int], why: str) -> ControlError:
    where = f" on processor {', '.join(map(str, sorted(cpus)))}" if cpus else ""
    return ControlError(
        f"The control benchmark did not run{where}: {why}. `groundspeed doctor` says what may be used here."
    )
