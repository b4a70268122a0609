"""Seeded documents of made-up facts, and questions about them whose answers are known.

Owns which facts there are, how they are told, and how they are asked for. A fact says who did what to which
thing and where, and has a reference number. No two agree in person, deed and thing; many agree in two of the
three, so whoever finds the topic alone has not found the answer. Each question has one answer, a
sentence that stands once in all documents. The same for the same spec on every machine and every Python:
choices come from ``random.Random(int).random()`` alone. Standard library only, Python 3.8 or newer.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Dict, List, Mapping, NamedTuple, Sequence, Set, Tuple, TypeVar

OWN_WORDS = "own words"
PARAPHRASED = "paraphrased"
IDENTIFIER = "identifier"
KINDS = (OWN_WORDS, PARAPHRASED, IDENTIFIER)

One = TypeVar("One")

# A word of the documents, and another for the same that stands in none of them.
_WHO = (
    ("doctor", "physician"), ("lawyer", "attorney"), ("teacher", "instructor"), ("farmer", "grower"),
    ("sailor", "mariner"), ("thief", "burglar"), ("soldier", "infantryman"), ("merchant", "trader"),
    ("author", "novelist"), ("priest", "clergyman"), ("king", "monarch"), ("cook", "chef"),
    ("child", "youngster"), ("photographer", "cameraman"), ("policeman", "constable"), ("student", "pupil"),
    ("scientist", "researcher"), ("singer", "vocalist"), ("tailor", "dressmaker"), ("traveller", "wayfarer"),
)  # fmt: skip
_DID = (
    ("bought", "purchased"), ("repaired", "fixed"), ("hid", "concealed"), ("destroyed", "demolished"),
    ("found", "discovered"), ("built", "constructed"), ("stole", "robbed"), ("sold", "vended"),
    ("painted", "coloured"), ("cleaned", "washed"), ("burned", "incinerated"), ("carried", "transported"),
    ("described", "depicted"), ("borrowed", "loaned"), ("lost", "misplaced"), ("examined", "inspected"),
)  # fmt: skip
_WHAT = (
    ("boat", "vessel"), ("car", "automobile"), ("house", "dwelling"), ("stone", "rock"),
    ("picture", "portrait"), ("forest", "woodland"), ("letter", "correspondence"), ("money", "cash"),
    ("bicycle", "bike"), ("garment", "clothing"), ("plane", "aircraft"), ("sofa", "couch"),
    ("rifle", "firearm"), ("jewel", "gemstone"), ("carpet", "rug"), ("cup", "mug"),
    ("cellar", "basement"), ("medicine", "drug"), ("rope", "cord"), ("film", "movie"),
)  # fmt: skip
_WHERE = (
    "behind the mill", "near the harbour", "under the bridge", "beside the station", "in the old market",
    "at the northern gate", "on the hill", "in the valley", "outside the theatre", "by the river",
    "at the crossing", "in the museum",
)  # fmt: skip
# What stands around a fact and answers nothing; none has a word of a question's but the commonest.
_BESIDE = (
    "Nobody had expected that before winter.", "It was talked about for weeks.",
    "A small crowd came to look.", "The weather stayed dry for the rest of the day.",
    "Two neighbours remember it otherwise.", "The newspapers of the town said little.",
    "No reason was ever given.", "It took most of an afternoon.",
    "Afterwards everything went on as before.", "The account was written down much later.",
    "Those who saw it disagree about the hour.", "Some say that it rained.",
    "The council was told the next morning.", "Only one witness signed.",
    "Nothing like it has been seen since.", "The costs were shared.",
)  # fmt: skip
_ASKED = (
    "Where was it that the {who} {did} the {what}?",
    "Who knows where the {who} {did} the {what}?",
    "In which place, do you think, has the {who} {did} the {what}?",
)
_ASKED_BY_NUMBER = (
    "What does reference {number} say?",
    "What is kept under {number}?",
    "Which event has the number {number}?",
)
_LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
_FEWEST, _MOST = 1, 4  # sentences beside a fact


@dataclass(frozen=True)
class FactSpec:
    """What to make: ``documents`` with ``sections`` facts each, and ``questions``, a third of each kind. A
    wrong value raises ``ValueError`` that names the field."""

    documents: int = 100
    sections: int = 12
    questions: int = 300
    seed: int = 0

    def __post_init__(self) -> None:
        for field in ("documents", "sections"):
            if getattr(self, field) < 1:
                raise ValueError("{} must be at least 1, not {}".format(field, getattr(self, field)))
        for field in ("questions", "seed"):
            if getattr(self, field) < 0:
                raise ValueError("{} must not be negative, not {}".format(field, getattr(self, field)))
        most = len(_WHO) * len(_DID) * len(_WHAT) // 2  # so that drawing a new one seldom needs a third try
        if self.documents * self.sections > most:
            raise ValueError(
                "documents times sections must be {} at most, not {}".format(
                    most, self.documents * self.sections
                )
            )
        if self.questions > self.documents * self.sections:
            raise ValueError(
                "questions must be {} at most, one a fact, not {}".format(
                    self.documents * self.sections, self.questions
                )
            )


class Question(NamedTuple):
    """What is asked, how (one of ``KINDS``), and the sentence that answers it, in the document ``path``."""

    text: str
    kind: str
    path: str
    answer: str


class Facts(NamedTuple):
    """Markdown texts by path, and the questions about them, the kinds in turn."""

    documents: Mapping[str, str]
    questions: Tuple[Question, ...]


class _Fact(NamedTuple):
    """Indexes into the words, and what is unique to it."""

    who: int
    did: int
    what: int
    where: str
    number: str

    def sentence(self) -> str:
        """The fact as the documents tell it."""
        told = (_WHO[self.who][0], _DID[self.did][0], _WHAT[self.what][0], self.where)
        return "The {} {} the {} {}.".format(*told)

    def asked(self, kind: str, frames: Sequence[str]) -> str:
        """The question, in the documents' words (0) or in the others (1)."""
        of = int(kind == PARAPHRASED)
        words = (("who", _WHO[self.who]), ("did", _DID[self.did]), ("what", _WHAT[self.what]))
        frame = frames[self.who % len(frames)]
        return frame.format(number=self.number, **{name: pair[of] for name, pair in words})


def make_facts(spec: FactSpec) -> Facts:
    """Make the documents, each a title and its sections, and the questions."""
    dice = _Dice(spec.seed)
    facts = dice.facts(spec.documents * spec.sections)
    paths = ["facts-{:04}.md".format(number) for number in range(spec.documents)]
    documents: Dict[str, str] = {}
    for number, path in enumerate(paths):
        here = facts[number * spec.sections : (number + 1) * spec.sections]
        told = ["# Chronicle {}\n".format(number + 1)]
        told.extend(dice.section(fact) for fact in here)
        documents[path] = "\n".join(told)
    questions = []
    for number, at in enumerate(dice.some(len(facts), spec.questions)):
        kind, fact = KINDS[number % len(KINDS)], facts[at]
        text = fact.asked(kind, _ASKED_BY_NUMBER if kind == IDENTIFIER else _ASKED)
        answer = _reference(fact) if kind == IDENTIFIER else fact.sentence()
        questions.append(Question(text, kind, paths[at // spec.sections], answer))
    return Facts(documents, tuple(questions))


def _reference(fact: _Fact) -> str:
    return "Reference: {}.".format(fact.number)


class _Dice:
    """Draws from one generator, in one order."""

    def __init__(self, seed: int) -> None:
        self._uniform = random.Random(seed).random

    def facts(self, count: int) -> List[_Fact]:
        """No two with the same person, deed and thing, nor with the same number."""
        seen: Set[Tuple[int, int, int]] = set()
        numbers: Set[str] = set()
        found: List[_Fact] = []
        while len(found) < count:
            key = (self._below(len(_WHO)), self._below(len(_DID)), self._below(len(_WHAT)))
            where, number = self._pick(_WHERE), self._number()
            if key not in seen and number not in numbers:
                seen.add(key)
                numbers.add(number)
                found.append(_Fact(*key, where, number))
        return found

    def section(self, fact: _Fact) -> str:
        """A heading that names who and what, the fact among other sentences, and its reference."""
        beside = [self._pick(_BESIDE) for _ in range(_FEWEST + self._below(_MOST - _FEWEST + 1))]
        beside.insert(self._below(len(beside) + 1), fact.sentence())
        heading = "## The {} and the {}".format(_WHO[fact.who][0], _WHAT[fact.what][0])
        return "{}\n\n{} {}\n".format(heading, " ".join(beside), _reference(fact))

    def some(self, count: int, wanted: int) -> List[int]:
        """So many different numbers below ``count``, in any order (the first steps of Fisher and Yates)."""
        numbers = list(range(count))
        for at in range(wanted):
            other = at + self._below(count - at)
            numbers[at], numbers[other] = numbers[other], numbers[at]
        return numbers[:wanted]

    def _number(self) -> str:
        letters = "".join(self._pick(_LETTERS) for _ in range(2))
        return "{}{}-{:04}".format(letters, self._below(10), self._below(10_000))

    def _pick(self, among: Sequence[One]) -> One:
        return among[self._below(len(among))]

    def _below(self, end: int) -> int:
        return int(self._uniform() * end)
