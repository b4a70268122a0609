"""Profiles as shares of functions: both kinds by hand, one against the other, and what is no profile."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundspeed.records import Case
from groundspeed.results.profiles import profile_path, stored_profiles
from groundspeed.results.speedscope import ProfileFormatError, read_profile
from groundspeed.verdicts.profiled import case_profiles
from tests.speedscopes import FRAMES, evented, sampled, written

CASE = Case(benchmark="m.time_x", params=("1",))


def test_samples_belong_to_the_last_function_and_to_all_that_called_it(tmp_path: Path) -> None:
    # main alone 2 ms, main > parse 3 ms, main > parse > parse 4 ms (it calls itself), main > read 1 ms
    file = written(tmp_path / "a.gz", sampled([[0], [0, 1], [0, 1, 1], [0, 2]], [2, 3, 4, 1]))
    found = read_profile(file)
    assert found.unit == "s"
    assert found.total == pytest.approx(0.010)
    assert [(one.name, one.file, one.line) for one in found.functions] == [
        ("parse", "app.py", 20),
        ("main", "app.py", 1),
        ("read", "", None),
    ]
    assert [one.own for one in found.functions] == pytest.approx([0.7, 0.2, 0.1])
    assert [one.whole for one in found.functions] == pytest.approx([0.7, 1.0, 0.1])


def test_between_events_the_time_is_the_innermost_function_s(tmp_path: Path) -> None:
    # main 0 to 10, in it parse 2 to 9, in that read 3 to 4; nothing from 10 to 20
    events = [("O", 0, 0), ("O", 1, 2), ("O", 2, 3), ("C", 2, 4), ("C", 1, 9), ("C", 0, 10.0)]
    found = read_profile(written(tmp_path / "a.gz", evented(events, 20)))
    assert [one.name for one in found.functions] == ["parse", "main", "read"]
    assert [one.own for one in found.functions] == pytest.approx([6 / 20, 3 / 20, 1 / 20])
    assert [one.whole for one in found.functions] == pytest.approx([7 / 20, 10 / 20, 1 / 20])


def test_threads_of_one_unit_count_together_and_lines_of_a_function_as_well(tmp_path: Path) -> None:
    frames = [{"name": "f", "file": "a.py", "line": 1}, {"name": "f", "file": "a.py", "line": 9}]
    threads = sampled([[0]], [1.0], "seconds"), sampled([[1]], [3000.0], "milliseconds")
    (only,) = read_profile(written(tmp_path / "a.gz", *threads, frames=frames)).functions
    assert (only.own, only.whole) == (1.0, 1.0)


@settings(deadline=None, derandomize=True, max_examples=60)
@given(
    st.lists(st.tuples(st.lists(st.integers(0, 2), min_size=1, max_size=4), st.integers(1, 9)), min_size=1)
)
def test_both_kinds_say_the_same_of_the_same_stacks(
    tmp_path_factory: pytest.TempPathFactory, stacks: list[tuple[list[int], int]]
) -> None:
    events: list[tuple[str, int, float]] = []
    at = 0.0
    for stack, weight in stacks:
        events += [("O", frame, at) for frame in stack]
        at += weight
        events += [("C", frame, at) for frame in reversed(stack)]
    folder = tmp_path_factory.mktemp("both")
    one = read_profile(written(folder / "a.gz", evented(events, at)))
    other = read_profile(written(folder / "b.gz", sampled([s for s, _ in stacks], [w for _, w in stacks])))
    shares = [{f.name: (f.own, f.whole) for f in found.functions} for found in (one, other)]
    assert shares[0].keys() == shares[1].keys()
    for name, (own, whole) in shares[0].items():
        assert list(shares[1][name]) == pytest.approx([own, whole])
    assert sum(own for own, _ in shares[0].values()) == pytest.approx(1.0)
    assert all(0 <= own <= whole + 1e-12 for own, whole in shares[0].values())


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no gzip",
        gzip.compress(b"{"),
        gzip.compress(b"[]"),
        gzip.compress(b'{"shared": {"frames": []}, "profiles": []}'),
        gzip.compress(b'{"shared": {"frames": ["x"]}, "profiles": [{"type": "sampled"}]}'),
        gzip.compress(b"[" * 100_000),
        gzip.compress(json.dumps({"shared": {"frames": []}, "profiles": [sampled([[0]], [1])]}).encode()),
        gzip.compress(
            json.dumps({"shared": {"frames": FRAMES}, "profiles": [sampled([[-1]], [1])]}).encode()
        ),
        gzip.compress(
            json.dumps({"shared": {"frames": FRAMES}, "profiles": [sampled([[0]], [-1])]}).encode()
        ),
        gzip.compress(
            json.dumps({"shared": {"frames": FRAMES}, "profiles": [sampled([[0]], [float("nan")])]}).encode()
        ),
        gzip.compress(
            json.dumps({"shared": {"frames": FRAMES}, "profiles": [evented([("C", 0, 1)], 2)]}).encode()
        ),
        gzip.compress(
            json.dumps(
                {"shared": {"frames": FRAMES}, "profiles": [sampled([], [], "bytes"), sampled([], [])]}
            ).encode()
        ),
    ],
)
def test_what_is_no_profile_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "m.time_x.cpu.gz"
    path.write_bytes(content)
    with pytest.raises(ProfileFormatError, match=r"m\.time_x\.cpu\.gz is no profile"):
        read_profile(path)


def test_of_each_case_the_newest_profile_until_the_commit_counts(tmp_path: Path) -> None:
    order = [digit * 40 for digit in "abcd"]
    for commit, weights in ((order[0], [1, 0]), (order[2], [0, 1]), (order[3], [1, 1])):
        written(profile_path(tmp_path, "camel", commit, CASE, "cpu"), sampled([[0], [1]], weights))
    written(profile_path(tmp_path, "camel", order[1], Case(benchmark="m.other", params=()), "cpu"))
    broken = profile_path(tmp_path, "camel", order[1], CASE, "alloc")
    broken.parent.mkdir(parents=True, exist_ok=True)
    broken.write_bytes(b"")
    (tmp_path / "camel" / "profiles" / "eeeeeeee").mkdir()
    stored = stored_profiles(tmp_path)
    answers = [case_profiles(stored, [CASE], order, commit) for commit in order]
    assert [[(one.commit, one.profile.functions[0].name) for one in each.found] for each in answers] == [
        [(order[0], "main")],
        [(order[0], "main")],
        [(order[2], "parse")],
        [(order[3], "main")],
    ]
    assert [len(each.notices) for each in answers] == [0, 1, 1, 1]
    assert (answers[2].found[0].case, answers[2].found[0].kind) == ("m.time_x(1)", "cpu")
