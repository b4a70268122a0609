"""What a fresh interpreter takes for some code. Owns the fair comparison with one that does nothing."""

from __future__ import annotations

import subprocess
import sys
import time

ROUNDS = 7  # the best of so many: what else the host does only ever adds


def beyond_start_s(code: str, rounds: int = ROUNDS) -> float:
    """Seconds that an interpreter takes to run ``code`` beyond its own start, the best of each; 0 where the
    two cannot be told apart. Raises ``subprocess.CalledProcessError`` where the code fails."""
    pairs = [(_start_s(code), _start_s("pass")) for _ in range(rounds)]
    return max(min(started for started, _ in pairs) - min(bare for _, bare in pairs), 0.0)


def _start_s(code: str) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    return time.perf_counter() - start
