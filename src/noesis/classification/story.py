"""Whether a text tells a story, by what can be shown: who acts, in which tense, who speaks.

Owns the features, which are of English, and the model over them; a text in another language shows few of
them, and is said to be none. No numpy: nine numbers are added.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from noesis.classification.hashing import head_of
from noesis.classification.records import Feature, Story

FORMAT = {"format": "noesis-story", "version": 1}
SHIPPED = Path(__file__).with_name("story.json")

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
# Longer is a mark that was not closed.
_QUOTED = re.compile(r"“[^“”]{1,500}”|\"[^\"]{1,500}\"|«[^«»]{1,500}»")
_NAME = re.compile(r"(?<=[\w,;] )[^\W\d_a-z][a-z]+")  # a capital in the middle of a sentence

# Past tense without -ed: the verbs that stories use most.
_IRREGULAR = frozenset(
    "ate awoke became began bent bit blew bought broke brought built came caught chose crept cried "
    "cut did drank drew drove fed fell felt flew fled forgot fought found froze gave got grew had "
    "heard held hid kept knelt knew laid lay leapt led left lit lost made meant met paid ran rang "
    "rode rose said sang sank sat saw sent shone shook shot slept slid spoke sprang stole stood "
    "struck swam swept swore threw told took tore thought understood was went were woke wore wept "
    "won wrote".split()
)
_LISTS = {
    "persons": "he her hers herself him himself his i me mine my myself our ours she their them they us we",
    "sequence": (
        "after afterwards ago before eventually finally last later meanwhile once since soon "
        "suddenly then until when while"
    ),
    "speech": (
        "answered asked begged called cried exclaimed muttered replied said screamed shouted sighed "
        "told whispered"
    ),
    "scene": (
        "cellar dark dawn day door evening forest garden home house kitchen midnight morning "
        "mountain night path river road room sea shore sky street village window winter wood woods"
    ),
    "explaining": (
        "according are because can contains example figure hence however includes is may must "
        "percent requires section shall should table therefore these thus use used using you your"
    ),
}
_SETS = {name: frozenset(written.split()) for name, written in _LISTS.items()}

FEATURES = ("past_tense", "names", "dialogue", *_SETS)


@dataclass(frozen=True, kw_only=True, slots=True)
class StoryModel:
    """Log odds: ``base`` of a text without any feature, and ``weights`` for a share of 1 of each."""

    base: float
    weights: Mapping[str, float]


def shares_of(text: str) -> tuple[int, dict[str, float]]:
    """How many words of ``text`` were looked at, and the share of each feature: of its words, and for
    ``dialogue`` of its characters that stand in quotation marks. All are 0 without a word.

    Raises ``TextError``.
    """
    head = head_of(text)
    found = [word.lower() for word in _WORD.findall(head)]
    count = max(len(found), 1)
    shares = {
        "past_tense": sum(map(_is_past, found)) / count,
        "names": len(_NAME.findall(head)) / count,
        "dialogue": sum(map(len, _QUOTED.findall(head))) / max(len(head), 1) if found else 0.0,
    }
    for name, members in _SETS.items():
        shares[name] = sum(map(members.__contains__, found)) / count
    return len(found), shares


def _is_past(word: str) -> bool:
    return word in _IRREGULAR or (len(word) > 4 and word.endswith("ed"))


def detect(text: str, model: StoryModel) -> Story:
    """The story of a model: the logistic function of what its features add up to. Raises ``TextError``."""
    words, shares = shares_of(text)
    features = tuple(
        Feature(name=name, value=value, log_odds=value * model.weights[name])
        for name, value in shares.items()
    )
    log_odds = model.base + sum(feature.log_odds for feature in features)
    return Story(
        probability=1 / (1 + math.exp(-log_odds)), features=features, base_log_odds=model.base, words=words
    )


@cache
def shipped_story_model() -> StoryModel:
    """What tools/train-categories made; read once."""
    return story_model_of(SHIPPED.read_text(encoding="utf-8"))


def story_model_text(model: StoryModel) -> str:
    """As it is kept: JSON."""
    return json.dumps({**FORMAT, "base": model.base, "weights": dict(model.weights)}, indent=1) + "\n"


def story_model_of(written: str) -> StoryModel:
    """What ``story_model_text`` wrote; the package's own file, and nobody else's."""
    found = json.loads(written)
    return StoryModel(base=found["base"], weights={name: found["weights"][name] for name in FEATURES})
