"""`groundspeed init` as a user runs it: real repositories, and afterwards `groundspeed run` at once."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from groundspeed import config
from groundspeed.errors import ConfigError, HistoryError
from groundspeed.initialise.files import groundspeed_toml, profile_of
from groundspeed.initialise.plan import Action, Pythons, Setup, plan
from groundspeed.initialise.project import initialise
from groundspeed.initialise.view import View
from groundspeed.machine.choice import choose_machine
from groundspeed.machine.fingerprint import read_fingerprint
from groundspeed.machine.profile import differences
from groundspeed.records import Fingerprint
from groundspeed.report.initialise import setup_report
from groundspeed.report.table import Format
from tests.hosts import RTX_5090, arm, epyc, ryzen
from tests.inside import inside
from tests.repositories import CommitSpec, add_commits, git, git_environment, make_repository
from tests.wheelhouse import offline_environment

pytestmark = pytest.mark.slow

HATCH = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "sample"
version = "0"
requires-python = ">=3.8"
"""
SETUP = "from setuptools import setup\n\nsetup(name='sample', version='0', packages=['sample'])\n"
DISCOVERED = '[project]\nname = "sample"\nversion = "0"\n'
MODULE = "WORDS = ['a', 'b']\n"
SRC = {"pyproject.toml": HATCH, "src/sample/__init__.py": MODULE}
SHAPES = {
    "src layout": SRC,
    "setup.py alone": {"setup.py": SETUP, "sample/__init__.py": MODULE},
    "flat, found by setuptools": {"pyproject.toml": DISCOVERED, "sample/__init__.py": MODULE},
    "another name, dependencies, below the top": {
        "part/pyproject.toml": HATCH
        + 'dependencies = ["packaging"]\n[tool.hatch.build.targets.wheel]\npackages = ["source/other"]\n',
        "part/source/other/__init__.py": "import packaging\n",
    },
}


def make(root: Path, files: dict[str, str], *, default: str = "main") -> Path:
    make_repository(root, [CommitSpec("first", files, branch=default)], default=default)
    return root


def init(root: Path, **options: bool) -> Setup:
    return initialise(root, os.environ, dry_run=options.get("dry_run", False))


def actions(setup: Setup) -> dict[str, str]:
    return {file.path: file.action.value for file in setup.files}


def everything(root: Path) -> dict[str, bytes]:
    paths = (path for path in root.rglob("*") if path.is_file() and ".git" not in path.parts)
    return {str(path.relative_to(root)): path.read_bytes() for path in paths}


def groundspeed(root: Path, *arguments: str, code: int = 0) -> str:
    home = root.parent / "home"
    home.mkdir(exist_ok=True)
    own = {"HOME": str(home), "NO_COLOR": "1", "TMPDIR": str(home)}  # and the host's lock lies there
    variables = {**git_environment(), **offline_environment(), **own}
    said = inside(root, *arguments, code=code, variables=variables)
    return said.stdout + said.stderr


# --- the whole way ----------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", SHAPES)
def test_what_init_wrote_is_measured_at_once(tmp_path: Path, shape: str) -> None:
    top = make(tmp_path / "project", SHAPES[shape])
    root = top / "part" if (top / "part").is_dir() else top
    assert "groundspeed run" in groundspeed(root, "init")
    report = json.loads(groundspeed(root, "run", "--quick", "--format", "json").partition("\n}\n")[0] + "\n}")
    (commit,) = report["commits"]
    assert (commit["measured"], commit["failed"]) == (2, 0)
    (stored,) = config.load(root).suite.results_dir.glob("*/*-virtualenv-py*.json")
    values = json.loads(stored.read_text())["results"]
    assert 0 < values["imports.timeraw_import"][0][0] < 60  # seconds
    assert values["imports.peakmem_import"][0][0] > 1_000_000  # bytes
    # what is committed of it does not keep the next commit from being built
    git(top, "add", ".")
    tracked = git(top, "diff", "--cached", "--name-only").splitlines()
    assert not any(".groundspeed" in name or "html" in name for name in tracked)
    git(top, "commit", "--quiet", "--message", "measured")
    groundspeed(root, "run", "--quick", "--format", "json")
    assert len([*config.load(root).suite.results_dir.glob("*/*-virtualenv-py*.json")]) == 2


# --- what is written --------------------------------------------------------------------------------


def test_a_project_gets_all_of_it_and_a_second_time_nothing(tmp_path: Path) -> None:
    root = make(tmp_path / "project", SRC, default="trunk")
    git(root, "remote", "add", "origin", "https://ada:secret@github.com/ada/sample.git")
    planned = init(root, dry_run=True)
    assert sorted(everything(root)) == ["pyproject.toml", "src/sample/__init__.py"]
    made = init(root)
    assert made == planned
    assert actions(made) == {
        "asv.conf.json": "write",
        "benchmarks/__init__.py": "write",
        "benchmarks/imports.py": "write",
        "groundspeed.toml": "write",
        ".gitignore": "write",
    }
    read = config.load(root)
    assert read.warnings == ()
    assert read.suite.branches == ("trunk",)
    assert read.suite.raw["pythons"] == [f"{sys.version_info[0]}.{sys.version_info[1]}"]
    assert read.suite.show_commit_url == "https://github.com/ada/sample/commit/"
    assert "build_command" not in read.suite.raw
    before = everything(root)
    again = init(root)
    assert again.complete
    assert everything(root) == before
    assert "set up already" in setup_report(again, root, Format.TEXT, dry_run=False)


def test_a_suite_of_asv_is_kept_as_it_is(tmp_path: Path) -> None:
    suite = '{"version": 1, "project": "old", "repo": "..", "html_dir": "site", "env_dir": "env"}'
    files = {
        **SRC,
        "asv_bench/asv.conf.json": suite,
        "asv_bench/benchmarks/deep/work.py": "class Work:\n    def time_work(self):\n        pass\n",
        "asv_bench/site/index.html": "committed on purpose",
        "asv_bench/.gitignore": "*.pyc\r\nenv",
    }
    root = make(tmp_path / "project", files)
    setup = init(root)
    assert setup.root == root / "asv_bench"
    assert actions(setup) == {
        "asv.conf.json": "keep",
        "benchmarks/": "keep",
        "groundspeed.toml": "write",
        ".gitignore": "append",
    }
    assert (root / "asv_bench" / ".gitignore").read_bytes() == b"*.pyc\r\nenv\r\n/.groundspeed/\r\n"
    shown = setup_report(setup, root, Format.TEXT, dry_run=False)
    assert f"cd {root / 'asv_bench'} && groundspeed run" in shown
    assert "1 benchmark in 1 module" in shown
    assert init(root / "asv_bench" / "benchmarks").complete


def test_an_empty_suite_gets_its_first_benchmark(tmp_path: Path) -> None:
    conf = '{"version": 1, "project": "old", "repo": ".", "benchmark_dir": "speed"}'
    files = {**SRC, "asv.conf.json": conf, "speed/imports.py": "HERE = 1\n"}
    root = make(tmp_path / "project", files)
    made = actions(init(root))
    assert (made["speed/__init__.py"], made["speed/first_imports.py"]) == ("write", "write")
    assert (root / "speed" / "imports.py").read_text() == "HERE = 1\n"


def test_a_suite_without_a_configuration_is_found(tmp_path: Path) -> None:
    files = {**SRC, "benchmarks/work.py": "def time_work():\n    pass\n"}
    made = init(make(tmp_path / "project", files))
    assert actions(made)["benchmarks/"] == "keep"


def test_other_programs_in_the_folder_are_left_alone(tmp_path: Path) -> None:
    files = {**SRC, "benchmarks/run.py": "print('a script')\n", "results/x.json": "{}"}
    root = make(tmp_path / "project", files)
    made = init(root)
    assert config.load(root).suite.benchmark_dir == root / "benchmarks" / "asv_suite"
    assert config.load(root).suite.results_dir == root / "asv-results"
    assert "benchmarks/ holds other programs" in made.notes[0]


def test_folders_where_setuptools_does_not_look(tmp_path: Path) -> None:
    root = make(tmp_path / "project", SHAPES["flat, found by setuptools"])
    init(root)
    read = config.load(root).suite
    assert (read.results_dir, read.html_dir) == (root / "benchmarks/results", root / "benchmarks/html")


def test_ours_in_pyproject_is_kept(tmp_path: Path) -> None:
    files = {**SRC, "pyproject.toml": HATCH + '[tool.groundspeed.run]\nlaunch = "spawn"\n'}
    root = make(tmp_path / "project", files)
    assert actions(init(root))["pyproject.toml"] == "keep"
    assert not (root / "groundspeed.toml").exists()


def test_a_detached_head_names_no_branch(tmp_path: Path) -> None:
    root = tmp_path / "project"
    make_repository(root, [CommitSpec("first", SRC, branch="one")], default="one")
    add_commits(root, [CommitSpec("second", {}, branch="two")])
    git(root, "checkout", "--quiet", "--detach")
    made = init(root)
    assert "branches" not in config.load(root).suite.raw
    assert made.notes == ("HEAD is on no branch: name the one to measure under branches in asv.conf.json.",)


@pytest.mark.parametrize(
    ("requires", "here", "chosen"),
    [
        ("", (), "3.11"),
        (">=3.11.2", (), "3.11"),
        (">=3.12", ("3.12", "3.13"), "3.13"),
        (">=3.8,<3.11", ("3.8", "3.10", "3.12"), "3.10"),
        ("whenever", (), "3.11"),
    ],
)
def test_the_interpreter_is_one_that_the_project_allows(
    tmp_path: Path, requires: str, here: tuple[str, ...], chosen: str
) -> None:
    setup = planned(tmp_path, requires, here)
    assert f"CPython {chosen}," in setup.files[0].what


def test_no_interpreter_that_fits_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"requires Python >=3\.14; this is 3\.11\.9"):
        planned(tmp_path, ">=3.14", ("3.12",))


def planned(root: Path, requires: str, here: tuple[str, ...]) -> Setup:
    view = View(
        top=root,
        root=root,
        home=root,
        configuration=None,
        tracked=("pyproject.toml", "src/sample/__init__.py"),
        packaging={"pyproject.toml": f'[project]\nname = "sample"\nrequires-python = "{requires}"\n'},
        suite={},
        names=frozenset(),
        settled=frozenset(),
        ignore_text="",
        branch="main",
        origin="",
    )
    machine = choose_machine(read_fingerprint(epyc(root / "host"), tuple), {}, {})
    return plan(view, machine, Pythons(own="3.11.9", is_here=lambda version: version in here))


HOSTS = {"ryzen": (ryzen, (RTX_5090,)), "epyc": (epyc, ()), "arm": (arm, ())}


@pytest.mark.parametrize("name", HOSTS)
def test_the_machine_written_is_the_host(tmp_path: Path, name: str) -> None:
    tree, gpus = HOSTS[name]
    host: Fingerprint = read_fingerprint(tree(tmp_path / "host"), lambda: gpus)
    (tmp_path / "asv.conf.json").write_text('{"version": 1, "repo": "."}')
    choice = choose_machine(host, {}, {})
    (tmp_path / "groundspeed.toml").write_text(groundspeed_toml(profile_of(choice.name, host)))
    ((read_name, profile),) = config.load(tmp_path).project.machines.items()
    assert read_name == choice.name
    assert differences(profile, host) == ()


# --- refusals ---------------------------------------------------------------------------------------


def test_no_repository(tmp_path: Path) -> None:
    with pytest.raises(HistoryError, match="no git repository"):
        init(tmp_path)


def test_no_commit(tmp_path: Path) -> None:
    make_repository(tmp_path / "project", [])
    with pytest.raises(HistoryError, match="Commit something first"):
        init(tmp_path / "project")


def test_a_bare_repository(tmp_path: Path) -> None:
    make_repository(tmp_path / "bare", [CommitSpec("first", SRC)], bare=True)
    with pytest.raises(HistoryError, match="working clone"):
        init(tmp_path / "bare")


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"README.md": "words"}, "no Python package that pip can install"),
        ({"setup.cfg": "[metadata]\nname = a\n", "a/__init__.py": ""}, "neither pyproject.toml nor setup.py"),
        ({"pyproject.toml": HATCH}, "no Python package that can be imported"),
        ({**SRC, "asv.conf.json": '{"repo": "."}', "asv.conf.jsonc": "{}"}, "holds both"),
        (
            {
                **SRC,
                "a/asv.conf.json": '{"repo": ".."}',
                "b/asv.conf.json": '{"repo": ".."}',
            },
            "more than one asv suite: a/asv.conf.json and b/asv.conf.json",
        ),
        (
            {
                **SRC,
                "pyproject.toml": HATCH + "[tool.groundspeed]\n",
                "groundspeed.toml": "",
            },
            "keep one of them",
        ),
    ],
)
def test_what_is_no_project_is_refused_before_anything_is_written(
    tmp_path: Path, files: dict[str, str], said: str
) -> None:
    root = make(tmp_path / "project", files)
    before = everything(root)
    with pytest.raises(ConfigError, match=said) as refused:
        init(root)
    assert refused.value.exit_code == 2
    assert everything(root) == before


def test_packaging_that_is_not_committed_is_said(tmp_path: Path) -> None:
    root = make(tmp_path / "project", {"README.md": "words"})
    (root / "pyproject.toml").write_text(HATCH)
    with pytest.raises(ConfigError, match="is not in git"):
        init(root)


def test_the_command_refuses_with_2(tmp_path: Path) -> None:
    assert "groundspeed: " in groundspeed(tmp_path, "init", code=2)
    assert "is no folder" in groundspeed(tmp_path, "init", "nowhere", code=2)


# --- what is printed --------------------------------------------------------------------------------


def test_a_dry_run_prints_every_text(tmp_path: Path) -> None:
    root = make(tmp_path / "project", SRC)
    setup = init(root, dry_run=True)
    shown = setup_report(setup, root, Format.TEXT, dry_run=True)
    for file in setup.files:
        assert file.action is Action.WRITE
        assert file.text.rstrip("\n") in shown
    assert shown.endswith("Next:\n  groundspeed run --publish\n  groundspeed preview --open")


def test_the_report_as_json_and_markdown(tmp_path: Path) -> None:
    root = make(tmp_path / "project", SRC)
    setup = init(root)
    wire = json.loads(setup_report(setup, root, Format.JSON, dry_run=False))
    assert (wire["version"], wire["project"], wire["complete"]) == (1, "sample", False)
    assert wire["next"] == ["groundspeed run --publish", "groundspeed preview --open"]
    assert [file["action"] for file in wire["files"]] == ["write"] * 5
    markdown = setup_report(setup, root, Format.MARKDOWN, dry_run=False)
    assert "| wrote | asv.conf.json |" in markdown
