"""What `groundspeed doctor` prints, of made hosts and of this one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from typer.testing import CliRunner

from groundspeed.cli.main import app
from groundspeed.machine.fitness import fitness, take_look
from groundspeed.report.doctor import doctor_report
from groundspeed.report.table import Format
from tests.hosts import epyc, ryzen
from tests.looks import EVERYTHING, NONE, laptop, looked_at

if TYPE_CHECKING:
    from groundspeed.machine.tree import Tree

ROOT = Path(__file__).resolve().parent.parent


def test_the_document_shows_what_is_printed(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "machines.md").read_text(encoding="utf-8")
    assert f"```text\n{doctor_report(laptop(tmp_path), Format.TEXT)}\n```" in text


def test_the_answer_is_the_last_line(tmp_path: Path) -> None:
    def last(tree: Tree) -> str:
        look = take_look(
            tree, sleep=lambda _: None, gpus=lambda: NONE, countable=lambda _: EVERYTHING, affinity=range(2)
        )
        return doctor_report(fitness(look), Format.TEXT).splitlines()[-1]

    assert last(ryzen(tmp_path / "ryzen")) == "Fit to measure on: 2 things to know, 6 not stated by the host."
    assert last(epyc(tmp_path / "epyc")) == "Fit to measure on: 1 thing to know, 8 not stated by the host."
    quiet = doctor_report([*looked_at(tmp_path / "quiet", {}).values()], Format.TEXT)
    assert quiet.splitlines()[-1] == "Fit to measure on: nothing to add."
    assert "what to do" not in quiet
    assert doctor_report(laptop(tmp_path / "laptop"), Format.MARKDOWN).splitlines()[-1] == (
        "Unfit to measure on now: load, power."
    )


def test_the_command_on_this_host() -> None:
    runner = CliRunner()
    told = runner.invoke(app, ["doctor", "--format", "json"])
    wire = json.loads(told.stdout)
    assert wire["version"] == 1
    assert told.exit_code == (0 if wire["fit"] else 1)
    assert wire["fit"] == all(one["severity"] != "unfit" for one in wire["findings"])
    assert {"load", "clock", "counters"} <= {one["check"] for one in wire["findings"]}
