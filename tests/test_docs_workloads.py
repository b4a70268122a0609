"""What docs/workloads.md shows is one program; it runs, and its suite is one that the kinds measure."""

from __future__ import annotations

import re
import types
from pathlib import Path
from typing import Any

import pytest

from tests.kinds import BY_KIND, samples_of

PAGE = Path(__file__).resolve().parent.parent / "docs" / "workloads.md"
FENCE = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
METHODS = re.compile(r"(latency|throughput|measure)_\w+")


def test_the_pages_program_runs_and_its_suite_is_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    space = run_the_page()
    try:
        seen = {
            f"{name}.{method}": observed(getattr(space[name], method), space[name]())
            for name, found in list(space.items())
            if isinstance(found, type) and found.__module__ == "page"
            for method in vars(found)
            if METHODS.fullmatch(method)
        }
    finally:
        space["process"].kill()
        space["process"].join()
        space["server"].server_close()
    assert set(seen) == {
        "Searching.latency_search",
        "Counting.throughput_search",
        "Asking.latency_over_http",
        "Loading.measure_fifty_connections",
    }
    assert seen["Searching.latency_search"]["requests"] == [1000]
    assert seen["Counting.throughput_search"].keys() == {"", "rate", "rate_w2", "efficiency_w2"}
    assert "unserved" in seen["Asking.latency_over_http"]  # an open loop
    assert seen["Loading.measure_fifty_connections"]["requests"] == [300]


def run_the_page() -> dict[str, Any]:
    """Every example of the page, in one namespace; each stands at its own line, for tracebacks."""
    text = PAGE.read_text(encoding="utf-8")
    space: dict[str, Any] = {"__name__": "page"}
    for example in FENCE.finditer(text):
        lines_before = text.count("\n", 0, example.start(1))
        exec(compile("\n" * lines_before + example.group(1), str(PAGE), "exec"), space)
    return space


def observed(function: Any, case: Any) -> dict[str, list[float]]:
    """The metrics of one observation of a benchmark, made as discovery makes it of a method."""
    kind, _, _ = function.__name__.partition("_")
    method = types.MethodType(function, case)
    case.warmup_time, case.duration = 0, 0.02
    benchmark = BY_KIND[kind](f"page.{function.__qualname__}", method, [method, case])
    assert benchmark.do_setup() is False
    try:
        return samples_of(benchmark.observe())
    finally:
        benchmark.do_teardown()


def test_every_field_of_a_query_mix_has_a_row() -> None:
    from dataclasses import fields

    from asv_bench_groundspeed.workloads.queries import QuerySpec

    rows = re.findall(r"^\| `(\w+)` \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(rows) == sorted(["QuerySpec", *(field.name for field in fields(QuerySpec))])
