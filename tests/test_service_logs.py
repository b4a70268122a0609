"""The log of a run: what is kept, where a reader goes on, and what a browser makes of the events."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noesis.service.logs import MOST_LINE_BYTES, LogReader, LogWriter, event, events

PLENTY = 10**9


def kept(path: Path, pieces: list[bytes], limit: int = PLENTY) -> tuple[bytes, int]:
    """What the file holds after these pieces, and how many bytes were dropped."""
    writer = LogWriter(path, limit)
    for piece in pieces:
        writer.write(piece)
    writer.close()
    return path.read_bytes(), writer.dropped_bytes


@pytest.mark.parametrize(
    ("pieces", "limit", "file", "dropped"),
    [
        ([], 10, b"", 0),
        ([b"one\ntwo\n"], 8, b"one\ntwo\n", 0),
        ([b"on", b"e\ntw", b"o"], 10, b"one\ntwo\n", 0),  # the last line is ended
        ([b"one\ntwo\nthree\n"], 9, b"one\ntwo\n", 6),  # whole lines: 1 byte of room is left over
        ([b"one\ntwo\nthree\n", b"4\n"], 9, b"one\ntwo\n", 8),  # nothing after the first loss
        ([b"one\ntw", b"o and more\n"], 10, b"one\ntw\n", 11),
        ([b"three\n"], 3, b"", 6),
    ],
)
def test_what_is_kept(tmp_path: Path, pieces: list[bytes], limit: int, file: bytes, dropped: int) -> None:
    assert kept(tmp_path / "log", pieces, limit) == (file, dropped)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no disk that is always full")
def test_a_full_disk_is_a_full_log(tmp_path: Path) -> None:
    writer = LogWriter(tmp_path / "log", PLENTY)
    writer.write(b"one\n")
    writer._file.close()
    writer._file = Path("/dev/full").open("wb", buffering=0)  # noqa: SIM115 (the writer closes it)
    writer.write(b"two\n")
    writer.write(b"three\n")
    assert writer.dropped_bytes == 10
    writer.close()


def test_a_line_without_an_end_is_broken(tmp_path: Path) -> None:
    pieces = [b"a" * 40_000, b"b" * 40_000 + b"\n", b"c" * MOST_LINE_BYTES, b"d"]
    file, _ = kept(tmp_path / "log", pieces)
    assert [len(line) for line in file.split(b"\n")] == [40_000, 40_000, MOST_LINE_BYTES, 1, 0]


@settings(deadline=None, derandomize=True, max_examples=60)
@given(st.lists(st.binary(max_size=200), max_size=20), st.integers(0, 20))
def test_a_reader_finds_every_line_from_any_on(pieces: list[bytes], after: int) -> None:
    whole = b"".join(pieces)
    lines = whole.split(b"\n")[: None if whole and not whole.endswith(b"\n") else -1]
    with TemporaryDirectory() as folder:
        path = Path(folder, "log")
        assert kept(path, pieces) == (b"".join(line + b"\n" for line in lines), 0)
        reader = LogReader(path)
        try:
            assert reader.skip(after) is (after <= len(lines))
            if after <= len(lines):
                assert reader.line == after + 1
                assert reader.block().split(b"\n")[:-1] == lines[after:]
                assert (reader.block(), reader.line, reader.is_at_end) == (b"", len(lines) + 1, True)
            else:
                assert reader.line == len(lines) + 1
        finally:
            reader.close()


def test_a_reader_goes_on_through_many_blocks(tmp_path: Path) -> None:
    lines = [b"x" * (number % 5_000) for number in range(1_000)]  # 2.5 MB, 19 blocks
    kept(tmp_path / "log", [line + b"\n" for line in lines])
    for after in (0, 1, 499, 1_000):
        reader = LogReader(tmp_path / "log")
        assert reader.skip(after)
        found = []
        while block := reader.block():
            found += block.split(b"\n")[:-1]
        reader.close()
        assert found == lines[after:]


def test_a_reader_waits_for_the_end_of_a_line(tmp_path: Path) -> None:
    writer = LogWriter(tmp_path / "log", PLENTY)
    reader = LogReader(tmp_path / "log")
    writer.write(b"one\ntw")
    assert (reader.block(), reader.block()) == (b"one\n", b"")
    assert not reader.is_at_end
    writer.write(b"o\n")
    assert (reader.block(), reader.line) == (b"two\n", 3)
    reader.close()
    writer.close()


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (b"one\n", "id: 7\ndata: one\n\n"),
        (b"\n:\n", "id: 7\ndata: \n\nid: 8\ndata: :\n\n"),
        (b"50 %\r100 %\r\n", "id: 7\ndata: 50 %\ndata: 100 %\n\n"),  # a carriage return would end the field
        (b"\xff\xe2\x82\xac\n", "id: 7\ndata: \ufffd\u20ac\n\n"),
        ("\u2028\x0b\x85\n".encode(), "id: 7\ndata: \u2028\x0b\x85\n\n"),  # ends of lines to Python only
    ],
)
def test_lines_as_events(lines: bytes, said: str) -> None:
    assert events(lines, 7).decode() == said


def test_a_named_event() -> None:
    assert event("end", "{}") == b"event: end\ndata: {}\n\n"
