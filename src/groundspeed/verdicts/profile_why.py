"""What stands behind the difference of two profiles: changed source, and what else was installed.

Owns which functions are looked up, and that what cannot be known is said. Judges no change as the cause.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

from groundspeed.errors import HistoryError
from groundspeed.history import History
from groundspeed.history.files import path_like, paths_at, texts_at
from groundspeed.machine.profile import Difference
from groundspeed.results.origin import Installed, installed
from groundspeed.results.profile_header import ProfileHeader
from groundspeed.verdicts.function_source import function_source, qualified
from groundspeed.verdicts.origins import environment_differences
from groundspeed.verdicts.profile_difference import NEGLIGIBLE, FunctionDifference, ProfileDifference

LOOKED_UP = 40
"""Functions whose source is compared: those that moved most, and whoever called them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceDifference:
    """A function whose source differs: ``place`` is its own among the functions, ``text`` a unified diff."""

    place: int
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Explained:
    """``sources`` in the order of the functions. ``notices`` say what could not be looked up, and why."""

    difference: ProfileDifference
    sources: tuple[SourceDifference, ...]
    dependencies: tuple[Difference, ...]
    notices: tuple[str, ...]


def why(difference: ProfileDifference, history: History | None, suite: str = "") -> Explained:
    """Look up what changed. ``history`` is None where there is no repository: then no source is compared.

    ``suite`` is the folder of the benchmarks, as profiles name it: the same ones measured both commits,
    whatever either of them holds there.
    """
    base, head = difference.headers
    if base is None or head is None:
        unsaid = "groundspeed did not write both profiles: nobody knows of which commits they are."
        return Explained(difference=difference, sources=(), dependencies=(), notices=(unsaid,))
    notices = []
    sources: tuple[SourceDifference, ...] = ()
    if history is None:
        notices.append("There is no repository here: the functions' source is not compared.")
    else:
        try:
            sources = _sources(difference, history, (base.commit, head.commit), suite)
        except HistoryError as error:
            notices.append(f"The functions' source is not compared: {error}")
    if not (base.dependencies and head.dependencies):
        notices.append("Nobody recorded what both environments held.")
    return Explained(
        difference=difference,
        sources=sources,
        dependencies=tuple(environment_differences(_installed(base), _installed(head))),
        notices=tuple(notices),
    )


def _installed(header: ProfileHeader) -> Installed:
    return installed(header.environment, header.dependencies)


def _sources(
    difference: ProfileDifference, history: History, commits: tuple[str, str], suite: str
) -> tuple[SourceDifference, ...]:
    functions, (base, head) = difference.functions, commits
    places = [
        at
        for at in _worth_looking_up(difference)
        if not (suite and functions[at].file.startswith(f"{suite}/"))
    ]
    before = _texts(history, base, {at: functions[at].base_file or functions[at].file for at in places})
    after = _texts(history, head, {at: functions[at].file for at in places})
    found: dict[str, int] = {}
    for at in places:
        text = _unified(functions[at], before.get(at, _NO_FILE), after.get(at, _NO_FILE), base, head)
        found.setdefault(text, at)  # what has no name of its own is in the text of the function around it
    return tuple(SourceDifference(place=at, text=text) for text, at in found.items() if text)


def _worth_looking_up(difference: ProfileDifference) -> Sequence[int]:
    """Those that moved, by themselves or by what they call: a call more is in the caller's source."""
    least = NEGLIGIBLE * max(difference.call.base, difference.call.head)
    by = {at: one.whole.by.centre for at, one in enumerate(difference.functions)}
    own = {at: one.own.by.centre for at, one in enumerate(difference.functions)}
    stirred = [at for at in by if max(abs(by[at]), abs(own[at])) >= least]
    return sorted(sorted(stirred, key=lambda at: -max(abs(by[at]), abs(own[at])))[:LOOKED_UP])


_NO_FILE = ("", "")


def _texts(history: History, commit: str, files: dict[int, str]) -> dict[int, tuple[str, str]]:
    """By place of the function, the path of its file in the repository and its text there."""
    paths = paths_at(history, commit)
    known = {at: path for at, file in files.items() if (path := path_like(file, paths))}
    texts = texts_at(history, commit, known.values())
    return {at: (path, texts[path]) for at, path in known.items() if path in texts}


def _unified(
    one: FunctionDifference, before: tuple[str, str], after: tuple[str, str], base: str, head: str
) -> str:
    """Empty where the source is the same, or where neither commit has it."""
    (old_path, old_text), (new_path, new_text) = before, after
    name = qualified(new_text, one.name, one.line) or qualified(old_text, one.name, one.line)
    old, new = function_source(old_text, name), function_source(new_text, name)
    lines = difflib.unified_diff(
        old.splitlines(),
        new.splitlines(),
        f"{old_path or new_path}@{base[:8]}",
        f"{new_path or old_path}@{head[:8]}",
        lineterm="",
    )
    return "\n".join(lines)
