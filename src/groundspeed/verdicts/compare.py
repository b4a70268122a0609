"""Everything measured at head against everything measured at base: a row each, and what they come to.

Owns which measurements are a pair, what a row without one says, and that what is named across a suite is not
chance. The judgement of a pair is pairs'. Measures nothing.
"""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from groundspeed import units
from groundspeed.config.tolerances import Tolerances
from groundspeed.measurements import Measurement, Missing, NoiseFloor
from groundspeed.records import Better, Case, Failed, SeriesKey, Skipped, Verdict
from groundspeed.stats.false_discovery import RATE, adjusted
from groundspeed.stats.precision import UNKNOWN, Prior, Spread, learn, spread
from groundspeed.verdicts.judgement import CERTAIN, VALUES, Caveat, Ground, Judgement
from groundspeed.verdicts.pairs import compare_measurements as compare_measurements
from groundspeed.verdicts.pairs.processes import further
from groundspeed.verdicts.pairs.question import is_timed
from groundspeed.verdicts.pairs.stored import UNSAMPLED

Ending = Measurement | Missing
"""What an end holds of a series."""

_Name = tuple[str, Case, str]  # environment, case, metric: a key of dictionaries, never passed on


@dataclass(frozen=True, kw_only=True, slots=True)
class Compared:
    """A series that was measured at both ends. ``base`` and ``head`` are the commits."""

    key: SeriesKey
    unit: str
    better: Better
    base: str
    head: str
    judgement: Judgement


class Status(StrEnum):
    """Why a series has no verdict."""

    BROKEN = "broken"
    FIXED = "fixed"
    NEW = "new"
    GONE = "gone"
    FAILED = "failed at both ends"
    SKIPPED = "skipped"
    REDEFINED = "redefined"


@dataclass(frozen=True, kw_only=True, slots=True)
class Unpaired:
    """A series without a value at one end at least, and why."""

    key: SeriesKey
    unit: str
    better: Better
    status: Status
    reason: str


Row = Compared | Unpaired


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """All rows, by name."""

    rows: tuple[Row, ...]

    @property
    def compared(self) -> tuple[Compared, ...]:
        """The rows with a verdict."""
        return tuple(row for row in self.rows if isinstance(row, Compared))

    @property
    def unpaired(self) -> tuple[Unpaired, ...]:
        """The rows without."""
        return tuple(row for row in self.rows if isinstance(row, Unpaired))

    def count(self, what: Verdict | Status) -> int:
        """How many rows say so."""
        return sum(what is said(row) for row in self.rows)

    def exit_code(self, *, strict: bool) -> int:
        """1 where something is slower or broken, 3 where nothing could be compared, 4 where nothing but
        inconclusive rows is left (``strict``: where any is), else 0.
        """
        if self.count(Verdict.SLOWER) or self.count(Status.BROKEN):
            return 1
        if not self.compared:
            return 3
        undecided = self.count(Verdict.INCONCLUSIVE)
        return 4 if undecided == len(self.compared) or (strict and undecided) else 0


def said(row: Row) -> Verdict | Status:
    """What a row says, in a word."""
    return row.judgement.verdict if isinstance(row, Compared) else row.status


@dataclass(frozen=True, kw_only=True, slots=True)
class Pair:
    """What both ends hold of a series; None where an end does not know it."""

    base: Ending | None
    head: Ending | None

    @property
    def either(self) -> Ending:
        """Head's, else base's."""
        found = self.head or self.base
        assert found is not None
        return found


def compare_suite(
    base: Sequence[Ending],
    head: Sequence[Ending],
    *,
    floors: Mapping[SeriesKey, NoiseFloor],
    tolerances: Tolerances,
    prior: Priors | None = None,
) -> Comparison:
    """Head's measurements against base's, paired by environment, case and metric.

    ``floors`` go by key without a version, as ``Reading.floors`` gives them; without ``prior`` it is learned
    from what is compared. A change is named only where its own interval lies beyond the tolerance and
    Benjamini and Hochberg's adjusted p-value over all rows is at most ``RATE``; else the row is inconclusive.
    """
    return compare_pairs(
        _paired(base, head),
        floors=floors,
        tolerances=tolerances,
        prior=learned([*base, *head]) if prior is None else prior,
    )


def compare_pairs(
    pairs: Sequence[Pair], *, floors: Mapping[SeriesKey, NoiseFloor], tolerances: Tolerances, prior: Priors
) -> Comparison:
    """The same of pairs that are found already: a row each, in their order."""
    rows = [_row(pair, floors, tolerances, prior) for pair in pairs]
    return Comparison(rows=tuple(_without_chance(rows)))


# --- what the cases of a suite have in common ------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class Priors:
    """What is known of the variance between processes, by unit and metric: a p99 scatters as p99s do."""

    known: Mapping[tuple[str, str], Prior]

    def of(self, one: Measurement) -> Prior:
        """The prior for a measurement; a cautious one where too few like it were seen."""
        found = self.known.get(_kind(one), UNKNOWN)
        return VALUES if found == UNKNOWN and not is_timed(one) else found


def learned(measurements: Iterable[Ending]) -> Priors:
    """From the processes of each measurement, session by session."""
    spreads: dict[tuple[str, str], list[Spread]] = defaultdict(list)
    for one in measurements:
        if isinstance(one, Measurement):
            spreads[_kind(one)].extend(_spreads(one))
    return Priors(known={kind: learn(found) for kind, found in spreads.items()})


def _kind(one: Measurement) -> tuple[str, str]:
    return units.canonical(one.unit), one.key.metric


def _spreads(one: Measurement) -> Iterator[Spread]:
    sessions: dict[str, list[Sequence[float]]] = defaultdict(list)
    for process in one.processes:
        if process.samples and all(0 < sample < float("inf") for sample in process.samples):
            sessions[process.session].append(process.samples)
    for processes in sessions.values():
        found = spread(processes)
        if found is not None:
            yield found


# --- rows --------------------------------------------------------------------------------------------


def _paired(base: Sequence[Ending], head: Sequence[Ending]) -> list[Pair]:
    """By name, in its order. Of several versions of a benchmark, one that both ends have measured."""
    ends: tuple[dict[_Name, list[Ending]], ...] = (defaultdict(list), defaultdict(list))
    for found, end in zip(ends, (base, head), strict=True):
        for one in end:
            found[one.key.environment, one.key.case, one.key.metric].append(one)
    names = sorted({*ends[0], *ends[1]}, key=lambda one: (str(one[1]), one[2], one[0]))
    return [_best(ends[0].get(name, []), ends[1].get(name, [])) for name in names]


def _best(base: Sequence[Ending], head: Sequence[Ending]) -> Pair:
    """The pair with the most to say: both measured, of one version, head's newest."""
    before: Sequence[Ending | None] = base or [None]
    now: Sequence[Ending | None] = head or [None]
    return max((Pair(base=one, head=other) for one in before for other in now), key=_worth)


def _worth(pair: Pair) -> tuple[bool, bool, str]:
    measured = isinstance(pair.base, Measurement) + isinstance(pair.head, Measurement)
    alike = pair.base is not None and pair.head is not None and pair.base.key.version == pair.head.key.version
    newest = (
        max((one.session for one in pair.head.processes), default="")
        if isinstance(pair.head, Measurement)
        else ""
    )
    return measured == 2 and alike, measured == 2, newest


def _row(pair: Pair, floors: Mapping[SeriesKey, NoiseFloor], tolerances: Tolerances, prior: Priors) -> Row:
    base, head = pair.base, pair.head
    if not isinstance(base, Measurement) or not isinstance(head, Measurement):
        return _unpaired(pair)
    versions = base.key.version, head.key.version
    if None not in versions and versions[0] != versions[1]:
        return _lone(head, Status.REDEFINED, "the benchmark itself is another one (its version differs)")
    key = dataclasses.replace(head.key, version=None)
    judged = compare_measurements(
        base,
        head,
        floor=floors.get(key),
        prior=prior.of(head),
        tolerance=tolerances.of(key.case, key.metric),
    )
    return Compared(
        key=head.key, unit=head.unit, better=head.better, base=base.commit, head=head.commit, judgement=judged
    )


def _unpaired(pair: Pair) -> Unpaired:
    """The word for what an end lacks."""
    base, head = pair.base, pair.head
    if isinstance(head, Measurement):
        failed = isinstance(base, Missing) and isinstance(base.why, Failed)
        return _lone(head, Status.FIXED if failed else Status.NEW, _why(base, "base"))
    measured = isinstance(base, Measurement)
    if isinstance(head, Missing) and isinstance(head.why, Failed):
        status = Status.BROKEN if measured else Status.FAILED
        return _lone(head, status, _why(head, "head"))
    if isinstance(head, Missing) and isinstance(head.why, Skipped):
        return _lone(head, Status.SKIPPED, _why(head, "head"))
    return _lone(pair.either, Status.GONE, _why(head, "head"))


def _lone(one: Ending, status: Status, reason: str) -> Unpaired:
    return Unpaired(key=one.key, unit=one.unit, better=one.better, status=status, reason=reason)


def _why(one: Ending | None, end: str) -> str:
    """Why an end has no value."""
    if not isinstance(one, Missing):
        return f"not measured at {end}"
    if isinstance(one.why, Failed):
        return f"{one.why.kind} at {end}: {one.why.text}" if one.why.text else f"{one.why.kind} at {end}"
    return one.why.reason or f"skipped at {end}"


# --- what is not chance ------------------------------------------------------------------------------


def _without_chance(rows: Sequence[Row]) -> Iterator[Row]:
    """The rows, those inconclusive whose change could be chance among so many. Slower and faster are two
    families: naming many that became faster makes nothing slower more probable.
    """
    drawn = [
        row for row in rows if isinstance(row, Compared) and row.judgement.evidence.ground not in CERTAIN
    ]
    slower = adjusted([row.judgement.chances.slower for row in drawn])
    faster = adjusted([row.judgement.chances.faster for row in drawn])
    doubted = {
        id(row): min(RATE, RATE * (1 + int((family <= RATE).sum())) / len(drawn))
        for verdict, family in ((Verdict.SLOWER, slower), (Verdict.FASTER, faster))
        for row, chance in zip(drawn, family, strict=True)
        if row.judgement.verdict is verdict and chance > RATE
    }
    for row in rows:
        if isinstance(row, Compared) and id(row) in doubted:
            yield dataclasses.replace(row, judgement=_doubted(row.judgement, doubted[id(row)]))
        else:
            yield row


def _doubted(one: Judgement, chance: float) -> Judgement:
    """Inconclusive after all; ``chance`` is the p-value that would have named it."""
    more = further(one.difference, one.process, one.tolerance, chance)
    return dataclasses.replace(
        one,
        verdict=Verdict.INCONCLUSIVE,
        further=UNSAMPLED if one.evidence.ground is Ground.STORED else more,
        evidence=dataclasses.replace(one.evidence, caveats=(*one.evidence.caveats, Caveat.CHANCE)),
    )
