"""When two builds hold the same content: the rule of docs/environments.md, and nothing else.

Pure but for reading the wheel that it is given. Refuses to guess: what cannot be read has no identity.
A rule that would call different code the same is worse than one that misses a pair, so whatever is
not known to be a stamp counts.
"""

from __future__ import annotations

import ast
import hashlib
import json
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

RULE = 1  # raised whenever the same wheel would get another identity; identities of two rules differ

# Where setuptools-scm, hatch-vcs, versioneer, flit and people put the version that a build stamps.
_STAMPED_MODULES = frozenset("_version.py __version__.py version.py _version_info.py __about__.py".split())
_STAMPED_TEXTS = frozenset("VERSION VERSION.txt version.txt _version.txt".split())
_STAMP = re.compile(
    r"_*((full|short|base|git|scm|vcs|build|source)_?)?(version|commit|revision|hash|date|sha)"
    r"(_?(tuple|info|json|id|date|hash|str|string))?_*",
    re.IGNORECASE,
)
_VERSION_LINE = r"^([ \t]*(?:__version__|__VERSION__|VERSION|version)[ \t]*(?::[^=\n]+)?=[ \t]*)([\"']){}\2"


def wheel_content(wheel: Path, ignored: Sequence[str] = ()) -> str | None:
    """The digest of what a wheel puts into an environment; None when it cannot be read.

    ``ignored`` are globs of paths inside the wheel that do not count. Equal digests: the same files,
    but for version stamps. Dates and the order inside the archive never count.
    """
    try:
        with zipfile.ZipFile(wheel) as archive:
            names = [name for name in archive.namelist() if not name.endswith("/")]
            return content({name: archive.read(name) for name in names}, wheel.name.split("-")[1], ignored)
    except (OSError, IndexError, RuntimeError, NotImplementedError, zipfile.BadZipFile):
        return None


def content(files: Mapping[str, bytes], version: str, ignored: Sequence[str] = ()) -> str:
    """The digest of a wheel's files. ``version`` is the project's own, as the wheel's name has it."""
    counted = sorted(_counted(files, version, ignored))
    lines = (f"{len(name)}:{name}={hashlib.sha256(data).hexdigest()}\n" for name, data in counted)
    return hashlib.sha256("".join(lines).encode("utf-8", "surrogateescape")).hexdigest()


def environment_identity(built: str, facts: Mapping[str, Any]) -> str:
    """The identity of an environment: ``built`` is the content that was installed, ``facts`` the rest
    that measuring may depend on (interpreter, resolved dependencies, requirements, variables)."""
    whole = json.dumps({"rule": RULE, "built": built, **facts}, sort_keys=True)
    return hashlib.sha256(whole.encode()).hexdigest()


def _counted(files: Mapping[str, bytes], version: str, ignored: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    for name, data in files.items():
        if any(fnmatchcase(name, glob) for glob in ignored):
            continue
        top, _, below = name.partition("/")
        if top.endswith(".dist-info"):
            if below == "entry_points.txt":  # names commands and plug-ins: it changes what runs
                yield ".dist-info/entry_points.txt", data
        elif top.endswith(".data"):  # <name>-<version>.data
            yield f".data/{below}", data
        else:
            yield name, _without_stamps(name, data, version)


def _without_stamps(name: str, data: bytes, version: str) -> bytes:
    last = name.rpartition("/")[2]
    if last in _STAMPED_TEXTS:
        return data.replace(version.encode(), b"")
    if not last.endswith(".py"):
        return data
    if last in _STAMPED_MODULES:
        data = _without_assignments(data)
    line = re.compile(_VERSION_LINE.format(re.escape(version)).encode(), re.MULTILINE)
    return line.sub(rb"\1", data)


def _without_assignments(source: bytes) -> bytes:
    """A stamped module without the values of its module-level `version = <literal>` statements."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):  # another Python's: every byte counts
        return source
    lines = source.splitlines(keepends=True)
    for node in reversed(tree.body):
        value = _stamped_value(node)
        if value is not None and value.end_lineno is not None and value.end_col_offset is not None:
            first, last = value.lineno - 1, value.end_lineno - 1
            head, tail = lines[first][: value.col_offset], lines[last][value.end_col_offset :]
            lines[first : last + 1] = [head + tail]
    return b"".join(lines)


def _stamped_value(node: ast.stmt) -> ast.expr | None:
    """The literal that an assignment to nothing but names of stamps assigns, or None."""
    if isinstance(node, ast.Assign):
        targets, value = node.targets, node.value
    elif isinstance(node, ast.AnnAssign) and node.value is not None:
        targets, value = [node.target], node.value
    else:
        return None
    names = [target.id if isinstance(target, ast.Name) else "" for target in targets]
    if not all(_STAMP.fullmatch(name) for name in names):
        return None
    try:
        ast.literal_eval(value)
    except (ValueError, TypeError):
        return None
    return value
