"""A prompt as the two messages that a chat model reads. Owns their words and what is left out to fit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from noesis.errors import QueryError
from noesis.rag.inference.records import Prompt
from noesis.rag.records import Passage

SYSTEM = (
    "Answer the question from the passages only, in a few sentences. Behind each statement write the number "
    "of its passage in square brackets. If the passages do not answer it, say so."
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Rendered:
    """The two messages, and how many of the passages are in them."""

    system: str
    user: str
    passages: int


def rendered(prompt: Prompt, room: int, size: Callable[[str], int] = len) -> Rendered:
    """The messages, ``room`` long at most by ``size`` (characters, or the tokens of a model).

    The last passages are left out until the others fit. ``size`` is asked once for each part, and the size of
    the whole is taken to be no more than that of its parts. Raises ``QueryError`` for a question without a
    word, and for one that does not fit in even without passages.
    """
    question = prompt.question.strip()
    if not question:
        raise QueryError("the question is empty; ask something")
    asked = f"Question: {question}"
    room -= size(SYSTEM) + size("Passages:\n\n") + size(asked)
    if room < 0:
        raise QueryError(f"the question is too long for the engine by {-room:,}; shorten it")
    shown: list[str] = []
    for number, passage in enumerate(prompt.passages, 1):
        part = _numbered(passage, number)
        room -= size(part)
        if room < 0:
            break
        shown.append(part)
    given = f"Passages:\n\n{''.join(shown)}" if shown else "Passages: none\n\n"
    # the name of a file may hold bytes that are no text, which no server takes
    user = (given + asked).encode("utf-8", "replace").decode()
    return Rendered(system=SYSTEM, user=user, passages=len(shown))


def _numbered(passage: Passage, number: int) -> str:
    title = " ".join(passage.title.split())
    return f"[{number}] {title} ({passage.source})\n{passage.text.strip()}\n\n"
