"""Configuration: what is wrong is named with its file, its path and the nearest right word."""

from pathlib import Path

import pytest

from groundspeed import config
from groundspeed.errors import ConfigError


def project(root: Path, asv: str = '{"version": 1, "repo": "."}', ours: str | None = None) -> Path:
    (root / "asv.conf.json").write_text(asv)
    if ours is not None:
        (root / "groundspeed.toml").write_text(ours)
    return root


def test_defaults_are_asvs(tmp_path: Path) -> None:
    suite = config.load(project(tmp_path)).suite
    assert suite.repo == str(tmp_path)
    assert suite.results_dir == tmp_path / "results"
    assert suite.branches == ()
    assert suite.environment_type == "virtualenv"
    assert suite.default_benchmark_timeout_s == 60.0


def test_comments_and_trailing_commas_are_allowed_and_unknown_keys_kept(tmp_path: Path) -> None:
    loaded = config.load(
        project(tmp_path, '{\n// who\n"repo": "..", "brnaches": ["x"], "branches": [null,],}')
    )
    assert loaded.suite.repo == str(tmp_path.parent)
    assert loaded.suite.raw["brnaches"] == ["x"]
    assert loaded.suite.branches == ()
    (warning,) = loaded.warnings
    assert 'unknown key "brnaches" (did you mean "branches"?)' in warning


def test_it_is_found_from_a_folder_below(tmp_path: Path) -> None:
    below = project(tmp_path) / "a" / "b"
    below.mkdir(parents=True)
    assert config.load(below).suite.path == tmp_path / "asv.conf.json"


def test_a_remote_repository_lies_under_the_projects_name(tmp_path: Path) -> None:
    suite = config.load(project(tmp_path, '{"repo": "https://example.org/x.git", "project": "x"}')).suite
    assert suite.is_remote
    assert suite.repo_path == tmp_path / "x"


@pytest.mark.parametrize(
    ("asv", "message"),
    [
        ("{", "asv.conf.json cannot be read"),
        ("[]", "must hold one JSON object, not a list"),
        ("{}", '"repo" is missing'),
        ('{"repo": 3}', '"repo" must be a text, not a whole number'),
        ('{"repo": ".", "branches": ["a", 1]}', r'"branches\[1\]" must be a text'),
        ('{"repo": ".", "branches": "main"}', '"branches" must be a list, not a text'),
        ('{"repo": ".", "dvcs": "hg"}', "Mercurial is not supported"),
    ],
)
def test_asvs_file_with_a_fault(tmp_path: Path, asv: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        config.load(project(tmp_path, asv))


@pytest.mark.parametrize(
    ("ours", "message"),
    [
        ("x", "groundspeed.toml cannot be read"),
        ("[machine.a]", r'unknown key "machine" \(did you mean "machines"\?\)'),
        ('[machines.a]\nrma = "1 GB"', r'unknown key "machines.a.rma" \(did you mean "ram"\?\)'),
        ('[machines.a]\nram = "much"', "\"machines.a.ram\": 'much' is not"),
        ("[machines.a]\nram = 64", '"machines.a.ram" must be a text, not a whole number'),
        ("[machines.a]\ncores = true", '"machines.a.cores" must be a whole number, not true or false'),
        ("machines = 3", '"machines" must be a table'),
        ('[machines."../b"]', "usable as the name of a folder"),
        ('[run]\nlaunch = "frok"', '"run.launch" must be one of auto, fork, spawn'),
        ('[nightly]\ncases = "x"', '"nightly.cases" must be a list'),
        ('[nightly]\nresults_branch = "a"\npage_branch = "a"', "nightly.results_branch are both 'a'"),
        ('[environment]\nlocks = "a"', r'unknown key "environment.locks" \(did you mean "lock"\?\)'),
        ('[environment]\nlock = "poetry.toml"', '"environment.lock" must name a uv.lock or a requirements'),
        ('[environment]\nlock_from = "head"', '"environment.lock_from" must be one of tree, commit'),
        ('[environment]\ncache_size = "30 days"', "\"environment.cache_size\": '30 days' is not a size"),
        ('[environment]\ncache_age = "5 GB"', "\"environment.cache_age\": '5 GB' is not a time"),
        ("[environment]\ncache_age = 30", '"environment.cache_age" must be a text, not a whole number'),
    ],
)
def test_our_file_with_a_fault(tmp_path: Path, ours: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        config.load(project(tmp_path, ours=ours))


def test_a_profile_is_read_with_units(tmp_path: Path) -> None:
    loaded = config.load(
        project(tmp_path, ours='[machines.box]\nram = "64 GB"\ncores = 16\ngpu = "RTX 5090"')
    )
    profile = loaded.project.machines["box"]
    assert profile.ram_bytes == 64_000_000_000
    assert profile.cores_physical == 16
    assert profile.gpu == "RTX 5090"
    assert profile.cpu is None


def test_the_bounds_of_the_cache_are_read_with_units(tmp_path: Path) -> None:
    given = '[environment]\ncache_size = "20 GB"\ncache_age = "2 weeks"\nignore = ["a.txt"]'
    environment = config.load(project(tmp_path, ours=given)).project.environment
    assert (environment.cache_bytes, environment.cache_age_s) == (20_000_000_000, 14 * 86_400)
    assert (environment.ignored, environment.lock, environment.lock_from) == (("a.txt",), None, "tree")
    other = tmp_path / "other"
    other.mkdir()
    defaults = config.load(project(other)).project.environment
    assert (defaults.cache_bytes, defaults.cache_age_s) == (10_000_000_000, 30 * 86_400)


def test_pyproject_may_hold_it_but_not_beside_the_file(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.groundspeed.run]\nlaunch = "spawn"\n')
    assert config.load(project(tmp_path)).project.launch == "spawn"
    with pytest.raises(ConfigError, match="keep one of them"):
        config.load(project(tmp_path, ours=""))


def test_no_configuration_names_the_next_move(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"No asv\.conf\.json in"):
        config.load(tmp_path)


def test_two_spellings_of_the_file_are_one_too_many(tmp_path: Path) -> None:
    project(tmp_path)
    (tmp_path / "asv.conf.jsonc").write_text("{}")
    with pytest.raises(ConfigError, match="keep one of them"):
        config.load(tmp_path)
