"""The errors of noesis that a person is meant to read."""

from __future__ import annotations


class NoesisError(Exception):
    """What went wrong, where, and the next move, in one or two sentences."""


class SourceError(NoesisError):
    """The place that documents are read from is not there or cannot be read."""


class DocumentError(NoesisError):
    """One document cannot be compiled; the others can."""
