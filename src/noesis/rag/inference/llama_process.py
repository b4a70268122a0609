"""What happens in the process of llama.cpp: it serves until the line to the one that started it closes.

Owns how llama.cpp is set. Writes to nobody's terminal: what it says goes into a file.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from noesis.errors import ModelError, NoesisError

# Between two looks at whether somebody still wants the answer so many tokens of a prompt are computed.
_BATCH = 256
# For a model that was taught no conversation: it goes on with a text, at whose end an answer comes next.
_PLAIN = (
    "{% for message in messages %}{{ message.content }}\n\n{% endfor %}"
    "{% if add_generation_prompt %}Answer:{% endif %}"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """What the process is told first; ``log`` is the file that takes what llama.cpp writes."""

    model: str
    has_template: bool
    threads: int
    context: int
    key: str
    log: str


def serve(line: Connection) -> None:
    """Answer with address and process number, or with an error of ours; then serve."""
    settings: Settings = line.recv()
    log = os.open(settings.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for output in (1, 2):
        os.dup2(log, output)
    try:
        server = _server(settings)
    except NoesisError as error:
        line.send(error)
        return
    line.send((server.listening_address, os.getpid()))
    try:
        line.recv()
    except (EOFError, OSError):
        os._exit(0)  # at once: nothing is to be kept, and an answer may be half done


def _server(settings: Settings) -> Any:
    from noesis.extras import required

    llama = required("xllamacpp", "rag-llama")
    set_ = llama.CommonParams()
    set_.model.path = settings.model
    set_.api_keys = [settings.key]
    set_.hostnames, set_.port, set_.ui = ["127.0.0.1"], 0, False
    set_.cpuparams.n_threads = set_.cpuparams_batch.n_threads = settings.threads
    set_.n_parallel, set_.n_ctx = 1, settings.context
    set_.n_batch = set_.n_ubatch = _BATCH
    # the same work for the same prompt, whatever was asked before
    set_.cache_prompt, set_.cache_ram_mib, set_.n_ctx_checkpoints = False, 0, 0
    set_.verbosity = 1  # errors
    if not settings.has_template:
        set_.chat_template = _PLAIN
    try:
        return llama.Server(set_)
    except RuntimeError as error:
        raise ModelError(f"llama.cpp cannot load {settings.model}; give another GGUF file") from error
