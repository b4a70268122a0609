"""What keeps an object: the shortest chain of references from a module to it, as steps of text.

objgraph finds the chain; owns how its steps are called. Changes nothing and keeps nothing.
"""

from __future__ import annotations

import gc
import importlib
from collections import deque
from types import ModuleType
from typing import Any, Iterator, List, Sequence

from .frames import name_of

DEEPEST = 20  # references from a module to what it keeps
_LONGEST = 60  # characters of a key
UNKEPT = "No module keeps it: a running call, a thread or C code does."
MISSING = "What keeps an object is told by objgraph: python -m pip install objgraph."


def chain(kept: Any, others: Sequence[Any]) -> List[str]:
    """Steps from a module to what it keeps; ``others`` hold it as well and are no answer.

    One step that says why where there is no chain, or no objgraph.
    """
    try:
        objgraph = importlib.import_module("objgraph")
    except ImportError:
        return [MISSING]
    ignored = [id(one) for one in (others, *others)]
    held = _held(kept, ignored)
    found = objgraph.find_backref_chain(held[0], objgraph.is_proper_module, DEEPEST, ignored) + held[1:]
    return list(_steps(found)) if isinstance(found[0], ModuleType) else [UNKEPT]


def _held(kept: Any, ignored: Sequence[int]) -> List[Any]:
    """From what the collector knows down to ``kept``: it finds no holder that it does not know itself, such
    as a tuple of texts."""
    holders = [one for one in gc.get_referrers(kept) if id(one) not in ignored]
    if gc.is_tracked(kept) or any(map(gc.is_tracked, holders)):
        return [kept]
    for root in gc.get_objects():
        ways = [] if id(root) in ignored else [[root]]
        while ways:
            way = ways.pop()
            for one in gc.get_referents(way[-1]):
                if one is kept:
                    return [*way, kept]
                if isinstance(one, (tuple, dict)) and not gc.is_tracked(one):
                    ways.append([*way, one])
    return [kept]


def _steps(found: Sequence[Any]) -> Iterator[str]:
    yield "module {}".format(found[0].__name__)
    owner = found[0]
    for holder, held in zip(found, found[1:]):
        if held is getattr(holder, "__dict__", None):
            owner = holder  # its names are told by the next step
            continue
        names = holder is getattr(owner, "__dict__", None)
        yield "{} {}".format(_edge(holder, held, names), _shown(held)).strip()


def _edge(holder: Any, held: Any, names: bool) -> str:
    """How a holder leads to what it holds: ``.name``, ``[key]``; nothing where it has no word for it."""
    if isinstance(holder, dict):
        keys = [key for key, value in holder.items() if value is held]
        if not keys:
            return "key"
        return ".{}".format(keys[0]) if names else "[{}]".format(_cut(keys[0]))
    if isinstance(holder, (list, tuple, deque)):
        return "[{}]".format(next((at for at, one in enumerate(holder) if one is held), "…"))
    for name in _attributes(holder):
        if getattr(holder, name, None) is held:
            return ".{}".format(name)
    return ""


def _attributes(holder: Any) -> Iterator[str]:
    """Names under which an object holds others itself, nothing computed."""
    yield from getattr(holder, "__dict__", ())
    for kind in type(holder).__mro__:
        slots = vars(kind).get("__slots__", ())
        yield from (slots,) if isinstance(slots, str) else slots
    yield from ("__closure__", "cell_contents", "__self__", "__func__", "__wrapped__")


def _cut(key: Any) -> str:
    text = repr(key) if isinstance(key, (str, int, float, bytes, bool)) else "a {}".format(name_of(type(key)))
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _shown(held: Any) -> str:
    """The type of a step, with its length where it is a container."""
    if isinstance(held, (dict, list, tuple, set, frozenset, deque)):
        return "{} of {}".format(name_of(type(held)), len(held))
    return name_of(type(held))
