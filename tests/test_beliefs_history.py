"""The evidence of a belief: kept in order, shared, and no deeper for pickle than a tuple."""

from __future__ import annotations

import copy
import pickle

import pytest

from noesis.beliefs import Belief, History, Update, batch_update_full, create_belief, update_full

LONG = 20_000  # far beyond what Python recurses


def seen(name: str) -> Update:
    return Update(evidence=name, p_e_given_h=0.6, p_e_given_not_h=0.5)


@pytest.fixture(scope="module")
def long() -> Belief:
    belief = create_belief("the series has a limit")
    term = seen("a term")
    for _ in range(LONG):
        belief = batch_update_full(belief, (term,))
    return belief


def test_it_is_in_order_however_it_came() -> None:
    belief = update_full(create_belief("it rains"), "clouds", 0.6, 0.5)
    belief = batch_update_full(belief, [seen("wind"), seen("umbrellas")])
    belief = batch_update_full(belief, [])
    belief = update_full(belief, "drops", 0.6, 0.5)
    assert [update.evidence for update in belief.evidence] == ["clouds", "wind", "umbrellas", "drops"]
    assert (len(belief.history), list(belief.history)) == (4, list(belief.evidence))
    assert create_belief("it rains").evidence == ()


def test_beliefs_that_part_do_not_see_each_other() -> None:
    stem = update_full(create_belief("it rains"), "clouds", 0.6, 0.5)
    left, right = update_full(stem, "drops", 0.9, 0.1), update_full(stem, "sun", 0.2, 0.8)
    assert [len(one.history) for one in (stem, left, right)] == [1, 2, 2]
    assert [one.evidence[-1].evidence for one in (stem, left, right)] == ["clouds", "drops", "sun"]


def test_an_update_adds_to_what_is_there_and_copies_nothing(long: Belief) -> None:
    longer = update_full(long, "one more", 0.6, 0.5)
    assert longer.history.before is long.history
    assert [update.evidence for update in longer.history.added] == ["one more"]
    assert len(longer.history) == LONG + 1


def test_what_is_given_may_change_afterwards() -> None:
    updates = [seen("clouds")]
    belief = batch_update_full(create_belief("it rains"), updates)
    updates.append(seen("drops"))
    assert len(belief.evidence) == len(belief.history) == 1
    once = batch_update_full(create_belief("it rains"), (one for one in updates))  # type: ignore[arg-type]  # taken all the same
    assert len(once.evidence) == 2
    assert once.log_odds > belief.log_odds


def test_equal_updates_in_the_same_order_are_equal_histories() -> None:
    apart = History().extended((seen("a"),)).extended((seen("b"),))
    together = History((seen("a"), seen("b")))
    assert apart == together
    assert hash(apart) == hash(together)
    assert apart != History((seen("b"), seen("a")))
    assert apart != History((seen("a"),))
    assert apart != (seen("a"), seen("b"))
    assert repr(apart) == "<2 updates>"


def test_a_long_one_is_copied_compared_and_let_go_without_recursion(long: Belief) -> None:
    again = pickle.loads(pickle.dumps(long))
    assert again == long
    assert hash(again) == hash(long)
    assert copy.copy(long) == long
    assert len(copy.deepcopy(long.history)) == LONG
    own = History()
    for update in long.history:
        own = own.extended((update,))
    assert own == long.history
    del own  # a chain of so many objects
    assert len(long.evidence) == LONG
