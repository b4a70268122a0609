"""Secrets from the environment. Owns that they are in no text: not in logs, errors, results or a repr."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from groundspeed.config.notify import RUNNER_API, RUNNER_REPOSITORY, SECRETS
from groundspeed.errors import GroundspeedError

_COVER = "***"


class NotifyError(GroundspeedError):
    """A channel could not be told: which, why, and what to do."""

    exit_code = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Secrets:
    """What the environment holds under the names of ``config.notify``.

    ``runner`` is what a GitHub runner says of itself, which is no secret.
    """

    values: Mapping[str, str] = field(repr=False)
    runner: Mapping[str, str]

    @classmethod
    def of(cls, variables: Mapping[str, str]) -> Secrets:
        """Those that are set, without the line's end that a file often leaves. Raises ``NotifyError``
        for one that cannot stand in a header: the libraries would print it whole.
        """
        found = {name: variables[name].strip() for name in SECRETS if variables.get(name, "").strip()}
        for name, value in found.items():
            if not (value.isascii() and value.isprintable()):
                raise NotifyError(f"{name} holds characters that no header may have: set it again.")
        told = {name: variables[name] for name in (RUNNER_REPOSITORY, RUNNER_API) if variables.get(name)}
        return cls(values=found, runner=told)

    def get(self, *names: str) -> str:
        """The first of ``names`` that is set. Raises ``NotifyError`` when none is."""
        for name in names:
            if name in self.values:
                return self.values[name]
        raise NotifyError(f"{' or '.join(names)} is not set in the environment: set it there.")

    def has(self, *names: str) -> bool:
        """Whether all are set."""
        return all(name in self.values for name in names)

    def redacted(self, text: str) -> str:
        """The text without any secret, whatever a server repeated of it; also as a login encodes it."""
        for value in sorted(self.values.values(), key=len, reverse=True):
            for form in _forms(value):
                text = text.replace(form, _COVER)
        return text


def _forms(value: str) -> Sequence[str]:
    return (value, base64.b64encode(value.encode()).decode())
