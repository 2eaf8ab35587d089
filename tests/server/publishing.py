"""Snapshots that all differ: each sync finds that AWS has restated charges, in a process of its own.

Run as `python -m tests.server.publishing FOLDER ORGANIZATION`: publishes once for each line on its stdin, and answers
with the id. A second name of each snapshot's file is left in FOLDER/truth, where no sync prunes it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

from costlib.cli.sync import SAMPLE_SOURCE_ID
from costlib.sample.organization import Organization, sample_organization, tiny_organization
from costlib.sample.server import SampleEndpoint
from costlib.store.snapshot import FOLDER, snapshot_path
from tests.browser.server import ROOT
from tests.ingest.syncing import sync_from

TRUTH = "truth"
RESTATED_DAYS_AGO = (3, 17, 40)
"""In what everybody looks at: the last complete days, the last thirty days, and last month."""
ACCOUNTS_A_TURN = 5
DOLLARS = Decimal(10_000)
"""The sample bills nobody, and a month's limit would end an hour in fast motion."""
DELTA = Decimal("100.01")
ORGANIZATIONS: dict[str, tuple[Callable[[date], Organization], int]] = {
    "sample": (sample_organization, 13),
    "tiny": (partial(tiny_organization, days=75), 2),
}
"""And how many months of history a first sync reads: the last whole one among them on every day of a month."""


class Publisher:
    """The process, from outside."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def publish(self) -> str:
        """A new snapshot, and its id."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        snapshot_id = self._process.stdout.readline().strip()
        if not snapshot_id:
            raise RuntimeError("The sync failed; its error is above.")
        return snapshot_id


@contextmanager
def publisher(folder: Path, organization: str = "sample") -> Iterator[Publisher]:
    """For as long as the `with` block lasts."""
    command = [sys.executable, "-m", __name__, str(folder), organization]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        yield Publisher(process)


def restate(endpoint: SampleEndpoint, organization: Organization, today: date, number: int) -> None:
    """AWS adds something to charges of some of the accounts on each of some days: others, and more, each time."""
    services = sorted({plan.cell.service for plan in organization.recurring if plan.cell.record_type == "Usage"})
    turns = max(1, len(organization.accounts) // ACCOUNTS_A_TURN)
    for place, account in list(enumerate(organization.accounts))[number % turns :: turns]:
        for days in RESTATED_DAYS_AGO:
            endpoint.restate(
                charge_date=today - timedelta(days=days),
                usage_account_id=account.account_id,
                service=services[place % len(services)],
                record_type="Usage",
                delta=DELTA * number + place,
            )


def main(argv: Sequence[str]) -> None:
    folder, (make, months) = Path(argv[0]), ORGANIZATIONS[argv[1]]
    today = datetime.now(UTC).date()
    organization = make(today)
    (folder / TRUTH / FOLDER).mkdir(parents=True, exist_ok=True)
    with SampleEndpoint(organization) as endpoint:
        for number, _ in enumerate(sys.stdin):
            if number:
                restate(endpoint, organization, today, number)
            now = datetime.now(UTC).replace(tzinfo=None)
            limits: dict[str, Any] = {"history_months": months, "max_dollars_per_month": DOLLARS}
            done = sync_from(endpoint, folder, now=now, source_id=SAMPLE_SOURCE_ID, **limits)
            path = snapshot_path(folder / "sample", done.snapshot_id)
            os.link(path, snapshot_path(folder / TRUTH, done.snapshot_id))
            print(done.snapshot_id, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
