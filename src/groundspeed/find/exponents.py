"""How a benchmark grows with its size, before a culprit and from it on. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from groundspeed import units
from groundspeed.find.answer import Grown, Row
from groundspeed.records import Benchmark, Case, Commit
from groundspeed.results.further import size_position, without
from groundspeed.stats.comparison import LEVEL
from groundspeed.stats.scaling import Growth, growth


def exponents(rows: Iterable[Row], benchmarks: Mapping[str, Benchmark]) -> tuple[Grown, ...]:
    """One for each culprit and ladder of three sizes or more that it changed, from what the checks measured.

    A size that is no positive number, with a unit or without, is passed over.
    """
    points: dict[tuple[Case, Commit], list[tuple[float, float, float]]] = defaultdict(list)
    for row in rows:
        culprit, case = row.found.culprit, row.asked.case
        place = size_position(benchmarks[case.benchmark])
        size = None if place is None else _size(case.params[place])
        if culprit is None or culprit.check is None or place is None or size is None:
            continue
        ladder = Case(benchmark=case.benchmark, params=without(case.params, place))
        points[ladder, culprit.commit].append((size, culprit.check.base, culprit.check.head))
    found = []
    for (ladder, commit), measured in points.items():
        before = growth([(size, base) for size, base, _ in measured], level=LEVEL)
        after = growth([(size, head) for size, _, head in measured], level=LEVEL)
        if isinstance(before, Growth) and isinstance(after, Growth):
            found.append(Grown(case=ladder, culprit=commit, before=before, after=after))
    return tuple(found)


def _size(text: str) -> float | None:
    try:
        return units.parse(text.strip("'\"")).value
    except ValueError:
        return None
