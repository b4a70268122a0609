"""The one family of errors that a user is meant to read. Owns exit codes; prints nothing."""

from __future__ import annotations


class GroundspeedError(Exception):
    """What went wrong, where, and the next move.

    The text is for the person at the terminal: one or two sentences that name the thing (file, path
    to the value, commit, benchmark, environment) and end with what to do. ``exit_code`` is the
    process's exit code when nobody catches it (DESIGN: 2 wrong use).
    """

    exit_code = 2


class ConfigError(GroundspeedError):
    """A configuration file is missing, cannot be parsed, or holds something unknown."""


class HistoryError(GroundspeedError):
    """A repository, range or revision is not there."""


class NothingMeasuredError(GroundspeedError):
    """Nothing was measured, everything failed, or there is no data to answer from."""

    exit_code = 3


class HostMismatchError(GroundspeedError):
    """The host is not the machine that the profile describes."""

    exit_code = 5


class LockedError(GroundspeedError):
    """Somebody else holds the lock."""

    exit_code = 6


class StorageError(GroundspeedError):
    """The disk refused a write (full, read-only, not ours); what was recorded before is whole."""

    exit_code = 3
