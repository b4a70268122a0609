"""noesis.classification: categories and stories one by one, batches, memory, import.

Texts come from the ruler; a commit without noesis.classification is skipped.
"""

import itertools

from asv_bench_groundspeed.workloads import corpus
from asv_bench_groundspeed.workloads.starts import beyond_start_s

SEED = 7
ITEM = 350  # characters of an item of a batch: a title and a description


def classification():
    try:
        from noesis import classification as found
    except ImportError as error:
        raise NotImplementedError("this commit has no noesis.classification") from error
    return found


def text_of(size):
    """A Markdown document of so many bytes."""
    spec = corpus.CorpusSpec(size=size, seed=SEED)
    return b"".join(corpus.document(spec, 0)).decode()


def items_of(count):
    """So many different texts, cut from one."""
    text = text_of(count * ITEM * 2)  # a character has one byte or two
    return [text[at * ITEM : (at + 1) * ITEM] for at in range(count)]


class _Short:
    timeout = 120
    setup_once = True  # nothing that is timed uses its state up


class One(_Short):
    """One text of so many bytes; of a longer one the first 100,000 characters are read."""

    params = (1_000, 10_000, 100_000)
    param_names = ("bytes",)
    size = "bytes"
    workers = 1

    def setup(self, size):
        self.classification = classification()
        self.text = text_of(size)

    def latency_category(self, size):
        self.classification.classify_category(self.text)

    def latency_story(self, size):
        self.classification.detect_story(self.text)


class Batch(_Short):
    """Items of 350 characters, so many at a time."""

    params = (1, 10, 100, 1_000)
    param_names = ("texts",)
    workers = (1,)  # Python's lock is held nearly all the time: a second thread gains nothing

    def setup(self, count):
        self.classification = classification()
        items = items_of(10_000)
        self.batches = itertools.cycle([items[at : at + count] for at in range(0, len(items), count)])

    def throughput_batch(self, count):
        self.classification.classify_batch(next(self.batches))
        return count


class OneByOne(_Short):
    """The same items, each asked for alone."""

    workers = (1,)

    def setup(self):
        self.classification = classification()
        self.items = itertools.cycle(items_of(10_000))

    def throughput_category(self):
        self.classification.classify_category(next(self.items))

    def throughput_story(self):
        self.classification.detect_story(next(self.items))


class Memory(_Short):
    """The peak of a process that classifies 10,000 items, one text that is huge, and looks for stories."""

    def setup(self):
        self.classification = classification()
        self.items = items_of(10_000)
        self.text = text_of(1_000_000)

    def peakmem_session(self):
        self.classification.classify_batch(self.items)
        self.classification.classify_category(self.text)
        for text in (*self.items[:1_000], self.text):
            self.classification.detect_story(text)


class Import(_Short):
    """What a fresh interpreter takes beyond its own start, the best of seven each: for the import, and until
    it has read the models and given its first answers."""

    def setup(self):
        classification()

    def track_import(self):
        return beyond_start_s("import noesis.classification")

    def track_first_answers(self):
        return beyond_start_s(
            "from noesis import classification as c; c.classify_category('a text'); c.detect_story('a text')"
        )

    track_import.unit = "seconds"
    track_first_answers.unit = "seconds"
