"""What is news: a table of states, the same regression under another id, and that a night tells once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundspeed.errors import StorageError
from groundspeed.nightly.notifying.issues import body
from groundspeed.nightly.notifying.news import (
    Change,
    Present,
    Regression,
    Told,
    ToldRegression,
    change_of,
    news_of,
    told_of,
)
from groundspeed.nightly.notifying.secrets import NotifyError
from groundspeed.nightly.notifying.told import NAME, read_told, write_told
from groundspeed.nightly.notifying.wording import (
    CHAT,
    LISTED,
    SERIES,
    chat,
    code,
    markdown,
    summary,
    text,
    wire,
)
from groundspeed.verdicts.groups import OPEN, State
from tests.notified import ORDER, present, regression

S, C, N, A, R = State.SUSPECTED, State.CONFIRMED, State.NOT_CONFIRMED, State.ACKNOWLEDGED, State.RECOVERED


@pytest.mark.parametrize(
    ("before", "now", "told"),
    [
        # Never told: what is open is news, what is closed never was.
        (None, S, Change.NEW),
        (None, C, Change.CONFIRMED),
        (None, N, None),
        (None, A, None),
        (None, R, None),
        # Told as a suspicion: every answer to it is news.
        (S, C, Change.CONFIRMED),
        (S, N, Change.WITHDRAWN),
        (S, A, Change.ACKNOWLEDGED),
        (S, R, Change.RECOVERED),
        # Told as confirmed: taken back (triage reopen) it is open still.
        (C, S, None),
        (C, N, Change.WITHDRAWN),
        (C, A, Change.ACKNOWLEDGED),
        (C, R, Change.RECOVERED),
        # Told as closed: open again is news; closed otherwise is not, but that what may stay went after all.
        (R, S, Change.NEW),
        (R, C, Change.CONFIRMED),
        (A, S, Change.NEW),
        (A, R, Change.RECOVERED),
        (N, C, Change.CONFIRMED),
        (N, R, None),
        (R, A, None),
    ],
)
def test_what_is_told_of_a_regression(before: State | None, now: State, told: Change | None) -> None:
    assert change_of(before, now) is told


def changes(before: Told, now: Present) -> list[tuple[Change, str]]:
    return [(one.change, one.regression.id) for one in news_of(before, now).events]


def test_confirmed_comes_first_and_within_a_change_the_rank_of_the_history() -> None:
    now = present(
        regression(S, name="a"),
        regression(C, name="b", base=5, head=7),
        regression(S, name="c", base=8, head=9),
    )
    assert changes(Told(), now) == [(Change.CONFIRMED, "b"), (Change.NEW, "a"), (Change.NEW, "c")]


def test_new_data_may_give_a_suspicion_another_id_and_it_is_told_once_all_the_same() -> None:
    told = told_of(Told(), present(regression(S, name="old", base=3, head=7)))
    narrowed = regression(S, name="new", base=4, head=5)
    assert changes(told, present(narrowed)) == []
    assert [one.id for one in told_of(told, present(narrowed)).regressions] == ["new"]
    elsewhere = regression(S, name="new", base=8, head=9)  # no commit in common
    assert changes(told, present(elsewhere)) == [(Change.NEW, "new"), (Change.GONE, "old")]
    other = regression(S, name="new", base=4, head=5, cases=("n.time_other",))  # no case in common
    assert changes(told, present(other)) == [(Change.NEW, "new"), (Change.GONE, "old")]


def test_where_one_fell_in_two_the_second_is_new() -> None:
    told = told_of(Told(), present(regression(S, name="old", base=3, head=7)))
    both = present(regression(S, name="a", base=3, head=4), regression(S, name="b", base=5, head=7))
    assert changes(told, both) == [(Change.NEW, "b")]


def test_what_is_not_found_any_more_is_told_once_as_gone_and_never_as_well() -> None:
    told = told_of(Told(), present(regression(S, name="x"), regression(R, name="never told", base=5, head=6)))
    (event,) = news_of(told, present()).events
    assert (event.change, event.regression.id, event.regression.cases[0].case) == (
        Change.GONE,
        "x",
        "m.time_walk(1)",
    )
    assert news_of(told_of(told, present()), present()).is_empty


def test_targets_and_troubles_are_told_when_they_come_and_when_they_go() -> None:
    bad = present(missed="m.time_walk", trouble="box is silent")
    news = news_of(Told(), bad)
    assert [one.key for one in news.missed] == ["box: m.time_walk < 80 ms"]
    assert [one.sentence for one in news.troubles] == ["box is silent since Monday."]
    told = told_of(Told(), bad)
    assert news_of(told, bad).is_empty
    well = news_of(told, present())
    assert (well.kept, well.healed) == (("box: m.time_walk < 80 ms",), ("box is silent",))


STATES = st.sampled_from(tuple(State))
CASES = st.sampled_from(["m.a", "m.b", "m.'c\"\u2028'"])


@st.composite
def presents(draw: st.DrawFn) -> Present:
    ids = draw(st.lists(st.sampled_from("abcdef"), unique=True, max_size=4))
    found: list[Regression] = []
    for name in ids:
        base = draw(st.integers(0, 13))
        head = draw(st.integers(base + 1, 15))
        cases = tuple(
            draw(st.lists(st.sampled_from(("m.a", "m.b", "m.'c\"\u2028'")), min_size=1, max_size=3))
        )
        found.append(regression(draw(STATES), name=name, base=base, head=head, cases=cases))
    return present(
        *found, missed=draw(st.sampled_from(("", "m.a"))), trouble=draw(st.sampled_from(("", "t")))
    )


NIGHTS = settings(deadline=None, derandomize=True, max_examples=50)


@NIGHTS
@given(nights=st.lists(presents(), min_size=1, max_size=4))
def test_a_night_tells_once_and_nothing_open_is_kept_quiet(nights: list[Present]) -> None:
    told, heard = Told(), set[str]()
    for now in nights:
        news = news_of(told, now)
        heard |= {one.regression.id for one in news.events}
        before, told = told, told_of(told, now)
        assert news_of(told, now).is_empty
        same = {one.id for one in told.regressions}
        assert {one.id for one in now.regressions if one.state in OPEN} <= same
        assert {one.regression.id for one in news.events if one.change is Change.GONE} <= {
            one.id for one in before.regressions
        }
    assert heard >= {one.id for one in nights[0].regressions if one.state in OPEN}


@NIGHTS
@given(now=presents(), later=presents())
def test_the_memory_survives_its_file(
    now: Present, later: Present, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / NAME
    told = {"mail": told_of(told_of(Told(), now), later), "webhook": Told()}
    write_told(path, told)
    assert read_told(path) == told


@pytest.mark.parametrize("content", ["<<<<< HEAD\n", "version = 7\n", 'version = 1\nchannel = "x"\n', "\xff"])
def test_a_broken_memory_is_told_and_left_alone(content: str, tmp_path: Path) -> None:
    path = tmp_path / NAME
    path.write_bytes(content.encode("latin-1"))
    with pytest.raises(NotifyError, match=r"told.toml cannot be read.*everything open is told again"):
        read_told(path)
    assert path.read_bytes() == content.encode("latin-1")


def test_no_memory_is_an_empty_one_and_a_disk_that_refuses_says_so(tmp_path: Path) -> None:
    assert read_told(tmp_path / NAME) == {}
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError):
        write_told(tmp_path / "file" / NAME, {})


# --- the words ----------------------------------------------------------------------------------------

HOSTILE = "@all `x` [y](http://z) <b> | & fixes #1"
EVERYTHING = present(
    regression(C, name="aa11bb22", cases=("m.time_walk(1)", "m.time_run"), subject="Make it slow"),
    regression(S, name="cc33dd44", base=5, head=8, subject=HOSTILE),
    missed="m.time_walk",
    trouble="box is silent",
    page="https://example.org/bench/",
)
TEXT = """\
sample: 1 confirmed, 1 new; 1 target missed; 1 trouble

Confirmed regressions
  aa11bb22  4444444444 Make it slow
    1.50× slower (1.48 to 1.52)  1.0 ms → 1.5 ms  box  m.time_walk(1)
    1.50× slower (1.48 to 1.52)  1.0 ms → 1.5 ms  box  m.time_run

New suspicions
  cc33dd44  55555555..88888888 @all `x` [y](http://z) <b> | & fixes #1
    1.50× slower (1.48 to 1.52)  1.0 ms → 1.5 ms  box  m.time_walk(1)

Targets missed
  box: m.time_walk < 80 ms: it is 90 ms

Not well
  box is silent since Monday.

Open now: 2. https://example.org/bench/
"""
MARKDOWN = """\
**`sample: 1 confirmed, 1 new; 1 target missed; 1 trouble`**

### Confirmed regressions

- `aa11bb22` `4444444444` `Make it slow`
  - `m.time_walk(1)` 1.50× slower (1.48 to 1.52), 1.0 ms → 1.5 ms, on `box`
  - `m.time_run` 1.50× slower (1.48 to 1.52), 1.0 ms → 1.5 ms, on `box`

### New suspicions

- `cc33dd44` `55555555..88888888` `` @all `x` [y](http://z) <b> | & fixes #1 ``
  - `m.time_walk(1)` 1.50× slower (1.48 to 1.52), 1.0 ms → 1.5 ms, on `box`

### Targets missed

- `box: m.time_walk < 80 ms: it is 90 ms`

### Not well

- `box is silent since Monday.`

Open now: 2. https://example.org/bench/
"""


def test_the_words() -> None:
    news = news_of(Told(), EVERYTHING)
    assert text(news) == TEXT
    assert markdown(news) == MARKDOWN
    assert chat(news) == {"text": TEXT.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")}


def test_a_message_shows_a_few_series_and_counts_the_others() -> None:
    many = regression(cases=tuple(f"m.time_{number}" for number in range(SERIES + 3)))
    for shown in (text(news_of(Told(), present(many))), markdown(news_of(Told(), present(many)))):
        assert f"m.time_{SERIES - 1}" in shown
        assert f"m.time_{SERIES}" not in shown
        assert "and 3 more series" in shown
    assert f"m.time_{SERIES + 2}" in body(many, "")  # an issue is of one alone


def test_what_is_over_has_words_too() -> None:
    bad = present(regression(C), regression(S, name="s", base=8, head=9), missed="m.a", trouble="t")
    well = present(regression(R))
    news = news_of(told_of(Told(), bad), well)
    assert summary(news) == "sample: 1 recovered, 1 gone; 1 target kept again; 1 trouble over"
    assert f"back at the old level since {ORDER[9][:10]}" in text(news)
    assert summary(news_of(Told(), present())) == "sample: nothing new"


@given(words=st.text(st.sampled_from("`a \n@<"), max_size=12))
@settings(deadline=None, derandomize=True, max_examples=60)
def test_a_code_span_is_never_left(words: str) -> None:
    """CommonMark 6.1: a span ends at the first run of as many backticks as it began with."""
    span = code(words)
    fence = span[: len(span) - len(span.lstrip("`"))]
    assert span.endswith(fence)
    assert "\n" not in span
    inside = span[len(fence) : -len(fence)]
    assert not any(len(run) == len(fence) for run in inside.replace(" ", "x").split("x") if set(run) == {"`"})


def test_json_has_all_and_its_id_is_of_the_news() -> None:
    many = present(*(regression(S, name=f"id{n}", base=n % 14, head=n % 14 + 1) for n in range(LISTED + 5)))
    news = news_of(Told(), many)
    document = wire(news)
    assert len(document["regressions"]) == LISTED + 5
    assert "And 5 more" in text(news)
    assert len(chat(news)["text"]) <= CHAT
    assert document["id"] == wire(news)["id"] != wire(news_of(Told(), EVERYTHING))["id"]
    assert json.loads(json.dumps(document)) == document
    assert document["regressions"][0] == {
        "change": "new",
        "id": "id0",
        "state": "suspected",
        "base": ORDER[0],
        "head": ORDER[1],
        "culprit": ORDER[1],
        "subject": "Make it slow",
        "machines": ["box"],
        "series": 1,
        "cases": [
            {
                "case": "m.time_walk(1)",
                "machine": "box",
                "change": "1.50× slower (1.48 to 1.52)",
                "levels": "1.0 ms → 1.5 ms",
            }
        ],
        "recovered": None,
        "note": None,
    }


def test_two_kinds_of_memory_are_apart() -> None:
    told = Told(regressions=(ToldRegression(id="a", state=S, base="x", head="y", cases=()),))
    assert changes(told, present(regression(S, name="a"))) == []  # by its id, though nobody knows the commits
