"""The commits in history order: hash, date, subject, tags, as columns."""

from __future__ import annotations

from groundspeed.site.folder import SiteFolder
from groundspeed.site.subject import Subject
from groundspeed.site.wire import encode


def put_commits(folder: SiteFolder, subject: Subject) -> str:
    """No subject where the repository has the commit no more."""
    timeline = subject.timeline
    present = [subject.commits.get(name) for name in timeline.hashes]
    return folder.put_named(
        "commits",
        encode(
            {
                "format": "groundspeed-commits",
                "version": 1,
                "hash": timeline.hashes,
                "date": [round(timeline.dates[name].timestamp()) for name in timeline.hashes],
                "subject": [commit.subject if commit else None for commit in present],
                "tags": {
                    str(place): list(commit.tags)
                    for place, commit in enumerate(present)
                    if commit and commit.tags
                },
            }
        ),
    )
