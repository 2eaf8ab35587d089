"""A Streamlit server of our own on a free port, for as long as a `with` block lasts."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

ANNOUNCED = re.compile(r"URL: (http://127\.0\.0\.1:\d+)")
PATIENCE_SECONDS = 60.0
ROOT = Path(__file__).resolve().parent.parent.parent
DASHBOARD = ("-m", "costlib.ui.serve")


class StreamlitServer:
    """`with StreamlitServer(command, log, environment) as url:` serves on 127.0.0.1 and stops at the end.

    `command` is what Python runs: DASHBOARD, or `-m streamlit run` with a script of the test's own.
    """

    def __init__(self, command: Sequence[str], log: Path, environment: Mapping[str, str], port: int = 0) -> None:
        self._log = log
        self._environment = {**os.environ, **environment}
        self._command = [sys.executable, *command]
        for option, value in (
            ("server.port", str(port)),
            ("server.address", "127.0.0.1"),
            ("server.headless", "true"),
            ("server.fileWatcherType", "none"),
            ("browser.gatherUsageStats", "false"),
        ):
            self._command += [f"--{option}", value]

    def __enter__(self) -> str:
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                self._command, stdout=log, stderr=subprocess.STDOUT, cwd=ROOT, env=self._environment
            )
        try:
            return self._url_when_healthy()
        except BaseException:
            self._stop()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def _url_when_healthy(self) -> str:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            announced = ANNOUNCED.search(self._log.read_text(errors="replace"))
            if announced and _is_healthy(announced.group(1)):
                return announced.group(1)
            time.sleep(0.1)
        raise RuntimeError(f"The Streamlit server did not start:\n{self._log.read_text(errors='replace')}")

    def _stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _is_healthy(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/_stcore/health", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
