"""What builds and workers see of this host: listed variables, a home of their own, the interpreter.

Measured code is the code of every commit and runs unsandboxed; this keeps secrets and habits of the
user's shell out of it, no more. Owns no process.
"""

from __future__ import annotations

import ctypes
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from groundspeed.disk import nearly_full
from groundspeed.errors import ConfigError

OLDEST = (3, 8)  # what the worker and the ruler run on
INVENTORY = Path(__file__).with_name("inventory.py")

WORKER = "groundspeed_worker"
"""What the worker is called in the ruler: it never imports groundspeed."""

# Language, temporary files, and the search path: nothing that names the user.
_FOR_ALL = ("PATH", "LANG", "LANGUAGE", "TZ", "TMPDIR", "LD_LIBRARY_PATH")
# Builds fetch and compile: certificates, proxies, package indexes and compilers are theirs alone.
_FOR_BUILDS = (
    "SSL_CERT_FILE SSL_CERT_DIR REQUESTS_CA_BUNDLE CURL_CA_BUNDLE GIT_SSL_CAINFO "
    "http_proxy https_proxy no_proxy all_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY ALL_PROXY "
    "CC CXX FC CFLAGS CXXFLAGS LDFLAGS MAKEFLAGS SOURCE_DATE_EPOCH PKG_CONFIG_PATH"
).split()
# conda finds itself and its cache by these.
_FOR_BUILDS += ["CONDA_EXE", "CONDA_PKGS_DIRS"]
_PREFIXES_FOR_ALL = ("LC_",)
_PREFIXES_FOR_BUILDS = ("PIP_", "UV_")
_NEVER = ("UV_PUBLISH_",)  # who may publish is nobody's who builds
# Where the user told pip, uv and conda which index to use, from the home that builds do not see.
_USER_FILES = {
    "PIP_CONFIG_FILE": (".config/pip/pip.conf", ".pip/pip.conf"),
    "UV_CONFIG_FILE": (".config/uv/uv.toml",),
    "CONDARC": (".condarc",),
}

_ENV_START = 47  # of /proc/PID/stat behind the name: field 50 of proc(5), and the third is the first here

_WHO = (
    "import json,sys;print(json.dumps([sys.version_info[:2],getattr(sys,'_base_executable',sys.executable)]))"
)


def worker_variables(outer: Mapping[str, str], home: Path, passed: Sequence[str]) -> dict[str, str]:
    """The variables a worker starts with: ``passed`` are the ones the configuration adds.

    Bytecode goes beside the home: nothing is written into the suite, and no start compiles it again. None is
    written to a disk that is nearly full: CPython 3.11 does not look at how much of a file was written, puts
    the part in its place, and from then on nobody can import that module.
    """
    kept = {
        key: value for key, value in outer.items() if _is_listed(key, (*_FOR_ALL, *passed), _PREFIXES_FOR_ALL)
    }
    bytecode = {"PYTHONPYCACHEPREFIX": str(bytecode_folder(home.parent))}
    if nearly_full(home):
        bytecode["PYTHONDONTWRITEBYTECODE"] = "1"
    return {**kept, "HOME": str(home), **bytecode}


def build_variables(outer: Mapping[str, str], home: Path, passed: Sequence[str]) -> dict[str, str]:
    """The variables a build starts with: a worker's, and how to reach the package index."""
    kept = {
        key: value
        for key, value in outer.items()
        if _is_listed(key, _FOR_BUILDS, _PREFIXES_FOR_BUILDS) and not key.startswith(_NEVER)
    }
    cache = {"UV_CACHE_DIR": str(home / ".cache" / "uv"), "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    return {**cache, **_user_files(outer), **worker_variables(outer, home, passed), **kept}


def question_variables() -> dict[str, str]:
    """What an interpreter of a measured environment sees of our variables when it is asked about itself (what
    is installed there runs as it starts), and so does a tool that runs beside measured code.
    """
    return {
        key: value
        for key, value in os.environ.items()
        if _is_listed(key, (*_FOR_ALL, "HOME"), _PREFIXES_FOR_ALL)
    }


def withdraw_from_view(names: Iterable[str]) -> None:
    """Take the values of variables out of what other processes of this user see of this one.

    They stay in ``os.environ`` and go on to our own children. /proc/PID/environ shows the block that the
    process was started with (proc(5)), and a worker knows its parent: each value there is overwritten, after
    the C library was given a copy. Where there is no /proc nothing is shown either. Our parent's own block,
    a shell's for one, cannot be reached from here.
    """
    held = [name for name in names if os.environ.get(name)]
    for name in held:
        os.environ[name] = os.environ[name]  # setenv(3) copies
    try:
        block = Path("/proc/self/environ").read_bytes()
        stat = Path("/proc/self/stat").read_bytes()
    except OSError:
        return
    start = int(stat.rpartition(b")")[2].split()[_ENV_START])
    for name in held if start else ():
        value = re.search(rb"(?:\A|\0)" + re.escape(name.encode()) + rb"=([^\0]*)", block)
        if value is not None:
            ctypes.memset(start + value.start(1), ord("*"), value.end(1) - value.start(1))


def bytecode_folder(workspace: Path) -> Path:
    """Where interpreters keep what they compiled, under the path of the source."""
    return workspace / "bytecode"


def make_home(workspace: Path) -> Path:
    """A home for builds and workers, inside the workspace."""
    home = workspace / "home"
    home.mkdir(parents=True, exist_ok=True)
    return home


def make_ruler(workspace: Path) -> Path:
    """A folder that holds asv_runner, asv_bench_groundspeed and the worker of the running tool, no more.

    It stands first on a worker's path, so that what measures is never the commit under test's.
    """
    ruler = workspace / "ruler"
    ruler.mkdir(parents=True, exist_ok=True)
    wanted = dict(_ruler_parts())
    for name, target in wanted.items():
        link = ruler / name
        if not (link.is_symlink() and link.readlink() == target):
            _replace_link(link, target)
    for stale in ruler.iterdir():
        if stale.name not in wanted:
            stale.unlink()
    return ruler


class Redaction:
    """Takes the places of this host out of texts that go into results: they are read elsewhere."""

    def __init__(self, places: Mapping[Path, str]) -> None:
        by_length = sorted(places.items(), key=lambda item: -len(str(item[0])))
        self._words = [(str(place), word) for place, word in by_length if len(place.parts) > 1]

    def __call__(self, text: str) -> str:
        """The text with each place replaced by its word, longest places first."""
        for place, word in self._words:
            text = text.replace(place, word)
        return text


def redaction(root: Path, workspace: Path) -> Redaction:
    """The places that a build's or a worker's output may name, and what is written instead."""
    places = {
        workspace / "ruler": "{ruler}",
        workspace: "{workspace}",
        root: "{project}",
        Path(__file__).parent: "{groundspeed}",
        Path(sys.prefix): "{tool}",
        Path(sys.base_prefix): "{python}",
        Path.home(): "~",
    }
    return Redaction({**places, **{place.resolve(): word for place, word in places.items()}})


def find_interpreter(version: str, search_path: str) -> Path:
    """The real CPython of a version such as ``3.11``, asked for its own name.

    ``python3.11`` on the path may be a version manager's shell script, which finds nothing under
    another home. Raises ``ConfigError`` when there is none.
    """
    wanted = f"{sys.version_info[0]}.{sys.version_info[1]}"
    candidates = [sys.executable] if version == wanted else []
    for folder in search_path.split(os.pathsep):
        found = shutil.which(f"python{version}", path=folder)
        if found:
            candidates.append(found)
    for candidate in candidates:
        answer = _ask(candidate)
        if answer is not None and ".".join(map(str, answer[0])) == version:
            return Path(answer[1])
    raise ConfigError(f"No CPython {version} on the PATH, which asv.conf.json wants (pythons): install it.")


def read_inventory(python: Path) -> Mapping[str, Any]:
    """What the environment of an interpreter holds, asked of itself (inventory.py).

    Raises ``ConfigError`` when it does not run or is too old to be measured with.
    """
    answer = _ask(str(python))
    if answer is None:
        raise ConfigError(f"{python} is no Python that runs: name the interpreter of an environment.")
    if tuple(answer[0]) < OLDEST:
        version, oldest = ".".join(map(str, answer[0])), ".".join(map(str, OLDEST))
        raise ConfigError(f"{python} is Python {version}; measuring needs {oldest} or newer.")
    command = [str(python), str(INVENTORY)]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=60, check=False, env=question_variables()
    )
    if done.returncode:
        reason = done.stderr.strip().rpartition("\n")[2]
        raise ConfigError(f"{python} cannot list what is installed ({reason}). Repair that environment.")
    inventory: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return inventory


def find_uv() -> Path | None:
    """The uv executable: beside this interpreter, else on the PATH; None where there is none."""
    beside = Path(sys.executable).parent / "uv"
    found = str(beside) if beside.is_file() else shutil.which("uv")
    return Path(found) if found else None


def _is_listed(key: str, names: Sequence[str], prefixes: tuple[str, ...]) -> bool:
    return key in names or key.startswith(prefixes)


def _user_files(outer: Mapping[str, str]) -> dict[str, str]:
    home = Path(outer.get("HOME") or "/nonexistent")
    found: dict[str, str] = {}
    for variable, names in _USER_FILES.items():
        for name in names:
            if (home / name).is_file():
                found.setdefault(variable, str(home / name))
    return found


def _ruler_parts() -> list[tuple[str, Path]]:
    import asv_runner

    import asv_bench_groundspeed

    parts = [
        ("asv_runner", Path(asv_runner.__file__).parent),
        ("asv_bench_groundspeed", Path(asv_bench_groundspeed.__file__).parent),
        (WORKER, Path(__file__).with_name("worker")),
    ]
    # with its metadata asv_runner finds our kinds, as it would in an environment of asv's
    try:
        metadata = Path(str(distribution("asv_bench_groundspeed").locate_file("")))
    except PackageNotFoundError:
        return parts
    return parts + [(path.name, path) for path in metadata.glob("asv_bench_groundspeed-*.dist-info")]


def _replace_link(link: Path, target: Path) -> None:
    beside = link.with_name(f".{link.name}.{os.getpid()}")
    beside.symlink_to(target)
    beside.replace(link)


def _ask(candidate: str) -> tuple[list[int], str] | None:
    try:
        done = subprocess.run(
            [candidate, "-c", _WHO], capture_output=True, timeout=20, check=True, env=question_variables()
        )
        version, executable = json.loads(done.stdout)
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    return version, executable
