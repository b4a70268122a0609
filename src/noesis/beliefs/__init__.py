"""How far a statement is believed, and what evidence makes of it, by Bayes' theorem. docs/beliefs.md.

``create_belief``, ``update_full`` and ``batch_update_full`` give a new belief each, which knows its evidence;
``create_beliefs`` and ``update_beliefs`` do the same sums for many at once, as arrays.
"""

from noesis.beliefs.arrays import Beliefs, create_beliefs, update_beliefs
from noesis.beliefs.history import History
from noesis.beliefs.records import Belief, Update
from noesis.beliefs.updating import batch_update_full, create_belief, update_full

__all__ = [
    "Belief",
    "Beliefs",
    "History",
    "Update",
    "batch_update_full",
    "create_belief",
    "create_beliefs",
    "update_beliefs",
    "update_full",
]
