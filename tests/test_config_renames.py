"""[renamed] and [parameters]: which name counts now, and what is refused, with its place."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundspeed import config
from groundspeed.config.renames import StatedRenames
from groundspeed.errors import ConfigError


def stated(root: Path, ours: str) -> StatedRenames:
    (root / "asv.conf.json").write_text('{"version": 1, "repo": "."}')
    (root / "groundspeed.toml").write_text(ours, encoding="utf-8")
    return config.load(root).project.renames


@pytest.mark.parametrize(
    ("name", "present"),
    [
        ("a.time_x", "b.time_y"),
        ("old.time_x", "new.time_x"),
        ("old.Class.time_x", "new.Other.time_x"),  # the longest prefix, then the shorter one's way is not its
        ("old.kept", "elsewhere.kept"),  # a whole name before a prefix
        ("older.time_x", "new.time_x"),  # a chain
        ("untouched.time_x", "untouched.time_x"),
        ("a.time_x2", "a.time_x2"),
    ],
)
def test_the_present_name(tmp_path: Path, name: str, present: str) -> None:
    found = stated(
        tmp_path,
        """
[renamed]
"a.time_x" = "b.time_y"
"older." = "old."
"old." = "new."
"old.Class." = "new.Other."
"old.kept" = "elsewhere.kept"
""",
    )
    assert found.present(name) == present


def test_a_trail_names_every_step(tmp_path: Path) -> None:
    found = stated(tmp_path, '[renamed]\n"a" = "b"\n"b" = "c"\n')
    assert found.trail("a") == ("a", "b", "c")


def test_without_a_word_nothing_is_renamed(tmp_path: Path) -> None:
    found = stated(tmp_path, "")
    assert not found
    assert found.present("a.b") == "a.b"


def test_values_of_parameters_are_what_python_writes(tmp_path: Path) -> None:
    found = stated(
        tmp_path,
        '[renamed]\n"old" = "new"\n[parameters.old]\nsize = 10\nmode = "fast"\nshare = 0.5\nstrict = true\n',
    )
    assert found.defaults == {"new": {"size": "10", "mode": "fast", "share": "0.5", "strict": "True"}}
    assert list(found.defaults["new"]) == ["size", "mode", "share", "strict"], "in the order they came"


@pytest.mark.parametrize(
    ("ours", "message"),
    [
        ('renamed = "x"', '"renamed" must be a table, not a text'),
        ("[renamed]\na = 3", '"renamed.a" must be a text, not a whole number'),
        ('[renamed]\na = "a"', "a → a never ends"),
        ('[renamed]\na = "b"\nb = "c"\nc = "a"', "a → b → c → a never ends.*take one out"),
        ('[renamed]\n"a." = "b."\n"b." = "a."', "never ends"),
        ('[renamed]\n"a." = "b.c."\n"b." = "a."', "never ends"),
        ('[renamed]\n"a." = "b.x."\n"b.x.time" = "a.time"', "never ends"),
        ('[renamed]\n"a." = "b"', "a prefix becomes a prefix.*end both in a dot"),
        ('[renamed]\n"a" = "b."', "a prefix becomes a prefix"),
        ('[renamed]\n"a." = "a.b."', 'begins with "a." again'),
        ('[renamed]\n"a" = ""', "must name two benchmarks"),
        ('[renamed]\n"." = "b."', "must name two benchmarks"),
        ('[renamed]\n"a@p99" = "b@p99"', "without metric and parameters"),
        ('[renamed]\n"a(1)" = "b"', "without metric and parameters"),
        ("[parameters]\na = 3", '"parameters.a" must be a table'),
        ("[parameters.a]\nsize = [1]", '"parameters.a.size" must be one value of the parameter, not a list'),
        ('[renamed]\na = "b"\n[parameters.a]\nn = 1\n[parameters.b]\nm = 1', "speaks of b twice"),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(tmp_path: Path, ours: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message) as raised:
        stated(tmp_path, ours)
    assert "groundspeed.toml" in str(raised.value)


@given(st.dictionaries(st.sampled_from("abcdef"), st.sampled_from("abcdef"), max_size=6))
@settings(deadline=None, derandomize=True)
def test_the_present_name_has_no_newer_one(names: dict[str, str]) -> None:
    found = StatedRenames(names=names, defaults={})
    for name in "abcdef":
        try:
            present = found.present(name)
        except ValueError:
            continue
        assert present not in names
        assert found.present(present) == present
