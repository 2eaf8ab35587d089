"""The filters that all pages share, as widgets bound to the URL: a link is a view.

A page says which of them mean something on it; the others are not drawn and keep their values for the pages that do.
Whatever a browser sends is checked here again: Streamlit's own limits are only kept by honest browsers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Flag, StrEnum, auto
from typing import TypeVar

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.elements.lib.grid_container import GridContainer

from costlib.access import Scope
from costlib.periods import DAY, Comparison, Granularity, Period, Preset, compared_period, preset_period
from costlib.queries.filters import Filters
from costlib.store.snapshot import Snapshot
from costlib.ui import boxes, cached, wording
from costlib.ui.url_values import Field, Unknown, switch, unknown_dates, unknown_values
from costlib.vocabulary import CostMetric, dimension

E = TypeVar("E", bound=StrEnum)

PRESETS = {
    Preset.last_7_days: "Last 7 days",
    Preset.last_30_days: "Last 30 days",
    Preset.last_90_days: "Last 90 days",
    Preset.month_to_date: "Month to date",
    Preset.last_month: "Last month",
    Preset.quarter_to_date: "Quarter to date",
    Preset.year_to_date: "Year to date",
    Preset.fiscal_year: "Fiscal year to date",
    Preset.last_13_months: "Last 13 months",
    Preset.all_stored: "All stored",
    Preset.custom: "Custom dates",
}
GRANULARITIES = {Granularity.daily: "Daily", Granularity.weekly: "Weekly", Granularity.monthly: "Monthly"}
COMPARISONS = {
    Comparison.previous_period: "Previous period",
    Comparison.last_month: "Same period last month",
    Comparison.last_year: "Same period last year",
    Comparison.none: "Nothing",
}
METRICS = {metric: metric.label for metric in CostMetric}
SWITCHES = {
    "without_tax": "Tax",
    "without_credits": "Credits",
    "without_refunds": "Refunds",
    "without_support": "Support",
}
"""What can be left out. Off by default: Streamlit takes an assigned value for a mistake where the default is on."""
_LAST_PAGE = "filter_bar_last_page"
LISTS = ("accounts", "services", "record_types")


class Shown(Flag):
    """Which of the filters mean something on a page."""

    nothing = 0
    period = auto()
    comparison = auto()
    granularity = auto()
    metric = auto()
    narrowing = auto()
    """What keeps some charges only: accounts, services, labels … and what is left out."""
    all = period | comparison | granularity | metric | narrowing


@dataclass(frozen=True)
class Chosen:
    """What the filter bar is set to."""

    filters: Filters
    comparison: Comparison
    compared: Period | None
    unknown: tuple[Unknown, ...]


class FilterBar:
    """The widgets of one run, over the values that occur in one snapshot and scope."""

    def __init__(self, snapshot: Snapshot, scope: Scope, shown: Shown, fiscal_year_start_month: int) -> None:
        self._snapshot = snapshot
        self._shown = shown
        self._fiscal_year_start_month = fiscal_year_start_month
        self._options = cached.options(snapshot, scope)
        self._accounts = self._options.account_labels

    @property
    def _lists(self) -> tuple[str, ...]:
        """The parameters that hold several values; a label's is its dimension, which no other parameter can be."""
        return (*LISTS, *self._options.labels)

    def show(self, page: str) -> Chosen:
        """Draw the filters, and say which values of the link are not known."""
        unknown = tuple(self._unknown())
        _keep_in_url(page, self._lists)
        if self._shown is Shown.nothing:
            return self._choose(None, unknown)
        with st.grid(5, min_column_width=150, gap="small", vertical_alignment="bottom") as grid:
            return self._choose(grid, unknown)

    def _choose(self, grid: GridContainer | None, unknown: tuple[Unknown, ...]) -> Chosen:
        preset, granularity, comparison = Preset.last_30_days, Granularity.daily, Comparison.previous_period
        metric = CostMetric.unblended_cost
        if Shown.period in self._shown:
            preset = _one_of("Period", "period", PRESETS, preset)
        period = self._period(preset, grid)
        if Shown.comparison in self._shown:
            comparison = _one_of("Compare with", "compare", COMPARISONS, comparison)
        if Shown.granularity in self._shown:
            granularity = _one_of("Granularity", "granularity", GRANULARITIES, granularity)
        if Shown.metric in self._shown:
            metric = _one_of("Cost", "metric", METRICS, metric)
        kept = Filters(period, granularity, metric)
        if Shown.narrowing in self._shown:
            kept = self._narrowed(kept)
        return Chosen(kept, comparison, compared_period(period, comparison), unknown)

    def _period(self, preset: Preset, grid: GridContainer | None) -> Period:
        stored, last = self._snapshot.period, self._snapshot.complete_through
        complete = min(max(last, stored.start), stored.last_day)
        if preset is Preset.custom and grid is not None:
            return self._custom(preset_period(Preset.last_30_days, complete), grid.cell(column_span=2))
        wanted = preset_period(preset, complete, self._fiscal_year_start_month)
        return wanted.clip(stored) or stored

    def _custom(self, default: Period, cell: DeltaGenerator) -> Period:
        stored = self._snapshot.period
        start = default.clip(stored) or stored
        picked = cell.date_input(
            "Dates",
            (start.start, start.last_day),
            min_value=stored.start,
            max_value=stored.last_day,
            key="dates",
            bind="query-params",
            format="YYYY-MM-DD",
        )
        days = [day for day in picked if isinstance(day, date) and day in stored] if isinstance(picked, tuple) else []
        return Period(min(days), max(days) + DAY) if days else start

    def _narrowed(self, filters: Filters) -> Filters:
        with st.popover("Filters", icon=":material/filter_list:", width="stretch", key="filters_popover"):
            accounts = _some_of("Accounts", "accounts", tuple(self._accounts), self._accounts)
            services = _some_of("Services", "services", self._options.services)
            record_types = _some_of("Record types", "record_types", self._options.record_types)
            labels = [
                (key, _some_of(_label(key), key, values, placeholder="Every value"))
                for key, values in self._options.labels.items()
            ]
            st.caption("Leave out")
            with st.grid(2, min_column_width=110, gap="small"):
                left_out = {key: st.toggle(label, key=key, bind="query-params") for key, label in SWITCHES.items()}
            st.button(
                "Clear filters",
                icon=":material/filter_list_off:",
                on_click=clear,
                args=(self._lists,),
                key="clear_filters",
            )
        return Filters(
            filters.period,
            filters.granularity,
            filters.metric,
            accounts=accounts,
            services=services,
            record_types=record_types,
            labels=tuple((key, values) for key, values in labels if values),
            include_tax=not left_out["without_tax"],
            include_credits=not left_out["without_credits"],
            include_refunds=not left_out["without_refunds"],
            include_support=not left_out["without_support"],
        )

    def _unknown(self) -> Iterator[Unknown]:
        query = {key: st.query_params.get_all(key) for key in st.query_params}
        yield from unknown_values(query, list(self._fields()))
        if Shown.period in self._shown and query.get("period", [""])[-1] == PRESETS[Preset.custom]:
            yield from unknown_dates(query.get("dates", []), self._snapshot.period)

    def _fields(self) -> Iterator[Field]:
        if Shown.metric in self._shown:
            yield Field("metric", "Cost", METRICS.values())
        if Shown.period in self._shown:
            yield Field("period", "Period", PRESETS.values())
        if Shown.comparison in self._shown:
            yield Field("compare", "Compare with", COMPARISONS.values())
        if Shown.granularity in self._shown:
            yield Field("granularity", "Granularity", GRANULARITIES.values())
        if Shown.narrowing in self._shown:
            yield Field("accounts", "Account", self._accounts.values(), many=True)
            yield Field("services", "Service", self._options.services, many=True)
            yield Field("record_types", "Record type", self._options.record_types, many=True)
            yield from (Field(key, _label(key), values, many=True) for key, values in self._options.labels.items())
            yield from (switch(key, f"Leave out {label.lower()}") for key, label in SWITCHES.items())


def _keep_in_url(page: str, lists: Sequence[str]) -> None:
    """Carry the filters of the popover over to another page's URL.

    The browser drops the URL's parameters on a page switch and writes those of the widgets it draws; what is in a
    closed popover it does not draw. Assigning a value makes Streamlit write it to the URL.
    """
    if st.session_state.get(_LAST_PAGE, page) != page:
        for key in (*lists, *SWITCHES):
            if key in st.session_state and key not in st.query_params:
                st.session_state[key] = st.session_state[key]
    st.session_state[_LAST_PAGE] = page


def clear(lists: Sequence[str]) -> None:
    """Back to everything; the period and the cost view stay. To be called before the widgets are drawn."""
    for key in lists:
        st.session_state[key] = []
    for key in SWITCHES:
        st.session_state[key] = False


def _label(name: str) -> str:
    """What people call a cost category or tag: its own name."""
    return wording.one_line(dimension(name).label)


def _one_of(label: str, key: str, values: dict[E, str], default: E) -> E:
    return boxes.one_of(label, key, list(values), default, values.__getitem__)


def _some_of(
    label: str, key: str, values: tuple[str, ...], reads: Mapping[str, str] | None = None, placeholder: str = ""
) -> tuple[str, ...]:
    picked = st.multiselect(
        label,
        values,
        format_func=lambda value: reads.get(value, value) if reads else value,
        key=key,
        bind="query-params",
        placeholder=placeholder or f"All {label.lower()}",
    )
    return tuple(value for value in values if value in picked)
