"""What a timer starts, and when; where a user keeps such files. Owns names and places, writes nothing.

A path that cannot stand in a line of text is refused here, once for both kinds of timer.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from pathlib import Path

from groundspeed.errors import GroundspeedError

AT = time(1, 17)
"""By night, after what starts at midnight, and not at the full hour, when everybody else's jobs start."""

MARK = "# Written by groundspeed nightly --install"
"""The first line of every file of ours begins so. A file without it is somebody else's."""

_BOOTED = Path("/run/systemd/system")  # sd_booted(3): a directory where systemd is the host's init
_SLUG = 40  # with prefix, digest and suffix far below the 255 bytes of a file's name


@dataclass(frozen=True, kw_only=True, slots=True)
class Schedule:
    """``interpreter -m groundspeed nightly *arguments`` in the folder ``root``, every day at ``at``.

    Both paths are absolute; ``at`` is the host's own time of day, in whole minutes (cron knows no others).
    Raises GroundspeedError for what no timer can say.
    """

    root: Path
    interpreter: Path
    arguments: tuple[str, ...]
    at: time

    def __post_init__(self) -> None:
        checked_path(self.root, "the project's folder")
        checked_path(self.interpreter, "the Python interpreter")
        for argument in self.arguments:
            _checked_text(argument, "the argument")
        if self.at != time(self.at.hour, self.at.minute):
            raise GroundspeedError(f"A timer starts at a whole minute of this host's day, not at {self.at}.")

    @property
    def name(self) -> str:
        """One for each folder, and only by its path: a project that gets another name keeps its timer."""
        slug = re.sub(r"[^a-z0-9]+", "-", self.root.name.lower())[:_SLUG].strip("-") or "project"
        digest = hashlib.sha256(os.fsencode(self.root)).hexdigest()[:8]
        return f"groundspeed-nightly-{slug}-{digest}"

    @property
    def command(self) -> tuple[str, ...]:
        """What is started. ``-P``: ``-m`` would put the project's folder first on the path of imports, and a
        checkout of numpy there would be imported instead of the numpy that groundspeed stands on.
        """
        return (str(self.interpreter), "-P", "-m", "groundspeed", "nightly", *self.arguments)


@dataclass(frozen=True, kw_only=True, slots=True)
class Host:
    """Where this user's files are, and what the host has. ``path`` is the search path of the shell."""

    config: Path
    state: Path
    path: str
    has_systemd: bool

    def unit(self, name: str, kind: str) -> Path:
        """Where systemd looks for a user's units; ``kind`` is ``service`` or ``timer``."""
        return self.config / "systemd" / "user" / f"{name}.{kind}"

    def secrets(self, name: str) -> Path:
        """Variables for the night, if the user made such a file."""
        return self.config / "groundspeed" / f"{name}.env"

    def script(self, name: str) -> Path:
        """What cron starts."""
        return self.config / "groundspeed" / f"{name}.sh"

    def log(self, name: str) -> Path:
        """What the last night said that cron started."""
        return self.state / "groundspeed" / f"{name}.log"


def host_of(environ: Mapping[str, str], *, has_systemd: bool) -> Host:
    """The places by the XDG base directory specification, which has relative ones ignored.

    Raises GroundspeedError where HOME says nothing.
    """
    path = environ.get("PATH") or os.defpath
    _checked_text(path, "PATH")
    return Host(
        config=_place(environ, "XDG_CONFIG_HOME", ".config"),
        state=_place(environ, "XDG_STATE_HOME", ".local/state"),
        path=path,
        has_systemd=has_systemd,
    )


def real_host() -> Host:
    """This host, and who runs this."""
    return host_of(os.environ, has_systemd=_BOOTED.is_dir())


def checked_path(path: Path, what: str) -> None:
    """Raises GroundspeedError for a path that a unit or a crontab cannot name."""
    if not path.is_absolute() or ".." in path.parts:
        raise GroundspeedError(f"A timer needs the whole path of {what}, not {str(path)!r}.")
    _checked_text(str(path), what)


def _checked_text(text: str, what: str) -> None:
    """Units are lines of UTF-8 without control characters, and so is a crontab."""
    try:
        text.encode()
    except UnicodeEncodeError:
        fine = False
    else:
        fine = all(character >= " " and character != "\x7f" for character in text)
    if not fine:
        raise GroundspeedError(
            f"A timer cannot name {what}, {text!r}: it is not UTF-8, or holds a control character. Rename it."
        )


def _place(environ: Mapping[str, str], variable: str, usual: str) -> Path:
    said = Path(environ.get(variable, ""))
    if not said.is_absolute():
        home = Path(environ.get("HOME", ""))
        if not home.is_absolute():
            raise GroundspeedError(
                f"A timer is a file in your home, and HOME names none: set it, or {variable}."
            )
        said = home / usual
    checked_path(said, f"the folder of {variable}")
    return said
