"""The parts of the cost views page: the senses of cost in the viewer's own numbers, and what leads from one to another.

The page shows every metric at once, so the filter bar's metric plays no part in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import pyarrow as pa
import streamlit as st

from costlib.money import difference, total
from costlib.queries.cost_steps import Amounts, Leg, Part, Step, bridge_of, totals
from costlib.queries.cost_views import by_record_type
from costlib.ui import boxes, cached, cards, states, tables, wording
from costlib.ui.context import PageContext
from costlib.ui.rankings import file_name
from costlib.ui.tables import Column, Kind, TableView
from costlib.ui.url_values import Field, unknown_values
from costlib.ui.waterfall import Bar, waterfall
from costlib.vocabulary import COST_METRICS, DIMENSIONS, CostMetric

LABELS = {metric: metric.label for metric in COST_METRICS}
MONEY = pa.decimal128(38, 10)
KINDS_OF_CHARGE = (Step.usage, Step.credits, Step.refunds, Step.tax, Step.support)
STEP_COLUMNS = (
    Column("step", "Step", Kind.text, width=205),
    Column("amount", "Amount", Kind.money, width=115),
    Column("about", "What it is", Kind.text, width=320),
    Column("record_types", "Record types", Kind.text, width=300),
)
RECORD_TYPE_COLUMNS = (
    Column("record_type", DIMENSIONS["record_type"].label, Kind.text, width=210),
    *(Column(metric, metric.label, Kind.money, metric.meaning) for metric in COST_METRICS),
    Column("charge_category", DIMENSIONS["charge_category"].label, Kind.text),
)


@dataclass(frozen=True)
class Pair:
    """The two senses of cost that are compared."""

    start: CostMetric
    end: CostMetric

    @property
    def words(self) -> str:
        return f"from {self.start.label.lower()} to {self.end.label.lower()} cost"


def found(context: PageContext) -> tuple[Part, ...]:
    """The selection by record type, in every sense of cost."""
    return cached.cost_parts(context.snapshot, context.scope, context.filters)


def figures(found: Sequence[Part], context: PageContext) -> None:
    """The same charges in each sense of cost, one sentence each, beside unblended."""
    amounts, money = totals(found), context.currency
    with st.grid(5, min_column_width=184, gap="small"):
        for metric in COST_METRICS:
            with st.container(border=True, height="stretch", gap="xsmall"):
                st.metric(metric.label, wording.escaped(money.exact(amounts[metric])))
                st.caption(_about(metric, amounts, context))


def where_it_falls(context: PageContext) -> None:
    """Say that fees and use of commitments lie apart, where the selection may hold the one without the other."""
    kept = context.filters
    if context.scope.accounts is None and not (kept.accounts or kept.services or kept.labels or kept.where):
        return
    st.info(
        "A commitment's fees are charged to the account and service that bought it; the cost of what it covered falls "
        "on the accounts and services that used it. This selection may hold the one without the other, so that its "
        "amortized cost is more or less than its unblended cost for good, not only until the fees are used up.",
        title="Fees and use of a commitment can lie apart",
        icon=":material/call_split:",
    )


def choose() -> Pair:
    """From which sense of cost to which; both are in the URL."""
    query = {key: st.query_params.get_all(key) for key in ("from_cost", "to_cost")}
    fields = [Field("from_cost", "From", LABELS.values()), Field("to_cost", "To", LABELS.values())]
    states.unknown_in_the_link(unknown_values(query, fields))
    with st.container(horizontal=True, gap="small"):
        start = _pick("From", "from_cost", CostMetric.unblended_cost)
        end = _pick("To", "to_cost", CostMetric.net_amortized_cost)
    return Pair(start, end)


def steps(context: PageContext, found: Sequence[Part], pair: Pair) -> None:
    """The waterfall between the two, and the same as a table that adds up."""
    legs = bridge_of(found, pair.start, pair.end)
    if not legs:
        st.caption(_no_steps(found, pair))
        return
    start, end = legs[0].start, legs[-1].end
    left, right = st.columns([2, 3], gap="medium")
    with left:
        st.markdown(_summary(pair, start, end, context))
        cards.figure(waterfall(_bars(legs), context.currency, pair.words), "cost_steps")
    with right:
        view = TableView(
            _step_rows(legs),
            STEP_COLUMNS,
            context.currency,
            file_name(f"cost {pair.words} {context.filters.period}"),
            f"Steps {pair.words}",
            empty="",
            whole=True,
        )
        tables.show(view, "cost_steps")
        st.caption(" ".join([_closes(legs, context), _same(legs)]).strip())
    st.caption(fine_print(context))


def record_types(context: PageContext, found: Sequence[Part]) -> None:
    """Every record type in every sense of cost, with the total, and AWS's own where nothing is filtered out."""
    rows = [by_record_type(found).select([c.name for c in RECORD_TYPE_COLUMNS]), _row("Total", totals(found))]
    control = cached.aws_totals(context.snapshot, context.scope, context.filters)
    note = "AWS gives totals of all charges together only; clear the filters to see them under this one."
    if control is not None:
        sums = totals(found)
        gaps = {metric: difference(sums[metric], control[metric]) for metric in COST_METRICS}
        rows += [_row("AWS's own total", control), _row("Difference", gaps)]
        note = "AWS's own total is what Cost Explorer answers for these days when asked for no groups."
    words = f"cost by record type in every metric {context.filters.period}"
    values = pa.concat_tables(rows)
    alt = "Cost by record type and metric"
    view = TableView(values, RECORD_TYPE_COLUMNS, context.currency, file_name(words), alt, whole=True)
    tables.show(view, "cost_record_types")
    st.caption(f"{note} {fine_print(context)}")


def fine_print(context: PageContext) -> str:
    """What the figures stand on; the page shows all metrics, so none is named."""
    parts = [f"{wording.span(context.filters.period)}, cost in {context.snapshot.currency}"]
    parts += [*context.narrowed_to, *context.left_out, "UTC days", f"as of {wording.moment(context.snapshot.as_of)}"]
    return " · ".join(parts)


def _pick(label: str, key: str, default: CostMetric) -> CostMetric:
    return boxes.one_of(label, key, COST_METRICS, default, LABELS.__getitem__, width=200)


def _about(metric: CostMetric, amounts: Amounts, context: PageContext) -> str:
    """The sense in a sentence, and how much more or less it is than unblended."""
    gap = difference(amounts[metric], amounts[CostMetric.unblended_cost])
    if metric is CostMetric.unblended_cost or gap is None:
        return metric.meaning
    if not gap:
        return f"{metric.meaning} Here the same as unblended."
    size = wording.escaped(context.currency.exact(abs(gap)))
    return f"{metric.meaning} {size} {'more' if gap > 0 else 'less'} than unblended."


def _no_steps(found: Sequence[Part], pair: Pair) -> str:
    if pair.start == pair.end:
        return "Choose two different senses of cost to see what lies between them."
    known = totals(found)
    missing = [metric.label for metric in (pair.start, pair.end) if known[metric] is None]
    return f"{' and '.join(missing)} cost is not available: AWS does not offer it for all of these charges."


def _summary(pair: Pair, start: Decimal, end: Decimal, context: PageContext) -> str:
    money, gap = context.currency, difference(end, start)
    first, last = wording.escaped(money.exact(start)), wording.escaped(money.exact(end))
    if not gap:
        return f"{pair.start.label} and {pair.end.label.lower()} cost are the same here: **{last}**."
    size = wording.escaped(money.exact(abs(gap)))
    return (
        f"{pair.start.label} cost of **{first}** is {pair.end.label.lower()} cost of **{last}**: "
        f"{size} {'more' if gap > 0 else 'less'}."
    )


def _bars(legs: Sequence[Leg]) -> list[Bar]:
    bars = [Bar(legs[0].start_metric.label, legs[0].start, is_total=True)]
    for leg in legs:
        bars += [Bar(step.name, step.amount) for step in leg.steps if step.amount]
        bars.append(Bar(leg.end_metric.label, leg.end, is_total=True))
    return bars


def _step_rows(legs: Sequence[Leg]) -> pa.Table:
    rows: list[tuple[str, Decimal | None, str, str]] = [_sense(legs[0].start_metric, legs[0].start)]
    for leg in legs:
        rows += [(s.name, s.amount, s.step.meaning, ", ".join(s.record_types)) for s in leg.steps if s.amount]
        rows.append(_sense(leg.end_metric, leg.end))
    residual = total(leg.residual for leg in legs)
    rows.append(("Left unexplained", residual, "What the steps do not account for", ""))
    names, amounts, about, record_types = zip(*rows, strict=True)
    return pa.table(
        [pa.array(names), pa.array(amounts, MONEY), pa.array(about), pa.array(record_types)],
        names=[column.name for column in STEP_COLUMNS],
    )


def _sense(metric: CostMetric, amount: Decimal) -> tuple[str, Decimal, str, str]:
    return (metric.label, amount, f"Total, {metric.label.lower()} cost", "")


def _closes(legs: Sequence[Leg], context: PageContext) -> str:
    residual = total(leg.residual for leg in legs)
    if not residual:
        return "Start and steps add up to the end, to the last digit."
    return f"The steps leave {wording.escaped(context.currency.whole(residual))} unexplained."


def _same(legs: Sequence[Leg]) -> str:
    """The kinds of charge that are the same all the way; other steps than these are about a difference only."""
    still = [{step.step for step in leg.steps if not step.amount} for leg in legs]
    names = [step.forward.lower() for step in KINDS_OF_CHARGE if all(step in steps for steps in still)]
    return f"The same in both: {', '.join(names)}." if names else ""


def _row(name: str, amounts: Amounts) -> pa.Table:
    values = [pa.array([name]), *(pa.array([amounts[metric]], MONEY) for metric in COST_METRICS), pa.array([""])]
    return pa.table(values, names=[column.name for column in RECORD_TYPE_COLUMNS])
