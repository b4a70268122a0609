"""Time by line, and how a recorder's process ends that has nothing to record."""

from __future__ import annotations

import json
from pathlib import Path
from types import FunctionType
from typing import Any

import pytest

from groundspeed.profiling.inside.case import NotRecordedError
from groundspeed.profiling.inside.lines import chosen, heats
from groundspeed.profiling.recorded import Lines, read_recorded
from groundspeed.report.recorded import render_recorded
from groundspeed.report.table import Format
from groundspeed.results.speedscope import ProfileFormatError
from tests.recording import ROUNDS, Done, record


@pytest.fixture(scope="module")
def squared(tmp_path_factory: pytest.TempPathFactory) -> Done:
    return record(tmp_path_factory.mktemp("squared"), "lines", "time_squared")


def lines_of(done: Done) -> Lines:
    found = done.recorded
    assert isinstance(found, Lines)
    return found


def test_the_line_that_is_squared_is_the_hottest_of_the_hottest_function(squared: Done) -> None:
    first = lines_of(squared).functions[0]
    assert (first.at.function, first.at.file) == ("unique", "suite/planted.py")
    hottest = max(first.lines, key=lambda one: one.seconds)
    assert hottest.text.strip() == "if name not in found:"
    assert hottest.hits == 200 * ROUNDS
    assert sum(one.share for one in first.lines) == pytest.approx(1)
    assert [one.line for one in first.lines] == sorted(one.line for one in first.lines)


def test_as_a_profile_it_holds_the_lines_of_that_function_once(squared: Done) -> None:
    found, profile = lines_of(squared).functions[0], squared.profile
    assert profile.unit == "s"
    assert profile.total == pytest.approx(found.seconds)
    assert profile.functions[0].name.endswith("if name not in found:")
    assert {one.name.partition(":")[0] for one in profile.functions} == {"unique"}


def test_the_report_shows_the_source_and_what_it_cost(squared: Done) -> None:
    text = render_recorded(squared.recorded, Format.TEXT)
    assert "if name not in found:" in text
    assert "a call under line_profiler" in text
    assert "| 1,000 |" in render_recorded(squared.recorded, Format.MARKDOWN)
    wire = json.loads(render_recorded(squared.recorded, Format.JSON))
    assert (wire["schema"], wire["version"], wire["kind"]) == ("groundspeed-recorded", 1, "lines")


def hot() -> int:
    return sum(number * number for number in range(3000))


def cold() -> int:
    return 1


def both() -> int:
    return hot() + cold()


def test_functions_are_chosen_by_their_own_time_or_by_name() -> None:
    found = heats(both)
    assert chosen(found, ())[0][0] is hot  # its generator expression is made anew by each call
    assert chosen(found, ("cold", "nobody")) == ([cold], ["nobody was not called."])
    with pytest.raises(NotRecordedError, match=r"nobody was not called\. .* what ran: .*both"):
        chosen(found, ("nobody",))


def test_a_function_made_anew_by_each_call_is_said() -> None:
    def outer() -> Any:
        def inner() -> int:
            return 1

        return inner()

    functions, notes = chosen(heats(outer), ())
    assert functions == [outer]
    assert [note for note in notes if "inner is made anew by every call" in note]
    assert isinstance(functions[0], FunctionType)


@pytest.mark.parametrize(
    ("kind", "benchmark", "request_", "code", "said"),
    [
        ("lines", "time_squared", {"functions": ["nobody"]}, 3, "nobody was not called. There is nothing"),
        ("lines", "timeraw_text", {}, 3, "its code runs in a process of its own"),
        ("leaks", "Absent.time_nothing", {}, 3, "its setup says that it does not apply here"),
        ("contention", "time_fails", {}, 1, "ValueError: on purpose"),
        ("heat", "time_leak", {}, 2, "heat is no kind of record: contention, leaks, lines."),
    ],
)
def test_what_cannot_be_recorded_ends_in_a_sentence(
    tmp_path: Path, kind: str, benchmark: str, request_: dict[str, Any], code: int, said: str
) -> None:
    done = record(tmp_path, kind, benchmark, **request_)
    assert (done.code, done.file.exists()) == (code, False)
    assert said in done.error


def test_a_file_that_holds_no_record_is_named(tmp_path: Path) -> None:
    path = tmp_path / "case.lines.gz"
    path.write_bytes(b"no gzip")
    with pytest.raises(ProfileFormatError, match=r"case\.lines\.gz holds no record"):
        read_recorded(path)
