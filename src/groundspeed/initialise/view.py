"""What the decisions of ``groundspeed init`` look at, read once: git's files, a few texts, names.

Owns the reading, and the sentences for folders that hold no project. Decides nothing else, writes nothing.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import NoReturn

from groundspeed import config
from groundspeed.config import Configuration
from groundspeed.errors import ConfigError, HistoryError
from groundspeed.history import History
from groundspeed.history.process import run

CONFIGURATIONS = ("asv.conf.json", "asv.conf.jsonc")
PACKAGING = ("pyproject.toml", "setup.cfg", "setup.py")
IGNORE = ".gitignore"
_INSTALLABLE = ("pyproject.toml", "setup.py")  # a setup.cfg alone is nothing to pip
NEW_SUITE = "benchmarks"
WORK_FOLDERS = (".groundspeed", ".asv/env", "html", "benchmarks/html")  # what a new configuration may name


@dataclass(frozen=True, kw_only=True, slots=True)
class View:
    """A project as it lies there.

    ``top`` is git's working tree; ``root`` the folder where the configuration stands or will stand;
    ``home`` the folder that pip installs. ``tracked`` are git's files below ``home``, relative to it;
    ``packaging`` the text of those that describe the package. ``suite`` maps the Python files of the
    benchmark folder, relative to it, to their text; ``names`` is what lies in ``root``. ``settled`` are the
    generated folders that git ignores already, or keeps on purpose. ``branch`` is None where HEAD is
    detached and nothing else says which one is meant.
    """

    top: Path
    root: Path
    home: Path
    configuration: Configuration | None
    tracked: tuple[str, ...]
    packaging: Mapping[str, str]
    suite: Mapping[str, str]
    names: frozenset[str]
    settled: frozenset[str]
    ignore_text: str
    branch: str | None
    origin: str


def read_view(start: Path) -> View:
    """Look at the project that ``start``, a folder, belongs to.

    Raises ``HistoryError`` where there is no git repository with a commit and a working tree,
    ``ConfigError`` where no package is, or where more than one configuration could be meant.
    """
    if not start.is_dir():
        raise ConfigError(f"{start} is no folder. Name the folder of a project.")
    top = _working_tree(start)
    branch = History.open(top).default_branch()
    tracked = _tracked(top)
    start = start.resolve()
    configuration = _configuration(start, top, tracked)
    home = _home(configuration.suite.root if configuration else start, top, tracked)
    root = configuration.suite.root if configuration else home or _refuse_packageless(start)
    home = home or root  # a suite of its own measures a package that lies elsewhere
    return View(
        top=top,
        root=root,
        home=home,
        configuration=configuration,
        tracked=_below(tracked, home.relative_to(top)),
        packaging=_texts(home, [name for name in PACKAGING if (home / name).is_file()]),
        suite=_suite(configuration.suite.benchmark_dir if configuration else root / NEW_SUITE),
        names=frozenset(path.name for path in root.iterdir()),
        settled=_ignored(root, configuration) | _kept(tracked, root.relative_to(top)),
        ignore_text=_texts(root, [IGNORE] if (root / IGNORE).is_file() else []).get(IGNORE, ""),
        branch=None if branch == "HEAD" else branch,
        origin=run(top, "config", "--get", "remote.origin.url").text().strip(),
    )


def below(folder: Path, root: Path) -> str | None:
    """``folder`` relative to ``root`` in git's spelling; None where it lies elsewhere."""
    return folder.relative_to(root).as_posix() if folder.is_relative_to(root) else None


def work_folders(configuration: Configuration) -> tuple[str, ...]:
    """The generated folders that a configuration names, relative to it: none of them is committed."""
    suite = configuration.suite
    environments = suite.root / str(suite.raw.get("env_dir") or "env")
    folders = (configuration.workspace, environments, suite.html_dir)
    return tuple(name for folder in folders if (name := below(folder, suite.root)) not in (None, "."))


def _working_tree(start: Path) -> Path:
    History.open(start)  # its refusal says what to do where there is no repository
    answer = run(start, "rev-parse", "--show-toplevel")
    if answer.code or not answer.out.strip():
        raise HistoryError(f"{start} has no working tree ({answer.said()}). Change into a working clone.")
    return Path(os.fsdecode(answer.out.removesuffix(b"\n"))).resolve()


def _tracked(top: Path) -> tuple[str, ...]:
    """Every file that git knows, relative to ``top``: no environment, cache or build is among them."""
    listed = run(top, "ls-files", "-z").out.split(b"\0")
    return tuple(os.fsdecode(name) for name in listed if name)


def _configuration(start: Path, top: Path, tracked: tuple[str, ...]) -> Configuration | None:
    """The configuration at ``start`` or above it in the repository, else the only one a folder below."""
    for folder in (start, *start.parents):
        if any((folder / name).is_file() for name in CONFIGURATIONS):
            return config.load(folder)
        if folder == top:
            break
    candidates = (top / name for name in tracked if PurePosixPath(name).name in CONFIGURATIONS)
    found = sorted(path for path in candidates if path.parent.parent == start and path.is_file())
    if len(found) > 1:
        listed = " and ".join(str(path.relative_to(start)) for path in found)
        raise ConfigError(
            f"{start} holds more than one asv suite: {listed}. Name one: groundspeed init FOLDER"
        )
    return config.load(found[0]) if found else None


def _home(start: Path, top: Path, tracked: tuple[str, ...]) -> Path | None:
    """The folder that pip can install: ``start``, or the nearest above it in the repository."""
    for folder in (start, *start.parents):
        names = {str((folder / name).relative_to(top)) for name in _INSTALLABLE}
        if names.intersection(tracked):
            return folder
        if folder == top:
            break
    return None


def _refuse_packageless(start: Path) -> NoReturn:
    there = [name for name in _INSTALLABLE if (start / name).is_file()]
    if there:
        raise ConfigError(
            f"{start / there[0]} is not in git, so no commit can be built. "
            f"Commit it: git add {there[0]} && git commit"
        )
    raise ConfigError(
        f"{start} holds no Python package that pip can install: neither pyproject.toml nor setup.py is "
        "there or above it in git. Add one, or name the folder that has it: groundspeed init FOLDER"
    )


def _below(tracked: tuple[str, ...], folder: Path) -> tuple[str, ...]:
    prefix = "" if folder == Path() else f"{folder.as_posix()}/"
    return tuple(name.removeprefix(prefix) for name in tracked if name.startswith(prefix))


def _suite(folder: Path) -> Mapping[str, str]:
    paths = (path for path in sorted(folder.rglob("*.py")) if path.is_file())
    return _texts(folder, [path.relative_to(folder).as_posix() for path in paths])


def _texts(folder: Path, names: list[str]) -> Mapping[str, str]:
    try:
        return {name: (folder / name).read_bytes().decode("utf-8", "replace") for name in names}
    except OSError as error:
        raise ConfigError(
            f"{error.filename} cannot be read: {error.strerror}. Make it readable, then try again."
        ) from error


def _kept(tracked: tuple[str, ...], root: Path) -> frozenset[str]:
    """The folders below ``root`` that git has files of: a project may commit its site."""
    parents = (parent for name in _below(tracked, root) for parent in PurePosixPath(name).parents)
    return frozenset(str(parent) for parent in parents)


def _ignored(root: Path, configuration: Configuration | None) -> frozenset[str]:
    """Which of the generated folders git ignores by a rule of the repository (the user's own do not count:
    a colleague's clone has others)."""
    folders = work_folders(configuration) if configuration else WORK_FOLDERS
    asked = "".join(f"{name}/\n" for name in folders)
    command = ("-c", "core.excludesFile=", "check-ignore", "--no-index", "--stdin")
    return frozenset(name.rstrip("/") for name in run(root, *command, stdin=asked).lines())
