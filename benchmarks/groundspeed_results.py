"""Groundspeed's own hot path: reading a history, recording a run, deriving asv's files, publishing.

The history is made by hand as asv's files, so that any commit since the first can be measured on it:
60 commits, 40 benchmarks with 5 cases each, 2 % of the cells failed or skipped.
"""

import contextlib
import dataclasses
import itertools
import json
import math
import random
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

COMMITS, BENCHMARKS, PARAMS = 60, 40, ("1", "10", "100", "1000", "10000")
T0 = datetime(2024, 1, 1, tzinfo=UTC)
ENVIRONMENT = "virtualenv-py3.11"
MACHINE = {"machine": "box", "os": "Linux", "arch": "x86_64", "cpu": "made", "num_cpu": "2", "ram": "8000000"}
COLUMNS = (
    "result params version started_at duration stats_ci_99_a stats_ci_99_b stats_q_25 stats_q_75 "
    "stats_number stats_repeat samples profile"
).split()
NAMES = tuple(f"suite.Made.time_{number:02d}" for number in range(BENCHMARKS))


def commit_hash(number):
    return f"{number:08x}" * 5


HASHES = tuple(commit_hash(number) for number in range(COMMITS))


def definition(name):
    return {
        "name": name,
        "type": "time",
        "unit": "seconds",
        "version": "made",
        "params": [list(PARAMS)],
        "param_names": ["n"],
        "code": "def made(n):\n    return n\n" * 20,
        "timeout": 60.0,
        "rounds": 2,
    }


def row(chance):
    values = [chance.choice((None, math.nan)) if chance.random() < 0.02 else chance.random() for _ in PARAMS]
    stats = [
        [None if value is None else round(value * factor, 5) for value in values]
        for factor in (0.9, 1.1, 0.95, 1.05)
    ]
    return [values, [list(PARAMS)], "made", 1_700_000_000_000, 1.5, *stats, [7] * 5, [20] * 5]


def make_results(folder, name="box", hashes=HASHES):
    """The history of a machine; ``hashes`` are those of its commits, a day apart."""
    chance = random.Random(7)
    machine = folder / name
    machine.mkdir(parents=True)
    facts = {**MACHINE, "machine": name}
    (machine / "machine.json").write_text(json.dumps({**facts, "version": 1}))
    (folder / "benchmarks.json").write_text(json.dumps({**{n: definition(n) for n in NAMES}, "version": 2}))
    for number, commit in enumerate(hashes):
        document = {
            "commit_hash": commit,
            "env_name": ENVIRONMENT,
            "date": int((T0 + timedelta(days=number)).timestamp() * 1000),
            "params": {**facts, "python": "3.11"},
            "python": "3.11",
            "requirements": {},
            "env_vars": {},
            "result_columns": COLUMNS,
            "results": {benchmark: row(chance) for benchmark in NAMES},
            "durations": {},
            "version": 2,
        }
        (machine / f"{commit[:8]}-{ENVIRONMENT}.json").write_text(json.dumps(document))


def made(record, **fields):
    """A record of the measured commit: those of today's fields that it has."""
    known = {field.name for field in dataclasses.fields(record)}
    return record(**{name: value for name, value in fields.items() if name in known})


def suite():
    from groundspeed.records import Benchmark

    return tuple(
        made(
            Benchmark,
            name=name,
            kind="time",
            params=(PARAMS,),
            param_names=("n",),
            unit="seconds",
            version="made",
            timeout_s=60.0,
            rounds=2,
            setup_cache_key=None,
            setup_cache_timeout_s=None,
            definition=definition(name),
        )
        for name in NAMES
    )


def header(number):
    from groundspeed.records import Environment, Fingerprint, Session

    started_at = T0 + timedelta(days=number)
    return made(
        Session,
        id=f"{started_at:%Y%m%dT%H%M%SZ}-{number:08x}",
        started_at=started_at,
        machine="box",
        fingerprint=made(
            Fingerprint,
            cpu_model="made",
            cores_physical=2,
            cores_logical=2,
            caches=(),
            ram_bytes=8_000_000_000,
            gpus=(),
            os="Linux",
            kernel="6",
            arch="x86_64",
            virtualised=None,
            governor=None,
            turbo=None,
        ),
        environments=(made(Environment, name=ENVIRONMENT, python="3.11", requirements={}, env_vars={}),),
        benchmarks=suite(),
        commits={commit_hash(one): T0 + timedelta(days=one) for one in range(COMMITS)},
        seed=7,
        sampling=None,
        fitness=(),
        versions={},
    )


def runs():
    """Runs of all cases at the first commit, over and over, with ten samples each."""
    from groundspeed.records import Measured, Run

    chance = random.Random(7)
    for one in itertools.cycle(suite()):
        for case in one.cases():
            yield made(
                Run,
                case=case,
                version="made",
                commit=commit_hash(0),
                environment=ENVIRONMENT,
                outcome=Measured(samples=tuple(chance.random() for _ in range(10)), number=7),
                metrics=(),
                check=None,
                stop=None,
                quick=False,
                started_at=T0,
                duration_s=0.5,
            )


@contextlib.contextmanager
def skipped_where_absent():
    """A commit from before the measured code says so, instead of failing."""
    try:
        yield
    except ImportError as error:
        raise NotImplementedError(f"this commit has no {error.name}") from error


class _Made:
    """Each benchmark works in a copy of the made history, in the current folder."""

    rounds = 1
    repeat = (3, 10, 0.2)
    warmup_time = 0.05
    sample_time = 0.01
    timeout = 60

    def setup_cache(self):
        make_results(Path("results"))


class Read(_Made):
    """12,000 cells in 60 files."""

    def setup(self):
        with skipped_where_absent():
            from groundspeed.results.archive import read_archive
        self.read_archive = read_archive

    def time_read(self):
        self.read_archive(Path("results"))

    def peakmem_read(self):
        self.read_archive(Path("results"))


class Record(_Made):
    """One run recorded: a line on the disk, a row derived anew, a file of 200 cases replaced."""

    number = 1
    repeat = 15
    warmup_time = 0.0

    def setup(self):
        with skipped_where_absent():
            from groundspeed.results.store import ResultStore
        self.store = ResultStore(Path("results"), MACHINE)
        self.store.begin(header(1))
        self.runs = runs()

    def teardown(self):
        if hasattr(self, "store"):  # asv tears down what set-up gave up on, too
            self.store.close()
            shutil.rmtree("results/box/sessions")

    def time_add(self):
        self.store.add(next(self.runs))


class Sessions(_Made):
    """A session of 400 runs: read back, and asv's file made again from it."""

    def setup_cache(self):
        make_results(Path("results"))
        with contextlib.suppress(ImportError):
            from groundspeed.results.sessions import SessionWriter

            with SessionWriter(Path("results/box/sessions"), header(1), MACHINE) as writer:
                for item in itertools.islice(runs(), 400):
                    writer.append(item)

    def setup(self):
        with skipped_where_absent():
            from groundspeed.results.sessions import read_session, session_paths
            from groundspeed.results.store import rebuild
        self.read_session, self.rebuild = read_session, rebuild
        (self.path,) = session_paths(Path("results/box"))

    def time_read_session(self):
        self.read_session(self.path)

    def time_rebuild(self):
        self.rebuild(Path("results"), "box")

    def track_bytes_per_run(self):
        return self.path.stat().st_size / 400

    track_bytes_per_run.unit = "bytes"


class Publish(_Made):
    """The whole site of 40 benchmarks: into an empty folder, and again where nothing is new."""

    number = 1
    repeat = 3
    warmup_time = 0.0

    def setup(self):
        with skipped_where_absent():
            from groundspeed.results.archive import read_archive
            from groundspeed.results.index.memory import Memory
            from groundspeed.site.publish import publish
            from groundspeed.site.subject import ProjectInfo, subject_of
            from groundspeed.verdicts.steps import find_steps
        self.publish = publish
        archive = read_archive(Path("results"))
        stepped = find_steps(archive, [one.hash for one in archive.commits], Memory(Path("memory"), "steps"))
        project = ProjectInfo(name="made", url="", show_commit_url="")
        self.subject = subject_of(project, archive, {}, stepped)
        shutil.rmtree("cold", ignore_errors=True)
        if not Path("warm").exists():
            self.publish_into("warm")

    def publish_into(self, name):
        self.publish(self.subject, Path(name))

    def time_publish_cold(self):
        self.publish_into("cold")

    def time_publish_again(self):
        self.publish_into("warm")
