"""Engines that answer a question from passages: what they are asked, what they give, and one by its name.

``run(engine("extractive"), Prompt(question=..., passages=...))`` works at once; ``llama`` needs the extra
rag-llama and a model, ``openai`` a server. docs/rag.md.
"""

from __future__ import annotations

from importlib import import_module
from inspect import signature
from typing import Any

from noesis.errors import ConfigError
from noesis.rag.inference.records import End, Finish, Generated, Limits, Piece, Prompt
from noesis.rag.inference.running import InferenceEngine, run

__all__ = [
    "ENGINES",
    "End",
    "Finish",
    "Generated",
    "InferenceEngine",
    "Limits",
    "Piece",
    "Prompt",
    "engine",
    "run",
]


ENGINES = {  # where each is made; one that is not asked for is not imported
    "extractive": "noesis.rag.inference.extractive:Extractive",
    "llama": "noesis.rag.inference.llama:Llama",
    "openai": "noesis.rag.inference.openai:OpenAI",
}


def engine(name: str, **settings: Any) -> InferenceEngine:
    """The engine of this name, ready to answer; ``close`` it in the end.

    ``extractive`` has no settings, those of ``llama`` and ``openai`` are their constructors'. Raises
    ``ConfigError`` for another name or setting, and whatever those raise.
    """
    if name not in ENGINES:
        raise ConfigError(f"there is no engine {name!r}; choose {', '.join(ENGINES)}")
    module, _, kind = ENGINES[name].partition(":")
    make = getattr(import_module(module), kind)
    try:
        signature(make).bind(**settings)
    except TypeError as error:
        raise ConfigError(f"the settings of {name} do not fit ({error}); docs/rag.md has them") from error
    made: InferenceEngine = make(**settings)
    return made
