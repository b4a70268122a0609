"""The border with asv's engine: discovery, environments, the worker."""
