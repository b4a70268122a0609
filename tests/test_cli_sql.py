"""Questions in SQL: what may be asked, and how the answer is printed."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from groundspeed.errors import NothingMeasuredError
from groundspeed.records import CarriedOver, Control
from groundspeed.report.sql import SHOWN, answer_report, views_report
from groundspeed.report.table import RowFormat
from groundspeed.results.index.sql import QueryError, Questions, questions
from tests.commands import apart, groundspeed
from tests.results_records import COMMITS, T0, build, measured, reading, run
from tests.test_results_index import NOT_BUILT, A, B, put_session
from tests.test_results_index_answers import NO_GPU, RAISED, record

if TYPE_CHECKING:
    from collections.abc import Iterator

DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "commands.md"
A1, A2 = A.cases()
(B0,) = B.cases()


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small history in which everything happens."""
    folder = tmp_path_factory.mktemp("sql")
    record(
        folder / "results",
        build(identity="same"),
        run(A1, measured(1.0, 2.0), metrics=[reading("p99", 4.0)]),
        run(A2, RAISED),
        run(B0, NO_GPU),
        build(COMMITS[1], NOT_BUILT, ["m.track_b"]),
        run(A1, CarriedOver(measured_at=COMMITS[0]), commit=COMMITS[2]),
        Control(started_at=T0, samples=(0.1, 0.2)),
    )
    record(folder / "results", run(A1, measured(3.0, float("inf"))), number=2)
    return folder


@pytest.fixture(scope="module")
def asked(results: Path) -> Iterator[Questions]:
    with questions(results / "results", results / "index") as (one, warnings):
        assert warnings == ()
        yield one


def rows(asked: Questions, question: str) -> list[tuple[Any, ...]]:
    return [row for block in asked.ask(question).blocks() for row in block]


def printed(asked: Questions, question: str, output: RowFormat = RowFormat.TEXT) -> str:
    return "\n".join(answer_report(asked.ask(question), output))


# --- the views --------------------------------------------------------------------------------------

VIEWS: dict[str, tuple[str, list[tuple[Any, ...]]]] = {
    "measurements": (
        "SELECT case_name, value, state, unit FROM measurements WHERE commit LIKE '00000001%' ORDER BY 1",
        [
            ("m.time_a(1)", 2.5, "measured", "seconds"),  # the median of 1, 2, 3 and infinity
            ("m.time_a(1)@p99", 4.0, "measured", "seconds"),
            ("m.time_a(2)", None, "failed", "seconds"),
            ("m.time_a(2)@p99", None, "failed", "seconds"),
            ("m.track_b", None, "skipped", "unit"),
        ],
    ),
    "processes": (
        "SELECT case_name, outcome, median, count, samples FROM processes ORDER BY session, line, metric",
        [
            ("m.time_a(1)", "measured", 1.5, 2, [1.0, 2.0]),
            ("m.time_a(1)@p99", "measured", 4.0, 1, [4.0]),
            ("m.time_a(2)", "failed", None, 0, []),
            ("m.track_b", "skipped", None, 0, []),
            ("m.time_a(1)", "carried over", None, 0, []),
            ("m.time_a(1)", "measured", float("inf"), 2, [3.0, float("inf")]),
        ],
    ),
    "samples": (
        "SELECT case_name, position, sample FROM samples ORDER BY session, line, metric, position",
        [
            ("m.time_a(1)", 1, 1.0),
            ("m.time_a(1)", 2, 2.0),
            ("m.time_a(1)@p99", 1, 4.0),
            ("m.time_a(1)", 1, 3.0),
            ("m.time_a(1)", 2, float("inf")),
        ],
    ),
    "failures": (
        "SELECT case_name, commit[:8], outcome, reason FROM failures ORDER BY 1, 2",
        [
            ("m.time_a(2)", "00000001", "failed", "raised: ValueError"),
            ("m.track_b", "00000001", "skipped", "no GPU"),
            ("m.track_b", "00000002", "failed", "did not build: cc"),
        ],
    ),
    "builds": (
        "SELECT commit[:8], failure, identity FROM builds ORDER BY 1",
        [("00000001", None, "same"), ("00000002", "did not build", None)],
    ),
    "sessions": ("SELECT machine, cpu_model, gpus FROM sessions LIMIT 1", [("box", "Made CPU", ["fake"])]),
    "controls": (
        "SELECT machine, samples, median_s FROM controls",
        [("box", [0.1, 0.2], 0.15000000000000002)],
    ),
    "series": (
        "SELECT case_name, commits FROM series ORDER BY 1",
        [
            ("m.time_a(1)", 1),
            ("m.time_a(1)@p99", 1),
            ("m.time_a(2)", 1),
            ("m.time_a(2)@p99", 1),
            ("m.track_b", 2),
        ],
    ),
    "commits": (
        "SELECT commit[:8], machines, measured, failed, skipped FROM commits ORDER BY date",
        [("00000001", 1, 2, 2, 1), ("00000002", 1, 0, 1, 0)],
    ),
}


@pytest.mark.parametrize("name", VIEWS)
def test_a_view(asked: Questions, name: str) -> None:
    question, expected = VIEWS[name]
    assert rows(asked, question) == expected


def test_what_has_no_value_is_null(asked: Questions) -> None:
    assert rows(asked, "SELECT avg(value) FROM measurements WHERE metric = 'p99'") == [(4.0,)]


def test_every_view_is_described(asked: Questions) -> None:
    views = asked.views()
    assert [one.name for one in views] == list(VIEWS)
    text = views_report(views, RowFormat.TEXT)
    listed = json.loads(views_report(views, RowFormat.JSON))
    assert listed["schema"] == "groundspeed-sql-views"
    assert {one["name"] for one in listed["views"]} == set(VIEWS)
    for one in views:
        assert f"{one.name}: {one.about}" in text
        assert [column.name for column in asked.ask(f"FROM {one.name}").columns] == [
            column.name for column in one.columns
        ]
    assert max(map(len, text.splitlines())) <= 100
    assert views_report(views, RowFormat.CSV).startswith("view,column,type\nmeasurements,machine,VARCHAR\n")
    assert "| measurements | machine | VARCHAR |" in views_report(views, RowFormat.MARKDOWN)


# --- what may be asked ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("SELECT nope FROM samples", '"nope" not found'),
        ("SELECT * FROM nope", "nope does not exist"),
        ("SELEC 1", "syntax error"),
        ("SELECT 'x'::INT", "Could not convert"),
        ("", "takes one SELECT"),
        ("SELECT 1; SELECT 2", "takes one SELECT"),
        ("CREATE TABLE x AS SELECT 1", "takes one SELECT"),
        ("COPY (SELECT 1) TO '/tmp/x.csv'", "takes one SELECT"),
        ("INSTALL httpfs", "takes one SELECT"),
        ("SET threads = 1", "takes one SELECT"),
        ("ATTACH '/tmp/x.db'", "takes one SELECT"),
        ("SELECT * FROM read_text('/etc/hostname')", "disabled by configuration"),
        ("SELECT * FROM read_csv('https://example.org/x.csv')", "groundspeed sql"),
        ("SELECT * FROM glob('/*')", "disabled by configuration"),
        ("FROM results", "does not exist"),  # a variable of the program that asks
    ],
)
def test_what_cannot_be_answered(asked: Questions, question: str, said: str) -> None:
    with pytest.raises(QueryError) as raised:
        rows(asked, question)
    text = str(raised.value)
    assert said in text
    assert "\n" not in text
    assert raised.value.exit_code == 2


def test_a_row_that_fails_late_is_an_error_too(asked: Questions) -> None:
    question = "SELECT CAST(CASE WHEN i = 90000 THEN 'x' ELSE '1' END AS INT) FROM range(100000) t(i)"
    with pytest.raises(QueryError, match="Could not convert"):
        rows(asked, question)


def test_the_files_of_the_index_cannot_be_written(results: Path, asked: Questions) -> None:
    (path, *_) = (results / "index").glob("series/*/*.parquet")
    before = path.read_bytes()
    with pytest.raises(QueryError):
        rows(asked, f"COPY (SELECT 1) TO '{path}'")
    with pytest.raises(QueryError):
        rows(asked, f"EXPLAIN ANALYZE COPY (SELECT 1) TO '{path}' (FORMAT parquet)")
    assert path.read_bytes() == before


def test_folders_of_any_name(tmp_path: Path, results: Path) -> None:
    folder = tmp_path / "it's [a] *folder*"
    shutil.copytree(results / "results", folder / "results")
    with questions(folder / "results", folder / "index") as (asked, _):
        assert rows(asked, "SELECT count(*) FROM samples") == [(5,)]


def test_asvs_results_alone_have_views_without_rows(tmp_path: Path) -> None:
    from tests.test_results_index import put_many

    put_many(tmp_path / "results", 2)
    with questions(tmp_path / "results", tmp_path / "index") as (asked, _):
        assert rows(asked, "SELECT count(*) FROM measurements") == [(6,)]
        for view in ("processes", "samples", "failures", "builds", "sessions", "controls"):
            assert rows(asked, f"FROM {view}") == []


def test_sessions_alone_have_no_measurements(tmp_path: Path) -> None:
    put_session(tmp_path / "results", 1, run(A1, measured(1.0)))
    with questions(tmp_path / "results", tmp_path / "index") as (asked, _):
        assert rows(asked, "FROM measurements") == []
        assert rows(asked, "SELECT case_name FROM samples") == [("m.time_a(1)",)]


def test_no_results(tmp_path: Path) -> None:
    with (
        pytest.raises(NothingMeasuredError, match="groundspeed run"),
        questions(tmp_path / "results", tmp_path / "index"),
    ):
        pass


def test_an_index_that_cannot_be_kept_is_made_elsewhere(tmp_path: Path, results: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with questions(results / "results", tmp_path / "file" / "index") as (asked, warnings):
        assert rows(asked, "SELECT count(*) FROM samples") == [(5,)]
    assert "read without an index" in warnings[0]


# --- how it is printed ------------------------------------------------------------------------------

EVERY = """SELECT 1 AS whole, 0.1 + 0.2 AS real, 'nan'::DOUBLE AS nan, 'inf'::DOUBLE AS inf, NULL AS nothing,
    TIMESTAMPTZ '2026-01-02 03:04:05.5+00' AS moment, [1.5, NULL] AS list, 'a|b' AS text, true AS truth,
    1.50::DECIMAL(5, 2) AS exact, DATE '2026-01-02' AS day, 'x'::BLOB AS bytes, {'a': 1} AS record,
    1 AS whole"""


def test_text(asked: Questions) -> None:
    assert printed(asked, EVERY) == (
        "whole    1\n"
        "real     0.3\n"
        "nan      nan\n"
        "inf      inf\n"
        "nothing\n"
        "moment   2026-01-02 03:04:05Z\n"
        "list     [1.5, ]\n"
        "text     a|b\n"
        "truth    true\n"
        "exact    1.50\n"
        "day      2026-01-02\n"
        "bytes    b'x'\n"
        "record   {'a': 1}\n"
        "whole_2  1"
    )


def test_a_table(asked: Questions) -> None:
    question = "SELECT case_name, count(*) AS processes FROM processes GROUP BY 1 ORDER BY 1"
    assert printed(asked, question) == (
        "case_name        processes\n"
        "m.time_a(1)              3\n"
        "m.time_a(1)@p99          1\n"
        "m.time_a(2)              1\n"
        "m.track_b                1"
    )
    assert printed(asked, question, RowFormat.MARKDOWN).splitlines()[:3] == [
        "| case_name | processes |",
        "| --- | ---: |",
        "| m.time_a(1) | 3 |",
    ]


def test_no_rows(asked: Questions) -> None:
    question = "SELECT commit FROM commits WHERE false"
    assert printed(asked, question) == "0 rows"
    assert printed(asked, question, RowFormat.MARKDOWN) == "0 rows"
    assert printed(asked, question, RowFormat.CSV) == "commit"
    assert json.loads(printed(asked, question, RowFormat.JSON))["rows"] == []


def test_json_is_strict_and_whole(asked: Questions) -> None:
    document = json.loads(printed(asked, EVERY, RowFormat.JSON), parse_constant=pytest.fail)
    assert (document["schema"], document["version"]) == ("groundspeed-sql", 1)
    assert document["columns"][2] == {"name": "nan", "type": "DOUBLE"}
    (row,) = document["rows"]
    assert row[2:8] == ["nan", "inf", None, "2026-01-02T03:04:05.500000+00:00", [1.5, None], "a|b"]
    assert row[8:] == [True, 1.5, "2026-01-02", "78", {"a": 1}, 1]
    assert json.loads(printed(asked, "SELECT sum(i) FROM range(4) t(i)", RowFormat.JSON))["rows"] == [[6]]
    many = json.loads(printed(asked, "SELECT i FROM range(25000) t(i)", RowFormat.JSON))
    assert [row[0] for row in many["rows"]] == list(range(25_000))


def test_csv_comes_back(asked: Questions) -> None:
    question = """SELECT 0.1::DOUBLE + 0.2::DOUBLE AS real, 'a "b", c
d' AS text, ['x', 'y'] AS list, NULL AS nothing, true AS truth"""
    header, row = csv.reader(io.StringIO(printed(asked, question, RowFormat.CSV)))
    assert header == ["real", "text", "list", "nothing", "truth"]
    assert row == ["0.30000000000000004", 'a "b", c\nd', '["x", "y"]', "", "true"]
    assert len(printed(asked, "FROM range(25000)", RowFormat.CSV).splitlines()) == 25_001


def test_people_get_the_first_rows_and_hear_how_many_there_are(asked: Questions) -> None:
    lines = printed(asked, "SELECT i FROM range(25000) t(i)").splitlines()
    assert len(lines) == 1 + SHOWN + 2
    assert lines[-1].startswith("24,800 more rows: --format csv")
    wide = printed(asked, "SELECT *, repeat('x', 99) AS wide FROM samples, range(10)").splitlines()
    assert wide[-1].startswith("30 more rows")
    assert all(len(line) <= 100 for line in wide)


# --- the command ------------------------------------------------------------------------------------


@pytest.fixture
def project(tmp_path: Path, results: Path) -> Path:
    shutil.copytree(results / "results", tmp_path / "results")
    (tmp_path / "asv.conf.json").write_text('{"version": 1, "project": "p", "repo": "."}')
    return tmp_path


def test_the_command(project: Path) -> None:
    done = groundspeed(project, "sql", "SELECT count(*) AS samples FROM samples")
    assert (done.stdout, done.stderr) == ("samples\n      5\n", "")
    assert "measurements: the value of every" in groundspeed(project, "sql").stdout
    wrong = groundspeed(project, "sql", "SELEC", code=2)
    assert (wrong.stdout, wrong.stderr.count("\n")) == ("", 1)
    assert (project / ".groundspeed" / "index" / "manifest.json").is_file()
    shutil.rmtree(project / "results")
    assert "no results" in groundspeed(project, "sql", "SELECT 1", code=3).stderr


def test_a_full_disk_is_named(project: Path) -> None:
    done = apart(project, "sql", "SELECT 1", code=3, largest_file=512)
    assert "SQL needs an index" in done.stderr
    assert os.listdir(project / "home") == []  # noqa: PTH208 - nothing is left in the temporary place


def test_the_questions_of_the_reference_are_answered(asked: Questions) -> None:
    (section,) = re.findall(
        r"^## `groundspeed sql`$(.*?)(?=^## |\Z)", DOCUMENT.read_text(), re.MULTILINE | re.DOTALL
    )
    (block,) = re.findall(r"^```sql\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    examples = [one for one in block.split(";\n") if one.strip()]
    assert len(examples) == 4
    for one in examples:
        assert asked.ask(one.strip().removesuffix(";")).columns
