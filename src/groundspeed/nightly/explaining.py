"""The stages of a night that explain: suspects measured again, their culprits found, and these profiled.

What one of them finds the next one reads from the results, tonight or another night.
"""

from __future__ import annotations

from groundspeed.errors import GroundspeedError
from groundspeed.find.answer import Question, exactly
from groundspeed.find.finding import find
from groundspeed.find.posterior import Direction
from groundspeed.gate.confirm import confirm
from groundspeed.measure.host import Host
from groundspeed.nightly.context import Night, Said, failed, left_out
from groundspeed.nightly.measuring import measuring
from groundspeed.nightly.questions import confirmed_on, main_series, suspicions, unnamed
from groundspeed.profiling.asking import ask
from groundspeed.profiling.cpu import sampler_or_why
from groundspeed.profiling.values import CPU, MEMORY, Wanted
from groundspeed.records import SeriesKey
from groundspeed.report.confirm import confirmed_lines
from groundspeed.report.find import summary
from groundspeed.results.profiles import profile_path
from groundspeed.verdicts.named import Named, named_culprits
from groundspeed.verdicts.reading import read
from groundspeed.verdicts.regressions import find_regressions, text_of

GROUPS = 10
"""Suspected regressions that a night measures again: a history of years may hold hundreds, and each needs
some minutes."""

PROFILE_S, PROFILE_RUNS = 3.0, 5  # as `groundspeed profile --against`


@measuring
def confirm_suspects(night: Night, host: Host) -> Said:
    """What is suspected, measured again, for half of the time that is left: the searches need some."""
    found = suspicions(read(night.configuration), host.machine.name)[:GROUPS]
    if not found:
        return left_out("nothing is suspected")
    now, monotonic = night.world.clock.now(), night.world.clock.monotonic
    done = confirm(night.workplace(host), found, night.left_s / 2, monotonic, now)
    if any(one.answer is not None and one.answer.effort.interrupted for one in done):
        raise KeyboardInterrupt
    decided = sum(bool(one.decisions) for one in done)
    return Said(said=f"{decided} of {len(found)} decided", lines=tuple(confirmed_lines(done)))


@measuring
def find_culprits(night: Night, host: Host) -> Said:
    """A search for each confirmed regression whose range holds several commits, with a share of the time."""
    reading = read(night.configuration)
    groups = unnamed(reading, find_regressions(reading), host.machine.name)
    if not groups:
        return left_out("no confirmed regression lacks its commit")
    lines, faults = [], 0
    for number, group in enumerate(groups):
        key = main_series(group, host.machine.name)
        question = Question(
            revisions=f"{group.range.base}..{group.range.head}",
            pattern=exactly(key.case),
            metric=key.metric,
            direction=Direction.WORSE,
            budget_s=night.left_s / (len(groups) - number),
        )
        try:
            answer = find(night.workplace(host), question)
        except GroundspeedError as error:
            lines.append(f"{text_of(key)}: {error}")
            faults += 1
            continue
        if answer.interrupted:
            raise KeyboardInterrupt
        lines += [summary(row) for row in answer.rows]
    left = {one.id for one in unnamed(reading, find_regressions(reading), host.machine.name)}
    said = f"{len(groups) - len(left)} of {len(groups)} found"
    return (
        failed(f"{said}, {faults} could not be searched", *lines)
        if faults
        else Said(said=said, lines=tuple(lines))
    )


@measuring
def profile_culprits(night: Night, host: Host) -> Said:
    """Each culprit of a confirmed regression against its parent, where that was not done before."""
    reading = read(night.configuration)
    groups = confirmed_on(find_regressions(reading), host.machine.name)
    named = named_culprits(reading, groups)
    units_of = {one.key: one.unit for one in reading.archive.series}
    wanted = [
        (group, key, MEMORY if units_of.get(key) == "bytes" else CPU)
        for group in groups
        if group.id in named and (key := main_series(group, host.machine.name))
    ]
    results_dir = night.configuration.suite.results_dir
    open_ = [
        one
        for one in wanted
        if not profile_path(
            results_dir, host.machine.name, named[one[0].id].commit, one[1].case, one[2]
        ).exists()
    ]
    if not open_:
        return left_out(
            "every known culprit is profiled" if wanted else "no confirmed regression has its commit"
        )
    lines, faults = [], 0
    for group, key, kind in open_:
        if not night.left_s:
            lines.append(f"{text_of(key)}: the budget is spent")
            continue
        why = _profile(night, host, named[group.id], key, kind)
        lines.append(f"{text_of(key)}: {why or f'{kind} at {named[group.id].commit[:8]} and before it'}")
        faults += bool(why)
    said = f"{len(open_) - faults} of {len(open_)} profiled"
    return failed(said, *lines) if faults else Said(said=said, lines=tuple(lines))


def _profile(night: Night, host: Host, named: Named, key: SeriesKey, kind: str) -> str:
    """Why it could not be profiled; empty where it was."""
    sampler, why = sampler_or_why(native=False)
    wanted = Wanted(
        pattern=exactly(key.case),
        revision=named.commit,
        against=named.parent,
        kinds=(kind,),
        seconds=PROFILE_S,
        runs=PROFILE_RUNS,
        sampler=sampler,
        why_no_sampler=why,
    )
    try:
        answer = ask(night.workplace(host), wanted)
    except GroundspeedError as error:
        return str(error)
    failures = [one.why for case in answer.cases for one in case.failures]
    return failures[0] if failures else ""
