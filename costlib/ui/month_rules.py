"""What each rule moved in a month, or why it moved nothing; a click opens where it came from and who shares it."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import streamlit as st

from costlib.allocation.reading import method_in_words, source_in_words
from costlib.queries.showback import RuleTotal
from costlib.ui import boxes, cached, states, tables, why
from costlib.ui.context import PageContext
from costlib.ui.rankings import file_name
from costlib.ui.showback_month import ShownMonth, fine_print
from costlib.ui.tables import Column, Kind, TableView

RULE_KEY = "rule"
MONEY = pa.decimal128(38, 10)
RULE_COLUMNS = (
    Column("rule", "Rule", Kind.name, width=160),
    Column("pool", "Pool", Kind.money, width=110),
    Column("targets", "Shared by", Kind.number, "Cost centers that got a part.", width=85),
    Column("kept", "Why it moved nothing", Kind.text, width=190),
    Column("moves", "Moves", Kind.text, width=320),
    Column("split", "Split", Kind.text, width=420),
)


def rules(context: PageContext, month: ShownMonth) -> None:
    """What each rule moved, or why it moved nothing; a click opens where it came from and where it went."""
    moved = _in_order(month, cached.rule_totals(context.snapshot, context.scope, month.asked))
    if not moved:
        st.caption("No rule is in force in this month.")
        return
    by_name = {month.rule_name(of_rule.rule_id): of_rule.rule_id for of_rule in moved}
    asked = _rule_asked(list(by_name))
    tables.show(_rules_view(context, month, moved), "rules", lambda row: _ask(list(by_name)[row]))
    st.caption(f"Rules run in this order; each sees what the ones before moved. {fine_print(context, month)}")
    if asked is not None:
        why.show_rule(context, month, by_name[asked], RULE_KEY)


def _in_order(month: ShownMonth, moved: Sequence[RuleTotal]) -> list[RuleTotal]:
    """As the rules stand in the file; those that moved nothing too."""
    places = {rule_id: place for place, rule_id in enumerate(month.rules.by_id)} if month.rules else {}
    return sorted(moved, key=lambda of_rule: places.get(of_rule.rule_id, len(places)))


def _rules_view(context: PageContext, month: ShownMonth, moved: Sequence[RuleTotal]) -> TableView:
    by_id, names = (month.rules.by_id if month.rules else {}), context.account_names
    known = [by_id.get(of_rule.rule_id) for of_rule in moved]
    values = pa.table(
        {
            "rule": [month.rule_name(of_rule.rule_id) for of_rule in moved],
            "pool": pa.array([of_rule.pool for of_rule in moved], MONEY),
            "targets": pa.array([of_rule.targets for of_rule in moved], pa.int64()),
            "kept": [of_rule.kept_because or "" for of_rule in moved],
            "moves": [source_in_words(rule, names) if rule else "" for rule in known],
            "split": [method_in_words(rule, context.scope.statements, names) if rule else "" for rule in known],
        }
    )
    words = f"rules {month.month:%Y-%m} {context.filters.metric}"
    return TableView(values, RULE_COLUMNS, context.currency, file_name(words), "What each rule moved", "", whole=True)


def _rule_asked(names: Sequence[str]) -> str | None:
    states.unknown_value_in_the_link(RULE_KEY, "Rule", names)
    return boxes.one_or_none("Open a rule", RULE_KEY, names, "Choose a rule, or click its name", width=320)


def _ask(name: str) -> None:
    st.session_state[RULE_KEY] = name
