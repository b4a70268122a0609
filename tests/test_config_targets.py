"""[targets] and [scaling] of groundspeed.toml: what a limit may say, and the sentence for what it may not."""

from __future__ import annotations

from pathlib import Path

import pytest

from groundspeed.config.globs import names, split_key
from groundspeed.config.project import ProjectConfig, read_project
from groundspeed.config.scaling import StatedSize
from groundspeed.config.targets import Amount, AtSize, Relation, ShareOf
from groundspeed.errors import ConfigError
from groundspeed.records import Case
from groundspeed.units import Quantity


def read(folder: Path, text: str) -> ProjectConfig:
    (folder / "groundspeed.toml").write_text(text, encoding="utf-8")
    return read_project(folder)


def test_without_the_table_there_are_no_targets(tmp_path: Path) -> None:
    assert read_project(tmp_path).targets.of("box") == ()
    assert read_project(tmp_path).scaling.size("m.time_x") is None


@pytest.mark.parametrize(
    ("text", "relation", "bound"),
    [
        ("< 80 ms", Relation.LESS, Amount(quantity=Quantity(value=0.08, unit="s"))),
        ("<=10MB", Relation.AT_MOST, Amount(quantity=Quantity(value=1e7, unit="bytes"))),
        ("> 800 queries/s", Relation.MORE, Amount(quantity=Quantity(value=800.0, unit="queries/s"))),
        (">= 90 %", Relation.AT_LEAST, Amount(quantity=Quantity(value=0.9, unit=""))),
        (
            "<  60 s at 1 GB ",
            Relation.LESS,
            AtSize(
                quantity=Quantity(value=60.0, unit="s"),
                size=Quantity(value=1e9, unit="bytes"),
                size_text="1 GB",
            ),
        ),
        ("< 50 % of m.C.time_y", Relation.LESS, ShareOf(share=0.5, case="m.C.time_y", metric="")),
        (
            "< 0.7 of m.time_y(1, 'a')@p99",
            Relation.LESS,
            ShareOf(share=0.7, case="m.time_y(1, 'a')", metric="p99"),
        ),
    ],
)
def test_a_limit_is_read(tmp_path: Path, text: str, relation: Relation, bound: object) -> None:
    (target,) = read(tmp_path, f'[targets]\n"m.C.time_x@p99" = """{text}"""').targets.of("box")
    assert (target.glob, target.metric) == ("m.C.time_x", "p99")
    assert (target.relation, target.bound) == (relation, bound)


def test_one_key_may_have_several_limits_and_a_machine_its_own(tmp_path: Path) -> None:
    targets = read(
        tmp_path,
        """
        [targets]
        "m.time_x" = ["< 1 s", "< 60 s at 1 GB"]
        "m.time_y" = "< 2 s"
        [targets.box]
        "m.time_x" = "< 500 ms"
        "m.time_z" = "< 3 s"
        """,
    ).targets
    assert [one.text for one in targets.of("other")] == ["< 1 s", "< 60 s at 1 GB", "< 2 s"]
    assert [(one.key, one.text) for one in targets.of("box")] == [
        ("m.time_y", "< 2 s"),
        ("m.time_x", "< 500 ms"),
        ("m.time_z", "< 3 s"),
    ]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('"m.time_x" = "80 ms"', r'targets\."m\.time_x" = "80 ms" is no limit'),
        ('"m.time_x" = "< fast"', r"'fast' is not a number"),
        ('"m.time_x" = "< 60 s at dawn"', r"'dawn' is not a number"),
        ('"m.time_x" = "< 60 s at 1 s"', r"'1 s' is not a size"),
        ('"m.time_x" = "< 3 s of m.time_y"', r"'3 s' is not a share"),
        ('"m.time_x" = 80', "must be a limit such as .*, not a whole number"),
        ('"m.time_x" = []', "must be a limit such as"),
        ('m.time_x.deep = "< 1 s"', "in quotation marks"),
        ('"@p99" = "< 1 s"', "is no limit"),
    ],
)
def test_what_is_no_limit_is_refused_with_its_place(tmp_path: Path, line: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said) as error:
        read(tmp_path, f"[targets]\n{line}")
    assert str(tmp_path / "groundspeed.toml") in str(error.value)


@pytest.mark.parametrize(
    ("key", "case", "metric"),
    [
        ("m.time_x", "m.time_x", ""),
        ("m.time_x@p99", "m.time_x", "p99"),
        ("m.time_x('a@b')", "m.time_x('a@b')", ""),
        ("m.time_x('a@b')@p99", "m.time_x('a@b')", "p99"),
    ],
)
def test_a_key_ends_in_its_metric(key: str, case: str, metric: str) -> None:
    assert split_key(key) == (case, metric)


@pytest.mark.parametrize(
    ("glob", "means"),
    [("m.time_x", True), ("m.*", True), ("m.time_x(1*)", True), ("m.time_x(2*)", False), ("m.time", False)],
)
def test_a_glob_without_parentheses_means_every_case(glob: str, means: bool) -> None:
    assert names(glob, Case(benchmark="m.time_x", params=("10", "'a'"))) is means


def test_sizes_and_ladders_are_read(tmp_path: Path) -> None:
    scaling = read(
        tmp_path,
        """
        [scaling.sizes]
        "m.One.*" = "bytes"
        "m.Many.*" = "files = 50 KB"
        "m.*" = "n"
        [scaling.ladders]
        "m.Night." = "m.One."
        "m.time_late" = "m.time_early"
        """,
    ).scaling
    assert scaling.size("m.One.time_x") == StatedSize(
        parameter="bytes", each=Quantity(value=1.0, unit="bytes")
    )
    assert scaling.size("m.Many.time_x") == StatedSize(
        parameter="files", each=Quantity(value=5e4, unit="bytes")
    )
    assert scaling.size("m.time_x") == StatedSize(parameter="n", each=Quantity(value=1.0, unit=""))
    assert scaling.size("other.time_x") is None
    ladders = [scaling.ladder(one) for one in ("m.Night.time_x", "m.time_late", "m.Nightly.time_x")]
    assert ladders == ["m.One.time_x", "m.time_early", "m.Nightly.time_x"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[scaling]\nsize = "n"', "unknown key"),
        ('[scaling.sizes]\n"m.*" = "n ="', "what one of it is"),
        ('[scaling.sizes]\n"m.*" = "n = many"', "'many' is not a number"),
        ('[scaling.sizes]\n"m.*" = "n = 3 s"', "so many bytes"),
        ('[scaling.ladders]\n"m.A." = "m.time_x"', "a prefix that ends in a dot a prefix"),
        ('[scaling.ladders]\n"m.A." = "m.B."\n"m.B." = "m.C."', "name the first one"),
    ],
)
def test_what_is_no_scaling_is_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        read(tmp_path, text)
