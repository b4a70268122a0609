"""Texts with known answers, made of word lists: what the shipped models learn from and are held against.

Owns the mixture. The same texts for the same seed on every machine. They are no language that anybody
writes: a figure measured on them says how a model does on such mixtures, and no more.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from random import Random

from noesis.classification import sentences
from noesis.classification import vocabulary as words

SHORTEST, LONGEST = 4, 250  # words of a text; lengths are even on a logarithmic scale
EMPTY = 0.15  # of the texts about none of the topics: no word, or none that is known, looks the same
MANNERS = 3  # kinds of sentences that one text has, of either side: no writer has them all
STEEPNESS = 8.0  # how sharply a text becomes a story with its share of narrative sentences

_FIELD = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Categorised:
    """A text, and the label that it was made for."""

    text: str
    label: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """A text, and whether it was made as a story."""

    text: str
    is_story: bool


def made_categories(count: int, seed: int) -> list[Categorised]:
    """So many texts, each label as probable as the others.

    In a text a share of 5 to 50 % of the words is of its topic, and up to a third as many are of one other
    topic; the rest are words that every text has. Short texts may hold none of their topic.
    """
    # seeded to be the same everywhere, not to be secret
    random = Random(seed)  # noqa: S311
    labels = [*words.TOPICS, words.OTHER]
    return [_categorised(random, random.choice(labels)) for _ in range(count)]


def _categorised(random: Random, label: str) -> Categorised:
    if label == words.OTHER and random.random() < EMPTY:
        return Categorised(text="", label=label)
    length = round(math.exp(random.uniform(math.log(SHORTEST), math.log(LONGEST))))
    own = 0.0 if label == words.OTHER else random.uniform(0.05, 0.5)
    stray = random.uniform(0.0, 0.05 if label == words.OTHER else own / 3)
    other = random.choice([topic for topic in words.TOPICS if topic != label])
    drawn = [
        _word(random, words.TOPICS.get(label, []), words.TOPICS[other], own, stray) for _ in range(length)
    ]
    return Categorised(text=" ".join(drawn), label=label)


def _word(random: Random, topic: list[str], other: list[str], own: float, stray: float) -> str:
    at = random.random()
    if at >= own + stray:
        return random.choice(words.COMMON)
    word = random.choice(topic if at < own else other)
    return word + random.choice(("", "", "s"))  # one of three in the plural, roughly


def made_stories(count: int, seed: int) -> list[Told]:
    """So many texts of 3 to 20 sentences, narrative and expository ones in every mixture.

    A text with a share s of narrative sentences is a story with probability 1 / (1 + exp(-8 (s - 1/2))):
    what lies between is told apart by nobody, and a model is to say so.
    """
    random = Random(seed)  # noqa: S311 (as above)
    return [_told(random) for _ in range(count)]


def _told(random: Random) -> Told:
    share = random.random()
    is_story = random.random() < 1 / (1 + math.exp(-STEEPNESS * (share - 0.5)))
    narrative, expository = (
        random.sample(found, MANNERS) for found in (sentences.NARRATIVE, sentences.EXPOSITORY)
    )
    length = random.randint(3, 20)
    templates = [random.choice(narrative if random.random() < share else expository) for _ in range(length)]
    return Told(text=" ".join(_filled(random, one) for one in templates), is_story=is_story)


def _filled(random: Random, template: str) -> str:
    return _FIELD.sub(lambda found: random.choice(sentences.FIELDS[found[1]]), template)
