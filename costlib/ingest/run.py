"""One sync as it goes: its request ledger, its caps, its progress on screen and in `status.json`."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from costlib.config import Settings
from costlib.errors import BudgetReached, CostlibError
from costlib.ingest.client import Answer, CostExplorer
from costlib.ingest.cube import ASSUMED_PAGE_SIZE
from costlib.store.ledger import (
    RequestRecord,
    RunTotals,
    dollars_since,
    end_run,
    new_run_id,
    record_request,
    start_run,
)
from costlib.store.status import RunState, Status, read_status, write_status
from costlib.store.warehouse import Warehouse

Clock = Callable[[], datetime]
"""Now, in UTC without a zone."""

STATUS_SECONDS = 0.5


class Run:
    """Counts and bounds what a sync asks, and tells others how far it is."""

    def __init__(self, warehouse: Warehouse, settings: Settings, clock: Clock, show: Callable[[Status], None]) -> None:
        started = clock()
        self.run_id = new_run_id(warehouse, started)
        self.warehouse = warehouse
        self.settings = settings
        self.clock = clock
        self.restatements = 0
        self.rows = 0
        self.windows = 0
        self.warnings: list[str] = []
        held = warehouse.meta("page_size")
        self.page_size = int(held or ASSUMED_PAGE_SIZE)
        self._has_seen_page_size = held is not None
        self._show = show
        self._lock = threading.Lock()
        self._asked = 0
        self._paid_before = dollars_since(warehouse, started.replace(day=1, hour=0, minute=0, second=0, microsecond=0))
        last = read_status(settings.source_dir)
        self.status = Status(
            RunState.running,
            self.run_id,
            os.getpid(),
            started,
            snapshot_id=last.snapshot_id if last else None,
            checked_at=last.checked_at if last else None,
        )
        self._written_at: datetime | None = None
        start_run(warehouse, self.run_id, started)
        self.publish_status()

    def before_request(self) -> None:
        """Called by the client before each request, from any thread. Raises BudgetReached at a cap."""
        settings = self.settings
        with self._lock:
            if self._asked >= settings.max_requests_per_run:
                raise BudgetReached(
                    f"This run has made its {settings.max_requests_per_run} requests (max_requests_per_run).",
                    "What was fetched is kept: run `python -m costlib sync` again to go on, or raise the setting.",
                )
            spent = self._paid_before + (self._asked + 1) * settings.request_price_usd
            if spent > settings.max_dollars_per_month:
                raise BudgetReached(
                    f"Another request would bring this month to ${spent} (max_dollars_per_month is "
                    f"{settings.max_dollars_per_month}).",
                    "What was fetched is kept: raise the setting, or go on next month.",
                )
            self._asked += 1

    def record(self, operation: str, purpose: str, page: int, groups: int, answer: Answer) -> RequestRecord:
        """The ledger line of one answered page; the caller stores it with the page."""
        price = self.settings.request_price_usd
        self.status = replace(
            self.status, requests_done=self.status.requests_done + 1, cost_usd=self.status.cost_usd + price
        )
        return RequestRecord(
            answer.requested_at, operation, purpose, page, groups, answer.milliseconds, answer.attempts, "ok", price
        )

    def ask(self, client: CostExplorer, operation: str, parameters: dict[str, object], purpose: str) -> Answer:
        """One request outside any window, into the ledger."""
        answer = client.ask(operation, parameters)
        record_request(self.warehouse, self.run_id, self.record(operation, purpose, 1, 0, answer))
        self.tell()
        return answer

    def learn_page_size(self, groups: int) -> None:
        """A page that was followed by another held `groups`."""
        self.page_size = max(self.page_size, groups) if self._has_seen_page_size else max(groups, 1)
        self._has_seen_page_size = True

    def warn(self, message: str) -> None:
        """Something the person who configured this should know; the run goes on."""
        self.warnings.append(message)

    def tell(self, phase: str | None = None, expected: int | None = None) -> None:
        """Show where the run stands; `expected` is the number of requests it will have made in the end."""
        done = self.status.requests_done
        expected = max(done, self.status.requests_expected if expected is None else expected)
        elapsed = (self.clock() - self.status.started_at).total_seconds()
        left = elapsed / done * (expected - done) if done else None
        self.status = replace(
            self.status, phase=phase or self.status.phase, requests_expected=expected, seconds_left=left
        )
        now = self.clock()
        if self._written_at is None or phase or (now - self._written_at).total_seconds() >= STATUS_SECONDS:
            self.publish_status()

    def end(self, state: RunState, error: CostlibError | None = None, snapshot_id: str | None = None) -> Status:
        """Close the run in the warehouse and in the status file. A failure leaves the last good state in place."""
        now = self.clock()
        self.status = replace(
            self.status,
            state=state,
            ended_at=now,
            seconds_left=None,
            requests_expected=self.status.requests_done,
            message=error.message if error else "",
            remedy=error.remedy if error else "",
            snapshot_id=snapshot_id or self.status.snapshot_id,
            checked_at=now if state is RunState.ok else self.status.checked_at,
        )
        status = self.status
        totals = RunTotals(status.requests_done, status.cost_usd, self.windows, self.rows, self.restatements)
        end_run(self.warehouse, self.run_id, now, state.value, totals, status.message)
        return self.status

    def expect_next(self, requests: int) -> None:
        """What the next sync will probably ask, shown before anyone starts it."""
        price = Decimal(requests) * self.settings.request_price_usd
        self.status = replace(self.status, next_sync_requests=requests, next_sync_usd=price)

    def publish_status(self) -> None:
        self._written_at = self.clock()
        write_status(self.settings.source_dir, self.status)
        self._show(self.status)
