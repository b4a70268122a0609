"""Which files a project lacks for ``groundspeed init``: a view of it in, the files out. Pure.

Owns every choice: names, folders, branch, interpreter, build. What is there already is kept, always.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from groundspeed.config import Configuration
from groundspeed.errors import ConfigError
from groundspeed.initialise import files
from groundspeed.initialise.package import Package, read_package
from groundspeed.initialise.view import CONFIGURATIONS, IGNORE, NEW_SUITE, View, below, work_folders
from groundspeed.machine.choice import MachineChoice

_ASV, _OURS, _INIT = CONFIGURATIONS[0], "groundspeed.toml", "__init__.py"
_OLDEST, _NEWEST = 8, 15  # CPython 3.N that is looked for where the running one does not fit
# A definition that asv or groundspeed would take for a benchmark.
_BENCHMARK = re.compile(
    r"^\s*def (time|timeraw|mem|peakmem|track|latency|throughput|alloc|measure|gpu)_\w+\(", re.MULTILINE
)
# --wheel: one build where asv's default makes an sdist as well; isolated: old commits bring their own tools
_BUILD = "python -m build --wheel --outdir {build_cache_dir} {build_dir}"
_COMMIT_PAGES = {
    "github.com": "commit",
    "codeberg.org": "commit",
    "gitlab.com": "-/commit",
    "bitbucket.org": "commits",
}
_ORIGIN = re.compile(r"(?:\w+://)?(?:[^@/]*@)?(?P<host>[\w.-]+)(?::\d+)?[:/]+(?P<path>[\w./-]+?)(?:\.git)?/?")


class Action(StrEnum):
    """What becomes of a file."""

    WRITE = "write"
    APPEND = "append"
    KEEP = "keep"


@dataclass(frozen=True, kw_only=True, slots=True)
class FileChange:
    """One file of the project: ``text`` is what is written or appended, empty when it is kept."""

    path: str
    action: Action
    text: str
    what: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Setup:
    """What a project is given. ``root`` is where its configuration stands; paths are relative to it."""

    root: Path
    project: str
    files: tuple[FileChange, ...]
    notes: tuple[str, ...]

    @property
    def complete(self) -> bool:
        """Whether nothing is left to do."""
        return all(file.action is Action.KEEP for file in self.files)


@dataclass(frozen=True, kw_only=True, slots=True)
class Pythons:
    """The running interpreter's version (``3.11.9``), and whether another (``3.12``) is here."""

    own: str
    is_here: Callable[[str], bool]


def plan(view: View, machine: MachineChoice, pythons: Pythons) -> Setup:
    """Every file that ``groundspeed run`` needs in the project, and what becomes of it.

    Raises ``ConfigError`` where no package can be found, or no interpreter here may run it.
    """
    package = read_package(view.packaging, view.tracked, view.home.name)
    notes: tuple[str, ...] = ()
    if view.configuration is None:
        values, notes = _new_configuration(view, package, pythons)
        project, suite, folders = package.name, values["benchmark_dir"], _generated(values)
        first = FileChange(
            path=_ASV, action=Action.WRITE, text=files.asv_conf(values), what=_measured(values)
        )
    else:
        project, suite = view.configuration.suite.project, _suite_folder(view.configuration)
        folders = work_folders(view.configuration)
        kept = view.configuration.suite.path.name
        first = FileChange(path=kept, action=Action.KEEP, text="", what="the suite is configured already")
    made = (
        first,
        *_suite_files(view, suite, package, project),
        _machine_file(view, machine),
        *_ignore_file(view, folders),
    )
    return Setup(root=view.root, project=project, files=made, notes=notes)


# --- asv.conf.json ----------------------------------------------------------------------------------


def _new_configuration(
    view: View, package: Package, pythons: Pythons
) -> tuple[dict[str, Any], tuple[str, ...]]:
    inside = below(view.root, view.top) or "."
    # setuptools, left to look for packages itself, takes any folder of a flat layout for one, and refuses to
    # build when there are two (setuptools/discovery.py: PEP420PackageFinder; benchmarks/ it leaves alone)
    place = f"{NEW_SUITE}/" if package.discovered else ""
    suite = NEW_SUITE if not view.suite or _has_benchmarks(view) else f"{NEW_SUITE}/asv_suite"
    values = {
        "version": 1,
        "project": package.name,
        **_addresses(view.origin),
        "repo": "." if inside == "." else "/".join([".."] * len(Path(inside).parts)),
        **({} if inside == "." else {"repo_subdir": inside}),
        **({"branches": [view.branch]} if view.branch else {}),
        "environment_type": "virtualenv",
        "pythons": [_python(package.requires_python, pythons)],
        **({"build_command": [_BUILD]} if package.dependencies else {}),
        "benchmark_dir": suite,
        "results_dir": place + _free("results", view.names),
        "html_dir": place + _free("html", view.names),
        "env_dir": ".asv/env",
    }
    notes = []
    if view.branch is None:
        notes.append("HEAD is on no branch: name the one to measure under branches in asv.conf.json.")
    if suite != NEW_SUITE:
        notes.append(f"{NEW_SUITE}/ holds other programs, and asv imports all that it finds: hence {suite}/.")
    return values, tuple(notes)


def _measured(values: dict[str, Any]) -> str:
    branch = f"branch {values['branches'][0]}, " if "branches" in values else ""
    return f"{branch}CPython {values['pythons'][0]}, results in {values['results_dir']}/"


def _generated(values: dict[str, Any]) -> tuple[str, ...]:
    return (".groundspeed", values["env_dir"], values["html_dir"])


def _free(name: str, taken: frozenset[str]) -> str:
    return name if name not in taken else f"asv-{name}"


def _python(requires: str, pythons: Pythons) -> str:
    """The running interpreter's minor version, else the newest one here that the project allows."""
    try:
        allowed = SpecifierSet(requires)
    except InvalidSpecifier:
        allowed = SpecifierSet()
    own = ".".join(pythons.own.split(".")[:2])
    if allowed.contains(pythons.own, prereleases=True):
        return own
    for minor in range(_NEWEST, _OLDEST - 1, -1):
        # of a minor version whose patches are not known the last one decides
        if allowed.contains(f"3.{minor}.99") and pythons.is_here(f"3.{minor}"):
            return f"3.{minor}"
    raise ConfigError(
        f"The project requires Python {requires}; this is {pythons.own}, and no other CPython on the PATH "
        "fits. Install one that does, then run groundspeed init again."
    )


def _addresses(origin: str) -> dict[str, str]:
    """Where the project and a commit of it (its hash is appended) can be read, on hosts that are known."""
    match = _ORIGIN.fullmatch(origin)
    if match is None or match["host"] not in _COMMIT_PAGES:
        return {}
    project = f"https://{match['host']}/{match['path']}"
    return {"project_url": project, "show_commit_url": f"{project}/{_COMMIT_PAGES[match['host']]}/"}


# --- the suite --------------------------------------------------------------------------------------


def _suite_folder(configuration: Configuration) -> str:
    folder = configuration.suite.benchmark_dir
    found = below(folder, configuration.suite.root)
    if found is None:
        raise ConfigError(
            f'{configuration.suite.path}: "benchmark_dir": {folder} lies outside {configuration.suite.root}, '
            "where groundspeed init writes nothing. Write the first benchmark there yourself."
        )
    return found


def _has_benchmarks(view: View) -> bool:
    return any(_BENCHMARK.search(text) for text in view.suite.values())


def _suite_files(view: View, suite: str, package: Package, project: str) -> Iterator[FileChange]:
    if _has_benchmarks(view):
        count = sum(len(_BENCHMARK.findall(text)) for text in view.suite.values())
        modules = sum(name.rpartition("/")[2] != _INIT for name in view.suite)
        what = f"{_number(count, 'benchmark')} in {_number(modules, 'module')}"
        yield FileChange(path=f"{suite}/", action=Action.KEEP, text="", what=what)
        return
    if not package.imports:
        raise ConfigError(
            f"{view.home} holds no Python package that can be imported: git knows none in src/ and none in "
            "the folder itself, and the packaging files name none. Commit one, then try again."
        )
    there = view.suite if view.configuration or suite == NEW_SUITE else {}
    if _INIT not in there:
        text = files.suite_package(project)
        yield FileChange(
            path=f"{suite}/{_INIT}", action=Action.WRITE, text=text, what="makes the folder a suite"
        )
    name, *others = package.imports
    also = f" (not of {', '.join(others)})" if others else ""
    yield FileChange(
        path=f"{suite}/{'imports.py' if 'imports.py' not in there else 'first_imports.py'}",
        action=Action.WRITE,
        text=files.first_benchmarks(name),
        what=f"two benchmarks: time and peak memory of `import {name}`{also}",
    )


def _number(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


# --- ours -------------------------------------------------------------------------------------------


def _machine_file(view: View, machine: MachineChoice) -> FileChange:
    ours = view.configuration.project.path if view.configuration else _stated(view)
    if ours is not None:
        return FileChange(
            path=ours.name, action=Action.KEEP, text="", what="groundspeed is configured already"
        )
    host = machine.fingerprint
    cores = host.cores_physical or host.cores_logical
    return FileChange(
        path=_OURS,
        action=Action.WRITE,
        text=files.groundspeed_toml(files.profile_of(machine.name, host)),
        what=f"this machine, {machine.name}: {host.cpu_model}, {_number(cores, 'core')}",
    )


def _stated(view: View) -> Path | None:
    """Where groundspeed is configured in a project that has no asv.conf.json yet."""
    inner = "[tool.groundspeed" in view.packaging.get("pyproject.toml", "")
    if inner and _OURS in view.names:
        raise ConfigError(
            f"Both {view.root / _OURS} and [tool.groundspeed] in {view.root / 'pyproject.toml'} "
            "configure groundspeed: keep one of them."
        )
    return view.root / ("pyproject.toml" if inner else _OURS) if inner or _OURS in view.names else None


def _ignore_file(view: View, folders: tuple[str, ...]) -> Iterator[FileChange]:
    missing = [folder for folder in folders if folder not in view.settled]
    there = IGNORE in view.names
    if not missing:
        if there:
            yield FileChange(path=IGNORE, action=Action.KEEP, text="", what="leaves out what is generated")
        return
    text = files.ignore_lines(missing, view.ignore_text)
    what = f"leaves out {', '.join(f'{folder}/' for folder in missing)}"
    yield FileChange(path=IGNORE, action=Action.APPEND if there else Action.WRITE, text=text, what=what)
