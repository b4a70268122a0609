"""triage.toml: what people and fresh measurements decided about regressions. Owns the file and its form.

It lies beside asv.conf.json and is committed. A decision names commits and cases and not a place in a list,
so it outlives new data: it holds for a step whose culprit may lie in its range and whose case it names.
Decisions are sorted by id, so that those of two people seldom meet in one place of the file; a comment
stays with the decision that it stands above. Decides nothing itself, and removes only what it is told to.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from groundspeed.config.table import Table
from groundspeed.errors import ConfigError, GroundspeedError
from groundspeed.records import SeriesKey
from groundspeed.results.atomic import replace_bytes
from groundspeed.results.lock import file_lock

NAME = "triage.toml"
VERSION = 1
_HEAD = f"""\
# What was decided about regressions; written by `groundspeed triage`, explained in docs/regressions.md.
# Edit it as you like: a comment stays with the decision below it.
version = {VERSION}
"""
_MARK = "[[decision]]"
_KEYS = ("id", "state", "base", "head", "cases", "machines", "by", "at", "note")


class Ruling(StrEnum):
    """What can be decided."""

    ACKNOWLEDGED = "acknowledged"
    CONFIRMED = "confirmed"
    NOT_CONFIRMED = "not confirmed"


class TriageError(GroundspeedError):
    """triage.toml cannot be read, or a decision asked for is not in it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """One entry. It holds for culprits in (``base``, ``head``] (full hashes).

    ``cases`` are the texts of cases, with ``@metric`` where it is not the main one; without parentheses
    they stand for every case of that name. ``machines`` is empty where every machine is meant. ``by`` is
    who decided it, ``note`` why.
    """

    id: str
    ruling: Ruling
    base: str
    head: str
    cases: tuple[str, ...]
    machines: tuple[str, ...]
    by: str
    at: datetime
    note: str

    def names(self, key: SeriesKey) -> bool:
        """Whether a series is among those decided about, wherever its step lies."""
        suffix = f"@{key.metric}" if key.metric else ""
        named = {f"{key.case}{suffix}", f"{key.case.benchmark}{suffix}"}
        return not named.isdisjoint(self.cases) and (not self.machines or key.machine in self.machines)


def id_of(base: str, head: str) -> str:
    """Eight digits for a range of commits: the same for the same range, whatever cases and numbers it has."""
    return hashlib.blake2b(f"{base}..{head}".encode(), digest_size=4).hexdigest()


def read_triage(path: Path) -> tuple[Decision, ...]:
    """The decisions, by id; none where there is no file. Raises ``TriageError``."""
    return tuple(entry.decision for entry in _read(path).entries)


def record(path: Path, decision: Decision, *, locks: Path) -> None:
    """Add a decision. ``locks`` is the folder of lock files: two that write wait for nobody, one is told."""
    with file_lock(locks / "triage"):
        file = _read(path)
        entry = _Entry(decision=decision, text=_text(decision))
        _write(path, file.head, sorted([*file.entries, entry], key=_place))


def withdraw(path: Path, decisions: Sequence[Decision], *, locks: Path) -> None:
    """Take decisions out of the file, with the comments above them."""
    with file_lock(locks / "triage"):
        file = _read(path)
        _write(path, file.head, [entry for entry in file.entries if entry.decision not in decisions])


MEASURED = (Ruling.CONFIRMED, Ruling.NOT_CONFIRMED)
"""What machines decide; what people do, they commit."""


def join(path: Path, theirs: bytes, *, locks: Path) -> bool:
    """Take over what other machines measured again, from their copy of the file; whether that was anything.

    Raises ``TriageError`` where one of both cannot be read.
    """
    with file_lock(locks / "triage"):
        ours, other = _read(path), _parsed(path, theirs)
        known = {entry.decision for entry in ours.entries}
        new = [
            entry
            for entry in other.entries
            if entry.decision.ruling in MEASURED and entry.decision not in known
        ]
        if new:
            _write(path, ours.head, sorted([*ours.entries, *new], key=_place))
        return bool(new)


# --- the file ---------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class _Entry:
    """A decision and the lines that say it, comments above them included."""

    decision: Decision
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class _File:
    """What stands before the first entry, and the entries."""

    head: str
    entries: tuple[_Entry, ...]


def _place(entry: _Entry) -> tuple[str, datetime, str]:
    return (entry.decision.id, entry.decision.at, entry.decision.ruling)


def _read(path: Path) -> _File:
    try:
        return _parsed(path, path.read_bytes())
    except FileNotFoundError:
        return _parsed(path, None)
    except OSError as error:
        raise TriageError(f"{path} cannot be read: {error}. Mend it, or take it from git.") from error


def _parsed(path: Path, content: bytes | None) -> _File:
    """``path`` is what errors name."""
    if content is None:
        return _File(head=_HEAD, entries=())
    try:
        text = content.decode("utf-8").replace("\r\n", "\n")
    except ValueError as error:
        raise TriageError(f"{path} cannot be read: {error}. Mend it, or take it from git.") from error
    try:
        values = tomllib.loads(text)
        decisions = _decisions(Table(values=values, file=path, path=""))
    except tomllib.TOMLDecodeError as error:
        raise TriageError(
            f"{path} is not valid TOML: {error}. Mend that line (a merge may have left marks)."
        ) from error
    except ConfigError as error:
        raise TriageError(f"{error} Mend that entry, or take it out.") from error
    head, blocks = _blocks(text)
    if len(blocks) != len(decisions):
        raise TriageError(f"{path}: write each decision under a line of its own that says {_MARK}.")
    found = [_Entry(decision=one, text=block) for one, block in zip(decisions, blocks, strict=True)]
    return _File(head=head, entries=tuple(sorted(found, key=_place)))


def _decisions(table: Table) -> list[Decision]:
    table.only("version", "decision")
    version = table.get("version", int)
    if version != VERSION:
        raise ConfigError(f'{table.file}: "version" is {version}; this groundspeed reads {VERSION}.')
    listed: list[Any] = table.get("decision", list) or []
    return [_decision(table, number, values) for number, values in enumerate(listed)]


def _decision(table: Table, number: int, values: Any) -> Decision:
    path = f"decision[{number}]"
    if not isinstance(values, dict):
        raise ConfigError(f'{table.file}: "{path}" must be a table.')
    entry = Table(values=values, file=table.file, path=path).only(*_KEYS)
    at = entry.get("at", datetime)
    texts = {key: entry.get(key, str) for key in ("id", "base", "head")}
    ruling = entry.choice("state", tuple(Ruling))
    cases = entry.strings("cases")
    lacking = [
        key for key, value in {**texts, "state": ruling, "at": at, "cases": cases}.items() if not value
    ]
    if lacking or at is None:
        raise ConfigError(f'{table.file}: "{path}" lacks {", ".join(lacking)}.')
    return Decision(
        id=texts["id"] or "",
        ruling=Ruling(ruling or ""),
        base=texts["base"] or "",
        head=texts["head"] or "",
        cases=cases,
        machines=entry.strings("machines"),
        by=entry.get("by", str) or "",
        at=at if at.tzinfo else at.replace(tzinfo=UTC),
        note=entry.get("note", str) or "",
    )


def _blocks(text: str) -> tuple[str, list[str]]:
    """What stands before the first entry, then each entry with the comment lines right above it."""
    head: list[str] = []
    blocks: list[list[str]] = []
    for line in text.splitlines(keepends=True):
        current = blocks[-1] if blocks else head
        if line.strip().partition("#")[0].rstrip() == _MARK:
            above = len(current)
            while above and current[above - 1].startswith("#"):
                above -= 1
            blocks.append([*current[above:], line])
            del current[above:]
        else:
            current.append(line)
    return "".join(head), ["".join(block) for block in blocks]


def _write(path: Path, head: str, entries: Sequence[_Entry]) -> None:
    parts = [head, *(entry.text for entry in entries)]
    replace_bytes(path, ("\n\n".join(part.strip("\n") for part in parts) + "\n").encode())


def _text(decision: Decision) -> str:
    import tomli_w

    values = {
        "id": decision.id,
        "state": str(decision.ruling),
        "base": decision.base,
        "head": decision.head,
        "cases": sorted(decision.cases),
        **({"machines": sorted(decision.machines)} if decision.machines else {}),
        "by": decision.by,
        "at": decision.at.astimezone(UTC).replace(microsecond=0),
        "note": decision.note,
    }
    return f"{_MARK}\n{tomli_w.dumps(values)}"
