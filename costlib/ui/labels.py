"""The parts of the cost categories page about one label: its coverage, its values, and what they are crossed with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

import pyarrow as pa
import streamlit as st

from costlib.queries.labels import TARGET, Coverage
from costlib.ui import boxes, cached, cards, charts, pivots, rankings, states, tables, waiting, wording
from costlib.ui.context import PageContext
from costlib.vocabulary import UNALLOCATED, dimension

TOP = 9
"""Values with a colour of their own; the rest is Other. Unallocated is always apart."""
TOP_ACROSS = 15
ACROSS = {"service": "Services", "usage_account_id": "Accounts"}
TARGET_READS = wording.share(TARGET, 0)
_TRACKING = """\
# costlib.toml
cost_categories = ["*"]   # all that exist in AWS; or their names
tags = ["team"]           # keys of activated cost allocation tags"""


@dataclass(frozen=True)
class Shown:
    """The label that the page is about, and what everything on it is asked with."""

    label: str
    name: str
    coverage: Coverage
    previous: Coverage | None
    values: pa.Table


def choose(context: PageContext) -> Shown:
    """Draw the choice of the label; stops the page when none is tracked or nothing is left of its charges."""
    names = readings(context.snapshot.labels)
    if not names:
        _nothing_is_tracked(context)
    label = _picked(names)
    asked = (context.snapshot, context.scope)
    with waiting.skeleton():
        values = cached.label_values(*asked, context.filters, label, context.compared)
        found = cached.coverage(*asked, context.filters, label)
        compared = context.over(context.compared) if context.compared else None
        previous = cached.coverage(*asked, compared, label) if compared and _is_known(values) else None
    if not values.num_rows:
        states.nothing_matches()
        st.stop()
    return Shown(label, names[label], found, previous, values)


def readings(labels: tuple[str, ...]) -> dict[str, str]:
    """What people call each label: the name of a cost category, `Tag KEY` of a tag."""
    return {label: f"Tag {dimension(label).label}" if is_tag(label) else dimension(label).label for label in labels}


def is_tag(label: str) -> bool:
    return dimension(label).api_type == "TAG"


def kpi_row(context: PageContext, shown: Shown) -> None:
    """Coverage against the target, and the amount that nobody owns."""
    money, found, before = context.currency, shown.coverage, shown.previous
    versus = f"vs {wording.span(context.compared)}" if context.compared and before else None
    with st.grid(3, min_column_width=240, gap="small"):
        st.metric(
            f"Coverage · target {TARGET_READS}",
            wording.share(found.share),
            _against_target(found, money),
            delta_color="off" if found.meets_target is None else "normal",
            delta_arrow="off",
            help="Of the charges above zero, the part that has a value. Credits and discounts count on neither side.",
            border=True,
            height=cards.KPI_HEIGHT,
        )
        _amount("Unallocated", found.unallocated, before.unallocated if before else None, versus, context, "inverse")
        _amount("Labeled", found.labeled, before.labeled if before else None, versus, context, "off")


def over_time(context: PageContext, shown: Shown) -> None:
    """The values, stacked, with what has none at the bottom."""
    table = cached.cost_over_time(context.snapshot, context.scope, context.filters, shown.label, TOP)
    granularity, what = context.filters.granularity, f"cost by {shown.name}"
    cards.chart(
        context,
        wording.escaped(f"{granularity.value.capitalize()} {what}"),
        charts.stacked(table, {}, context.currency, granularity, what),
        key="label_over_time",
        note=f"{UNALLOCATED} is outlined, and never part of Other.",
    )


def values(context: PageContext, shown: Shown) -> None:
    """Every value with its amount, share, comparison and trend."""
    with st.container(border=True):
        st.subheader(wording.escaped(f"Values of {shown.name}"), anchor=False)
        tables.show(rankings.ranked(context, shown.values, shown.label, slug(context, shown, "values")), "label_values")
        st.caption(context.fine_print)


def crossed(context: PageContext, shown: Shown) -> None:
    """The values against services or accounts."""
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
            st.subheader(wording.escaped(f"{shown.name} crossed with"), anchor=False, width="content")
            across = st.selectbox(
                "Crossed with",
                list(ACROSS),
                format_func=ACROSS.__getitem__,
                key="across",
                bind="query-params",
                label_visibility="collapsed",
                width=160,
            )
        asked = (context.snapshot, context.scope, context.filters, across, shown.label)
        table = cached.crossing(*asked, TOP_ACROSS, TOP)
        words = slug(context, shown, f"by-{ACROSS[across]}")
        tables.show(pivots.pivot(context, table, across, shown.label, words), "label_crossed")
        st.caption(context.fine_print)


def _picked(names: Mapping[str, str]) -> str:
    states.unknown_value_in_the_link("label", "Cost category or tag", names.values())
    first = next(iter(names))
    return boxes.one_of(
        "Cost category or tag", "label", list(names), first, lambda label: names.get(label, label), width=320
    )


def _nothing_is_tracked(context: PageContext) -> None:
    """Why there is nothing to see, and which settings bring it."""
    rights = cached.missing_rights(context.snapshot).column("action").to_pylist()
    with st.container(border=True):
        st.subheader("No cost category or tag is tracked", anchor=False)
        st.markdown(
            "Cost categories are tracked when AWS has some, tags when the settings name them. Set this and sync again:"
        )
        st.code(_TRACKING, language="toml")
        if "ce:GetCostCategories" in rights:
            st.markdown("The role lacks `ce:GetCostCategories`: without it, no cost category is found.")
    st.stop()


def _against_target(found: Coverage, money: wording.Currency) -> str | None:
    """How far from the target, in dollars. A hyphen in front is what st.metric knows a miss by."""
    if found.short_by is None:
        return None
    if found.meets_target is not False:
        return wording.escaped(f"{money.exact(abs(found.short_by))} above the target")
    return f"-{wording.escaped(money.exact(found.short_by))} short of the target"


def _amount(
    label: str,
    now: Decimal | None,
    before: Decimal | None,
    versus: str | None,
    context: PageContext,
    color: str,
) -> None:
    change = wording.change_percent(now, before)
    st.metric(
        f"{label} · {wording.span(context.filters.period)}",
        wording.escaped(context.currency.exact(now)),
        wording.delta(change),
        delta_color=wording.delta_color(change) if color == "inverse" else "off",
        delta_arrow=wording.delta_arrow(change),
        delta_description=versus,
        border=True,
        height=cards.KPI_HEIGHT,
    )


def _is_known(values: pa.Table) -> bool:
    """Whether the compared period is stored whole: the ranking says so."""
    return bool(values.num_rows) and values.column("previous").null_count < values.num_rows


def slug(context: PageContext, shown: Shown, what: str) -> str:
    period = context.filters.period
    return f"{shown.name}-{what}-{period.start}-{period.last_day}"
