"""Putting a timer where the user's systemd or cron looks. Owns that nothing of others is overwritten.

Starts nothing: what systemd has to be told stands in the explanation, for the user to type.
"""

from __future__ import annotations

import shlex
import shutil
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from groundspeed.errors import GroundspeedError
from groundspeed.nightly.timers import cron, systemd
from groundspeed.nightly.timers.schedule import MARK, Host, Schedule
from groundspeed.results.atomic import refused, write_output


class TimerKind(StrEnum):
    """Who starts the night."""

    SYSTEMD = "systemd"
    CRON = "cron"


@dataclass(frozen=True, kw_only=True, slots=True)
class Installed:
    """``changed`` is False where the same timer stood there; ``notes`` are what the user should see to."""

    name: str
    changed: bool
    notes: tuple[str, ...]
    explanation: str

    @property
    def text(self) -> str:
        """For the terminal: what became of it, what is to be seen to, and the explanation."""
        outcome = "is written." if self.changed else "is there already, and nothing changed."
        notes = [f"Note: {note}" for note in self.notes]
        return "\n".join([f"{self.name} {outcome}", *notes, "", self.explanation])


def install(kind: TimerKind, schedule: Schedule, host: Host) -> Installed:
    """Write the timer of ``schedule``, replacing an earlier one of the same folder, and explain it.

    Raises GroundspeedError where this host has no such timers, a file in the way is not ours, or systemd
    cannot say a path; StorageError where the disk refuses.
    """
    match kind:
        case TimerKind.SYSTEMD:
            changed, explanation = _by_systemd(schedule, host), systemd.explanation(schedule, host)
        case TimerKind.CRON:
            changed, explanation = _by_cron(schedule, host), cron.explanation(schedule, host)
    return Installed(
        name=schedule.name, changed=changed, notes=_notes(kind, schedule.name, host), explanation=explanation
    )


def _by_systemd(schedule: Schedule, host: Host) -> bool:
    if not host.has_systemd:
        raise GroundspeedError(
            "systemd does not run this host (/run/systemd/system is not there): use --install cron."
        )
    name = schedule.name
    return _written(
        {
            host.unit(name, "service"): systemd.service(schedule, host),
            host.unit(name, "timer"): systemd.timer(schedule),
        }
    )


def _by_cron(schedule: Schedule, host: Host) -> bool:
    name = schedule.name
    changed = _written({host.script(name): cron.script(schedule, host)})
    _made(host.log(name).parent)
    line = cron.line(schedule, host)
    program = shutil.which("crontab", path=host.path)
    if program is None:
        raise GroundspeedError(
            f"There is no crontab program on PATH. {host.script(name)} is written: install cron (Debian's "
            f"package is cron, Fedora's cronie) and repeat this, or give another cron this line: {line}"
        )
    before = cron.read_crontab(program)
    after = cron.merged(before, name, line)
    if after != before:
        cron.write_crontab(program, after)
    return changed or after != before


def _written(files: Mapping[Path, str]) -> bool:
    """Write what is not there so already; nothing at all where one is somebody else's."""
    texts = {path: text.encode() for path, text in files.items()}
    changed = {path: text for path, text in texts.items() if _ours(path) != text}
    for path, text in changed.items():
        write_output(path, text)
    return bool(changed)


def _ours(path: Path) -> bytes:
    """What the file holds, empty where there is none. Raises GroundspeedError where it is not ours."""
    try:
        held = path.read_bytes()
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise refused(path, error) from error
    if not held.startswith(MARK.encode()):
        raise GroundspeedError(
            f"{path} was not written by groundspeed: move it away or rename it, then install again."
        )
    return held


def _made(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise refused(folder, error) from error


def _notes(kind: TimerKind, name: str, host: Host) -> tuple[str, ...]:
    notes = []
    other = {TimerKind.SYSTEMD: host.script(name), TimerKind.CRON: host.unit(name, "timer")}[kind]
    if other.exists():
        notes.append(f"{other} is there too: one timer is enough, take the other away.")
    secrets = host.secrets(name)
    if secrets.exists() and stat.S_IMODE(secrets.stat().st_mode) & 0o077:
        notes.append(f"others may read {secrets}: chmod 600 {shlex.quote(str(secrets))}")
    return tuple(notes)
