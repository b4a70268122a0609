"""One generation from its start to its record. Owns the protocol of an engine, the limits and the clock."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator
from contextlib import closing
from typing import Protocol

from noesis.rag.inference.deadline import Deadline, Stopped
from noesis.rag.inference.records import End, Finish, Generated, Limits, Piece, Prompt

_USUAL = Limits()


class InferenceEngine(Protocol):
    """What answers a prompt, for any number of threads at once."""

    @property
    def name(self) -> str:
        """As it is asked for."""
        ...

    def stream(
        self, prompt: Prompt, limits: Limits, deadline: Deadline
    ) -> Generator[Piece | End, None, None]:
        """The answer as it comes, and its end. Raises ``Stopped`` from ``deadline`` wherever it waits.

        Whoever closes the generator ends the work. Raises ``EngineError`` and ``QueryError``.
        """
        ...

    def close(self) -> None:
        """Give back what it holds; for a second time nothing."""
        ...


def run(
    engine: InferenceEngine,
    prompt: Prompt,
    *,
    limits: Limits = _USUAL,
    report: Callable[[str], None] | None = None,
    cancel: threading.Event | None = None,
) -> Generated:
    """Let ``engine`` answer. ``report`` is told every piece of the text as it comes, in this thread.

    Setting ``cancel`` in another thread, and ``limits.timeout_s``, end the generation within some
    hundredths of a second, whatever the engine waits for; what was said until then is in the record. The
    engine can be used again at once. Raises ``QueryError`` for a question that does not fit in, and
    ``EngineError`` for an engine that fails.
    """
    began = time.perf_counter()
    deadline = Deadline(limits.timeout_s, threading.Event() if cancel is None else cancel)
    said: list[str] = []
    first_s = 0.0
    end = End(finish=Finish.stop, tokens=0)
    try:
        deadline.check()
        with closing(engine.stream(prompt, limits, deadline)) as stream:
            for one in stream:
                deadline.check()
                if isinstance(one, End):
                    end = one
                elif len(said) == limits.tokens:  # a server that does not know the limit
                    end = End(finish=Finish.length, tokens=len(said))
                    break
                else:
                    first_s = first_s or time.perf_counter() - began
                    said.append(one.text)
                    if report is not None:
                        report(one.text)
    except Stopped as stopped:
        end = End(finish=stopped.finish, tokens=len(said))
    seconds = time.perf_counter() - began
    return Generated(
        text="".join(said),
        tokens=max(end.tokens, len(said)),
        finish=end.finish,
        first_token_s=first_s or seconds,
        seconds=seconds,
    )
