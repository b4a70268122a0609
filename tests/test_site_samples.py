"""The samples of a commit on the site: which are published, how many, and when nothing is read at all."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundspeed.records import SeriesKey
from groundspeed.results.index import Processes, Samples
from groundspeed.site.answers import Answers
from groundspeed.site.folder import SiteFolder
from groundspeed.site.pieces import samples as piece
from groundspeed.site.pieces.samples import put_samples, thinned
from groundspeed.site.subject import Subject
from tests.site_archives import COUNT, commit_hash, small_archive, subject

Given = Mapping[int, Sequence[Sequence[float]]]  # by place in history, the samples of each process


@dataclasses.dataclass
class Made:
    """One series with processes at some commits; counts how often its samples were asked for."""

    given: Given
    key: SeriesKey
    asked: list[set[str]] = dataclasses.field(default_factory=list)
    machines: tuple[str, ...] = ("camel", "oryx")

    def _flat(self, machine: str) -> list[tuple[int, Sequence[float]]]:
        return [(place, run) for place, runs in self.given.items() for run in runs if machine == "camel"]

    def processes(self, machine: str) -> Processes:
        rows = self._flat(machine)
        places = list(self.given) if machine == "camel" else []
        return Processes(
            keys=(self.key,),
            commits=tuple(commit_hash(place) for place in places),
            sessions=("s1",),
            series=np.zeros(len(rows), np.int32),
            commit=np.array([places.index(place) for place, _ in rows], np.int32),
            session=np.zeros(len(rows), np.int32),
            started_at_s=np.zeros(len(rows)),
            medians=np.array([float(np.median(run)) for _, run in rows]),
            counts=np.array([len(run) for _, run in rows], np.int32),
            quick=np.zeros(len(rows), np.bool_),
        )

    def samples(self, machine: str, commits: AbstractSet[str]) -> Samples:
        self.asked.append(set(commits))
        rows = [(place, run) for place, run in self._flat(machine) if commit_hash(place) in commits]
        places = sorted({place for place, _ in rows})
        return Samples(
            keys=(self.key,),
            commits=tuple(commit_hash(place) for place in places),
            sessions=("s1",),
            series=np.zeros(len(rows), np.int32),
            commit=np.array([places.index(place) for place, _ in rows], np.int32),
            session=np.zeros(len(rows), np.int32),
            quick=np.zeros(len(rows), np.bool_),
            bounds=np.cumsum([0, *(len(run) for _, run in rows)]),
            values=np.array([value for _, run in rows for value in run]),
        )


def sampled_subject(made: Made) -> Subject:
    return dataclasses.replace(subject(small_archive()), answers=Answers(sampled=made))


def made(given: Given) -> Made:
    return Made(given=given, key=small_archive().series[0].key)


def put(html_dir: Path, source: Made) -> tuple[SiteFolder, dict[str, Any]]:
    with SiteFolder.claim(html_dir, force=False) as folder:
        name = put_samples(folder, sampled_subject(source))
        (html_dir / "app").mkdir(exist_ok=True)  # the page's own folder, which a sweep looks into
        folder.sweep()
    assert name
    return folder, json.loads((html_dir / name).read_text())


def test_a_commit_has_a_file_with_the_sorted_samples_of_each_process(tmp_path: Path) -> None:
    _, contents = put(tmp_path, made({3: [[3.0, 1.0, 2.00049], [5.0, 4.0]]}))
    assert list(contents["machines"]) == ["camel"]  # oryx has no session
    spread = json.loads((tmp_path / contents["machines"]["camel"][commit_hash(3)]["file"]).read_text())
    (series,) = spread["series"]
    assert (series["benchmark"], series["params"], series["metric"]) == ("walk.Desert.time_cross", [], "")
    assert series["processes"] == [
        {"session": "s1", "n": 3, "values": [1.0, 2.0, 3.0]},  # four significant digits
        {"session": "s1", "n": 2, "values": [4.0, 5.0]},
    ]


def test_a_site_without_samples_has_no_such_piece(tmp_path: Path) -> None:
    with SiteFolder.claim(tmp_path, force=False) as folder:
        assert put_samples(folder, subject(small_archive())) is None
        assert put_samples(folder, sampled_subject(made({}))) is None


def test_only_what_changed_is_read_and_written(tmp_path: Path) -> None:
    before = {place: [[1.0, place]] for place in (1, 2, 3)}
    put(tmp_path, made(before))
    same = made(before)
    folder, _ = put(tmp_path, same)
    assert (same.asked, folder.written, len(folder.kept), folder.removed) == ([], [], 4, [])
    grown = made({**before, 2: [[1.0, 2.0], [3.0]], 4: [[4.0]]})  # one more process, one more commit
    folder, contents = put(tmp_path, grown)
    assert grown.asked == [{commit_hash(2), commit_hash(4)}]
    assert len(folder.written) == 3  # two files and the contents
    assert len(folder.removed) == 2  # what commit 2 was, and the old contents
    assert set(contents["machines"]["camel"]) == {commit_hash(place) for place in (1, 2, 3, 4)}


def test_a_file_that_is_gone_is_made_again(tmp_path: Path) -> None:
    _, contents = put(tmp_path, made({1: [[1.0]], 2: [[2.0]]}))
    (tmp_path / contents["machines"]["camel"][commit_hash(1)]["file"]).unlink()
    again = made({1: [[1.0]], 2: [[2.0]]})
    put(tmp_path, again)
    assert again.asked == [{commit_hash(1)}]


@pytest.mark.parametrize("content", [b"", b"[]", b'{"machines": 3}', b'{"machines": {"camel": {"x": 1}}}'])
def test_contents_that_are_broken_name_nothing(tmp_path: Path, content: bytes) -> None:
    with SiteFolder.claim(tmp_path, force=False):
        (tmp_path / "data").mkdir()
        (tmp_path / "data" / "samples-0123456789abcdef.json").write_bytes(content)
    source = made({1: [[1.0]]})
    put(tmp_path, source)
    assert source.asked == [{commit_hash(1)}]


def test_the_newest_commits_alone_are_published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(piece, "COMMITS_AT_MOST", 3)
    _, contents = put(tmp_path, made({place: [[1.0]] for place in range(COUNT)}))
    assert set(contents["machines"]["camel"]) == {commit_hash(COUNT - back) for back in (1, 2, 3)}


def test_many_processes_share_the_room_of_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(piece, "FILE_AT_MOST", 100)
    _, contents = put(tmp_path, made({1: [list(np.arange(100.0))] * 4}))
    spread = json.loads((tmp_path / contents["machines"]["camel"][commit_hash(1)]["file"]).read_text())
    assert spread["values_at_most"] == 25
    assert [len(one["values"]) for one in spread["series"][0]["processes"]] == [25] * 4
    assert {one["n"] for one in spread["series"][0]["processes"]} == {100}


@settings(deadline=None, derandomize=True, max_examples=60)
@given(st.integers(1, 400), st.integers(2, 60))
def test_thinning_keeps_both_ends_and_the_order(count: int, limit: int) -> None:
    kept = thinned(np.arange(float(count)), limit)
    assert len(kept) == min(count, limit)
    assert (kept[0], kept[-1]) == (0.0, count - 1.0)
    assert kept == sorted(set(kept))


def test_thinning_takes_evenly_spaced_ranks() -> None:
    # ranks 0, 2.25, 4.5, 6.75, 9 of ten, rounded half to even: 0, 2, 4, 7, 9
    assert thinned(np.arange(10.0), 5) == [0.0, 2.0, 4.0, 7.0, 9.0]
