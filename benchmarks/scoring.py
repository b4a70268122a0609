"""noesis.scoring: the score of a text, of a platform's counts and of both, batches, memory, import.

Texts come from the ruler; a commit without noesis.scoring is skipped.
"""

from asv_bench_groundspeed.workloads import corpus
from asv_bench_groundspeed.workloads.starts import beyond_start_s

SEED = 7
SIZES = (1_000, 5_000, 50_000)  # bytes


def scoring():
    try:
        from noesis import scoring as found
    except ImportError as error:
        raise NotImplementedError("this commit has no noesis.scoring") from error
    return found


def texts_of(count, size):
    """Different Markdown documents of ``size`` bytes each."""
    spec = corpus.CorpusSpec(size=count * size, seed=SEED, files=count)
    return [b"".join(corpus.document(spec, index)).decode() for index in range(count)]


def statistics_of(count):
    """Publications that differ; the thousandth has 10,000 views."""
    make = scoring().Statistics
    return [
        make(
            views=one * 10,
            likes=one // 2,
            comments=one // 9,
            shares=one // 7,
            watch_time_s=600.0 * one,
            age_days=one,
        )
        for one in range(1, count + 1)
    ]


class _Short:
    timeout = 120
    setup_once = True  # nothing that is timed uses its state up
    param_names = ("bytes",)


class Text(_Short):
    """One document, of which nothing is remembered from the time before."""

    params = SIZES
    size = "bytes"

    def setup(self, size):
        self.score_text = scoring().score_text
        (self.text,) = texts_of(1, size)

    def time_score(self, size):
        self.score_text(self.text)


class Platform(_Short):
    """What was counted of one publication."""

    def setup(self):
        self.score_platform = scoring().score_platform
        (self.statistics,) = statistics_of(1)

    def time_score(self):
        self.score_platform(self.statistics)


class Universal(_Short):
    """A document and what was counted of it."""

    params = SIZES
    size = "bytes"

    def setup(self, size):
        self.universal_content_score = scoring().universal_content_score
        (self.text,) = texts_of(1, size)
        (self.statistics,) = statistics_of(1)

    def time_score(self, size):
        self.universal_content_score(self.text, self.statistics)


class Texts(_Short):
    """A hundred documents of 5 KB: as arrays, and one after the other."""

    def setup(self):
        self.scoring = scoring()
        self.texts = texts_of(100, 5_000)

    def time_batch(self):
        self.scoring.score_texts(self.texts)

    def time_one_by_one(self):
        for text in self.texts:
            self.scoring.score_text(text)


class Platforms(_Short):
    """So many publications: as arrays, and one after the other."""

    params = (100, 1_000, 10_000)
    param_names = ("publications",)
    size = "publications"

    def setup(self, count):
        self.scoring = scoring()
        self.statistics = statistics_of(count)

    def time_batch(self, count):
        self.scoring.score_platforms(self.statistics)

    def time_one_by_one(self, count):
        for one in self.statistics:
            self.scoring.score_platform(one)


class Memory(_Short):
    """The peak of a process that scores 100 documents of 50 KB, one by one and as arrays."""

    def setup(self):
        self.scoring = scoring()
        self.texts = texts_of(100, SIZES[-1])

    def peakmem_session(self):
        for text in self.texts:
            self.scoring.score_text(text)
        self.scoring.score_texts(self.texts)


class Import(_Short):
    """What the import costs a fresh interpreter, beyond its own start: the best of seven of each."""

    def setup(self):
        scoring()

    def track_import(self):
        return beyond_start_s("import noesis.scoring")

    track_import.unit = "seconds"
