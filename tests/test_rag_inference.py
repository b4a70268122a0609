"""noesis.rag.inference: what needs neither a server nor a model: records, prompts, events, sentences."""

from __future__ import annotations

import math
import re
import subprocess
import sys
import threading
from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noesis.errors import ConfigError, EngineError, QueryError
from noesis.rag.inference import Finish, Generated, Limits, Prompt, engine, run
from noesis.rag.inference.events import LONGEST, events
from noesis.rag.inference.extractive import MOST, NOTHING, bm25, sentences
from noesis.rag.inference.rendering import SYSTEM, rendered
from noesis.rag.records import Passage

EXTRACTIVE = engine("extractive")


def passage(text: str, source: str = "a.md", title: str = "A") -> Passage:
    return Passage(source=source, title=title, text=text, start=0, end=len(text.encode()))


def prompt(question: str, *texts: str) -> Prompt:
    return Prompt(question=question, passages=tuple(map(passage, texts)))


def answer(question: str, *texts: str, tokens: int = 256) -> Generated:
    return run(EXTRACTIVE, prompt(question, *texts), limits=Limits(tokens=tokens))


# Records


@pytest.mark.parametrize(
    ("tokens", "first_s", "seconds", "rate"),
    [
        (0, 2.0, 2.0, 0.0),  # nothing came
        (1, 1.0, 2.0, 0.0),  # one token: no time lies between tokens
        (2, 1.0, 1.5, 2.0),  # one more in half a second
        (11, 0.5, 5.5, 2.0),  # ten more in five seconds
        (5, 1.0, 1.0, 0.0),  # all at once: there was no time to measure
    ],
)
def test_tokens_a_second(tokens: int, first_s: float, seconds: float, rate: float) -> None:
    got = Generated(text="", tokens=tokens, finish=Finish.stop, first_token_s=first_s, seconds=seconds)
    assert got.tokens_per_s == rate


@pytest.mark.parametrize(
    "wrong", [{"tokens": 0}, {"timeout_s": 0}, {"timeout_s": math.inf}, {"timeout_s": math.nan}]
)
def test_limits_that_bound_nothing(wrong: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        Limits(**wrong)  # type: ignore[arg-type]  # what somebody may hand over


def test_engines_by_name() -> None:
    with pytest.raises(ConfigError, match="no engine 'gpt'; choose extractive, llama, openai"):
        engine("gpt")
    with pytest.raises(ConfigError, match=r"settings of extractive do not fit \(got an unexpected .*'model'"):
        engine("extractive", model="m")
    assert engine("extractive").name == "extractive"


# Prompts


THREE = Prompt(
    question=" Why? ",
    passages=tuple(passage(text, f"{text}.md", f"{text}\nB") for text in ("one", "two", "three")),
)
PARTS = ["[1] one B (one.md)\none\n\n", "[2] two B (two.md)\ntwo\n\n", "[3] three B (three.md)\nthree\n\n"]


@pytest.mark.parametrize("kept", range(4))
def test_the_last_passages_are_left_out(kept: int) -> None:
    """Room for the words that are always there and so many parts, and one character short of another."""
    fixed = len(SYSTEM) + len("Passages:\n\n") + len("Question: Why?")
    room = fixed + sum(map(len, PARTS[:kept]))
    for spare in (0, len(PARTS[kept]) - 1 if kept < 3 else 99):
        got = rendered(THREE, room + spare)
        given = f"Passages:\n\n{''.join(PARTS[:kept])}" if kept else "Passages: none\n\n"
        assert (got.system, got.passages) == (SYSTEM, kept)
        assert got.user == f"{given}Question: Why?"
    if not kept:
        with pytest.raises(QueryError, match="too long for the engine by 1;"):
            rendered(THREE, room - 1)


def test_the_size_is_what_is_asked_for() -> None:
    """In words: those of SYSTEM, one of "Passages:", two of the question, then five of each passage."""
    fixed = len(SYSTEM.split()) + 3
    for room, kept in ((fixed, 0), (fixed + 9, 1), (fixed + 10, 2), (fixed + 99, 3)):
        assert rendered(THREE, room, lambda text: len(text.split())).passages == kept


def test_a_file_name_that_is_no_text() -> None:
    named = Prompt(question="Why?", passages=(passage("x", source="\udcff.md"),))
    assert "(?.md)" in rendered(named, 1000).user


@pytest.mark.parametrize("question", ["", " \n"])
def test_an_empty_question(question: str) -> None:
    with pytest.raises(QueryError, match="empty; ask something"):
        rendered(Prompt(question=question, passages=()), 1000)


# Events


def slowly(whole: bytes) -> list[str]:
    """The standard read word for word, on text that is all there."""
    text = whole.decode("utf-8", "replace").removeprefix("\ufeff")
    *lines, _ = re.split("\r\n|\r|\n", text)
    found: list[str] = []
    data: list[str] = []
    for line in lines:
        if not line:
            found += ["\n".join(data)] if data else []
            data = []
        elif line == "data" or line.startswith("data:"):
            data.append(line[5:].removeprefix(" "))
    return found


WORDS = st.sampled_from(
    ["data", ":", " ", "\n", "\r", "\r\n", "\n\n", "ü", "🐟", "{}", "event", "\ufeff", "data: x\n"]
)


@settings(deadline=None, derandomize=True, max_examples=200)
@given(words=st.lists(WORDS, max_size=40), cuts=st.lists(st.integers(0, 200), max_size=8))
def test_events_are_the_same_wherever_the_bytes_are_cut(words: list[str], cuts: list[int]) -> None:
    whole = "".join(words).encode()
    at = sorted({0, len(whole), *(min(cut, len(whole)) for cut in cuts)})
    chunks = [whole[start:end] for start, end in pairwise(at)]
    assert list(events(chunks)) == slowly(whole)


def test_an_endless_event_is_not_kept() -> None:
    read = 0

    def endless() -> Iterable[bytes]:
        nonlocal read
        while True:
            read += 1000
            yield b"x" * 1000

    with pytest.raises(EngineError, match="over 100,000 bytes"):
        list(events(endless()))
    assert read <= LONGEST + 1000


# Sentences


def test_the_best_sentences_with_the_numbers_of_their_passages() -> None:
    got = answer(
        "How many bridges has the Elbe?",
        "# The Elbe\n\nThe Elbe has two names. It flows to the sea.",
        "The city has a harbour.\nThe Elbe has 184\nbridges here! Ships pass them.",
    )
    assert got.text == "The Elbe has 184 bridges here! [2] The Elbe has two names. [1]"
    assert (got.tokens, got.finish) == (13, Finish.stop)


def test_no_passages() -> None:
    got = answer("Why?")
    assert (got.text, got.tokens, got.finish) == (NOTHING, 4, Finish.stop)


@pytest.mark.parametrize(
    "texts", [("",), ("# Only a heading",), ("```\ncode = 1\n```", "| a | b |\n|---|---|")]
)
def test_passages_without_a_sentence(texts: tuple[str, ...]) -> None:
    assert answer("code heading a?", *texts).text == NOTHING


def test_without_a_common_word_the_best_passage_begins() -> None:
    """Whoever found the passage, by its meaning, knew better than words do."""
    assert answer("Wie viele?", "The Elbe is long. It is old.", "Another.").text == "The Elbe is long. [1]"


def test_no_sentence_twice() -> None:
    text = "The Elbe is long. The  Elbe is LONG. The Elbe has fish."
    assert answer("the elbe", text, text).text == "The Elbe is long. [1] The Elbe has fish. [1]"


def test_a_sentence_that_does_not_fit_is_left_out() -> None:
    texts = ("The Elbe and the Elbe and the Elbe is a long river.", "The Elbe.")
    assert answer("Elbe", *texts, tokens=3).text == "The Elbe. [2]"
    got = answer("Elbe", *texts, tokens=2)
    assert (got.text, got.tokens, got.finish) == ("", 0, Finish.length)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('He said "No." Then he left.', ['He said "No."', "Then he left."]),  # the quotation mark stays
        ("- One thing.\n- Another thing\n2. A third", ["One thing.", "Another thing", "A third"]),
        ("> Quoted. Twice.", ["Quoted.", "Twice."]),
        ("Title\n\nBody goes\non here.", ["Title", "Body goes on here."]),
        ("# Head\nBody.\n## Next\nMore.", ["Body.", "More."]),
        ("Before.\n```py\nx = 1. + 2\n\ny\n```\nAfter.", ["Before.", "After."]),
        ("Before.\n~~~\nnever closed. So", ["Before."]),
        ("これは川です。長いです。", ["これは川です。", "長いです。"]),
        ("Since 3.14 it is\n2019. And so", ["Since 3.14 it is 2019.", "And so"]),
        ("... ! — \n\n***", []),  # no words
    ],
)
def test_what_a_sentence_is(text: str, expected: list[str]) -> None:
    assert [one.text for one in sentences(passage(text), 1)] == expected


def slow_bm25(question: list[str], documents: list[list[str]]) -> list[float]:
    """The formula as it is printed."""
    mean = sum(len(one) for one in documents) / len(documents)
    scores = []
    for document in documents:
        score = 0.0
        for term in set(question):
            n = sum(term in one for one in documents)
            idf = math.log(1 + (len(documents) - n + 0.5) / (n + 0.5))
            f = document.count(term)
            score += idf * f * 2.2 / (f + 1.2 * (0.25 + 0.75 * len(document) / (mean or 1)))
        scores.append(score)
    return scores


TERMS = st.lists(st.sampled_from("abcdef"), max_size=6)


@settings(deadline=None, derandomize=True, max_examples=100)
@given(question=TERMS, documents=st.lists(TERMS, min_size=1, max_size=5))
def test_scores_are_those_of_the_formula(question: list[str], documents: list[list[str]]) -> None:
    assert bm25(question, documents) == pytest.approx(slow_bm25(question, documents))


TEXTS = st.lists(
    st.sampled_from(
        [
            "The Elbe",
            "is",
            "long",
            "river",
            "what",
            ".",
            "!",
            "? ",
            "\n",
            "\n\n",
            "- ",
            "# ",
            '"',
            "ü 🐟",
            " ",
            "1) ",
        ]
    ),
    max_size=30,
).map("".join)


@settings(deadline=None, derandomize=True, max_examples=150)
@given(question=TEXTS, texts=st.lists(TEXTS, max_size=4), tokens=st.integers(1, 40))
def test_every_sentence_of_an_answer_stands_in_the_passage_of_its_number(
    question: str, texts: list[str], tokens: int
) -> None:
    heard: list[str] = []
    got = run(EXTRACTIVE, prompt(question, *texts), limits=Limits(tokens=tokens), report=heard.append)
    assert "".join(heard) == got.text
    assert got.tokens == len(got.text.split()) <= tokens
    if got.text in ("", NOTHING):
        return
    *cited, rest = re.split(r" \[(\d+)\](?: |$)", got.text)
    assert rest == ""
    pairs = list(zip(cited[::2], cited[1::2], strict=True))
    assert len(pairs) <= MOST
    for sentence, number in pairs:
        assert sentence in " ".join(texts[int(number) - 1].split())


def test_a_cancelled_answer_says_nothing() -> None:
    cancel = threading.Event()
    cancel.set()
    got = run(EXTRACTIVE, prompt("Elbe", "The Elbe."), cancel=cancel)
    assert (got.text, got.finish) == ("", Finish.cancelled)


def test_cancelled_between_two_words() -> None:
    cancel = threading.Event()
    got = run(EXTRACTIVE, prompt("Elbe", "The Elbe is long."), cancel=cancel, report=lambda _: cancel.set())
    assert (got.text, got.tokens, got.finish) == ("The", 1, Finish.cancelled)


def test_the_same_words_in_every_process_without_a_socket() -> None:
    """The order of sets differs between processes; a socket would end this one."""
    program = (
        "import sys; sys.addaudithook(lambda name, _: sys.exit(name) if name.startswith('socket.') else 0);"
        "from noesis.rag.records import Passage; from noesis.rag.inference import *;"
        "texts = ['A b c d. B a d c. C d a b.', 'D c b a. E a. E b. E c.'];"
        "made = tuple(Passage(source='s', title='t', text=t, start=0, end=9) for t in texts);"
        "print(run(engine('extractive'), Prompt(question='a b c d e', passages=made)).text)"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", program], env={"PYTHONHASHSEED": seed}, check=True, capture_output=True
        ).stdout
        for seed in ("1", "2")
    }
    assert said == {b"A b c d. [1] B a d c. [1] C d a b. [1]\n"}
