"""The index over a made history: the first reading, one where nothing changed, one with a new file.

The history is that of ``groundspeed_results``: 60 files, 40 benchmarks with 5 cases each, 12,000 cells; and
a session of 400 runs beside it.
"""

import itertools
import os
import shutil
from pathlib import Path

from .groundspeed_results import MACHINE, header, make_results, runs, skipped_where_absent


class Index:
    """Each benchmark works in a copy of the made history, in the current folder."""

    rounds = 1
    number = 1
    repeat = (3, 15, 1.0)
    warmup_time = 0.0
    timeout = 60

    def setup_cache(self):
        make_results(Path("results"))
        for path in Path("results").rglob("*.json"):
            os.utime(path, (1, 1))  # a stamp that is young is not trusted, and costs a look inside

    def setup(self):
        with skipped_where_absent():
            from groundspeed.results.index import open_index
            from groundspeed.results.sessions import SessionWriter
        self.open_index = open_index
        self.folder = Path("index")
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.rmtree("results/box/sessions", ignore_errors=True)
        with SessionWriter(Path("results/box/sessions"), header(1), MACHINE) as writer:
            for item in itertools.islice(runs(), 400):
                writer.append(item)

    def opened(self):
        return self.open_index(Path("results"), self.folder)


class First(Index):
    """Nothing is there yet."""

    def time_open(self):
        self.opened().archive()

    def peakmem_open(self):
        self.opened().archive()


class Again(Index):
    """The index is there; most often nothing changed."""

    def setup(self):
        super().setup()
        self.opened()
        self.file = min(Path("results/box").glob("*-*.json"))

    def time_open(self):
        self.opened().archive()

    def time_one_file_changed(self):
        self.file.write_bytes(self.file.read_bytes() + b"\n")  # other bytes, the same results
        self.opened().archive()

    def time_one_commit(self):
        index = self.opened()
        index.measurements("box", index.archive().commits[-1].hash)

    def time_processes(self):
        self.opened().processes("box")

    def track_bytes(self):
        return sum(path.stat().st_size for path in self.folder.rglob("*") if path.is_file())

    track_bytes.unit = "bytes"
