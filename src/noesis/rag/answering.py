"""A question → an answer with its sources. Owns the order of the stages and what counts as cited."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from noesis.errors import QueryError
from noesis.rag.inference import Generated, InferenceEngine, Limits, Prompt, run
from noesis.rag.records import Mode, Passage, Retrieved, Stage
from noesis.rag.retrieval import K, Retriever

GENERATE = "generate"

_NUMBERS = re.compile(r"\[(\d{1,4}(?:\s*,\s*\d{1,4})*)\]")
_LIMITS = Limits()


@dataclass(frozen=True, kw_only=True, slots=True)
class Asking:
    """How a question is answered: from how many passages, found how, in what time and length."""

    k: int = K
    mode: Mode | str = Mode.HYBRID
    limits: Limits = _LIMITS


@dataclass(frozen=True, kw_only=True, slots=True)
class Answered:
    """An answer. ``retrieved`` are the passages that the engine was given, in the order of their numbers from
    1; ``cited`` those whose numbers stand in its text, in the order of their first mention."""

    retrieved: Retrieved
    generated: Generated
    cited: tuple[Passage, ...]
    stages: tuple[Stage, ...]

    @property
    def text(self) -> str:
        """What the engine said."""
        return self.generated.text

    @property
    def first_token_s(self) -> float:
        """From the question to the engine's first token: what somebody waits who reads along."""
        return sum(one.seconds for one in self.retrieved.stages) + self.generated.first_token_s


_USUAL = Asking()


def answer(
    retriever: Retriever,
    engine: InferenceEngine,
    question: str,
    *,
    asking: Asking = _USUAL,
    report: Callable[[str], None] | None = None,
    cancel: threading.Event | None = None,
) -> Answered:
    """Find passages and let the engine answer from them; ``report`` is told each piece of text as it comes.

    ``cancel`` and the limits end the generation; what was said until then is the answer. Raises
    ``QueryError`` for a question that is empty or cannot be asked, ``EngineError`` for an engine that fails.
    """
    if not question.strip():
        raise QueryError("the question is empty; ask something")
    retrieved = retriever.search(question, k=asking.k, mode=asking.mode)
    prompt = Prompt(question=question, passages=retrieved.passages)
    generated = run(engine, prompt, limits=asking.limits, report=report, cancel=cancel)
    return Answered(
        retrieved=retrieved,
        generated=generated,
        cited=cited(generated.text, retrieved.passages),
        stages=(*retrieved.stages, Stage(name=GENERATE, seconds=generated.seconds)),
    )


def cited(text: str, passages: Sequence[Passage]) -> tuple[Passage, ...]:
    """The passages whose numbers stand in square brackets (``[2]``, ``[1, 3]``), each once, in the order of
    their first mention. A number that no passage has is no citation."""
    numbers = [int(one) for group in _NUMBERS.findall(text) for one in group.split(",")]
    return tuple(passages[one - 1] for one in dict.fromkeys(numbers) if 1 <= one <= len(passages))
