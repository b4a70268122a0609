"""Telling what a night found: once, to each channel, grouped by commit, what is confirmed first."""
