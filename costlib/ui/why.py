"""Why am I paying this? A drawer beside the statement: from a line to its rule, its driver, its pool, and the charges.

Somebody who sees some statements only sees a pool's name and total; the rows of others are one row without a name.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import partial

import pyarrow as pa
import streamlit as st

from costlib.allocation.reading import method_in_words, months_in_words, source_in_words, targets_in_words
from costlib.allocation.rules import Rule
from costlib.exports.statement_lines import Line, Section, driver_in_words
from costlib.money import total
from costlib.queries.why import PoolRow, SharedAmount
from costlib.ui import cached, close_differences, sign_off, tables, wording
from costlib.ui.context import PageContext
from costlib.ui.rankings import file_name
from costlib.ui.showback_month import LINE_KEY, ShownMonth, fine_print
from costlib.ui.tables import Column, Kind, TableView

WIDTH = 760
MONEY = pa.decimal128(38, 10)
OTHERS = "Cost centers that are not yours to see"
ACCOUNT = Column("account", "Account", Kind.text, width=170)
SERVICE = Column("service", "Service", Kind.text, width=210)
RECORD_TYPE = Column("record_type", "Record type", Kind.text, width=150)
AMOUNT = Column("amount", "Amount", Kind.money, width=110)


def show(context: PageContext, shown: ShownMonth, cost_center: str, line: Line) -> None:
    """Open the drawer on a line of the statement; closing it leaves the statement as it was."""

    title = f"{wording.escaped(line.name)} · {_money(context, line.amount)}"

    @st.dialog(title, width=WIDTH, position="right", on_dismiss=partial(_forget, LINE_KEY))
    def drawer() -> None:
        st.caption(f"{line.section} on the statement of {wording.escaped(cost_center)}, {shown.words}")
        sign_off.of_line(context, shown, cost_center, line)
        _explain(context, shown, cost_center, line)

    drawer()


def show_rule(context: PageContext, shown: ShownMonth, rule_id: str, key: str) -> None:
    """Open the drawer on a rule, for whoever may see every statement; `key` is the box that opened it."""

    @st.dialog(
        wording.escaped(shown.rule_name(rule_id)), width=WIDTH, position="right", on_dismiss=partial(_forget, key)
    )
    def drawer() -> None:
        st.caption(f"What this rule moved in {shown.words}")
        _rule(context, shown, rule_id)
        _who_shares(context, shown, rule_id)
        rule = _rule_of(shown, rule_id)
        if rule is not None:
            _pool(context, shown, rule, None)

    drawer()


def _forget(key: str) -> None:
    st.session_state[key] = None


def _explain(context: PageContext, shown: ShownMonth, cost_center: str, line: Line) -> None:
    if line.section is Section.own:
        _own(context, shown, cost_center, line)
    elif line.section is Section.adjustment:
        _adjustment(context, shown, cost_center, line)
    elif line.rule_id is not None:
        rule = _rule_of(shown, line.rule_id)
        st.markdown(_equation(context, line, rule))
        _rule(context, shown, line.rule_id)
        if rule is not None:
            _pool(context, shown, rule, line)
            _driver(context, shown, cost_center, rule, line)
        _who_shares(context, shown, line.rule_id)


def _rule_of(shown: ShownMonth, rule_id: str) -> Rule | None:
    return shown.rules.by_id.get(rule_id) if shown.rules else None


def _equation(context: PageContext, line: Line, rule: Rule | None) -> str:
    """How the amount comes about, in one sentence."""
    amount, pool = _money(context, line.amount), _money(context, line.pool)
    if line.section is Section.moved_out:
        return f"The rule takes **{amount}** from this statement and moves it on; it moved {pool} in all."
    if line.share is None:
        return f"**{amount}** was agreed on, of {pool} that the rule moves a month."
    share = _percent(line.share)
    driver = wording.escaped(driver_in_words(line, rule, context.currency))
    return f"{driver} is **{share}**. {share} of the pool of {pool} is **{amount}**."


def _rule(context: PageContext, shown: ShownMonth, rule_id: str) -> None:
    """The rule as people read it, and the version that it is of."""
    rule = _rule_of(shown, rule_id)
    if rule is None or shown.rules is None:
        st.caption("The rules of this month do not name this rule any more.")
        return
    version, seen = shown.rules.version, context.scope.statements
    said = {
        "Moves": source_in_words(rule, context.account_names),
        "Split": method_in_words(rule, seen, context.account_names),
        "Shared by": targets_in_words(rule),
        "In force": f"{months_in_words(rule)}.",
        "Version": f"{version.version}, put in force on {wording.moment(version.applied_at)} by {version.applied_by}."
        + (f" “{version.note}”" if version.note else ""),
    }
    st.markdown(f"_{wording.escaped(rule.description)}_" if rule.description else "")
    st.markdown("\n".join(f"- **{name}:** {wording.escaped(words)}" for name, words in said.items()))


def _pool(context: PageContext, shown: ShownMonth, rule: Rule, line: Line | None) -> None:
    """The rows that the pool is made of; with a line, what of each this statement carries."""
    is_given = line is not None and line.section is Section.shared
    carried = line.amount if is_given and line is not None and line.amount is not None else Decimal(0)
    rows = cached.pool_rows(context.snapshot, context.scope, shown.asked, rule, carried)
    st.markdown("**What the pool is made of**")
    if not rows:
        st.caption("An agreed amount moves, whatever was charged: there are no charges behind it.")
        return
    columns = [
        Column("part", "Your part", Kind.money, "Your share of the row; the parts add up to your line.", width=105),
        Column("amount", "In the pool", Kind.money, width=110),
        ACCOUNT,
        SERVICE,
        RECORD_TYPE,
        Column("cost_center", "From", Kind.text, "The cost center that was charged.", width=130),
    ][0 if is_given else 1 :]
    values = _pool_table(context, shown, rows)
    names = [column.name for column in columns]
    view = _view(context, shown, values.select(names), columns, f"pool {rule.rule_id}", "Rows of the pool")
    tables.show(view, "pool_rows")
    whole = _money(context, total(row.amount for row in rows))
    hidden = f" {OTHERS} are one row." if any(row.cost_center is None for row in rows) else ""
    st.caption(f"{wording.count(len(rows), 'row')} that add up to the pool of {whole}.{hidden}")


def _pool_table(context: PageContext, shown: ShownMonth, rows: Sequence[PoolRow]) -> pa.Table:
    return pa.table(
        {
            "part": pa.array([row.part for row in rows], MONEY),
            "amount": pa.array([row.amount for row in rows], MONEY),
            "account": [_account(context, row.usage_account_id) for row in rows],
            "service": [_what(shown, row) for row in rows],
            "record_type": [row.record_type or "" for row in rows],
            "cost_center": [row.cost_center or OTHERS for row in rows],
        }
    )


def _what(shown: ShownMonth, row: PoolRow) -> str:
    """A charge's service, or the rule that had moved something to the source before."""
    return f"Shared before: {shown.rule_name(row.from_rule)}" if row.from_rule else row.service or ""


def _driver(context: PageContext, shown: ShownMonth, cost_center: str, rule: Rule, line: Line) -> None:
    """This center's own charges that its driver value is made of."""
    if line.section is not Section.shared or shown.rules is None:
        return
    found = cached.driver_rows(context.snapshot, context.scope, shown.asked, shown.rules, rule, cost_center)
    if found is None:
        return
    columns = (AMOUNT, ACCOUNT, SERVICE, RECORD_TYPE)
    st.markdown(f"**The charges that the driver of {wording.escaped(cost_center)} is made of**")
    tables.show(
        _view(context, shown, _charges(context, found, columns), columns, f"driver {rule.rule_id}", "Driver"),
        "driver_rows",
    )
    whole = total(found.column("amount").to_pylist())
    text = f"{wording.count(found.num_rows, 'row')} that add up to {_money(context, whole)}."
    if whole != line.driver:
        text += " This is what they come to now; the share was computed from what is said above."
    st.caption(text)


def _who_shares(context: PageContext, shown: ShownMonth, rule_id: str) -> None:
    """Where the pool went, as far as it may be seen."""
    found = cached.shared_amounts(context.snapshot, context.scope, shown.asked, rule_id)
    given = [amount for amount in found if not amount.is_source]
    if context.scope.statements is not None or not given:
        return
    columns = (
        Column("cost_center", "Cost center", Kind.text, width=170),
        AMOUNT,
        Column("share", "Share", Kind.share, width=110),
        Column("driver", "Driver", Kind.money, "What the share is computed from.", width=120),
    )
    st.markdown("**Who shares it**")
    view = _view(context, shown, _amounts(given), columns, f"shares of {rule_id}", "Who shares the pool")
    tables.show(view, "who_shares")
    st.caption(f"They add up to the pool of {_money(context, total(amount.amount for amount in given))}.")


def _amounts(given: Sequence[SharedAmount]) -> pa.Table:
    shares = [
        None if amount.driver is None or not amount.driver_total else float(amount.driver / amount.driver_total)
        for amount in given
    ]
    return pa.table(
        {
            "cost_center": [amount.cost_center for amount in given],
            "amount": pa.array([amount.amount for amount in given], MONEY),
            "share": pa.array(shares, pa.float64()),
            "driver": pa.array([amount.driver for amount in given], MONEY),
        }
    )


def _own(context: PageContext, shown: ShownMonth, cost_center: str, line: Line) -> None:
    """The charges of an own line; what a rule takes out again is said."""
    found = cached.charge_rows(
        context.snapshot, context.scope, shown.asked, cost_center, line.service, line.usage_account_id
    )
    rules = [shown.rule_name(rule_id) if rule_id else "" for rule_id in found.column("rule_id").to_pylist()]
    columns = [AMOUNT, ACCOUNT, SERVICE, RECORD_TYPE]
    if any(rules):
        columns.append(Column("taken", "Moved out by", Kind.text, "The rule that takes it out again.", width=140))
    st.markdown(
        f"**{_money(context, line.amount)}** was charged for what {wording.escaped(cost_center)} used itself. "
        "These are its charges by account, service and record type."
    )
    values = _charges(context, found, columns[:4])
    if any(rules):
        values = values.append_column("taken", pa.array(rules, pa.string()))
    tables.show(_view(context, shown, values, columns, f"charges {line.name}", "Charges"), "charge_rows")
    st.caption(fine_print(context, shown))


def _adjustment(context: PageContext, shown: ShownMonth, cost_center: str, line: Line) -> None:
    """What AWS changed in the closed month, line by line."""
    if line.adjusted_month is None:
        return
    st.markdown(
        f"AWS has changed {line.adjusted_month:%B %Y} since it was closed. Its statement stays as it was; this "
        f"statement carries **{_money(context, line.amount)}** for it, once."
    )
    found = cached.close_differences(
        context.snapshot, context.scope, line.adjusted_month, shown.asked.metric, cost_center
    )
    words = f"{cost_center} {line.adjusted_month:%Y-%m}"
    tables.show(close_differences.differences_view(context, shown, found, words, one=True), "differences_of")
    st.caption("All that changed since the close; what an earlier month has carried already is not carried again.")


def _charges(context: PageContext, found: pa.Table, columns: Sequence[Column]) -> pa.Table:
    accounts = [_account(context, key) for key in found.column("usage_account_id").to_pylist()]
    values = found.append_column("account", pa.array(accounts, pa.string()))
    return values.select([column.name for column in columns])


def _account(context: PageContext, key: str | None) -> str:
    return context.account_names.get(key, key) if key else ""


def _view(
    context: PageContext, shown: ShownMonth, values: pa.Table, columns: Sequence[Column], words: str, alt: str
) -> TableView:
    name = file_name(f"{words} {shown.month:%Y-%m} {shown.asked.metric}")
    return TableView(values, tuple(columns), context.currency, name, alt, empty="")


def _money(context: PageContext, amount: Decimal | None) -> str:
    return wording.escaped(context.currency.exact(amount))


def _percent(share: Decimal) -> str:
    return wording.escaped((wording.percent(share, 2)).lstrip("+"))
