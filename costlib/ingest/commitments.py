"""Savings Plans and reservations: how much of each day's commitment was used, and how much use it covered.

Asked only where charges say that something was committed to, and only for the days whose charges were read since. The
whole history of a question is one request, or a few. These calls know neither billing views nor accounts: what they
tell is the payer's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from costlib.errors import AccessDenied, DataError, DataNotReady, HistoryTooLong, PagingStale, RequestRefused
from costlib.ingest.client import CostExplorer
from costlib.ingest.commitment_rows import coverage_rows, utilization_rows
from costlib.ingest.run import Run
from costlib.periods import DAY, Period, add_months, month_of, month_start
from costlib.store import commitments as store
from costlib.store.commitments import Coverage, Readings, Table, Utilization
from costlib.store.ledger import clear_missing_right, note_missing_right
from costlib.vocabulary import SERVICE, CommitmentKind

PURPOSE = "commitments"
HISTORY_MONTHS = 12
"""The last twelve months and the current one: what GetReservationCoverage keeps, the strictest of the four."""
MAX_RESULTS = 1000
"""GetSavingsPlansCoverage gives 20 days a page unless it is told."""
ROUNDS = 3
"""How often a question is asked anew when its page token dies."""
LAST_ASKED = 2 * DAY
"""AWS asks for an end before today, so the last day that can be asked for is the one before yesterday."""


@dataclass(frozen=True)
class Question:
    """One operation about one kind of commitment, and one service where the kind belongs to services."""

    operation: str
    table: Table
    kind: CommitmentKind
    service: str

    @property
    def action(self) -> str:
        return f"ce:{self.operation}"

    @property
    def feature(self) -> str:
        """What is missing without it."""
        what = "used and unused parts" if self.table is Table.utilization else "coverage"
        return f"{what} of {self.kind.label}"

    @property
    def watched(self) -> tuple[str, ...]:
        """The record types whose change changes the answer."""
        return (self.kind.used_in, self.kind.unused_in if self.table is Table.utilization else "Usage")

    @property
    def token(self) -> str:
        return "NextToken" if self.operation == "GetSavingsPlansCoverage" else "NextPageToken"

    def request(self, period: Period) -> dict[str, object]:
        """Its parameters, without a page token."""
        more: dict[str, object] = {}
        if self.operation == "GetSavingsPlansCoverage":
            more["MaxResults"] = MAX_RESULTS
        if self.operation == "GetReservationCoverage":
            more["Metrics"] = ["Hour", "Cost"]
        if self.service:
            more["Filter"] = {"Dimensions": {"Key": SERVICE.api_key, "Values": [self.service]}}
        days = {"Start": period.start.isoformat(), "End": period.end.isoformat()}
        return {"TimePeriod": days, "Granularity": "DAILY", **more}


_OPERATIONS = {
    (CommitmentKind.savings_plan, Table.utilization): "GetSavingsPlansUtilization",
    (CommitmentKind.savings_plan, Table.coverage): "GetSavingsPlansCoverage",
    (CommitmentKind.reservation, Table.utilization): "GetReservationUtilization",
    (CommitmentKind.reservation, Table.coverage): "GetReservationCoverage",
}
OPERATIONS = tuple(_OPERATIONS.values())


def sync_commitments(run: Run, client: CostExplorer, stored: Period, now: datetime) -> None:
    """Bring utilization and coverage in step with the charges; `stored` are the days of the probe, today the last.

    What the role may not ask, or AWS cannot answer, is noted, and the sync goes on.
    """
    if reads_another_view(run.settings.billing_view_arn):
        return
    due = list(_due(run, stored))
    if due:
        run.tell("Commitments", run.status.requests_done + len(due))
    for question, span in due:
        try:
            days = _answered(run, client, question, span)
        except AccessDenied as error:
            note_missing_right(run.warehouse, error.action, question.feature, run.clock())
        except (RequestRefused, HistoryTooLong, DataNotReady, DataError) as error:
            about = f" of {question.service}" if question.service else ""
            run.warn(f"The {question.feature}{about} were not read: {error.message}")
        else:
            clear_missing_right(run.warehouse, question.action)
            store.replace_days(run.warehouse, question.table, question.kind, question.service, span, days, now)


def first_requests(kinds: Sequence[CommitmentKind]) -> int:
    """Requests of a first sync; reservations are taken to be of one service, which no total by record type tells."""
    return len(kinds) * len(Table)


def questions(committed: Sequence[tuple[CommitmentKind, str]]) -> list[Question]:
    """Everything there is to ask about these (kind, service) pairs."""
    return [Question(_OPERATIONS[kind, table], table, kind, service) for kind, service in committed for table in Table]


def askable(stored: Period) -> Period | None:
    """The days of `stored` that AWS answers about; None when it holds none."""
    today = stored.last_day
    start = max(stored.start, add_months(month_start(today), -HISTORY_MONTHS))
    end = today - LAST_ASKED + DAY
    return Period(start, end) if start < end else None


def due_span(found: Readings, period: Period) -> Period | None:
    """The span from the first to the last day that has no row, or whose charges were read after it.

    A commitment runs from its first charge to the end of the month of its last one, used or not.
    """
    if not found.charges:
        return None
    lifetime = Period(min(found.charges), min(period.end, month_of(max(found.charges)).end))
    due = [day for day in lifetime if _is_due(found.charges.get(day), found.rows.get(day))]
    return Period(due[0], due[-1] + DAY) if due else None


def reads_another_view(billing_view_arn: str) -> bool:
    """Whether the sync reads something else than the payer's own bill: calls that know no views would not fit it."""
    return bool(billing_view_arn) and not billing_view_arn.endswith("billingview/primary")


def _is_due(charges_read: datetime | None, row_read: datetime | None) -> bool:
    return row_read is None or (charges_read is not None and charges_read > row_read)


def _due(run: Run, stored: Period) -> Iterator[tuple[Question, Period]]:
    period = askable(stored)
    if period is None:
        return
    for question in questions(store.committed_services(run.warehouse)):
        found = store.readings(run.warehouse, question.table, question.kind, question.service, question.watched, period)
        if span := due_span(found, period):
            yield question, span


def _answered(
    run: Run, client: CostExplorer, question: Question, span: Period
) -> Sequence[Utilization] | Sequence[Coverage]:
    """A row for each day of the span, empty for days that AWS leaves out."""
    bodies = _bodies(run, client, question, span)
    if question.table is Table.utilization:
        used = utilization_rows(question.operation, bodies, span)
        return [used.get(day, Utilization(day)) for day in span]
    covered = coverage_rows(question.operation, bodies, span)
    return [covered.get(day, Coverage(day)) for day in span]


def _bodies(run: Run, client: CostExplorer, question: Question, span: Period) -> list[Mapping[str, Any]]:
    for rounds_left in reversed(range(ROUNDS)):
        try:
            return _all_pages(run, client, question, span)
        except PagingStale:
            if not rounds_left:
                raise
    return []


def _all_pages(run: Run, client: CostExplorer, question: Question, span: Period) -> list[Mapping[str, Any]]:
    request = question.request(span)
    bodies: list[Mapping[str, Any]] = []
    while True:
        body = run.ask(client, question.operation, dict(request), PURPOSE).body
        bodies.append(body)
        if not body.get(question.token):
            return bodies
        request[question.token] = body[question.token]
