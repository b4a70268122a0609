"""Pure numerics on arrays: summaries, comparison, change points. Imports numpy and records alone."""
