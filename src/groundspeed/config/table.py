"""A table of a configuration file that knows where it stands. Owns the errors about keys and types."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from groundspeed.errors import ConfigError

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """A table of a configuration file that knows where it stands, so that errors can say it."""

    values: Mapping[str, Any]
    file: Path
    path: str

    def only(self, *known: str) -> Table:
        """Itself. Raises ``ConfigError`` for a key that is not known."""
        for key in self.values:
            if key not in known:
                raise ConfigError(f'{self.file}: unknown key "{self._at(key)}"{nearest(key, known)}.')
        return self

    def get(self, key: str, *types: type[T]) -> T | None:
        """The value of a key, None where there is none. Raises ``ConfigError`` for another type."""
        value = self.values.get(key)
        if value is None:
            return None
        if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
            wanted = " or ".join(_NAMES.get(one, one.__name__) for one in types)
            raise ConfigError(f'{self.file}: "{self._at(key)}" must be {wanted}, not {kind_of(value)}.')
        return value

    def table(self, key: str) -> Table:
        """The table under a key, empty where there is none."""
        value: Mapping[str, Any] = self.get(key, dict) or {}
        return Table(values=value, file=self.file, path=self._at(key))

    def strings(self, key: str) -> tuple[str, ...]:
        """The texts of a list; null is passed over, as asv does."""
        values: Sequence[Any] = self.get(key, list) or ()
        for position, value in enumerate(values):
            if not isinstance(value, str) and value is not None:
                at = f"{self._at(key)}[{position}]"
                raise ConfigError(f'{self.file}: "{at}" must be a text, not {kind_of(value)}.')
        return tuple(value for value in values if value is not None)

    def choice(self, key: str, choices: tuple[str, ...]) -> str | None:
        """A text that is one of ``choices``."""
        value = self.get(key, str)
        if value is not None and value not in choices:
            raise ConfigError(
                f'{self.file}: "{self._at(key)}" must be one of {", ".join(choices)}, not "{value}".'
            )
        return value

    def parsed(self, key: str, parse: Callable[[str], T]) -> T | None:
        """What ``parse`` makes of a text; its ValueError is said with the place."""
        text = self.get(key, str)
        try:
            return None if text is None else parse(text)
        except ValueError as error:
            raise ConfigError(f'{self.file}: "{self._at(key)}": {error}.') from error

    def _at(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key


_NAMES: Mapping[type, str] = {
    str: "a text",
    int: "a whole number",
    float: "a number",
    list: "a list",
    dict: "a table",
}


def kind_of(value: object) -> str:
    """A type as a reader of the file calls it."""
    return {**_NAMES, bool: "true or false", type(None): "null"}.get(type(value), type(value).__name__)


def nearest(key: str, known: Sequence[str] | frozenset[str]) -> str:
    """What to say after an unknown key: the nearest one, else all that are known."""
    near = difflib.get_close_matches(key, sorted(known), n=1)
    return f' (did you mean "{near[0]}"?)' if near else f" (known: {', '.join(sorted(known))})"
