"""Benchmark kinds beyond asv's own, in the layout asv_runner loads."""
