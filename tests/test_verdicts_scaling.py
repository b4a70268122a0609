"""Growth on results of made values, in real repositories: ladders, answers, changes of the exponent."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from groundspeed import config
from groundspeed.errors import NothingMeasuredError
from groundspeed.report.scaling import change_text
from groundspeed.stats.extrapolation import Curve, Form, Prediction
from groundspeed.stats.scaling import NoGrowth
from groundspeed.units import Quantity
from groundspeed.verdicts.answers import Grown, grown
from groundspeed.verdicts.ladders import Sizes, asked_size, refuse_without_ladders, size_text
from groundspeed.verdicts.newest import Present
from groundspeed.verdicts.reading import read
from groundspeed.verdicts.scaling import NoPrediction, exponent_changes, further_run
from groundspeed.verdicts.targets import State
from tests.growing import grow
from tests.readings import made

GB = Quantity(value=1e9, unit="bytes")
RUNGS = (10_000, 100_000, 1_000_000)
SIZES = '[scaling.sizes]\n"m.*" = "param1 = 1 B"\n'


def present(root: Path, asked: str | None = None) -> tuple[Present, Sizes]:
    configuration = config.load(root)
    found = read(configuration)
    sizes = Sizes(benchmarks=found.archive.benchmarks, stated=configuration.project.scaling, asked=asked)
    return Present(found, "box"), sizes


def answers(root: Path, *at: Quantity, pattern: str | None = None) -> tuple[Grown, ...]:
    one, sizes = present(root)
    targets = one.reading.configuration.project.targets.of("box")
    return grown(one, sizes, targets, pattern=pattern, at=at)


def test_a_ladder_goes_on_at_night_and_answers_for_a_gigabyte(tmp_path: Path) -> None:
    """27 ns a byte, to 1 MB at every commit and to 100 MB at the first one: 27 s for a GB, under a target."""
    text = f'{SIZES}[scaling.ladders]\n"m.Night." = "m.Day."\n[targets]\n"m.Day.time_x" = "< 60 s at 1 GB"'
    hashes = made(tmp_path, text)
    grow(tmp_path, 1, "m.Day.time_x", RUNGS, {one: lambda n: 27e-9 * n for one in hashes})
    (alone,) = answers(tmp_path)
    assert not alone.answers[0].is_told
    assert alone.answers[0].limits[0].state is State.INCONCLUSIVE
    grow(tmp_path, 2, "m.Night.time_x", (10**7, 10**8), {hashes[0]: lambda n: 27e-9 * n})
    (found,) = answers(tmp_path)
    growth = found.scaled.growth
    assert isinstance(growth, Curve)
    assert growth.forms == (Form.LINEAR,)
    assert growth.low < 1 < growth.high
    assert {one.commit for one in found.scaled.measured} == {hashes[0], hashes[2]}
    (answer,) = found.answers
    assert isinstance(answer.prediction, Prediction)
    assert answer.prediction.value == pytest.approx(27, rel=0.01)
    assert answer.prediction.low < 27 < answer.prediction.high < 32
    assert (answer.is_told, answer.limits[0].state) == (True, State.HOLDS)


def test_memory_has_a_fixed_part_and_a_growth(tmp_path: Path) -> None:
    hashes = made(tmp_path, SIZES)
    growth = {hashes[0]: lambda n: 4e7 + 3.5 * n}
    grow(tmp_path, 1, "m.peakmem_x", (*RUNGS, 10**7, 10**8), growth, unit="bytes", kind="peakmemory")
    (found,) = answers(tmp_path, GB)
    assert isinstance(found.scaled.growth, Curve)
    assert found.scaled.growth.forms == (Form.LINEAR,)
    prediction = found.answers[0].prediction
    assert isinstance(prediction, Prediction)
    assert prediction.value == pytest.approx(3.54e9, rel=0.01)


def test_sizes_that_are_no_bytes_do_not_answer_for_bytes(tmp_path: Path) -> None:
    hashes = made(tmp_path, '[scaling.sizes]\n"m.*" = "param1"')
    grow(tmp_path, 1, "m.time_x", RUNGS, {hashes[0]: lambda n: n * 1e-9})
    (found,) = answers(tmp_path, GB)
    assert isinstance(found.answers[0].prediction, NoPrediction)
    assert '"param1 = 50 KB"' in found.answers[0].prediction.reason


def test_two_sizes_say_what_would_help(tmp_path: Path) -> None:
    hashes = made(tmp_path, SIZES)
    grow(tmp_path, 1, "m.time_x", (10, 100, 1000), {hashes[0]: lambda n: 0.0 if n == 10 else n * 1e-9})
    (found,) = answers(tmp_path)
    assert isinstance(found.scaled.growth, NoGrowth)
    assert found.scaled.growth.reason == "2 sizes have a positive value; it takes 3: measure more sizes"
    assert further_run(found.scaled) == ""


def test_without_a_size_the_candidates_are_named(tmp_path: Path) -> None:
    hashes = made(tmp_path)
    grow(tmp_path, 1, "m.time_x", RUNGS, {hashes[0]: lambda n: n * 1e-9})
    _, sizes = present(tmp_path)
    with pytest.raises(
        NothingMeasuredError, match=r"The param1 of m\.time_x could be one: try --size param1"
    ):
        refuse_without_ladders((), sizes, None)
    with pytest.raises(NothingMeasuredError, match=r"No benchmark found by 'y' has a size"):
        refuse_without_ladders((), sizes, "y")
    one, asked = present(tmp_path, "param1")
    assert len(grown(one, asked, ())) == 1


def test_a_changed_exponent_is_found_with_its_range(tmp_path: Path) -> None:
    """Linear at twelve commits, then quadratic: the change is in (eleventh, twelfth], from 1 to 2."""
    hashes = made(tmp_path, SIZES, count=24)
    wobble = [1 + 0.01 * math.sin(2.5 * at) for at in range(24)]
    growths = {
        one: (lambda n, at=at: 1e-9 * n ** (2 if at >= 12 else 1) * wobble[at] * (1 + 0.004 * (n % 7 % 3)))
        for at, one in enumerate(hashes)
    }
    grow(tmp_path, 1, "m.time_x", (1000, 10_007, 100_003), growths)
    grow(tmp_path, 2, "m.time_y", RUNGS, {one: lambda n: 1e-9 * n for one in hashes})
    one, sizes = present(tmp_path)
    (change,) = exponent_changes(one, sizes)
    assert [found.changes for found in grown(one, sizes, ())] == [(change,), ()]
    text = f"growth changed in {hashes[11][:8]}..{hashes[12][:8]}: exponent 1.00 to 2.00 (by "
    assert change_text(change).startswith(text)
    assert (str(change.ladder), change.base, change.head) == ("m.time_x", hashes[11], hashes[12])
    assert (change.before.centre, change.after.centre) == pytest.approx((1.0, 2.0), abs=0.01)
    assert change.difference.low > 0.9
    assert change.p < 1e-6


@pytest.mark.parametrize(
    ("text", "value", "unit"), [("1GB", 1e9, "bytes"), ("100 KB", 1e5, "bytes"), ("10000", 1e4, "")]
)
def test_a_size_is_asked_for(text: str, value: float, unit: str) -> None:
    assert asked_size(text) == Quantity(value=value, unit=unit)


@pytest.mark.parametrize("text", ["1 s", "-1 GB", "0", "many"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a"):
        asked_size(text)


@pytest.mark.parametrize(
    ("size", "unit", "text"),
    [(1e9, "bytes", "1 GB"), (1.5e6, "bytes", "1.50 MB"), (1e4, "", "10,000"), (0.5, "", "0.5")],
)
def test_a_size_for_people(size: float, unit: str, text: str) -> None:
    assert size_text(size, unit) == text
