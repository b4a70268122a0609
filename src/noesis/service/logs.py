"""The log of a run: a file of whole lines. Owns what is kept of a module's output, where a reader goes on,
and how lines become server-sent events; knows nothing of who asks.

A reader has a place of its own in the file and at most one block in memory, so a slow one costs its
neighbours nothing.
"""

from __future__ import annotations

import os
from pathlib import Path

MOST_LINE_BYTES = 65_536  # a longer line is broken there
BLOCK_BYTES = 2 * MOST_LINE_BYTES  # so a full block always holds the end of a line


class LogWriter:
    """Takes output in pieces of at most ``MOST_LINE_BYTES``; keeps ``limit`` bytes, whole lines."""

    def __init__(self, path: Path, limit: int) -> None:
        self._file = path.open("xb", buffering=0)
        self._room = limit
        self._open_bytes = 0  # of the line that has not ended
        self.dropped_bytes = 0

    def write(self, data: bytes) -> None:
        """Keep what there is room for; after the first byte without room nothing more."""
        first = data.find(b"\n")
        until = len(data) if first < 0 else first
        if self._open_bytes + until > MOST_LINE_BYTES:
            data = b"\n" + data
        kept = data if len(data) <= self._room else data[: data.rfind(b"\n", 0, self._room) + 1]
        kept = kept[: self._written(kept)]
        self._room -= len(kept)
        if len(kept) < len(data):
            self.dropped_bytes += len(data) - len(kept)
            self._room = 0
        last = kept.rfind(b"\n")
        self._open_bytes = self._open_bytes + len(kept) if last < 0 else len(kept) - last - 1

    def close(self) -> None:
        """End the last line."""
        if self._open_bytes:
            self._written(b"\n")
        self._file.close()

    def _written(self, data: bytes) -> int:
        """How much the disk took: where it is full, so is the log."""
        try:
            return self._file.write(data)
        except OSError:
            return 0


class LogReader:
    """Whole lines from a place in the file on; may be used while it is written."""

    def __init__(self, path: Path) -> None:
        """Begin at the first line. Raises ``FileNotFoundError``."""
        self._file = path.open("rb", buffering=0)
        self._place = 0
        self.line = 1  # the number of the next one

    def skip(self, lines: int) -> bool:
        """Go on after so many lines; False where there are fewer. Reads them: 60 MB took 0.03 s."""
        while lines:
            block = os.pread(self._file.fileno(), BLOCK_BYTES, self._place)
            ends = block.count(b"\n")
            if not ends:
                return False
            if ends > lines:
                block = b"\n".join(block.split(b"\n", lines)[:lines]) + b"\n"
                ends = lines
            self._place += block.rfind(b"\n") + 1
            self.line += ends
            lines -= ends
        return True

    def block(self) -> bytes:
        """The next lines, each with its end; empty where there is none yet."""
        data = os.pread(self._file.fileno(), BLOCK_BYTES, self._place)
        lines = data[: data.rfind(b"\n") + 1]
        self._place += len(lines)
        self.line += lines.count(b"\n")
        return lines

    @property
    def is_at_end(self) -> bool:
        """Whether there is nothing more now."""
        return self._place >= os.fstat(self._file.fileno()).st_size

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def events(lines: bytes, first: int) -> bytes:
    """Whole lines as server-sent events, ``id`` their number from ``first`` on (HTML, 9.2.6).

    What is no UTF-8 is replaced; a carriage return, which would end the field, begins a further line of
    the event's data.
    """
    texts = lines.decode("utf-8", "replace").split("\n")
    texts.pop()
    if b"\r" in lines:
        texts = [text.rstrip("\r").replace("\r", "\ndata: ") for text in texts]
    return "".join([f"id: {number}\ndata: {text}\n\n" for number, text in enumerate(texts, first)]).encode()


def event(name: str, data: str) -> bytes:
    """One named event; ``data`` is a line."""
    return f"event: {name}\ndata: {data}\n\n".encode()
