"""Where time, memory and waiting go. Measures in order to explain; judges nothing.

As a library: decorators and context managers for any code (docs/profiling-library.md).
"""

from groundspeed.profiling.decorators import flush, profile_cpu, profile_memory, track_leaks

__all__ = ["flush", "profile_cpu", "profile_memory", "track_leaks"]
