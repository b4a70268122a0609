"""The files of a site that others link to, under names that stay: the feed, the badge, the summary.

They are no pieces of the page: the manifest names none of them.
"""

from __future__ import annotations

from groundspeed.site.folder import SiteFolder
from groundspeed.site.pieces.badge import badge
from groundspeed.site.pieces.feed import feed
from groundspeed.site.pieces.summary import summary
from groundspeed.site.subject import Subject

FEED, BADGE, SUMMARY = "feed.atom", "badge.svg", "summary.json"


def put_feed(folder: SiteFolder, subject: Subject) -> None:
    """Confirmed regressions, for feed readers."""
    folder.put(FEED, feed(subject))


def put_badge(folder: SiteFolder, subject: Subject) -> None:
    """A picture for a README."""
    folder.put(BADGE, badge(subject))


def put_summary(folder: SiteFolder, subject: Subject) -> None:
    """The state of the project, for programs."""
    folder.put(SUMMARY, summary(subject))
