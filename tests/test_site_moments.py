"""Moments: the codes of a cell, and what a machine's chunks say when they are read back."""

from __future__ import annotations

import json
import math
import zlib
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundspeed.measurements import Basis, NoiseFloor
from groundspeed.records import Case, SeriesKey
from groundspeed.site import cells as coded
from groundspeed.site.answers import Answers
from groundspeed.site.folder import MARKER, SiteFolder
from groundspeed.site.moment_rows import Rows
from groundspeed.site.pieces import moments as piece
from groundspeed.site.pieces.moments import PER, put_moments
from groundspeed.site.pieces.noise import put_noise
from groundspeed.site.subject import Subject, subject_of
from tests.site_archives import (
    CARRIED,
    COUNT,
    PROJECT,
    carried_archive,
    known,
    small_archive,
    subject,
)

# --- a slow reader, to the letter of the module's docstring -------------------------------------------


@dataclass
class Cell:
    kind: int
    carried: int | None
    version: int
    value: float
    low: float
    high: float


def reach(code: int) -> float:
    """What a bound's code says: four steps to the doubling, from LEAST on."""
    doublings, quarters = divmod(code - 1, 4)
    return coded.LEAST * 2.0**doublings * (1 + quarters / 4)


def bounds_of(value: float, low: int, high: int) -> tuple[float, float]:
    if coded.UNBOUNDED in (low, high):
        return -math.inf, math.inf
    below = 0.0 if low == coded.BEYOND_ZERO else value if low == coded.AT_VALUE else value * (1 - reach(low))
    above = (
        math.inf
        if high == coded.BEYOND_ZERO
        else value
        if high == coded.AT_VALUE
        else value * (1 + reach(high))
    )
    return below, above


def read_chunk(content: bytes) -> list[list[Cell]]:
    raw = zlib.decompress(content, -15)
    lines, commits, codes, bounds, exact, carried = np.frombuffer(raw, "<u4", 6).tolist()
    at = 24

    def take(kind: str, count: int) -> list[float]:
        nonlocal at
        found: list[float] = np.frombuffer(raw, kind, count, at).tolist()
        at += np.dtype(kind).itemsize * count
        return found

    kinds, versions = take("u1", lines * commits), take("u1", lines * commits)
    planes = [take("u1", codes) for _ in range(3)]
    high, low = take("u1", bounds), take("u1", bounds)
    kept, back = take("<f8", exact), take("<i4", carried)
    assert at == len(raw)
    code, cells = 0, []
    walk = iter(zip(*planes, strict=True))
    sides, exacts, backs = iter(zip(low, high, strict=True)), iter(kept), iter(back)
    for kind, version in zip(kinds, versions, strict=True):
        own, value = int(kind) % coded.CARRIED, math.nan
        below, above = -math.inf, math.inf
        if own in (coded.POSITIVE, coded.NEGATIVE):
            first, second, third = (int(one) for one in next(walk))
            zigzag = first | second << 8 | third << 16
            code += zigzag >> 1 ^ -(zigzag & 1)
            value = math.exp(code * coded.STEP) * (1 if own == coded.POSITIVE else -1)
        elif own == coded.ZERO:
            value = 0.0
        elif own in (coded.EXACT, coded.ENDLESS):
            value = next(exacts)
        if own in (coded.POSITIVE, coded.NEGATIVE, coded.ZERO, coded.EXACT):
            less, more = (int(one) for one in next(sides))
            below, above = bounds_of(value, (less + more) % 256, more)
        shared = int(next(backs)) if kind >= coded.CARRIED else None
        cells.append(Cell(own, shared, int(version), value, below, above))
    return [cells[line * commits : (line + 1) * commits] for line in range(lines)]


@dataclass
class Machine:
    commits: list[int]
    rows: list[list[Cell]]


def put(found: Subject, html_dir: Path) -> tuple[dict[str, Machine], SiteFolder]:
    with SiteFolder.claim(html_dir, force=False) as folder:
        contents = json.loads((html_dir / put_moments(folder, found)).read_bytes())
    machines = {}
    for one in contents["machines"]:
        chunks = [read_chunk((html_dir / name).read_bytes()) for name in one["chunks"]]
        rows = [[cell for part in parts for cell in part] for parts in zip(*chunks, strict=True)]
        machines[one["name"]] = Machine(np.cumsum(one["commits"]).tolist(), rows)
    return machines, folder


# --- a cell ----------------------------------------------------------------------------------------


def code(
    value: float, low: float, high: float, *, counted: bool = False, failed: bool = False
) -> coded.Cells:
    return coded.cells(
        np.array([value]), np.array([low]), np.array([high]), np.array([counted]), np.array([failed])
    )


@pytest.mark.parametrize(
    ("value", "counted", "failed", "kind"),
    [
        (2.5, False, False, coded.POSITIVE),
        (-2.5, True, False, coded.NEGATIVE),  # no whole number, so no count
        (0.0, False, False, coded.ZERO),
        (-0.0, True, False, coded.ZERO),
        (7.0, True, False, coded.EXACT),
        (-7.0, True, False, coded.EXACT),
        (7.0, False, False, coded.POSITIVE),  # seven seconds are no count
        (math.inf, True, False, coded.ENDLESS),
        (-math.inf, False, False, coded.ENDLESS),
        (math.nan, False, True, coded.FAILED),
        (math.nan, False, False, coded.SKIPPED),
    ],
)
def test_what_a_cell_is_has_a_kind(value: float, counted: bool, failed: bool, kind: int) -> None:
    assert code(value, math.nan, math.nan, counted=counted, failed=failed).kinds.tolist() == [kind]


@pytest.mark.parametrize(
    ("value", "low", "high", "codes"),
    [
        (1.0, 1.0, 1.0, (coded.AT_VALUE, coded.AT_VALUE)),
        (1.0, math.nan, math.nan, (coded.UNBOUNDED, coded.UNBOUNDED)),
        (1.0, -math.inf, math.inf, (coded.UNBOUNDED, coded.UNBOUNDED)),
        (1.0, 0.9, math.inf, (coded.UNBOUNDED, coded.UNBOUNDED)),
        (1.0, -0.5, 1.0, (coded.BEYOND_ZERO, coded.AT_VALUE)),
        (0.0, 0.0, 0.0, (coded.AT_VALUE, coded.AT_VALUE)),
        (0.0, 0.0, 2.0, (coded.AT_VALUE, coded.BEYOND_ZERO)),
        (-1.0, -2.0, -0.5, (coded.BEYOND_ZERO, coded.BEYOND_ZERO)),
        # 2^-4 away is 48 quarter steps from 2^-16, and the first has the code 1
        (1.0, 1 - 2.0**-4, 1 + 2.0**-4, (49, 49)),
        (1.0, 1 - 2.0**-4 * 1.01, 1 + 2.0**-4 * 1.01, (50, 50)),
    ],
)
def test_what_a_bound_is_has_a_code(value: float, low: float, high: float, codes: tuple[int, int]) -> None:
    found = code(value, low, high)
    assert (found.low[0], found.high[0]) == codes


positive = st.floats(1e-300, 1e300)


@settings(deadline=None, derandomize=True)
@given(positive, st.floats(0, 0.999), st.floats(0, 1e6))
def test_a_value_is_half_a_step_away_at_most_and_its_interval_never_narrower(
    value: float, below: float, above: float
) -> None:
    low, high = value * (1 - below), value * (1 + above)
    found = code(value, low, high)
    shown = math.exp(found.codes[0] * coded.STEP)
    assert abs(math.log(shown / value)) <= coded.STEP / 2 * (1 + 1e-9)
    less, more = bounds_of(shown, int(found.low[0]), int(found.high[0]))
    exact = 1e-12
    assert low == value or less <= low * (1 + exact)
    assert high == value or more >= high * (1 - exact)
    # a quarter wider at most, beside what half a step of the value makes of either end
    assert high == value or more <= shown * (1 + max((high / shown - 1) * 1.25, coded.LEAST)) * (1 + exact)


# --- a machine -------------------------------------------------------------------------------------


def test_every_cell_comes_back(tmp_path: Path) -> None:
    made = subject(small_archive())
    machines, _ = put(made, tmp_path / "html")
    for name, machine in machines.items():
        lines = [one for one in made.lines if one.machine == name]
        assert len(machine.rows) == len(lines)
        for line, row in zip(lines, machine.rows, strict=True):
            expected: dict[int, tuple[int, float, float, float, int]] = {}
            for version, at in enumerate(line.series):
                one = made.archive.series[at]
                for place, value, low, high in zip(one.commits, one.values, one.low, one.high, strict=True):
                    kind = coded.POSITIVE
                    if math.isnan(value):
                        kind = coded.FAILED if one.failures.get(int(place)) else coded.SKIPPED
                    elif value.is_integer() and one.unit == "1/s":
                        kind = coded.EXACT
                    expected[int(made.timeline.places[place])] = (kind, value, low, high, version)
            for place, cell in zip(machine.commits, row, strict=True):
                if place not in expected:
                    assert cell.kind == coded.ABSENT
                    continue
                kind, value, low, high, version = expected[place]
                assert (cell.kind, cell.version, cell.carried) == (kind, version, None)
                if not math.isnan(value):
                    assert cell.value == pytest.approx(value, rel=coded.STEP)
                    assert cell.low <= low * (1 + coded.STEP)
                    assert cell.high >= high * (1 - coded.STEP)


def test_what_was_carried_over_points_at_what_was_measured(tmp_path: Path) -> None:
    machines, _ = put(subject(carried_archive()), tmp_path / "html")
    camel, oryx = machines["camel"], machines["oryx"]
    row = dict(zip(camel.commits, camel.rows[0], strict=True))
    for place, at in CARRIED.items():
        back = camel.commits.index(place) - camel.commits.index(at)
        assert row[place].carried == back
        assert row[place].value == row[at].value
        assert (row[place].low, row[place].high) == (row[at].low, row[at].high)
    assert set(oryx.commits).isdisjoint(CARRIED)
    assert camel.commits == list(range(COUNT))


def test_a_new_commit_writes_one_chunk_of_each_machine(tmp_path: Path) -> None:
    put(subject(small_archive(PER + 2), known(PER + 2)), tmp_path / "html")
    _, folder = put(subject(small_archive(PER + 3), known(PER + 3)), tmp_path / "html")
    written = [name.partition("-")[0] for name in folder.written]
    assert sorted(written) == ["data/moment", "data/moment", "data/moments"]


def test_the_same_subject_gives_the_same_files(tmp_path: Path) -> None:
    put(subject(small_archive()), tmp_path / "html")
    _, folder = put(subject(small_archive()), tmp_path / "html")
    assert folder.written == []


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many chunks were made, a number each."""
    counted: list[int] = []
    real = piece.tabled

    def tabled(rows: Rows, shape: tuple[int, int]) -> piece.Tabled:
        counted.append(len(counted))
        return real(rows, shape)

    monkeypatch.setattr(piece, "tabled", tabled)
    return counted


def test_a_chunk_that_stands_there_is_not_made_again(tmp_path: Path, made: list[int]) -> None:
    put(subject(small_archive()), tmp_path / "html")
    first = len(made)
    _, folder = put(subject(small_archive()), tmp_path / "html")
    assert first == len(made) == 2 * math.ceil(COUNT / PER)
    assert len([name for name in folder.kept if name.startswith("data/moment-")]) == first


def test_of_what_was_mended_only_its_chunks_are_made(tmp_path: Path, made: list[int]) -> None:
    archive = small_archive()
    first, *others = archive.series
    newest = replace(first, values=np.concatenate([first.values[:-1], [7.5]]))
    every = replace(first, low=first.low / 2)
    put(subject(archive), tmp_path / "html")
    for mended, count in ((newest, 1), (every, math.ceil(COUNT / PER))):
        made.clear()
        put(subject(replace(archive, series=(mended, *others))), tmp_path / "html")
        assert len(made) == count


def test_what_is_damaged_gone_or_of_other_code_is_made_again(
    tmp_path: Path, made: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, folder = put(subject(small_archive()), tmp_path / "html")
    damaged, gone, *_ = [tmp_path / "html" / name for name in folder.written if "moment-" in name]
    content = damaged.read_bytes()
    damaged.write_bytes(content[::-1])
    gone.unlink()
    made.clear()
    put(subject(small_archive()), tmp_path / "html")
    assert len(made) == 2
    assert damaged.read_bytes() == content
    assert gone.is_file()
    monkeypatch.setattr(piece, "_method", lambda: "another")
    made.clear()
    put(subject(small_archive()), tmp_path / "html")
    assert len(made) == 2 * math.ceil(COUNT / PER)


@pytest.mark.parametrize(
    "content", [b"", b"[]", b'{"machines": 3}', b'{"machines": [{"of": ["a"], "chunks": []}]}']
)
def test_contents_that_are_broken_keep_nothing(tmp_path: Path, made: list[int], content: bytes) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "moments-0123456789abcdef.json").write_bytes(content)
    (tmp_path / MARKER).touch()
    put(subject(small_archive()), tmp_path)
    assert len(made) == 2 * math.ceil(COUNT / PER)


def test_the_noise_of_a_line_stands_beside_it(tmp_path: Path) -> None:
    archive = small_archive()
    key = SeriesKey(
        machine="oryx",
        environment="virtualenv-py3.11",
        case=Case(benchmark="walk.Desert.time_cross", params=()),
        metric="",
        version=None,
    )
    floor = NoiseFloor(between_sessions=0.25, between_processes=None, df=6.0, basis=Basis.HISTORY)
    made = subject(archive)
    told = subject_of(PROJECT, archive, known(), made.stepped, Answers(floors={"oryx": {key: floor}}))
    with SiteFolder.claim(tmp_path / "html", force=False) as folder:
        contents = json.loads((folder.path / put_noise(folder, told)).read_bytes())
    oryx = zlib.decompress((tmp_path / "html" / contents["machines"]["oryx"]).read_bytes(), -15)
    sessions, processes, df = np.frombuffer(oryx, "<f4", 3).tolist()
    assert (sessions, math.isnan(processes), df) == (0.25, True, 6.0)
    assert (oryx[12], oryx[13:]) == (2, b"\0\0")
