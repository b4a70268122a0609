"""A newcomer's machine: what `make` needs, what it says when that is missing, and what it pins."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
REAL = str(Path(getattr(sys, "_base_executable", sys.executable)).resolve())
LISTS = ("lock", "test", "tools", "wheelhouse")
UNLOCKED = {"rag-cupy", "rag-gemma", "rag-torch"}  # for a card, or hundreds of megabytes of weights
TOOLS = ("sh", "git", "cat", "chmod", "cmp", "cp", "dirname", "env", "ln", "mkdir", "mktemp", "rm", "tail")

# Stand-ins for interpreters. The probe arrives as the third argument, after -I -c.
SHIM = f'#!/bin/sh\nexec {REAL} "$@"\n'
BROKEN_SHIM = "#!/bin/sh\necho 'pyenv: python3.11: command not found' >&2\nexit 127\n"
PRETENDS = f"#!/bin/sh\nexec {REAL} -I -c 'import sys; {{}}; exec(sys.argv[1])' \"$3\"\n"
TOO_NEW = PRETENDS.format("sys.version_info = (3, 13, 1)")
NO_ENSUREPIP = PRETENDS.format('sys.modules["ensurepip"] = None')

ROOT_USER, OTHER_USER = "#!/bin/sh\necho 0\n", "#!/bin/sh\necho 1000\n"
SUDO_WITH_PASSWORD = "#!/bin/sh\nexit 1\n"
APT = """#!/bin/sh
here=${0%/*}
case "$*" in *install*chromium*) printf '#!/bin/sh\\n' >"$here/chromium" && chmod +x "$here/chromium" ;; esac
case "$*" in *install*libatomic1*) : >"$LIBRARY_FOLDERS/libatomic.so.1" ;; esac
"""
CHROMIUM = "#!/bin/sh\n"
APT_WITHOUT_NETWORK = "#!/bin/sh\necho 'E: no such host' >&2\nexit 100\n"


class Machine:
    """A clone's scripts, and a PATH that holds only what is put there."""

    def __init__(self, root: Path) -> None:
        self.clone, self._root = root / "clone", root
        shutil.copytree(ROOT / "tools", self.clone / "tools")
        (self.clone / "requirements").mkdir()
        (self.clone / "requirements" / "tools.txt").write_text("")  # no network: the least to install
        self._folders: list[Path] = []
        self.folder({})
        for name in TOOLS:
            found = shutil.which(name)
            assert found, name
            (self._folders[0] / name).symlink_to(found)

    def folder(self, programs: dict[str, str]) -> None:
        """One more folder at the end of PATH."""
        folder = self._root / f"bin{len(self._folders)}"
        folder.mkdir()
        self._folders.append(folder)
        for name, text in programs.items():
            (folder / name).write_text(text)
            (folder / name).chmod(0o755)

    def without(self, name: str) -> None:
        (self._folders[0] / name).unlink()

    def run(self, script: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Run one of the scripts in tools/; nothing of this shell's environment reaches it."""
        path = ":".join(map(str, self._folders))
        return subprocess.run(
            [str(shutil.which("sh")), str(self.clone / "tools" / script)],
            env={"PATH": path, "HOME": str(self._root), "LIBRARY_FOLDERS": str(self._root)} | more,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_without_git_it_stops_and_names_git(machine: Machine) -> None:
    machine.without("git")
    machine.folder({"python3.11": SHIM})
    stopped = machine.run("bootstrap")
    assert stopped.returncode == 2
    assert "git is missing" in stopped.stderr
    assert "apt install git" in stopped.stderr
    assert not (machine.clone / ".tools").exists()


def test_without_python_it_stops_and_names_python(machine: Machine) -> None:
    stopped = machine.run("bootstrap")
    assert stopped.returncode == 2
    assert "CPython 3.11 with venv is missing" in stopped.stderr
    assert "apt install python3.11 python3.11-venv" in stopped.stderr
    assert not (machine.clone / ".tools").exists()


def test_what_was_found_and_is_not_enough_is_listed_with_its_reason(machine: Machine) -> None:
    machine.folder({"python3.11": BROKEN_SHIM, "python3": TOO_NEW})
    machine.folder({"python3.11": NO_ENSUREPIP})
    stopped = machine.run("bootstrap")
    assert stopped.returncode == 2
    assert "bin1/python3.11 pyenv: python3.11: command not found" in stopped.stderr
    assert "bin1/python3 is cpython 3.13.1" in stopped.stderr
    assert re.search(r"bin2/python3\.11 is CPython 3\.11\.\d+ without ensurepip", stopped.stderr)


@pytest.mark.slow
def test_the_real_interpreter_is_found_behind_a_version_manager(machine: Machine) -> None:
    machine.folder({"python3.11": BROKEN_SHIM, "python3": TOO_NEW})
    machine.folder({"python3": SHIM})
    first = machine.run("bootstrap")
    assert first.returncode == 0, first.stderr
    assert first.stdout == f"setting up .tools with {REAL}\n"
    home = (machine.clone / ".tools" / "venv" / "pyvenv.cfg").read_text()
    assert str(Path(REAL).parent) in home
    again = machine.run("bootstrap")
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")


def test_chromium_is_installed_where_that_is_allowed(machine: Machine) -> None:
    machine.folder({"id": ROOT_USER, "apt-get": APT})
    installed = machine.run("install-chromium", CI="true")
    assert (installed.returncode, installed.stderr) == (0, "")
    assert installed.stdout == "installing chromium for the browser tests\n"
    again = machine.run("install-chromium", CI="true")
    assert (again.returncode, again.stdout) == (0, "")


def test_what_drives_chromium_is_installed_where_only_it_is_missing(machine: Machine) -> None:
    machine.folder({"id": ROOT_USER, "apt-get": APT, "chromium": CHROMIUM})
    installed = machine.run("install-chromium", CI="true")
    assert (installed.returncode, installed.stdout) == (0, "installing chromium for the browser tests\n")
    assert machine.run("install-chromium", CI="true").stdout == ""


@pytest.mark.parametrize(
    ("programs", "reason"),
    [
        ({"id": OTHER_USER, "apt-get": APT}, "neither root nor sudo without a password"),
        ({"id": OTHER_USER, "sudo": SUDO_WITH_PASSWORD, "apt-get": APT}, "neither root nor sudo"),
        ({"id": ROOT_USER}, "no package manager known here"),
        ({"id": ROOT_USER, "apt-get": APT_WITHOUT_NETWORK}, "E: no such host"),
    ],
)
def test_without_chromium_it_is_loud_and_under_ci_it_fails(
    machine: Machine, programs: dict[str, str], reason: str
) -> None:
    machine.folder(programs)
    told = machine.run("install-chromium")
    assert told.returncode == 0
    assert reason in told.stderr
    assert "NO CHROMIUM" in told.stderr
    assert "CANNOT RUN" in told.stderr
    assert machine.run("install-chromium", CI="true").returncode == 1


def test_the_two_commands_set_up_before_they_work() -> None:
    def plan(target: str) -> list[str]:
        done = subprocess.run(
            ["make", "--no-print-directory", "-n", target],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.splitlines()

    assert [line.split()[:2] for line in plan("history")] == [
        ["sh", "tools/bootstrap"],
        [".tools/bin/tox", "run"],
    ]
    assert [line.split()[1] for line in plan("test")] == [
        "tools/bootstrap",
        "tools/wheelhouse",
        "tools/install-chromium",
        "tools/page-tools",
        "run",
    ]


def pins(name: str) -> dict[str, str]:
    """Distribution to exact version; a line that is anything else fails."""
    found = {}
    for line in (ROOT / "requirements" / f"{name}.txt").read_text().splitlines():
        match = re.fullmatch(r"([a-z0-9-]+)==(\d[\w.]*)", line)
        assert match, f"requirements/{name}.txt: {line!r} is not an exact version"
        found[match[1]] = match[2]
    return found


def test_the_lists_agree_on_every_version() -> None:
    lists = {name: pins(name) for name in LISTS}
    runtime = lists["lock"]
    for name in ("test", "tools", "wheelhouse"):
        both = runtime.keys() & lists[name].keys()
        assert {key: lists[name][key] for key in both} == {key: runtime[key] for key in both}


@pytest.mark.parametrize("folder", ["src/asv_bench_groundspeed", "."])
def test_the_lock_holds_what_pyproject_asks_for(folder: str) -> None:
    project = tomllib.loads((ROOT / folder / "pyproject.toml").read_text())["project"]
    extras = project.get("optional-dependencies", {})
    asked = [Requirement(text) for text in project["dependencies"]]
    for extra in extras.keys() - UNLOCKED:
        asked += [Requirement(text) for text in extras[extra]]
    locked = pins("lock")
    for requirement in asked:
        name = canonicalize_name(requirement.name)
        if name not in {"groundspeed", "asv-bench-groundspeed"}:  # from the working tree, beside the lock
            assert name in locked, f"{requirement}: run `make lock`"
            assert requirement.specifier.contains(locked[name]), f"{requirement}: run `make lock`"


@pytest.mark.parametrize("name", LISTS[1:])
def test_each_list_holds_what_its_source_asks_for(name: str) -> None:
    lines = (ROOT / "requirements" / f"{name}.in").read_text().splitlines()
    asked = [Requirement(line) for line in lines if line and not line.startswith("#")]
    assert {canonicalize_name(requirement.name) for requirement in asked} <= pins(name).keys()
