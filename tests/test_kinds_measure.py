"""``measure_``: what a mapping becomes, and what is refused."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from groundspeed.definition import better
from groundspeed.records import Better
from tests.kinds import made


def test_the_first_name_is_the_main_value_the_others_are_metrics() -> None:
    benchmark = made(
        "measure",
        lambda n: {"loss": n, "recall": np.float32(0.5), "size": Decimal(7)},
        units={"loss": "nats", "size": "bytes"},
        better={"recall": "higher"},
    )
    assert benchmark.observe(0.25) == {
        "value": {"samples": [0.25], "number": None},
        "metrics": [
            {"metric": "recall", "unit": "unit", "better": "higher", "samples": [0.5]},
            {"metric": "size", "unit": "bytes", "better": "lower", "samples": [7.0]},
        ],
    }
    assert benchmark.run(0.25) == 0.25
    assert (benchmark.type, benchmark.unit) == ("measure", "nats")


@pytest.mark.parametrize(
    ("attributes", "unit", "direction"),
    [
        ({}, "unit", None),
        ({"unit": "s", "better": "higher"}, "s", Better.HIGHER),
        ({"better": {"a": "higher"}}, "unit", Better.HIGHER),
        ({"units": {"a": "m"}, "better": {"b": "higher"}}, "m", None),
    ],
)
def test_discovery_knows_the_main_values_unit_and_direction(
    attributes: dict[str, Any], unit: str, direction: Better | None
) -> None:
    benchmark = made("measure", lambda: {"a": 1, "b": 2}, **attributes)
    assert benchmark.unit == unit
    assert better(vars(benchmark)) is direction
    benchmark.observe()


@pytest.mark.parametrize(
    ("returned", "text"),
    [
        (3, r"suite\.measure_one: a measure_ benchmark returns a mapping .*, not 3"),
        ({}, "returns a mapping"),
        ({"a": "5"}, "'a' is '5', no finite number"),
        ({"a": 1, "b": float("inf")}, "'b' is inf, no finite number"),
        ({"a": None}, "'a' is None, no finite number"),
        ({"a@b": 1}, "'a@b' cannot name a metric"),
        ({"": 1}, "'' cannot name a metric"),
        ({3: 1}, "3 cannot name a metric"),
    ],
)
def test_what_is_no_mapping_of_numbers_is_refused(returned: Any, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        made("measure", lambda: returned).observe()


@pytest.mark.parametrize(
    ("attributes", "text"),
    [
        ({"units": {"b": "s"}}, "returns 'a' first, but its attributes name 'b' first"),
        ({"better": {"b": "higher"}}, "returns 'a' first, but its attributes name 'b' first"),
        ({"better": {"a": "up"}}, r"better\['a'\] = 'up' must be \"lower\" or \"higher\""),
        ({"units": "s"}, "units = 's' must be a mapping"),
    ],
)
def test_attributes_that_contradict_the_call_are_refused(attributes: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        made("measure", lambda: {"a": 1, "b": 2}, **attributes).observe()
