"""A baseline as it is printed: goldens for text and Markdown, and strict JSON."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

from groundspeed.measurements import Measurement, Stored
from groundspeed.records import Case, Failed, FailureKind, Skipped
from groundspeed.report.baseline import list_report, saved_report
from groundspeed.report.table import Format
from groundspeed.results.baselines import Shelf
from tests.baseline_records import baseline, key, measurement, missing, process
from tests.results_records import COMMITS

PATH = Path("results/baselines/v1.2.jsonl.gz")


def named(name: str, one: Measurement, metric: str = "") -> Measurement:
    return replace(one, key=key(Case(benchmark=name, params=()), metric))


BASELINE = baseline(
    measurement(),
    named("suite.time_once", measurement(process(2e-3))),
    named("suite.track_size", replace(measurement(process(80.0, number=None)), unit="bytes")),
    named("suite.time_sort", measurement(carried_from=COMMITS[1])),
    named(
        "suite.time_growth",
        measurement(processes=(), unit="exponent", stored=Stored(value=1.02, low=0.9, high=1.1)),
        "exponent",
    ),
    missing(Failed(kind=FailureKind.RAISED, text="Traceback\n  ...\nValueError: |no luck|\n")),
    replace(missing(Skipped(reason="not here")), key=key(Case(benchmark="suite.time_rare", params=()))),
)

TEXT = """\
Baseline v1.2: 5 cases of commit 00000001 (2026-01-02) on box

host     Made CPU, 2 processors, 24 GB, Linux, kernel 6.8
python   3.11.7, packages installed: 1 (virtualenv-py3.11)
sessions 1, the newest 20260102T030405Z-00000001

       median     sd      p95      p99  samples  processes  case
      12.5 µs  20.0%  14.8 µs  15.0 µs        3          2  suite.Sort.time_sort(10, 'it''s')
      2.00 ms      –        –        –        1          1  suite.time_once
       80.0 B      –        –        –        1          1  suite.track_size
      12.5 µs  20.0%  14.8 µs  15.0 µs        3          2  suite.time_sort
1.02 exponent      –        –        –        –          –  suite.time_growth@exponent

1 of 5 values were measured at 00000002: same built content.

1 of 5 values rest on one process each: how far processes differ is not known of them.
More: groundspeed run 00000001^! --again

Of 1 of 5 values no samples were kept, only asv's intervals.

Without a value, 2:
  suite.time_broken  raised: ValueError: |no luck|
  suite.time_rare  not here

Kept in results/baselines/v1.2.jsonl.gz; commit it with the results.
Hold a commit against it: groundspeed baseline check v1.2"""


def test_a_baseline_as_text() -> None:
    assert saved_report(BASELINE, PATH, Format.TEXT) == TEXT


def test_a_baseline_as_markdown_has_every_figure() -> None:
    lines = saved_report(BASELINE, PATH, Format.MARKDOWN).splitlines()
    assert "- host     Made CPU, 2 processors, 24 GB, Linux, kernel 6.8" in lines
    assert "| median | mean | sd | min | p95 | p99 | max | samples | processes | case |" in lines
    assert (
        "| 12.5 µs | 12.5 µs | 20.0% | 10.0 µs | 14.8 µs | 15.0 µs | 15.0 µs | 3 | 2 "
        "| suite.Sort.time_sort(10, 'it''s') |"
    ) in lines


def strict(text: str) -> Any:
    def refuse(literal: str) -> float:
        raise AssertionError(literal)

    return json.loads(text, parse_constant=refuse)


def test_a_baseline_as_json_holds_every_sample() -> None:
    found = strict(saved_report(BASELINE, PATH, Format.JSON))
    assert (found["schema"], found["version"], found["name"]) == ("groundspeed-baseline", 1, "v1.2")
    assert found["origin"]["fingerprint"]["cores_logical"] == 2
    assert found["origin"]["installed"][0]["dependencies"] == ["numpy==2.4.6"]
    first, once, size, _, growth = found["measurements"]
    assert first["case"] == "suite.Sort.time_sort(10, 'it''s')"
    assert first["unit"] == "s"
    assert first["iterations"] == {"processes": 2, "samples": 3, "calls_per_sample": [100], "calls": 300}
    assert (first["median"], first["min"], first["max"]) == (1.25e-5, 1e-5, 1.5e-5)
    assert first["samples"] == [[1.25e-5, 1.5e-5], [1e-5]]
    assert first["interval_99"] == [None, None]  # NaN and infinite: nothing that JSON knows
    assert once["sd"] is None
    assert size["iterations"]["calls_per_sample"] == []
    assert (growth["value"], growth["median"], growth["samples"]) == (1.02, None, [])
    assert growth["benchmark"] == "suite.time_growth@exponent"
    assert [one["why"]["is"] for one in found["missing"]] == ["failed", "skipped"]


def test_samples_that_json_does_not_know_are_null() -> None:
    odd = baseline(
        measurement(process(math.nan, math.inf, 1.0), stored=Stored(value=math.inf, low=0, high=1))
    )
    (one,) = strict(saved_report(odd, PATH, Format.JSON))["measurements"]
    assert (one["value"], one["samples"], one["median"]) == (None, [[None, None, 1.0]], 1.0)


LIST = """\
name  commit    of          saved       cases  machine
main  00000001  2026-01-02  2026-01-03      5  box
v1.2  00000001  2026-01-02  2026-01-03      1  box

Hold a commit against one: groundspeed baseline check main"""


def test_the_list() -> None:
    shelf = Shelf(baselines=(replace(BASELINE, name="main"), baseline()), warnings=())
    assert list_report(shelf, Format.TEXT) == LIST
    found = strict(list_report(shelf, Format.JSON))
    assert found["schema"] == "groundspeed-baselines"
    assert [(one["name"], one["cases"]) for one in found["baselines"]] == [("main", 5), ("v1.2", 1)]
    assert "| main | 00000001 |" in list_report(shelf, Format.MARKDOWN)


def test_an_empty_list_says_what_to_type() -> None:
    assert "groundspeed baseline save NAME" in list_report(Shelf(baselines=(), warnings=()), Format.TEXT)
