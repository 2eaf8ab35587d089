"""The page of category drafts: rules in a table, what is wrong with them, what they would do, and the file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import streamlit as st

from costlib.periods import add_months, month_start
from costlib.queries.definitions import Definition
from costlib.queries.draft_checks import MATCH_OPTIONS, MONTHS_BACK, Problem, problems
from costlib.queries.draft_preview import Preview
from costlib.queries.draft_rows import Row, choices, rows_of, written_by
from costlib.queries.drafts import draft_json, draft_of
from costlib.queries.labels import Coverage
from costlib.ui import cached, tables, wording
from costlib.ui.context import PageContext
from costlib.ui.tables import Column, Kind, TableView

NEW = "New cost category"
PREFIX = "cost_category:"
_TEXTS = pa.list_(pa.string())
_SCHEMA = pa.schema(
    [
        ("place", pa.float64()),
        ("value", pa.string()),
        ("looks_at", pa.string()),
        ("manner", pa.string()),
        ("values", _TEXTS),
    ]
)
MOVES = (
    Column("before", "Value now", Kind.text),
    Column("after", "Value by the draft", Kind.text),
    Column("amount", "Cost", Kind.money),
)


def show(context: PageContext) -> None:
    """The whole page; a draft concerns the whole organization, so only who sees all of it can make one."""
    if context.scope.accounts is not None:
        st.info("A cost category concerns every account: only a view of the whole organization can draft one.")
        return
    st.caption("Nothing here is sent to AWS. `costlib categories apply` sends the file, once it is confirmed.")
    written = _edited(context)
    today = context.now.date()
    found = problems(written, today)
    if found:
        _problems(found)
        return
    draft = draft_of(written)
    _preview(context, cached.draft_preview(context.snapshot, context.scope, context.filters, draft), draft.name)
    st.download_button(
        "Download the draft",
        data=draft_json(draft),
        file_name=f"{draft.name}.json",
        mime="application/json",
        on_click="ignore",
        icon=":material/download:",
        help="JSON as CreateCostCategoryDefinition takes it.",
    )


def _edited(context: PageContext) -> Any:
    """The draft as it stands in the table, as JSON values."""
    names = [label.removeprefix(PREFIX) for label in context.snapshot.labels if label.startswith(PREFIX)]
    with st.container(border=True):
        left, middle, right = st.columns(3)
        chosen = left.selectbox("Cost category", [*names, NEW], key="draft_category")
        present = None if chosen == NEW else cached.definition(context.snapshot, context.scope, str(chosen))
        name = left.text_input("Name", key="draft_name") if chosen == NEW else str(chosen)
        default = present.content.default_value or "" if present else ""
        default = middle.text_input("Default value (none: Unallocated)", default, key=f"draft_default_{chosen}")
        start = right.selectbox("Effective from", _starts(context), key="draft_start", format_func=_month)
        rows = _rows(context, present, str(chosen))
    content = present.content if present else None
    return json.loads(written_by(name, rows, default, start, content))


def _rows(context: PageContext, present: Definition | None, chosen: str) -> list[Row]:
    """The table of rules, which begins as the definition stands."""
    begun = rows_of(present.content.rules) if present else ()
    values = [{**vars(row), "values": list(row.values), "place": place} for place, row in enumerate(begun, 1)]
    st.caption(
        "The first rule that matches a charge gives its value. The order counts: 2.5 puts a rule after the second."
    )
    edited = st.data_editor(
        pa.Table.from_pylist(values, schema=_SCHEMA),
        num_rows="dynamic",
        hide_index=True,
        key=f"draft_rules_{chosen}",
        column_config={
            "place": st.column_config.NumberColumn("Order", width="small"),
            "value": st.column_config.TextColumn("Value", max_chars=50),
            "looks_at": st.column_config.SelectboxColumn("Looks at", options=choices(context.snapshot.labels)),
            "manner": st.column_config.SelectboxColumn("How", options=list(MATCH_OPTIONS), default="EQUALS"),
            "values": st.column_config.ListColumn("Values", width="large"),
        },
    )
    return [
        Row(row["value"] or "", row["looks_at"] or "", row["manner"] or "EQUALS", tuple(row["values"] or ()))
        for row in sorted(edited.to_pylist(), key=lambda row: (row["place"] is None, row["place"] or 0))
    ]


def _starts(context: PageContext) -> list[str]:
    """No date leaves it to AWS; else the months that AWS takes, the present one first."""
    this = month_start(context.now.date())
    return ["", *(f"{add_months(this, -back)}T00:00:00Z" for back in range(MONTHS_BACK + 1))]


def _month(start: str) -> str:
    return start[:7] if start else "this month (AWS's choice)"


def _problems(found: Sequence[Problem]) -> None:
    with st.container(border=True):
        st.subheader("What AWS would refuse", anchor=False)
        st.markdown("\n".join(f"- {wording.escaped(str(problem))}" for problem in found))


def _share(coverage: Coverage) -> str:
    return wording.NOT_AVAILABLE if coverage.share is None else f"{coverage.share:.1%}"


def _preview(context: PageContext, found: Preview, name: str) -> None:
    with st.container(border=True):
        st.subheader("What it would do", anchor=False)
        left, right = st.columns(2)
        left.metric("Labeled now", _share(found.before))
        right.metric("Labeled by the draft", _share(found.after))
        if not found.is_tracked:
            st.caption("The values that charges have now are not stored, so everything is Unallocated now.")
        for spot in found.blind:
            text = f"Rule {spot.rule} cannot be previewed in full: {spot.condition}: {spot.why}."
            st.markdown(f":material/visibility_off: {wording.escaped(text)}")
        moves = {
            "before": pa.array([move.before for move in found.moves], pa.string()),
            "after": pa.array([move.after for move in found.moves], pa.string()),
            "amount": pa.array([move.amount for move in found.moves], pa.decimal128(38, 10)),
        }
        alt = f"Cost by the value of {name} now and by the draft"
        tables.show(TableView(pa.table(moves), MOVES, context.currency, "draft preview.csv", alt), "draft_moves")
        st.caption(context.fine_print)
