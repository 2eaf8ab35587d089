"""What a place on the path is made of: its trend, what can be opened next, its record types and its days."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from functools import partial

import pyarrow as pa
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from costlib.periods import Granularity, Preset
from costlib.queries.ranking import Totals
from costlib.ui import cached, cards, charts, day, path, rankings, states, tables, waiting, wording
from costlib.ui.context import PageContext
from costlib.ui.filter_bar import PRESETS
from costlib.ui.headline import headline
from costlib.ui.path import BY_ACCOUNT, BY_SERVICE, Place

TOP = 9
"""Keys with a colour of their own; the rest is Other."""


def show(context: PageContext, place: Place) -> None:
    """The total, the stacked trend, and the table of whatever comes next; record types and days of what is open.

    Where a day is open, what that day is made of.
    """
    if place.day is not None:
        day.show(context, place)
        return
    asked = (context.snapshot, context.scope, place.filters)
    with waiting.skeleton():
        found = cached.total(*asked, context.compared)
        ranked = cached.rank(*asked, place.next.dimension, context.compared)
        over_time = cached.cost_over_time(*asked, place.next.dimension, TOP)
    if not ranked.num_rows:
        states.nothing_matches()
        return
    _trend(context, place, found, over_time)
    with st.container(border=True):
        st.subheader(_title(place, f"By {place.next.one}"), anchor=False)
        if place.opens:
            st.caption(f"Click a name to see what the {place.next.one} is made of.")
        view = rankings.ranked(context, ranked, place.next.dimension, _slug(place, place.next.many))
        tables.show(view, f"by_{place.next.dimension}", _opening_rows(place, ranked.column("key").to_pylist()))
        st.caption(context.fine_print)
    if len(place.opened) == 1:
        left, right = st.columns(2)
        _record_types(context, place, left)
        _days(context, place, right)
    elif place.opened:
        _days(context, place, st.container())


def open_service(service: str, period: Preset | None = None) -> None:
    """Go to the services page with one service open, over the period that was clicked; for clicks on other pages."""
    st.switch_page("pages/spend/services.py", query_params={BY_SERVICE.first.key: service, **_over(period)})


def open_account(account: str, period: Preset | None = None) -> None:
    """Go to the accounts page with one account open, by the name that people read; for clicks on other pages."""
    st.switch_page("pages/spend/accounts.py", query_params={BY_ACCOUNT.first.key: account, **_over(period)})


def open_account_service(account: str, service: str) -> None:
    """The same for one service of an account, which is named as its box names it."""
    opened = {BY_ACCOUNT.first.key: account, BY_ACCOUNT.second.key: service}
    st.switch_page("pages/spend/accounts.py", query_params=opened)


def _over(period: Preset | None) -> dict[str, str]:
    return {} if period is None else {"period": PRESETS[period]}


def _trend(context: PageContext, place: Place, found: Totals, table: pa.Table) -> None:
    what, granularity = f"cost by {place.next.one}", place.filters.granularity
    drawing = charts.stacked(table, path.readings(context, place.next), context.currency, granularity, what)
    with st.container(border=True):
        st.subheader(_title(place, f"{granularity.value.capitalize()} {what}"), anchor=False)
        headline(context, place.filters, found, context.compared)
        is_by_day = granularity is Granularity.daily
        cards.figure(
            drawing,
            f"trend_{place.next.dimension}",
            partial(path.go, place.next.key) if place.opens else None,
            path.open_day if is_by_day and not place.opens else None,
        )
        hint = f"Click a color to open the {place.next.one}. " if place.opens else ""
        hint = hint or ("Click a bar to open its day. " if is_by_day else "")
        st.caption(f"{hint}{context.fine_print}")


def _record_types(context: PageContext, place: Place, column: DeltaGenerator) -> None:
    ranked = cached.rank(context.snapshot, context.scope, place.filters, "record_type", context.compared)
    with column.container(border=True):
        st.subheader("Record types", anchor=False)
        view = rankings.ranked(context, ranked, "record_type", _slug(place, "record types"), is_narrow=True)
        tables.show(view, "record_types_of")


def _days(context: PageContext, place: Place, column: DeltaGenerator) -> None:
    filters = replace(place.filters, granularity=Granularity.daily)
    table = cached.cost_over_time(context.snapshot, context.scope, filters, None)
    with column.container(border=True):
        st.subheader("Days", anchor=False)
        if place.opens:
            tables.show(rankings.days(context, table, _slug(place, "days")), "days_of")
            return
        st.caption("Click a day to see its charges.")
        view = rankings.days(context, table, _slug(place, "days"), opens=True)
        shown: list[date] = view.values.column("charge_date").to_pylist()
        tables.show(view, "days_of", lambda row: path.open_day(shown[row]))


def _opening_rows(place: Place, keys: Sequence[str]) -> Callable[[int], None] | None:
    return (lambda row: path.go(place.next.key, keys[row])) if place.opens else None


def _title(place: Place, what: str) -> str:
    return wording.escaped(" › ".join([*place.opened, what])) if place.opened else what


def _slug(place: Place, what: str) -> str:
    return "-".join([*place.opened, what, str(place.filters.period.start), str(place.filters.period.last_day)])
