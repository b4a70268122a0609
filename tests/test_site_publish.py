from __future__ import annotations

import errno
import hashlib
import itertools
import json
import math
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from groundspeed.errors import GroundspeedError, LockedError, StorageError
from groundspeed.records import Commit
from groundspeed.results import atomic
from groundspeed.site.folder import MARKER, SiteFolder
from groundspeed.site.pieces.moments import PER
from groundspeed.site.publish import MANIFEST, Published, publish
from tests.site_archives import (
    COUNT,
    HOSTILE,
    PROJECT,
    benchmark,
    carried_archive,
    commit_hash,
    known,
    series,
    small_archive,
    subject,
)
from tests.site_shards import decode

# sha256 of the files of npm's uplot@1.6.32
UPLOT = {
    "uPlot.iife.min.js": "19c8d4c6ad88929a79f4ae49d6f7161566dfd0ba3d15cc495e974f787eb78f1f",
    "uPlot.min.css": "df630c6a8d6f8eeaff264b50f73ce5b114f646ffd9a0bb74f049b0a00135fa04",
    "LICENSE": "8f989229699b4fe2f1a0432d0e9edc338a8a911e250e2d1b01ecd770a5f5b1bd",
}


def publish_small(html_dir: Path, *, count: int = COUNT, force: bool = False) -> Published:
    return publish(subject(small_archive(count), known(count)), html_dir, force=force)


def snapshot(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def strict(content: bytes) -> Any:
    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is not JSON")

    return json.loads(content, parse_constant=refuse)


def whole_site(folder: Path) -> dict[str, bytes]:
    """Everything that a reader of the manifest fetches; fails when a piece is missing."""
    files = snapshot(folder)
    manifest = strict(files[MANIFEST])
    index = strict(files[manifest["files"]["index"]])
    named = [*manifest["files"].values(), *(entry["shard"] for entry in index["benchmarks"])]
    page = [f"{manifest['app']}{name}" for name in ("main.js", "style.css", "vendor/uplot/uPlot.iife.min.js")]
    assert {"index.html", "boot.js"} <= files.keys()
    reached = {name: files[name] for name in (MANIFEST, *named, *page)}
    for name in named:
        if name.endswith(".bin"):
            decode(files[name])
        else:
            strict(files[name])
    return reached


def test_the_same_input_gives_the_same_bytes_whatever_the_order_it_was_read_in(tmp_path: Path) -> None:
    archive = small_archive()
    turned = replace(
        archive, series=archive.series[::-1], machines=dict(reversed([*archive.machines.items()]))
    )
    publish(subject(archive), tmp_path / "one")
    publish(subject(turned, dict(reversed(known().items()))), tmp_path / "two")
    assert snapshot(tmp_path / "one") == snapshot(tmp_path / "two")


def test_what_is_published_is_whole_and_counted(tmp_path: Path) -> None:
    published = publish_small(tmp_path)
    files = snapshot(tmp_path)
    assert whole_site(tmp_path)
    assert set(published.written) == files.keys() - {MARKER}
    assert published.bytes == sum(len(content) for name, content in files.items() if name != MARKER)
    assert (published.kept, published.removed) == ((), ())
    assert (published.benchmarks, published.series, published.commits) == (7, 19, COUNT)
    assert published.written[-1] == MANIFEST


def test_nothing_is_written_twice(tmp_path: Path) -> None:
    publish_small(tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    published = publish_small(tmp_path)
    assert (published.written, published.removed) == ((), ())
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_only_the_shard_of_a_changed_benchmark_is_written_and_the_old_one_swept(tmp_path: Path) -> None:
    publish_small(tmp_path)
    archive = small_archive()
    first, *others = archive.series
    changed = replace(archive, series=(replace(first, values=first.values * 2), *others))
    published = publish(subject(changed), tmp_path)
    for touched in (published.written, published.removed):
        assert [name.partition("-")[0] for name in touched].count("data/benchmark") == 1
    assert published.written[-1] == MANIFEST
    assert whole_site(tmp_path)


def test_a_shard_that_somebody_damaged_is_written_again(tmp_path: Path) -> None:
    publish_small(tmp_path)
    shard = next(tmp_path.glob("data/benchmark-*"))
    content = shard.read_bytes()
    shard.write_bytes(content[::-1])
    assert publish_small(tmp_path).written == (shard.relative_to(tmp_path).as_posix(),)
    assert shard.read_bytes() == content


def test_a_site_that_grew_is_to_the_byte_the_one_that_is_published_at_once(tmp_path: Path) -> None:
    """What stands there is kept only where it is what would be made anew."""
    whole = small_archive()
    first, *others = whole.series
    mended = replace(
        whole, series=(replace(first, values=first.values * [2.0, *[1.0] * (first.values.size - 1)]), *others)
    )
    archives = [small_archive(2 * PER - 4), whole, mended, carried_archive()]
    for number, archive in enumerate(archives):
        publish(subject(archive), tmp_path / "grown")
        publish(subject(archive), tmp_path / f"{number}")
        assert snapshot(tmp_path / "grown") == snapshot(tmp_path / f"{number}"), number


# --- crashes -----------------------------------------------------------------------------------


class PowerCutError(BaseException):
    """Nobody catches it, nobody cleans up."""


def cut_at(call: int, real: Callable[..., None]) -> Callable[..., None]:
    """``real``, until the power is cut in place of call number ``call``."""
    calls = itertools.count()

    def perform(*arguments: Any, **named: Any) -> None:
        if next(calls) == call:
            raise PowerCutError
        real(*arguments, **named)

    return perform


def republish_with_cut(html_dir: Path, call: int, owner: Any, name: str) -> bool:
    """Publish more commits over the site; whether it came to its end."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(owner, name, cut_at(call, getattr(owner, name)))
        try:
            publish_small(html_dir, count=25)
        except PowerCutError:
            return False
    return True


def test_a_crash_before_any_write_leaves_the_old_site_whole(tmp_path: Path) -> None:
    publish_small(tmp_path / "old", count=20)
    old = whole_site(tmp_path / "old")
    for call in itertools.count():
        html_dir = Path(shutil.copytree(tmp_path / "old", tmp_path / str(call)))
        if republish_with_cut(html_dir, call, atomic, "replace_bytes"):
            break
        assert whole_site(html_dir) == old
    shutil.copytree(tmp_path / "old", tmp_path / "whole")
    assert call == len(publish_small(tmp_path / "whole", count=25).written)
    assert whole_site(html_dir) != old


def test_a_crash_while_sweeping_leaves_the_new_site_whole_and_the_next_one_sweeps(tmp_path: Path) -> None:
    publish_small(tmp_path / "old", count=20)
    publish_small(tmp_path / "new", count=25)
    old, new = whole_site(tmp_path / "old"), whole_site(tmp_path / "new")
    met = []
    for call in itertools.count():
        html_dir = Path(shutil.copytree(tmp_path / "old", tmp_path / str(call)))
        if republish_with_cut(html_dir, call, Path, "unlink"):
            break
        met.append([old, new].index(whole_site(html_dir)))
        publish_small(html_dir, count=25)
        assert snapshot(html_dir) == snapshot(tmp_path / "new")
    assert met == sorted(met)
    assert met.count(1) >= 9  # nine files are swept, so that many cuts meet the new site


KILLED = """
import itertools, os, signal, sys
from pathlib import Path
from groundspeed.results import atomic
from tests.test_site_publish import publish_small

calls, real = itertools.count(), Path.replace
def replace(self, target):
    if next(calls) == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)
    return real(self, target)
Path.replace = replace
publish_small(Path(sys.argv[1]), count=25)
"""


@pytest.mark.parametrize("call", [0, 5, 9])
def test_kill_9_between_a_file_and_its_name_leaves_the_old_site_whole(tmp_path: Path, call: int) -> None:
    publish_small(tmp_path, count=20)
    old = whole_site(tmp_path)
    command = [sys.executable, "-c", KILLED, str(tmp_path), str(call)]
    killed = subprocess.run(command, cwd=Path(__file__).parent.parent, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert whole_site(tmp_path) == old
    publish_small(tmp_path, count=25)
    publish_small(tmp_path.with_name("fresh"), count=25)
    assert snapshot(tmp_path) == snapshot(tmp_path.with_name("fresh"))


SHARED = """
import itertools, os, signal, sys
from pathlib import Path
from groundspeed import parallel
from groundspeed.site import publish
from tests.test_site_publish import publish_small

here, calls, real = os.getpid(), itertools.count(), Path.replace
def replace(self, target):
    if sys.argv[2] == ("parent" if os.getpid() == here else "child") and next(calls) == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(self, target)
Path.replace, parallel.processes, publish.WORTH_VALUES = replace, lambda: 2, 0
publish_small(Path(sys.argv[1]), count=25)
"""


@pytest.mark.parametrize(("who", "code"), [("child", 0), ("parent", -signal.SIGKILL), ("nobody", 0)])
def test_of_two_processes_that_write_either_may_be_killed(tmp_path: Path, who: str, code: int) -> None:
    publish_small(tmp_path, count=20)
    publish_small(tmp_path.with_name("fresh"), count=25)
    old, fresh = whole_site(tmp_path), snapshot(tmp_path.with_name("fresh"))
    command = [sys.executable, "-c", SHARED, str(tmp_path), who]
    # what they print is read until both have ended
    done = subprocess.run(command, cwd=Path(__file__).parent.parent, check=False, capture_output=True)
    assert done.returncode == code
    if code:
        assert whole_site(tmp_path) == old
        publish_small(tmp_path, count=25)
    assert snapshot(tmp_path) == fresh


def test_a_full_disk_is_said_and_leaves_the_old_site_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_small(tmp_path, count=20)
    old = snapshot(tmp_path)

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError, match="No space left"):
        publish_small(tmp_path)
    assert snapshot(tmp_path) == old


# --- whose folder ------------------------------------------------------------------------------


def test_a_folder_of_somebody_else_is_refused_and_not_touched(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("asv's")
    with pytest.raises(GroundspeedError, match="--force"):
        publish_small(tmp_path)
    assert snapshot(tmp_path) == {"index.html": b"asv's"}


def test_forced_into_such_a_folder_it_leaves_the_stranger_s_files(tmp_path: Path) -> None:
    theirs = [
        "CNAME",
        "data/table-0123456789abcdef.csv",
        "app/notes.txt",
        "graphs/data-0123456789abcdef.json",
    ]
    for name in theirs:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("theirs")
    publish_small(tmp_path, force=True)
    publish_small(tmp_path, count=20)  # from now on it is ours
    assert whole_site(tmp_path)
    assert {(tmp_path / name).read_text() for name in theirs} == {"theirs"}


def test_an_empty_folder_is_anybody_s(tmp_path: Path) -> None:
    publish_small(tmp_path)
    assert whole_site(tmp_path)


def test_two_at_once_the_second_says_so(tmp_path: Path) -> None:
    with SiteFolder.claim(tmp_path, force=False), pytest.raises(LockedError, match="Another groundspeed"):
        publish_small(tmp_path)


def test_a_file_where_the_folder_should_be_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "html").write_text("mine")
    for place in (tmp_path / "html", tmp_path / "html" / "below"):
        with pytest.raises(StorageError, match="a file is in the way"):
            publish_small(place)
    assert (tmp_path / "html").read_text() == "mine"


def test_a_page_of_another_version_is_swept_with_its_folder(tmp_path: Path) -> None:
    publish_small(tmp_path)
    old = tmp_path / "app" / ("0" * 16)
    (old / "vendor").mkdir(parents=True)
    (old / "vendor" / "chart.js").write_text("")
    assert publish_small(tmp_path).removed == (f"app/{'0' * 16}/vendor/chart.js",)
    assert len(list((tmp_path / "app").iterdir())) == 1


# --- what is said ------------------------------------------------------------------------------


def test_what_was_carried_over_is_in_the_history_and_not_counted(tmp_path: Path) -> None:
    published = publish(subject(carried_archive()), tmp_path)
    files = snapshot_of(published)
    manifest = strict(files[MANIFEST])
    commits = strict(files[manifest["files"]["commits"]])
    assert commits["hash"] == [commit_hash(place) for place in range(COUNT)]
    assert commits["subject"][13] == "Change number 13"
    assert (published.commits, manifest["counts"]["commits"]) == (COUNT - 3, COUNT - 3)


def test_without_carried_over_measurements_no_byte_speaks_of_them(tmp_path: Path) -> None:
    data = {name: text for name, text in snapshot_of(publish_small(tmp_path)).items() if "data/" in name}
    assert data
    assert not [name for name, text in data.items() if b"carried" in text]


def test_a_case_without_the_size_is_listed_with_the_parameters_it_has(tmp_path: Path) -> None:
    sizes = ("1", "10")
    rows = (
        *(series("grow.time_it", [1.0], params=(size, "'x'")) for size in sizes),
        series("grow.time_it", [math.nan], params=("'x'",), metric="exponent", failures={0: "too few sizes"}),
    )
    suite = (
        benchmark("grow.time_it", params={"n": sizes, "kind": ("'x'",)}),
        benchmark("grow.time_it@exponent", params={"kind": ("'x'",)}),
    )
    archive = replace(small_archive(), series=rows, benchmarks={one.name: one for one in suite})
    files = snapshot_of(publish(subject(archive), tmp_path))
    index = strict(files[strict(files[MANIFEST])["files"]["index"]])
    assert index["benchmarks"][0]["params"] == [["1", "10"], ["'x'"]]
    assert index["benchmarks"][0]["listed"] == [[None, 0], [0, 0], [1, 0]]


def test_commits_that_left_the_branch_stay_without_a_subject(tmp_path: Path) -> None:
    files = snapshot_of(publish_small(tmp_path))
    commits = strict(files[strict(files[MANIFEST])["files"]["commits"]])
    assert commits["hash"] == [commit_hash(place) for place in range(COUNT)]
    assert commits["subject"][COUNT - 2 :] == [None, f"Change number {COUNT - 1}"]
    assert commits["tags"] == {"10": ["v1.0"]}


def test_the_document_s_policy_is_strict_and_its_name_escaped(tmp_path: Path) -> None:
    project = replace(PROJECT, name=HOSTILE)
    published = publish(replace(subject(small_archive(), {}), project=project), tmp_path)
    page = snapshot_of(published)["index.html"].decode()
    assert "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'" in page
    assert "unsafe" not in page
    assert "<img" not in page
    assert "{{" not in page


def test_the_chart_s_code_is_uplot_1_6_32_as_npm_has_it_with_its_licence(tmp_path: Path) -> None:
    files = snapshot_of(publish_small(tmp_path))
    folder = f"{strict(files[MANIFEST])['app']}vendor/uplot/"
    digests = {name: hashlib.sha256(files[folder + name]).hexdigest() for name in UPLOT}
    assert digests == UPLOT


def test_without_the_repository_everything_is_published(tmp_path: Path) -> None:
    nothing: Mapping[str, Commit] = {}
    assert publish(subject(small_archive(), nothing), tmp_path).commits == COUNT


def snapshot_of(published: Published) -> dict[str, bytes]:
    return snapshot(published.html_dir)
