"""What each target is judged by: the newest values on the branch of its cases, or that there are none.

Owns how a key finds its cases, that a limit's unit must be the metric's, and the command that would make
what is missing. The judgement is verdicts/targets.py's.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from groundspeed import units
from groundspeed.config.globs import names
from groundspeed.config.targets import Amount, AtSize, ShareOf, StatedTargets, Target
from groundspeed.errors import ConfigError, NothingMeasuredError
from groundspeed.records import Benchmark, Case, SeriesKey
from groundspeed.results.further import entry_name, split_metric
from groundspeed.stats import ratio as quotients
from groundspeed.stats.extrapolation import Curve
from groundspeed.stats.ratio import Interval
from groundspeed.verdicts.ladders import Sizes
from groundspeed.verdicts.newest import At, NoValue, Present, Track
from groundspeed.verdicts.pairs import compare_measurements
from groundspeed.verdicts.scaling import NoPrediction, Scaled, further_run, growths, predict, reason, scale
from groundspeed.verdicts.targets import Found, Judged, Lacking, Past, TargetReport, factor_of, judge

_TRACED = 50  # commits back that a growth is followed: each takes 2 ms


def judge_targets(
    presents: Sequence[Present],
    targets: Mapping[str, Sequence[Target]],
    sizes: Sizes,
    pattern: str | None = None,
) -> TargetReport:
    """Judge each machine's targets (by its name) against its present values.

    ``pattern`` is searched in what is judged. Raises ConfigError where a limit's unit is not the metric's.
    """
    return TargetReport(
        machines=tuple(one.machine for one in presents),
        rows=tuple(
            row
            for present in presents
            for target in targets[present.machine]
            for row in rows_of(target, present, sizes)
            if pattern is None or re.search(pattern, row.subject)
        ),
    )


def targets_by_machine(
    stated: StatedTargets, machines: Sequence[str], known: Sequence[str]
) -> Mapping[str, tuple[Target, ...]]:
    """What each of ``machines`` must keep. Raises ConfigError where a table is of a machine nobody knows,
    NothingMeasuredError where there is no target at all.
    """
    for name in stated.by_machine:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            meant = f"Did you mean {near[0]}?" if near else f"Known: {', '.join(known) or 'none'}."
            raise ConfigError(
                f"groundspeed.toml: [targets.{name}] is of no machine: neither a profile nor a folder under "
                f"results/ is called so. {meant}"
            )
    found = {name: stated.of(name) for name in machines}
    if not any(found.values()):
        raise NothingMeasuredError(
            f"groundspeed.toml states no target for {', '.join(machines)}. Write one under [targets]: "
            '"module.Class.time_name" = "< 80 ms".'
        )
    return found


def rows_of(target: Target, present: Present, sizes: Sizes) -> list[Judged | Lacking]:
    """A row for each case that the target means, or one that says that there is none."""
    bound = target.bound
    if isinstance(bound, AtSize):
        return _sized_rows(target, bound, present, sizes)
    one = _Question(target=target, present=present)
    if isinstance(bound, Amount):
        one.check_unit(bound.quantity.unit)
    tracks = present.tracks(one.means)
    if not tracks:
        return [one.nothing()]
    judged = [track for track in tracks if not _is_skipped(track)] or tracks
    rows = [one.row(bound, track) for track in judged]
    return [*rows, *one.never({track.series.key.case for track in tracks})]


def text_of(key: SeriesKey) -> str:
    """A case with its metric, as people write it."""
    return entry_name(str(key.case), key.metric)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Question:
    """One target on one machine."""

    target: Target
    present: Present

    @property
    def benchmarks(self) -> Mapping[str, Benchmark]:
        return self.present.reading.archive.benchmarks

    def means(self, key: SeriesKey) -> bool:
        """Whether the target means a series; what the suite dropped is judged no more."""
        if key.metric != self.target.metric or not names(self.target.glob, key.case):
            return False
        known = self.benchmarks.get(key.case.benchmark)
        return known is None or _has(known, key.case)

    def check_unit(self, unit: str) -> None:
        """Against what the results know of the metric, measured here or not."""
        for case in self.cases():
            entry = self.benchmarks.get(entry_name(case.benchmark, self.target.metric))
            if entry is not None:
                factor_of(self.target, unit, entry.unit, entry.name)

    def row(self, bound: Amount | ShareOf, track: Track) -> Judged | Lacking:
        last = track.last
        if isinstance(last, NoValue):
            return self.lacking(text_of(track.series.key), reason(last), again=True)
        return self.share(bound, track) if isinstance(bound, ShareOf) else self.amount(bound, track, last)

    def amount(self, bound: Amount, track: Track, last: At) -> Judged:
        factor = factor_of(self.target, bound.quantity.unit, track.series.unit, text_of(track.series.key))
        past = tuple(Past(commit=one.commit, value=one.value) for one in track.values)
        value = self.present.value(track)
        return judge(
            self.target,
            self.present.machine,
            Found(
                subject=text_of(track.series.key),
                environment=track.series.key.environment,
                unit=track.series.unit,
                better=track.series.better,
                value=value,
                limit=bound.quantity.value / factor,
                past=past,
                carried_from=last.carried_from,
                notes=_notes(value, track),
            ),
        )

    def share(self, bound: ShareOf, track: Track) -> Judged | Lacking:
        """At the newest commit that has both, so that what the host did to one it did to the other."""
        own = track.series.key
        named = bound.case if "(" in bound.case else str(Case(benchmark=bound.case, params=own.case.params))
        wanted = entry_name(named, bound.metric)
        other = self.same_place(wanted, own.environment)
        if other is None:
            return self.lacking(text_of(own), f"{wanted} was never measured here", again=False)
        if isinstance(last := other.last, NoValue):
            return self.lacking(text_of(own), f"{wanted} {reason(last)}", again=True)
        factor_of(self.target, units.reckon(other.series.unit).unit, track.series.unit, text_of(own))
        theirs = {one.commit: one for one in other.values}
        common = [one for one in track.values if one.commit in theirs]
        if not common:
            return self.lacking(text_of(own), f"{wanted} was never measured at the same commit", again=False)
        past = [
            Past(commit=one.commit, value=quotients.ratio(theirs[one.commit].value, one.value))
            for one in common
        ]
        return judge(
            self.target,
            self.present.machine,
            Found(
                subject=text_of(own),
                environment=own.environment,
                unit="",
                better=track.series.better,
                value=_ratio(self.present, other, track, common[-1].commit),
                limit=bound.share,
                past=tuple(past),
                carried_from=common[-1].carried_from,
                notes=(),
            ),
        )

    def same_place(self, text: str, environment: str) -> Track | None:
        """What another case's metric holds in the same environment."""

        def is_it(key: SeriesKey) -> bool:
            return key.environment == environment and text_of(key) == text

        return next(iter(self.present.tracks(is_it)), None)

    def never(self, seen: AbstractSet[Case]) -> Iterator[Lacking]:
        """The cases that the suite has and nobody measured on this machine."""
        for case in self.cases():
            if case not in seen:
                subject = entry_name(str(case), self.target.metric)
                yield self.lacking(subject, "never measured on this branch and machine", again=False)

    def nothing(self) -> Lacking:
        """No case at all has a value: a name that nobody knows, or one that was not measured here."""
        known = next(iter(self.cases()), None)
        if known is not None:
            return self.lacking(self.target.key, "never measured on this branch and machine", again=False)
        benchmarks = [name for name in self.benchmarks if not split_metric(name)[1]]
        near = difflib.get_close_matches(self.target.glob.partition("(")[0], benchmarks, n=1)
        meant = f"; did you mean {near[0]}?" if near else ""
        return self.lacking(self.target.key, f"the results know no such benchmark{meant}", again=False)

    def cases(self) -> Iterator[Case]:
        """Those of the suite, as the results last saw it, that the target means."""
        for name, one in self.benchmarks.items():
            if not split_metric(name)[1]:
                yield from (case for case in one.cases() if names(self.target.glob, case))

    def lacking(self, subject: str, why: str, *, again: bool) -> Lacking:
        """What is missing, with the run that would make it."""
        return Lacking(
            target=self.target,
            machine=self.present.machine,
            subject=subject,
            reason=why,
            command=command(self.present, subject, again=again),
        )


def command(present: Present, subject: str, *, again: bool) -> str:
    """The run that measures a case, by its benchmark's name."""
    bench = subject.partition("(")[0].partition("@")[0]
    at = f" {present.at[:10]}^!" if present.at else ""
    return f"groundspeed run{at} --bench '{bench}'{' --retry' if again else ''}"


# --- growth -----------------------------------------------------------------------------------------


def _sized_rows(target: Target, bound: AtSize, present: Present, sizes: Sizes) -> list[Judged | Lacking]:
    found = [
        one
        for one in scale(present, sizes)
        if one.ladder.metric == target.metric and names(target.glob, one.ladder.case)
    ]
    if found:
        return [_sized_row(target, bound, present, one) for one in found]
    question = _Question(target=target, present=present)
    missing = question.nothing()
    if not any(question.cases()):
        return [missing]
    benchmark = next(question.cases()).benchmark
    if sizes.of(benchmark) is not None:
        return [missing]
    why = (
        f'{benchmark} has no size: name the parameter in the suite (size = "n"), '
        "or under [scaling.sizes] in groundspeed.toml"
    )
    return [question.lacking(target.key, why, again=False)]


def _sized_row(target: Target, bound: AtSize, present: Present, one: Scaled) -> Judged | Lacking:
    subject = f"{one.ladder} at {bound.size_text}"
    factor = factor_of(target, bound.quantity.unit, one.ladder.unit, str(one.ladder))
    prediction = predict(one, bound.size)
    if isinstance(prediction, NoPrediction):
        return _Question(target=target, present=present).lacking(subject, prediction.reason, again=False)
    value = Interval(centre=prediction.value, low=prediction.low, high=prediction.high)
    return judge(
        target,
        present.machine,
        Found(
            subject=subject,
            environment=one.ladder.environment,
            unit=one.ladder.unit,
            better=one.ladder.better,
            value=value,
            limit=bound.quantity.value / factor,
            past=_traced(one, present, bound, value),
            carried_from=None,
            notes=(*prediction.doubts, *filter(None, [further_run(one)])) if prediction.doubts else (),
            is_told=not prediction.is_far,
        ),
    )


def _traced(one: Scaled, present: Present, bound: AtSize, value: Interval) -> tuple[Past, ...]:
    """What the growth came to at the newest commits that tell one; the present one last."""
    largest = max(rung.size for rung in one.ladder.rungs)
    commits = [
        commit.commit for rung in one.ladder.rungs if rung.size == largest for commit in rung.track.values
    ]
    past = [
        Past(commit=commit, value=Interval(centre=at.value, low=at.low, high=at.high))
        for commit, growth in zip(commits[-_TRACED:], growths(one.ladder, commits[-_TRACED:]), strict=True)
        if isinstance(growth, Curve)
        for at in (growth.at(bound.size.value),)
    ]
    newest = max((found.commit for found in one.measured), key=present.branch.index)
    return (*(found for found in past if found.commit != newest), Past(commit=newest, value=value))


# --- small parts ------------------------------------------------------------------------------------


def _ratio(present: Present, base: Track, head: Track, commit: str) -> Interval:
    """Head over base at a commit: session by session where each has several processes."""
    one, other = (present.measurement(track, commit) for track in (base, head))
    if one is not None and other is not None and min(len(one.processes), len(other.processes)) > 1:
        one, other = (replace(end, carried_from=None) for end in (one, other))  # two cases, not one content
        floor = present.floor(head.series.key)
        found = compare_measurements(one, other, floor=floor, prior=present.prior(other)).ratio
        if isinstance(found, Interval):
            return found
    return quotients.ratio(*(present.value_at(track, commit) for track in (base, head)))


def _notes(value: Interval, track: Track) -> tuple[str, ...]:
    timed = units.canonical(track.series.unit) == "s"
    return ("nothing is known of its noise",) if timed and value.low == value.high else ()


def _is_skipped(track: Track) -> bool:
    last = track.last
    return isinstance(last, NoValue) and last.skipped


def _has(benchmark: Benchmark, case: Case) -> bool:
    return len(case.params) == len(benchmark.params) and all(
        value in values for value, values in zip(case.params, benchmark.params, strict=True)
    )
