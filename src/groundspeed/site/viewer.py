"""One profile, opened on this machine: speedscope's own files and the profile in a folder. Serves nothing."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from urllib.parse import quote

from groundspeed.results.atomic import replace_changed
from groundspeed.site.pieces.profiles import viewer_files


def put_viewer(folder: Path, name: str, profile: bytes) -> str:
    """Write speedscope and a profile (a file that it reads, unpacked) into a folder; the address to open.

    A page that a file shows may fetch no other, so the profile comes as a script: speedscope's own command
    does the same. Raises ``StorageError``.
    """
    for file, content in viewer_files().items():
        replace_changed(folder / file, content)
    text = base64.b64encode(profile).decode()
    script = folder / "profile.js"
    replace_changed(script, f"speedscope.loadFileFromBase64({json.dumps(name)}, {json.dumps(text)})".encode())
    index = (folder / "index.html").resolve()
    return f"{index.as_uri()}#localProfilePath={quote(str(script.resolve()))}"
