"""What a load balancer asks: `/healthz`, whether this process lives, and `/readyz`, whether it has something to show.

Both are answered without signing in, so neither says what anything costs. Readiness does not end when data grows old:
every process behind a balancer would leave at once, and people would see nothing instead of yesterday. The age is in
the answer, for whoever watches it.
"""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from costlib import config
from costlib.errors import CostlibError
from costlib.store.snapshot import current_id, open_current, snapshot_path
from costlib.store.status import read_status
from costlib.ui.context import utc_now

NOT_KEPT = {"Cache-Control": "no-store"}


@dataclass(frozen=True)
class Readiness:
    """`snapshot_age_seconds` counts from when AWS was read, `checked_seconds_ago` from when AWS was last asked."""

    ready: bool
    snapshot_id: str | None = None
    snapshot_age_seconds: int | None = None
    checked_seconds_ago: int | None = None
    problem: str | None = None

    def as_json(self) -> dict[str, object]:
        return dict(vars(self))


def routes() -> list[Route]:
    """For the server."""
    return [
        Route("/healthz", _alive, methods=["GET", "HEAD"]),
        Route("/readyz", _ready, methods=["GET", "HEAD"]),
    ]


async def _alive(request: Request) -> Response:
    """Answered by the event loop itself: it says nothing if that hangs."""
    del request
    return PlainTextResponse("ok\n", headers=NOT_KEPT)


def _ready(request: Request) -> Response:
    """In a thread of its own, for it looks at files."""
    del request
    found = _OPENED.readiness(utc_now())
    return JSONResponse(found.as_json(), status_code=200 if found.ready else 503, headers=NOT_KEPT)


class _Opened:
    """Remembers the snapshot that could be opened last, so that being asked every second costs nothing."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[Path, datetime] = {}

    def readiness(self, now: datetime) -> Readiness:
        """What is true at `now` (UTC)."""
        try:
            source_dir = config.load(None, os.environ).source_dir
            snapshot_id, as_of = self._current(source_dir)
        except CostlibError as error:
            return Readiness(False, problem=type(error).__name__)
        status = read_status(source_dir)
        checked_at = (status.checked_at if status else None) or as_of
        return Readiness(True, snapshot_id, _seconds(now, as_of), _seconds(now, checked_at))

    def _current(self, source_dir: Path) -> tuple[str, datetime]:
        snapshot_id = current_id(source_dir) or ""
        path = snapshot_path(source_dir, snapshot_id)
        with self._lock:
            as_of = self._known.get(path)
            if as_of is None or not path.exists():
                snapshot = open_current(source_dir)
                as_of = snapshot.as_of
                snapshot.close()
                self._known = {path: as_of}
        return snapshot_id, as_of


def _seconds(now: datetime, since: datetime) -> int:
    """Never below zero: a clock that was set back makes nothing younger than now."""
    return max(0, round((now - since).total_seconds()))


_OPENED = _Opened()
