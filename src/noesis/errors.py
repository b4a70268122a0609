"""The errors of noesis that a person is meant to read."""

from __future__ import annotations

from typing import ClassVar


class NoesisError(Exception):
    """What went wrong, where, and the next move, in one or two sentences."""

    exit_code: ClassVar[int] = 2


class ConfigError(NoesisError):
    """A value that a configuration cannot have; the field is named."""


class QueryError(NoesisError):
    """A query that cannot be answered as it was asked."""


class SourceError(NoesisError):
    """The place that documents are read from is not there or cannot be read."""

    exit_code: ClassVar[int] = 3


class StorageError(NoesisError):
    """What is kept on the disk cannot be written, or is somebody else's."""

    exit_code: ClassVar[int] = 3


class BusyError(NoesisError):
    """Somebody else is writing there now."""

    exit_code: ClassVar[int] = 6


class DocumentError(NoesisError):
    """One document cannot be read; the others can."""


class TextError(NoesisError):
    """What was given as a text is none."""


class ThoughtError(NoesisError):
    """A thought that cannot be kept as it is; the field is named."""


class UnknownThoughtError(ThoughtError):
    """A thought or a branch that a store does not have."""


class ModelError(NoesisError):
    """A model that cannot be trained from what was given, or a file that holds none."""


class VectorError(NoesisError):
    """Keys or vectors that an index cannot take, or be asked for."""


class ExtraError(NoesisError):
    """Something optional that is not installed; the extra that holds it is named."""


class EngineError(NoesisError):
    """An inference engine that could not be reached, or that answered with something else."""

    exit_code: ClassVar[int] = 3


class ScoringError(NoesisError):
    """A value that cannot be scored; the field is named."""


class BeliefError(NoesisError):
    """A probability that is none, or evidence that could not be; the field or the evidence is named."""
