"""Models as files: what is saved comes back number for number, and a hostile file is a clear error."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from noesis.classification import LabelSet, Model, files, load, save, shipped
from noesis.classification.hashing import BUCKETS
from noesis.errors import ModelError, StorageError

NUMBERS = st.floats(-1e9, 1e9)
WHOLE = {
    "format": "noesis-categories",
    "version": 1,
    "labels": {"version": "x/1", "names": ["a", "b"]},
    "bias": [0.5, -0.5],
    "buckets": [3, 70],
    "weights": [[1.0, 2], [-1e-3, 0]],
}


@settings(deadline=None, derandomize=True, max_examples=30)
@given(
    arrays.arrays(np.float64, 2, elements=NUMBERS),
    st.dictionaries(st.integers(0, BUCKETS - 1), st.tuples(NUMBERS, NUMBERS), max_size=8),
)
def test_what_is_saved_comes_back(
    tmp_path_factory: pytest.TempPathFactory, bias: Any, learned: dict[int, tuple[float, float]]
) -> None:
    weights = np.zeros((2, BUCKETS))
    for bucket, numbers in learned.items():
        weights[:, bucket] = numbers
    model = Model(labels=LabelSet(version="ü/1", names=("a", "ß")), weights=weights, bias=bias)
    path = tmp_path_factory.mktemp("model") / "model.json"
    save(model, path)
    found = load(path)
    assert found.labels == model.labels
    assert np.array_equal(found.weights, weights)
    assert np.array_equal(found.bias, bias)
    assert sum(found.classify("any text").probabilities) == pytest.approx(1)
    assert files.text_of(found) == path.read_text(encoding="utf-8")
    assert [one.name for one in path.parent.iterdir()] == ["model.json"]


def test_a_loaded_model_answers_as_the_saved_one(tmp_path: Path) -> None:
    save(shipped(), tmp_path / "model.json")
    texts = ["", "the goalkeeper and the striker", "a telescope"]
    assert load(tmp_path / "model.json").classify_batch(texts) == shipped().classify_batch(texts)


def test_the_file_that_the_others_are_broken_from_is_whole(tmp_path: Path) -> None:
    (tmp_path / "model.json").write_text(json.dumps(WHOLE))
    found = load(tmp_path / "model.json")
    assert found.weights[:, 3].tolist() == [1.0, 2.0]
    assert found.bias.tolist() == [0.5, -0.5]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"format": "noesis-knowledge"}, "it says"),
        ({"version": 2}, "it says"),
        ({"code": "print()"}, "nobody knows 'code'"),
        ({"labels": ["a", "b"]}, "no version and names"),
        ({"labels": {"version": "x/1", "names": ["a", "b"], "more": 1}}, "no version and names"),
        ({"labels": {"version": 1, "names": ["a", "b"]}}, "must have a version"),
        ({"labels": {"version": "x/1", "names": "ab"}}, "must have a version"),
        ({"labels": {"version": "x/1", "names": ["a", 2]}}, "must have a version"),
        ({"labels": {"version": "x/1", "names": ["b", "a"]}}, "sorted"),
        ({"labels": {"version": "x/1", "names": [f"{n:05}" for n in range(2000)]}}, "up to 1000"),
        ({"bias": [0.5]}, "bias must be numbers, 2"),
        ({"bias": [0.5, "1"]}, "bias must be numbers"),
        ({"bias": [0.5, True]}, "bias must be numbers"),
        ({"bias": [0.5, None]}, "bias must be numbers"),
        ({"bias": [0.5, float("nan")]}, "at most 1e.09"),
        ({"bias": [0.5, 10**400]}, "holds no model"),
        ({"buckets": [70, 3]}, "must ascend"),
        ({"buckets": [3, 3]}, "must ascend"),
        ({"buckets": [-1, 3]}, "must ascend"),
        ({"buckets": [3, BUCKETS]}, "must ascend"),
        ({"buckets": [3.0, 70]}, "whole numbers"),
        ({"buckets": {"3": 1}}, "whole numbers"),
        ({"weights": [[1.0, 2]]}, "weights must be numbers, 2 by 2"),
        ({"weights": [[1.0, 2], [1.0]]}, "weights must be numbers"),
        ({"weights": [[1.0, float("inf")], [1.0, 2]]}, "at most 1e.09"),
        ({"weights": [[1.0, 1.1e9], [1.0, 2]]}, "at most 1e.09"),
        ({"weights": 1}, "weights must be numbers"),
    ],
)
def test_a_file_that_holds_something_else_is_refused(
    tmp_path: Path, changed: dict[str, Any], said: str
) -> None:
    path = tmp_path / "model.json"
    path.write_text(json.dumps(WHOLE | changed))
    with pytest.raises(ModelError, match=said) as caught:
        load(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("name", WHOLE)
def test_a_file_that_lacks_something_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / "model.json"
    path.write_text(json.dumps({key: value for key, value in WHOLE.items() if key != name}))
    with pytest.raises(ModelError, match=f"'{name}' is missing"):
        load(path)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[]",
        b"null",
        b"[" * 100_000,
        b"\x80\x04\x95",
        b"PK\x03\x04",
        b'{"a":' + b"9" * 9999,
    ],
    ids=["empty", "cut", "bytes", "list", "null", "deep", "pickle", "zip", "digits"],
)
def test_a_file_that_is_no_json_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "model.json"
    path.write_bytes(data)
    with pytest.raises(ModelError, match="holds no model"):
        load(path)


def test_any_cut_of_a_file_is_refused(tmp_path: Path) -> None:
    data = json.dumps(WHOLE).encode()
    path = tmp_path / "model.json"
    for length in range(len(data)):
        path.write_bytes(data[:length])
        with pytest.raises(ModelError, match="holds no model"):
            load(path)


def test_what_is_no_file_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")  # nobody writes to it
    for path in (tmp_path / "pipe", tmp_path, Path(os.devnull)):
        with pytest.raises(ModelError, match="no file of at most 64 MB"):
            load(path)
    large = tmp_path / "large"
    with large.open("wb") as out:
        out.truncate(files.LARGEST_BYTES + 1)
    with pytest.raises(ModelError, match="no file of at most 64 MB"):
        load(large)


def test_a_place_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="cannot be read"):
        load(tmp_path / "none" / "model.json")
    with pytest.raises(StorageError, match="cannot be written"):
        save(shipped(), tmp_path / "none" / "model.json")


def test_a_save_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    path.mkdir()  # cannot be replaced by a file
    with pytest.raises(StorageError, match="cannot be written"):
        save(shipped(), path)
    assert list(tmp_path.iterdir()) == [path]
