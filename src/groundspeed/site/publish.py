"""Writing the site so that a reader always sees a whole one. Owns which files lie in ``html/``.

Every file but three is named by its content and never changes. ``manifest.json`` is the switch: it
names the page's own files and the pieces of data, and is replaced last; what it no longer names
is swept after. Killed at any moment, the folder holds the old site or the new one, whole.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from groundspeed import units
from groundspeed.config import Configuration
from groundspeed.errors import ConfigError, NothingMeasuredError
from groundspeed.parallel import share
from groundspeed.results.attempts import Stage, attempting, utc_now
from groundspeed.results.gather import collector_paused
from groundspeed.results.profiles import stored_profiles
from groundspeed.site.answers import Answers, answers_of
from groundspeed.site.folder import SiteFolder
from groundspeed.site.page import BOOT, boot_script, index_page, page_files
from groundspeed.site.pieces import JUDGED, MEASURED, Piece
from groundspeed.site.pieces.reports import Report, put_reports
from groundspeed.site.subject import ProjectInfo, Subject, subject_of
from groundspeed.site.wire import encode
from groundspeed.verdicts.reading import ProjectResults, read

MANIFEST = "manifest.json"

WORTH_VALUES = 100_000
"""From so many on several processes write: half a second of work, where another one takes 30 ms to begin."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Published:
    """What became of ``html_dir``. Paths are relative to it; ``bytes`` is the weight of the whole site."""

    html_dir: Path
    written: tuple[str, ...]
    kept: tuple[str, ...]
    removed: tuple[str, ...]
    bytes: int
    benchmarks: int
    series: int
    commits: int
    warnings: tuple[str, ...]

    @property
    def weight(self) -> str:
        """``bytes`` for people."""
        return units.display(self.bytes, "bytes")


@dataclass(frozen=True, kw_only=True, slots=True)
class Reports:
    """What stands beside the page; ``notices`` say which could not be made."""

    made: tuple[Report, ...] = ()
    notices: tuple[str, ...] = ()


def publish_results(
    configuration: Configuration,
    *,
    reports: Callable[[ProjectResults], Reports] | None = None,
    force: bool = False,
    now: Callable[[], datetime] = utc_now,
) -> Published:
    """Read the results that ``configuration`` names and publish them where it says.

    The repository only adds subjects, tags and order: without it the site shows what the results say.
    ``reports`` makes what stands beside the page: ``groundspeed.publishing`` knows which, this room none.
    Raises ``NothingMeasuredError`` when there are no results, ``ConfigError`` when the site would lie
    among them. How it ended is kept for `groundspeed health`.
    """
    _check_apart(configuration.suite.html_dir, configuration.suite.results_dir)
    # what is read and made of it are objects by the hundred thousand and no cycle: looking for one took 6 %
    with attempting(configuration.workspace, Stage.PUBLISH, now), collector_paused():
        return _publish_results(configuration, reports, now(), force=force)


def _publish_results(
    configuration: Configuration,
    reports: Callable[[ProjectResults], Reports] | None,
    now: datetime,
    *,
    force: bool,
) -> Published:
    suite = configuration.suite
    reading = read(configuration)
    if not reading.archive.series:
        raise _nothing(suite.results_dir, reading.archive.warnings)
    project = ProjectInfo(name=suite.project, url=suite.project_url, show_commit_url=suite.show_commit_url)
    subject = subject_of(project, reading.archive, reading.commits, reading.steps)
    published = publish(
        subject,
        suite.html_dir,
        answers=partial(answers_of, reading, now),
        reports=reports and partial(reports, reading),
        force=force,
    )
    return dataclasses.replace(
        published, warnings=tuple(dict.fromkeys([*reading.notices, *published.warnings]))
    )


def _nothing(results_dir: Path, warnings: Sequence[str]) -> NothingMeasuredError:
    if warnings:
        return NothingMeasuredError(
            f"Nothing in {results_dir} could be read: {warnings[0]} "
            "Restore it from git, or measure again: groundspeed run."
        )
    profiles = len(stored_profiles(results_dir))
    if profiles:
        return NothingMeasuredError(
            f"There are profiles in {results_dir}, {profiles:,} in all, but no results, and the page shows "
            "their history. Measure something first: groundspeed run. What costs most by profiles alone, "
            "groundspeed bottlenecks says."
        )
    return NothingMeasuredError(
        f"There are no results in {results_dir}. Measure something first: groundspeed run."
    )


def _check_apart(html_dir: Path, results_dir: Path) -> None:
    """Whatever ends in .json anywhere below the results is read as one, by asv as well."""
    if html_dir.resolve().is_relative_to(results_dir.resolve()):
        raise ConfigError(
            f'asv.conf.json: "html_dir" is {html_dir}, inside "results_dir": what is published there '
            "would be read as results. Name another folder, such as html."
        )


def publish(
    subject: Subject,
    html_dir: Path,
    *,
    answers: Callable[[], Answers] | None = None,
    reports: Callable[[], Reports] | None = None,
    force: bool = False,
) -> Published:
    """Write the site of ``subject`` into ``html_dir``; the same input gives the same bytes.

    ``answers`` finds those that ``subject`` has not, while other processes write what needs none; ``reports``
    makes what stands beside the page, after them and in the same process, for both read the same. A folder
    that holds something and was not written by groundspeed is refused (``GroundspeedError``) unless
    ``force``; ``StorageError`` when the disk refuses. Files that already hold what is wanted are not
    written again.
    """

    notices: list[str] = []

    def judged() -> _Put:
        whole = subject if answers is None else dataclasses.replace(subject, answers=answers())
        names, folder = _put(html_dir, JUDGED, whole)
        beside = reports() if reports else Reports()
        notices.extend(beside.notices)  # the first work is done in this process
        return {**names, "reports": put_reports(folder, beside.made)}, folder

    works: list[Callable[[], _Put]] = [judged]
    works += [partial(_put, html_dir, pieces, subject) for pieces in MEASURED]
    values = sum(one.values.size for one in subject.archive.series)
    with SiteFolder.claim(html_dir, force=force) as folder:
        found: dict[str, str | None] = {}
        for names, part in share(works) if values >= WORTH_VALUES else [work() for work in works]:
            found |= names
            folder.add(part)
        app, files = page_files()
        for name, content in files.items():
            folder.put(f"{app}{name}", content)
        folder.put(BOOT, boot_script())
        folder.put("index.html", index_page(subject.project.name, app))
        named = {piece: name for piece, name in sorted(found.items()) if name is not None}
        folder.put(MANIFEST, _manifest(subject, app, named))
        folder.sweep()
    return Published(
        html_dir=html_dir,
        written=tuple(folder.written),
        kept=tuple(folder.kept),
        removed=tuple(folder.removed),
        bytes=folder.bytes,
        benchmarks=len(subject.axes),
        series=len(subject.archive.series),
        commits=len(subject.archive.commits),
        warnings=(*subject.archive.warnings, *notices),
    )


_Put = tuple[Mapping[str, str | None], SiteFolder]


def _put(html_dir: Path, pieces: Mapping[str, Piece], subject: Subject) -> _Put:
    """Put some pieces: what the page begins with of each, and what became of the files."""
    folder = SiteFolder(html_dir)
    return {name: put(folder, subject) for name, put in pieces.items()}, folder


def _manifest(subject: Subject, app: str, files: Mapping[str, str]) -> bytes:
    """The one file that makes a site whole: whoever reads it can read everything it names."""
    project, archive = subject.project, subject.archive
    return encode(
        {
            "format": "groundspeed-site",
            "version": 2,
            "project": {"name": project.name, "url": project.url, "show_commit_url": project.show_commit_url},
            "counts": {
                "benchmarks": len(subject.axes),
                "cases": len({one.key.case for one in archive.series}),
                "series": len(archive.series),
                "commits": len(archive.commits),
                "unreadable": len(archive.warnings),
            },
            "app": app,
            "files": files,
        }
    )
