"""asv's dictionary of a benchmark: defaults, wrong types, and the direction that a suite states."""

from __future__ import annotations

from typing import Any

import pytest

from groundspeed.definition import benchmark, better
from groundspeed.records import Better


def test_what_asv_leaves_out_has_asvs_default() -> None:
    one = benchmark("a.time_b", {"params": [["1", "2"]], "version": 3, "x": "kept"})
    assert (one.kind, one.unit, one.version, one.rounds) == ("time", "seconds", "3", 1)
    assert one.params == (("1", "2"),)
    assert one.timeout_s is None
    assert one.definition["x"] == "kept"


@pytest.mark.parametrize("wrong", [{"timeout": "long"}, {"params": 3}, {"rounds": "x"}, {"better": "faster"}])
def test_a_wrong_type_names_the_benchmark(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"describes a\.time_b with a wrong value"):
        benchmark("a.time_b", wrong)


def test_a_suite_states_a_direction_or_none() -> None:
    assert better({}) is None
    assert better({"better": "higher"}) is Better.HIGHER
    with pytest.raises(ValueError, match=r'better = 3 must be "lower" or "higher"'):
        better({"better": 3})


@pytest.mark.parametrize(
    ("definition", "expected"),
    [
        ({"better": {"loss": "lower", "recall": "higher"}, "main": "recall"}, Better.HIGHER),
        ({"better": {"recall": "higher"}, "main": "loss"}, None),
        ({"better": {"recall": "higher"}}, None),
        ({"better": {}}, None),
    ],
)
def test_of_several_values_the_main_ones_direction_counts(
    definition: dict[str, Any], expected: Better | None
) -> None:
    assert better(definition) is expected


def test_a_wrong_direction_among_several_is_named() -> None:
    with pytest.raises(ValueError, match=r"better\['recall'\] = 'up' must be"):
        better({"better": {"loss": "lower", "recall": "up"}})
