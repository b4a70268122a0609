"""What a failure says: the traceback from where it enters the suite."""

from __future__ import annotations

import importlib
import os
import traceback

RULER = os.path.dirname(os.path.abspath(__file__))


def suite_traceback(error: BaseException) -> str:
    """The traceback from where it enters the suite: our own frames and asv_runner's explain nothing."""
    frames = error.__traceback__
    while frames is not None and frames.tb_next is not None and is_ruler(frames.tb_frame.f_code.co_filename):
        frames = frames.tb_next
    return "".join(traceback.format_exception(type(error), error, frames)).strip()


def is_ruler(path: str) -> bool:
    """Whether a source file measures, rather than being measured."""
    return (
        path.startswith((RULER + os.sep, "<frozen importlib"))
        or os.sep + "asv_runner" + os.sep in path
        or path == importlib.__file__
    )
