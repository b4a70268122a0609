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
    if text.isascii():
        return frozenset(text.lower().translate(_ASCII).split())
    return frozenset(_RUNS(unicodedata.normalize("NFC", text).lower()))


def index_terms(thought: Thought) -> Terms:
    """What a thought is found by: the terms of its content and of its key points, and its labels."""
    text = "\n".join((thought.content, *thought.key_points)) if thought.key_points else thought.content
    return terms_of(text) | labels(thought.mode, thought.branch)


def labels(mode: Mode | None, branch: str | None) -> Terms:
    """The labels of a mode and of a branch; of None, none."""
    return frozenset(
        label
        for label in (None if mode is None else f"={mode.value}", None if branch is None else f"/{branch}")
        if label is not None
    )
