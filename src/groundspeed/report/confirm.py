"""What measuring suspected regressions again came to, in a line or two each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from groundspeed.gate.answer import Answer, Outcome
from groundspeed.gate.confirm import Confirmed
from groundspeed.report.gate import change, reason
from groundspeed.report.table import plain

_WORDS = {
    Outcome.SLOWER: "confirmed",
    Outcome.NOT_CONFIRMED: "not confirmed",
    Outcome.SAME: "not confirmed: both ends build the same",
    Outcome.INCONCLUSIVE: "undecided",
    Outcome.BROKEN: "fails at head now",
    Outcome.NEW: "fails at base now",
    Outcome.FAILING: "fails at both ends now",
    Outcome.SKIPPED: "skipped now",
}
SHOWN = 3  # cases of each kind


def confirmed_lines(found: Sequence[Confirmed]) -> Iterator[str]:
    """A line for each group, and one for each kind of case in it."""
    if not found:
        yield "Nothing is suspected: there is nothing to measure again."
    for one in found:
        range_ = one.suspicion.range
        about = f"{one.suspicion.id}  {range_.base[:8]}..{range_.head[:8]}"
        if one.answer is None:
            yield plain(f"{about}: not measured again: {one.why}")
            continue
        counts = Counter(row.outcome for row in one.answer.rows)
        said = ", ".join(f"{count} {_WORDS.get(outcome, outcome)}" for outcome, count in counts.items())
        yield plain(f"{about}: {said}")
        yield from map(plain, _cases(one.answer))


def _cases(answer: Answer) -> Iterator[str]:
    for outcome in (Outcome.SLOWER, Outcome.INCONCLUSIVE):
        rows = answer.of(outcome)
        for row in rows[:SHOWN]:
            size = change(row.judgement) if row.judgement else ""
            yield "  ".join(filter(None, ["", _WORDS[outcome], size, row.text, reason(row)]))
        if len(rows) > SHOWN:
            yield f"  … and {len(rows) - SHOWN} more"
