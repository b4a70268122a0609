"""Which slow tests run: a quarter of them in the whole suite, all that somebody asks for."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import ROOT
from tests.slow_parts import PARTS, SECONDS, files_of_part, seconds_of

if TYPE_CHECKING:
    from collections.abc import Iterable

NAMES = st.sampled_from(sorted(SECONDS)) | st.text("abc_", min_size=1, max_size=4).map("test_{}".format)
FILES = st.sets(NAMES.map(lambda name: Path(f"{name}.py")))


def load(files: Iterable[Path]) -> int:
    return sum(map(seconds_of, files))


@settings(deadline=None, derandomize=True)
@given(FILES)
def test_every_file_is_in_one_part_and_none_has_more_to_do_than_another_and_a_file(files: set[Path]) -> None:
    parts = [files_of_part(sorted(files, reverse=True), part) for part in range(PARTS)]
    assert parts == [files_of_part(sorted(files), part) for part in range(PARTS)]
    assert sorted(one for part in parts for one in part) == sorted(files)
    loads = sorted(map(load, parts))
    assert loads[-1] - loads[0] <= max(map(seconds_of, files), default=0)


def test_the_dearest_are_dealt_first() -> None:
    """90, 83, 65, 61; then 57 to the least of them, and an unknown one (5) to 65: 90, 83, 70, 118."""
    names = [*list(SECONDS)[:5], "test_a"]
    parts = [{one.stem for one in files_of_part(map(Path, names), part)} for part in range(PARTS)]
    assert parts == [{names[0]}, {names[1]}, {names[2], "test_a"}, {names[3], names[4]}]


def test_the_parts_of_this_suite_are_even_and_no_figure_is_of_a_file_that_is_gone() -> None:
    """Which has slow tests is told by their marker, which stands in the file."""
    slow = {one for one in (ROOT / "tests").glob("test_*.py") if "pytest.mark.slow" in one.read_text("utf-8")}
    assert {one.stem for one in slow} >= SECONDS.keys()
    loads = [load(files_of_part(slow, part)) for part in range(PARTS)]
    assert max(loads) <= 1.2 * min(loads)


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
