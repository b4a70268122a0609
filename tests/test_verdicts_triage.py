"""triage.toml: written and read again, edited by people, broken, and written by two at once."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundspeed.errors import LockedError, StorageError
from groundspeed.records import Case, SeriesKey
from groundspeed.results.lock import file_lock
from groundspeed.verdicts.triage import (
    Decision,
    Ruling,
    TriageError,
    id_of,
    read_triage,
    record,
    withdraw,
)

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
FIRST = Decision(
    id="1f0c9a3e",
    ruling=Ruling.ACKNOWLEDGED,
    base="a" * 40,
    head="b" * 40,
    cases=("m.time_a", "m.time_b(1, 'x')"),
    machines=(),
    by="Ada Lovelace",
    at=NOW,
    note="correct results cost that much",
)
SECOND = replace(
    FIRST, id="0e3f", ruling=Ruling.CONFIRMED, note="", by="groundspeed", machines=("box", "camel")
)


def put(folder: Path, *decisions: Decision) -> Path:
    for one in decisions:
        record(folder / "triage.toml", one, locks=folder / "locks")
    return folder / "triage.toml"


def test_the_file(tmp_path: Path) -> None:
    assert (
        put(tmp_path, FIRST, SECOND).read_text()
        == """\
# What was decided about regressions; written by `groundspeed triage`, explained in docs/regressions.md.
# Edit it as you like: a comment stays with the decision below it.
version = 1

[[decision]]
id = "0e3f"
state = "confirmed"
base = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
head = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
cases = [
    "m.time_a",
    "m.time_b(1, 'x')",
]
machines = [
    "box",
    "camel",
]
by = "groundspeed"
at = 2026-01-02 03:04:05+00:00
note = ""

[[decision]]
id = "1f0c9a3e"
state = "acknowledged"
base = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
head = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
cases = [
    "m.time_a",
    "m.time_b(1, 'x')",
]
by = "Ada Lovelace"
at = 2026-01-02 03:04:05+00:00
note = "correct results cost that much"
"""
    )


def test_the_order_of_deciding_leaves_no_trace(tmp_path: Path) -> None:
    one, other = put(tmp_path / "one", FIRST, SECOND), put(tmp_path / "other", SECOND, FIRST)
    assert one.read_bytes() == other.read_bytes()
    assert read_triage(one) == (SECOND, FIRST)


def test_no_file_holds_no_decision(tmp_path: Path) -> None:
    assert read_triage(tmp_path / "triage.toml") == ()


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@settings(deadline=None, derandomize=True, max_examples=60)
@given(
    st.lists(
        st.builds(
            replace,
            st.just(FIRST),
            id=st.text("0123456789abcdef", min_size=1, max_size=8),
            ruling=st.sampled_from(Ruling),
            cases=st.lists(texts.filter(bool), min_size=1, max_size=3, unique=True).map(
                lambda names: tuple(sorted(names))
            ),
            by=texts,
            note=texts,
        ),
        max_size=4,
        unique_by=lambda one: one.id,
    )
)
def test_what_was_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, decisions: list[Decision]
) -> None:
    path = put(tmp_path_factory.mktemp("triage"), *decisions)
    assert read_triage(path) == tuple(sorted(decisions, key=lambda one: one.id))


EDITED = """\
# ours, since the release
version = 1

# talked about on Monday
# and again on Tuesday
[[decision]]   # the old one
id = "5"
state = "acknowledged"
base = "c"
head = "d"
cases = ["m.time_c"]  # nothing else
at = 2025-01-01T00:00:00

note = "an empty line above"
"""


def test_what_people_wrote_stays(tmp_path: Path) -> None:
    path = tmp_path / "triage.toml"
    path.write_text(EDITED)
    put(tmp_path, FIRST, replace(FIRST, id="9"))
    text = path.read_text()
    before, monday, after = text.partition("# talked about on Monday")
    assert before.startswith("# ours, since the release\nversion = 1\n\n[[decision]]\n")
    assert (monday + after).startswith(EDITED[EDITED.index("# talked") :])
    one, other, last = read_triage(path)
    assert (one.id, other.id, last.id) == ("1f0c9a3e", "5", "9")
    assert (other.by, other.at) == ("", datetime(2025, 1, 1, tzinfo=UTC))
    withdraw(path, [one, last], locks=tmp_path / "locks")
    assert path.read_text() == EDITED
    withdraw(path, [other], locks=tmp_path / "locks")
    assert path.read_text() == "# ours, since the release\nversion = 1\n"


ENTRY = EDITED[EDITED.index("[[") :]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("version = 1\n<<<<<<< ours\n", "is not valid TOML.*a merge may have left marks"),
        ("version = 2\n", '"version" is 2; this groundspeed reads 1'),
        (ENTRY, '"version" is None'),
        ("version = 1\ndecisions = []\n", 'unknown key "decisions".*did you mean "decision"'),
        ("version = 1\ndecision = [1]\n", r'"decision\[0\]" must be a table'),
        ("version = 1\ndecision = [{}]\n", r'"decision\[0\]" lacks id, base, head, state, at, cases'),
        ("version = 1\n" + ENTRY.replace("cases", "case"), r'unknown key "decision\[0\].case".*"cases"'),
        ("version = 1\n" + ENTRY.replace("acknowledged", "known"), '"decision.0..state" must be one of'),
        ("version = 1\n" + ENTRY.replace('["m.time_c"]', "[]"), "lacks cases"),
        ("version = 1\n" + ENTRY.replace('"5"', "5"), '"decision.0..id" must be a text'),
        ("version = 1\n" + ENTRY.replace("2025-01-01T00:00:00", '"monday"'), '"decision.0..at" must be'),
    ],
)
def test_a_broken_file_says_what_and_where(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "triage.toml"
    path.write_text(text)
    with pytest.raises(TriageError, match=rf"triage\.toml.*{said}"):
        read_triage(path)
    with pytest.raises(TriageError):
        put(tmp_path, FIRST)
    assert path.read_text() == text


def test_decisions_in_one_line_are_refused(tmp_path: Path) -> None:
    values = 'id = "5", state = "confirmed", base = "c", head = "d", cases = ["m"], at = 2025-01-01T00:00:00Z'
    path = tmp_path / "triage.toml"
    path.write_text(f"version = 1\ndecision = [{{ {values} }}]\n")
    assert tomllib.loads(path.read_text())
    with pytest.raises(TriageError, match="under a line of its own"):
        put(tmp_path, FIRST)


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    (tmp_path / "triage.toml").write_bytes(b"version = 1 # \xff\n")
    with pytest.raises(TriageError, match="cannot be read"):
        read_triage(tmp_path / "triage.toml")


def test_two_at_once_one_is_told(tmp_path: Path) -> None:
    with file_lock(tmp_path / "locks" / "triage"), pytest.raises(LockedError):
        put(tmp_path, FIRST)


def test_where_nothing_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "triage.toml").mkdir()
    with pytest.raises((TriageError, StorageError)):
        put(tmp_path, FIRST)


@pytest.mark.parametrize(
    ("name", "case", "metric", "holds"),
    [
        ("m.time_a", Case(benchmark="m.time_a", params=()), "", True),
        ("m.time_a", Case(benchmark="m.time_a", params=("1", "'x'")), "", True),
        ("m.time_a(1, 'x')", Case(benchmark="m.time_a", params=("1", "'x'")), "", True),
        ("m.time_a(1, 'y')", Case(benchmark="m.time_a", params=("1", "'x'")), "", False),
        ("m.time_a([1], 2)", Case(benchmark="m.time_a", params=("[1]", "2")), "", True),
        ("m.time_", Case(benchmark="m.time_a", params=()), "", False),
        ("m.time_a", Case(benchmark="m.time_a", params=()), "p99", False),
        ("m.time_a@p99", Case(benchmark="m.time_a", params=("1",)), "p99", True),
        ("m.time_a(1)@p99", Case(benchmark="m.time_a", params=("1",)), "p99", True),
    ],
)
def test_which_case_is_meant(name: str, case: Case, metric: str, holds: bool) -> None:
    assert replace(FIRST, cases=(name,)).names(key_of(case, metric)) is holds


def test_on_which_machine() -> None:
    key = key_of(Case(benchmark="m.time_a", params=()), "")
    assert replace(FIRST, machines=("camel", "box")).names(key)
    assert not replace(FIRST, machines=("camel",)).names(key)


def key_of(case: Case, metric: str) -> SeriesKey:
    return SeriesKey(machine="box", environment="py", case=case, metric=metric, version="1")


def test_an_id_is_the_same_everywhere() -> None:
    assert id_of("a", "b") == "80a0fd92"
    assert id_of("a", "c") != id_of("a", "b")
