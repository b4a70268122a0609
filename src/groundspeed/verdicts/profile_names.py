"""Which function of one profile is which of another. Owns what makes two of them the same; reads no file.

A function is its qualified name in its file, never its line: a line moves with every edit above it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from groundspeed.results.stacks import Frame

_INSTALLED = re.compile(r".*/(?:site-packages|dist-packages|lib/python\d+\.\d+)/")
_SOURCE_FOLDERS = ("src", "lib", "python")  # a package lies in them; they are none


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class Named:
    """A function: ``name`` as the profiler qualifies it, ``file`` with ``/``, from its package on."""

    name: str
    file: str


def named(frame: Frame) -> Named:
    """The function of a frame. What stands before the folder of installed packages differs by environment."""
    return Named(name=frame.name, file=_INSTALLED.sub("", frame.file.replace("\\", "/")).removeprefix("./"))


def relocated(base: Collection[Named], head: Collection[Named]) -> Mapping[Named, Named]:
    """Functions that changed their file inside a package: head's, with what it was in base.

    Of one name in one package there must be just one that only base has, and one that only head has; a name
    that many functions bear (``<lambda>``, ``__init__`` without its class) says nothing.
    """
    gone, come = _by_package(set(base) - set(head)), _by_package(set(head) - set(base))
    return {come[key][0]: gone[key][0] for key in come if len(come[key]) == 1 and len(gone.get(key, ())) == 1}


def _by_package(functions: Collection[Named]) -> Mapping[tuple[str, str], list[Named]]:
    found: defaultdict[tuple[str, str], list[Named]] = defaultdict(list)
    for one in functions:
        if not _says_nothing(one.name):
            found[_package(one.file), one.name].append(one)
    return found


def _says_nothing(name: str) -> bool:
    own = name.rpartition(".")[2]
    return own.startswith("<") or (own == name and own.startswith("__"))


def _package(file: str) -> str:
    """The outermost folder that may be a package; empty for a file outside any."""
    folders = file.split("/")[:-1]
    return next((one for one in folders if one not in _SOURCE_FOLDERS), "")
