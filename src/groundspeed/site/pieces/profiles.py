"""Where the time of a case went: the profiles that the results hold, and the page that draws them.

Owns that speedscope is published only where there is a profile (a megabyte otherwise for nothing), in a
folder named by its content. Reads no profile beyond its first bytes; draws nothing.

``groundspeed-profiles`` version 1: ``viewer`` is speedscope's own document; each of ``profiles`` has the
``file`` it is published in, gzipped as it was stored, and its ``benchmark`` with its ``params`` where the
results know its case, and ``against``, the profile it is compared with in the file ``difference``,
where there is one; ``unreadable`` are files that are no profile, with why.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from datetime import datetime
from importlib import resources
from typing import Any
from urllib.parse import unquote

from groundspeed.errors import HistoryError
from groundspeed.records import Case
from groundspeed.results.profiles import StoredProfile, stem_of
from groundspeed.site.folder import SiteFolder, content_id
from groundspeed.site.pieces.differences import Against, Repository, put_differences
from groundspeed.site.subject import Subject
from groundspeed.site.wire import encode

VIEWER = "vendor/speedscope"
"""Below ``app/``: the release folder of npm's speedscope 1.25.0, unmodified, and its licence."""

_GZIP = 16 + zlib.MAX_WBITS  # zlib's own number for "with a gzip header"
_BEGINNING = 65_536  # characters in which speedscope's files name their schema


def put_profiles(folder: SiteFolder, subject: Subject) -> str | None:
    """Every stored profile, and speedscope to open them with; None where there is none."""
    stored = subject.answers.profiles
    if not stored:
        return None
    rows, unreadable = [], []
    cases = {stem_of(case): case for case in {one.key.case for one in subject.archive.series}}
    repository = Repository(history=subject.answers.history, suite=subject.answers.suite)
    against = put_differences(folder, stored, _dates(subject), repository)
    for one in stored:
        content = _content(one)
        reason = "cannot be read" if content is None else _fault(content)
        if content is None or reason is not None:
            unreadable.append({"file": _name(one), "reason": reason})
            continue
        file = folder.put_named("profile", content, suffix=".gz")
        row = _row(one, cases.get(one.stem), subject) | {"file": file, "bytes": len(content)}
        rows.append(row | _against(against.get(one)))
    rows.sort(key=lambda row: -1 if row["commit"] is None else row["commit"], reverse=True)
    return folder.put_named(
        "profiles",
        encode(
            {
                "format": "groundspeed-profiles",
                "version": 1,
                "viewer": _put_viewer(folder),
                "profiles": rows,
                "unreadable": unreadable,
            }
        ),
    )


def viewer_files() -> Mapping[str, bytes]:
    """Speedscope's files by name."""
    vendored = resources.files("groundspeed.site") / "app" / VIEWER
    return {one.name: one.read_bytes() for one in sorted(vendored.iterdir(), key=lambda one: one.name)}


def _put_viewer(folder: SiteFolder) -> str:
    """Put speedscope's files; the name of its document."""
    files = viewer_files()
    whole = b"".join(name.encode() + b"\0" + content_id(content).encode() for name, content in files.items())
    home = f"app/{content_id(whole)}/"
    for name, content in files.items():
        folder.put(home + name, content)
    return f"{home}index.html"


def _row(one: StoredProfile, case: Case | None, subject: Subject) -> dict[str, Any]:
    """A profile for the list. ``commit`` is its place in history, None for one that the results lack."""
    place = next(_places(one.commit, subject), None)
    known = {} if case is None else {"benchmark": case.benchmark, "params": list(case.params)}
    return {
        "machine": one.machine,
        "commit": place,
        "hash": one.commit,
        "case": unquote(one.stem) if case is None else str(case),
        "kind": one.kind,
        **known,
    }


def _against(older: Against | None) -> dict[str, str]:
    return {} if older is None else {"against": older.base.commit, "difference": older.file}


def _dates(subject: Subject) -> Mapping[str, datetime]:
    """Of commits, by eight digits: of those that the results lack, as git has them."""
    dates = {commit.hash[:8]: commit.date for commit in subject.archive.commits}
    history = subject.answers.history
    lacking = {one.commit for one in subject.answers.profiles} - set(dates)
    try:
        known = history.known(sorted(lacking)) if history and lacking else {}
    except HistoryError:
        known = {}  # the notices say so
    return dates | {digits: commit.date for digits, commit in known.items()}


def _places(digits: str, subject: Subject) -> Iterator[int]:
    return (place for place, name in enumerate(subject.timeline.hashes) if name.startswith(digits))


def _content(one: StoredProfile) -> bytes | None:
    try:
        return one.path.read_bytes()
    except OSError:
        return None


def _fault(content: bytes) -> str | None:
    """Why a file cannot be opened by speedscope; None when it looks as though it could."""
    try:
        beginning = zlib.decompressobj(_GZIP).decompress(content, _BEGINNING)
    except zlib.error:
        return "is not gzipped"
    if b"speedscope.app/file-format-schema.json" not in beginning.replace(b"\\/", b"/"):
        return "is no speedscope file: its first bytes do not name the schema"
    return None


def _name(one: StoredProfile) -> str:
    """The file as it lies in the results folder."""
    return "/".join(one.path.parts[-4:])
