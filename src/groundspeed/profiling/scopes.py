"""What a profiled function or block is: when it begins, when it works, when it ends. Profiles nothing.

Owns how a decorator treats functions, coroutines and generators: what waits in between is not its work. Off,
it gives the function back as it is.
"""

from __future__ import annotations

import functools
import inspect
import os
import re
import sys
import types
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, ExitStack, nullcontext
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, TypeVar, cast

from groundspeed.errors import GroundspeedError
from groundspeed.profiling.inside.frames import Stack

SWITCH = "GROUNDSPEED_PROFILING"
"""Set to ``off``, ``0``, ``no`` or ``false`` it turns every scope off that does not say otherwise."""

F = TypeVar("F", bound=Callable[..., Any])
_OFF = ("off", "0", "no", "false")
_HERE, _THIS = str(Path(__file__).parent) + os.sep, Path(__file__).name
_LONGEST = 120  # characters of a file's name; file systems take 255 bytes


class Scope:
    """A decorator and a context manager that writes into a folder. ``name`` is that of the file.

    A scope may be used in any number of threads and tasks at once, and within itself.
    """

    kind: str

    def __init__(self, folder: str | Path, *, name: str = "", enabled: bool | None = None) -> None:
        """``name`` is the function's, or the place of the block, unless given; ``enabled`` overrides the
        variable GROUNDSPEED_PROFILING. Raises ``GroundspeedError`` for a folder that is none: a decorator
        without brackets gives the function."""
        try:
            self.folder = Path(folder).absolute()
        except TypeError as error:
            word = type(self).__name__
            raise GroundspeedError(
                f'{word} wants the folder for its profiles: @{word}("profiles").'
            ) from error
        self.name = name
        self.enabled = os.environ.get(SWITCH, "").lower() not in _OFF if enabled is None else enabled
        self._entered: dict[int, list[ExitStack]] = {}  # by the frame that entered: no two threads share one

    def whole(self, name: str, code: CodeType) -> AbstractContextManager[Any]:  # noqa: ARG002
        """Around a call from its beginning to its end; ``code`` is what runs."""
        return nullcontext()

    def work(self, name: str, frame: FrameType, below: bool) -> AbstractContextManager[Any]:  # noqa: ARG002
        """Around work in this thread: what stands on ``frame``, itself included or only what is ``below``."""
        return nullcontext()

    def path(self, name: str) -> Path:
        """Where the profile of a name is written: a file of this process."""
        stem = re.sub(r"[^\w.=()+-]+", "_", name)[:_LONGEST]
        return self.folder / f"{stem}-{os.getpid()}.{self.kind}.gz"

    def __call__(self, function: F) -> F:
        """The function, profiled. Raises ``GroundspeedError`` for what is no function, and for an async
        generator."""
        if not self.enabled:
            return function
        bound_later = isinstance(function, staticmethod | classmethod)
        if bound_later or not isinstance(inspect.unwrap(function), types.FunctionType):
            raise GroundspeedError(
                f"{function!r} is no function in Python: profile one that calls it; a class or static method "
                "below its own decorator."
            )
        name = self.name or f"{function.__module__}.{function.__qualname__}"
        if inspect.isasyncgenfunction(function):
            raise GroundspeedError(
                f"{name} is an async generator, which works for whoever iterates: profile the function "
                "that does."
            )
        code: CodeType = inspect.unwrap(function).__code__
        if inspect.iscoroutinefunction(function):
            return cast("F", self._of_coroutine(function, name, code))
        if inspect.isgeneratorfunction(function):
            return cast("F", self._of_generator(function, name, code))
        return cast("F", self._of_function(function, name, code))

    def __enter__(self) -> Scope:
        if self.enabled:
            frame = _user(sys._getframe(1))  # noqa: SLF001  the frame of the with statement is profiled
            name = self.name or f"{frame.f_globals.get('__name__', '')}.{frame.f_code.co_qualname}"
            with ExitStack() as stack:
                stack.enter_context(self.whole(name, frame.f_code))
                stack.enter_context(self.work(name, frame, below=False))
                self._entered.setdefault(id(frame), []).append(stack.pop_all())
        return self

    def __exit__(self, *_: object) -> None:
        if self.enabled:
            frame = id(_user(sys._getframe(1)))  # noqa: SLF001
            stacks = self._entered[frame]
            stacks.pop().close()
            if not stacks:
                del self._entered[frame]

    def _of_function(self, function: Callable[..., Any], name: str, code: CodeType) -> Callable[..., Any]:
        @functools.wraps(function)
        def profiled(*values: Any, **named: Any) -> Any:
            with self.whole(name, code), self.work(name, sys._getframe(), below=True):  # noqa: SLF001
                return function(*values, **named)

        return profiled

    def _of_coroutine(self, function: Callable[..., Any], name: str, code: CodeType) -> Callable[..., Any]:
        @functools.wraps(function)
        async def profiled(*values: Any, **named: Any) -> Any:
            with self.whole(name, code):
                return await self._awaited(function(*values, **named), name)

        return profiled

    def _of_generator(self, function: Callable[..., Any], name: str, code: CodeType) -> Callable[..., Any]:
        @functools.wraps(function)
        def profiled(*values: Any, **named: Any) -> Any:
            with self.whole(name, code):
                return (yield from self._stepped(function(*values, **named), name))

        return profiled

    def _stepped(self, steps: Any, name: str) -> Generator[Any, Any, Any]:
        """Each step of a coroutine or generator is work; what is between them is somebody else's."""
        value: Any = None
        thrown: BaseException | None = None
        while True:
            with self.work(name, sys._getframe(), below=True):  # noqa: SLF001
                try:
                    given = steps.send(value) if thrown is None else steps.throw(thrown)
                except StopIteration as ended:
                    return ended.value
            value = thrown = None
            try:
                value = yield given
            except GeneratorExit:
                steps.close()
                raise
            except BaseException as error:  # a cancellation is the coroutine's to see
                thrown = error

    _awaited = types.coroutine(_stepped)


def own_part(stack: Stack) -> Stack:
    """A stack without the frames of scopes; nothing of it where a scope does work of its own (it writes)."""
    ours = [Path(frame.file).name for frame in stack if frame.file.startswith(_HERE)]
    if any(name != _THIS for name in ours):
        return ()
    return tuple(frame for frame in stack if not frame.file.startswith(_HERE)) if ours else stack


def _user(frame: FrameType) -> FrameType:
    """The frame that enters or leaves a block, with or without the help of an ``ExitStack``."""
    while frame.f_back is not None and frame.f_globals.get("__name__") == "contextlib":
        frame = frame.f_back
    return frame
