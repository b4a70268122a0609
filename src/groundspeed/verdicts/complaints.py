"""What is not as it should be where nobody looks: sentences, each of which asks somebody to do something.

Owns which facts are complaints. Knows no clock: whoever asks brings the time, and a page that is read later
brings another one. That nothing is heard is never taken for health: a machine that measures nothing is a
complaint, and so is a project without any.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from groundspeed import units
from groundspeed.config import Configuration
from groundspeed.config.globs import names
from groundspeed.config.health import HealthConfig
from groundspeed.errors import NothingMeasuredError
from groundspeed.records import Case
from groundspeed.results.attempts import Attempt, Stage, read_attempts
from groundspeed.stats.control import Drift
from groundspeed.verdicts.health import Failing, Gone, Health, Vanished, health, last_line
from groundspeed.verdicts.machine_rows import rows_of_machine
from groundspeed.verdicts.reading import ProjectResults

LONGEST: Mapping[Stage, timedelta] = MappingProxyType(
    {stage: timedelta(hours=24 if stage is Stage.NIGHTLY else 1) for stage in Stage}
)
"""What each may take. Publishing or deploying: the largest archive takes seconds, a slow network minutes.
A night has the budget that its user gives it, and a day later the next one begins."""


class Kind(StrEnum):
    """What is complained of."""

    RESULTS = "results are old"
    SILENT = "machine is silent"
    FAILING = "benchmark fails"
    VANISHED = "benchmark vanished"
    CONTROL = "host changed"
    ATTEMPT = "not published"
    NIGHT = "night failed"


@dataclass(frozen=True, kw_only=True, slots=True)
class Complaint:
    """``machine`` is empty where it is none's own; ``text`` is a sentence or two, others tomorrow.

    ``about`` is the benchmark or the command, empty where it is the whole machine or project.
    """

    kind: Kind
    machine: str
    text: str
    about: str = ""

    @property
    def key(self) -> str:
        """The same as long as the same is complained of."""
        return ": ".join(part for part in (self.kind, self.machine, self.about) if part)


@dataclass(frozen=True, kw_only=True, slots=True)
class Silence:
    """What is complained of from ``due_at`` on (None: always) if nothing is measured before.

    The sentence is ``words`` with the time since ``since`` between them; one word needs none. Thus a page
    says it by the clock of whoever reads.
    """

    kind: Kind
    machine: str
    words: tuple[str, ...]
    since: datetime | None
    due_at: datetime | None

    def is_due(self, now: datetime) -> bool:
        """Whether it is a complaint by then."""
        return self.due_at is None or now >= self.due_at

    def complaint(self, now: datetime) -> Complaint:
        """What it is by then, once it is due."""
        span = "" if self.since is None else _span(now - self.since)
        return Complaint(kind=self.kind, machine=self.machine, text=span.join(self.words))


@dataclass(frozen=True, kw_only=True, slots=True)
class Examination:
    """How a project did at a moment: ``faults`` are there, ``silences`` come with the time.

    The most pressing stand first: what is of the whole project or machine, then of single benchmarks.
    """

    at: datetime
    machines: tuple[Health, ...]
    silences: tuple[Silence, ...]
    faults: tuple[Complaint, ...]

    @property
    def complaints(self) -> tuple[Complaint, ...]:
        """Nothing is wrong where there is none."""
        due = (one.complaint(self.at) for one in self.silences if one.is_due(self.at))
        return (*due, *self.faults)


def examine(reading: ProjectResults, now: datetime) -> Examination:
    """How the project does. Raises NothingMeasuredError where there are no results."""
    if not reading.machines:
        raise NothingMeasuredError(
            f"There are no results in {reading.configuration.suite.results_dir}. "
            "Measure something first: groundspeed run."
        )
    machines = tuple(
        health(reading, rows_of_machine(reading.archive, name, reading.order), reading.index.sessions(name))
        for name in reading.machines
    )
    return examined(reading.configuration, machines, now)


def examined(configuration: Configuration, machines: Sequence[Health], now: datetime) -> Examination:
    """The same of machines whose health is known already."""
    attempts = read_attempts(configuration.workspace)
    return judge(machines, attempts, Known.of(configuration), now)


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """What the project says of itself: ``[health]``, and the globs of benchmarks that it removed."""

    rule: HealthConfig
    removed: tuple[str, ...]

    @classmethod
    def of(cls, configuration: Configuration) -> Known:
        """From groundspeed.toml; what the gate lets go is gone here as well."""
        project = configuration.project
        return cls(rule=project.health, removed=project.gate.removed)

    def excuses(self, vanished: Vanished) -> bool:
        """Whether a benchmark may be gone."""
        case = Case(benchmark=vanished.benchmark, params=())
        return self.rule.is_known(case) or any(names(glob, case) for glob in self.removed)


def judge(
    machines: Sequence[Health], attempts: Sequence[Attempt], known: Known, now: datetime
) -> Examination:
    """What is complained of.

    A machine that is ``retired`` has no complaint of its own; where all are, no results are to come.
    """
    awaited = [one for one in machines if one.silence is not None]
    faults = [each for attempt in attempts for each in _unfinished(attempt, now)]
    faults += [
        _changed(one, one.control)
        for one in awaited
        if isinstance(one.control, Drift) and one.control.is_beyond
    ]
    for one in awaited:
        faults += [_fails(one, each) for each in _unknown(one, known)]
        faults += [_gone(one, each) for each in one.vanished if not known.excuses(each)]
    return Examination(
        at=now,
        machines=tuple(machines),
        silences=(_old(machines, awaited), *map(_silent, awaited)),
        faults=tuple(faults),
    )


def _unknown(machine: Health, known: Known) -> Iterator[Failing]:
    for one in machine.failing:
        if not all(known.rule.is_known(key.case) for key in one.keys):
            yield one


def _old(machines: Sequence[Health], awaited: Sequence[Health]) -> Silence:
    """That nobody measures any more: from when on the last machine is silent, too."""
    newest = max((one.last.at for one in machines if one.last is not None), default=None)
    look = "on any machine. Look whether what measures here still starts."
    if newest is None:
        words: tuple[str, ...] = (f"Nothing was measured ever, {look}",)
    else:
        words = (f"Nothing was measured since {_moment(newest)}, ", f" ago, {look}")
    due_at = max((one.stale_at for one in awaited if one.stale_at is not None), default=None)
    return Silence(kind=Kind.RESULTS, machine="", words=words, since=newest, due_at=due_at)


def _silent(one: Health) -> Silence:
    if one.last is None or one.silence is None:
        words: tuple[str, ...] = (f"{one.machine} has results, and no commit that it measured.",)
    else:
        habit = (
            "" if one.usual_s is None else f"; it usually does every {_span(timedelta(seconds=one.usual_s))}"
        )
        rest = f"{habit}. {_span(one.silence)} would be in order. Look whether it still starts to measure."
        words = (f"{one.machine} measured nothing for ", f" (since {_moment(one.last.at)}){rest}")
    since = None if one.last is None else one.last.at
    return Silence(kind=Kind.SILENT, machine=one.machine, words=words, since=since, due_at=one.stale_at)


def _fails(machine: Health, one: Failing) -> Complaint:
    more = f" and {len(one.keys) - 1} more like it" if len(one.keys) > 1 else ""
    reason = last_line(one.reason) or "it does not say why"
    where = f"on {machine.machine}, at {one.commit[:8]}"
    text = f"{one.keys[0].case}{more} failed when last measured {where}: {reason}"
    about = one.keys[0].case.benchmark
    return Complaint(kind=Kind.FAILING, machine=machine.machine, text=text, about=about)


def _gone(machine: Health, one: Vanished) -> Complaint:
    why = (
        "the suite has it no more"
        if one.why is Gone.DROPPED
        else f"left out of the last {one.missed} measurings"
    )
    text = f"{one.benchmark} is measured no more on {machine.machine} since {one.commit[:8]}: {why}."
    return Complaint(kind=Kind.VANISHED, machine=machine.machine, text=text, about=one.benchmark)


def _changed(machine: Health, control: Drift) -> Complaint:
    text = (
        f"The control benchmark of {machine.machine} takes {control.ratio:.2f} times as long as usual "
        f"({control.limit:.2f} is its limit): the host changed, not the code. groundspeed doctor looks at it."
    )
    return Complaint(kind=Kind.CONTROL, machine=machine.machine, text=text)


def _unfinished(attempt: Attempt, now: datetime) -> Iterator[Complaint]:
    what, when = f"groundspeed {attempt.stage}", _moment(attempt.begun_at)
    kind = Kind.NIGHT if attempt.stage is Stage.NIGHTLY else Kind.ATTEMPT
    if attempt.failure:
        text = f"{what} failed at {when}: {attempt.failure}"
        yield Complaint(kind=kind, machine="", text=text, about=what)
    elif attempt.ended_at is None and now - attempt.begun_at > LONGEST[attempt.stage]:
        text = f"{what} began at {when} and never ended: its process was killed, or the host went down."
        yield Complaint(kind=kind, machine="", text=text, about=what)


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _span(span: timedelta) -> str:
    hours = max(0, round(span.total_seconds() / 3600))
    return units.counted(hours, "hour") if hours < 48 else units.counted(round(hours / 24), "day")
