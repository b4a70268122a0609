"""One series of a benchmark that changed its name, or got parameters later. Owns what goes on as what.

Nothing on disk changes. A version is a hash of the benchmark's code, its name included, so a rename always
changes it: the last version under the older name goes on as the first one under the newer name, and so
does the last version without a parameter as the first one with it. Versions that a benchmark had under one
name stay apart, as everywhere.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from groundspeed.config.renames import StatedRenames
from groundspeed.measurements import Measurement, Missing
from groundspeed.records import Benchmark, Case, SeriesKey
from groundspeed.results.archive import Archive, Series
from groundspeed.results.further import EXPONENT, entry_name, size_position, split_metric, without
from groundspeed.verdicts.joining import Joined, join, series_order


@dataclass(frozen=True, kw_only=True, slots=True)
class Definition:
    """What a stored series was measured as: under which name, how many parameters short, which version."""

    benchmark: str
    short: int
    version: str | None


_Spans = dict[Definition, tuple[int, int]]  # the first and last commit of each version


@dataclass(frozen=True, kw_only=True, slots=True)
class Renames:
    """The renames of a project as they apply to its results.

    ``versions`` give the version that a stored definition goes on as. ``warnings`` name what was stated
    and does not fit the results.
    """

    stated: StatedRenames
    benchmarks: Mapping[str, Benchmark]
    versions: Mapping[Definition, str | None]
    warnings: tuple[str, ...]

    @classmethod
    def of(cls, stated: StatedRenames, archive: Archive) -> Renames:
        """What is stated, as it applies to the results as they are stored. O(series)."""
        bare = cls(stated=stated, benchmarks=archive.benchmarks, versions={}, warnings=())
        return dataclasses.replace(bare, versions=bare._versions(archive), warnings=bare._unfit(archive))

    def canonical(self, case: Case, metric: str = "") -> Case:
        """The case by the name it has now, with the parameters it has now."""
        present = self.stated.present(case.benchmark)
        return Case(benchmark=present, params=self._completed(present, metric, case.params))

    def key(self, key: SeriesKey) -> SeriesKey:
        """The series that results stored under ``key`` belong to."""
        definition = self._definition(key)
        return dataclasses.replace(
            key,
            case=self.canonical(key.case, key.metric),
            version=self.versions.get(definition, key.version),
        )

    def apply(self, archive: Archive) -> Archive:
        """The archive with one series where several were stored of what is one benchmark.

        Where two have a value at a commit the newer name's counts, and a warning says where. Series of
        different units are not joined.
        """
        if not self.stated:
            return archive
        parts: dict[SeriesKey, list[Series]] = defaultdict(list)
        by_commit = sorted(archive.series, key=lambda one: int(one.commits[-1]) if one.commits.size else -1)
        for series in sorted(by_commit, key=lambda one: _oldest_first(self._age(one.key))):
            parts[self.key(series.key)].append(series)
        joined = [join(key, oldest_first, archive.commits) for key, oldest_first in parts.items()]
        kept = [one for result in joined for one in result.series]
        return dataclasses.replace(
            archive,
            series=tuple(sorted(kept, key=lambda one: series_order(one.key))),
            benchmarks=self._present_benchmarks(archive.benchmarks),
            warnings=(*archive.warnings, *self.warnings, *_collisions(joined)),
        )

    def apply_to(self, found: Iterable[Measurement | Missing]) -> tuple[Measurement | Missing, ...]:
        """What there is at one commit, by present names: a value before none, then the newest name's."""
        if not self.stated:
            return tuple(found)
        oldest_first = sorted(found, key=lambda one: _oldest_first(self._age(one.key)))
        chosen: dict[SeriesKey, Measurement | Missing] = {}
        for one in sorted(oldest_first, key=lambda one: isinstance(one, Measurement)):
            key = self.key(one.key)
            chosen[key] = dataclasses.replace(one, key=key)
        return tuple(sorted(chosen.values(), key=lambda one: series_order(one.key)))

    # --- parameters that came later ------------------------------------------------------------------

    def _completed(self, present: str, metric: str, params: tuple[str, ...]) -> tuple[str, ...]:
        """``params`` with the stated values of those that came later; the last stated came last."""
        stated = self.stated.defaults.get(present)
        now = self._parameters(present, metric) if stated else None
        if not stated or now is None:
            return params
        short = len(now) - len(params)
        lacking = [name for name in stated if name in now][-short:] if short > 0 else []
        if len(lacking) != short:
            return params
        rest = iter(params)
        return tuple(
            _as_stored(stated[name], values) if name in lacking else next(rest)
            for name, values in now.items()
        )

    def _parameters(self, present: str, metric: str) -> Mapping[str, tuple[str, ...]] | None:
        """The parameters that a metric's cases have now, and their values; None where nobody knows."""
        benchmark = self.benchmarks.get(present)
        if benchmark is None:
            return None
        names, values = benchmark.param_names, benchmark.params
        place = size_position(benchmark) if metric == EXPONENT else None
        if place is not None:
            names, values = without(names, place), without(values, place)
        return dict(zip(names, values, strict=False))

    # --- versions ------------------------------------------------------------------------------------

    def _definition(self, key: SeriesKey) -> Definition:
        completed = self.canonical(key.case, key.metric).params
        return Definition(
            benchmark=key.case.benchmark, short=len(completed) - len(key.case.params), version=key.version
        )

    def _age(self, key: SeriesKey) -> tuple[int, int]:
        """How far a definition is from the present one: in names, then in parameters."""
        definition = self._definition(key)
        return len(self.stated.trail(key.case.benchmark)) - 1, definition.short

    def _versions(self, archive: Archive) -> dict[Definition, str | None]:
        """The last version of each age of a benchmark goes on as the first of the next age.

        Two old names of one age (``a = c`` and ``b = c``) follow each other in the order of their commits.
        """
        spans: dict[str, dict[tuple[int, int, str], _Spans]] = defaultdict(lambda: defaultdict(dict))
        for series in archive.series:
            if series.commits.size:
                name = series.key.case.benchmark
                seen = spans[self.stated.present(name)][*self._age(series.key), name]
                definition = self._definition(series.key)
                first, last = int(series.commits[0]), int(series.commits[-1])
                before = seen.get(definition, (first, last))
                seen[definition] = (min(before[0], first), max(before[1], last))
        found: dict[Definition, str | None] = {}
        for ages in spans.values():
            youngest_first = sorted(
                ages, key=lambda age: (age[:2], -max(last for _, last in ages[age].values()))
            )
            for newer, older in itertools.pairwise(youngest_first):
                ended = max(ages[older], key=lambda one: (ages[older][one][1], one.version or ""))
                began = min(ages[newer], key=lambda one: (ages[newer][one][0], one.version or ""))
                found[ended] = found.get(began, began.version)
        return found

    # --- what the results know -------------------------------------------------------------------------

    def _present_benchmarks(self, benchmarks: Mapping[str, Benchmark]) -> dict[str, Benchmark]:
        """Definitions by present names; of several the one that has the name counts."""
        found: dict[str, Benchmark] = {}
        for entry, benchmark in benchmarks.items():
            name, metric = split_metric(entry)
            present = entry_name(self.stated.present(name), metric)
            if present == entry or present not in benchmarks:
                found[present] = dataclasses.replace(benchmark, name=present)
        return found

    def _unfit(self, archive: Archive) -> tuple[str, ...]:
        """What is stated of benchmarks and parameters that the results do not have."""
        seen = {series.key.case.benchmark for series in archive.series} | set(archive.benchmarks)
        used = {self.stated.rule(name) for one in seen for name in self.stated.trail(one)}
        warnings = [
            f'renamed: "{old}" is no name in the results; take it out, or look for a slip of the pen.'
            for old in self.stated.names
            if old not in used
        ]
        for name, stated in self.stated.defaults.items():
            now = self._parameters(name, "")
            if now is None:
                warnings.append(f'parameters: "{name}" is no benchmark that the results describe.')
                continue
            for parameter, value in stated.items():
                if parameter not in now:
                    warnings.append(
                        f'parameters: {name} has no parameter "{parameter}" '
                        f"(it has: {', '.join(now) or 'none'})."
                    )
                elif _as_stored(value, now[parameter]) not in now[parameter]:
                    warnings.append(
                        f"parameters: {name}.{parameter} = {value} is none of its values "
                        f"({', '.join(now[parameter])}): the older results make a series of their own."
                    )
        return tuple(warnings)


NO_RENAMES = Renames(stated=StatedRenames(names={}, defaults={}), benchmarks={}, versions={}, warnings=())
"""Of a project that states none."""


def _oldest_first(age: tuple[int, int]) -> tuple[int, int]:
    return (-age[0], -age[1])


def _as_stored(stated: str, values: tuple[str, ...]) -> str:
    """A value as results hold it: asv's ``repr``, which people write without its quotation marks."""
    return repr(stated) if stated not in values and repr(stated) in values else stated


def _collisions(joined: Iterable[Joined]) -> list[str]:
    """One sentence for each pair of names that both have values somewhere, or differ in their unit."""
    places: dict[tuple[str, str], list[str]] = defaultdict(list)
    units: dict[str, str] = {}
    for result in joined:
        for collision in result.collisions:
            places[collision.older, collision.newer].extend(collision.commits)
        for series in result.series[:-1]:
            units[series.key.case.benchmark] = result.series[-1].key.case.benchmark
    return [
        *(
            f"{_pair(older, newer)} both have values at {len(set(commits))} commits "
            f"({commits[0][:8]} is one): the newer ones count."
            for (older, newer), commits in places.items()
        ),
        *(
            f"renamed: {older} has another unit than {newer}, which it is said to be: they are not joined."
            for older, newer in units.items()
        ),
    ]


def _pair(older: str, newer: str) -> str:
    if older == newer:
        return f"parameters: {newer} with and without what came later"
    return f"renamed: {older} and {newer}"
