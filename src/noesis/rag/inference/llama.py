"""llama.cpp with a model of one's own, in a process beside this one. Owns that process; it is talked to as
every server is.

A process of its own, because llama.cpp ends the one that it is in when a file is not what it should be, takes
over the signals of it and writes to its standard error; and because its own server gives a generation up in
the middle of a prompt when its connection closes, which a call of the library does not. The server listens on
the loopback only and wants a key that nobody else knows.
"""

from __future__ import annotations

import json
import secrets
import sys
import tempfile
from collections.abc import Generator
from contextlib import closing
from pathlib import Path
from typing import Any

from noesis.errors import ConfigError, EngineError, ModelError, NoesisError, QueryError
from noesis.knowledge.apart import Apart, how_it_ended
from noesis.knowledge.config import processors
from noesis.rag.inference import weights
from noesis.rag.inference.deadline import Deadline
from noesis.rag.inference.llama_process import Settings
from noesis.rag.inference.openai import asked
from noesis.rag.inference.records import End, Limits, Piece, Prompt
from noesis.rag.inference.rendering import Rendered, rendered
from noesis.rag.inference.server import Server

CONTEXT = 4096  # tokens: five passages of 1 KB are some 1,500
_TEMPLATE = 64  # tokens that a model's own template puts around two messages; most have 10 to 30
_NEXT_QUESTION = "\nQuestion:"  # a model without a template makes up another one behind its answer
_ENDING_S = 1.0  # a process that ends closes its connections first, and then its line
_WEEK_S = 7 * 86_400.0  # this server may be silent as long as ``Limits`` allow


class Llama:
    """A model that llama.cpp computes on the processor, one generation at a time: others wait."""

    name = "llama"

    def __init__(
        self,
        *,
        model: Path | None = None,
        sha256: str = "",
        threads: int | None = None,
        context: int = CONTEXT,
    ) -> None:
        """Load a GGUF file, or without ``model`` the weights of the extra rag-gemma; back when it is ready.

        ``threads`` are those that compute, else half as many as there are processors for this process: they
        wait for each other, and more than are free make it many times slower. ``context`` is the room for
        prompt and answer in tokens. With as many threads the same prompt gives the same answer.

        Raises ``ExtraError`` where something is not installed, ``StorageError`` and ``ModelError`` for a file
        that cannot be read or loaded or has another ``sha256``, ``ConfigError``, ``EngineError``.
        """
        threads = max(processors() // 2, 1) if threads is None else threads
        if threads < 1 or context < 2 * _TEMPLATE:
            raise ConfigError(f"threads must be 1 or more, and context {2 * _TEMPLATE} or more")
        path = weights.gemma() if model is None else weights.checked(Path(model), sha256)
        key = secrets.token_hex(16)
        self._context = context
        has_template = weights.has_template(path)
        self._stop = () if has_template else (_NEXT_QUESTION,)
        self._log = tempfile.TemporaryDirectory(prefix="noesis-llama-")
        self._process = Apart("noesis.rag.inference.llama_process:serve")
        settings = Settings(
            model=str(path),
            has_template=has_template,
            threads=threads,
            context=context,
            key=key,
            log=str(Path(self._log.name) / "log"),
        )
        try:
            address, self.pid = self._started(settings)
        except BaseException:
            self.close()
            raise
        self.server = Server(f"{address}/v1", api_key=key, read_s=_WEEK_S)

    def _started(self, settings: Settings) -> tuple[str, int]:
        """The address of the server, and the number of its process."""
        try:
            self._process.line.send(settings)
            answer = self._process.line.recv()
        except (EOFError, OSError):
            raise ModelError(
                f"llama.cpp cannot load {settings.model} ({self._end()}); give another"
            ) from None
        if isinstance(answer, NoesisError):
            raise answer
        address, number = answer
        return address, number

    def stream(
        self, prompt: Prompt, limits: Limits, deadline: Deadline
    ) -> Generator[Piece | End, None, None]:
        """The answer as it comes. Raises ``EngineError`` also where the process has ended or was closed."""
        try:
            messages = self._rendered(prompt, limits.tokens, deadline)
            yield from asked(self.server, "model", messages, limits.tokens, deadline, self._stop)
        except EngineError as error:
            if self._process.line.closed or self._process.line.poll(_ENDING_S):
                raise EngineError(f"llama.cpp is gone ({self._end()}); make the engine again") from error
            raise

    def _rendered(self, prompt: Prompt, tokens: int, deadline: Deadline) -> Rendered:
        """The messages that fit in beside the answer."""
        room = self._context - tokens - _TEMPLATE
        if room <= 0:
            raise QueryError(f"an answer of {tokens} tokens leaves no room in a context of {self._context}")
        whole = rendered(prompt, sys.maxsize)
        if len((whole.system + whole.user).encode("utf-8", "replace")) <= room:
            return whole  # no token is shorter than a byte: nothing needs to be counted
        return rendered(prompt, room, lambda text: self._tokens(text, deadline))

    def _tokens(self, text: str, deadline: Deadline) -> int:
        body = json.dumps({"content": text}).encode()
        with closing(self.server.post("/tokenize", body, "application/json", deadline)) as sent:
            answer: Any = json.loads(b"".join(sent))
        return len(answer["tokens"])

    def _end(self) -> str:
        """How the process ended, and the last that it said."""
        if self._process.line.closed:
            return "closed"
        said = Path(self._log.name, "log").read_text("utf-8", "replace").split("\n")
        last = [" ".join(line.split())[:200] for line in said if line.strip()][-1:]
        return ": ".join([how_it_ended(self._process.ended()), *last])

    def close(self) -> None:
        """End the process, whatever it still computes."""
        if not self._process.line.closed:
            self._process.stop()
            self._log.cleanup()
