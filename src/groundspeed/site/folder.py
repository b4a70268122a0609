"""A folder that groundspeed publishes into. Owns the writes, the lock and the sweep; knows no format.

``.groundspeed-site`` is written first and says whose folder it is; it carries the lock as well. Only
names that groundspeed gives are ever swept: ``data/<kind>-<16 hex>`` with .json, .bin or .gz,
``app/<16 hex>/``, ``reports/<machine>/<word>`` or ``<word>-<name>`` with .html or .md, and its temporary
files. A stranger's files stay, even under ``--force``.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

from groundspeed.errors import GroundspeedError, LockedError, StorageError
from groundspeed.results import atomic

MARKER = ".groundspeed-site"
_MARKER_TEXT = b"Published by groundspeed; what it names by content in data/ and app/ may be swept.\n"
REPORTS = "reports"
_DATA = re.compile(r"data/[a-z]+-([0-9a-f]{16})\.(?:json|bin|gz)")
_OURS = re.compile(
    rf"{_DATA.pattern}|app/[0-9a-f]{{16}}/.+"
    rf"|{REPORTS}/[^/]+/[a-z]+(?:-[^/]+)?\.(?:html|md)"
)


class SiteFolder:
    """One publication into ``path``: ``put`` what the new site holds, then ``sweep``.

    ``written``, ``kept`` and ``removed`` are relative names in the order in which it happened.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.written: list[str] = []
        self.kept: list[str] = []
        self.removed: list[str] = []
        self.bytes = 0

    @classmethod
    @contextlib.contextmanager
    def claim(cls, path: Path, *, force: bool) -> Iterator[SiteFolder]:
        """Claim ``path``, made if need be; released at the end. Raises when it is another's or in use."""
        with _storage(path):
            path.mkdir(parents=True, exist_ok=True)
            _check_ours(path, force=force)
            with (path / MARKER).open("ab") as marker:
                _lock(marker.fileno(), path)
                if marker.tell() == 0:
                    marker.write(_MARKER_TEXT)
                    marker.flush()
                yield cls(path)

    def put_named(self, kind: str, content: bytes, *, suffix: str = ".json") -> str:
        """Put a data file under a name made of its content; returns the name."""
        name = f"data/{kind}-{content_id(content)}{suffix}"
        self.put(name, content)
        return name

    def put(self, name: str, content: bytes) -> None:
        """Make ``name`` hold ``content``: not touched when it does, replaced at once when it does not."""
        target = self.path / name
        self.bytes += len(content)
        if _holds(target, content):
            self.kept.append(name)
            return
        atomic.replace_bytes(target, content)
        self.written.append(name)

    def keep(self, name: str, *, by_content: bool = True) -> bool:
        """Let a data file stay as part of the new site; False where none holds what its name says.

        A file that is not named ``by_content`` but by what it is made of stays as it is.
        """
        if name in self.kept or name in self.written:
            return True  # two things may be alike
        named = _DATA.fullmatch(name)
        try:
            content = (self.path / name).read_bytes() if named else b""
        except OSError:
            return False
        if not named or (by_content and content_id(content) != named[1]):
            return False
        self.bytes += len(content)
        self.kept.append(name)
        return True

    def add(self, other: SiteFolder) -> None:
        """Count what another one put into the same folder as part of this publication."""
        self.written += other.written
        self.kept += other.kept
        self.bytes += other.bytes

    def sweep(self) -> None:
        """Remove what earlier publications left and this one did not put."""
        held = {*self.written, *self.kept}
        for folder in ("data", "app", REPORTS):
            for file in sorted((self.path / folder).rglob("*")):
                name = file.relative_to(self.path).as_posix()
                if file.is_file() and name not in held and _OURS.fullmatch(name):
                    file.unlink()
                    self.removed.append(name)
        for folder in ("app", REPORTS):
            _remove_empty(self.path / folder)
        for folder in ("", "data", *self._inside("app"), *self._inside(REPORTS)):
            atomic.sweep(self.path / folder)

    def _inside(self, folder: str) -> list[str]:
        return [f"{folder}/{one.name}" for one in (self.path / folder).glob("*/")]


def content_id(content: bytes) -> str:
    """Sixteen hex digits of a content; 64 bits keep a billion files apart with odds of 1 in 36."""
    return hashlib.sha256(content).hexdigest()[:16]


def _check_ours(path: Path, *, force: bool) -> None:
    if force or (path / MARKER).is_file() or not any(path.iterdir()):
        return
    raise GroundspeedError(
        f"{path} holds files that groundspeed did not write (asv's site, perhaps). "
        "Publish elsewhere (html_dir in asv.conf.json), empty it, or say --force to publish among them."
    )


def _lock(descriptor: int, path: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise LockedError(
            f"Another groundspeed is publishing into {path}. Wait for it, then publish again."
        ) from error


@contextlib.contextmanager
def _storage(path: Path) -> Iterator[None]:
    try:
        yield
    except (FileExistsError, NotADirectoryError) as error:
        raise StorageError(
            f"The site cannot go into {path}: a file is in the way. Move it, or name another folder as "
            "html_dir in asv.conf.json."
        ) from error
    except OSError as error:
        raise StorageError(
            f"The site in {path} could not be written: {error.strerror or error} ({error.filename or path}). "
            "What was published before is whole. Make room or mend the permissions, then publish again."
        ) from error


def _holds(path: Path, content: bytes) -> bool:
    try:
        return path.stat().st_size == len(content) and path.read_bytes() == content
    except FileNotFoundError:
        return False


def _remove_empty(folder: Path) -> None:
    for entry in sorted(folder.rglob("*"), reverse=True):
        if entry.is_dir() and not any(entry.iterdir()):
            entry.rmdir()
