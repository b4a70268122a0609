"""A module that prints lines and ends as told. Owns no more: it is there to try readers of logs on."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Sequence

BATCH_LINES = 1000  # written at once where nothing holds them back


def main(words: Sequence[str]) -> int:
    """Print ``line 1`` and so on, each filled up to its length; the exit code that was asked for."""
    parser = argparse.ArgumentParser(prog="rehearse")
    parser.add_argument("--lines", type=int, default=10)
    parser.add_argument("--line-bytes", type=int, default=60)
    parser.add_argument("--per-second", type=int, default=0)
    parser.add_argument("--exit-code", type=int, default=0)
    parser.add_argument("--then", choices=("end", "wait"), default="end")
    told = parser.parse_args(words)
    _print(told.lines, told.line_bytes - 1, told.per_second)
    if told.then == "wait":
        signal.pause()
    return int(told.exit_code)


def _print(lines: int, width: int, per_second: int) -> None:
    start = time.monotonic()
    batch = 1 if per_second else BATCH_LINES
    for first in range(1, lines + 1, batch):
        if per_second:
            time.sleep(max(start + (first - 1) / per_second - time.monotonic(), 0))
        numbers = range(first, min(first + batch, lines + 1))
        sys.stdout.write("".join(f"{f'line {number} ':.<{width}}\n" for number in numbers))
        sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
