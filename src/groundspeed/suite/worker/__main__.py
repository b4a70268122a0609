"""Put the running tool's ruler first on the path, then serve, run one case, or call one case."""

from __future__ import annotations

import json
import sys
from typing import List

from .children import child_main
from .counted import call_case
from .repeated import repeat_main
from .server import serve


def main(arguments: List[str]) -> None:
    """Put the running tool's ruler first on the path, then serve, run one case, or call one case."""
    single = arguments[0] in ("--case", "--repeat")
    paths = arguments[4:] if single else arguments[3:]
    sys.path[:1] = paths  # the first entry was this file's own folder: nothing there is for the suite
    if arguments[0] == "--repeat":
        repeat_main(json.loads(arguments[1]), int(arguments[2]), int(arguments[3]))
    elif single:
        child_main(json.loads(arguments[1]), int(arguments[2]), int(arguments[3]))
    elif arguments[0] == "--count":
        call_case(json.loads(arguments[1]), int(arguments[2]))
    else:
        serve(arguments[0], int(arguments[1]), int(arguments[2]), paths)


if __name__ == "__main__":
    main(sys.argv[1:])
