"""Which slow tests run: a third of them in the whole suite, all that somebody asks for."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import PARTS, ROOT, files_of_part

FILES = st.sets(st.text("abc_", min_size=1, max_size=4).map(lambda name: Path(f"test_{name}.py")))


@settings(deadline=None, derandomize=True)
@given(FILES)
def test_every_file_is_in_one_part_and_the_parts_are_equally_large(files: set[Path]) -> None:
    parts = [files_of_part(files, part) for part in range(PARTS)]
    assert sorted(one for part in parts for one in part) == sorted(files)
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


def test_neighbours_are_in_different_parts() -> None:
    files = [Path(f"test_{name}.py") for name in ("a", "site_case", "site_heatmap", "site_targets")]
    parts = [{one.stem for one in files_of_part(reversed(files), part)} for part in range(3)]
    assert parts == [{"test_a", "test_site_targets"}, {"test_site_case"}, {"test_site_heatmap"}]


@pytest.mark.parametrize(
    ("words", "all_"),
    [
        (["tests/test_slow_parts.py"], True),
        (["-k", "neighbours"], True),
        (["-m", "slow"], True),
        (["--slow", "all"], True),
        pytest.param([], False, marks=pytest.mark.skipif(not (ROOT / ".git").exists(), reason="no clone")),
    ],
)
def test_the_header_says_what_is_done(words: list[str], all_: bool) -> None:
    """``testpaths`` is one small file here, as if it were the whole suite."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "-o", "testpaths=tests/test_slow_parts.py"]
    told = subprocess.run([*command, *words], cwd=ROOT, capture_output=True, text=True, check=False).stdout
    said = [line for line in told.splitlines() if line.startswith("slow tests: ")]
    assert len(said) == 1
    assert (said[0] == "slow tests: all") is all_
