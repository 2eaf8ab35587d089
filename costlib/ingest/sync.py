"""The write path, top to bottom: probe, plan, fetch, reconcile, label, publish.

Every step works from what the warehouse lacks, so a run that was killed, throttled or capped is taken up by simply
running again. Nothing is published before everything is in and checked.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal

from costlib.config import Settings
from costlib.errors import AccessDenied, CostlibError, DataNotReady, HistoryTooLong, TryAgainLater
from costlib.ingest.anomalies import sync_incidents
from costlib.ingest.aws_anomalies import daily_requests, sync_aws_anomalies
from costlib.ingest.budgets import AskBudgets, sync_budgets
from costlib.ingest.charges import Probe, plan_charges, sync_charges
from costlib.ingest.client import CostExplorer
from costlib.ingest.commitments import first_requests, sync_commitments
from costlib.ingest.cube import RECORD_TYPES, TOTALS, Kind, Window
from costlib.ingest.fetch import fetch
from costlib.ingest.forecasts import questions, sync_forecasts
from costlib.ingest.labels import sync_labels, track_labels
from costlib.ingest.lenses import plan_lenses, sync_lenses
from costlib.ingest.own_forecasts import keep_own_forecasts
from costlib.ingest.plan import SERVED_FROM, expected_requests
from costlib.ingest.reread import RereadRule
from costlib.ingest.run import Clock, Run
from costlib.ingest.showback import sync_showback
from costlib.periods import DAY, Period, add_months, month_start
from costlib.store import commits
from costlib.store.commitments import kinds_probed
from costlib.store.ledger import clear_missing_right, note_missing_right
from costlib.store.snapshot import publish
from costlib.store.status import RunState, Status, write_status
from costlib.store.warehouse import open_warehouse, sync_lock
from costlib.store.windows import Staging, drop, drop_unfinished

ROUNDS = 3
"""How often a sync starts over because Cost Explorer's data moved while it was being read."""

PROBES = tuple(kind.value for kind in Kind if kind.is_probe)
PROBE_LIFE = timedelta(hours=1)
"""A probe that a stopped run left younger than this is taken up; an older one is asked again."""

Connect = Callable[[str, Callable[[], None]], CostExplorer]
"""(run id, called before each request) → the client."""


@dataclass(frozen=True)
class SyncResult:
    """What a sync did. `ties_out` is False when some day or label differs from AWS's totals beyond rounding."""

    snapshot_id: str
    requests: int
    request_cost_usd: Decimal
    windows: int
    rows: int
    restatements: int
    seconds: float
    ties_out: bool
    warnings: tuple[str, ...]


def sync(
    settings: Settings,
    connect: Connect,
    source_id: str,
    clock: Clock,
    show: Callable[[Status], None],
    full: bool = False,
    ask_budgets: AskBudgets | None = None,
    began: Callable[[], None] = lambda: None,
) -> SyncResult:
    """Bring the store in step with Cost Explorer and publish a snapshot; `began` is told once nothing else syncs.

    Raises SyncInProgress while another process does so, and whatever stops the run; progress is kept in any case.
    """
    source_dir = settings.source_dir
    with sync_lock(source_dir):
        with open_warehouse(source_dir) as warehouse:
            warehouse.claim(source_id)
            began()
            run = Run(warehouse, settings, clock, show)
            try:
                client = connect(run.run_id, run.before_request)
                differing = _bring_up_to_date(run, client, full)
                sync_showback(run)
                sync_budgets(run, ask_budgets)
                sync_incidents(run)
                keep_own_forecasts(run)
                _seal(run)
            except BaseException as error:
                _note_failure(run, error)
                raise
        try:
            publish(source_dir, warehouse.path, run.run_id, settings.keep_snapshots)
        except CostlibError as error:
            run.status = replace(run.status, state=RunState.failed, message=error.message, remedy=error.remedy)
            raise
        finally:
            write_status(source_dir, run.status)
    return _result(run, differing)


def price_first_sync(settings: Settings, connect: Connect, source_id: str, clock: Clock) -> dict[str, int]:
    """Requests by purpose that filling an empty store will take. Itself asks the probe and the list of accounts."""
    with sync_lock(settings.source_dir), open_warehouse(settings.source_dir) as warehouse:
        warehouse.claim(source_id)
        run = Run(warehouse, settings, clock, lambda _: None)
        try:
            client = connect(run.run_id, run.before_request)
            drop_unfinished(warehouse, PROBES)
            probe = _probe(run, client)
            accounts = _accounts(run, client, probe.period)
            rule = RereadRule(clock(), settings.deep_reread_days, settings.full_reread_days)
            charges = [window for window, _ in plan_charges(run, probe, accounts, rule).windows]
            lenses = plan_lenses(run, probe, rule)
            committed = first_requests(kinds_probed(warehouse, probe.control))
            _drop_probe(run, probe)
        except CostlibError as error:
            _note_failure(run, error)
            raise
        asked = run.status.requests_done
        write_status(settings.source_dir, run.end(RunState.partial, TryAgainLater("Only priced.", "Run a sync.")))
        pages = {"charges": charges, "lenses": list(lenses)}
        return {
            "probes": asked,
            **{name: sum(w.expected_pages(run.page_size) for w in windows) for name, windows in pages.items()},
            "commitments": committed,
            "anomalies": daily_requests(settings.billing_view_arn),
            "forecasts": len(questions(settings)),
        }


def _bring_up_to_date(run: Run, client: CostExplorer, full: bool) -> int:
    """Round after round until all adds up; returns what does not tie out in the end (days, periods, labels)."""
    now = run.clock()
    drop_unfinished(run.warehouse, PROBES, before=now - PROBE_LIFE)
    rule = RereadRule(now, run.settings.deep_reread_days, run.settings.full_reread_days, full)
    different = 0
    for round_number in range(1, ROUNDS + 1):
        is_last = round_number == ROUNDS
        probe = _probe(run, client)
        different = int(commits.probes_differ(run.warehouse, probe.totals, probe.control))
        accounts = _accounts(run, client, probe.period)
        track_labels(run, client, probe.period)
        plan = plan_charges(run, probe, accounts, rule)
        different += sync_charges(run, client, probe, plan, now, is_last)
        different += sync_lenses(run, client, probe, rule, now, is_last)
        different += sync_labels(run, client, probe, is_last)
        if different == 0 or is_last:
            break
        _drop_probe(run, probe)
        rule = replace(rule, everything=False)
    commits.replace_daily_totals(run.warehouse, probe.totals, probe.period)
    sync_commitments(run, client, probe.period, now)
    sync_aws_anomalies(run, client, now)
    sync_forecasts(run, client)
    run.warehouse.set_meta({SERVED_FROM: probe.period.start.isoformat()})
    _drop_probe(run, probe)
    drop_unfinished(run.warehouse)
    return different


def _probe(run: Run, client: CostExplorer) -> Probe:
    """AWS's totals over the whole history, by day and by record type: a handful of pages."""
    today = run.clock().date()
    months = run.settings.history_months
    while True:
        period = Period(add_months(month_start(today), -months), today + DAY)
        try:
            stagings = _fetch_probe(run, client, period)
            break
        except HistoryTooLong:
            if months == 0:
                raise
            months -= 1
    if months < run.settings.history_months:
        run.warn(f"Cost Explorer gives {months} months of history, not the {run.settings.history_months} asked for.")
    if not commits.has_amounts(run.warehouse, stagings[Kind.total]):
        raise DataNotReady(
            f"Cost Explorer has no cost for {period}.",
            "A new account's data takes about 24 hours. Run `python -m costlib sync` again tomorrow.",
        )
    return Probe(period, stagings[Kind.total], stagings[Kind.record_type])


def _fetch_probe(run: Run, client: CostExplorer, period: Period) -> dict[Kind, Staging]:
    windows = [Window(TOTALS, period, period.days), Window(RECORD_TYPES, period, 5 * period.days)]
    return {window.question.kind: staging for window, staging in fetch(windows, client, run, "Probe")}


def _drop_probe(run: Run, probe: Probe) -> None:
    drop(run.warehouse, [probe.totals, probe.control])


def _accounts(run: Run, client: CostExplorer, period: Period) -> tuple[str, ...]:
    """The accounts with cost in the period; their names are stored. Empty when the role may not ask."""
    request = {
        "TimePeriod": {"Start": period.start.isoformat(), "End": period.end.isoformat()},
        "Dimension": "LINKED_ACCOUNT",
        "Context": "COST_AND_USAGE",
    }
    names: dict[str, str] = {}
    try:
        while True:
            body = run.ask(client, "GetDimensionValues", dict(request), "accounts").body
            names |= {v["Value"]: v.get("Attributes", {}).get("description", "") for v in body["DimensionValues"]}
            if not body.get("NextPageToken"):
                break
            request["NextPageToken"] = body["NextPageToken"]
    except AccessDenied as error:
        note_missing_right(run.warehouse, error.action, "account names", run.clock())
        return ()
    clear_missing_right(run.warehouse, "ce:GetDimensionValues")
    commits.name_accounts(run.warehouse, names)
    return tuple(sorted(names))


def _seal(run: Run) -> None:
    """Close the run in the warehouse: what is published next is its state."""
    requests = expected_requests(run.warehouse, run.settings, run.run_id, run.clock())
    run.expect_next(sum(requests.values()))
    run.warehouse.set_meta({"as_of": run.clock().isoformat(), "page_size": str(run.page_size)})
    run.end(RunState.ok, snapshot_id=run.run_id)
    run.warehouse.checkpoint()


def _note_failure(run: Run, error: BaseException) -> None:
    """The status file says why; the warehouse too, unless it is what failed."""
    known = error if isinstance(error, CostlibError) else _unexpected(error)
    state = RunState.partial if isinstance(known, TryAgainLater) else RunState.failed
    with contextlib.suppress(CostlibError):
        run.end(state, known)
    run.status = replace(run.status, state=state, message=known.message, remedy=known.remedy)
    with contextlib.suppress(OSError):
        write_status(run.settings.source_dir, run.status)


def _unexpected(error: BaseException) -> CostlibError:
    if isinstance(error, KeyboardInterrupt):
        return TryAgainLater("The sync was interrupted.", "What was fetched is kept: run it again to go on.")
    return CostlibError(
        f"The sync stopped on an error of its own ({type(error).__name__}).", "Please report it with the log."
    )


def _result(run: Run, differing: int) -> SyncResult:
    status = run.status
    return SyncResult(
        run.run_id,
        status.requests_done,
        status.cost_usd,
        run.windows,
        run.rows,
        run.restatements,
        (run.clock() - status.started_at).total_seconds(),
        differing == 0,
        tuple(run.warnings),
    )
