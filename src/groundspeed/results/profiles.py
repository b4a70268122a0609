"""Where profiles lie: ``results/<machine>/profiles/<commit8>/<case>.<kind>.gz``. Owns names; reads none.

A profile is a gzipped speedscope file (https://www.speedscope.app/file-format-schema.json) that says where
a case spent its time or memory; ``kind`` says of what (cpu, alloc, …).
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote

from groundspeed.errors import GroundspeedError
from groundspeed.records import Case

FOLDER = "profiles"
_ENDING = ".gz"
_SAFE = "()[],=+@'"  # readable in a listing, and ordinary characters to every file system of ours
_LONGEST = 180  # characters of a case in a name: file systems take 255 bytes, the kind wants some
_COMMIT = re.compile(r"[0-9a-f]{8}")
_KIND = re.compile(r"[a-z][a-z0-9-]{0,39}")
_FILE = re.compile(rf"(?P<stem>.+)\.(?P<kind>{_KIND.pattern}){re.escape(_ENDING)}")


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class StoredProfile:
    """One file. ``commit`` is eight digits of a hash, ``stem`` the case as ``stem_of`` writes it."""

    machine: str
    commit: str
    stem: str
    kind: str
    path: Path


def stem_of(case: Case) -> str:
    """A case as part of a file's name: percent-encoded; a long one is cut and told apart by its digest."""
    text = str(case)
    name = quote(text, safe=_SAFE, errors="surrogatepass").replace("~", "%7E")
    if len(name) <= _LONGEST:
        return name
    return f"{name[: _LONGEST - 17]}~{hashlib.sha256(text.encode(errors='surrogatepass')).hexdigest()[:16]}"


def text_of(stem: str) -> str | None:
    """The case's text again, None where it was cut."""
    return None if "~" in stem else unquote(stem, errors="surrogatepass")


def profile_path(results_dir: Path, machine: str, commit: str, case: Case, kind: str) -> Path:
    """Where a profile belongs; ``commit`` is a full hash. Raises GroundspeedError for an odd ``kind``."""
    if not _KIND.fullmatch(kind):
        raise GroundspeedError(
            f"{kind!r} cannot be the kind of a profile: use up to 40 small letters, digits "
            "and -, a letter first (cpu, alloc)."
        )
    return results_dir / machine / FOLDER / commit[:8] / f"{stem_of(case)}.{kind}{_ENDING}"


def stored_profiles(results_dir: Path) -> tuple[StoredProfile, ...]:
    """Every profile, sorted by machine, commit, case and kind; files of other names are no profiles."""
    found = []
    for path in results_dir.glob(f"*/{FOLDER}/*/*{_ENDING}"):
        named = _FILE.fullmatch(path.name)
        if named and _COMMIT.fullmatch(path.parent.name) and path.is_file():
            found.append(
                StoredProfile(
                    machine=path.parents[2].name,
                    commit=path.parent.name,
                    stem=named["stem"],
                    kind=named["kind"],
                    path=path,
                )
            )
    return tuple(sorted(found))
