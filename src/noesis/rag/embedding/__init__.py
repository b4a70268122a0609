"""Texts as vectors: rows of unit length whose inner products say how near two texts are.

``embedder`` gives one of three engines by its name; each computes here, from files that its packages
bring, and asks no network. docs/rag.md.
"""

from __future__ import annotations

from noesis.rag.embedding.embedder import Embedder
from noesis.rag.embedding.engines import DEFAULT, NAMES, embedder

__all__ = ["DEFAULT", "NAMES", "Embedder", "embedder"]
