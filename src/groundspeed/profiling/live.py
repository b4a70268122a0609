"""A process that runs already, sampled for a while from outside. Owns what of it is told; stores nothing."""

from __future__ import annotations

import json
import resource
import tempfile
from dataclasses import dataclass
from pathlib import Path

from groundspeed.errors import GroundspeedError
from groundspeed.profiling.cpu import NoSamplerError, Sampler, stacks_of
from groundspeed.profiling.storing import document
from groundspeed.profiling.weights import Namer, Recorded, own_part


@dataclass(frozen=True, kw_only=True, slots=True)
class Live:
    """A profile of a process. ``sampler_share`` is what of a processor the sampler itself took: with and
    without it cannot be compared here.
    """

    pid: int
    command: str
    seconds: float
    tool: str
    run: Recorded
    sampler_share: float

    def document(self) -> bytes:
        """In speedscope's format."""
        name = f"process {self.pid}, {self.seconds:g} s"
        return json.dumps(document(name, "seconds", [self.run])).encode()


def sample_process(pid: int, seconds: float, sampler: Sampler) -> Live:
    """Samples of a process for so long, or until it ends.

    Raises ``GroundspeedError`` where there is no such process, ``NoSamplerError`` where it may not be seen.
    """
    import psutil

    try:
        process = psutil.Process(pid)
        command, folder = " ".join(process.cmdline()), Path(process.cwd())
    except psutil.AccessDenied as error:
        raise NoSamplerError(
            f"Process {pid} is not yours to look at: be root, with SYS_PTRACE in a container."
        ) from error
    except psutil.Error as error:
        raise GroundspeedError(f"There is no process {pid}. Name a living one.") from error
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with tempfile.TemporaryDirectory() as beside:
        output = Path(beside) / "live.json"
        with sampler.watching(pid, output):
            psutil.wait_procs([process], timeout=seconds)
        found = list(stacks_of(json.loads(output.read_bytes())))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    own_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    weights = own_part(found, Namer(roots=(folder,), workspace=folder / ".groundspeed"))
    return Live(
        pid=pid,
        command=command,
        seconds=seconds,
        tool=sampler.name,
        run=Recorded(weights=weights, calls=1, duration_s=None, samples=len(found)),
        sampler_share=own_s / seconds,
    )
