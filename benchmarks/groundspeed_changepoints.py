"""The search for steps: one series at a time, and many together as a whole archive asks for them.

The noise is made, seeded and heavy-tailed, with two steps in every other series and one point in ten missing.
"""

import numpy as np


def series(seed, n):
    chance = np.random.default_rng(seed)
    found = 1 + 0.01 * chance.standard_t(3, size=n)
    if seed % 2:
        found[n // 3 :] *= 1.1
        found[n // 2 :] /= 1.05
    found[chance.permutation(n)[: n // 10]] = np.nan
    return found


def entries():
    """A commit from before the measured code says so, instead of failing."""
    try:
        from groundspeed.stats.changepoints import detect, detect_many
    except ImportError as error:
        raise NotImplementedError(f"this commit has no {error.name}") from error
    return detect, detect_many


class Alone:
    """Twenty series of n points, one after the other."""

    params = (60, 200, 400, 800)
    param_names = ("n",)
    size = "n"

    def setup(self, n):
        self.detect, _ = entries()
        self.series = [series(seed, n) for seed in range(20)]

    def time_detect(self, n):
        for one in self.series:
            self.detect(one)


class Together:
    """200 series of 60 to 800 points, of six lengths, as machines measure a suite together."""

    def setup(self):
        _, self.detect_many = entries()
        self.series = [series(seed, (60, 120, 128, 200, 500, 800)[seed % 6]) for seed in range(200)]

    def time_detect_many(self):
        self.detect_many(self.series)

    def peakmem_detect_many(self):
        self.detect_many(self.series)
