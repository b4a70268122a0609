"""Deterministic inputs for benchmarks: corpora, query mixes, load."""
