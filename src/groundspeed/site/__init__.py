"""Publish the history as a static site."""
