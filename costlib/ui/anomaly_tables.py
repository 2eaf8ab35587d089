"""The tables of the anomalies page: drivers of an incident, the data's own anomalies, AWS's, and what was muted."""

from __future__ import annotations

import pyarrow as pa
import streamlit as st

from costlib.queries.anomalies import Incident, seen_by_aws
from costlib.ui import anomaly_words, cached, tables, wording
from costlib.ui.anomalies import Board
from costlib.ui.context import PageContext
from costlib.ui.tables import Column, Kind, TableView

AMOUNT = pa.decimal128(38, 10)
PARTS = {
    "usage_account_id": "Account",
    "service": "Service",
    "usage_type": "Usage type",
    "record_type": "Record type",
}
DRIVER_COLUMNS = (
    Column("part", "Part", Kind.text, width=95),
    Column("name", "Name", Kind.text, width=215),
    Column("above_expectation", "Above usual", Kind.money, "Less what four weeks before came to, as many days."),
    Column("actual", "Spent", Kind.money),
)
DATA_COLUMNS = (
    Column("charge_date", "Day", Kind.day),
    Column("kind", "What", Kind.text),
    Column("what", "Of", Kind.text),
    Column("expected", "Usual", Kind.money),
    Column("actual", "Was", Kind.money),
)
AWS_COLUMNS = (
    Column("service", "Service", Kind.text, width=215),
    Column("total_impact", "Impact", Kind.money, "Net unblended cost above what AWS expected."),
    Column("is_ours", "Ours too", Kind.flag),
    Column("first_day", "From", Kind.day),
    Column("last_day", "To", Kind.day),
    Column("account", "Account", Kind.text),
    Column("usage_type", "Usage type", Kind.text),
)
MUTED_COLUMNS = (
    Column("charge_date", "Day", Kind.day),
    Column("where", "Where", Kind.text, width=300),
    Column("reason", "Why it is no incident", Kind.text, width=280),
    Column("actual", "Spent", Kind.money),
    Column("expected", "Expected", Kind.money),
)


def drivers(context: PageContext, board: Board, incident: Incident) -> None:
    """What the incident is made of, part by part."""
    found = cached.incident_drivers(context.snapshot, context.scope, incident.incident_id).to_pylist()
    found.sort(key=lambda row: (list(PARTS).index(row["dimension"]), -abs(row["above_expectation"])))
    with st.container(border=True, height="stretch"):
        st.subheader("Drivers", anchor=False)
        if found:
            values = pa.table(
                {
                    "part": [PARTS[row["dimension"]] for row in found],
                    "name": [row["name"] for row in found],
                    "above_expectation": pa.array([row["above_expectation"] for row in found], AMOUNT),
                    "actual": pa.array([row["actual"] for row in found], AMOUNT),
                }
            )
            view = TableView(values, DRIVER_COLUMNS, context.currency, "incident-drivers.csv", "Drivers", is_cost=False)
            tables.show(view, f"drivers_{incident.incident_id}")
        st.caption(_usage_types(context, board, incident, any(r["is_of_whole_service"] for r in found)))


def data_anomalies(context: PageContext) -> None:
    """Odd shapes of the data: a mistake in it rather than spend."""
    with st.container(border=True, height="stretch"):
        st.subheader("Anomalies of the data", anchor=False)
        if context.scope.accounts is not None:
            st.caption("They are of the whole organization's data, and shown to those who may see every account.")
            return
        found = cached.data_anomalies(context.snapshot, context.scope)
        if not found.num_rows:
            st.caption(
                "None in the last 90 days: no day missing or doubled, no service vanished, no sign changed, no record "
                "type that was never seen before."
            )
        else:
            tables.show(_data_view(context, found), "data_anomalies")


def by_aws(context: PageContext, board: Board) -> None:
    """What AWS's own detector found in the same time."""
    judging = board.judging
    with st.container(border=True, height="stretch"):
        st.subheader("Found by AWS", anchor=False)
        if not judging.asks_aws:
            st.caption("Not asked: the role lacks ce:GetAnomalies (deploy/iam/optional-anomalies.json).")
        elif not board.by_aws:
            st.caption("AWS's detector has found nothing in your accounts, or has no monitor.")
        else:
            tables.show(_aws_view(context, board), "aws_anomalies")
        if judging.aws_read_on is not None:
            read = wording.day(judging.aws_read_on)
            st.caption(f"Net unblended cost, as AWS judges it · asked on {read} · AWS keeps 90 days, here they stay")


def muted(context: PageContext) -> None:
    """Days that stand out and are no incident, each with its reason."""
    found = cached.muted(context.snapshot, context.scope)
    with st.expander(f"Muted: {wording.count(found.num_rows, 'day')} that stood out for a known reason"):
        if not found.num_rows:
            st.caption("None.")
            return
        where = [
            " in ".join(part for part in (row["service"], row["usage_account_name"]) if part)
            for row in found.select(["service", "usage_account_name"]).to_pylist()
        ]
        values = found.select(["charge_date", "reason", "actual", "expected"]).append_column("where", [where])
        tables.show(
            TableView(values, MUTED_COLUMNS, context.currency, "muted-days.csv", "Muted days", is_cost=False), "muted"
        )


def _usage_types(context: PageContext, board: Board, incident: Incident, is_whole: bool) -> str:
    """What the figures by usage type are of, or why there are none."""
    against = "Against the four weeks before, as many days."
    if board.judging.usage_types == "":
        return f"{against} No lens holds usage types: add “service,usage_type:daily” to the setting lenses."
    if not incident.service:
        return f"{against} Usage types are known of services only."
    if context.scope.accounts is not None:
        return f"{against} Usage types are known of whole services, which hold other accounts' cost."
    if is_whole and board.judging.usage_types == "monthly":
        return f"{against} Usage types: of the service in all accounts, the month against the month before it."
    return against + (" Usage types: of the service in all accounts." if is_whole else "")


def _data_view(context: PageContext, found: pa.Table) -> TableView:
    rows = found.to_pylist()
    values = pa.table(
        {
            "charge_date": found.column("charge_date"),
            "kind": [anomaly_words.DATA_KINDS.get(row["kind"], row["kind"]) for row in rows],
            "what": [row["service"] or row["record_type"] for row in rows],
            "expected": found.column("expected"),
            "actual": found.column("actual"),
        }
    )
    return TableView(
        values, DATA_COLUMNS, context.currency, "data-anomalies.csv", "Anomalies of the data", "", is_cost=False
    )


def _aws_view(context: PageContext, board: Board) -> TableView:
    ours = {found for i in board.incidents if (found := seen_by_aws(i, board.by_aws)) is not None}
    values = pa.table(
        {
            "first_day": [a.first_day for a in board.by_aws],
            "last_day": [a.last_day for a in board.by_aws],
            "service": [a.service for a in board.by_aws],
            "account": [context.account_names.get(a.usage_account_id, a.usage_account_id) for a in board.by_aws],
            "usage_type": [a.usage_type for a in board.by_aws],
            "total_impact": pa.array([a.total_impact for a in board.by_aws], AMOUNT),
            "is_ours": [a in ours for a in board.by_aws],
        }
    )
    return TableView(values, AWS_COLUMNS, context.currency, "aws-anomalies.csv", "Found by AWS", is_cost=False)
