"""What the service may be told: configurations that are refused, and what reaches a command line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer.main

from noesis.cli.main import app
from noesis.errors import ConfigError
from noesis.service import MODULES, Module, ServerOptions, ServiceConfig
from noesis.service.errors import RefusedError

INGEST, DIAGNOSE, REHEARSE = MODULES
INDEX = Path("kept", "index")


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"cache_size": -1}, "cache_size must be a whole number from 0, not -1"),
        ({"most_runs": 0}, "most_runs must be a whole number from 1, not 0"),
        ({"most_body_bytes": True}, "most_body_bytes must be a whole number from 1, not True"),
        ({"run_timeout_s": 0}, "run_timeout_s must be above 0, not 0"),
        ({"run_timeout_s": float("nan")}, "run_timeout_s must be above 0, not nan"),
        ({"api_key": "short"}, "api_key must have at least 16 printable ASCII letters"),
        ({"api_key": "a key with a ß in it"}, "api_key must have at least 16 printable ASCII letters"),
        ({"modules": (INGEST, INGEST)}, "modules: ingest is there 2 times; names are unique"),
    ],
)
def test_a_configuration_that_cannot_be(told: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError) as found:
        ServiceConfig(index=INDEX, runs_folder=Path("runs"), **told)
    assert str(found.value) == said


@pytest.mark.parametrize("told", [{"port": 65_536}, {"port": -1}, {"workers": 0}, {"timeout_s": 0}])
def test_a_server_that_cannot_be(told: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=f"^{next(iter(told))} must be "):
        ServerOptions(**told)


@pytest.mark.parametrize(
    ("module", "values", "command"),
    [
        (INGEST, {}, ["noesis", "ingest", "--index", "kept/index"]),
        (INGEST, {"workers": 2}, ["noesis", "ingest", "--index", "kept/index", "--workers", "2"]),
        (
            DIAGNOSE,
            {"format": "json", "cache_size": 0},
            ["noesis", "diagnose", "--index", "kept/index", "--format", "json", "--cache-size", "0"],
        ),
        (REHEARSE, {"lines": 10_000_000}, ["noesis.service.rehearse", "--lines", "10000000"]),
    ],
)
def test_a_command(module: Module, values: dict[str, Any], command: list[str]) -> None:
    assert module.command(values, INDEX) == command


@pytest.mark.parametrize(
    ("module", "values", "where", "said"),
    [
        (INGEST, {"index": "x"}, "index", "ingest has no such parameter; it has workers"),
        (INGEST, {"workers": 65}, "workers", "must be a whole number from 1 to 64, not 65"),
        (INGEST, {"workers": "2"}, "workers", "must be a whole number from 1 to 64, not '2'"),
        (INGEST, {"workers": True}, "workers", "must be a whole number from 1 to 64, not True"),
        (DIAGNOSE, {"format": "--help"}, "format", "must be one of text, json, not '--help'"),
        (DIAGNOSE, {"format": 1}, "format", "must be one of text, json, not 1"),
    ],
)
def test_what_no_command_line_gets(module: Module, values: dict[str, Any], where: str, said: str) -> None:
    with pytest.raises(RefusedError) as found:
        module.command(values, INDEX)
    assert (found.value.status, found.value.where, str(found.value)) == (
        422,
        f"body.parameters.{where}",
        said,
    )


@pytest.mark.parametrize("module", [module for module in MODULES if module.program == "noesis"])
def test_the_shell_knows_what_a_module_is_told(module: Module) -> None:
    command = getattr(typer.main.get_command(app), "commands")[module.words[0]]  # noqa: B009 (a group has them)
    options = {option for one in command.params for option in one.opts}
    assert options >= {word for word in module.words if word.startswith("--")}
    assert options >= {parameter.option for parameter in module.parameters}


def test_what_rehearse_prints() -> None:
    words = "--lines 2 --line-bytes 20 --exit-code 3 --per-second 1000000".split()
    ended = subprocess.run(
        [sys.executable, "-m", REHEARSE.program, *words], capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stdout) == (3, "line 1 ............\nline 2 ............\n")


def test_importing_the_service_needs_none_of_its_libraries() -> None:
    program = (
        "import sys; sys.modules['fastapi'] = None; import noesis.service as s; from pathlib import Path;"
        "print({'uvicorn', 'pydantic', 'tantivy', 'prometheus_client'} & {*sys.modules});"
        "s.create_app(s.ServiceConfig(index=Path('i'), runs_folder=Path('r')))"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert ended.stdout == "set()\n"
    assert ended.stderr.endswith("ExtraError: fastapi is not installed; install groundspeed[service]\n")
