"""What is installed in an environment, printed by its own interpreter as one JSON line.

Run by path under the measured Python (3.8 or newer, standard library only). Lists every distribution
by name and version; of those that no index names (installed from a folder, a file or an address) also
a digest of what they hold, because their version says nothing about it.
"""

from __future__ import annotations

import hashlib
import json
import platform
import sys
from importlib import metadata


def main() -> None:
    """Print the interpreter and the distributions."""
    del sys.path[0]  # this file's own folder: nothing in it is installed
    versions, direct = {}, {}
    for one in metadata.distributions():
        name = one.metadata["Name"]
        if not name or name in versions:  # broken metadata; or shadowed by one that stands earlier
            continue
        versions[name] = one.version
        origin = one.read_text("direct_url.json")
        if origin:
            direct[name] = {"url": json.loads(origin).get("url", ""), "content": content_of(one, origin)}
    lines = sorted(("{}=={}".format(*item) for item in versions.items()), key=str.lower)
    python = "python==" + platform.python_version()
    found = {"dependencies": [python, *lines], "direct": direct, "version": sys.version_info[:2]}
    sys.stdout.write(json.dumps(found) + "\n")


def content_of(one: metadata.Distribution, origin: str) -> str | None:
    """A digest of the files that RECORD lists with theirs; None where the files are elsewhere (editable)."""
    record = one.read_text("RECORD")
    if not record or json.loads(origin).get("dir_info", {}).get("editable"):
        return None
    lines = [line for line in record.splitlines() if line and ".dist-info/" not in line]
    return hashlib.sha256("\n".join(sorted(lines)).encode("utf-8")).hexdigest()


if __name__ == "__main__":
    main()
