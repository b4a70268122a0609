"""Units: tables with the derivation beside them, and the law that display keeps three digits."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundspeed import units


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("80 ms", 0.08, "s"),
        ("10MB", 10_000_000, "bytes"),
        ("1 MiB", 2**20, "bytes"),
        ("64 GB", 64e9, "bytes"),
        ("5 %", 0.05, ""),
        ("3", 3, ""),
        ("1e3 us", 1e-3, "s"),
        ("2h", 7200, "s"),
        (".5 kb", 500, "bytes"),
    ],
)
def test_a_quantity_is_read_in_base_units(text: str, value: float, unit: str) -> None:
    quantity = units.parse(text)
    assert quantity.unit == unit
    assert quantity.value == pytest.approx(value)


@pytest.mark.parametrize("text", ["", "ms", "10 parsec", "1.2.3 s", "ten MB", "1 2 s"])
def test_what_is_no_quantity_is_refused_by_name(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a number"):
        units.parse(text)


@pytest.mark.parametrize("text", ["10 s", "-1 MB"])
def test_a_size_is_not_a_time_and_not_negative(text: str) -> None:
    with pytest.raises(ValueError, match="is not a size"):
        units.parse_bytes(text)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.00124, "seconds", "1.24 ms"),
        (0.9996, "s", "1.00 s"),
        (1.0, "s", "1.00 s"),
        (123.4, "s", "123 s"),
        (12_345.0, "s", "12,345 s"),
        (3.2e-7, "s", "320 ns"),
        (0.0, "s", "0 s"),
        (0.0, "bytes", "0 B"),
        (1_500_000, "bytes", "1.50 MB"),
        (512, "bytes", "512 B"),
        (3.14159, "", "3.14"),
        (0.9, "1", "0.900"),
        (42.0, "unit", "42.0"),
        (1.5e9, "items", "1.50e+09 items"),
        (math.nan, "s", "–"),
        (-0.002, "s", "-2.00 ms"),
    ],
)
def test_display_for_people(value: float, unit: str, text: str) -> None:
    assert units.display(value, unit) == text


@pytest.mark.parametrize(
    ("number", "what", "text"),
    [(0, "commit", "0 commits"), (1, "process", "1 process"), (1200, "process", "1,200 processes")],
)
def test_a_number_of_things(number: int, what: str, text: str) -> None:
    assert units.counted(number, what) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0 s"), (59.4, "59 s"), (125, "2 min 05 s"), (4200, "1 h 10 min")]
)
def test_waiting_times(seconds: float, text: str) -> None:
    assert units.display_duration(seconds) == text


@settings(deadline=None, derandomize=True)
@given(st.floats(min_value=1e-9, max_value=900))
def test_a_displayed_time_reads_back_within_half_a_percent(value: float) -> None:
    assert units.parse(units.display(value, "s")).value == pytest.approx(value, rel=0.0051)


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("16 MB/s", 16e6, "bytes/s"),
        ("800 queries/s", 800, "queries/s"),
        ("800 /s", 800, "/s"),
        ("48 KB/min", 800, "bytes/s"),  # 48,000 over 60
        ("0.5 bytes/byte", 0.5, ""),  # a share, whatever of
        ("90 %", 0.9, ""),
        ("0.9 hit rate", 0.9, "hit rate"),
    ],
)
def test_an_amount_may_be_a_rate_or_a_word(text: str, value: float, unit: str) -> None:
    amount = units.parse_amount(text)
    assert amount.unit == unit
    assert amount.value == pytest.approx(value)


@pytest.mark.parametrize("text", ["", "fast", "/s", "1.2.3", "ten MB/s"])
def test_what_holds_no_number_is_no_amount(text: str) -> None:
    with pytest.raises(ValueError, match="is not a number"):
        units.parse_amount(text)


@pytest.mark.parametrize(
    ("unit", "value", "base"),
    [
        ("seconds", 1, "s"),
        ("ms", 1e-3, "s"),
        ("unit", 1, ""),  # asv's word for none
        ("1/s", 1, "/s"),
        ("%", 0.01, ""),
        ("hit rate", 1, "hit rate"),
        ("bytes/byte", 1, ""),
        ("us/item", 1e-6, "s/item"),
    ],
)
def test_a_unit_in_base_units(unit: str, value: float, base: str) -> None:
    assert units.reckon(unit) == units.Quantity(value=value, unit=base)


@pytest.mark.parametrize(
    ("one", "other", "may"),
    [
        ("s", "s", True),
        ("s", "bytes", False),
        ("s", "", False),  # 80 of what?
        ("", "hit rate", True),
        ("items", "queries", False),
        ("/s", "queries/s", True),
        ("/s", "bytes/s", False),  # 16 bytes or 16 MB?
        ("items/s", "queries/s", False),
        ("bytes/s", "s", False),
        ("", "bytes/s", False),
    ],
)
def test_what_may_be_compared(one: str, other: str, may: bool) -> None:
    assert units.comparable(one, other) is may
    assert units.comparable(other, one) is may


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [(39.4e6, "bytes/s", "39.4 MB/s"), (0.0, "bytes/s", "0 B/s"), (800.0, "1/s", "800 /s")],
)
def test_a_rate_for_people(value: float, unit: str, text: str) -> None:
    assert units.display(value, unit) == text
