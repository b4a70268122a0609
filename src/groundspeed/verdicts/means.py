"""What many ratios come to: geometric means over the cases of a module, and over all.

Owns which rows may be averaged: main metrics of one unit where less is better. An average hides what went up
and down beneath it, and says so.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from groundspeed import units
from groundspeed.records import Better, Case, Verdict
from groundspeed.stats.comparison import LEVEL
from groundspeed.stats.ratio import Interval
from groundspeed.verdicts.compare import Compared


@dataclass(frozen=True, kw_only=True, slots=True)
class Mean:
    """The geometric mean of head over base of ``rows`` rows; ``module`` is empty for all of a unit.

    ``left_out`` have no bounded ratio. ``slower`` and ``faster`` count the rows so judged: an average over
    both says nothing of either.
    """

    module: str
    unit: str
    rows: int
    left_out: int
    ratio: Interval
    slower: int
    faster: int

    @property
    def hides(self) -> bool:
        """Whether opposite verdicts stand behind it."""
        return self.slower > 0 and self.faster > 0


def means(rows: Sequence[Compared]) -> tuple[Mean, ...]:
    """One of each unit for all of its rows, then one of each module that is not all of them; two rows at
    least.
    """
    groups: dict[tuple[str, str], list[Compared]] = defaultdict(list)
    for row in rows:
        if not row.key.metric and row.better is Better.LOWER:
            unit = units.canonical(row.unit)
            groups[unit, ""].append(row)
            groups[unit, module_of(row.key.case)].append(row)
    return tuple(
        _mean(module, unit, found)
        for (unit, module), found in sorted(groups.items())
        if sum(map(_is_bounded, found)) > 1 and (not module or len(found) < len(groups[unit, ""]))
    )


def module_of(case: Case) -> str:
    """The module of a benchmark, ``package.module.Class.name`` without what a class and a function are."""
    parts = case.benchmark.split(".")[:-1]
    while len(parts) > 1 and parts[-1][:1].isupper():
        parts.pop()
    return ".".join(parts) or case.benchmark


def _is_bounded(row: Compared) -> bool:
    worse = row.judgement.worse
    return worse.low > 0 and worse.high < math.inf


def _mean(module: str, unit: str, rows: Sequence[Compared]) -> Mean:
    """Of m rows: the mean of their log ratios. Its variance is that of the processes, which are independent,
    over m^2, and that of the sessions as if one shift hit all rows alike, which it does: their standard
    deviations add. Degrees of freedom by Satterthwaite (1946).
    """
    from scipy.special import stdtrit

    bounded = [row.judgement.difference for row in rows if _is_bounded(row)]
    count = len(bounded)
    centre = math.fsum(one.centre for one in bounded) / count
    parts = [(one.processes.variance / count**2, one.processes.df) for one in bounded]
    shift = (math.fsum(math.sqrt(one.sessions.variance) for one in bounded) / count) ** 2
    parts.append((shift, min(one.sessions.df for one in bounded)))
    variance = math.fsum(one for one, _ in parts)
    spread = math.fsum(one**2 / df for one, df in parts)
    df = variance**2 / spread if spread else 1.0
    half = float(stdtrit(df, (1 + LEVEL) / 2)) * math.sqrt(variance)
    verdicts = [row.judgement.verdict for row in rows]
    return Mean(
        module=module,
        unit=unit,
        rows=count,
        left_out=len(rows) - count,
        ratio=Interval(centre=math.exp(centre), low=math.exp(centre - half), high=math.exp(centre + half)),
        slower=verdicts.count(Verdict.SLOWER),
        faster=verdicts.count(Verdict.FASTER),
    )
