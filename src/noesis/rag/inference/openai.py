"""The engine behind an HTTP address that speaks the chat-completions protocol, streamed: a server of one's
own, or one for hire. Owns nothing but what is asked of it.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import closing

from noesis.rag.inference import chat
from noesis.rag.inference.deadline import Deadline
from noesis.rag.inference.events import events
from noesis.rag.inference.records import End, Limits, Piece, Prompt
from noesis.rag.inference.rendering import Rendered, rendered
from noesis.rag.inference.server import Server

CHARACTERS = 16_000  # of a prompt: some 4,000 tokens, which nearly every model has room for
_PATH = "/chat/completions"


class OpenAI:
    """A model that a server holds."""

    name = "openai"

    def __init__(
        self,
        *,
        url: str,
        model: str,
        api_key: str = "",
        characters: int = CHARACTERS,
        connect_s: float = 5.0,
        read_s: float = 60.0,
    ) -> None:
        """``url`` is the protocol's base, such as ``http://127.0.0.1:8080/v1``. Asks nobody yet.

        ``characters`` bound the prompt; the server may take ``connect_s`` to be reached and be silent for
        ``read_s``. Raises ``ConfigError`` for an address or a key that cannot be one.
        """
        self._server = Server(url, api_key=api_key, connect_s=connect_s, read_s=read_s)
        self._model, self._characters = model, characters

    def __repr__(self) -> str:
        return f"OpenAI({self._server}{self._server.path}, model={self._model!r})"

    def stream(
        self, prompt: Prompt, limits: Limits, deadline: Deadline
    ) -> Generator[Piece | End, None, None]:
        """The answer as it comes."""
        yield from asked(
            self._server, self._model, rendered(prompt, self._characters), limits.tokens, deadline
        )

    def close(self) -> None:
        """It holds nothing."""


def asked(
    server: Server,
    model: str,
    messages: Rendered,
    tokens: int,
    deadline: Deadline,
    stop: Sequence[str] = (),
) -> Generator[Piece | End, None, None]:
    """The answer of a server to two messages, as it comes. Raises ``EngineError`` and ``Stopped``."""
    path = server.path if server.path.endswith(_PATH) else server.path + _PATH
    body = chat.body(model, messages, tokens, stop)
    with closing(server.post(path, body, "text/event-stream", deadline)) as sent:
        yield from chat.pieces(events(sent), server)
