"""What is on record of both ends: processes that ran in one session, taken in turn. Reads, writes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from groundspeed.config import Configuration
from groundspeed.gate.evidence import Ends, Evidence, Found
from groundspeed.measure.outside import outside_results
from groundspeed.measurements import Measurement
from groundspeed.records import Case
from groundspeed.results.index import open_index
from groundspeed.results.session_wire import SessionFormatError
from groundspeed.results.sessions import FOLDER, read_header


@dataclass(frozen=True, kw_only=True, slots=True)
class Stored:
    """What one folder of results holds of both ends. ``sessions`` took them in turn."""

    results_dir: Path
    base: tuple[Found, ...]
    head: tuple[Found, ...]
    sessions: frozenset[str]


def read_stored(configuration: Configuration, machine: str, ends: Ends) -> tuple[Stored, ...]:
    """Of the project's results and of the workspace's."""
    workspace = configuration.workspace
    folders = (
        (configuration.suite.results_dir, workspace / "index"),
        (outside_results(configuration), workspace / "index-outside"),
    )
    return tuple(
        _stored(results_dir, index, machine, ends) for results_dir, index in folders if results_dir.is_dir()
    )


def take_in(evidence: Evidence, stored: Iterable[Stored]) -> None:
    """Let what is on record count."""
    for one in stored:
        evidence.take_in(one.base, one.head, one.sessions)


def base_cases(stored: Iterable[Stored]) -> Iterator[Case]:
    """The cases that base has a value of."""
    for one in stored:
        yield from (found.key.case for found in one.base if isinstance(found, Measurement))


def _stored(results_dir: Path, index_dir: Path, machine: str, ends: Ends) -> Stored:
    index = open_index(results_dir, index_dir)
    base, head = index.measurements(machine, ends.base), index.measurements(machine, ends.head)
    both = _sessions(base) & _sessions(head)
    folder = results_dir / machine / FOLDER
    turns = frozenset(one for one in both if _took_turns(folder / f"{one}.jsonl.gz"))
    return Stored(results_dir=results_dir, base=base, head=head, sessions=turns)


def _sessions(found: Iterable[Found]) -> set[str]:
    return {process.session for one in found if isinstance(one, Measurement) for process in one.processes}


def _took_turns(path: Path) -> bool:
    """Whether a session went over its commits in turn; one that cannot be read did not."""
    try:
        sampling = read_header(path).sampling
    except (SessionFormatError, OSError):
        return False
    return sampling is not None and sampling.interleave
