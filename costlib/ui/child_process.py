"""Starting a command of `costlib` beside the pages, as a process of its own that outlives this one.

Pages change no cost data. What does is the command line's own commands; the warehouse's lock decides if two start at
once.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from costlib.config import Settings


def started(settings: Settings, command: str, arguments: Sequence[str], log_file: str) -> subprocess.Popen[bytes]:
    """Start it in a session of its own: closing the app's terminal does not end it. What it says goes to `log_file`.

    Relative paths of settings are made absolute; the rest of the settings it reads as this process did.
    """
    settings.source_dir.mkdir(parents=True, exist_ok=True)
    words = [sys.executable, "-m", "costlib", *command.split(), "--source", settings.source.value]
    words += ["--data-dir", str(settings.data_dir.resolve()), *arguments]
    root = str(Path(__file__).resolve().parents[2])
    path = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
    with (settings.source_dir / log_file).open("wb") as log:
        child = subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env={**os.environ, "PYTHONPATH": path},
        )
    # Reaped at once: a process that ended but was not waited for still looks alive to whoever asks by its id.
    threading.Thread(target=child.wait, daemon=True).start()
    return child
