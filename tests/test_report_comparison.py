"""The page of a comparison: goldens of text and Markdown, strict JSON, and what a hostile name may do."""

from __future__ import annotations

import dataclasses
import json
import math

import pytest

from groundspeed.config.tolerances import Tolerances
from groundspeed.machine.profile import Difference
from groundspeed.records import Better, Failed, FailureKind
from groundspeed.report.comparison import Show, View, render
from groundspeed.report.judgements import further_text, ratio_text, summary
from groundspeed.report.table import Format, Sort
from groundspeed.stats.comparison import More, Undecidable
from groundspeed.stats.ratio import Interval
from groundspeed.verdicts.between import Between, End
from groundspeed.verdicts.compare import Comparison, Ending, compare_suite
from groundspeed.verdicts.judgement import Enough
from groundspeed.verdicts.means import means
from tests.measurements import key, measured, missing, processes
from tests.measuring import commit

NAN = math.nan
FACTORS = (0.992, 0.998, 1.002, 1.008)


def end(name: str, commit: str, value: float, *, metric: str = "", **other: object) -> Ending:
    """Four processes of one session."""
    of = processes("s", *(value * factor for factor in FACTORS))
    return measured(*of, at=key(name, metric), commit=commit * 40, **other)  # type: ignore[arg-type]  # handed on


def suite() -> Comparison:
    """A row of most kinds."""
    failed = Failed(kind=FailureKind.RAISED, text="Traceback\nZeroDivisionError: division by zero\n")
    base = [
        end("io.Read.time_all", "b", 0.001),
        end("io.Read.time_some", "b", 0.2),
        end("io.Read.time_none", "b", 1e-6),
        end("io.time_close", "b", 3.0),
        end("net.latency", "b", 0.5, metric="p99"),
        end("net.track_rate", "b", 1e6, unit="bytes/s", better=Better.HIGHER),
        measured(*processes("s", 0.0, number=None), at=key("net.track_errors"), unit="errors"),
        end("old.time_gone", "b", 1.0),
        end("io.time_broken", "b", 1.0),
    ]
    head = [
        end("io.Read.time_all", "c", 0.00125),
        end("io.Read.time_some", "c", 0.1),
        end("io.Read.time_none", "c", 1.001e-6),
        end("io.time_close", "c", 3.17),
        end("net.latency", "c", 0.5, metric="p99"),
        end("net.track_rate", "c", 8e5, unit="bytes/s", better=Better.HIGHER),
        measured(*processes("s", 2.0, number=None), at=key("net.track_errors"), unit="errors"),
        missing(failed, key("io.time_broken")),
        end("io.time_new", "c", 1.0),
    ]
    return compare_suite(base, head, floors={}, tolerances=Tolerances())


def between(comparison: Comparison) -> Between:
    return Between(
        machine="box",
        environments=("virtualenv-py3.11",),
        apart=(),
        installed=(),
        base=End(revision="v1.2", commit="b" * 40, known=commit(1)),
        head=End(revision="cccccc", commit="c" * 40, known=None),
        comparison=comparison,
        means=means(comparison.compared),
    )


TEXT = """\
3 slower, 1 faster, 2 same, 1 inconclusive; 1 broken, 1 new, 1 gone
base  v1.2 = bbbbbbbb  2026-01-02  number 1
head  cccccccc
on    box, virtualenv-py3.11

slower (3)
  net.track_errors
    no ratio  0 errors → 2.00 errors (+2.00 errors)
    values that do not scatter; base is nothing, so there is no ratio
  io.Read.time_all
    ×1.250 (1.231 to 1.269)  1.00 ms → 1.25 ms (+250 µs)  4+4 processes, one session
  net.track_rate
    ×0.800 (0.786 to 0.815)  1.00 MB/s → 800 KB/s (−200 KB/s)
    4+4 processes, one session; higher is better

broken (1)
  io.time_broken: ZeroDivisionError: division by zero

faster (1)
  io.Read.time_some
    ×0.500 (0.493 to 0.508)  200 ms → 100 ms (−100 ms)  4+4 processes, one session

inconclusive (1)
  io.time_close
    ×1.057 (1.041 to 1.073)  3.00 s → 3.17 s (+170 ms)
    4+4 processes, one session; 32 more processes each would decide

new (1)
  io.time_new: not measured at base

gone (1)
  old.time_gone: not measured at head

Not shown: 2 same. --all shows them.

geometric mean   ratio  99 %            cases  of
all             ×0.902  0.895 to 0.908      4  time  hides 1 slower and 1 faster"""


def test_the_text_of_a_comparison() -> None:
    assert render(between(suite()), View(), Format.TEXT) == TEXT


def test_markdown_has_the_same_in_tables() -> None:
    text = render(between(suite()), View(), Format.MARKDOWN)
    assert text.startswith(f"**{TEXT.splitlines()[0]}**\n\n- base  v1.2")
    assert "### slower (3)\n\n| case | ratio | base | head | effect | evidence |\n" in text
    cells = ("×1.250 (1.231 to 1.269)", "1.00 ms", "1.25 ms", "+250 µs", "4+4 processes, one session")
    assert f"| io.Read.time_all | {' | '.join(cells)} |" in text.splitlines()
    assert "| io.time_broken | ZeroDivisionError: division by zero |" in text


def test_json_is_strict_and_whole() -> None:
    page = json.loads(
        render(between(suite()), View(show=Show.CHANGED), Format.JSON), parse_constant=pytest.fail
    )
    rows = {row["benchmark"]: row for row in page["rows"]}
    assert len(rows) == 10
    assert rows["net.track_errors"]["ratio"] is None
    assert rows["net.track_errors"]["no_ratio"] == "base is nothing, so there is no ratio"
    assert rows["net.track_errors"]["effect"] == {"low": 2.0, "centre": 2.0, "high": 2.0}
    assert rows["io.time_close"]["more_processes"] == 32
    assert rows["io.time_broken"]["verdict"] == "broken"
    assert page["counts"]["slower"] == 3
    assert page["head"] == {"revision": "cccccc", "commit": "c" * 40, "date": None, "subject": None}
    assert [one["module"] for one in page["means"]] == [""]


@pytest.mark.parametrize(
    ("view", "shown", "hidden"),
    [
        (View(show=Show.ALL), ["same (2)", "io.Read.time_none"], ["Not shown"]),
        (View(show=Show.CHANGED), ["slower (3)", "broken (1)"], ["inconclusive (1)\n", "new (1)"]),
    ],
)
def test_views(view: View, shown: list[str], hidden: list[str]) -> None:
    text = render(between(suite()), view, Format.TEXT)
    assert [one for one in shown if one not in text] == []
    assert [one for one in hidden if one in text] == []


def test_rows_go_by_size_or_by_name() -> None:
    text = render(between(suite()), View(sort=Sort.NAME), Format.TEXT)
    assert text.index("io.Read.time_all") < text.index("net.track_errors") < text.index("net.track_rate")


def test_what_all_rows_have_in_common_is_said_once() -> None:
    ends = [
        [measured(at=key(f"m.time_{at}"), commit=name * 40, stored=(1.0, 0.99, 1.01)) for at in range(3)]
        for name in "bc"
    ]
    comparison = compare_suite(*ends, floors={}, tolerances=Tolerances())
    text = render(between(comparison), View(show=Show.ALL), Format.TEXT)
    assert text.count("No samples were kept") == 1
    assert "no change below 10% is told" in text
    assert "from stored intervals" not in text.split("same (3)")[1]


def test_long_lists_are_cut_and_say_so() -> None:
    base = [end(f"m.time_{at:02}", "b", 1.0) for at in range(30)]
    head = [end(f"m.time_{at:02}", "c", 1.5) for at in range(30)]
    comparison = compare_suite(base, head, floors={}, tolerances=Tolerances())
    text = render(between(comparison), View(), Format.TEXT)
    assert "… and 18 more: --all shows them" in text
    assert text.count("×1.500") == 13  # twelve rows and the mean


def test_of_several_environments_each_row_names_its_own() -> None:
    other = dataclasses.replace(key(), environment="py3.13")
    ends = [
        [end("m.time_x", name, 1.0), dataclasses.replace(end("m.time_x", name, 1.0), key=other)]
        for name in "bc"
    ]
    comparison = compare_suite(*ends, floors={}, tolerances=Tolerances())
    text = render(between(comparison), View(show=Show.ALL), Format.TEXT)
    assert "  m.time_x  [py3.13]\n" in text


def test_environments_of_one_commit_alone_are_named() -> None:
    found = dataclasses.replace(between(suite()), apart=("py3.8", "py3.9"))
    text = render(found, View(), Format.TEXT)
    assert "\nnot   py3.8, py3.9: one commit alone was measured there\n" in text
    assert "- not   py3.8, py3.9" in render(found, View(), Format.MARKDOWN)


def test_what_else_was_installed_is_told_before_any_verdict() -> None:
    names = ("Python", *"abcdef")
    differ = tuple(Difference(what=name, expected="1", found="2") for name in names)
    found = dataclasses.replace(between(suite()), installed=differ)
    text = render(found, View(), Format.TEXT)
    said = "but   other things were installed: Python 1 → 2, a 1 → 2, b 1 → 2, c 1 → 2, d 1 → 2, 2 more."
    assert f"\n{said} What differs may be their doing.\n" in text
    assert len(json.loads(render(found, View(), Format.JSON))["installed"]) == 7


def test_the_next_command_is_named_where_git_knows_both() -> None:
    head = End(revision="a b", commit="c" * 40, known=commit(2))
    found = dataclasses.replace(between(suite()), head=head)
    text = render(found, View(), Format.TEXT)
    assert text.endswith("Measure both in turn until it is decided: groundspeed compare v1.2 'a b' --measure")
    calm = compare_suite(
        [end("m.time_x", "b", 1.0)], [end("m.time_x", "c", 1.0)], floors={}, tolerances=Tolerances()
    )
    assert "--measure" not in render(dataclasses.replace(found, comparison=calm), View(), Format.TEXT)


def test_a_hostile_name_breaks_nothing() -> None:
    name = "m.time_|<b>\x1b[31m`x`"
    comparison = compare_suite(
        [end(name, "b", 1.0)], [end(name, "c", 2.0)], floors={}, tolerances=Tolerances()
    )
    text = render(between(comparison), View(), Format.TEXT)
    assert "\x1b" not in text
    (row,) = [one for one in render(between(comparison), View(), Format.MARKDOWN).splitlines() if "×2" in one]
    assert row.count(" | ") == 5
    assert "<b>" not in row


@pytest.mark.parametrize(
    ("interval", "text"),
    [
        (Interval(centre=1.0, low=1.0, high=1.0), "×1.000"),
        (Interval(centre=1.5, low=0.0, high=math.inf), "×1.500 (unbounded)"),
        (Interval(centre=12.34, low=9.8765, high=2e7), "×12 (9.877 to 2.0e+07)"),
        (Interval(centre=1.5, low=1.1, high=math.inf), "×1.500 (1.100 to ∞)"),
    ],
)
def test_ratios_as_text(interval: Interval, text: str) -> None:
    (row, *_) = suite().compared
    assert ratio_text(dataclasses.replace(row.judgement, ratio=interval)) == text


def test_what_would_decide_as_text() -> None:
    assert further_text(Enough()) == ""
    assert further_text(More(processes=1)) == "1 more process each would decide"
    assert further_text(More(processes=1200)) == "1,200 more processes each would decide"
    assert further_text(Undecidable(reason="no")) == "no"


def test_nothing_to_compare_is_a_line() -> None:
    assert summary(Comparison(rows=())) == "0 slower, 0 faster, 0 same, 0 inconclusive"
