"""The difference of two commits that were really profiled: a dependency that got slower is named first."""

from __future__ import annotations

import base64
import hashlib
import json
import zipfile
from pathlib import Path

import pytest

from tests.commands import groundspeed, variables
from tests.projects import CONFIGURATION, PYPROJECT
from tests.repositories import CommitSpec, make_repository

pytestmark = pytest.mark.slow

SAND = """\
def grain(n):
    total = 0
    for i in range({times} * n):
        total += i
    return total
"""
SAMPLE = """\
import sand

def work(n):
    return sand.grain(n) + rest(n)

def rest(n):
    return sum(i for i in range(n))
"""
SUITE = "import sample\n\ndef time_work():\n    sample.work(20_000)\n"


def put_wheel(folder: Path, version: str, text: str) -> None:
    """A wheel of the one module ``sand`` (PEP 427: a RECORD with the digest of every other file)."""
    home = f"sand-{version}.dist-info"
    files = {
        "sand.py": text,
        f"{home}/METADATA": f"Metadata-Version: 2.1\nName: sand\nVersion: {version}\n",
        f"{home}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    lines = [f"{name},sha256={_digest(content)},{len(content)}" for name, content in files.items()]
    files[f"{home}/RECORD"] = "\n".join([*lines, f"{home}/RECORD,,"]) + "\n"
    with zipfile.ZipFile(folder / f"sand-{version}-py3-none-any.whl", "w") as wheel:
        for name, content in files.items():
            wheel.writestr(name, content)


def _digest(content: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content.encode()).digest()).rstrip(b"=").decode()


def needing(version: str) -> str:
    return f'{PYPROJECT}dependencies = ["sand=={version}"]\n'


def test_a_slower_dependency_is_named_first_with_its_versions(tmp_path: Path) -> None:
    wheels, root = tmp_path / "wheels", tmp_path / "project"
    wheels.mkdir()
    for version, times in (("1.0", 1), ("2.0", 4)):
        put_wheel(wheels, version, SAND.format(times=times))
    first = {
        "asv.conf.json": json.dumps(CONFIGURATION),
        "benchmarks/__init__.py": "",
        "benchmarks/work.py": SUITE,
        "pyproject.toml": needing("1.0"),
        "src/sample/__init__.py": SAMPLE,
        ".gitignore": "/.groundspeed/\n/results/\n/home/\n",
    }
    make_repository(root, [CommitSpec("one", first), CommitSpec("two", {"pyproject.toml": needing("2.0")})])
    theirs = variables(root)
    parted = {"PIP_FIND_LINKS": " ", "UV_FIND_LINKS": ","}
    links = {name: f"{theirs[name]}{sign}{wheels.as_uri()}" for name, sign in parted.items()}
    asked = [
        "profile",
        "time_work",
        "--against",
        "HEAD~1",
        "--duration",
        "0.2s",
        "--runs",
        "2",
        "--format",
        "json",
    ]
    said = groundspeed(root, *asked, more=links)
    (found,) = json.loads(said.stdout)["differences"]
    named = found["functions"][0]
    assert (named["name"], named["file"]) == ("grain", "sand.py")
    assert named["own"]["head"] > 2 * named["own"]["base"]
    assert {"what": "sand", "base": "1.0", "head": "2.0"} in found["installed"]
    assert found["sources"] == []  # the project's own is the same
