"""groundspeed compare as a user calls it: real commits, results of made values, and what can go wrong."""

from __future__ import annotations

import json
import shutil
import tarfile
from pathlib import Path

import pytest

from groundspeed.records import Case, Failed, FailureKind
from groundspeed.results.store import ResultStore
from tests.commands import groundspeed
from tests.inside import inside
from tests.readings import made
from tests.results_records import MACHINE, PY, T0, benchmark, build, measured, reading, run, session

ARCHIVE = Path(__file__).parents[2] / "shared" / "archives" / "numpy-bench"
NAMES = ("m.time_calm", "m.time_slow", "m.time_broken", "n.time_new", "n.track_count")
FACTORS = (0.995, 0.999, 1.001, 1.005)


def fill(root: Path, hashes: tuple[str, ...]) -> None:
    """One session over the first and the third commit of four: four processes of everything."""
    store = ResultStore(root / "results", MACHINE)
    suite = [benchmark(name, unit="calls" if "track" in name else "seconds") for name in NAMES]
    ends = {hashes[0]: 1.0, hashes[2]: 1.25}
    store.begin(session(1, suite, [PY], sorted(ends)))
    for commit, slow in ends.items():
        store.add(build(commit))
        for factor in FACTORS:
            store.add(run(case("m.time_calm"), measured(0.002 * factor), commit, at=T0))
            tail = (reading("p99", 0.01 * factor * slow),)
            store.add(run(case("m.time_slow"), measured(0.001 * slow * factor), commit, at=T0, metrics=tail))
            if slow > 1:
                store.add(run(case("n.time_new"), measured(0.1 * factor), commit, at=T0))
            else:
                store.add(run(case("m.time_broken"), measured(0.1 * factor), commit, at=T0))
        count = measured(7.0, number=None)
        store.add(run(case("n.track_count"), count, commit, at=T0))
        if slow > 1:
            failed = Failed(kind=FailureKind.RAISED, text="Traceback\nZeroDivisionError: division by zero")
            store.add(run(case("m.time_broken"), failed, commit, at=T0))
    store.close()


def case(name: str) -> Case:
    return Case(benchmark=name, params=())


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, tuple[str, ...]]:
    root = tmp_path_factory.mktemp("compared") / "project"
    root.mkdir()
    hashes = made(root, count=4)
    fill(root, hashes)
    return root, hashes


def test_what_changed_comes_first(project: tuple[Path, tuple[str, ...]]) -> None:
    root, hashes = project
    text = groundspeed(root, "compare", "HEAD~3", "HEAD~1", code=1).stdout
    assert text.splitlines()[0] == "2 slower, 0 faster, 2 same, 0 inconclusive; 1 broken, 1 new"
    assert text.splitlines()[1].startswith(f"base  HEAD~3 = {hashes[0][:8]}  ")
    assert "×1.250" in text
    assert "1.00 ms → 1.25 ms (+250 µs)  4+4 processes, one session" in text
    assert "m.time_broken: raised at head: Traceback" not in text
    assert "  m.time_broken: ZeroDivisionError: division by zero" in text
    assert "Not shown: 2 same. --all shows them." in text
    assert max(map(len, text.splitlines())) <= 100


def test_json_is_strict_and_has_every_row(project: tuple[Path, tuple[str, ...]]) -> None:
    root, hashes = project
    done = groundspeed(
        root, "compare", hashes[0], hashes[2][:6], "--only-changed", "--format", "json", code=1
    )
    page = json.loads(done.stdout, parse_constant=pytest.fail)
    assert (page["schema"], page["version"], page["machine"]) == ("groundspeed-compare", 1, "box")
    assert len(page["rows"]) == 6
    (slow,) = [row for row in page["rows"] if row["benchmark"] == "m.time_slow" and not row["metric"]]
    assert slow["verdict"] == "slower"
    assert slow["ratio"]["centre"] == pytest.approx(1.25)
    assert slow["evidence"]["base_processes"] == 4


@pytest.mark.parametrize(
    ("options", "code", "first"),
    [
        (("--bench", "calm|count"), 0, "0 slower, 0 faster, 2 same, 0 inconclusive"),
        (("--bench", "slow", "--tolerance", "40%"), 0, "0 slower, 0 faster, 2 same, 0 inconclusive"),
        (("--metric", "p99"), 1, "1 slower, 0 faster, 0 same, 0 inconclusive"),
        (("--metric", "main", "--bench", "slow"), 1, "1 slower, 0 faster, 0 same, 0 inconclusive"),
        (("--bench", "slow", "--tolerance", "24.9%"), 4, "0 slower, 0 faster, 0 same, 2 inconclusive"),
        (("--bench", "new"), 3, "0 slower, 0 faster, 0 same, 0 inconclusive; 1 new"),
        (("--environment", PY.name, "--bench", "calm"), 0, "0 slower, 0 faster, 1 same, 0 inconclusive"),
    ],
)
def test_what_is_asked_for_and_how_it_ends(
    project: tuple[Path, tuple[str, ...]], options: tuple[str, ...], code: int, first: str
) -> None:
    root, _ = project
    if "new" in options:  # base has nothing that fits
        assert "None of the" in inside(root, "compare", "HEAD~3", "HEAD~1", *options, code=code).stderr
        return
    text = inside(root, "compare", "HEAD~3", "HEAD~1", *options, code=code).stdout
    assert text.splitlines()[0] == first


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("HEAD~3", "HEAD"), 3, "Measured nearby: "),
        (("HEAD~3", "nosuch"), 2, '"nosuch" names no commit'),
        (("HEAD~3", "HEAD~1", "--bench", "("), 2, "is no regular expression"),
        (("HEAD~3", "HEAD~1", "--bench", "zzz"), 3, "Change --bench, --environment or --metric"),
        (("HEAD~3", "HEAD~1", "--machine", "giant"), 3, "There are no results of a machine giant"),
        (("HEAD~3", "HEAD~1", "--tolerance", "fast"), 2, "--tolerance"),
        (("HEAD~3", "HEAD~1", "--all", "--only-changed"), 2, "they exclude each other"),
    ],
)
def test_what_cannot_be_answered_is_said_in_a_sentence(
    project: tuple[Path, tuple[str, ...]], arguments: tuple[str, ...], code: int, said: str
) -> None:
    root, _ = project
    done = inside(root, "compare", *arguments, code=code)
    assert said in done.stderr
    assert done.stdout == ""


def test_it_works_without_git(project: tuple[Path, tuple[str, ...]], tmp_path: Path) -> None:
    root, hashes = project
    shutil.copytree(root, tmp_path / "copy", ignore=shutil.ignore_patterns(".git", ".groundspeed"))
    done = inside(tmp_path / "copy", "compare", hashes[0][:8], hashes[2], code=1)
    assert "2 slower" in done.stdout
    assert "by their dates" in done.stderr


def test_there_may_be_no_results_and_broken_ones(
    project: tuple[Path, tuple[str, ...]], tmp_path: Path
) -> None:
    root, hashes = project
    empty = tmp_path / "empty"
    empty.mkdir()
    made(empty)
    assert "There are no results" in inside(empty, "compare", "HEAD~1", "HEAD", code=3).stderr
    broken = tmp_path / "broken"
    shutil.copytree(root, broken, ignore=shutil.ignore_patterns(".groundspeed"))
    (broken / "results" / "box" / f"{hashes[1][:8]}-{PY.name}.json").write_text("{", encoding="utf-8")
    done = inside(broken, "compare", "HEAD~3", "HEAD~1", code=1)
    assert "2 slower" in done.stdout
    assert hashes[1][:8] in done.stderr


@pytest.mark.archive
@pytest.mark.skipif(not ARCHIVE.exists(), reason="the archive is not here")
def test_an_archive_of_asv_is_compared_by_its_intervals(tmp_path: Path) -> None:
    """Two commits of numpy, three days apart, one of which brought vectorised sines and cosines."""
    root = tmp_path / "numpy"
    with tarfile.open(ARCHIVE / "results.tar.xz") as file:
        file.extractall(root, filter=_wanted)  # a list of the members would unpack all of it twice
    (results,) = {path.parent for path in root.rglob("benchmarks.json")}
    configuration = {"version": 1, "repo": ".", "branches": ["main"], "results_dir": str(results)}
    (root / "asv.conf.json").write_text(json.dumps(configuration), encoding="utf-8")
    text = inside(root, "compare", "5de64de6", "aca2d10c", "--machine", "i7").stdout
    assert "No samples were kept: this is told, cautiously, from stored intervals." in text
    assert text.startswith("0 slower, ")
    assert "bench_ufunc_strides.Unary.time_ufunc('sin', 2, 4, 'f')" in text


def _wanted(one: tarfile.TarInfo, place: str) -> tarfile.TarInfo | None:
    wanted = ("5de64de6", "aca2d10c", "benchmarks.json", "machine.json")
    return tarfile.data_filter(one, place) if one.name.rpartition("/")[2].startswith(wanted) else None
