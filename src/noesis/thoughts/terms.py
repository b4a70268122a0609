"""What a term is, and which terms a thought is found by. Owns nothing else: knows no store and no index.

A term is a run of letters and digits in lower case, in Unicode's composed form (NFC); nothing is stemmed and
nothing is left out. A thought also has labels, its mode and its branch: they stand among its terms, so that
one intersection answers all that is asked of a search. A label begins with a sign that no term holds.
"""

from __future__ import annotations

import re
import unicodedata

from noesis.thoughts.records import Mode, Thought

_RUNS = re.compile(r"[^\W_]+").findall
# Of ASCII, which most thoughts are, blanks are made of the rest: half the time of the expression.
_ASCII = "".join(chr(code) if chr(code).isalnum() else " " for code in range(128))

Terms = frozenset[str]


def terms_of(text: str) -> Terms:
    """The different terms of a text."""
    return frozenset(_runs(text))


def index_terms(thought: Thought) -> Terms:
    """What a thought is found by: the terms of its content and of its key points, and its labels."""
    runs = _runs(thought.content)
    for point in thought.key_points:
        runs += _runs(point)
    runs += labels(thought.mode, thought.branch)
    return frozenset(runs)


def labels(mode: Mode | None, branch: str | None) -> list[str]:
    """The labels of a mode and of a branch; of None, none."""
    found = [] if mode is None else ["=" + mode]
    if branch is not None:
        found.append("/" + branch)
    return found


def _runs(text: str) -> list[str]:
    if text.isascii():
        return text.lower().translate(_ASCII).split()
    return _RUNS(unicodedata.normalize("NFC", text).lower())
