"""A report as blocks of sentences, tables and pictures: what text, Markdown and HTML have in common.

Owns what is said, in which order, and in which columns. How many rows of a long table are shown, and how
it looks, each format decides.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace

from groundspeed import units
from groundspeed.report.machine import fingerprint_rows
from groundspeed.report.overview import cells
from groundspeed.report.overview.block import Block, Listing, Paper, sentence
from groundspeed.report.overview.bottlenecks import bottlenecks_block
from groundspeed.report.overview.cells import NOTHING, SECOND
from groundspeed.report.overview.open_regressions import open_text, regressions_block
from groundspeed.report.overview.pictures import Picture, bullet, growth, percentiles, workers
from groundspeed.report.scaling import (
    answer_text,
    at_text,
    figures_text,
    growth_text,
    limits_text,
    render_scaling,
)
from groundspeed.report.table import Format, Table, last_line
from groundspeed.report.targets import (
    ORDER,
    render_targets,
    room_text,
    since_text,
    summary,
    trend_text,
    value_text,
    word_of,
)
from groundspeed.stats.ratio import Interval
from groundspeed.verdicts.answers import Grown
from groundspeed.verdicts.overview import Overview
from groundspeed.verdicts.performance import Operation
from groundspeed.verdicts.sections import PERCENTILES, Entry, Rate, Section, Shape, Unanswered, rates
from groundspeed.verdicts.targets import Judged, Lacking

_CAN_SHOW = (
    '"Can show" is the smallest change that one more measurement of this kind would show; it is empty where '
    "too few sessions tell the noise."
)
_SMALLEST = "can show"
_SHARED = "asv's own results name no more of the machine: no session was recorded on it."


_CLOSING = "Values are medians; intervals are of 99 % where nothing else is said. Made by groundspeed report."


def paper_of(overview: Overview) -> Paper:
    """The whole report."""
    title = f"{overview.project} on {overview.machine}"
    return Paper(
        title=title,
        tab=f"{title} at {overview.commit[:8]}",
        subtitle=_subtitle(overview),
        summary=_summary(overview),
        blocks=_blocks(overview),
        closing=_CLOSING,
    )


def _subtitle(overview: Overview) -> str:
    """The commit, its day, its tags and its subject."""
    parts = [f"commit {overview.commit[:8]}", f"{overview.date:%Y-%m-%d}"]
    if overview.known is not None:
        parts += [*overview.known.tags, overview.known.subject]
    return " · ".join(part for part in parts if part)


def _summary(overview: Overview) -> tuple[str, ...]:
    """The answer in a few sentences, before any table."""
    absent = [one for one in overview.figures if not isinstance(one.value, Interval)]
    cases = len({(one.key.case, one.key.environment) for one in overview.figures})
    said = [summary(overview.targets.rows)] if overview.targets.rows else ["no targets are stated"]
    said.append(open_text(overview.regressions.groups))
    figures = f" with {len(overview.figures):,} figures" if len(overview.figures) > cases else ""
    lacking = f", {len(absent):,} of them without a value" if absent else ""
    said.append(f"{units.counted(cases, 'case')}{figures}{lacking}")
    return tuple(map(sentence, said))


def _blocks(overview: Overview) -> tuple[Block, ...]:
    """Every block that has something to say."""
    found = [
        _targets(overview),
        *_sections(overview),
        _scaling(overview),
        regressions_block(overview),
        bottlenecks_block(overview),
        _others(overview),
        _system(overview),
    ]
    return tuple(one for one in found if one.said or one.listings or one.pictures)


# --- targets ----------------------------------------------------------------------------------------


def _targets(overview: Overview) -> Block:
    rows = sorted(overview.targets.rows, key=lambda one: ORDER.index(word_of(one)))
    header = ("state", "case", "limit", "value", "room")
    table = Table(header=header, rows=tuple(map(_target_cells, rows)), right=frozenset({"room"}))
    bullets = tuple(bullet(one) if isinstance(one, Judged) and one.is_told else None for one in rows)
    return Block(
        anchor="targets",
        title="Targets",
        listings=(Listing(title="", table=table, bullets=bullets),) if rows else (),
        typed=_body(render_targets(overview.targets, Format.TEXT)) if rows else "",
    )


def _target_cells(row: Judged | Lacking) -> tuple[str, ...]:
    limit = row.target.text.partition(" at ")[0] if " at " in row.subject else row.target.text
    if not isinstance(row, Judged):
        return (word_of(row), f"{row.subject}{SECOND}{row.command}", limit, row.reason, NOTHING)
    if not row.is_told:
        return (word_of(row), row.subject, limit, "; ".join(("cannot be told", *row.notes)), NOTHING)
    said = "; ".join(part for part in (since_text(row), trend_text(row), *row.notes) if part)
    value, _, spread = value_text(row).partition(" (")
    below = f"{SECOND}{spread.removesuffix(')')}" if spread else ""
    return (word_of(row), f"{row.subject}{SECOND}{said}", limit, f"{value}{below}", room_text(row))


# --- sections ---------------------------------------------------------------------------------------


def _sections(overview: Overview) -> Iterator[Block]:
    """One block a shape, so that sections of a kind stand side by side."""
    found = [
        (section, entry)
        for section in overview.sections
        if isinstance(section, Section)
        for entry in section.entries
    ]
    for shape, make in _BLOCKS.items():
        own = [(section, entry) for section, entry in found if entry.shape is shape]
        if own:
            yield make(overview, own)
    missing = tuple(
        f"{cells.words(one.name)}: {one.reason}. {one.command}"
        for one in overview.sections
        if isinstance(one, Unanswered)
    )
    yield Block(anchor="unanswered", title="Not answered", said=missing)


_Entries = Sequence[tuple[Section, Entry]]


def _latency(overview: Overview, found: _Entries) -> Block:
    header = ("request", *PERCENTILES, "rate", _SMALLEST)
    rows, pictures = [], []
    for section, entry in found:
        name = cells.label(overview, section, entry)
        asked = [entry.get(one) for one in (*PERCENTILES, "rate")]
        rows.append((name, *map(cells.amount, asked), cells.smallest(overview, entry.main)))
        pictures += percentiles(_shown_as(section, entry), entry)
    table = Table(header=header, rows=tuple(rows), right=frozenset(header[1:]))
    return _block("latency", "Latency", table, pictures)


def _throughput(overview: Overview, found: _Entries) -> Block:
    header = ("work", "workers", "rate", "interval", "efficiency", _SMALLEST)
    rows: list[tuple[str, ...]] = []
    pictures: list[Picture] = []
    for section, entry in found:
        name = cells.label(overview, section, entry)
        known = rates(entry)
        unit = f"{section.item}/s"
        for place, one in enumerate(known):
            rows.append((name if place == 0 else "", *_rate_cells(overview, one, unit)))
        if not known:
            rows.append((name, NOTHING, NOTHING, cells.bounds(entry.main), NOTHING, ""))
        if len(known) > 1:  # drawn from one worker on: the ideal is so many times its rate
            every = rates(replace(entry, figures=entry.every))
            pictures += workers(_shown_as(section, entry), unit, every)
    table = Table(header=header, rows=tuple(rows), right=frozenset(header[1:]) - {"interval"})
    said = ("Efficiency is the rate over so many times the rate of one worker (drawn dashed: 100 %).",)
    return _block("throughput", "Throughput", table, pictures, said)


def _rate_cells(overview: Overview, one: Rate, unit: str) -> tuple[str, ...]:
    return (
        str(one.workers),
        units.display(one.rate.centre, unit),
        cells.interval(one.rate, unit),
        units.display(one.efficiency.centre * 100, "%"),
        cells.smallest(overview, one.figure),
    )


def _memory(overview: Overview, found: _Entries) -> Block:
    return _block("memory", "Memory", _figures(overview, found, ""), ())


def _values(overview: Overview, found: _Entries) -> Block:
    return _block("values", "Further figures", _figures(overview, found, "value"), ())


_BLOCKS = {
    Shape.LATENCY: _latency,
    Shape.THROUGHPUT: _throughput,
    Shape.MEMORY: _memory,
    Shape.VALUES: _values,
}


def _figures(overview: Overview, found: _Entries, plain: str) -> Table:
    """Every figure of the entries, by name; ``plain`` is a name that says nothing."""
    header = ("case", "figure", "value", "interval", _SMALLEST)
    rows = tuple(
        (
            cells.label(overview, section, entry) if place == 0 else "",
            "" if one.name == plain else cells.words(one.name),
            cells.amount(one.figure),
            cells.bounds(one.figure),
            cells.smallest(overview, one.figure),
        )
        for section, entry in found
        for place, one in enumerate(entry.figures)
    )
    return Table(header=header, rows=rows, right=frozenset({"value", _SMALLEST}))


def _shown_as(section: Section, entry: Entry) -> str:
    return cells.words(section.name) if section.stated and len(section.entries) == 1 else str(entry.case)


def _block(
    anchor: str, title: str, table: Table, pictures: Sequence[Picture], said: tuple[str, ...] = ()
) -> Block:
    table = _without_empty(table)
    return Block(
        anchor=anchor,
        title=title,
        said=(*said, *_explained(table)),
        pictures=tuple(pictures),
        listings=(Listing(title="", table=table),),
    )


def _explained(*tables: Table) -> tuple[str, ...]:
    return (_CAN_SHOW,) if any(_SMALLEST in one.header for one in tables) else ()


def _without_empty(table: Table) -> Table:
    """A column that is empty all the way down says nothing."""
    kept = [at for at in range(len(table.header)) if any(row[at] for row in table.rows)]
    return replace(
        table,
        header=tuple(table.header[at] for at in kept),
        rows=tuple(tuple(row[at] for at in kept) for row in table.rows),
    )


# --- scaling ---------------------------------------------------------------------------------------


def _scaling(overview: Overview) -> Block:
    shown = [one for one in overview.ladders if one.scaled.measured]
    rows = tuple(
        (
            str(one.scaled.ladder),
            growth_text(one.scaled.growth, one.scaled.ladder.unit),
            ", ".join(figures_text(one.scaled)),
            "; ".join(_answers(one)) or NOTHING,
        )
        for one in shown
    )
    return Block(
        anchor="scaling",
        title="Scaling",
        said=("Exponents and what is answered for a size have intervals of 95 %, all else of 99 %.",)
        if rows
        else (),
        pictures=tuple(
            picture
            for one in shown
            for picture in growth(one, growth_text(one.scaled.growth, one.scaled.ladder.unit))
        ),
        listings=(
            Listing(title="", table=Table(header=("case", "growth", "measured", "answers"), rows=rows)),
        )
        if rows
        else (),
        typed=_body(render_scaling(overview.machine, overview.ladders, Format.TEXT)) if rows else "",
    )


def _answers(one: Grown) -> Iterator[str]:
    for answer in one.answers:
        limits = limits_text(answer)
        told = answer_text(answer, one.scaled.ladder.unit)
        yield f"{at_text(answer.size)}: {told}{f', {limits}' if limits else ''}"


# --- everything else --------------------------------------------------------------------------------


def _others(overview: Overview) -> Block:
    """The figures that no section has, module by module."""
    own = {
        (entry.case, entry.environment)
        for section in overview.sections
        if isinstance(section, Section)
        for entry in section.entries
    }
    left = [one for one in overview.figures if (one.key.case, one.key.environment) not in own]
    several = len({one.key.environment for one in overview.figures}) > 1
    listings, brief = [], []
    for module, group in itertools.groupby(left, key=lambda one: one.subject.partition(".")[0]):
        figures = list(group)
        absent = sum(not isinstance(one.value, Interval) for one in figures)
        brief.append((module, f"{len(figures):,}", f"{absent:,}" if absent else NOTHING))
        rows = tuple(_other_cells(one, overview, several=several) for one in figures)
        header = ("case", "value", "interval", _SMALLEST, "measured at")
        table = Table(header=header, rows=rows, right=frozenset({"value", _SMALLEST}))
        listings.append(Listing(title=module, table=_without_empty(table)))
    return Block(
        anchor="cases",
        title="Other cases" if own else "Cases",
        said=_explained(*(one.table for one in listings)),
        listings=tuple(listings),
        brief=Table(
            header=("module", "figures", "without a value"),
            rows=tuple(brief),
            right=frozenset({"figures", "without a value"}),
        ),
    )


def _other_cells(one: Operation, overview: Overview, *, several: bool) -> tuple[str, ...]:
    environment = f"{SECOND}{one.key.environment}" if several else ""
    spread = cells.bounds(one) if isinstance(one.value, Interval) else last_line(cells.bounds(one))
    return (
        f"{one.subject}{environment}",
        cells.amount(one),
        spread,
        cells.smallest(overview, one),
        cells.where(overview, one),
    )


def _system(overview: Overview) -> Block:
    session = overview.session
    rows = [("machine", overview.machine)]
    if session is None:
        rows += [(key, value) for key, value in sorted(overview.hardware.items()) if key != "machine"]
        said: tuple[str, ...] = (_SHARED,)
    else:
        there = any(one.commit == overview.commit for one in session.done)
        said = () if there else ("No session measured this very commit: the host is the newest session's.",)
        rows += fingerprint_rows(session.fingerprint)
        rows += [(name, version) for name, version in session.versions.items()]
        rows.append(("session", f"{session.id}, {session.started_at:%Y-%m-%d %H:%M} UTC"))
        rows += [(f"unfit: {one.check}", one.seen) for one in session.fitness if one.severity == "unfit"]
    environments = sorted({one.key.environment for one in overview.figures})
    rows += [("environment", one) for one in environments]
    table = Table(header=("system", "value"), rows=tuple(rows))
    return Block(anchor="system", title="System", said=said, listings=(Listing(title="", table=table),))


def _body(text: str) -> str:
    """Without the first paragraph, which names the machine again."""
    return text.partition("\n\n")[2]
