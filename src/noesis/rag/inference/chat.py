"""The chat-completions protocol: what is sent, and what the data of each event says. Owns both forms; pure.

A server that speaks it: llama.cpp, vLLM, Ollama, LM Studio, and most that are for hire. Chosen is what all of
them understand: the answer of lowest temperature to two messages, streamed.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Generator, Iterable, Sequence
from typing import Any

from noesis.errors import EngineError
from noesis.rag.inference.records import End, Finish, Piece
from noesis.rag.inference.rendering import Rendered
from noesis.rag.inference.server import Server, reason_in

SEED = 1  # any: at temperature 0 it decides nothing but how ties fall
_FINISHES = {"stop": Finish.stop, "length": Finish.length}


def body(model: str, asked: Rendered, tokens: int, stop: Sequence[str] = ()) -> bytes:
    """The request, as UTF-8; before any of the texts of ``stop`` the answer is to end."""
    written = {
        "model": model,
        "messages": [
            {"role": "system", "content": asked.system},
            {"role": "user", "content": asked.user},
        ],
        "max_tokens": tokens,
        "temperature": 0,
        "seed": SEED,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    return json.dumps(written | ({"stop": list(stop)} if stop else {})).encode()


def pieces(data: Iterable[str], server: Server) -> Generator[Piece | End, None, None]:
    """The data of the events → pieces of text, and the end.

    Tokens are what the server counted, else the pieces. ``[DONE]`` ends the stream; where it is missing the
    reason of the end must have been given. Raises ``EngineError`` for an error that ``server`` reports, for
    what is no such protocol, and for a stream that broke off.
    """
    # half of a character, which some servers send, waits for its other half
    whole = codecs.getincrementaldecoder("utf-16-le")("replace")
    said = counted = 0
    finish = ""
    is_done = False
    for text in data:
        if text.strip() == "[DONE]":
            is_done = True
            break
        chunk = _chunk(text, server)
        counted = _counted(chunk) or counted
        content, reason = _choice(chunk, server)
        finish = reason or finish
        if piece := whole.decode(content.encode("utf-16-le", "surrogatepass")):
            said += 1
            yield Piece(text=piece)
    if not finish and not is_done:
        raise EngineError(f"{server} broke off after {said} pieces of text; look at its log, then ask again")
    if (finish or "stop") not in _FINISHES:
        raise EngineError(
            f"{server} ended the answer for another reason ({server.shown(finish)}); ask otherwise"
        )
    yield End(finish=_FINISHES[finish or "stop"], tokens=counted or said)


def _chunk(text: str, server: Server) -> dict[str, Any]:
    try:
        chunk = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _foreign(text, server) from error
    if not isinstance(chunk, dict):
        raise _foreign(text, server)
    if said := chunk.get("error"):
        raise EngineError(
            f"{server} failed in the middle of the answer ({server.shown(reason_in(said))}); ask again"
        )
    return chunk


def _choice(chunk: dict[str, Any], server: Server) -> tuple[str, str]:
    """The text of a chunk and why the answer ends with it; both may be empty."""
    match chunk:
        case {"choices": [{"delta": {**delta}, **choice}, *_]}:
            content, reason = delta.get("content"), choice.get("finish_reason")
            if isinstance(content, str | None) and isinstance(reason, str | None):
                return content or "", reason or ""
        case {"choices": []} | {"usage": {}}:
            return "", ""
    raise _foreign(json.dumps(chunk), server)


def _counted(chunk: dict[str, Any]) -> int:
    match chunk:
        case {"usage": {"completion_tokens": int(tokens)}}:
            return tokens
    return 0


def _foreign(text: str, server: Server) -> EngineError:
    return EngineError(
        f"{server} sent no chat completion ({server.shown(text)}); look at url and at what answers"
    )
