"""The passage of a document that is shown with a hit. Owns where it is cut; the text may be megabytes, and
only its beginning is looked at.

Looks at bytes, in which lower case costs a fiftieth of what it costs in characters (5 KB: 1 against 50 us):
ASCII letters are folded in the text, other letters in the terms, which are looked for as written, capitalised
and in capitals.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

REACH_BYTES = 256 * 1024  # what is looked at
LENGTH = 160  # characters, two lines of a terminal
_BEFORE = 40  # of them before the first term
_GAP = "…"
_WIDEST = 4  # bytes of a character in UTF-8

Pattern = tuple[bytes, ...]


def patterns(terms: Iterable[str]) -> list[Pattern]:
    """What to look for: each term (lower case) as it may stand in bytes whose ASCII is lower case."""
    return [
        tuple({form.encode().lower() for form in (term, term.capitalize(), term.upper())}) for term in terms
    ]


def snippet(head: bytes, wanted: Sequence[Pattern], *, is_whole: bool) -> str:
    """About 160 characters of ``head`` (UTF-8) on one line, where most of the terms come first within that
    length. ``head`` is the document's beginning, or all of it (``is_whole``). Without any of the terms in
    it: how it begins. An ellipsis stands where text was left out.
    """
    at = _best(head, wanted)
    before = head[max(0, at - _WIDEST * _BEFORE) : at].decode("utf-8", "ignore")
    after = head[at : at + _WIDEST * LENGTH].decode("utf-8", "ignore")
    start = _cut_front(before) if len(before.encode()) < at or len(before) > _BEFORE else before
    room = LENGTH - len(start)
    has_more = len(after) > room or at + _WIDEST * LENGTH < len(head) or not is_whole
    end = _cut_back(after[:room]) if len(after) > room else after
    shown = " ".join((start + end).split())
    return f"{'' if start == before else _GAP}{shown}{_GAP if has_more else ''}"


def _cut_front(text: str) -> str:
    """The last 40 characters, from the first whole word on."""
    text = text[-_BEFORE - 1 :]
    _, space, rest = text.partition(" ")
    return rest if space else text[1:]


def _cut_back(text: str) -> str:
    """Up to the last whole word, where one ends near the end."""
    cut = text.rfind(" ", len(text) - _BEFORE)
    return text if cut < 0 else text[:cut]


def _best(head: bytes, wanted: Sequence[Pattern]) -> int:
    """Where the first occurrences of the terms lie most densely, in bytes; 0 without any."""
    lowered = head.lower()
    firsts = sorted(at for pattern in wanted if (at := _first(lowered, pattern)) >= 0)
    reach = LENGTH - _BEFORE
    return max(
        firsts, key=lambda start: (sum(start <= at < start + reach for at in firsts), -start), default=0
    )


def _first(lowered: bytes, pattern: Pattern) -> int:
    """Where the term stands first as a word of its own; -1 where it does not."""
    found = [at for form in pattern if (at := _word(lowered, form)) >= 0]
    return min(found) if found else -1


def _word(lowered: bytes, form: bytes) -> int:
    at = lowered.find(form)
    while at >= 0 and not _stands_alone(lowered, at, at + len(form)):
        at = lowered.find(form, at + 1)
    return at


def _stands_alone(lowered: bytes, start: int, end: int) -> bool:
    if lowered[end : end + 1].isalnum() or lowered[max(0, start - 1) : start].isalnum():
        return False  # ASCII, as nearly all neighbours are: half the time
    before = lowered[max(0, start - _WIDEST) : start].decode("utf-8", "ignore")
    after = lowered[end : end + _WIDEST].decode("utf-8", "ignore")
    return not (before[-1:].isalnum() or after[:1].isalnum())
