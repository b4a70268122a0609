"""What both wheels hold: every module, the page's files, the types' marker, and nothing else.

Builds from a copy of src/ and the files that pyproject.toml names, so that nothing is left behind here.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from email.parser import Parser
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.wheelhouse import offline_environment

if TYPE_CHECKING:
    from email.message import Message

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = {"groundspeed": ("groundspeed", "noesis"), "asv_bench_groundspeed": ("asv_bench_groundspeed",)}
FOLDERS = {"groundspeed": Path(), "asv_bench_groundspeed": Path("src", "asv_bench_groundspeed")}


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Both distributions, built by the hatchling of this environment."""
    clean, out = tmp_path_factory.mktemp("tree"), tmp_path_factory.mktemp("wheels")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, clean)
    shutil.copytree(ROOT / "src", clean / "src", ignore=shutil.ignore_patterns("__pycache__"))
    for folder in FOLDERS.values():
        subprocess.run(
            [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", out, clean / folder],
            env=os.environ | offline_environment(),
            check=True,
            capture_output=True,
        )
    return {path.name.partition("-")[0]: path for path in out.iterdir()}


def files_in(wheel: Path) -> set[str]:
    """The paths in a wheel that are not its metadata."""
    with zipfile.ZipFile(wheel) as opened:
        return {name for name in opened.namelist() if ".dist-info/" not in name}


def metadata_of(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as opened:
        (name,) = (name for name in opened.namelist() if name.endswith(".dist-info/METADATA"))
        return Parser().parsestr(opened.read(name).decode())


@pytest.mark.parametrize("name", sorted(PACKAGES))
def test_a_wheel_holds_its_packages_whole_and_nothing_else(wheels: dict[str, Path], name: str) -> None:
    source = ROOT / "src"
    expected = {
        path.relative_to(source).as_posix()
        for package in PACKAGES[name]
        for path in (source / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    expected.discard("asv_bench_groundspeed/pyproject.toml")
    assert files_in(wheels[name]) == expected
    assert {f"{package}/py.typed" for package in PACKAGES[name]} <= expected


def test_the_page_travels_with_the_tool(wheels: dict[str, Path]) -> None:
    suffixes = {
        Path(path).suffix
        for path in files_in(wheels["groundspeed"])
        if path.startswith("groundspeed/site/app/")
    }
    assert {".js", ".css"} <= suffixes


@pytest.mark.parametrize("name", sorted(PACKAGES))
def test_a_wheel_says_what_it_is(wheels: dict[str, Path], name: str) -> None:
    metadata = metadata_of(wheels[name])
    assert metadata["Name"] == name  # literally: asv_runner looks for distributions by this spelling
    assert metadata["License-Expression"] == "BSD-3-Clause"
    assert metadata["Summary"]


def test_the_tool_needs_its_ruler_and_the_ruler_needs_nothing(wheels: dict[str, Path]) -> None:
    needed = metadata_of(wheels["groundspeed"]).get_all("Requires-Dist") or []
    plain = [requirement for requirement in needed if "extra ==" not in requirement]
    assert any(requirement.replace("-", "_") == "asv_bench_groundspeed" for requirement in plain)
    assert metadata_of(wheels["asv_bench_groundspeed"]).get_all("Requires-Dist") is None


def test_the_licence_travels_with_the_tool(wheels: dict[str, Path]) -> None:
    with zipfile.ZipFile(wheels["groundspeed"]) as opened:
        (path,) = (name for name in opened.namelist() if name.endswith("/licenses/LICENSE"))
        assert opened.read(path) == (ROOT / "LICENSE").read_bytes()
