"""What a site is made of: one history and everything found in it. Owns which series form a line."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from groundspeed import units
from groundspeed.records import Commit
from groundspeed.results.archive import Archive, Series
from groundspeed.site.answers import NO_ANSWERS, Answers
from groundspeed.site.axes import Axes, axes_of
from groundspeed.site.carried import only_with_values
from groundspeed.site.order import Timeline, timeline
from groundspeed.verdicts.steps import Stepped


@dataclass(frozen=True, kw_only=True, slots=True)
class ProjectInfo:
    """How the site names its project. ``show_commit_url`` is put before a hash to show that commit."""

    name: str
    url: str
    show_commit_url: str


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class Metric:
    """Name, canonical unit, better direction: series that differ here cannot share an axis."""

    name: str
    unit: str
    better: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One case's metric on one machine in one environment, over all versions of its benchmark.

    ``params`` are places on the benchmark's axes, None where the case has no value there; ``series`` are
    positions in ``Archive.series``, the version measured last at the end (the suite's own, where it has one).
    """

    benchmark: str
    machine: str
    environment: str
    params: tuple[int | None, ...]
    metric: Metric
    series: tuple[int, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """What is published. ``axes`` are by benchmark, only those that have a series with a row.

    ``lines`` are in the one order that every file of the site counts them in: by benchmark, machine,
    environment, parameters in the order of their axes, metric. ``stepped`` holds the steps of
    ``archive.series``.
    """

    project: ProjectInfo
    archive: Archive
    commits: Mapping[str, Commit]
    timeline: Timeline
    axes: Mapping[str, Axes]
    lines: tuple[Line, ...]
    stepped: Stepped
    answers: Answers


def subject_of(
    project: ProjectInfo,
    archive: Archive,
    commits: Mapping[str, Commit],
    stepped: Stepped,
    answers: Answers = NO_ANSWERS,
) -> Subject:
    """Put together what is known; ``commits`` may lack some of the archive's."""
    shown = only_with_values(archive)
    grouped = _by_benchmark(shown)
    axes = {
        name: axes_of(name, [shown.series[place] for place in grouped[name]], shown.benchmarks)
        for name in sorted(grouped)
    }
    return Subject(
        project=project,
        archive=shown,
        commits=commits,
        timeline=timeline(shown, commits),
        axes=axes,
        lines=tuple(line for name in axes for line in _lines(name, grouped[name], axes[name], shown)),
        stepped=stepped,
        answers=answers,
    )


def metric_of(series: Series) -> Metric:
    """The metric of a series, its unit made canonical."""
    return Metric(name=series.key.metric, unit=units.canonical(series.unit), better=str(series.better))


def _by_benchmark(archive: Archive) -> dict[str, list[int]]:
    """The places of each benchmark's series that have a row."""
    grouped: dict[str, list[int]] = defaultdict(list)
    for place, one in enumerate(archive.series):
        if one.commits.size:
            grouped[one.key.case.benchmark].append(place)
    return grouped


def _lines(name: str, places: Sequence[int], axes: Axes, archive: Archive) -> list[Line]:
    found: dict[tuple[str, str, tuple[int | None, ...], Metric], list[int]] = defaultdict(list)
    for place in places:
        one = archive.series[place]
        params = tuple(axes.positions(one.key))
        found[one.key.machine, one.key.environment, params, metric_of(one)].append(place)
    current = archive.benchmarks[name].version if name in archive.benchmarks else None
    lines = [
        Line(
            benchmark=name,
            machine=machine,
            environment=environment,
            params=params,
            metric=metric,
            series=tuple(sorted(versions, key=lambda place: _age(archive.series[place], current))),
        )
        for (machine, environment, params, metric), versions in found.items()
    ]
    return sorted(lines, key=_order)


def _age(series: Series, current: str | None) -> tuple[bool, int, str]:
    """The later, the younger; the suite's own version is the youngest."""
    own = current is not None and series.key.version == current
    return own, int(series.commits[-1]), series.key.version or ""


def _order(line: Line) -> tuple[str, str, list[int], Metric]:
    return (
        line.machine,
        line.environment,
        [-1 if place is None else place for place in line.params],
        line.metric,
    )
