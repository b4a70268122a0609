"""One benchmark's history as a file. Owns the layout of its bytes; rounds nothing.

``groundspeed-benchmark``, version 2: four bytes ``GSB2``, the length of the header (uint32), then a raw
deflate stream (RFC 1951) of the header and the columns behind it. All numbers are little-endian. The header
is strict JSON; what it says of series stands in lists beside each other, a place a series, in the order of
the site's lines and within a line of age, the youngest version last. A column of numbers that take several
bytes is written byte by byte, all lowest bytes first: so they need no alignment, and compress 6 % better.

The columns, in their order: the lists of ``positions`` (``[length, width]``; places in history, each less
the one before), shared by the series that were measured at the same commits; for each series its values
(``width`` bytes each), then, where it is ``bounded``, the bytes below and the bytes above, see
``site.quantised``; at the end ten doubles for each step: base, head, earliest, latest (places in history),
before, its half, after, its half, the half of the change, and p, logarithms where ``ratio`` is 1. ``steps``
counts them by series. ``fail`` lists [series, text, rows] of what failed alike, each row less the one
before; a row without a value that is in none was skipped. ``carried``, only where there are any, lists
[series, [[places since the carried-over commit before, places since the commit it was measured at], …]].
"""

from __future__ import annotations

import itertools
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from groundspeed.results.archive import Series
from groundspeed.site.carried import carried_steps
from groundspeed.site.quantised import EXACT, Flat, Quantised, flatten, quantise
from groundspeed.site.subject import Line, Subject
from groundspeed.site.wire import encode
from groundspeed.verdicts.steps import Scale

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAGIC = b"GSB2"
_ROWS_AT_ONCE = 400_000
"""Of several benchmarks together: numpy's calls cost nothing any more, the columns in between 60 MB."""

_TEXT_LIMIT = 4000  # characters of a failure's text; its end says what happened
_MASK = ~((1 << 29) - 1)  # of a step's doubles: 24 bits of fraction say more than anybody reads
_ENDLESS = "the benchmark gave an infinite value"
_LEVEL = 1  # of deflate: 6 takes half as long again and saves 1 %
_COLUMNS = "base head earliest latest before before_half after after_half half p".split()
_PLACES = 4  # the first columns of them are places


@dataclass(frozen=True, kw_only=True, slots=True)
class _Steps:
    """Of each series of an archive its rows in ``table``: ``bounds[i]:bounds[i + 1]``."""

    bounds: NDArray[np.int64]
    table: NDArray[np.float64]
    ratio: Sequence[int]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Body:
    """What is written behind a header; each distinct list of positions once, by its bytes."""

    positions: dict[bytes, tuple[int, NDArray[np.int64]]] = field(default_factory=dict)
    texts: dict[str, int] = field(default_factory=dict)
    columns: list[Any] = field(default_factory=list)

    def position(self, places: NDArray[np.int64]) -> int:
        found = self.positions.setdefault(places.tobytes(), (len(self.positions), places))
        return found[0]

    def text(self, text: str) -> int:
        return self.texts.setdefault(text, len(self.texts))


def shards(subject: Subject) -> Iterator[tuple[str, bytes]]:
    """Every benchmark's name and file, in their order; a few of them in memory at once."""
    steps = _steps(subject)
    grouped = [
        (name, list(lines)) for name, lines in itertools.groupby(subject.lines, lambda one: one.benchmark)
    ]
    for some in _together(subject, grouped):
        numbers = [place for _, lines in some for line in lines for place in line.series]
        flat = flatten([subject.archive.series[place] for place in numbers], subject.timeline.places)
        writer = _writer(subject, steps, flat)
        first = 0
        for name, lines in some:
            yield name, writer.shard(name, lines, first)
            first += sum(len(line.series) for line in lines)


def _together(
    subject: Subject, grouped: Sequence[tuple[str, list[Line]]]
) -> Iterator[list[tuple[str, list[Line]]]]:
    """Benchmarks whose rows are enough to be worth a pass."""
    some: list[tuple[str, list[Line]]] = []
    rows = 0
    for name, lines in grouped:
        some.append((name, lines))
        rows += sum(subject.archive.series[place].values.size for line in lines for place in line.series)
        if rows >= _ROWS_AT_ONCE:
            yield some
            some, rows = [], 0
    if some:
        yield some


def _steps(subject: Subject) -> _Steps:
    """The steps of all series, their places made places in the site's history."""
    import numpy as np

    stepped, rows = subject.stepped, subject.stepped.rows
    place_of = subject.timeline.place_of
    # a commit that is only spoken of by what was carried over from nowhere is not shown, and no step's
    place = np.array([place_of.get(name, -1) for name in stepped.order], np.float64)
    table = np.column_stack(
        [place[getattr(rows, name)] for name in _COLUMNS[:_PLACES]]
        + [getattr(rows, name) for name in _COLUMNS[_PLACES:]]
    )
    count = len(subject.archive.series)
    return _Steps(
        bounds=np.searchsorted(rows.series, np.arange(count + 1)),
        table=np.ascontiguousarray((table.view(np.int64) & _MASK).view(np.float64)),
        ratio=[int(one is Scale.RATIO) for one in stepped.scales],
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Writer:
    """Some benchmarks' series, rounded; makes their files.

    ``behind`` is by row: how many places since the series' row before. ``endless`` lists the rows of each
    series that hold an infinite value.
    """

    subject: Subject
    steps: _Steps
    flat: Flat
    found: Quantised
    behind: NDArray[np.int64]
    endless: Mapping[int, Sequence[int]]

    def shard(self, name: str, lines: Sequence[Line], first: int) -> bytes:
        """The file of a benchmark whose series begin at ``first``."""
        subject, body = self.subject, _Body()
        benchmark = subject.archive.benchmarks.get(name)
        keys = [(line, place) for line in lines for place in line.series]
        machines, environments, metrics = (
            {one: at for at, one in enumerate(sorted({getattr(line, name) for line in lines}))}
            for name in ("machine", "environment", "metric")
        )
        stop, found = first + len(keys), self.found
        cut, rows = slice(first, stop), pairwise(self.flat.bounds[first : stop + 1])
        carried = self._carried([place for _, place in keys])
        header = {
            "format": "groundspeed-benchmark",
            "version": 2,
            "name": name,
            "code": str(benchmark.definition.get("code") or "") if benchmark else "",
            "current": benchmark.version if benchmark else None,
            "machines": list(machines),
            "environments": list(environments),
            "metrics": [{"name": one.name, "unit": one.unit, "better": one.better} for one in metrics],
            "param_names": subject.axes[name].names,
            "params": subject.axes[name].values,
            "series": {
                "machine": [machines[line.machine] for line, _ in keys],
                "environment": [environments[line.environment] for line, _ in keys],
                "metric": [metrics[line.metric] for line, _ in keys],
                "version": [subject.archive.series[place].key.version for _, place in keys],
                "params": [line.params for line, _ in keys],
                "positions": [body.position(self.behind[start:end]) for start, end in rows],
                "exponent": found.exponent[cut].tolist(),
                "offset": found.offset[cut].astype(int).tolist(),
                "width": found.width[cut].tolist(),
                "bounded": found.bounded[cut].astype(int).tolist(),
                "least": found.least[cut].tolist(),
                "pitch": found.pitch[cut].tolist(),
                "steps": [int(self.steps.bounds[place + 1] - self.steps.bounds[place]) for _, place in keys],
                "ratio": [self.steps.ratio[place] for _, place in keys],
            },
            "fail": self._failures(keys, first, body),
            **({"carried": carried} if carried else {}),
        }
        lists = [_byte_by_byte(places) for _, places in body.positions.values()]
        header["positions"] = [
            [places.size, width]
            for (_, places), (width, _) in zip(body.positions.values(), lists, strict=True)
        ]
        header["texts"] = list(body.texts)
        columns = [column for _, column in lists]
        for number in range(first, stop):
            columns += self._columns(number)
        columns += [_doubles(self._table([place for _, place in keys]))]
        return _file(encode(header), columns)

    def _columns(self, number: int) -> list[bytes]:
        """The values of a series, and its intervals where it has any."""
        start, stop = self.flat.bounds[number], self.flat.bounds[number + 1]
        found, width = self.found, int(self.found.width[number])
        if width == EXACT:
            columns = [_doubles(found.values[start:stop])]
        else:
            columns = [_planes(found.numbers[start:stop], width)]
        if found.bounded[number]:
            columns += [found.below[start:stop].tobytes(), found.above[start:stop].tobytes()]
        return columns

    def _table(self, places: Iterable[int]) -> NDArray[np.float64]:
        """The steps of several series, one after another."""
        import numpy as np

        bounds = self.steps.bounds
        rows = [self.steps.table[bounds[place] : bounds[place + 1]] for place in places]
        return np.concatenate([np.empty((0, len(_COLUMNS))), *rows])

    def _carried(self, places: Sequence[int]) -> list[tuple[int, Sequence[tuple[int, int]]]]:
        series, timeline = self.subject.archive.series, self.subject.timeline
        return [
            (number, carried_steps(series[place], timeline))
            for number, place in enumerate(places)
            if series[place].carried
        ]

    def _failures(
        self, keys: Sequence[tuple[Line, int]], first: int, body: _Body
    ) -> list[tuple[int, int, list[int]]]:
        """[series, text, rows] of what failed, and of what is infinite."""
        listed = []
        for number, (_, place) in enumerate(keys):
            alike: dict[int, list[int]] = defaultdict(list)
            for row, text in self._reasons(self.subject.archive.series[place], first + number):
                alike[body.text(text[-_TEXT_LIMIT:])].append(row)
            listed += [(number, text, _differences(sorted(rows))) for text, rows in alike.items()]
        return listed

    def _reasons(self, series: Series, number: int) -> Iterable[tuple[int, str]]:
        """The rows that have one."""
        start, failures = int(self.flat.bounds[number]), series.failures
        if failures and not self.flat.sorted:
            failures = {int(self.flat.rank[start + row]) - start: text for row, text in failures.items()}
        if number in self.endless:
            failures = {**dict.fromkeys(self.endless[number], _ENDLESS), **failures}
        return failures.items()


def _writer(subject: Subject, steps: _Steps, flat: Flat) -> _Writer:
    import numpy as np

    behind = np.diff(flat.place, prepend=0)
    behind[flat.bounds[:-1]] = flat.place[flat.bounds[:-1]]  # each series has a row
    endless: dict[int, list[int]] = defaultdict(list)
    rows = np.flatnonzero(np.isinf(flat.value))
    numbers = np.searchsorted(flat.bounds, rows, side="right") - 1
    for number, row in zip(numbers.tolist(), (rows - flat.bounds[numbers]).tolist(), strict=True):
        endless[number].append(row)
    return _Writer(
        subject=subject, steps=steps, flat=flat, found=quantise(flat), behind=behind, endless=endless
    )


def _differences(rows: Sequence[int]) -> list[int]:
    """Each less the one before, the first as it is."""
    return [row - before for before, row in pairwise([0, *rows])]


def _byte_by_byte(numbers: NDArray[np.int64]) -> tuple[int, bytes]:
    """Numbers that are not negative, in as few bytes each as the largest takes."""
    width = max(1, (int(numbers.max()).bit_length() + 7) // 8)
    return width, _planes(numbers.astype("<u4"), width)


def _planes(numbers: NDArray[np.uint32], width: int) -> bytes:
    return numbers.astype("<u4", copy=False).view("u1").reshape(-1, 4).T[:width].tobytes()


def _doubles(values: NDArray[np.float64]) -> bytes:
    return values.astype("<f8").reshape(-1).view("u1").reshape(-1, 8).T.tobytes()


def _file(header: bytes, columns: Iterable[bytes]) -> bytes:
    packing = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed = packing.compress(b"".join([header, *columns])) + packing.flush()
    return MAGIC + len(header).to_bytes(4, "little") + packed
