"""`groundspeed machine show|check|list` on this host, and what they print of made hosts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from groundspeed import config
from groundspeed.cli.machine import app
from groundspeed.errors import ConfigError
from groundspeed.machine.choice import choose_machine
from groundspeed.machine.fingerprint import read_fingerprint
from groundspeed.machine.naming import automatic_name
from groundspeed.machine.profile import asv_machine
from groundspeed.measure.host import compare_host, known_machines, stored_machines, this_host
from groundspeed.report.machine import check_report, choice_report, list_report
from groundspeed.report.table import Format
from groundspeed.results.catalog import write_machine
from tests.hosts import RTX_5090, epyc, ryzen

ROOT = Path(__file__).resolve().parent.parent

PROFILES = """
[machines.workstation]
cpu = "AMD Ryzen"
cores = 16
threads = 32
ram = "64 GB"
gpu = "RTX 5090"
gpu_memory = "32 GB"

[machines.anything]
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with two profiles, a folder of results of an EPYC, and a broken one."""
    root = tmp_path / "project"
    (root / "results" / "broken").mkdir(parents=True)
    (root / "results" / "broken" / "machine.json").write_text("{")
    (root / "results" / "benchmarks.json").write_text("{}")
    (root / "asv.conf.json").write_text('{"version": 1, "project": "made", "repo": "."}')
    (root / "groundspeed.toml").write_text(PROFILES)
    write_machine(
        root / "results" / "old", asv_machine("old", read_fingerprint(epyc(tmp_path / "epyc"), tuple))
    )
    return root


def test_folders_are_read_and_broken_ones_describe_nobody(project: Path) -> None:
    assert [*stored_machines(project / "results")] == ["old"]
    assert stored_machines(project / "nowhere") == {}


def test_the_choice_of_a_project(project: Path, tmp_path: Path) -> None:
    configuration = config.load(project)
    small = read_fingerprint(epyc(tmp_path / "epyc"), tuple)
    large = read_fingerprint(ryzen(tmp_path / "ryzen"), lambda: (RTX_5090,))
    assert this_host(configuration, None, small).name == "old"
    assert this_host(configuration, None, large).name == "anything"
    assert this_host(configuration, "workstation", large).name == "workstation"
    assert compare_host(configuration, None, small) == ("old", ())
    assert compare_host(configuration, "workstation", large) == ("workstation", ())
    assert len(compare_host(configuration, "workstation", small)[1]) == 5
    with pytest.raises(ConfigError, match="Did you mean workstation"):
        compare_host(configuration, "workstatoin", small)


CHOICE = """\
               this host
machine        anything
because        its profile in groundspeed.toml matches this host
also matching  workstation
CPU            AMD Ryzen 9 9950X 16-Core Processor
cores          16 physical, 32 logical
caches         L1d 48K ×16, L1i 32K ×16, L2 1024K ×16, L3 32768K ×2
RAM            62.0 GiB visible
GPU            NVIDIA GeForce RTX 5090, 31.8 GiB, driver 575.57.08
OS             Ubuntu 24.04.3 LTS
kernel         6.14.0-27-generic
architecture   x86_64
virtualised    no
governor       performance
turbo          on"""

LISTED = (
    "machine known by what it is this host?",
    "anything profile anything it could be",
    "old results AMD EPYC Processor, 2 logical, x86_64 yes",
    (
        "workstation profile AMD Ryzen, 16 cores, 32 logical, 64 GB RAM, RTX 5090, 32 GB GPU memory "
        "no: CPU: expected AMD Ryzen, found AMD EPYC Processor; physical cores: expected 16, found 2; "
        "logical processors: expected 32, found 2; RAM (±5 %): expected 64 GB, found 23.5 GiB visible; "
        "GPU: expected RTX 5090, found none that the NVIDIA driver shows"
    ),
    "",
    "This host measures as old.",
)


def test_what_is_shown_of_a_workstation(project: Path, tmp_path: Path) -> None:
    host = read_fingerprint(ryzen(tmp_path / "ryzen"), lambda: (RTX_5090,))
    assert choice_report(this_host(config.load(project), None, host), Format.TEXT) == CHOICE


def test_what_is_listed_for_a_small_host(project: Path, tmp_path: Path) -> None:
    configuration = config.load(project)
    host = read_fingerprint(epyc(tmp_path / "epyc"), tuple)
    machines = known_machines(configuration, host)
    shown = list_report(machines, "old", Format.TEXT).splitlines()
    assert tuple(" ".join(line.split()) for line in shown) == LISTED  # the columns are Table's
    wire = json.loads(list_report(machines, "old", Format.JSON))
    assert [(one["name"], one["matches"]) for one in wire["machines"]] == [
        ("anything", True),
        ("old", True),
        ("workstation", False),
    ]


def test_an_unfitting_host_is_shown_as_a_table(project: Path, tmp_path: Path) -> None:
    host = read_fingerprint(epyc(tmp_path / "epyc"), tuple)
    name, differences = compare_host(config.load(project), "workstation", host)
    assert check_report(name, differences, Format.MARKDOWN) == (
        "This host is not workstation:\n\n"
        "|  | expected | found |\n"
        "| --- | --- | --- |\n"
        "| CPU | AMD Ryzen | AMD EPYC Processor |\n"
        "| physical cores | 16 | 2 |\n"
        "| logical processors | 32 | 2 |\n"
        "| RAM (±5 %) | 64 GB | 23.5 GiB visible |\n"
        "| GPU | RTX 5090 | none that the NVIDIA driver shows |"
    )


def test_the_commands_on_this_host(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "groundspeed.toml").write_text('[machines.other]\ncpu = "no such processor"\n')
    monkeypatch.chdir(project)
    runner = CliRunner()
    host = read_fingerprint()
    shown = json.loads(runner.invoke(app, ["show", "--format", "json"]).stdout)
    assert shown["version"] == 1
    assert shown["machine"] == automatic_name(host)
    assert shown["fingerprint"]["cpu_model"] == host.cpu_model
    checked = runner.invoke(app, ["check"])
    assert (checked.exit_code, checked.stdout) == (0, f"This host is {automatic_name(host)}.\n")
    refused = runner.invoke(app, ["check", "--machine", "other", "--format", "json"])
    assert refused.exit_code == 5
    assert [one["what"] for one in json.loads(refused.stdout)["differences"]] == ["CPU"]
    listed = runner.invoke(app, ["list"])
    assert listed.exit_code == 0
    assert "no: CPU: expected no such processor" in listed.stdout
    unknown = runner.invoke(app, ["check", "--machine", "othre"])
    assert isinstance(unknown.exception, ConfigError)


def test_nothing_known_is_said(project: Path) -> None:
    assert list_report((), "epyc-2c-24g", Format.TEXT) == (
        "No machine is known yet: groundspeed.toml has no [machines.NAME], and there are no results.\n"
        "This host would measure as epyc-2c-24g."
    )


def test_the_document_shows_what_is_printed(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "machines.md").read_text(encoding="utf-8")
    configuration = config.load(ROOT)
    large = read_fingerprint(ryzen(tmp_path / "ryzen"), lambda: (RTX_5090,))
    small = read_fingerprint(epyc(tmp_path / "epyc"), tuple)
    choice = choose_machine(large, configuration.project.machines, {})
    assert f"```text\n{choice_report(choice, Format.TEXT)}\n```" in text
    name, differences = compare_host(configuration, "rtx5090-ryzen-64gb", small)
    assert f"```text\n{check_report(name, differences, Format.TEXT)}\n```" in text
