"""Searches driven to their end in a world without processes: what is found, checked, kept, gone on with."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from groundspeed.find.hunt import CHECK
from groundspeed.find.posterior import Direction
from groundspeed.records import Run
from groundspeed.results.finds import FindFormatError, Journal, read_find
from groundspeed.results.found import Change, Found, Outcome
from tests.hunting import Field, found
from tests.measuring import benchmark


def answered(field: Field, path: Path, direction: Direction = Direction.ANY) -> Found:
    hunt = field.hunt(path, direction=direction)
    return found(hunt, field.drive(hunt))


def from_commit(where: int, factor: float) -> Callable[[int], float | None]:
    return lambda at: factor if at >= where else 1.0


def test_a_culprit_is_named_with_what_was_looked_at_beside_it(tmp_path: Path) -> None:
    field = Field(commits=64, value=from_commit(40, 1.1), broken=(10, 38, 39))
    one = answered(field, tmp_path / "one.jsonl")
    culprit = one.culprit
    assert one.outcome is Outcome.CULPRIT
    assert culprit is not None
    assert culprit.check is not None
    assert int(culprit.commit.hash) == 40
    assert int(culprit.parent.hash) == 37
    assert [int(each.hash) for each in culprit.unbuildable] == [38, 39]
    assert culprit.change is Change.SLOWER
    assert culprit.files == ("37-40.py",)
    assert culprit.dependencies == ()
    low, centre, high = culprit.check.ratio
    assert low < 1.1 < high
    assert low < centre < high
    assert one.builds <= 20
    assert one.likely[0].commit == culprit.commit


@pytest.mark.parametrize(
    ("parent", "commit", "said"),
    [
        (["python==3.11.1", "a==1", "B==2"], ["python==3.11.1", "a==1", "B==2"], ()),
        (["a==1", "B==2", "d==4"], ["a==1.1", "c==3", "d==4"], ("-a==1", "+a==1.1", "-B==2", "+c==3")),
        (["python==3.11.1", "a==1"], ["python==3.12.0", "a==1"], ("-Python==3.11.1", "+Python==3.12.0")),
        ([], ["python==3.12.0", "a==1"], ()),  # nobody recorded what the parent had
    ],
)
def test_what_else_was_installed(
    parent: list[str], commit: list[str], said: tuple[str, ...], tmp_path: Path
) -> None:
    field = Field(commits=2, value=from_commit(1, 1.2))
    hunt = field.hunt(tmp_path / "one.jsonl")
    places = field.drive(hunt)
    for each, lines in zip(field.span.commits, (parent, commit), strict=True):
        places.builds[each.hash] = replace(places.builds[each.hash], dependencies=tuple(lines))
    culprit = found(hunt, places).culprit
    assert culprit is not None
    assert culprit.dependencies == said


@pytest.mark.parametrize("where", [1, 15])
def test_at_either_end_of_the_range_and_for_the_better(where: int, tmp_path: Path) -> None:
    one = answered(Field(commits=16, value=from_commit(where, 0.8)), tmp_path / "one.jsonl")
    assert one.culprit is not None
    assert (int(one.culprit.commit.hash), one.culprit.change) == (where, Change.FASTER)


def test_a_range_of_one_commit_is_checked(tmp_path: Path) -> None:
    """Two builds alone do not tell a change from the offset of a build; the check does."""
    one = answered(Field(commits=2, value=from_commit(1, 1.2)), tmp_path / "one.jsonl")
    assert one.culprit is not None
    assert int(one.culprit.commit.hash) == 1


def test_no_difference_between_the_ends_ends_it_with_few_builds(tmp_path: Path) -> None:
    one = answered(Field(commits=64, value=lambda _: 1.0), tmp_path / "one.jsonl")
    assert one.outcome is Outcome.FLAT
    assert one.probability >= 0.95
    assert one.builds <= 6


def test_since_when_it_fails_and_since_when_it_works(tmp_path: Path) -> None:
    fails = answered(Field(commits=16, value=lambda at: None if at >= 9 else 1.0), tmp_path / "one.jsonl")
    works = answered(Field(commits=16, value=lambda at: None if at < 9 else 1.0), tmp_path / "two.jsonl")
    for one, change in ((fails, Change.BROKE), (works, Change.FIXED)):
        assert one.culprit is not None
        assert (int(one.culprit.commit.hash), one.culprit.change) == (9, change)
        assert one.culprit.said == "ValueError: no more"
        assert one.culprit.check is None
        assert one.processes <= 24


def test_what_fails_in_the_middle_is_neither_good_nor_bad(tmp_path: Path) -> None:
    def value(at: int) -> float | None:
        return None if at in (7, 8) else 1.3 if at >= 8 else 1.0

    one = answered(Field(commits=16, value=value), tmp_path / "one.jsonl")
    assert one.culprit is not None
    assert int(one.culprit.commit.hash) == 9
    assert [int(each.hash) for each in one.culprit.unbuildable] == [7, 8]


def test_failing_at_both_ends_is_no_data(tmp_path: Path) -> None:
    one = answered(Field(commits=8, value=lambda _: None), tmp_path / "one.jsonl")
    assert one.outcome is Outcome.NO_DATA
    assert "fails at both ends: ValueError: no more" in one.why


def test_a_value_of_zero_has_no_ratio(tmp_path: Path) -> None:
    one = answered(Field(commits=8, value=lambda _: 0.0), tmp_path / "one.jsonl")
    assert one.outcome is Outcome.NO_DATA
    assert "above 0" in one.why


def test_several_changes_end_in_a_culprit_that_is_checked(tmp_path: Path) -> None:
    """Each commit from 4 on adds 10 %, commit 9 adds 50 %."""

    def value(at: int) -> float:
        return float(1.1 ** max(at - 3, 0) * (1.5 if at >= 9 else 1.0))

    one = answered(Field(commits=12, value=value), tmp_path / "one.jsonl")
    assert one.culprit is not None
    assert int(one.culprit.commit.hash) == 9
    assert one.processes < 3000


def test_a_check_that_refutes_names_nobody(tmp_path: Path) -> None:
    """From 8 on it takes longer, until an answer is checked: then it is as it was, and so it stays."""
    field = Field(commits=16, value=lambda _: 1.0)
    hunt = field.hunt(tmp_path / "one.jsonl")
    field.value = lambda at: 1.2 if at >= 8 and hunt.checking is None else 1.0
    one = found(hunt, field.drive(hunt))
    assert hunt.refuted >= 1
    assert one.culprit is None
    assert one.outcome in (Outcome.UNDECIDED, Outcome.FLAT)


def test_a_change_that_was_found_too_large_is_a_change(tmp_path: Path) -> None:
    """Five times while it is searched, as on a host that was busy then; two times when it is checked."""
    field = Field(commits=16, value=lambda _: 1.0)
    hunt = field.hunt(tmp_path / "one.jsonl")
    field.value = lambda at: 1.0 if at < 8 else 5.0 if hunt.checking is None else 2.0
    one = found(hunt, field.drive(hunt))
    assert one.culprit is not None
    assert one.culprit.check is not None
    assert one.culprit.check.ratio[0] < 2.0 < one.culprit.check.ratio[2]


def test_a_budget_that_ends_leaves_it_undecided_and_the_next_one_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "one.jsonl"
    field = Field(commits=64, value=from_commit(40, 1.1))
    hunt = field.hunt(path)
    first = found(hunt, field.drive(hunt, budget_s=20.0))
    assert first.outcome is Outcome.UNDECIDED
    again = field.hunt(path)
    second = found(again, field.drive(again, sitting="20260102T000000Z-00000000"))
    assert second.culprit is not None
    assert int(second.culprit.commit.hash) == 40
    assert second.processes > first.processes


@settings(
    deadline=None,
    derandomize=True,
    max_examples=12,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.floats(0, 1))
def test_killed_anywhere_it_goes_on_where_it_was(tmp_path: Path, share: float) -> None:
    """The journal is cut off at any byte: what is whole in it is not measured again."""
    path = tmp_path / "whole.jsonl"
    if not path.exists():
        field = Field(commits=16, value=from_commit(11, 1.2), broken=(9,))
        hunt = field.hunt(path)
        field.drive(hunt)
    data, cut = path.read_bytes(), tmp_path / "cut.jsonl"
    header = data.index(b"\n") + 1
    cut.write_bytes(data[: header + int(share * (len(data) - header))])
    known = [one for one in read_find(cut).entries if isinstance(one.item, Run)]
    field = Field(commits=16, value=from_commit(11, 1.2), broken=(9,), seed=2)
    again = field.hunt(cut)
    one = found(again, field.drive(again, sitting="20260102T000000Z-00000000"))
    assert one.culprit is not None
    assert int(one.culprit.commit.hash) == 11
    assert read_find(cut).entries[: len(known)] == read_find(path).entries[: len(known)]


def test_several_cases_share_their_builds(tmp_path: Path) -> None:
    both = (benchmark("loop", kind="time"), benchmark("other", kind="time"))
    field = Field(commits=32, value=from_commit(20, 1.2), benchmarks=both)
    hunts = [field.hunt(tmp_path / f"{at}.jsonl", at) for at in range(2)]
    places = field.drive(*hunts)
    asked = [one for batch in field.environments.asked for one in batch]
    assert len(asked) == len(set(asked))
    for hunt in hunts:
        one = found(hunt, places)
        assert one.culprit is not None
        assert int(one.culprit.commit.hash) == 20


def test_each_choice_is_told_in_a_line(tmp_path: Path) -> None:
    field = Field(commits=16, value=from_commit(5, 1.2))
    answered(field, tmp_path / "one.jsonl")
    assert all("\n" not in line for line in field.screen.said)
    assert any("bits for" in line for line in field.screen.said)
    assert any("confirmed by" in line for line in field.screen.said)


# --- the file ------------------------------------------------------------------------------------------


def test_a_journal_comes_back_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "one.jsonl"
    field = Field(commits=16, value=from_commit(5, 1.2))
    hunt = field.hunt(path)
    one = found(hunt, field.drive(hunt))
    with contextlib.closing(Journal(path, hunt.asked)) as journal:
        journal.conclude(one)
    file = read_find(path)
    assert (file.asked, file.found) == (hunt.asked, one)
    assert [(entry.sitting, entry.item) for entry in file.entries if isinstance(entry.item, Run)] == hunt.runs
    assert any(entry.sitting.endswith(CHECK) for entry in file.entries)
    assert path.read_bytes().isascii()


def test_half_a_line_goes_before_the_next_one(tmp_path: Path) -> None:
    path = tmp_path / "one.jsonl"
    hunt = Field(commits=4, value=lambda _: 1.0).hunt(path)
    hunt.journal.close()
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"type": "sit')
    Journal(path, hunt.asked).close()
    assert path.read_bytes() == whole


@pytest.mark.parametrize(
    "text", [b"", b"{}\n", b"no json\n", b'{"type":"find","format":"groundspeed-find","version":"2.0"}\n']
)
def test_what_is_no_search_is_refused_by_name(text: bytes, tmp_path: Path) -> None:
    path = tmp_path / "one.jsonl"
    path.write_bytes(text)
    with pytest.raises(FindFormatError, match=r"one\.jsonl .* move it away"):
        read_find(path)
