"""A whole step: what stands in the store and what is believed afterwards."""

from __future__ import annotations

from pathlib import Path

import pytest

from noesis.beliefs import batch_update_full, create_belief
from noesis.errors import BeliefError, StorageError, ThoughtError
from noesis.thoughts import Bearing, Branch, MemoryStore, Metadata, Mode, Notes, SqliteStore, think

NOTES = Notes(confidence=0.75, key_points=("hold it briefly", "or not at all"), metadata=Metadata({"n": 1}))


def test_a_step_stores_indexes_branches_and_updates() -> None:
    """Odds 1 x 0.8/0.2 = 4, so 4/5; the other 1/3 x 0.3/0.9 = 1/9, so 1/10."""
    store = MemoryStore()
    slow, fast = create_belief("it is the lock"), create_belief("it is the disk", 0.25)
    step = think(
        "The lock is held too long.",
        Mode.LINEAR,
        store=store,
        branch="lock",
        notes=NOTES,
        bearings=[
            Bearing(belief=slow, p_e_given_h=0.8, p_e_given_not_h=0.2),
            Bearing(belief=fast, p_e_given_h=0.3, p_e_given_not_h=0.9),
        ],
    )
    assert store.search("briefly LOCK") == (step.thought,)
    assert (step.thought.confidence, step.thought.metadata) == (0.75, Metadata({"n": 1}))
    assert step.branch == Branch(name="lock", thoughts=1, confidences=0.75, key_points=2)
    assert step.branch.priority == 0.75 + 0.1 * 2
    assert [one.probability for one in step.beliefs] == pytest.approx([0.8, 0.1])
    assert [one.evidence[0].evidence for one in step.beliefs] == [step.thought.id] * 2
    assert (slow.probability, len(slow.history)) == (0.5, 0)


def test_ten_steps_are_one_chain_of_updates(tmp_path: Path) -> None:
    """The same numbers as ten updates at once; each thought is evidence of its own."""
    likelihoods = [(0.5 + one / 20, 0.5) for one in range(10)]
    first = belief = create_belief("it is the lock")
    with SqliteStore(tmp_path / "thoughts", survives_power_cut=False) as store:
        for given, otherwise in likelihoods:
            bearing = Bearing(belief=belief, p_e_given_h=given, p_e_given_not_h=otherwise)
            (belief,) = think("so", Mode.LINEAR, store=store, branch="lock", bearings=[bearing]).beliefs
        assert [one.evidence for one in belief.evidence] == [
            one.id for one in reversed(store.search(branch="lock"))
        ]
    assert belief.probability == batch_update_full(first, belief.evidence).probability


@pytest.mark.parametrize(
    ("mode", "branch", "is_own"), [(Mode.TREE, "", True), (Mode.TREE, "b", False), (Mode.LINEAR, "", False)]
)
def test_a_tree_without_a_branch_grows_one(mode: Mode, branch: str, is_own: bool) -> None:
    store = MemoryStore()
    step = think("lock", mode, store=store, branch=branch)
    assert step.thought.branch == step.branch.name == (step.thought.id if is_own else branch)
    assert store.branches() == ((step.branch,) if step.branch.name else ())
    assert think("lock", mode, store=store, branch=branch).thought.id != step.thought.id


def test_a_step_that_fails_leaves_nothing(tmp_path: Path) -> None:
    store = MemoryStore()
    bearing = Bearing(belief=create_belief("sure", 1.0), p_e_given_h=0.0, p_e_given_not_h=0.5)
    with pytest.raises(BeliefError, match="impossible"):
        think("lock", Mode.TREE, store=store, bearings=[bearing])
    with pytest.raises(ThoughtError, match="content must be text"):
        think(None, Mode.TREE, store=store)  # type: ignore[arg-type] # that is the point
    assert (len(store), store.branches()) == (0, ())
    closed = SqliteStore(tmp_path / "thoughts")
    closed.close()
    with pytest.raises(StorageError, match="is closed"):
        think("lock", Mode.TREE, store=closed)


def test_a_branch_counts_ten_key_points_and_no_more() -> None:
    store = MemoryStore()
    for _ in range(3):
        step = think("x", Mode.TREE, store=store, branch="b", notes=Notes(key_points=("p",) * 4))
    assert step.branch.priority == 0.5 + 0.1 * 10
    other = think("x", Mode.TREE, store=store, branch="a", notes=Notes(confidence=1.0)).branch
    assert store.branches() == (step.branch, other)
