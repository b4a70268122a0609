"""Time by line of the hottest functions, or of named ones, with the source (line_profiler).

Owns which functions are looked at: those with the most own time in a pass of cProfile, unless names are
given. line_profiler makes lines slower, short ones most: shares compare the lines of one function, and
the seconds are those under it.
"""

from __future__ import annotations

import cProfile
import gc
import importlib
import linecache
from types import CodeType, FunctionType
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Sequence, Tuple

from .case import Case, NotRecordedError, Request
from .frames import Frame, Stack, document, frame_at, is_library

HOTTEST = 3  # functions, where none are named
MISSING = "Time by line needs line_profiler: python -m pip install line_profiler."
THREADS = "Threads that a call starts are not seen: line_profiler and cProfile follow the one that calls."
Details = Dict[str, Any]
Call = Callable[[], Any]


class Heat(NamedTuple):
    """A function that ran, and its own seconds."""

    code: CodeType
    own_s: float


def record(request: Request) -> Details:
    """Record the lines of a case's hottest functions, or of ``request["functions"]``."""
    case = Case(request)
    case.call()  # imports and fills caches
    case.renew()
    functions, notes = chosen(heats(case.call), tuple(request.get("functions", ())))
    profiler = _profiler(functions)
    plain_s = slow_s = float("inf")
    for _ in range(case.rounds):
        plain_s = min(plain_s, case.repeat(case.call, 1))
        slow_s = min(slow_s, case.repeat(lambda: _under(profiler, case.call), 1))
    found = timed(profiler, functions)
    case.close()
    details = {
        "kind": "lines",
        "calls": case.rounds,
        "functions": found,
        "plain_s": plain_s,
        "slow_s": slow_s,
        "notes": [*notes, THREADS],
    }
    return document("{} (lines)".format(case.name), "seconds", _weighed(found[0]), details)


def heats(call: Call) -> List[Heat]:
    """The functions of a call, by their own time, that of C functions they call included."""
    profiler = cProfile.Profile()
    profiler.runcall(call)
    entries: Any = profiler.getstats()
    found = [Heat(one.code, one.inlinetime + _in_c(one)) for one in entries if isinstance(one.code, CodeType)]
    return sorted((one for one in found if not is_library(one.code.co_filename)), key=lambda one: -one.own_s)


def _in_c(entry: Any) -> float:
    return float(sum(one.totaltime for one in entry.calls or () if not isinstance(one.code, CodeType)))


def chosen(heats: Sequence[Heat], names: Sequence[str]) -> Tuple[List[FunctionType], List[str]]:
    """The functions to look at, and what had to be left out. Raises NotRecordedError where none is left."""
    wanted, notes = [one.code for one in heats], []
    if names:
        wanted = [code for code in wanted if _is_named(code, names)]
        absent = [name for name in names if not any(_is_named(code, (name,)) for code in wanted)]
        notes = ["{} was not called.".format(name) for name in absent]
    found: List[FunctionType] = []
    for code in wanted:
        functions = [one for one in gc.get_objects() if type(one) is FunctionType and one.__code__ is code]
        found.extend(functions)
        if not functions:
            notes.append(
                "{} is made anew by every call, and cannot be followed.".format(frame_at(code, 0).name)
            )
        if len({one.__code__ for one in found}) == HOTTEST and not names:
            break
    if not found:
        ran = ", ".join(frame_at(one.code, 0).name for one in heats[:8]) or "no function in Python"
        raise NotRecordedError(" ".join([*notes, "There is nothing to look at; what ran: {}.".format(ran)]))
    return found, notes


def _is_named(code: CodeType, names: Sequence[str]) -> bool:
    return code.co_name in names or frame_at(code, 0).name in names


def _profiler(functions: Sequence[FunctionType]) -> Any:
    try:
        profiler = importlib.import_module("line_profiler").LineProfiler()
    except ImportError:
        raise NotRecordedError(MISSING) from None
    for function in functions:
        profiler.add_function(function)
    return profiler


def _under(profiler: Any, call: Call) -> None:
    profiler.enable()
    try:
        call()
    finally:
        profiler.disable()


def timed(profiler: Any, functions: Sequence[FunctionType]) -> List[Details]:
    """Hits, seconds and share by line of each function, in the order of the functions."""
    stats = profiler.get_stats()
    codes: List[CodeType] = []
    for one in functions:
        if one.__code__ not in codes:
            codes.append(one.__code__)
    found = {(file, first): lines for (file, first, _), lines in stats.timings.items()}
    return [
        _function(code, found.get((code.co_filename, code.co_firstlineno), []), stats.unit) for code in codes
    ]


def _function(code: CodeType, lines: Sequence[Tuple[int, int, int]], unit: float) -> Details:
    total = sum(ticks for _, _, ticks in lines)
    told = [
        {
            "line": line,
            "hits": hits,
            "seconds": ticks * unit,
            "share": ticks / total if total else 0.0,
            "text": linecache.getline(code.co_filename, line).rstrip(),
        }
        for line, hits, ticks in lines
    ]
    return {"at": frame_at(code, code.co_firstlineno)._asdict(), "seconds": total * unit, "lines": told}


def _weighed(function: Details) -> Iterator[Tuple[Stack, float]]:
    """The lines of one function by their seconds: those of a second one would count calls twice."""
    at = Frame(**function["at"])
    for line in function["lines"]:
        place = Frame("{}:{} {}".format(at.name, line["line"], line["text"].strip()), at.file, line["line"])
        yield (at, place), line["seconds"]
