"""Several servers over one data folder, started together."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.browser.server import DASHBOARD, StreamlitServer


@dataclass(frozen=True)
class Served:
    """One of them."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path


@contextmanager
def several(count: int, data_dir: Path, logs: Path) -> Iterator[list[Served]]:
    """For as long as the `with` block lasts; `logs` is a folder."""
    environ = {"COSTLIB_SOURCE": "sample", "COSTLIB_DATA_DIR": str(data_dir), "COSTLIB_AUTO_SYNC_HOURS": "0"}
    paths = [logs / f"server-{number}.log" for number in range(count)]
    servers = [StreamlitServer(DASHBOARD, path, environ) for path in paths]
    with ExitStack() as running, ThreadPoolExecutor(count) as starting:
        urls = list(starting.map(running.enter_context, servers))
        yield [Served(url, server._process, path) for url, server, path in zip(urls, servers, paths, strict=True)]
