"""Thoughts that are kept in their order, found by their words, and gathered in branches. docs/thoughts.md.

``MemoryStore`` and ``SqliteStore`` are one ``ThoughtStore`` each and answer alike; ``think`` is a whole step:
store, index, branch, update beliefs.
"""

from noesis.thoughts.index import CAPACITY
from noesis.thoughts.memory import MemoryStore
from noesis.thoughts.records import Branch, Metadata, Mode, Scalar, Thought
from noesis.thoughts.sqlite import SqliteStore
from noesis.thoughts.store import ThoughtStore
from noesis.thoughts.thinking import Bearing, Notes, Step, think

__all__ = [
    "CAPACITY",
    "Bearing",
    "Branch",
    "MemoryStore",
    "Metadata",
    "Mode",
    "Notes",
    "Scalar",
    "SqliteStore",
    "Step",
    "Thought",
    "ThoughtStore",
    "think",
]
