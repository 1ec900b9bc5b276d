"""A folder in memory: databases made anew for each test wait for a disk more than for anything."""

import os
import shutil
from pathlib import Path

_FOLDER = Path("/dev/shm")  # noqa: S108  (what is made below it has names of its own)
_ENOUGH_BYTES = 6 << 30


def folder_in_memory() -> str | None:
    """Return a folder whose files are kept in memory; None where there is too little of it."""
    if not os.access(_FOLDER, os.W_OK) or shutil.disk_usage(_FOLDER).free < _ENOUGH_BYTES:
        return None
    return str(_FOLDER)
