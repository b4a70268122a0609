"""What a report and its parts are, for every format: sentences, tables and pictures under titles."""

from __future__ import annotations

from dataclasses import dataclass

from groundspeed.report.overview.pictures import Bullet, Picture
from groundspeed.report.table import Table

WIDTH = 100
"""Columns of a terminal that a report keeps within."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Listing:
    """A table under a title of its own, empty where the block's says enough. ``bullets``: one a row."""

    title: str
    table: Table
    bullets: tuple[Bullet | None, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Block:
    """A part of the report. ``brief`` stands for the listings where they are too long to be read; ``typed``
    for all of it on a terminal, where the command that asks for this part alone has a better way.
    """

    anchor: str
    title: str
    said: tuple[str, ...] = ()
    pictures: tuple[Picture, ...] = ()
    listings: tuple[Listing, ...] = ()
    brief: Table | None = None
    typed: str = ""

    @property
    def rows(self) -> int:
        """Of all its listings."""
        return sum(len(one.table.rows) for one in self.listings)


@dataclass(frozen=True, kw_only=True, slots=True)
class Paper:
    """A report of any kind. ``tab`` names it where many are open, ``summary`` answers before any block, and
    ``closing`` is its last line. ``home`` is the address of the site that it stands beside, if it does.
    """

    title: str
    tab: str
    subtitle: str
    summary: tuple[str, ...]
    blocks: tuple[Block, ...]
    closing: str
    home: str = ""


def sentence(text: str) -> str:
    """With a capital and a full stop."""
    return f"{text[:1].upper()}{text[1:]}."
