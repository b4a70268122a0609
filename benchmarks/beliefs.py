"""noesis.beliefs: single and batch updates, many beliefs as arrays, long histories, memory, import.

A commit without noesis.beliefs is skipped.
"""

import random
import sys
import tracemalloc

from asv_bench_groundspeed.workloads.starts import beyond_start_s

SEED = 7
FIVE = ((0.8, 0.2), (0.9, 0.1), (0.7, 0.3), (0.85, 0.15), (0.75, 0.25))  # a handful of everyday evidence
LONG = 1_000


def beliefs():
    try:
        from noesis import beliefs as found
    except ImportError as error:
        raise NotImplementedError("this commit has no noesis.beliefs") from error
    return found


def chances_of(count):
    """So many pairs of likelihoods from 0.01 to 0.99, as tuples."""
    draw = random.Random(SEED)
    return [(draw.uniform(0.01, 0.99), draw.uniform(0.01, 0.99)) for _ in range(count)]


def updates_of(chances):
    make = beliefs().Update
    return [
        make(evidence=f"evidence {place}", p_e_given_h=for_h, p_e_given_not_h=for_not_h)
        for place, (for_h, for_not_h) in enumerate(chances)
    ]


class _Short:
    timeout = 120
    setup_once = True  # nothing that is timed uses its state up

    def start(self, chances):
        self.beliefs = beliefs()
        self.updates = updates_of(chances)
        self.belief = self.beliefs.create_belief("the change made it slower")

    def one_by_one(self):
        belief = self.belief
        for one in self.updates:
            belief = self.beliefs.update_full(belief, one.evidence, one.p_e_given_h, one.p_e_given_not_h)
        return belief


class One(_Short):
    """What one belief and one piece of evidence cost."""

    def setup(self):
        self.start(FIVE[:1])

    def time_create(self):
        self.beliefs.create_belief("the change made it slower", 0.3)

    def time_update(self):
        self.beliefs.update_full(self.belief, "a slower sample", 0.8, 0.2)

    def time_probability(self):
        return self.belief.probability


class Five(_Short):
    """Five pieces of evidence: one by one, and as a batch, of records that are there or made for it."""

    def setup(self):
        self.start(FIVE)

    def time_single_5(self):
        self.one_by_one()

    def time_batch_5(self):
        self.beliefs.batch_update_full(self.belief, self.updates)

    def time_batch_5_and_records(self):
        make = self.beliefs.Update
        self.beliefs.batch_update_full(
            self.belief,
            [
                make(evidence=one.evidence, p_e_given_h=one.p_e_given_h, p_e_given_not_h=one.p_e_given_not_h)
                for one in self.updates
            ],
        )


class Batch(_Short):
    """So many updates of one belief."""

    params = (10, 100, LONG)
    param_names = ("updates",)
    size = "updates"

    def setup(self, count):
        self.start(chances_of(count))

    def time_batch(self, count):
        self.beliefs.batch_update_full(self.belief, self.updates)

    def time_one_by_one(self, count):
        self.one_by_one()


class Many(_Short):
    """So many beliefs, with five pieces of evidence each of their own, as arrays."""

    params = (10, 1_000, 100_000)
    param_names = ("beliefs",)
    size = "beliefs"

    def setup(self, count):
        import numpy as np

        self.beliefs = beliefs()
        draw = np.random.default_rng(SEED)
        self.many = self.beliefs.create_beliefs(draw.uniform(0.01, 0.99, count))
        self.for_h, self.for_not_h = draw.uniform(0.01, 0.99, (2, count, 5))

    def time_update(self, count):
        self.beliefs.update_beliefs(self.many, self.for_h, self.for_not_h)

    def time_probability(self, count):
        return self.many.probability


class ManyOneByOne(_Short):
    """The same as records: a batch of five to each, and five single updates to each."""

    params = (10, 1_000)
    param_names = ("beliefs",)
    size = "beliefs"

    def setup(self, count):
        self.start(())
        chances = chances_of(5 * count)
        self.each = [updates_of(chances[at : at + 5]) for at in range(0, 5 * count, 5)]

    def time_batches(self, count):
        for updates in self.each:
            self.beliefs.batch_update_full(self.belief, updates)

    def time_singles(self, count):
        for updates in self.each:
            belief = self.belief
            for one in updates:
                belief = self.beliefs.update_full(belief, one.evidence, one.p_e_given_h, one.p_e_given_not_h)


class History(_Short):
    """A belief that so many updates came to one by one: one more, all of them read, and the tuple that is not
    kept, with one more."""

    params = (1, 100, 10_000)
    param_names = ("updates",)
    size = "updates"

    def setup(self, count):
        self.start(chances_of(count))
        self.long = self.one_by_one()
        self.copied = self.long.evidence

    def time_update(self, count):
        self.beliefs.update_full(self.long, "a slower sample", 0.8, 0.2)

    def time_read(self, count):
        return self.long.evidence

    def time_copied_tuple(self, count):
        return (*self.copied, self.updates[0])


class Memory(_Short):
    """What 10,000 beliefs hold: new, and after five updates each; the records of the batch are shared."""

    def setup(self):
        self.start(FIVE)

    def held(self, make):
        tracemalloc.start(1)
        try:
            made = [make() for _ in range(10_000)]
            return tracemalloc.get_traced_memory()[0] - sys.getsizeof(made)
        finally:
            tracemalloc.stop()

    def track_new(self):
        return self.held(lambda: self.beliefs.create_belief("the change made it slower", 0.3))

    def track_after_five(self):
        return self.held(self.one_by_one)

    def track_after_a_batch_of_five(self):
        return self.held(lambda: self.beliefs.batch_update_full(self.belief, self.updates))

    track_new.unit = "bytes"
    track_after_five.unit = "bytes"
    track_after_a_batch_of_five.unit = "bytes"


class Import(_Short):
    """What the import costs a fresh interpreter, beyond its own start: the best of seven of each."""

    def setup(self):
        beliefs()

    def track_import(self):
        return beyond_start_s("import noesis.beliefs")

    track_import.unit = "seconds"
