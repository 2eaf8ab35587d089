"""The pages' questions, each asked once a snapshot: what Streamlit keeps between reruns.

A snapshot never changes, so an answer needs no time to live: it is keyed on the snapshot's id, the scope and whatever
else was asked, and leaves when newer answers need the room. All sessions share them; the scope is part of the key.
"""

from __future__ import annotations

import atexit
import gc
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar

import streamlit as st

from costlib.queries import (
    anomalies,
    breakdown,
    budgets,
    commitment_tie_out,
    commitments,
    control,
    cost_views,
    definitions,
    forecast_parts,
    forecast_record,
    forecasts,
    freshness,
    labels,
    overview,
    prepaid,
    ranking,
    rule_history,
    sandbox,
    series,
    showback,
    source,
    statement_changes,
    statement_history,
    why,
)
from costlib.queries import changes as changes_question
from costlib.queries import close_differences as close_question
from costlib.queries import crossing as crossing_question
from costlib.queries import cumulative as cumulative_question
from costlib.queries import draft_preview as draft_question
from costlib.queries import options as options_question
from costlib.queries import report as report_question
from costlib.queries import statement_file as file_question
from costlib.store.snapshot import Snapshot, current_id, open_current, open_snapshot

P = ParamSpec("P")
R = TypeVar("R")

ANSWERS_KEPT = 100
"""Of each question. An answer is a table of what one chart or table shows: kilobytes, a few megabytes at most."""


SNAPSHOTS_OPEN = 2
"""The current one, and the one before it for whoever is in the middle of a page."""


def _kept(question: Callable[P, R]) -> Callable[P, R]:
    keep = st.cache_data(
        max_entries=ANSWERS_KEPT, show_spinner=False, hash_funcs={Snapshot: lambda snapshot: snapshot.snapshot_id}
    )
    return keep(question)


extent = _kept(breakdown.extent)
first_rows = _kept(breakdown.first_rows)
cost_over_time = _kept(series.cost_over_time)
cumulative = _kept(cumulative_question.cumulative)
month_report = _kept(report_question.month_report)
reportable_months = _kept(report_question.reportable_months)
rank = _kept(ranking.ranking)
total = _kept(ranking.total)
headline = _kept(overview.headline)
movers = _kept(changes_question.movers)
changes = _kept(changes_question.changes)
held_by_month = _kept(source.held_by_month)
options = _kept(options_question.options)
runs = _kept(freshness.runs)
tie = _kept(control.tie)
tie_out = _kept(freshness.tie_out)
tie_out_summary = _kept(freshness.tie_out_summary)
restatements = _kept(freshness.restatements)
requests_this_month = _kept(freshness.requests_this_month)
missing_rights = _kept(freshness.missing_rights)
cost_parts = _kept(cost_views.parts)
aws_totals = _kept(cost_views.aws_totals)
prepaid_balance = _kept(prepaid.prepaid_balance)
prepaid_change = _kept(prepaid.change_over)
prepaid_opening = _kept(prepaid.opening)
commitment_holding = _kept(commitments.holding)
commitments_over_time = _kept(commitments.over_time)
commitment_totals = _kept(commitments.totals)
commitments_by_service = _kept(commitments.by_service)
commitment_reconciliation = _kept(commitment_tie_out.reconciliation)
crossing = _kept(crossing_question.crossing)
coverage = _kept(labels.coverage)
coverage_of_all = _kept(labels.coverage_of_all)
coverage_by_month = _kept(labels.coverage_by_month)
label_values = _kept(labels.label_values)
work_queue = _kept(labels.work_queue)
definition = _kept(definitions.definition)
draft_preview = _kept(draft_question.preview)
definition_changes = _kept(definitions.definition_changes)
showback_months = _kept(showback.months)
statement = _kept(showback.statement)
statement_file = _kept(file_question.statements)
statement_matrix = _kept(showback.matrix)
showback_bill = _kept(showback.bill)
rule_totals = _kept(showback.rule_totals)
statement_change = _kept(statement_changes.statement_change)
statement_history_of = _kept(statement_history.history)
cost_centers = _kept(statement_history.cost_centers)
rules_of = _kept(rule_history.rules_of)
rules_problem = _kept(rule_history.rules_problem)
shared_amounts = _kept(why.shared_amounts)
pool_rows = _kept(why.pool_rows)
driver_rows = _kept(why.driver_rows)
charge_rows = _kept(why.charge_rows)
close_differences = _kept(close_question.close_differences)
rule_versions = _kept(rule_history.versions)
replay = _kept(sandbox.replay_text)
judging = _kept(anomalies.judging)
incidents = _kept(anomalies.incidents)
incident_days = _kept(anomalies.incident_days)
incident_drivers = _kept(anomalies.incident_drivers)
muted = _kept(anomalies.muted)
data_anomalies = _kept(anomalies.data_anomalies)
aws_anomalies = _kept(anomalies.aws_anomalies)
split_charge_rules = _kept(sandbox.split_charge_rules)
budget_standings = _kept(budgets.standings)
budget_versions = _kept(budgets.budget_versions)
budgets_problem = _kept(budgets.budgets_problem)
budget_of_cost_center = _kept(budgets.budget_of_cost_center)
seen_budgets = _kept(budgets.seen_budgets)
aws_budgets = _kept(budgets.aws_budgets)
outlook = _kept(forecasts.outlook)
outlook_parts = _kept(forecast_parts.parts)
aws_outlook = _kept(forecast_record.aws_outlook)
kept_grades = _kept(forecast_record.kept_grades)


def current_snapshot(source_dir: Path) -> Snapshot:
    """What the pointer names now, opened once for all sessions. Raises NoSnapshot, SnapshotCorrupt or SchemaTooNew."""
    snapshot_id = current_id(source_dir)
    return open_current(source_dir) if snapshot_id is None else _opened(source_dir, snapshot_id)


@st.cache_resource(max_entries=SNAPSHOTS_OPEN, show_spinner=False, on_release=Snapshot.rest)
def _opened(source_dir: Path, snapshot_id: str) -> Snapshot:
    """Never closed by force: a session may be in the middle of a page.

    Nor by the last one to let go of it: buttons of pages that people left open hold on to theirs.
    """
    return open_snapshot(source_dir, snapshot_id)


@st.cache_resource(show_spinner=False)
def settle_memory() -> None:
    """Once a process: what imports left behind lives as long as the process, so no later collection need look at it.

    Streamlit collects garbage after every rerun, which otherwise costs more than the page itself. At the very end it is
    looked at again: DuckDB reports what nobody collected as leaked.
    """
    gc.collect()
    gc.freeze()
    atexit.register(gc.unfreeze)
