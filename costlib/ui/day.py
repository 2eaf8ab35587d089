"""One day of one account's service: every charge of it from each side, whether it is final, and what AWS changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import streamlit as st

from costlib.errors import CostlibError
from costlib.periods import DAY, Period
from costlib.queries.filters import Filters
from costlib.ui import cached, pivots, states, tables, wording
from costlib.ui.context import PageContext
from costlib.ui.freshness import RESTATEMENT_COLUMNS
from costlib.ui.headline import headline
from costlib.ui.path import Place
from costlib.ui.pivots import label_of
from costlib.ui.rankings import file_name
from costlib.ui.tables import TableView

WEEK = 7 * DAY
KEPT = 100
"""Keys of one table: more of them on one day become Other."""
SHOWN_OF_RESTATEMENTS = ("restated_at", "record_type", "was_estimated", "kind", "old", "new", "difference")
LENSES = ("region", "usage_type")


def show(context: PageContext, place: Place) -> None:
    """The day's amount beside that of a week before, and tables that each add up to it."""
    day = place.filters.period.start
    with st.container(border=True):
        st.subheader(wording.escaped(" › ".join([*place.opened, f"{wording.weekday(day)} {day.year}"])), anchor=False)
        _amount(context, place.filters)
        st.caption(f"{_status(context, place.filters)} {context.fine_print}")
    if cached.crossing(context.snapshot, context.scope, place.filters, "record_type", None, KEPT).num_rows:
        _tables(context, place, day)
    else:
        states.nothing_matches()
    _restatements(context, place, day)


def _amount(context: PageContext, filters: Filters) -> None:
    week_before = Period(filters.period.start - WEEK, filters.period.end - WEEK)
    found = cached.total(context.snapshot, context.scope, filters, week_before)
    headline(context, filters, found, week_before)


def _status(context: PageContext, filters: Filters) -> str:
    """Whether AWS may still change the day."""
    table = cached.cost_over_time(context.snapshot, context.scope, filters, None)
    if not table.num_rows:
        return "AWS has given no total for this day."
    if not table.column("is_complete").to_pylist()[0]:
        return ":material/hourglass_top: Still arriving: the day had not ended 24 hours before the sync."
    if table.column("is_estimated").to_pylist()[0]:
        return ":material/edit_calendar: Estimated: AWS may still change it."
    return ":material/check_circle: Final: AWS no longer calls it estimated."


def _tables(context: PageContext, place: Place, day: date) -> None:
    names = ["record_type", *context.snapshot.labels]
    left, right = st.columns(2)
    for number, name in enumerate(names):
        with (left, right)[number % 2].container(border=True):
            st.subheader(wording.escaped(label_of(name)), anchor=False)
            _table(context, place.filters, name, [*place.opened, label_of(name), str(day)])
    for name in LENSES:
        with (left, right)[(len(names) + LENSES.index(name)) % 2].container(border=True):
            _lens(context, place, name, day)


def _table(context: PageContext, filters: Filters, name: str, words: list[str]) -> None:
    cells = cached.crossing(context.snapshot, context.scope, filters, name, None, KEPT)
    tables.show(pivots.pivot(context, cells, name, None, " ".join(words)), f"day_{name}")


def _lens(context: PageContext, place: Place, name: str, day: date) -> None:
    """Lenses hold no account beside the service: what they say is about the service in all accounts."""
    (service,) = place.filters.services
    st.subheader(f"{label_of(name)} · {wording.escaped(service)} in all accounts", anchor=False)
    try:
        _table(context, replace(place.filters, accounts=()), name, [service, label_of(name), str(day)])
        st.caption(f"AWS was asked for {label_of(name).lower()}s by service, not by account.")
    except CostlibError as error:
        st.caption(wording.escaped(error.message))


def _restatements(context: PageContext, place: Place, day: date) -> None:
    kept = place.filters
    table = cached.restatements(
        context.snapshot,
        context.scope,
        metric=kept.metric,
        charge_date=day,
        accounts=kept.accounts,
        services=kept.services,
    )
    with st.container(border=True):
        st.subheader("Restatements of this day", anchor=False)
        if not table.num_rows:
            st.caption("AWS has changed nothing of it since it was first read.")
            return
        columns = tuple(column for column in RESTATEMENT_COLUMNS if column.name in SHOWN_OF_RESTATEMENTS)
        values = table.select([column.name for column in columns])
        name = file_name(f"restatements {' '.join(place.opened)} {day}")
        tables.show(TableView(values, columns, context.currency, name, "Restatements", empty="–"), "day_restatements")
