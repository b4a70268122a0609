"""Environments without network: what pip, uv and virtualenv inside tests are told.

Owns the variables that turn every index off and name the wheelhouse, a folder of wheels that
`make test` fills once from requirements/lock.txt and requirements/wheelhouse.txt. Refuses to fall
back to the network: a missing wheelhouse fails the test that asks, and says what to run.

    subprocess.run([...], env=os.environ | offline_environment() | {"HOME": str(tmp_path)})
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

DEFAULT_WHEELHOUSE = Path(__file__).resolve().parent.parent / ".tools" / "wheelhouse"


def wheelhouse() -> Path:
    """The folder of wheels: GROUNDSPEED_WHEELHOUSE, else the one `make test` fills in this clone."""
    folder = Path(os.environ.get("GROUNDSPEED_WHEELHOUSE") or DEFAULT_WHEELHOUSE).resolve()
    if not any(folder.glob("*.whl")):
        pytest.fail(f"no wheels in {folder}: run `make test` (or tools/wheelhouse) once with a network")
    return folder


def offline_environment() -> dict[str, str]:
    """Variables to lay over an environment so that installers know the wheelhouse and nothing else.

    They win over pip's configuration files (PIP_CONFIG_FILE) and over index variables of the shell
    (an empty value is unset to pip, and PIP_NO_INDEX ignores every index).
    """
    folder = wheelhouse().as_uri()  # pip and uv split their lists at blanks, which a path may hold
    return {
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": folder,
        "PIP_EXTRA_INDEX_URL": "",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "UV_NO_CONFIG": "1",
        "UV_NO_INDEX": "1",
        "UV_OFFLINE": "1",
        "UV_FIND_LINKS": folder,
        "UV_PYTHON_DOWNLOADS": "never",
        "VIRTUALENV_NO_PERIODIC_UPDATE": "1",
    }
