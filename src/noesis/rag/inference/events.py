"""Server-sent events: bytes as they come in → the data of each event. Owns the format; reads no socket.

WHATWG HTML, section 9.2.6, "Interpreting an event stream": lines end with CR LF, LF or CR, wherever the bytes
are cut; a colon begins a comment; lines of data are joined; an empty line ends an event, and what is
unfinished at the end is none. The names of events mean nothing here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from noesis.errors import EngineError

LONGEST = 100_000  # bytes of an event; that of a token has some hundred
_LINE_END = re.compile(rb"\r\n|\n|\r(?=.)", re.DOTALL)  # a CR at the very end may be half of a CR LF
_BOM = b"\xef\xbb\xbf"


def events(chunks: Iterable[bytes]) -> Iterator[str]:
    """The data of every event. Raises ``EngineError`` for one longer than 100,000 bytes."""
    data: list[bytes] = []
    size = 0
    for line in _lines(chunks):
        if not line:
            if data:
                # what is no UTF-8 is replaced, as the standard wants it
                yield b"\n".join(data).decode("utf-8", "replace")
            data, size = [], 0
            continue
        field, _, value = line.partition(b":")
        if field == b"data":
            data.append(value.removeprefix(b" "))
            size += len(value)
            _bounded(size)


def _lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    is_first = True
    for chunk in chunks:
        *whole, rest = _LINE_END.split(rest + chunk)
        _bounded(len(rest))
        for line in whole:
            yield line.removeprefix(_BOM) if is_first else line
            is_first = False
    if rest.endswith(b"\r"):
        yield rest[:-1]


def _bounded(size: int) -> None:
    if size > LONGEST:
        raise EngineError(
            f"the server sent an event of over {LONGEST:,} bytes, which no token is; look at what answers"
        )
