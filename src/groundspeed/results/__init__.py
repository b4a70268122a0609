"""The border with asv's files: read, merge, write atomically; sessions."""
