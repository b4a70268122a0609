"""A check as it is printed: goldens, and strict JSON."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from groundspeed.config.tolerances import Tolerances
from groundspeed.machine.profile import Difference
from groundspeed.measurements import Measurement, Missing
from groundspeed.records import Case, Failed, FailureKind
from groundspeed.report.baseline_check import SHOWN, check_report
from groundspeed.report.comparison import Show, View
from groundspeed.report.table import Format
from groundspeed.results.origin import Origin
from groundspeed.verdicts.baselines import Check
from groundspeed.verdicts.compare import compare_suite
from tests.baseline_records import baseline, key, measurement, origin, process
from tests.results_records import COMMITS


def counted(name: str, value: float, commit: str = COMMITS[1]) -> Measurement:
    """A count that does not scatter."""
    one = measurement(process(value, number=None), process(value, number=None, at=1), unit="items")
    return replace(one, commit=commit, key=key(Case(benchmark=name, params=())))


def failed(name: str) -> Missing:
    return Missing(
        key=key(Case(benchmark=name, params=())),
        commit=COMMITS[1],
        unit="items",
        better=measurement().better,
        why=Failed(kind=FailureKind.RAISED, text="ValueError: no luck"),
    )


BASE = tuple(counted(f"suite.track_{name}", 100.0, COMMITS[0]) for name in ("more", "same", "less", "gone"))


def made(
    *head: Measurement | Missing, now: Origin | None = None, packages: tuple[Difference, ...] = ()
) -> Check:
    return Check(
        baseline=baseline(*BASE),
        machine=(now or origin()).machine,
        commit=COMMITS[1],
        comparison=compare_suite(BASE, head, floors={}, tolerances=Tolerances()),
        hosts=() if now is None else (Difference(what="kernel", expected="6.8", found="6.9"),),
        packages=packages,
    )


HEAD = tuple(
    counted(f"suite.track_{name}", value)
    for name, value in (("more", 150.0), ("same", 100.0), ("less", 50.0))
)
NUMPY = Difference(what="numpy", expected="2.4.6", found="2.5.0")
BAD = made(*HEAD, now=replace(origin(), machine="lab"), packages=(NUMPY,))

TEXT = """\
1 slower, 1 faster, 1 same, 0 inconclusive; 1 gone
baseline  v1.2  00000001  2026-01-02, saved 2026-01-03  of box
commit    00000002
on        lab

Not the code alone is different from then:
  the host: kernel 6.8 → 6.9
  installed: numpy 2.4.6 → 2.5.0

slower (1)
  suite.track_more
    ×1.500  100 items → 150 items (+50.0 items)  values that do not scatter

faster (1)
  suite.track_less
    ×0.500  100 items → 50.0 items (−50.0 items)  values that do not scatter

gone (1)
  suite.track_gone: not measured at head

Not shown: 1 same. --all shows them.

1 of the baseline's measurements were not checked (gone or redefined).
Where that is meant, save it again: groundspeed baseline save v1.2 00000002 --replace

Both commits measured in turn tell more: groundspeed compare 00000001 00000002 --measure"""


def test_a_check_as_text() -> None:
    assert check_report(BAD, View(), Format.TEXT) == TEXT


def test_a_check_as_markdown() -> None:
    lines = check_report(BAD, View(show=Show.ALL), Format.MARKDOWN).splitlines()
    assert lines[0] == "**1 slower, 1 faster, 1 same, 0 inconclusive; 1 gone**"
    assert "- baseline  v1.2  00000001  2026-01-02, saved 2026-01-03  of box" in lines
    assert "- the host: kernel 6.8 → 6.9" in lines
    assert any(line.startswith("| suite.track_same |") for line in lines)


def test_what_holds_says_little() -> None:
    """Head is as the baseline: nothing to type, nothing to think of."""
    same = [counted(str(one.key.case), 100.0) for one in BASE]
    assert check_report(made(*same), View(), Format.TEXT) == (
        "0 slower, 0 faster, 4 same, 0 inconclusive\n"
        "baseline  v1.2  00000001  2026-01-02, saved 2026-01-03\n"
        "commit    00000002\n"
        "on        box\n\n"
        "Not shown: 4 same. --all shows them."
    )


def test_many_packages_are_counted() -> None:
    many = tuple(replace(NUMPY, what=f"package{at}") for at in range(SHOWN + 3))
    text = check_report(made(*HEAD, packages=many), View(), Format.TEXT)
    assert f"package{SHOWN - 1} " in text
    assert f"package{SHOWN} " not in text
    assert "installed: 3 more (--format json has all)" in text


def test_a_check_as_json_has_every_row() -> None:
    def refuse(literal: str) -> Any:
        raise AssertionError(literal)

    found = json.loads(check_report(BAD, View(), Format.JSON), parse_constant=refuse)
    assert (found["schema"], found["version"], found["unchecked"]) == ("groundspeed-baseline-check", 1, 1)
    assert [row["verdict"] for row in found["rows"]] == ["gone", "faster", "slower", "same"]
    assert found["different"]["host"] == [{"what": "kernel", "then": "6.8", "now": "6.9"}]
    assert found["baseline"]["machine"] == "box"


SAME = tuple(counted(str(one.key.case), 100.0) for one in BASE)


@pytest.mark.parametrize(
    ("head", "code"),
    [
        (SAME, 0),
        ((*SAME, counted("suite.track_new", 1.0)), 0),
        ((*SAME[1:], counted("suite.track_more", 150.0)), 1),
        ((*SAME[1:], failed("suite.track_more")), 1),
        (SAME[1:], 3),  # one is gone
        ((*SAME[1:], replace(SAME[0], key=replace(SAME[0].key, version="v2"))), 3),  # one is redefined
        ((), 3),
        (HEAD, 1),  # slower counts before gone
    ],
)
def test_exit_codes(head: tuple[Measurement, ...], code: int) -> None:
    assert made(*head).exit_code(strict=False) == code
