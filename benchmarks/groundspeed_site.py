"""Publishing as a whole command: against ``asv publish`` over the same files, and at ten times the size.

The history is as that of ``groundspeed_results``, of commits that a repository has: 240 commits, 40
benchmarks with 5 cases each. A ratio of two commands on one host says the same on another one. Memory is
that of the largest process.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from .groundspeed_results import BENCHMARKS, PARAMS, T0, make_results, skipped_where_absent

COMMITS, MACHINES = 240, 10


def make_repository(folder):
    """A commit a day, all of them empty; their hashes, oldest first."""
    subprocess.run(["git", "init", "-q", "-b", "main", folder], check=True)
    person = "nobody <nobody@example.org>"
    stream = "".join(
        f"commit refs/heads/main\ncommitter {person} {int(T0.timestamp()) + day * 86400} +0000\n"
        f"data <<end\nchange {day}\nend\n\n"
        for day in range(COMMITS)
    )
    subprocess.run(["git", "fast-import", "--quiet"], cwd=folder, input=stream.encode(), check=True)
    listed = subprocess.check_output(["git", "rev-list", "--reverse", "main"], cwd=folder, text=True)
    return tuple(listed.split())


def make_project(folder, hashes, machines):
    for number in range(machines):
        make_results(folder / "results", f"box{number}", hashes)
    stated = {
        "version": 1,
        "project": "made",
        "repo": str(Path("repository").absolute()),
        "branches": ["main"],
        "dvcs": "git",
        "benchmark_dir": "results",
        "results_dir": "results",
        "html_dir": "html",
    }
    (folder / "asv.conf.json").write_text(json.dumps(stated))
    for path in folder.rglob("*.json"):
        os.utime(path, (1, 1))  # a stamp that is young is not trusted, and costs a look inside


def publish(folder, tool="groundspeed"):
    """Wall time in seconds and peak memory in bytes of a command."""
    started = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", tool, "publish"], cwd=folder, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{tool} publish ended with {process.returncode}")
    return time.perf_counter() - started, usage.ru_maxrss * 1024


def clear(folder):
    for name in (".groundspeed", "html"):
        shutil.rmtree(folder / name, ignore_errors=True)


class Publish:
    """Each benchmark has a copy of the projects ``one`` and ``ten``."""

    timeout = 600

    def setup_cache(self):
        hashes = make_repository("repository")
        make_project(Path("one"), hashes, 1)
        make_project(Path("ten"), hashes, MACHINES)

    def setup(self):
        with skipped_where_absent():
            import groundspeed.parallel  # noqa: F401 -- since then a publication is what it is
        self.one, self.ten = Path("one"), Path("ten")
        clear(self.one)

    def published(self):
        publish(self.one)
        return self.one

    def track_cold_to_asv(self):
        ours, _ = publish(self.one)
        shutil.rmtree(self.one / "html")
        return ours / publish(self.one, "asv")[0]

    def track_one_commit_to_asv(self):
        newest = max((self.published() / "results" / "box0").glob("*-*.json"))
        newest.write_bytes(newest.read_bytes() + b"\n")  # other bytes, the same results
        ours, _ = publish(self.one)
        shutil.rmtree(self.one / "html")
        return ours / publish(self.one, "asv")[0]

    def track_tenfold_time(self):
        one, _ = publish(self.one)
        clear(self.ten)
        return publish(self.ten)[0] / one

    def track_tenfold_memory(self):
        _, one = publish(self.one)
        clear(self.ten)
        return publish(self.ten)[1] / one

    def track_bytes_per_value(self):
        files = (self.published() / "html" / "data").iterdir()
        return sum(path.stat().st_size for path in files) / (COMMITS * BENCHMARKS * len(PARAMS))

    for tracked in (track_cold_to_asv, track_one_commit_to_asv, track_tenfold_time, track_tenfold_memory):
        tracked.unit = "ratio"
    track_bytes_per_value.unit = "bytes"
