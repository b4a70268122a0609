"""The stacks of two profiles as one tree, for a differential flame graph. Owns what is too thin to be drawn.

A node is as wide as it is at both ends together: the nodes that it calls never overhang it, and what appeared
or vanished has a width too. (Gregg, "Differential Flame Graphs", 2014, draws head's width alone: what
vanished is then nowhere.)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from groundspeed.verdicts.profile_ends import Ends

THIN = 0.001
"""Of the whole: a pixel of a wide screen."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Node:
    """A function where it was called. Nodes stand in preorder: the caller is the nearest one before that has
    ``depth`` less one. ``base`` and ``head`` are with all that it calls; what is cut off is in its caller's.
    """

    function: int
    depth: int
    base: float
    head: float


@dataclass(kw_only=True, slots=True)
class _Branch:
    base: float = 0.0
    head: float = 0.0
    calls: dict[int, _Branch] = field(default_factory=dict)


def flame(both: Ends, place_of: Sequence[int]) -> tuple[Node, ...]:
    """The tree, of siblings the one that moved most first. ``place_of`` renumbers the functions."""
    root = _Branch()
    _grow(root, both.base.stacks, place_of, head=False)
    _grow(root, both.head.stacks, place_of, head=True)
    return tuple(_nodes(root, THIN * (root.base + root.head)))


def _grow(
    root: _Branch, stacks: Mapping[tuple[int, ...], float], place_of: Sequence[int], *, head: bool
) -> None:
    for stack, weight in stacks.items():
        branch = root
        for function in (None, *stack):
            if function is not None:
                branch = branch.calls.setdefault(place_of[function], _Branch())
            if head:
                branch.head += weight
            else:
                branch.base += weight


def _nodes(root: _Branch, least: float) -> Iterator[Node]:
    """Without recursion: a stack may be deeper than Python's own."""
    ahead = [(function, branch, 0) for function, branch in _least_moved_first(root)]
    while ahead:
        function, branch, depth = ahead.pop()
        if branch.base + branch.head < least:
            continue
        yield Node(function=function, depth=depth, base=branch.base, head=branch.head)
        ahead += [(one, called, depth + 1) for one, called in _least_moved_first(branch)]


def _least_moved_first(branch: _Branch) -> list[tuple[int, _Branch]]:
    return sorted(branch.calls.items(), key=lambda one: (abs(one[1].head - one[1].base), -one[0]))
