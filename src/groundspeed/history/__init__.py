"""Commits of a git repository: ranges, order, dates, tags, branches, content identity."""

from groundspeed.history.commits import History, Shallow, spread

__all__ = ["History", "Shallow", "spread"]
