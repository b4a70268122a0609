"""noesis.thoughts: search, indexing, copies, branches, whole steps, both stores, contention, import.

Beside what is optimised stands its naive version, which copies deeply, cuts words character by character and
gathers all it found in a mapping before it takes a page of it: the yardstick that targets name. ``time_get``,
``time_index`` and ``alloc_search`` time the very same as their neighbours, whatever noesis does at a commit:
[plan.tier1] compares them between commits. A commit without noesis.thoughts is skipped.
"""

import copy
import itertools
import subprocess
import sys
import threading
import time
from pathlib import Path

SENTENCE = "This is a sample thought with multiple words for tokenization testing purposes"
WORDS = "lock queue cache index thread latency percentile commit branch sample evidence plan".split()
QUERIES = ("problem", "solution", "analysis", "decision")
LIMITS = {100: 10, 1_000: 100}  # thoughts: how many of them are asked for
STORES = ("memory", "file")


def thoughts():
    try:
        from noesis import thoughts as found
    except ImportError as error:
        raise NotImplementedError("this commit has no noesis.thoughts") from error
    return found


def numbered(count):
    """``thought 0``, ``thought 1``, …"""
    made = thoughts()
    return [
        made.Thought(id=str(one), content=f"thought {one}", mode=made.Mode.LINEAR) for one in range(count)
    ]


def sentences(count, start=0):
    """A dozen words each, one of the four that are asked for and one of their own among them."""
    made = thoughts()
    modes = tuple(made.Mode)
    return [
        made.Thought(
            id=f"s{one}",
            content=f"{QUERIES[one % 4]} {one} "
            + " ".join(WORDS[(one * step) % 12] for step in range(1, 11)),
            mode=modes[one % len(modes)],
            branch=f"branch {one % 20}",
            key_points=("what is to be kept",),
            metadata=made.Metadata({"number": one, "source": "benchmark"}),
        )
        for one in range(start, start + count)
    ]


def opened(kind, name="thoughts"):
    found = thoughts()
    return found.MemoryStore() if kind == "memory" else found.SqliteStore(Path(name))


# --- the yardsticks ------------------------------------------------------------------------------


class _Plain:
    """A thought that anybody may change."""

    def __init__(self, thought):
        self.id, self.content, self.mode = thought.id, thought.content, thought.mode.value
        self.branch, self.confidence = thought.branch, thought.confidence
        self.key_points, self.metadata = list(thought.key_points), dict(thought.metadata)


def naive_words(text):
    """Every word, character by character."""
    words, word = [], ""
    for character in text.lower():
        if character.isalnum():
            word += character
        elif word:
            words.append(word)
            word = ""
    return {*words, word} - {""}


class _Naive:
    """A store that shares nothing by copying everything."""

    def __init__(self):
        self.kept, self.words, self.branches = {}, {}, {}
        self.lock = threading.Lock()

    def store(self, thought):
        with self.lock:
            own = self.kept[thought.id] = copy.deepcopy(thought)
            self.branches.setdefault(own.branch, []).append(own)
            self.index(len(self.kept), own)

    def index(self, number, thought):
        for word in naive_words(thought.content):
            self.words.setdefault(word, {})[thought.id] = number

    def get(self, key):
        with self.lock:
            return copy.deepcopy(self.kept[key])

    def search(self, query, mode, limit, offset=0):
        with self.lock:
            found = {}
            for word in naive_words(query):
                for key, number in self.words.get(word, {}).items():
                    if self.kept[key].mode == mode:
                        found[key] = (number, copy.deepcopy(self.kept[key]))
            newest = sorted(found.values(), key=lambda one: -one[0])
            return [thought for _, thought in newest[offset : offset + limit]]

    def priority(self, name):
        of = self.branches[name]
        points = sum(len(one.key_points) for one in of)
        return sum(one.confidence for one in of) / len(of) + 0.1 * min(points, 10)


def naive_of(some):
    store = _Naive()
    for one in some:
        store.store(_Plain(one))
    return store


class _Short:
    timeout = 120
    setup_once = True  # nothing that is timed uses its state up; asv itself sets up before every sample


# --- the paths that are optimised, and the naive ones --------------------------------------------


class Search(_Short):
    """One word that all thoughts hold, in one mode: ten of 100 thoughts, a hundred of 1,000."""

    params = tuple(LIMITS)
    param_names = ("thoughts",)

    def setup(self, count):
        some = numbered(count)
        self.mode, self.limit = thoughts().Mode.LINEAR, LIMITS[count]
        self.store = opened("memory")
        self.store.store_all(some)
        self.naive = naive_of(some)
        found = [one.id for one in self.search()]
        if found != [one.id for one in self.search_naively()] or len(found) != self.limit:
            raise RuntimeError("the yardstick answers something else")

    def search(self):
        return self.store.search("thought", self.mode, self.limit)

    def search_naively(self):
        return self.naive.search("thought", "linear", self.limit)

    def time_optimised(self, count):
        self.search()

    def time_naive(self, count):
        self.search_naively()

    def alloc_optimised(self, count):
        return self.search()

    def alloc_naive(self, count):
        return self.search_naively()

    def alloc_search(self, count):
        return self.search()


class Indexing(_Short):
    """A hundred thoughts of a sentence each into an index that was empty."""

    def setup(self):
        found = thoughts()
        from noesis.thoughts.index import Index
        from noesis.thoughts.terms import index_terms

        self.make, self.terms = Index, index_terms
        self.some = [
            found.Thought(id=str(one), content=SENTENCE, mode=found.Mode.LINEAR) for one in range(100)
        ]

    def time_optimised(self):
        index = self.make(1_000_000)
        for number, one in enumerate(self.some):
            index.add(number, self.terms(one))

    def time_naive(self):
        naive = _Naive()
        for number, one in enumerate(self.some):
            naive.index(number, one)

    def time_index(self):
        self.time_optimised()


class Store(_Short):
    """A hundred thoughts of a sentence each into a store in memory: checked, indexed, kept."""

    def setup(self):
        self.found = thoughts()
        mode = self.found.Mode.LINEAR
        self.some = [self.found.Thought(id=str(one), content=SENTENCE, mode=mode) for one in range(100)]
        self.plain = [_Plain(one) for one in self.some]

    def time_optimised(self):
        store = self.found.MemoryStore()
        for one in self.some:
            store.store(one)

    def time_naive(self):
        store = _Naive()
        for one in self.plain:
            store.store(one)


class Copy(_Short):
    """A thought out of a store, which nobody can change through what he was given."""

    def setup(self):
        found = thoughts()
        self.one = found.Thought(
            id="1",
            content="Test",
            mode=found.Mode.LINEAR,
            key_points=("point1", "point2"),
            metadata=found.Metadata({"key1": "value1", "key2": 42}),
        )
        self.store = opened("memory")
        self.store.store(self.one)
        self.naive = naive_of([self.one])

    def time_optimised(self):
        self.store.get("1")

    def time_naive(self):
        self.naive.get("1")

    def time_get(self):
        self.store.get("1")


class MapCopy(_Short):
    """Ten names and values: a dictionary of the caller's own, out of metadata and by a deep copy."""

    def setup(self):
        self.told = {f"key{one}": one for one in range(10)}
        self.make = thoughts().Metadata
        self.metadata = self.make(self.told)

    def time_optimised(self):
        self.metadata.copy()

    def time_naive(self):
        copy.deepcopy(self.told)

    def time_taken_in(self):
        self.make(self.told)


class BranchPriority(_Short):
    """Of a branch of so many thoughts: from what it came to, and from all of its thoughts."""

    params = (10, 1_000)
    param_names = ("thoughts",)

    def setup(self, count):
        found = thoughts()
        some = [
            found.Thought(id=str(one), content="x", mode=found.Mode.TREE, branch="b", key_points=("a", "b"))
            for one in range(count)
        ]
        self.store = opened("memory")
        self.store.store_all(some)
        self.naive = naive_of(some)

    def time_optimised(self, count):
        _ = self.store.branch("b").priority

    def time_naive(self, count):
        self.naive.priority("b")


class Lookup(_Short):
    """The index of 10,000 thoughts, asked for the twenty newest numbers; no thought has all three terms."""

    params = ("nothing", "one", "often", "three")
    param_names = ("terms",)

    def setup(self, terms):
        thoughts()
        from noesis.thoughts.index import Index
        from noesis.thoughts.terms import index_terms, terms_of

        self.index = Index(1_000_000)
        for number, one in enumerate(sentences(10_000)):
            self.index.add(number, index_terms(one))
        asked = {"nothing": "elsewhere", "one": "4711", "often": "problem", "three": "problem lock cache"}
        self.terms = terms_of(asked[terms])

    def time_newest(self, terms):
        self.index.newest(self.terms, 20)


# --- from end to end -----------------------------------------------------------------------------


class _InStores(_Short):
    params = STORES
    param_names = ("store",)

    def teardown(self, kind):
        if kind == "file":
            self.store.close()


class EndToEnd(_InStores):
    """A whole step with a belief, and a search, in a store of a thousand thoughts."""

    def setup(self, kind):
        self.found = thoughts()
        from noesis.beliefs import create_belief

        self.store = opened(kind)
        self.store.store_all(sentences(1_000))
        bearing = self.found.Bearing(
            belief=create_belief("it is the lock"), p_e_given_h=0.8, p_e_given_not_h=0.2
        )
        self.told = {"store": self.store, "branch": "branch 1", "bearings": (bearing,)}
        self.store.search("problem")

    def time_think(self, kind):
        self.found.think(SENTENCE, self.found.Mode.TREE, **self.told)

    def time_search(self, kind):
        self.store.search("problem lock", self.found.Mode.TREE)


class HeavySearch(_InStores):
    """Four questions to 10,000 thoughts, twenty answers each."""

    def setup(self, kind):
        self.store = opened(kind)
        self.store.store_all(sentences(10_000))
        for query in QUERIES:
            if len(self.store.search(query, limit=20)) != 20:
                raise RuntimeError(f"too few answers to {query}")

    def time_four_queries(self, kind):
        for query in QUERIES:
            self.store.search(query, None, 20)


class Reasoning(_InStores):
    """Ten steps, each of which is evidence for one belief."""

    def setup(self, kind):
        self.found = thoughts()
        from noesis.beliefs import create_belief

        self.first = create_belief("Hypothesis")
        self.store = opened(kind)

    def time_ten_steps(self, kind):
        belief = self.first
        for step in range(10):
            bearing = self.found.Bearing(
                belief=belief, p_e_given_h=0.6 + step / 40, p_e_given_not_h=0.4 - step / 40
            )
            (belief,) = self.found.think(
                SENTENCE, self.found.Mode.LINEAR, store=self.store, bearings=(bearing,)
            ).beliefs


class Pressure(_Short):
    """A thousand thoughts into an index that has reached its capacity, and into one that has not."""

    params = ("reached", "free")
    param_names = ("capacity",)

    def setup(self, capacity):
        thoughts()
        from noesis.thoughts.index import Index
        from noesis.thoughts.terms import index_terms

        self.make = Index
        self.before = [index_terms(one) for one in sentences(10_000)]
        self.more = [index_terms(one) for one in sentences(1_000, start=10_000)]
        self.index = Index(100_000 if capacity == "reached" else 1_000_000_000)
        self.numbers = itertools.count()
        self.add(self.before)

    def add(self, some):
        for terms in some:
            self.index.add(next(self.numbers), terms)

    def time_thousand_more(self, capacity):
        self.add(self.more)

    def alloc_from_empty(self, capacity):
        self.index = self.make(self.index.capacity)
        self.add(self.before)
        self.add(self.more)
        return self.index.size


class BeyondCapacity(_Short):
    """A search for what has left the index: 10,000 thoughts, of which it holds the newest few hundred."""

    def setup(self):
        self.store = thoughts().MemoryStore(capacity=10_000)
        self.store.store_all(sentences(10_000))
        if [one.id for one in self.store.search("17")] != ["s17"]:
            raise RuntimeError("what left the index is not found")

    def time_search_of_the_index(self):
        self.store.search("problem")

    def time_search_beyond(self):
        self.store.search("17")


# --- several threads -----------------------------------------------------------------------------


class _Mixed(_Short):
    """Of ten calls nine search and one stores."""

    workers = (1, 2, 4, 8)

    def fill(self, store):
        self.mode = thoughts().Mode.LINEAR
        self.make = thoughts().Thought
        self.store = store
        store.store_all(sentences(1_000))
        store.search("problem")
        self.turns = itertools.count()

    def turn(self):
        number = next(self.turns)
        if number % 10:
            self.store.search(QUERIES[number % 4], None, 20)
        else:
            self.store.store(self.make(id=f"t{number}", content=SENTENCE, mode=self.mode))


class ContentionMemory(_Mixed):
    def setup(self):
        self.fill(opened("memory"))

    def throughput_mixed(self):
        self.turn()


class ContentionFile(_Mixed):
    """As the store is, and with one lock around every call, as who does not trust its own would do it."""

    params = ("none", "outer")
    param_names = ("lock",)

    def setup(self, lock):
        self.fill(thoughts().SqliteStore("thoughts", survives_power_cut=False))
        self.lock = threading.Lock() if lock == "outer" else None

    def teardown(self, lock):
        self.store.close()

    def throughput_mixed(self, lock):
        if self.lock is None:
            self.turn()
        else:
            with self.lock:
                self.turn()

    def time_search(self, lock):
        if self.lock is None:
            self.store.search("problem", None, 20)
        else:
            with self.lock:
                self.store.search("problem", None, 20)


class FileStore(_Short):
    """Thoughts into a file, one by one and a hundred at once, that survive a power cut or the process."""

    params = ("power cut", "process")
    param_names = ("survives",)

    def setup(self, survives):
        self.found = thoughts()
        self.store = self.found.SqliteStore("thoughts", survives_power_cut=survives == "power cut")
        self.numbers = itertools.count()

    def teardown(self, survives):
        self.store.close()

    def next(self):
        return self.found.Thought(id=str(next(self.numbers)), content=SENTENCE, mode=self.found.Mode.LINEAR)

    def time_one(self, survives):
        self.store.store(self.next())

    def time_hundred_at_once(self, survives):
        self.store.store_all([self.next() for _ in range(100)])


class Import(_Short):
    """What the import costs a fresh interpreter, beyond its own start: the best of seven of each."""

    def setup(self):
        thoughts()

    def track_import(self):
        pairs = [(self.start_s("import noesis.thoughts"), self.start_s("pass")) for _ in range(7)]
        return max(min(started for started, _ in pairs) - min(bare for _, bare in pairs), 0.0)

    def start_s(self, code):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        return time.perf_counter() - start

    track_import.unit = "seconds"
