"""Where the measurements of a commit come from: the host, what was installed, with which versions of ours.

Read from the sessions that measured; what was measured by asv alone has its machine.json and no more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path

from groundspeed.records import Build, Fingerprint, Session
from groundspeed.results.asv_files import BrokenFileError
from groundspeed.results.catalog import read_machine
from groundspeed.results.session_wire import SessionFormatError
from groundspeed.results.sessions import read_header, read_session_file, session_paths

_PYTHON = "python=="


@dataclass(frozen=True, kw_only=True, slots=True)
class Installed:
    """What an environment of the commit held: its interpreter and the resolved ``name==version`` lines.

    ``dependencies`` is empty where nobody recorded them.
    """

    environment: str
    python: str
    dependencies: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Origin:
    """``description`` is asv's machine.json; ``fingerprint`` is None where no session measured.

    ``versions`` are those of groundspeed and what it measures with, of the newest session.
    """

    machine: str
    description: Mapping[str, str]
    fingerprint: Fingerprint | None
    installed: tuple[Installed, ...]
    versions: Mapping[str, str]


def read_origin(results_dir: Path, machine: str, commit: str, sessions: Set[str]) -> Origin:
    """The origin of a commit's measurements, whose samples ``sessions`` (ids) took.

    The newest of these sessions speaks for the host; what was installed is what the commit was last
    built with, in any session. Broken files are passed over: reading the results names them.
    """
    folder = results_dir / machine
    headers = dict(_headers(folder))
    took = [one for one in headers.values() if one.id in sessions]
    newest = max(took, key=lambda one: one.id, default=None)
    installed: dict[str, Installed] = {}
    for path, session in headers.items():
        if commit in session.commits:
            installed |= _installed(path, session, commit)
    return Origin(
        machine=machine,
        description=_description(folder),
        fingerprint=None if newest is None else newest.fingerprint,
        installed=tuple(installed[name] for name in sorted(installed)),
        versions={} if newest is None else dict(newest.versions),
    )


def _headers(folder: Path) -> Iterator[tuple[Path, Session]]:
    """Each session file, oldest first, with its header."""
    for path in session_paths(folder):
        try:
            yield path, read_header(path)
        except SessionFormatError:
            continue


def _installed(path: Path, session: Session, commit: str) -> dict[str, Installed]:
    """By name, the environments that a session built of a commit."""
    pythons = {one.name: one.python for one in session.environments}
    found = {}
    for item in read_session_file(path, measured=False).items:
        if isinstance(item, Build) and item.commit == commit and item.failure is None:
            python = pythons.get(item.environment, "")
            found[item.environment] = installed(item.environment, item.dependencies, python)
    return found


def installed(environment: str, lines: Sequence[str], python: str = "") -> Installed:
    """What a build's ``dependencies`` say; ``python`` where no line of them names the interpreter."""
    others = [line for line in lines if not line.startswith(_PYTHON)]
    exact = [line.removeprefix(_PYTHON) for line in lines if line.startswith(_PYTHON)]
    return Installed(
        environment=environment, python=exact[0] if exact else python, dependencies=tuple(others)
    )


def _description(folder: Path) -> Mapping[str, str]:
    try:
        return read_machine(folder)
    except BrokenFileError:
        return {}
