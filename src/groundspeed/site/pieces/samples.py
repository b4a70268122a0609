"""The samples behind a commit's values, a file for each machine and commit that has some.

Owns how much of them is published. The piece (``groundspeed-samples``, version 1) names, by machine and full
hash, the ``file`` of a commit and what it was made ``of``; only the newest ``COMMITS_AT_MOST`` commits of a
machine are in it. A file (``groundspeed-spread``, version 1) lists series, each with its processes: how many
samples they gave (``n``), and those in rising order, four significant digits each. Of a process with more
than the file's ``values_at_most``, these are so many of them at evenly spaced ranks, both ends included.

A commit whose processes are the ones that its file was made of keeps the file, and no sample is read.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from groundspeed.records import SeriesKey
from groundspeed.results.index import Processes, Samples
from groundspeed.site.folder import SiteFolder
from groundspeed.site.sampled import Sampled
from groundspeed.site.subject import Subject
from groundspeed.site.wire import encode

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

COMMITS_AT_MOST = 200
"""Of a machine: who asks how samples were spread asks about what is new; the results keep all of them."""

VALUES_AT_MOST = 200
"""Of a process: more dots than that are a smear in a picture, and 5 % of them still are ten."""

VALUES_AT_LEAST = 20
FILE_AT_MOST = 200_000
"""Numbers in a file, about 1.5 MB: beyond that each process keeps fewer, down to ``VALUES_AT_LEAST``."""

_VERSION = "1"  # of how a file is made: a file of another one is made anew


def put_samples(folder: SiteFolder, subject: Subject) -> str | None:
    """None where no session kept a sample of any commit that is published."""
    sampled = subject.answers.sampled
    if sampled is None:
        return None
    held = _held(folder)
    machines = {
        machine: files
        for machine in sampled.machines
        if (files := _files(folder, subject, sampled, machine, held.get(machine, {})))
    }
    if not machines:
        return None
    content = {
        "format": "groundspeed-samples",
        "version": 1,
        "commits_at_most": COMMITS_AT_MOST,
        "machines": machines,
    }
    return folder.put_named("samples", encode(content))


def _files(
    folder: SiteFolder, subject: Subject, sampled: Sampled, machine: str, held: Mapping[str, Any]
) -> dict[str, dict[str, str]]:
    """The files of a machine's commits: kept where nothing is new, else made."""
    marks = _marks(sampled.processes(machine))
    place_of = subject.timeline.place_of
    newest = sorted((one for one in marks if one in place_of), key=lambda one: place_of[one])
    wanted = {one: marks[one] for one in newest[-COMMITS_AT_MOST:]}
    files = {
        commit: {"file": held[commit]["file"], "of": mark}
        for commit, mark in wanted.items()
        if held.get(commit, {}).get("of") == mark and folder.keep(held[commit]["file"])
    }
    new = wanted.keys() - files.keys()
    if new:
        for commit, content in _contents(sampled.samples(machine, new)):
            files[commit] = {"file": folder.put_named("spread", encode(content)), "of": wanted[commit]}
    return files


def _marks(processes: Processes) -> dict[str, str]:
    """By commit, what stands for its processes: which series, session, how many samples, their median."""
    digests = {commit: hashlib.blake2b(_VERSION.encode(), digest_size=8) for commit in processes.commits}
    keys = [repr(one) for one in processes.keys]
    rows = zip(
        processes.commit.tolist(),
        processes.series.tolist(),
        processes.session.tolist(),
        processes.counts.tolist(),
        processes.medians.tolist(),
        strict=True,
    )
    for commit, series, session, count, median in rows:
        text = f"{keys[series]}\0{processes.sessions[session]}\0{count}\0{median!r}\n"
        digests[processes.commits[commit]].update(text.encode("utf-8", errors="replace"))
    return {commit: digest.hexdigest() for commit, digest in digests.items()}


def _contents(samples: Samples) -> Iterable[tuple[str, dict[str, Any]]]:
    """By commit what its file holds."""
    rows: dict[int, list[int]] = defaultdict(list)
    for row, commit in enumerate(samples.commit.tolist()):
        rows[commit].append(row)
    for commit, own in rows.items():
        limit = max(VALUES_AT_LEAST, min(VALUES_AT_MOST, FILE_AT_MOST // len(own)))
        yield (
            samples.commits[commit],
            {
                "format": "groundspeed-spread",
                "version": 1,
                "values_at_most": limit,
                "series": _series(samples, own, limit),
            },
        )


def _series(samples: Samples, rows: Iterable[int], limit: int) -> list[dict[str, Any]]:
    """The series of one commit; quick runs only where no other measured."""
    import numpy as np

    by_series: dict[int, list[int]] = defaultdict(list)
    for row in rows:
        by_series[int(samples.series[row])].append(row)
    found = []
    for number, own in by_series.items():
        own = [row for row in own if not samples.quick[row]] or own
        processes = []
        for row in own:
            values = samples.values[samples.bounds[row] : samples.bounds[row + 1]]
            finite = np.sort(values[np.isfinite(values)])
            if finite.size:
                session = samples.sessions[int(samples.session[row])]
                processes.append({"session": session, "n": finite.size, "values": thinned(finite, limit)})
        if processes:
            found.append({**_named(samples.keys[number]), "processes": processes})
    return found


def _named(key: SeriesKey) -> dict[str, Any]:
    return {
        "benchmark": key.case.benchmark,
        "params": list(key.case.params),
        "environment": key.environment,
        "metric": key.metric,
        "version": key.version,
    }


def thinned(rising: NDArray[np.float64], limit: int) -> list[float]:
    """At most ``limit`` (2 or more) of the values, at evenly spaced ranks with both ends, rounded."""
    import numpy as np

    if rising.size > limit:
        rising = rising[np.rint(np.linspace(0, rising.size - 1, limit)).astype(np.int64)]
    return [float(f"{value:.4g}") for value in rising.tolist()]


def _held(folder: SiteFolder) -> dict[str, dict[str, Any]]:
    """What the site that stands there names; nothing where there is none, or none that can be read."""
    found: dict[str, dict[str, Any]] = {}
    for path in sorted((folder.path / "data").glob("samples-*.json")):
        try:
            machines = json.loads(path.read_bytes())["machines"]
            for machine, files in machines.items():
                found.setdefault(machine, {}).update(
                    {commit: {"file": str(one["file"]), "of": one["of"]} for commit, one in files.items()}
                )
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            continue  # every file is made again
    return found
