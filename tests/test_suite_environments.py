"""Environments with real parts: asv's classes, uv or pip, real repositories, all of it offline."""

from __future__ import annotations

import ast
import hashlib
import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from groundspeed import config
from groundspeed.errors import ConfigError
from groundspeed.records import Environment, Failed, FailureKind
from groundspeed.suite import cache, isolation
from groundspeed.suite.environments import Environments, Prepared
from tests.projects import BROKEN_PYPROJECT, CONFIGURATION, PYPROJECT, module
from tests.repositories import CommitSpec, make_repository
from tests.wheelhouse import offline_environment

pytestmark = pytest.mark.slow

DEFAULT = {key: value for key, value in CONFIGURATION.items() if key != "build_command"}
SETUPTOOLS = PYPROJECT.replace("hatchling.build", "setuptools.build_meta").replace("hatchling", "setuptools")
SOURCE = "src/sample/__init__.py"


class Project:
    """A repository with a commit per change, and its environments."""

    def __init__(
        self,
        root: Path,
        changes: list[Mapping[str, str | None]],
        ours: str = "",
        more: Mapping[str, str] | None = None,
        **asv: object,
    ) -> None:
        first = {
            ".gitignore": "/.groundspeed/\n",
            "asv.conf.json": json.dumps({**DEFAULT, **asv}),
            "groundspeed.toml": ours,
            "benchmarks/__init__.py": "",
            "pyproject.toml": PYPROJECT,
            SOURCE: module(1),
        }
        commits = [CommitSpec(f"{at}", dict(change)) for at, change in enumerate(changes)]
        commits[0] = CommitSpec("first", {**first, **commits[0].files})
        self.root = root
        self.hashes = make_repository(root, commits)
        self.configuration = config.load(root)
        outer = {**os.environ, **offline_environment(), **(more or {})}
        self.environments = Environments(self.configuration, outer)

    @property
    def environment(self) -> Environment:
        (found,) = self.environments.matrix()
        return found

    def prepare(self, at: int = 0) -> Prepared:
        made = self.environments.prepare(self.hashes[at], self.environment)
        assert isinstance(made, Prepared), made
        return made

    def failure(self, at: int = 0) -> str:
        made = self.environments.prepare(self.hashes[at], self.environment)
        assert isinstance(made, Failed), made
        assert made.kind is FailureKind.NOT_BUILT
        return made.text

    def stock(self) -> cache.Stock:
        return cache.stock(self.configuration.workspace)


def run(prepared: Prepared, code: str) -> str:
    done = subprocess.run(
        [prepared.python, "-c", code],
        env=dict(prepared.variables),
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


# --- one build a content ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """First; a note beside the code; the note taken back; a version bump; other code; broken."""
    return Project(
        tmp_path_factory.mktemp("history"),
        [
            {},
            {"NOTES.md": "hello"},
            {"NOTES.md": None},
            {"pyproject.toml": PYPROJECT.replace('"0"', '"1"')},
            {SOURCE: module(2)},
            {"pyproject.toml": BROKEN_PYPROJECT},
        ],
    )


@pytest.fixture(scope="module")
def made(history: Project) -> dict[int, Prepared | Failed]:
    """All of them, made at once."""
    environment = history.environment
    wanted = [(commit, environment) for commit in (*history.hashes, history.hashes[0])]
    found = {made.commit: made.result for made in history.environments.prepare_many(wanted)}
    assert set(found) == set(history.hashes)
    return {at: found[commit] for at, commit in enumerate(history.hashes)}


def identity(made: Prepared | Failed) -> str:
    assert isinstance(made, Prepared), made
    assert made.identity is not None
    return made.identity


def test_environments_made_at_once_hold_each_its_own_commit(
    history: Project, made: dict[int, Prepared | Failed]
) -> None:
    for at, size in enumerate((1, 1, 1, 1, 2)):
        prepared = made[at]
        assert isinstance(prepared, Prepared), prepared
        assert prepared.commit == history.hashes[at]
        assert run(prepared, "import sample; print(sample.SIZE)") == str(size)
        assert prepared.dependencies[0] == f"python=={platform.python_version()}"
        assert ("sample==1" if at >= 3 else "sample==0") in prepared.dependencies
        assert prepared.variables["ASV_COMMIT"] == prepared.commit


def test_one_that_does_not_build_stops_none_of_the_others(made: dict[int, Prepared | Failed]) -> None:
    failed = made[5]
    assert isinstance(failed, Failed)
    assert "hatchling.nothing_of_the_kind" in failed.text


def test_what_was_built_alike_has_one_identity(made: dict[int, Prepared | Failed]) -> None:
    """Neither the note nor the version is in what runs; the code of the fifth is."""
    assert len({identity(made[at]) for at in range(4)}) == 1
    assert identity(made[4]) != identity(made[0])


def test_a_tree_is_built_once(history: Project, made: dict[int, Prepared | Failed]) -> None:
    keys = {one.commit: one.wheel for one in history.stock().environments}
    assert None not in keys.values()
    assert keys[history.hashes[0]] == keys[history.hashes[2]]
    assert history.stock().wheels == len(set(keys.values())) == 4


def test_another_process_takes_them_from_the_cache(
    history: Project, made: dict[int, Prepared | Failed]
) -> None:
    again = Environments(history.configuration, {**os.environ, **offline_environment()})
    first = made[0]
    assert isinstance(first, Prepared)
    inode = first.python.lstat().st_ino
    assert again.prepare(history.hashes[0], history.environment) == first
    assert first.python.lstat().st_ino == inode


def test_another_recipe_makes_them_anew(history: Project, made: dict[int, Prepared | Failed]) -> None:
    (history.root / "groundspeed.toml").write_text('[environment]\nignore = ["sample/__init__.py"]\n')
    try:
        outer = {**os.environ, **offline_environment()}
        again = Environments(config.load(history.root), outer)
        four, zero = (again.prepare(history.hashes[at], history.environment) for at in (4, 0))
    finally:
        (history.root / "groundspeed.toml").write_text("")
    assert identity(four) == identity(zero) != identity(made[4])


@pytest.mark.parametrize(
    ("install", "known"),
    [("{build_dir}", True), ("-e {build_dir}", True), ("{wheel_file} -e {conf_dir}/other", False)],
    ids=["folder", "editable", "beside something editable"],
)
def test_without_a_wheel_the_commits_tree_stands_in_or_nobody_knows(
    tmp_path: Path, install: str, known: bool
) -> None:
    other = {
        "other/pyproject.toml": SETUPTOOLS.replace("sample", "other"),
        "other/other.py": "",
    }
    project = Project(
        tmp_path,
        [{"pyproject.toml": SETUPTOOLS, **other}, {"a.txt": "a"}, {"a.txt": None}],
        install_command=[f"python -m pip install --no-build-isolation {install}"],
    )
    one, two, three = (project.prepare(at).identity for at in range(3))
    assert (one is not None) is known
    assert one == three
    assert not known or one != two
    assert run(project.prepare(), "import sample; print(sample.SIZE)") == "1"


def test_a_project_of_setuptools_that_needs_others_is_built(tmp_path: Path) -> None:
    """asv's own default leaves the wheels of dependencies beside the project's, and then gives up."""
    needs = SETUPTOOLS + 'dependencies = ["tomli-w"]\n'
    prepared = Project(tmp_path, [{"pyproject.toml": needs}]).prepare()
    assert run(prepared, "import sample, tomli_w; print(sample.SIZE)") == "1"


def test_what_the_matrix_pins_stays_pinned(tmp_path: Path) -> None:
    needs = PYPROJECT + 'dependencies = ["packaging"]\n'
    project = Project(tmp_path, [{"pyproject.toml": needs}], matrix={"req": {"packaging": ["26.3"]}})
    assert project.environment.name == "virtualenv-py3.11-packaging26.3"
    assert "packaging==26.3" in project.prepare().dependencies


def test_without_uv_virtualenv_and_pip_do_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolation, "find_uv", lambda: None)
    project = Project(tmp_path, [{}, {"a.txt": "a"}, {"a.txt": None}])
    (one, three) = (project.prepare(at) for at in (0, 2))
    assert run(one, "import sample; print(sample.SIZE)") == "1"
    assert identity(one) == identity(three)
    assert project.stock().wheels == 1


# --- the bounds of the cache --------------------------------------------------------------------


def test_what_a_session_uses_stays_until_it_is_released(tmp_path: Path) -> None:
    project = Project(tmp_path, [{}, {SOURCE: module(2)}], '[environment]\ncache_size = "1 KB"\n')
    prepared = [project.prepare(at) for at in (0, 1)]
    project.environments.sweep()
    assert len(project.stock().environments) == 2
    project.environments.release(prepared[0])
    project.environments.sweep()
    assert [one.commit for one in project.stock().environments] == [project.hashes[1]]
    project.environments.close()
    assert project.stock().total_bytes == 0


def test_leftovers_of_a_crash_are_swept_and_made_again(tmp_path: Path) -> None:
    project = Project(tmp_path, [{}])
    workspace = project.configuration.workspace
    prepared = project.prepare()
    ready = cache.environments_folder(workspace) / project.hashes[0][:12] / prepared.environment / cache.READY
    ready.unlink()
    project.environments.release(prepared)
    left = workspace / "worktrees" / "0a" / "virtualenv-py3.11"
    left.mkdir(parents=True)
    project.environments.sweep()
    assert not ready.parent.exists()
    assert not left.exists()
    assert run(project.prepare(), "import sample; print(sample.SIZE)") == "1"


# --- the working tree and installed environments ------------------------------------------------


def test_the_working_tree_is_measured_as_it_is(tmp_path: Path) -> None:
    project = Project(
        tmp_path, [{".gitignore": "/.groundspeed/\nsecret.py\n", "src/sample/old.py": "x = 1\n"}]
    )
    (tmp_path / SOURCE).write_text(module(7))
    (tmp_path / "src/sample/new.py").write_text("y = 2\n")
    (tmp_path / "src/sample/secret.py").write_text("z = 3\n")
    (tmp_path / "src/sample/old.py").unlink()
    with project.environments.worktree(project.environment, project.hashes[0]) as made:
        assert isinstance(made, Prepared), made
        assert made.commit == project.hashes[0]
        code = "import os, sample; print(sample.SIZE, *sorted(os.listdir(os.path.dirname(sample.__file__))))"
        assert run(made, code) == "7 __init__.py new.py"
        kept = made.python
        project.environments.sweep()
        assert kept.exists()
        first = made.identity
    assert not kept.exists()
    assert first is not None
    assert first != project.prepare().identity
    assert project.stock().wheels == 1, "a working tree's wheel is nobody else's"


def test_a_working_tree_that_does_not_build_says_so_and_may_be_tried_again(tmp_path: Path) -> None:
    project = Project(tmp_path, [{}])
    (tmp_path / "pyproject.toml").write_text(BROKEN_PYPROJECT)
    with project.environments.worktree(project.environment, project.hashes[0]) as made:
        assert isinstance(made, Failed)
    (tmp_path / "pyproject.toml").write_text(PYPROJECT)
    with project.environments.worktree(project.environment, project.hashes[0]) as made:
        assert isinstance(made, Prepared), made


def test_an_installed_environment_is_taken_as_it_is(tmp_path: Path) -> None:
    project = Project(tmp_path, [{}])
    prepared = project.environments.existing(Path(sys.executable), project.hashes[0])
    assert prepared.python == Path(sys.executable)
    assert prepared.environment == f"existing-py{platform.python_version().rpartition('.')[0]}"
    assert prepared.identity is None
    assert prepared.dependencies[0] == f"python=={platform.python_version()}"
    assert any(line.startswith("pytest==") for line in prepared.dependencies)
    assert prepared.variables["ASV_COMMIT"] == project.hashes[0]


def test_what_asks_an_old_interpreter_is_python_3_8() -> None:
    ast.parse(isolation.INVENTORY.read_text(encoding="utf-8"), feature_version=(3, 8))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("#!/bin/sh\nexit 3\n", "no Python that runs: name the interpreter"),
        ("#!/bin/sh\necho '[[3, 7], \"x\"]'\n", r"is Python 3\.7; measuring needs 3\.8 or newer"),
        ('#!/bin/sh\n[ "$1" = -c ] && echo \'[[3, 9], "x"]\' || exit 4\n', "cannot list what is installed"),
    ],
)
def test_what_cannot_be_measured_is_refused(tmp_path: Path, text: str, message: str) -> None:
    project = Project(tmp_path / "p", [{}])
    python = tmp_path / "python"
    python.write_text(text)
    python.chmod(0o755)
    with pytest.raises(ConfigError, match=message):
        project.environments.existing(python, project.hashes[0])


# --- what is not here ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("conda", r'"environment_type": "conda" needs the command conda, .* install Miniforge'),
        ("rattler", r"needs py-rattler beside groundspeed: python -m pip install py-rattler"),
        ("mamba", r'write "conda" or "rattler"'),
        ("uv", r"needs the command uv, .* python -m pip install uv"),
        ("pipenv", r"no environment can be made here: .*Unknown environment type 'pipenv'"),
    ],
)
def test_a_tool_that_is_missing_is_named_with_the_next_move(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, message: str
) -> None:
    monkeypatch.setattr(isolation, "find_uv", lambda: None)
    project = Project(tmp_path, [{}], environment_type=kind, more={"PATH": "/usr/bin:/bin", "CONDA_EXE": ""})
    with pytest.raises(ConfigError, match=message):
        project.environments.matrix()


def test_asvs_uv_environments_are_made_as_fast(tmp_path: Path) -> None:
    project = Project(tmp_path, [{}], environment_type="uv")
    assert project.environment.name == "uv-py3.11"
    assert run(project.prepare(), "import sample; print(sample.SIZE)") == "1"


def test_a_lost_network_says_what_to_do(tmp_path: Path) -> None:
    nobody = "http://127.0.0.1:9/simple"
    lost: dict[str, str] = {
        "UV_OFFLINE": "false",
        "UV_NO_INDEX": "false",
        "UV_FIND_LINKS": "",
        "UV_DEFAULT_INDEX": nobody,
        "UV_HTTP_RETRIES": "0",
        "PIP_NO_INDEX": "",
        "PIP_FIND_LINKS": "",
        "PIP_INDEX_URL": nobody,
        "PIP_RETRIES": "0",
    }
    text = Project(tmp_path, [{}], more=lost).failure()
    assert text.splitlines()[-1].startswith(
        "No package index or host could be reached: with the network back"
    )


# --- lock files ---------------------------------------------------------------------------------

Hashed = Callable[[str], str]


@pytest.fixture(scope="module")
def hashed() -> Hashed:
    """A line of a requirements file with the hash of the wheelhouse's own wheel."""
    folder = Path(offline_environment()["UV_FIND_LINKS"].removeprefix("file://"))

    def line(pattern: str) -> str:
        (wheel,) = folder.glob(f"{pattern}-*.whl")
        name, version = wheel.name.split("-")[:2]
        digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
        return f"{name}=={version} --hash=sha256:{digest}\n"

    return line


def test_a_lock_with_hashes_decides_what_is_installed(tmp_path: Path, hashed: Hashed) -> None:
    """Of the working tree for every commit; what the project asks for beyond it is not installed."""
    needs = PYPROJECT + 'dependencies = ["tomli-w", "shellingham"]\n'
    project = Project(tmp_path, [{"pyproject.toml": needs}], '[environment]\nlock = "locked.txt"\n')
    (tmp_path / "locked.txt").write_text(hashed("tomli_w"))
    dependencies = project.prepare().dependencies
    assert any(line.lower().startswith("tomli") for line in dependencies)
    assert not any(line.startswith("shellingham") for line in dependencies)


def test_another_lock_makes_another_environment(tmp_path: Path, hashed: Hashed) -> None:
    project = Project(tmp_path, [{}], '[environment]\nlock = "locked.txt"\n')
    (tmp_path / "locked.txt").write_text(hashed("tomli_w"))
    first = project.prepare()
    (tmp_path / "locked.txt").write_text(hashed("tomli_w") + hashed("shellingham"))
    second = project.prepare()
    assert identity(first) != identity(second)
    assert len(second.dependencies) == len(first.dependencies) + 1


def test_a_wrong_hash_is_a_build_that_failed(tmp_path: Path, hashed: Hashed) -> None:
    project = Project(tmp_path, [{}], '[environment]\nlock = "locked.txt"\n')
    (tmp_path / "locked.txt").write_text(hashed("tomli_w")[:-5] + "0000\n")
    assert "hash" in project.failure().lower()


def test_each_commits_own_lock_and_one_that_has_none(tmp_path: Path, hashed: Hashed) -> None:
    ours = '[environment]\nlock = "locked.txt"\nlock_from = "commit"\n'
    project = Project(tmp_path, [{}, {"locked.txt": hashed("tomli_w")}], ours)
    text = project.failure(0)
    assert "This commit has no locked.txt" in text
    assert text.endswith("Leave lock_from out to take the working tree's.")
    assert any(line.lower().startswith("tomli") for line in project.prepare(1).dependencies)


def uv_lock(root: Path, home: Path) -> None:
    uv = isolation.find_uv()
    assert uv is not None
    variables = {**os.environ, **offline_environment(), "UV_CACHE_DIR": str(home)}
    subprocess.run([uv, "lock", "--quiet"], cwd=root, env=variables, check=True)


def test_a_uv_lock_is_exported_and_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    needs = PYPROJECT + 'requires-python = ">=3.11"\ndependencies = ["tomli-w"]\n'
    root = tmp_path / "p"
    project = Project(root, [{"pyproject.toml": needs}], '[environment]\nlock = "uv.lock"\n')
    uv_lock(root, tmp_path / "cache")
    assert any(line.lower().startswith("tomli") for line in project.prepare().dependencies)
    monkeypatch.setattr(isolation, "find_uv", lambda: None)
    with pytest.raises(ConfigError, match=r"uv\.lock can be read by uv only, which is not here"):
        project.environments.matrix()


def test_a_lock_that_is_not_there_is_named(tmp_path: Path) -> None:
    project = Project(tmp_path, [{}], '[environment]\nlock = "requirements/locked.txt"\n')
    assert "requirements/locked.txt is not there" in project.failure()
