"""Record one kind of one case and write the document. Owns arguments and exit codes."""

from __future__ import annotations

import importlib
import json
import os
import sys
from typing import List

from .case import NotRecordedError
from .frames import shortened

KINDS = ("contention", "leaks", "lines")
RAISED, NOT_RECORDED = 1, 3  # exit codes beside 0


def main(arguments: List[str]) -> int:
    """``arguments`` are the kind, the request, the file to write, the ruler and folders of tools."""
    kind, request, out, ruler, *tools = arguments
    sys.path[:1] = [ruler]  # the first entry was this package's own folder: nothing there is for the suite
    sys.path.extend(tools)  # last: what the measured environment holds itself comes first
    if kind not in KINDS:
        sys.stderr.write("{} is no kind of record: {}.\n".format(kind, ", ".join(KINDS)))
        return 2
    failures = importlib.import_module("groundspeed_worker.failures")
    wanted = json.loads(request)
    try:
        recorded = importlib.import_module("." + kind, __package__).record(wanted)
    except NotRecordedError as error:
        sys.stderr.write("{}\n".format(error))
        return NOT_RECORDED
    except BaseException as error:  # measured code may raise anything
        sys.stderr.write(failures.suite_traceback(error) + "\n")
        return RAISED
    with open(out, "w", encoding="utf-8") as file:
        json.dump(shortened(recorded, os.path.dirname(wanted["suite"])), file)
    return 0


if __name__ == "__main__":
    code = main(sys.argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # threads that the suite left behind do not keep the process
