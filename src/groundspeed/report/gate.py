"""The gate's answer as text, Markdown, JSON and JUnit: what is not green first, then how sure that is.

Owns the words; what they rest on is the answer's.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from groundspeed import units
from groundspeed.gate.answer import Answer, Outcome, Row
from groundspeed.records import Commit, Failed
from groundspeed.report.junit import JunitCase, Suite, render_suite
from groundspeed.report.table import GateFormat, Table, last_line, plain
from groundspeed.stats.comparison import MOST_PROCESSES
from groundspeed.stats.ratio import Interval
from groundspeed.verdicts.judgement import Judgement

SHOWN = 12  # rows of a kind that a terminal gets; JSON has all
LISTED = 50  # rows of a kind in a comment on a pull request, and commands
FOLDED = 300  # unchanged rows in its fold: a comment on GitHub has at most 65,536 characters

BAD = (Outcome.SLOWER, Outcome.BROKEN, Outcome.INCONCLUSIVE, Outcome.NOT_CONFIRMED)
PASSED = (Outcome.FASTER, Outcome.SAME, Outcome.NOT_SLOWER, Outcome.NOT_CONFIRMED)
ASIDE = (Outcome.NEW, Outcome.FAILING, Outcome.SKIPPED)


def render(answer: Answer, kind: GateFormat) -> str:
    """The answer in the format asked for."""
    match kind:
        case GateFormat.TEXT:
            return _text(answer)
        case GateFormat.MARKDOWN:
            return _markdown(answer)
        case GateFormat.JUNIT:
            return render_suite(junit(answer))
        case GateFormat.JSON:
            from groundspeed.report.gate_json import gate_json

            return gate_json(answer, summary(answer))


def summary(answer: Answer) -> str:
    """The answer in a sentence."""
    counts = Counter(row.outcome for row in answer.rows)
    bad = _listed(
        (counts[Outcome.SLOWER], "is slower", "are slower"),
        (counts[Outcome.BROKEN], "broke", "broke"),
        (counts[Outcome.INCONCLUSIVE], "undecided", "undecided"),
    )
    passed = sum(counts[one] for one in PASSED)
    rest = f"{passed} of {len(answer.rows)} pass{_tolerated(answer)}"
    if answer.effort.interrupted:
        return f"Interrupted: {bad or 'nothing slower so far'}; {rest}."
    if answer.exit_code == 3:
        return f"No answer: {answer.why_not_green}."
    if answer.exit_code == 0:
        return f"Nothing is slower: {rest}."
    gone = f"; {answer.why_not_green}" if answer.vanished else ""
    return f"{bad}; {rest}{gone}."


# --- text ------------------------------------------------------------------------------------------


def _text(answer: Answer) -> str:
    parts = [summary(answer), _table(answer, BAD, SHOWN).text() if answer.of(*BAD) else "", _reasons(answer)]
    parts += [_gone(answer), _returns_else(answer), _aside(answer), _passed(answer), _closing(answer)]
    return "\n\n".join(part for part in parts if part)


def _table(answer: Answer, outcomes: Sequence[Outcome], most: int) -> Table:
    """Rows with what is known of them; environments only where there are several."""
    rows = answer.of(*outcomes)
    many = len({row.key.environment for row in answer.rows}) > 1
    cells = [(*_cells(row), *([row.key.environment] if many else [])) for row in rows[:most]]
    header = ("", "change", "interval", "effect", "case", *(["environment"] if many else []))
    if len(rows) > most:
        more = f"… and {len(rows) - most} more (--format json has all)"
        cells.append(("", "", "", "", more, *([""] if many else [])))
    return Table(header=header, rows=tuple(cells), right=frozenset({"change", "effect"}))


def _cells(row: Row) -> tuple[str, ...]:
    judgement = row.judgement
    if judgement is None:
        return (str(row.outcome), "", "", "", row.text)
    return (
        str(row.outcome),
        change(judgement),
        interval(judgement),
        effect(judgement, row.unit),
        row.text,
    )


def change(judgement: Judgement) -> str:
    """Head over base; a difference has the effect alone."""
    found = judgement.ratio
    return f"×{found.centre:.3f}" if isinstance(found, Interval) and math.isfinite(found.centre) else "–"


def interval(judgement: Judgement) -> str:
    """Its 99 % interval."""
    found = judgement.ratio
    if not isinstance(found, Interval) or not math.isfinite(found.low + found.high):
        return "unbounded"
    return "exact" if found.low == found.high else f"{found.low:.3f} to {found.high:.3f}"


def effect(judgement: Judgement, unit: str) -> str:
    """Head less base, in units."""
    size = judgement.effect.centre
    if not math.isfinite(size):
        return "–"
    return f"{'+' if size > 0 else ''}{units.display(size, unit)}"


def _reasons(answer: Answer) -> str:
    """What a reader asks next about a row that is not green."""
    lines = [f"{row.text}: {reason(row)}" for row in answer.of(*BAD)[:SHOWN] if reason(row)]
    return "\n".join(plain(line) for line in lines)


def reason(row: Row) -> str:
    """Why a row is what it is, and what would decide it."""
    if row.outcome is Outcome.BROKEN and row.why is not None:
        said = f"{row.why.kind}: {last_line(row.why.text)}" if isinstance(row.why, Failed) else row.why.reason
        return f"gives nothing at head, and did at base ({said})"
    if row.outcome is Outcome.NOT_CONFIRMED and row.suspicion is not None:
        return f"passes: {change(row.suspicion)} with the first session, not so in a fresh one"
    if row.outcome is not Outcome.INCONCLUSIVE:
        return ""
    count = f"{units.counted(min(row.processes), 'process')} an end"
    if row.suspicion is not None:
        count += ", slower in a first session, open in a fresh one"
    return f"{count}; {_need(row)}"


def _need(row: Row) -> str:
    if not row.processes[0] and not row.processes[1]:
        return "not measured yet"
    if row.need.processes > MOST_PROCESSES:
        return f"more than {MOST_PROCESSES:,} more would decide"
    took = f" ({units.display_duration(row.need.seconds)})" if row.need.seconds else ""
    return f"about {max(1, row.need.processes)} more would decide{took}"


def _gone(answer: Answer) -> str:
    lines = [f"Gone: {one.benchmark}, in {one.seen}{_lost(one.why)}" for one in answer.vanished[:SHOWN]]
    if len(answer.vanished) > SHOWN:
        lines.append(f"… and {len(answer.vanished) - SHOWN} more (--format json has all)")
    if lines:
        lines.append(
            'Renamed? Say so under [renamed] in groundspeed.toml. Removed on purpose? [gate] removed = ["…"]'
        )
    taken = [
        f"{module} cannot be imported at head: {last_line(text)}"
        for module, text in answer.import_errors.items()
    ]
    return "\n".join(plain(line) for line in (*lines, *taken))


def _lost(why: str) -> str:
    return f"; its module cannot be imported: {last_line(why)}" if why else ""


def _returns_else(answer: Answer) -> str:
    names = [row.text for row in answer.rows if row.returns_else]
    if not names:
        return ""
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return plain(f"They return something else at head than at base: {', '.join(names[:SHOWN])}{more}")


def _aside(answer: Answer) -> str:
    counts = Counter(row.outcome for row in answer.of(*ASIDE))
    return "Not compared: " + _listing(counts) if counts else ""


def _passed(answer: Answer) -> str:
    counts = Counter(row.outcome for row in answer.of(*PASSED))
    if answer.same_content:
        return (
            "Both ends build the same content, dependencies included: nothing was measured. "
            "--no-carry measures all the same."
        )
    return f"Pass: {_listing(counts)}" if counts else ""


def _listing(counts: Counter[Outcome]) -> str:
    return ", ".join(f"{count} {outcome}" for outcome, count in counts.most_common())


def _closing(answer: Answer) -> str:
    effort = answer.effort
    lines = [
        f"base     {_commit(answer.base)}",
        f"head     {_commit(answer.head)}",
        f"machine  {answer.machine}",
        f"took     {units.display_duration(effort.duration_s)}: {_work(answer)}",
    ]
    if answer.page:
        lines.append(f"page     {answer.page}")
    if effort.interrupted:
        lines.append("Interrupted. What was measured counts: the same command goes on from here.")
    elif effort.out_of_time:
        budget = units.display_duration(answer.question.budget_s)
        lines.append(f"The budget ({budget}) is spent. The same command goes on from here.")
    return "\n".join(lines)


def _work(answer: Answer) -> str:
    effort = answer.effort
    processes = units.counted(effort.processes, "process")
    measured = f"{processes} in {units.counted(len(effort.sessions), 'session')}"
    recorded = f"{effort.recorded} were on record" if effort.recorded else ""
    return ", ".join(filter(None, [measured if effort.processes else "nothing measured", recorded]))


def _commit(commit: Commit) -> str:
    return plain(f"{commit.short} {commit.subject}")


def _tolerated(answer: Answer) -> str:
    """The tolerance, where one holds for all."""
    tolerances = {row.judgement.tolerance for row in answer.rows if row.judgement}
    return f" at {tolerances.pop() * 100:g} % tolerance" if len(tolerances) == 1 else ""


def _listed(*counts: tuple[int, str, str]) -> str:
    """Such as "1 is slower, 2 undecided"."""
    return ", ".join(f"{count} {one if count == 1 else many}" for count, one, many in counts if count)


# --- Markdown --------------------------------------------------------------------------------------


def _markdown(answer: Answer) -> str:
    """A comment on a pull request: the answer, what is not green, the rest in a fold."""
    parts = [f"**groundspeed: {_escaped(summary(answer))}**"]
    parts.append(_table(answer, BAD, LISTED).markdown() if answer.of(*BAD) else "")
    lines = (_reasons(answer), _gone(answer), _returns_else(answer), _aside(answer))
    parts += ["\n".join(f"- {_escaped(line)}" for line in one.splitlines()) for one in lines]
    parts += [_commands(answer), _fold(answer), _foot(answer)]
    return "\n\n".join(part for part in parts if part)


def _commands(answer: Answer) -> str:
    """What to type to see a row again."""
    rows = answer.of(*BAD)[:LISTED]
    lines = list(dict.fromkeys(plain(answer.command(row)) for row in rows))
    return f"To see it again:\n\n{_fenced(lines)}" if lines else ""


def _fenced(lines: Sequence[str]) -> str:
    """A block of commands that no command can end."""
    text, fence = "\n".join(lines), "```"
    while fence in text:
        fence += "`"
    return f"{fence}sh\n{text}\n{fence}"


def _fold(answer: Answer) -> str:
    rows = answer.of(Outcome.FASTER, Outcome.SAME, Outcome.NOT_SLOWER)
    if not rows or answer.same_content:
        return _escaped(_passed(answer))
    table = _table(answer, (Outcome.FASTER, Outcome.SAME, Outcome.NOT_SLOWER), FOLDED).markdown()
    return f"<details><summary>{len(rows)} pass</summary>\n\n{table}\n\n</details>"


def _foot(answer: Answer) -> str:
    about = f"{answer.base.short} → {answer.head.short} on {answer.machine}, {_work(answer)}"
    page = f" · [the page]({answer.page})" if answer.page else ""
    command = plain(answer.question.command())
    return f"{_escaped(about)}{page}\n\n{_fenced([command])}"


def _escaped(text: str) -> str:
    """Text that Markdown takes as it is."""
    for char in "\\`*_[]|":
        text = text.replace(char, f"\\{char}")
    return text.replace("<", "&lt;").replace(">", "&gt;")


# --- JUnit -----------------------------------------------------------------------------------------


def junit(answer: Answer) -> Suite:
    """A test case for each series; what is gone, or no answer at all, is an error."""
    cases = [_case(row) for row in answer.rows]
    cases += [
        JunitCase(
            classname="gone", name=one.benchmark, seconds=0.0, error=f"it is in {one.seen}{_lost(one.why)}"
        )
        for one in answer.vanished
    ]
    if answer.exit_code == 3 and not answer.vanished:
        cases.append(JunitCase(classname="gate", name="answer", seconds=0.0, error=answer.why_not_green))
    properties = {
        "base": answer.base.hash,
        "head": answer.head.hash,
        "machine": answer.machine,
        "command": answer.question.command(),
    }
    return Suite(
        name="groundspeed gate", cases=tuple(cases), properties=properties, seconds=answer.effort.duration_s
    )


def _case(row: Row) -> JunitCase:
    """Slower fails, broken is an error, what could not be decided or compared is skipped."""
    classname = row.key.case.benchmark.rpartition(".")[0]
    case = JunitCase(
        classname=classname or "suite",
        name=row.text.removeprefix(f"{classname}.") + f" [{row.key.environment}]",
        seconds=_seconds(row),
    )
    said = " ".join(filter(None, [str(row.outcome), *_told(row)]))
    match row.outcome:
        case Outcome.SLOWER:
            return case.but(failure=said)
        case Outcome.BROKEN | Outcome.FAILING:
            return case.but(error=said) if row.outcome is Outcome.BROKEN else case.but(skipped=said)
        case Outcome.INCONCLUSIVE | Outcome.SKIPPED | Outcome.NEW:
            return case.but(skipped=said)
    return case


def _told(row: Row) -> list[str]:
    judgement = row.judgement
    known = (
        []
        if judgement is None
        else [change(judgement), f"({interval(judgement)})", effect(judgement, row.unit)]
    )
    return [*known, reason(row)]


def _seconds(row: Row) -> float:
    """What head takes, where that is a time."""
    timed = row.judgement is not None and units.canonical(row.unit) == "s"
    return row.judgement.head if timed and row.judgement and math.isfinite(row.judgement.head) else 0.0
