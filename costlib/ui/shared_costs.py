"""The parts of the page of all cost centers: the matrix that ends in the bill, what each rule moved, and what changed
in a closed month since."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import pyarrow as pa
import streamlit as st

from costlib.allocation.reading import method_in_words, source_in_words
from costlib.money import difference, total
from costlib.periods import Period, add_months
from costlib.queries.freshness import TieOut
from costlib.queries.showback import RuleTotal
from costlib.queries.statement_history import MonthTotal, year_to_date
from costlib.ui import cached, cards, showback_month, states, tables, why, wording
from costlib.ui.center_bars import center_bars
from costlib.ui.close_differences import differences_view
from costlib.ui.context import PageContext
from costlib.ui.rankings import file_name
from costlib.ui.showback_month import (
    CENTER_KEY,
    MONTH_KEY,
    MONTH_OF_ALL_KEY,
    STATEMENT_PAGE,
    ShownMonth,
    fine_print,
    in_words,
)
from costlib.ui.tables import Column, Kind, TableView
from costlib.ui.url_values import Field, unknown_values

RULE_KEY = "rule"
EVERYBODY = "All cost centers"
MONEY = pa.decimal128(38, 10)
PARTS = ("total", "direct", "taken", "given", "adjustment")
MATRIX_COLUMNS = (
    Column("cost_center", "Cost center", Kind.name, width=150),
    Column("total", "Total", Kind.money, width=112),
    Column("direct", "Own", Kind.money, "What the cost center was charged itself.", width=108),
    Column("taken", "Moved out", Kind.money, "What rules took from it.", width=108),
    Column("given", "Shared", Kind.money, "What rules gave to it.", width=108),
    Column("adjustment", "Adjustments", Kind.money, "What AWS changed in closed months since.", width=100),
    Column("change", "Since last month", Kind.money, "Of the total", width=118),
    Column("year_to_date", "Year to date", Kind.money, "The statements of the calendar year so far.", width=118),
)
RULE_COLUMNS = (
    Column("rule", "Rule", Kind.name, width=160),
    Column("pool", "Pool", Kind.money, width=110),
    Column("targets", "Shared by", Kind.number, "Cost centers that got a part.", width=85),
    Column("kept", "Why it moved nothing", Kind.text, width=190),
    Column("moves", "Moves", Kind.text, width=320),
    Column("split", "Split", Kind.text, width=420),
)


@dataclass(frozen=True)
class Everything:
    """All statements of a month that may be seen, with AWS's own total of it for whoever sees them all."""

    month: ShownMonth
    matrix: pa.Table
    history: tuple[MonthTotal, ...]
    aws: TieOut | None

    def sum_of(self, part: str) -> Decimal | None:
        return total(self.matrix.column(part).to_pylist())

    @property
    def bill(self) -> Decimal | None:
        """What the statements come to without what they carry for closed months."""
        return difference(self.sum_of("total"), self.sum_of("adjustment"))

    @property
    def gap(self) -> Decimal | None:
        """How much more than AWS's own total the statements come to; of a closed month, how much more AWS's total is
        now."""
        return self._gap(self.bill)

    @property
    def own_gap(self) -> Decimal | None:
        """The same of own cost alone."""
        return self._gap(self.sum_of("direct"))

    def _gap(self, ours: Decimal | None) -> Decimal | None:
        if self.aws is None:
            return None
        theirs = self.aws.control
        return difference(theirs, ours) if self.month.state.is_closed else difference(ours, theirs)


def choose(context: PageContext) -> Everything:
    """Draw the month's picker and read its statements. Stops the run when there are none that can be shown."""
    month = showback_month.choose_month(context, MONTH_OF_ALL_KEY)
    showback_month.state_badge(month)
    if cached.showback_bill(context.snapshot, month.asked) is None:
        showback_month.not_available(context, month)
        st.stop()
    history = cached.statement_history_of(context.snapshot, context.scope, month.asked.metric)
    if not history:
        showback_month.no_access()
    days = Period(month.month, add_months(month.month, 1))
    aws = (
        cached.tie_out_summary(context.snapshot, days, month.asked.metric)
        if context.scope.statements is None and context.scope.accounts is None
        else None
    )
    return Everything(
        month,
        cached.statement_matrix(context.snapshot, context.scope, month.asked),
        history,
        aws,
    )


def figures(context: PageContext, found: Everything) -> None:
    """All statements, AWS's own total beside them, and the difference."""
    with st.grid(5, min_column_width=184, gap="small"):
        if found.aws is None:
            _figure(
                context, "Your cost centers", found.sum_of("total"), wording.count(found.matrix.num_rows, "statement")
            )
            return
        _figure(context, "All statements", found.sum_of("total"), wording.count(found.matrix.num_rows, "cost center"))
        _figure(context, "Adjustments in them", found.sum_of("adjustment"), "for closed months")
        _figure(context, "AWS's own total", found.aws.control, f"of {wording.count(found.aws.days, 'day')}")
        _figure(context, _gap_name(found), found.gap, _gap_words(context, found))
        _figure(context, "Moved by rules", found.sum_of("given"), "between cost centers")


def matrix(context: PageContext, found: Everything) -> None:
    """A row a cost center, ending in the bill; a click on a name opens its statement."""
    drawing = center_bars(found.matrix, context.currency, found.month.words)
    cards.figure(drawing, "center_bars", lambda center: _open(found.month, center))
    names = found.matrix.column("cost_center").to_pylist()
    rows = [*(_center_row(found, row) for row in found.matrix.to_pylist()), *_last_rows(found)]
    values = pa.table(
        [pa.array([row[0] for row in rows]), *(pa.array([row[i] for row in rows], MONEY) for i in range(1, 8))],
        names=[column.name for column in MATRIX_COLUMNS],
    )
    words = f"all cost centers {found.month.month:%Y-%m} {context.filters.metric}"
    view = TableView(
        values, MATRIX_COLUMNS, context.currency, file_name(words), "All cost centers", empty="", whole=True
    )
    tables.show(view, "matrix", lambda row: _open(found.month, names[row]) if row < len(names) else None)
    st.caption(f"Click a name to open its statement. {fine_print(context, found.month)}")


def rules(context: PageContext, found: Everything) -> None:
    """What each rule moved, or why it moved nothing; a click opens where it came from and where it went."""
    moved = _in_order(found, cached.rule_totals(context.snapshot, found.month.asked))
    if not moved:
        st.caption("No rule is in force in this month.")
        return
    by_name = {found.month.rule_name(of_rule.rule_id): of_rule.rule_id for of_rule in moved}
    asked = _rule_asked(list(by_name))
    tables.show(_rules_view(context, found, moved), "rules", lambda row: _ask(list(by_name)[row]))
    st.caption(f"Rules run in this order; each sees what the ones before moved. {fine_print(context, found.month)}")
    if asked is not None:
        why.show_rule(context, found.month, by_name[asked], RULE_KEY)


def as_closed_versus_now(context: PageContext, found: Everything) -> None:
    """Every line of a closed month that AWS has moved since, by cost center."""
    month = found.month
    if not month.state.is_closed:
        st.caption(f"{month.words} is not closed: its statements follow what AWS says.")
        return
    moved = cached.close_differences(context.snapshot, context.scope, month.month, month.asked.metric)
    if not moved.num_rows:
        st.caption("Nothing has changed since it was closed.")
        return
    tables.show(differences_view(context, month, moved, "all cost centers"), "as_closed_versus_now")
    whole = _money(context, total(moved.column("difference").to_pylist()))
    st.caption(
        f"{wording.count(moved.num_rows, 'line')} moved by {whole} in all. The open months carry it as adjustments; "
        "the closed statements stay."
    )


def _in_order(found: Everything, moved: Sequence[RuleTotal]) -> list[RuleTotal]:
    """As the rules stand in the file; those that moved nothing too."""
    places = {rule_id: place for place, rule_id in enumerate(found.month.rules.by_id)} if found.month.rules else {}
    return sorted(moved, key=lambda of_rule: places.get(of_rule.rule_id, len(places)))


def _center_row(found: Everything, row: dict[str, object]) -> tuple[object, ...]:
    center = str(row["cost_center"])
    before = _total_of(found, center)
    whole = row["total"] if isinstance(row["total"], Decimal) else None
    to_date = year_to_date(found.history, found.month.month, center)
    return (center, *(row[part] for part in PARTS), difference(whole, before), to_date)


def _total_of(found: Everything, center: str) -> Decimal | None:
    """What the cost center came to the month before: 0 if it had no statement then, None if there was no month."""
    earlier = [of for of in found.history if of.month == add_months(found.month.month, -1)]
    if not earlier:
        return None
    return next((of.total for of in earlier if of.cost_center == center), Decimal(0))


def _last_rows(found: Everything) -> list[tuple[object, ...]]:
    sums = tuple(found.sum_of(part) for part in PARTS)
    rows: list[tuple[object, ...]] = [
        (EVERYBODY if found.aws else "All that you see", *sums, _change(found), _to_date(found))
    ]
    if found.aws is None:
        return rows
    none = (None, None)
    if found.sum_of("adjustment"):
        rows.append(("Without adjustments", found.bill, *sums[1:4], None, *none))
    rows.append(("AWS's own total", found.aws.control, found.aws.control, None, None, None, *none))
    rows.append((_gap_name(found), found.gap, found.own_gap, None, None, None, *none))
    return rows


def _change(found: Everything) -> Decimal | None:
    earlier = [of.total for of in found.history if of.month == add_months(found.month.month, -1)]
    return difference(found.sum_of("total"), total(earlier)) if earlier else None


def _to_date(found: Everything) -> Decimal | None:
    month = found.month.month
    return total(of.total for of in found.history if of.month.year == month.year and of.month <= month)


def _gap_name(found: Everything) -> str:
    return "Restated since closing" if found.month.state.is_closed and found.gap else "Difference"


def _gap_words(context: PageContext, found: Everything) -> str:
    if found.gap is None:
        return "not available"
    if not found.gap:
        return "to the last digit"
    if found.month.state.is_closed:
        return "by AWS, not by us"
    if found.aws and found.aws.ties_out:
        return f"{wording.escaped(context.currency.whole(found.gap))}: AWS's rounding"
    return "see Freshness"


def _rules_view(context: PageContext, found: Everything, moved: Sequence[RuleTotal]) -> TableView:
    by_id, names = (found.month.rules.by_id if found.month.rules else {}), context.account_names
    known = [by_id.get(of_rule.rule_id) for of_rule in moved]
    values = pa.table(
        {
            "rule": [found.month.rule_name(of_rule.rule_id) for of_rule in moved],
            "pool": pa.array([of_rule.pool for of_rule in moved], MONEY),
            "targets": pa.array([of_rule.targets for of_rule in moved], pa.int64()),
            "kept": [of_rule.kept_because or "" for of_rule in moved],
            "moves": [source_in_words(rule, names) if rule else "" for rule in known],
            "split": [method_in_words(rule, None, names) if rule else "" for rule in known],
        }
    )
    words = f"rules {found.month.month:%Y-%m} {context.filters.metric}"
    return TableView(values, RULE_COLUMNS, context.currency, file_name(words), "What each rule moved", "", whole=True)


def _rule_asked(names: Sequence[str]) -> str | None:
    states.unknown_in_the_link(
        unknown_values({RULE_KEY: st.query_params.get_all(RULE_KEY)}, [Field(RULE_KEY, "Rule", names)])
    )
    picked = st.selectbox(
        "Open a rule",
        names,
        index=None,
        key=RULE_KEY,
        bind="query-params",
        placeholder="Choose a rule, or click its name",
        width=320,
    )
    return picked if picked in names else None


def _ask(name: str) -> None:
    st.session_state[RULE_KEY] = name


def _open(month: ShownMonth, cost_center: str) -> None:
    st.switch_page(STATEMENT_PAGE, query_params={MONTH_KEY: in_words(month.month), CENTER_KEY: cost_center})


def _figure(context: PageContext, label: str, amount: Decimal | None, about: str) -> None:
    st.metric(label, _money(context, amount), delta_description=about, border=True, height="stretch")


def _money(context: PageContext, amount: Decimal | None) -> str:
    return wording.escaped(context.currency.exact(amount))
