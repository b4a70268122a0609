"""Groundspeed's own hot path: from the series of an archive to ranked groups of steps.

The history is made in memory, seeded: 300 commits, 400 series of two machines, of which every fourth has a
step at one of six commits. Detection has a suite of its own (groundspeed_changepoints).
"""

import datetime as dt
import tempfile
from pathlib import Path

COMMITS, SERIES, CULPRITS = 300, 400, (40, 90, 140, 190, 230, 260)
T0 = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)


def entries():
    """A commit from before the measured code says so, instead of failing."""
    try:
        from groundspeed.verdicts import culprits, steps
    except ImportError as error:
        raise NotImplementedError(f"this commit has no {error.name}") from error
    return steps, culprits


def made():
    """The archive and the order of its commits."""
    import numpy as np

    from groundspeed.records import Better, Case, SeriesKey
    from groundspeed.results.archive import Archive, MeasuredCommit, Series

    chance = np.random.default_rng(1)
    commits = tuple(
        MeasuredCommit(hash=f"{at:08x}" * 5, date=T0 + dt.timedelta(days=at)) for at in range(COMMITS)
    )
    found = []
    for number in range(SERIES):
        values = 0.001 * (1 + 0.01 * chance.standard_t(3, size=COMMITS))
        if number % 4 == 0:
            values[CULPRITS[number // 4 % len(CULPRITS)] :] *= 1.2
        key = SeriesKey(
            machine=f"box{number % 2}",
            environment="virtualenv-py3.11",
            case=Case(benchmark=f"suite.time_{number // 8}", params=(str(number % 8 // 2),)),
            metric="",
            version="1",
        )
        bounds = {"low": values * 0.99, "high": values * 1.01, "failures": {}}
        at = np.arange(COMMITS, dtype=np.int32)
        found.append(
            Series(key=key, unit="seconds", better=Better.LOWER, commits=at, values=values, **bounds)
        )
    archive = Archive(
        commits=commits, series=tuple(found), benchmarks={}, machines={}, files=COMMITS, warnings=()
    )
    return archive, tuple(one.hash for one in commits)


class Judging:
    """400 series of 300 commits."""

    def setup(self):
        self.steps, self.culprits = entries()
        from groundspeed.results.index.memory import Memory

        self.archive, self.order = made()
        self.folder = tempfile.TemporaryDirectory()
        self.memory = Memory(Path(self.folder.name), "steps")
        self.stepped = self.steps.find_steps(self.archive, self.order, self.memory)
        self.track_groups()  # six culprits, or the suite measures something else

    def teardown(self):
        self.folder.cleanup()

    def time_find_steps_again(self):
        """Nothing is new: what was found is remembered."""
        self.steps.find_steps(self.archive, self.order, self.memory)

    def time_judge(self):
        self.judged()

    def track_groups(self):
        groups = len(self.judged().groups)
        if groups != len(CULPRITS):
            raise ValueError(f"{groups} groups of {len(CULPRITS)} culprits")
        return groups

    track_groups.unit = "groups"

    def judged(self):
        return self.culprits.judge(
            self.stepped, tolerance=lambda key: 0.05, current=lambda key: True, decisions=()
        )


class Weighing:
    """What 400 steps amount to, their places given."""

    def setup(self):
        entries()
        from groundspeed.stats import levels

        archive, _ = made()
        self.weigh = levels.weigh
        self.values = [one.values for one in archive.series]
        self.starts = [[CULPRITS[number % len(CULPRITS)]] for number in range(SERIES)]

    def time_weigh(self):
        self.weigh(self.values, self.starts)
