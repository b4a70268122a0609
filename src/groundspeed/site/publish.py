"""Writing the site so that a reader always sees a whole one. Owns which files lie in ``html/``.

Every file but three is named by its content and never changes. ``manifest.json`` is the switch: it
names the page's own files, the index and the commits, and is replaced last; what it no longer names
is swept after. Killed at any moment, the folder holds the old site or the new one, whole.
"""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from groundspeed import units
from groundspeed.config import Configuration
from groundspeed.errors import NothingMeasuredError
from groundspeed.records import Commit
from groundspeed.results.archive import Archive, Series
from groundspeed.site import columns, contents
from groundspeed.site.axes import axes_of
from groundspeed.site.carried import only_with_values
from groundspeed.site.contents import ProjectInfo
from groundspeed.site.folder import SiteFolder
from groundspeed.site.order import timeline
from groundspeed.site.page import BOOT, boot_script, index_page, page_files
from groundspeed.verdicts.reading import read

MANIFEST = "manifest.json"


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


def publish_results(configuration: Configuration, *, force: bool = False) -> Published:
    """Read the results that ``configuration`` names and publish them where it says.

    The repository only adds subjects, tags and order: without it the site shows what the results say.
    Raises ``NothingMeasuredError`` when there are no results.
    """
    suite = configuration.suite
    reading = read(configuration)
    if not reading.archive.series:
        raise NothingMeasuredError(
            f"There are no results in {suite.results_dir}. Measure something first: groundspeed run."
        )
    published = publish(
        reading.archive,
        reading.commits,
        project=ProjectInfo(name=suite.project, url=suite.project_url, show_commit_url=suite.show_commit_url),
        html_dir=suite.html_dir,
        force=force,
    )
    return dataclasses.replace(published, warnings=reading.notices)


def publish(
    archive: Archive,
    commits: Mapping[str, Commit],
    *,
    project: ProjectInfo,
    html_dir: Path,
    force: bool = False,
) -> Published:
    """Write the site of ``archive`` into ``html_dir``; the same input gives the same bytes.

    ``commits`` may lack some of the archive's. A folder that holds something and was not written by
    groundspeed is refused (``GroundspeedError``) unless ``force``; ``StorageError`` when the disk
    refuses. Files that already hold what is wanted are not written again.
    """
    archive = only_with_values(archive)
    history = timeline(archive, commits)
    grouped = by_benchmark(archive)
    axes = {name: axes_of(name, series, archive.benchmarks) for name, series in grouped.items()}
    with SiteFolder.claim(html_dir, force=force) as folder:
        shards = {
            name: folder.put_named(
                "benchmark",
                columns.shard(name, grouped[name], axes[name], archive.benchmarks.get(name), history),
            )
            for name in sorted(grouped)
        }
        index = folder.put_named("index", contents.index_file(archive, grouped, axes, shards, history))
        dated = folder.put_named("commits", contents.commits_file(history, commits))
        app, files = page_files()
        for name, content in files.items():
            folder.put(f"{app}{name}", content)
        folder.put(BOOT, boot_script())
        folder.put("index.html", index_page(project.name, app))
        manifest = contents.manifest_file(project, archive, len(grouped), app=app, index=index, commits=dated)
        folder.put(MANIFEST, manifest)
        folder.sweep()
    return Published(
        html_dir=html_dir,
        written=tuple(folder.written),
        kept=tuple(folder.kept),
        removed=tuple(folder.removed),
        bytes=folder.bytes,
        benchmarks=len(grouped),
        series=len(archive.series),
        commits=len(archive.commits),
        warnings=archive.warnings,
    )


def by_benchmark(archive: Archive) -> dict[str, list[Series]]:
    """The series of each benchmark that have a row."""
    grouped: dict[str, list[Series]] = defaultdict(list)
    for one in archive.series:
        if one.commits.size:
            grouped[one.key.case.benchmark].append(one)
    return dict(grouped)
