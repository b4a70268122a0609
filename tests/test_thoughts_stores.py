"""Both stores against a list: whatever is stored and asked, in whatever order, they answer alike."""

from __future__ import annotations

import copy
import pickle
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import FrozenInstanceError
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from noesis.errors import NoesisError, QueryError, StorageError, ThoughtError, UnknownThoughtError
from noesis.thoughts import CAPACITY, Branch, MemoryStore, Metadata, Mode, SqliteStore, Thought, ThoughtStore
from noesis.thoughts.index import Index
from noesis.thoughts.terms import index_terms
from tests.thinking import BRANCHES, ListStore, found_by, texts, thought, thoughts

TINY = 12  # postings: some three thoughts


def outcome(call: Callable[[], object]) -> object:
    """What a call gives; of an error, its class."""
    try:
        return call()
    except NoesisError as error:
        return type(error)


class Stores(RuleBasedStateMachine):
    """The same is done to both stores, to both with a tiny index, to two on one file, and to the list."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        file = Path(self.folder.name, "thoughts")
        self.model = ListStore()
        self.files = [
            SqliteStore(file, survives_power_cut=False),
            SqliteStore(file, capacity=TINY, survives_power_cut=False),
        ]
        self.memories = [MemoryStore(), MemoryStore(capacity=TINY), MemoryStore(capacity=0)]

    def teardown(self) -> None:
        for one in self.files:
            one.close()
        self.folder.cleanup()

    @property
    def readers(self) -> list[ThoughtStore]:
        return [*self.files, *self.memories]

    @rule(one=thoughts, writer=st.integers(0, 1))
    def store(self, one: Thought, writer: int) -> None:
        expected = outcome(lambda: self.model.store(one))
        for store in (self.files[writer], *self.memories):
            assert outcome(lambda store=store: store.store(one)) == expected  # type: ignore[misc] # bound now

    @rule(some=st.lists(thoughts, max_size=4))
    def store_all(self, some: list[Thought]) -> None:
        before = list(self.model.kept)
        expected: object = None
        try:
            for one in some:
                self.model.store(one)
        except ThoughtError:
            self.model.kept, expected = before, ThoughtError
        for store in (self.files[0], *self.memories):
            assert outcome(lambda store=store: store.store_all(some)) == expected  # type: ignore[misc] # bound now

    @rule(key=st.integers(0, 30).map(str))
    def get(self, key: str) -> None:
        expected = outcome(lambda: self.model.get(key))
        for store in self.readers:
            assert outcome(lambda store=store: store.get(key)) == expected  # type: ignore[misc] # bound now

    @rule(
        query=texts,
        mode=st.none() | st.sampled_from(Mode),
        limit=st.integers(0, 5),
        offset=st.integers(0, 3),
        branch=st.none() | st.sampled_from(BRANCHES),
    )
    def search(self, query: str, mode: Mode | None, limit: int, offset: int, branch: str | None) -> None:
        expected = self.model.search(query, mode, limit, offset, branch)
        for store in self.readers:
            assert store.search(query, mode, limit, offset, branch=branch) == expected

    @rule()
    def reopen(self) -> None:
        file = self.files[0].path
        self.files[0].close()
        self.files[0] = SqliteStore(file, survives_power_cut=False)

    @invariant()
    def they_stand_alike(self) -> None:
        expected = self.model.branches()
        for store in self.readers:
            assert len(store) == len(self.model.kept)
            assert [(-one.priority, one.name) for one in store.branches()] == expected
            assert all(store.branch(one.name) == one for one in store.branches())


TestStores = Stores.TestCase
TestStores.settings = settings(deadline=None, derandomize=True, max_examples=12, stateful_step_count=20)


# --- the index -----------------------------------------------------------------------------------


@given(st.lists(st.sets(st.sampled_from("abcdefgh"), min_size=1, max_size=6)), st.integers(0, 20))
@settings(deadline=None, derandomize=True, max_examples=150)
def test_the_index_holds_the_longest_run_of_newest_thoughts_that_it_has_room_for(
    terms: list[set[str]], capacity: int
) -> None:
    index = Index(capacity)
    for number, one in enumerate(terms):
        index.add(number, frozenset(one))
        sizes = [len(of) for of in terms[: number + 1]]
        first = next(start for start in range(number + 2) if sum(sizes[start:]) <= capacity)
        assert (index.first, index.size) == (first, sum(sizes[first:]))
        for wanted in ({"a"}, {"a", "b"}, set[str]()):
            found = [at for at in range(number, first - 1, -1) if wanted <= terms[at]]
            assert index.newest(frozenset(wanted), 3) == found[:3]
        kept = sum(map(len, index._postings.values()))
        assert index.size <= kept <= 2 * index.size


def test_what_left_the_index_is_found_still() -> None:
    """Each thought has four postings: two terms, its mode and its branch. Twelve are three thoughts."""
    store = MemoryStore(capacity=TINY)
    store.store_all(thought(str(number), f"lock {number}") for number in range(10))
    assert (store._index.first, store._index.size) == (7, TINY)
    assert [one.id for one in store.search("lock", limit=3)] == ["9", "8", "7"]  # of the index alone
    assert [one.id for one in store.search("lock", limit=3, offset=2)] == ["7", "6", "5"]  # of both
    assert [one.id for one in store.search("2")] == ["2"]  # of what left it
    assert store.search("10") == ()


def test_a_thought_that_has_no_room_takes_those_before_it_along() -> None:
    store = MemoryStore(capacity=4)
    store.store(thought("small", "lock"))
    store.store(thought("large", "one two three four five"))
    assert (store._index.first, store._index.size) == (2, 0)
    store.store(thought("after", "lock"))
    assert (store._index.first, store._index.size) == (2, 3)
    assert [one.id for one in store.search("lock")] == ["after", "small"]
    assert [one.id for one in store.search("three")] == ["large"]


def test_a_file_is_read_into_the_index_no_further_than_it_has_room(tmp_path: Path) -> None:
    with SqliteStore(tmp_path / "thoughts") as store:
        store.store_all(thought(str(number), f"lock {number}") for number in range(10))
    with SqliteStore(tmp_path / "thoughts", capacity=TINY) as store:
        assert [one.id for one in store.search("lock", limit=3)] == ["9", "8", "7"]
        assert (store._index.first, store._index.size) == (8, TINY)  # numbers of rows begin with 1
        assert [one.id for one in store.search("lock", limit=20)] == [str(one) for one in range(9, -1, -1)]


@given(texts)
@settings(deadline=None, derandomize=True, max_examples=100)
def test_a_term_is_a_run_of_letters_and_digits(text: str) -> None:
    one = thought("1", text, key_points=("a key",))
    assert index_terms(one) == found_by(one) | {"=linear", "/"}


# --- nothing is shared ---------------------------------------------------------------------------


@pytest.fixture(name="store", params=["memory", "file"])
def _store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ThoughtStore]:
    if request.param == "memory":
        yield MemoryStore()
        return
    with SqliteStore(tmp_path / "thoughts") as store:
        yield store


def test_what_the_caller_still_holds_changes_nothing(store: ThoughtStore) -> None:
    told: dict[str, Any] = {"source": "a talk"}
    one = thought("1", "lock", metadata=Metadata(told), key_points=("hold it briefly",))
    store.store(one)
    told["source"] = "another"
    own = store.get("1").metadata.copy()
    own["source"] = "a third"
    assert store.get("1") == one
    assert store.get("1").metadata == {"source": "a talk"}


def test_a_record_is_frozen_down_to_the_last_value() -> None:
    one = thought("1", "lock", metadata=Metadata({"a": 1}), key_points=("x",))
    branch = Branch(name="left")
    for record, field in ((one, "content"), (one, "metadata"), (branch, "thoughts")):
        with pytest.raises(FrozenInstanceError):
            setattr(record, field, "other")
    for frozen, key in ((one.metadata, "a"), (one.key_points, 0)):
        with pytest.raises(TypeError):
            frozen[key] = 2  # type: ignore[index] # that is the point
    hash(one)  # nothing in it can be changed, or it could not be hashed


def test_a_store_in_memory_gives_the_very_thought() -> None:
    store, one = MemoryStore(), thought("1", "lock")
    store.store(one)
    assert store.get("1") is store.search("lock")[0] is one


@given(thoughts)
@settings(deadline=None, derandomize=True, max_examples=30)
def test_a_thought_is_the_same_after_a_copy_and_after_a_pickle(one: Thought) -> None:
    for again in (copy.deepcopy(one), pickle.loads(pickle.dumps(one))):
        assert again == one
        assert hash(again) == hash(one)


@given(thoughts)
@settings(deadline=None, derandomize=True, max_examples=15)
def test_values_keep_their_types_in_a_file(one: Thought) -> None:
    """1, 1.0 and True are equal, so equality alone would not see it."""
    with tempfile.TemporaryDirectory() as folder, SqliteStore(Path(folder, "thoughts")) as store:
        store.store(one)
        assert repr(store.get(one.id)) == repr(one)


# --- what is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"id": ""}, "id is empty"),
        ({"id": 7}, "id must be text, not 7"),
        ({"content": b"lock"}, "content must be text"),
        ({"content": "a\ud800"}, "content holds half of a character at 1"),
        ({"mode": "tree"}, "mode must be one of linear, tree, divergent"),
        ({"branch": None}, "branch must be text"),
        ({"confidence": 1.5}, "confidence must lie within 0 and 1, not 1.5"),
        ({"confidence": float("nan")}, "confidence must lie within"),
        ({"confidence": True}, "confidence must lie within"),
        ({"key_points": ["x"]}, "key_points must be a tuple of texts"),
        ({"key_points": (1,)}, "a key point must be text, not 1"),
        ({"metadata": {"a": 1}}, "metadata must be Metadata"),
    ],
)
def test_a_thought_that_cannot_be_kept_names_the_field(told: dict[str, Any], said: str) -> None:
    with pytest.raises(ThoughtError, match=said):
        Thought(**{"id": "1", "content": "lock", "mode": Mode.TREE, **told})


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"a": [1]}, r"metadata of 'a' must be text, a number, .* not \[1\]"),
        ({"a": float("inf")}, "metadata of 'a' must be finite"),
        ({"a": 2**64}, "metadata of 'a' must have at most 64 bits"),
        ({"a": "\udc00"}, "metadata of 'a' holds half of a character"),
        ({1: "a"}, "a key of metadata must be text, not 1"),
    ],
)
def test_metadata_that_could_be_changed_or_lost_is_refused(told: Any, said: str) -> None:
    with pytest.raises(ThoughtError, match=said):
        Metadata(told)


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"query": None}, "a query must be text, not None"),
        ({"mode": "tree"}, "mode must be None or one of"),
        ({"limit": -1}, "limit must be a whole number from 0, not -1"),
        ({"limit": True}, "limit must be a whole number"),
        ({"offset": 1.0}, "offset must be a whole number"),
    ],
)
def test_a_question_that_cannot_be_answered_is_refused(
    store: ThoughtStore, told: dict[str, Any], said: str
) -> None:
    with pytest.raises(QueryError, match=said):
        store.search(**told)


def test_a_page_beyond_the_end_is_empty(store: ThoughtStore) -> None:
    store.store(thought("1", "lock"))
    assert store.search("lock", limit=10**30) == (store.get("1"),)
    assert store.search("lock", offset=10**30) == ()


def test_what_is_not_there_is_named(store: ThoughtStore) -> None:
    with pytest.raises(UnknownThoughtError, match="no thought 'x'"):
        store.get("x")
    with pytest.raises(UnknownThoughtError, match="no branch 'y'"):
        store.branch("y")


def test_another_thought_of_the_same_id_is_refused_and_nothing_is_kept(store: ThoughtStore) -> None:
    store.store(thought("1", "lock"))
    store.store(thought("1", "lock"))  # again, as after a crash between storing and knowing it
    with pytest.raises(ThoughtError, match="another thought has the id '1'"):
        store.store_all([thought("2", "key", branch="left"), thought("1", "other")])
    assert (len(store), store.branches()) == (1, ())
    with pytest.raises(ThoughtError, match="another thought has the id '3'"):
        store.store_all([thought("3", "a"), thought("3", "b")])
    assert store.search("") == (store.get("1"),)


def test_a_closed_store_says_so(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "thoughts", capacity=CAPACITY)
    store.close()
    store.close()
    for call in (lambda: store.store(thought("1", "lock")), store.branches, lambda: store.get("1")):
        with pytest.raises(StorageError, match="is closed"), suppress(TypeError):
            call()
