"""Where in a project's own code the time or memory of a stored profile is spent. Judges nothing.

Owns whose a frame is. What a dependency or the standard library spends belongs to the function of the
project that called it, for that one can be changed; what the measuring spends, the suite's own lines
included, belongs to nobody.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from groundspeed.history.files import names_of, packages_in
from groundspeed.results.profile_header import KEY, ProfileRun, parse_header
from groundspeed.results.stacks import Document, Frame, Stack, read_document, reading, stacks

_HARNESS = (
    "asv_runner/",
    "asv_bench_groundspeed/benchmarks/",
    "groundspeed/suite/worker/",
    "groundspeed_inside/",
)
"""What calls benchmarks: of a stack only what lies below it counts."""
_SOURCE = "src"  # a folder that is on the path, and in no name of a module


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class Place:
    """A function. ``line`` is the one of it that spends most, 0 where the profiler names none."""

    file: str
    name: str
    line: int

    @property
    def identity(self) -> tuple[str, str]:
        """What stays when lines move."""
        return self.file, self.name


@dataclass(frozen=True, kw_only=True, slots=True)
class Spent:
    """``amount`` in the profile's unit and all its calls; ``through`` is the dependency's function that takes
    most of it, empty where the place takes most itself.
    """

    place: Place
    amount: float
    share: float
    through: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Spending:
    """A profile, the most spent first. ``calls`` of the benchmark were recorded; 0 where nobody counted."""

    unit: str
    total: float
    calls: int
    spent: tuple[Spent, ...]

    def a_call(self, amount: float) -> float:
        """Of an amount what one call spends; all of it where nobody counted calls."""
        return amount / max(1, self.calls)


class Sources:
    """The project's files at a commit, found by the names that profilers give them."""

    def __init__(self, files: Iterable[str], suite: str = "") -> None:
        """``files`` are relative to the repository's root; without any every frame is the project's.

        ``suite`` is the folder of the benchmarks, relative to the root or to a folder in it.
        """
        self._suite = f"/{suite}/" if suite else ""
        self._known: dict[str, str] = {}
        every = tuple(files)
        packages = packages_in(every)
        for file in sorted(every, key=lambda one: (not one.startswith(f"{_SOURCE}/"), one.count("/"))):
            for name in names_of(file, packages):
                if "/" in name or name in (file, file.removeprefix(f"{_SOURCE}/")):
                    self._known.setdefault(name, file)

    def find(self, file: str) -> str | None:
        """The file's path in the repository, None where it is not the project's.

        Profilers name it from the root, from a folder on the path (``sample/work.py``), or by its whole path.
        """
        if not self._known:
            return file
        parts = PurePosixPath(file).parts
        if not file.startswith("/"):
            return self._known.get("/".join(parts))
        tails = ("/".join(parts[start:]) for start in range(1, len(parts) - 1))
        return next((self._known[tail] for tail in tails if tail in self._known), None)

    def measures(self, path: str) -> bool:
        """Whether a file of the project is the suite's: what it spends itself is no work of the project."""
        return bool(self._suite) and self._suite in f"/{path}"


def spending(path: Path, sources: Sources) -> Spending:
    """What a file says, all its runs and threads together. Raises ``ProfileFormatError`` naming it."""
    with reading(path):
        document = read_document(path)
        runs = _runs(document)
        sums: defaultdict[Stack, float] = defaultdict(float)
        for run in runs:
            for stack, weight in _weights(document, run):
                sums[stack] += weight
        return Spending(
            unit=document.unit,
            total=sum(sums.values()),
            calls=sum(run.calls for run in runs),
            spent=_spent(document.frames, sums, sources),
        )


def _runs(document: Document) -> tuple[ProfileRun, ...]:
    """As the header has them. Recorders of other things than calls have a header of their own, and files of
    somebody else none: they are one run.
    """
    header = document.further.get(KEY, {})
    if "runs" in header:
        return parse_header(header).runs
    every = tuple(range(len(document.profiles)))
    return (ProfileRun(profiles=every, calls=0, duration_s=None, samples=None),)


def _weights(document: Document, run: ProfileRun) -> Sequence[tuple[Stack, float]]:
    """Of one run. Where its duration is known they sum up to it: a sampler that is late loses samples."""
    found = [one for place in run.profiles for one in stacks(document, document.profiles[place])]
    total = sum(weight for _, weight in found)
    scale = run.duration_s / total if run.duration_s is not None and total else 1.0
    return [(stack, weight * scale) for stack, weight in found]


def _spent(frames: Sequence[Frame], sums: Mapping[Stack, float], sources: Sources) -> tuple[Spent, ...]:
    files = [sources.find(frame.file) for frame in frames]
    harness = [any(part in frame.file for part in _HARNESS) for frame in frames]
    of_line: defaultdict[tuple[str, str], defaultdict[int, float]] = defaultdict(lambda: defaultdict(float))
    of_leaf: defaultdict[tuple[str, str], defaultdict[str, float]] = defaultdict(lambda: defaultdict(float))
    for stack, weight in sums.items():
        owner = _owner(stack, files, harness)
        if owner is None or weight == 0:
            continue
        if owner == stack[-1] and sources.measures(files[owner] or ""):
            continue
        key = (files[owner] or "", frames[owner].name)
        of_line[key][frames[owner].line or 0] += weight
        of_leaf[key]["" if owner == stack[-1] else _said(frames[stack[-1]])] += weight
    total = sum(sums.values())
    found = [
        Spent(
            place=Place(file=file, name=name, line=max(lines, key=lines.__getitem__)),
            amount=sum(lines.values()),
            share=sum(lines.values()) / total,
            through=max(of_leaf[file, name], key=of_leaf[file, name].__getitem__),
        )
        for (file, name), lines in of_line.items()
    ]
    return tuple(sorted(found, key=lambda one: (-one.amount, one.place)))


def _owner(stack: Stack, files: Sequence[str | None], harness: Sequence[bool]) -> int | None:
    """The innermost frame that is the project's, below what calls the benchmark."""
    for number in reversed(stack):
        if harness[number]:
            return None
        if files[number] is not None:
            return number
    return None


def _said(frame: Frame) -> str:
    return f"{frame.name} ({frame.file})" if frame.file else frame.name
