"""Fill an empty store with the sample organization before the app is served: `make run`.

A real source is never synced from here: it costs its owner money, so the owner starts the first sync.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from costlib.config import Settings, Source, load
from costlib.errors import CostlibError
from costlib.store.snapshot import current_id

FIRST_SYNC_OF_A_REAL_SOURCE = """\
Nothing has been synced from AWS yet, so the pages are empty. In another terminal:
  .venv/bin/python -m costlib doctor        # what works, and what to do about the rest
  .venv/bin/python -m costlib sync --plan   # the price of the first sync
  .venv/bin/python -m costlib sync"""


def first_sync(settings: Settings) -> int:
    """Sync the sample organization if nothing is there yet; the exit code of that sync."""
    if current_id(settings.source_dir) is not None:
        return 0
    if settings.source is not Source.sample:
        print(FIRST_SYNC_OF_A_REAL_SOURCE)
        return 0
    print("Syncing the sample organization (once).", flush=True)
    return subprocess.run([sys.executable, "-m", "costlib", "sync"]).returncode


if __name__ == "__main__":
    try:
        sys.exit(first_sync(load(None, os.environ)))
    except CostlibError as error:
        sys.exit(f"{error.message}\n  {error.remedy}")
