"""One step of thinking: the thought, its place and what it does to beliefs. Owns the order of these, and the
names of new thoughts; keeps nothing itself."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

from noesis.beliefs import Belief, update_full
from noesis.thoughts.records import NOTHING, Branch, Metadata, Mode, Thought
from noesis.thoughts.store import ThoughtStore

_ID_BYTES = 16  # at random: two of 2**64 thoughts are alike with a chance of a half


@dataclass(frozen=True, kw_only=True, slots=True)
class Notes:
    """What is said of a thought beside its content: see ``Thought``."""

    confidence: float = 0.5
    key_points: tuple[str, ...] = ()
    metadata: Metadata = NOTHING


@dataclass(frozen=True, kw_only=True, slots=True)
class Bearing:
    """What a thought means for a belief: how likely it was to come up if the statement holds, and if not."""

    belief: Belief
    p_e_given_h: float
    p_e_given_not_h: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """What a step came to: the thought, its branch as it stands now (one without a name and without
    thoughts, where it has none), and the beliefs after it, in the order of the bearings."""

    thought: Thought
    branch: Branch
    beliefs: tuple[Belief, ...]


_NO_NOTES = Notes()


def think(
    content: str,
    mode: Mode,
    *,
    store: ThoughtStore,
    branch: str = "",
    notes: Notes = _NO_NOTES,
    bearings: Sequence[Bearing] = (),
) -> Step:
    """Store a new thought, which indexes it and lets its branch grow, and update beliefs by it.

    In tree mode a thought without a branch opens one, named by its id. The thought's id is the evidence that
    a belief remembers. All or nothing: beliefs are computed first, and what raises leaves no thought behind.
    Raises ``ThoughtError``, ``BeliefError``, and what the store raises.
    """
    name = os.urandom(_ID_BYTES).hex()
    thought = Thought(
        id=name,
        content=content,
        mode=mode,
        branch=branch or (name if mode is Mode.TREE else ""),
        confidence=notes.confidence,
        key_points=notes.key_points,
        metadata=notes.metadata,
    )
    beliefs = tuple(
        update_full(one.belief, thought.id, one.p_e_given_h, one.p_e_given_not_h) for one in bearings
    )
    store.store(thought)
    return Step(
        thought=thought,
        branch=store.branch(thought.branch) if thought.branch else Branch(name=""),
        beliefs=beliefs,
    )
