"""Profilers that must run inside the measured process, beside its environment and never in it.

Where the environment's Python is built as this one is, a folder of links shows it our own copy, and nothing
else that is installed here. Else the same version is installed into a folder of its own in the workspace.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from groundspeed.errors import NothingMeasuredError
from groundspeed.suite.isolation import build_variables, find_uv, make_home, question_variables

# What each kind loads, with what that imports at once.
DISTRIBUTIONS: Mapping[str, tuple[str, ...]] = {
    "memory": ("memray", "rich", "typing_extensions"),
    "contention": ("gilknocker",),
    "leaks": ("objgraph",),
    "lines": ("line_profiler", "typing_extensions"),
}
_ABI = "import sysconfig; print(sysconfig.get_config_var('SOABI'))"
_INSTALL_S = 300.0


class NoToolError(NothingMeasuredError):
    """A profiler is not here, or not to be had for the environment's Python."""


def tools_folder(kind: str, python: Path, workspace: Path, variables: Mapping[str, str]) -> Path:
    """A folder for the end of the path of an environment's ``python``, which holds what ``kind`` needs.

    ``variables`` are the shell's: an installer finds its index by them. Raises ``NoToolError``.
    """
    names = DISTRIBUTIONS[kind]
    try:
        versions = [f"{name}-{distribution(name).version}" for name in names]
    except PackageNotFoundError as error:
        raise NoToolError(f"{names[0]} is not here: python -m pip install 'groundspeed[profile]'.") from error
    abi = _abi_of(python)
    folder = workspace / "tools" / abi / "-".join(versions)
    if not folder.is_dir() or not all(one.exists() for one in folder.iterdir()):  # links to what is gone
        shutil.rmtree(folder, ignore_errors=True)
        folder.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=".", dir=folder.parent))
        try:
            if abi == sysconfig.get_config_var("SOABI"):
                _link(names, made)
            else:
                _install(names[0], python, made, build_variables(variables, make_home(workspace), ()))
            made.replace(folder)
        finally:
            shutil.rmtree(made, ignore_errors=True)
    return folder


def _abi_of(python: Path) -> str:
    """The ABI of extension modules: equal for interpreters that load each other's."""
    command = [str(python), "-c", _ABI]
    done = subprocess.run(command, env=question_variables(), capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


def _link(names: tuple[str, ...], folder: Path) -> None:
    """One link for each package, module or folder of libraries; no scripts, no metadata."""
    for name in names:
        found = distribution(name)
        tops = {file.parts[0] for file in found.files or ()}
        for top in tops:
            if top != ".." and not top.endswith(".dist-info") and top != "__pycache__":
                (folder / top).symlink_to(Path(str(found.locate_file(top))).resolve())


def _install(name: str, python: Path, folder: Path, variables: Mapping[str, str]) -> None:
    wanted = f"{name}=={distribution(name).version}"
    uv = find_uv()
    words = (
        [uv, "pip", "install", "--python", python, "--target", folder, wanted]
        if uv
        else [sys.executable, "-m", "pip", "--python", python, "install", "--target", folder, wanted]
    )
    done = subprocess.run(
        [*map(str, words)],
        env=dict(variables),
        capture_output=True,
        text=True,
        timeout=_INSTALL_S,
        check=False,
    )
    if done.returncode:
        lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        raise NoToolError(
            f"{wanted} cannot be had for {python} ({lines[-1] if lines else 'no output'}): profile in an "
            f"environment of Python {sys.version_info[0]}.{sys.version_info[1]}, or take another kind."
        )
