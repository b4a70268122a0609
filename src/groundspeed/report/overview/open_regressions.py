"""The regressions that were open at a commit, as a block: a table, and a few lines each on a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from groundspeed import units
from groundspeed.report.overview.block import WIDTH, Block, Listing, sentence
from groundspeed.report.overview.cells import SECOND
from groundspeed.report.regressions import change_text, levels_text
from groundspeed.report.table import Table, plain
from groundspeed.verdicts.groups import Group, State
from groundspeed.verdicts.overview import Overview
from groundspeed.verdicts.regressions import text_of

_SAID = (
    "What began at this commit or before and had not gone back by then: after the first of the two commits, "
    "and by the second, whose date and subject are given."
)
_TYPED_GROUPS = 20  # on a terminal, which people read from its end
_INDENT = "  "


def open_text(found: Sequence[Group]) -> str:
    """How many, and how sure."""
    if not found:
        return "no regression is open"
    confirmed = sum(one.state is State.CONFIRMED for one in found)
    sure = f", {confirmed} of them confirmed" if confirmed else ""
    return f"{units.counted(len(found), 'open regression')}{sure}"


def regressions_block(overview: Overview) -> Block:
    """The block; where none is open it says so."""
    header = ("state", "change", "worst case", "series", "commits")
    groups = overview.regressions.groups
    rows = tuple(_cells(one, overview) for one in groups)
    table = Table(header=header, rows=rows, right=frozenset({"series"}))
    return Block(
        anchor="regressions",
        title="Regressions open at this commit",
        said=(_SAID,) if groups else (sentence(open_text(groups)),),
        listings=(Listing(title="", table=table),) if rows else (),
        typed=_typed(rows) if rows else "",
    )


def _cells(group: Group, overview: Overview) -> tuple[str, ...]:
    worst = max(group.affected, key=lambda one: one.size)
    state = "recovered since" if group.state is State.RECOVERED else str(group.state)
    where = f"{group.range.base[:8]}..{group.range.head[:8]}"
    head = overview.commits.get(group.range.head)
    below = [levels_text(worst), *([head.subject] if head else []), *_hints(group, overview)]
    return (
        f"{state}{SECOND}{group.id}",
        change_text(worst),
        SECOND.join([text_of(worst.step.key), *below]),
        f"{len(group.affected):,}",
        SECOND.join([where, *([f"{head.date:%Y-%m-%d}"] if head else [])]),
    )


def _hints(group: Group, overview: Overview) -> list[str]:
    """That so much moved at once that one should look at the host first."""
    share = overview.regressions.broad(group).get(overview.machine)
    return [] if share is None else [f"It moved {share:.0%} of all series: look at the host first."]


def _typed(rows: Sequence[Sequence[str]]) -> str:
    """The rows for a terminal: beside five columns names and subjects have no room."""
    groups = [_typed_row(row) for row in rows[:_TYPED_GROUPS]]
    left = len(rows) - len(groups)
    more = [f"{left:,} more: groundspeed regressions --top {len(rows)}"] if left else []
    return "\n\n".join(["\n".join(textwrap.wrap(_SAID, WIDTH)), *groups, *more])


def _typed_row(row: Sequence[str]) -> str:
    """What happened and when, then to what, a line each."""
    state, change, worst, series, commits = row
    word, _, name = state.partition(SECOND)
    case, levels, *others = map(plain, worst.split(SECOND))
    first = "  ".join([word, change, f"{series} series", *commits.split(SECOND), name])
    below = (f"{case}  {levels}", *others)
    return "\n".join([first, *(line for one in below for line in _indented(one))])


def _indented(text: str) -> list[str]:
    """On as many lines as it takes; a name without spaces is not broken, so that it can be copied."""
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=_INDENT,
        subsequent_indent=2 * _INDENT,
        break_long_words=False,
        break_on_hyphens=False,
    )
