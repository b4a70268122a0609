"""[tolerance] of groundspeed.toml: what is read, what is refused, and which line decides."""

from __future__ import annotations

from pathlib import Path

import pytest

from groundspeed.config.project import read_project
from groundspeed.config.tolerances import DEFAULT
from groundspeed.errors import ConfigError
from groundspeed.records import Case


def read(root: Path, text: str):  # type: ignore[no-untyped-def]  # the type is what is tested
    (root / "groundspeed.toml").write_text(text, encoding="utf-8")
    return read_project(root).tolerances


TABLE = """
[tolerance]
default = "3 %"
"io.*" = "10 %"
"io.Read.time_all" = "0.2"
"io.Read.time_all(1)" = "1 %"
"*@p99" = "25 %"
"""


@pytest.mark.parametrize(
    ("benchmark", "params", "metric", "share"),
    [
        ("graph.time_x", (), "", 0.03),
        ("io.time_x", ("1",), "", 0.10),
        ("io.Read.time_all", ("2",), "", 0.20),  # of several the last that fits
        ("io.Read.time_all", ("1",), "", 0.01),
        ("io.Read.time_all", ("1",), "p50", 0.01),  # without a metric every metric is meant
        ("io.Read.time_all", ("1",), "p99", 0.25),
    ],
)
def test_the_last_glob_that_fits_decides(
    tmp_path: Path, benchmark: str, params: tuple[str, ...], metric: str, share: float
) -> None:
    assert read(tmp_path, TABLE).of(Case(benchmark=benchmark, params=params), metric) == share


def test_five_per_cent_where_nothing_is_said(tmp_path: Path) -> None:
    assert read(tmp_path, "").of(Case(benchmark="m.f", params=()), "") == DEFAULT == 0.05


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('default = "fast"', '"tolerance.default": .fast. is not a number'),
        ('"io.*" = 5', '"tolerance.io.*" must be a text, not a whole number'),
        ('"io.*" = "0"', "is not a share"),
        ('"io.*" = "120 %"', "is not a share"),
    ],
)
def test_what_is_no_share_is_refused_with_its_place(tmp_path: Path, line: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message.replace("*", r"\*")):
        read(tmp_path, f"[tolerance]\n{line}\n")
