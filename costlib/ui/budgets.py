"""The parts of the budgets page that are read: all budgets in a table, and the chosen one in figures and by day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import pyarrow as pa
import streamlit as st

from costlib.budgets.budget import Budget, Every, Of
from costlib.queries.budget_outlook import UNSURE, Outlook
from costlib.queries.budgets import Standing, Verdict
from costlib.queries.forecast_events import known_events
from costlib.ui import boxes, budget_chart, budgets_page, cached, cards, states, tables, wording
from costlib.ui.context import PageContext
from costlib.ui.tables import Column, Kind, TableView
from costlib.vocabulary import dimension

BUDGET_KEY = "budget"
MARKS = {Verdict.over: "▲ Over", Verdict.at_risk: "◆ At risk", Verdict.on_track: "● On track", Verdict.unknown: "–"}
WORST_FIRST = list(Verdict)
COLUMNS = (
    Column("name", "Budget", Kind.name, "Click one to see it day by day.", width=150, is_pinned=True),
    Column("state", "State", Kind.text, width=96),
    Column("amount", "Budget", Kind.money, "What was agreed, with what was carried over."),
    Column("actual", "Spent so far", Kind.money, "All that AWS has stated of the period."),
    Column("used", "Used", Kind.share, "Spent so far, of the budget.", width=120),
    Column(
        "expected", "Expected", Kind.money, "At the end of the period: complete days, and the forecast of the others."
    ),
    Column("variance", "Variance", Kind.money, "Expected less the budget; below zero is left."),
    Column("probability", "Overrun", Kind.part, "How likely the period ends above the budget.", width=84),
    Column("crossing", "Passed on", Kind.day, "When the budget was passed, or is expected to be.", width=140),
    Column("period", "Period", Kind.text, width=140),
    Column("of", "Of", Kind.text, width=220),
    Column("agreed", "Agreed", Kind.money),
    Column("carried", "Carried over", Kind.money, "Left by the months before; below zero was overspent."),
)


@dataclass(frozen=True)
class Shown:
    """Every budget that may be seen, the worst first, and the one that is looked at."""

    standings: tuple[Standing, ...]
    chosen: Standing


def choose(context: PageContext) -> Shown:
    """Read how all stand and draw the picker. Stops the run where there are no budgets: see budgets_page."""
    found = cached.budget_standings(
        context.snapshot,
        context.scope,
        context.settings.fiscal_year_start_month,
        known_events(context.settings.events_file),
    )
    if not found:
        budgets_page.nothing_here(context)
    standings = tuple(sorted(found, key=lambda s: WORST_FIRST.index(s.verdict)))
    by_label = {label_of(s.budget, found): s for s in standings}
    states.unknown_value_in_the_link(BUDGET_KEY, "Budget", list(by_label))
    picked = boxes.one_of("Budget", BUDGET_KEY, list(by_label), next(iter(by_label)), width=320)
    return Shown(standings, by_label[picked])


def label_of(budget: Budget, found: Sequence[Standing]) -> str:
    """Its name, with its id where two share a name."""
    name = wording.one_line(budget.name)
    is_shared = sum(wording.one_line(s.budget.name) == name for s in found) > 1
    return f"{name} ({budget.budget_id})" if is_shared else name


def figures(context: PageContext, shown: Shown) -> None:
    """The chosen budget in four figures."""
    standing = shown.chosen
    exact = context.currency.exact
    with st.grid(4, min_column_width=184, gap="small"):
        cards.kpi("Budget", exact(standing.amount), versus=_made_of(context, standing), about=AMOUNT)
        cards.kpi("Spent so far", exact(standing.actual), versus=_left(context, standing), about=ACTUAL)
        cards.kpi("Expected at its end", exact(standing.expected), versus=_between(context, standing), about=EXPECTED)
        cards.kpi("Chance of overrun", chance(standing.probability), versus=_when(standing), about=CHANCE)


AMOUNT = "What was agreed for the period, and what earlier months of the year left or overspent if it rolls over."
ACTUAL = "All that AWS has stated of the period, days that are still arriving included."
EXPECTED = "The complete days, and a forecast of the others; in four of five such periods the end lies between."
CHANCE = "From how far such forecasts were from the truth on this budget's own past."


def all_of_them(context: PageContext, shown: Shown) -> None:
    """The table, the worst first; a click opens a budget."""
    labels = [label_of(standing.budget, shown.standings) for standing in shown.standings]
    tables.show(_view(context, shown.standings), "budgets", lambda row: _open(labels[row]))
    counted = [(verdict, sum(s.verdict is verdict for s in shown.standings)) for verdict in Verdict]
    counts = [f"{count} {verdict.value}" for verdict, count in counted if count]
    idle = len(cached.seen_budgets(context.snapshot, context.scope)) - len(shown.standings)
    more = f" {wording.count(idle, 'budget')} without an amount for this month." if idle else ""
    through = wording.day(shown.chosen.path[-1][0]) if shown.chosen.path else "no day yet"
    st.caption(f"{' · '.join(counts).capitalize()}.{more} Complete days through {through}. At risk is a chance of 20%.")


def burn_up(context: PageContext, shown: Shown) -> None:
    """The chosen budget's running sum, where it leads, and the line it must not pass."""
    standing = shown.chosen
    st.subheader(f"{wording.escaped(standing.budget.name)}, {wording.span(standing.period)}", anchor=False)
    cards.figure(budget_chart.burn_up(standing, context.currency), "burn_up")
    st.caption(_fine_print(context, standing))


def of_words(context: PageContext, budget: Budget) -> str:
    """What a budget is of, as people read it; not escaped."""
    if budget.of == Of.total:
        return "The whole bill"
    if budget.of == Of.account:
        return f"Account {context.account_names.get(budget.value, budget.value)}"
    known = {Of.service.value: "Service", Of.cost_center.value: "Cost center"}
    return f"{known.get(budget.of) or dimension(budget.of).label}: {budget.value}"


def chance(probability: float | None) -> str:
    """`23%`, `under 1%`, `over 99%`: no forecast is certain."""
    if probability is None:
        return wording.NOT_AVAILABLE
    if UNSURE < probability < 1 - UNSURE:
        return f"{probability:.0%}"
    bounds = {0.0: "0%", UNSURE: "under 1%", 1 - UNSURE: "over 99%", 1.0: "100%"}
    return bounds[probability]


def _open(label: str) -> None:
    st.session_state[BUDGET_KEY] = label


def _view(context: PageContext, standings: Sequence[Standing]) -> TableView:
    money = pa.decimal128(38, 10)
    columns: dict[str, pa.Array] = {
        "name": pa.array([s.budget.name for s in standings], pa.string()),
        "state": pa.array([MARKS[s.verdict] for s in standings], pa.string()),
        "of": pa.array([of_words(context, s.budget) for s in standings], pa.string()),
        "period": pa.array([_period(s) for s in standings], pa.string()),
        "used": pa.array([_used(s) for s in standings], pa.float64()),
        "probability": pa.array([s.probability for s in standings], pa.float64()),
        "crossing": pa.array([s.crossing for s in standings], pa.date32()),
        "agreed": pa.array([s.agreed.amount for s in standings], money),
        "carried": pa.array([s.carried.amount for s in standings], money),
    }
    columns |= {
        name: pa.array([getattr(s, name) for s in standings], money)
        for name in ("amount", "actual", "expected", "variance")
    }
    values = pa.table({column.name: columns[column.name] for column in COLUMNS})
    return TableView(values, COLUMNS, context.currency, "budgets.csv", "How each budget stands", empty="–", whole=True)


def _period(standing: Standing) -> str:
    if standing.budget.every is Every.month:
        return wording.month_name(standing.period.start)
    return wording.span(standing.period)


def _used(standing: Standing) -> float | None:
    if standing.actual is None or not standing.amount or standing.amount < 0:
        return None
    return float(standing.actual / standing.amount)


def _made_of(context: PageContext, standing: Standing) -> str:
    if not standing.budget.rollover:
        return _period(standing)
    carried = standing.carried.amount
    return f"{wording.escaped(context.currency.change(carried))} carried over"


def _left(context: PageContext, standing: Standing) -> str:
    if standing.amount is None or standing.actual is None:
        return ""
    left = standing.amount - standing.actual
    return wording.escaped(f"{context.currency.exact(abs(left))} {'left' if left >= 0 else 'over'}")


def _between(context: PageContext, standing: Standing) -> str:
    if not isinstance(standing.outlook, Outlook):
        return wording.escaped(standing.outlook)
    end, currency = standing.outlook.end, context.currency
    low, high = currency.compact(end.low), currency.compact(end.high)
    if low == high:
        low, high = currency.exact(end.low), currency.exact(end.high)
    return wording.escaped(f"{low} to {high} (80%)")


def _when(standing: Standing) -> str:
    crossing = standing.crossing
    if crossing is None:
        return "not expected to be passed" if isinstance(standing.outlook, Outlook) else ""
    return f"{'passed' if standing.crossed else 'passed about'} {wording.day(crossing, standing.period.start.year)}"


def _fine_print(context: PageContext, standing: Standing) -> str:
    budget, outlook = standing.budget, standing.outlook
    parts = [
        f"{wording.escaped(of_words(context, budget))}",
        f"{budget.metric.label} cost in {context.snapshot.currency}",
        f"as of {wording.moment(context.snapshot.as_of)}",
    ]
    if isinstance(outlook, Outlook):
        error = "" if outlook.error is None else f", {wording.share(Decimal(str(outlook.error)))} off on its past"
        parts.append(f"forecast: {outlook.model}{error}")
    else:
        parts.append(wording.escaped(outlook))
    if standing.since > standing.period.start:
        parts.append(f"counted since {wording.day(standing.since)}, the first stored day")
    if budget.of == Of.cost_center:
        parts.append("shared cost is laid over the days like the center's own")
    return " · ".join(parts)
