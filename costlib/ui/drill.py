"""From all services to one service, to one of its accounts, to its record types and days; or the other way round.

Where one stands is in the URL: each step of the path is a select box bound to it, which is also the way for a keyboard.
A click on a chart or a name sets the same box.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import pyarrow as pa
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from costlib.periods import Granularity
from costlib.queries.filters import Filters
from costlib.queries.ranking import Totals
from costlib.ui import cached, cards, charts, rankings, states, tables, wording
from costlib.ui.context import PageContext
from costlib.ui.url_values import Field, unknown_values

SKELETON_HEIGHT = 600
TOP = 9
"""Keys with a colour of their own; the rest is Other."""


@dataclass(frozen=True)
class Step:
    """One select box of the path: the dimension it fixes, its parameter in the URL, and its words."""

    dimension: str
    key: str
    one: str
    many: str


@dataclass(frozen=True)
class Route:
    """The order in which dimensions are opened."""

    first: Step
    second: Step


BY_SERVICE = Route(
    Step("service", "service", "service", "services"),
    Step("usage_account_id", "service_account", "account", "accounts"),
)
BY_ACCOUNT = Route(
    Step("usage_account_id", "account", "account", "accounts"),
    Step("service", "account_service", "service", "services"),
)
RECORD_TYPES = Step("record_type", "", "record type", "record types")


@dataclass(frozen=True)
class Place:
    """Where on a route one stands: the filters so far, the next thing to open, and what has been opened."""

    route: Route
    filters: Filters
    next: Step
    opened: tuple[str, ...]

    @property
    def opens(self) -> bool:
        """Whether the next thing can be opened; record types are the end of the path."""
        return self.next is not RECORD_TYPES


def choose(context: PageContext, route: Route) -> Place:
    """Draw the path and say where it leads; unknown values of the link are named."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        first = _select(context, route.first, context.filters, on_change=route.second)
        if first is None:
            return Place(route, context.filters, route.first, ())
        filters = _only(context.filters, route.first, first)
        second = _select(context, route.second, filters)
        st.button(
            f"All {route.first.many}",
            icon=":material/arrow_back:",
            key=f"back_to_{route.first.many}",
            type="tertiary",
            on_click=_go,
            args=(route.first.key, None, route.second.key),
        )
    read = _readings(context, route.first).get(first, first)
    if second is None:
        return Place(route, filters, route.second, (read,))
    return Place(
        route,
        _only(filters, route.second, second),
        RECORD_TYPES,
        (read, _readings(context, route.second).get(second, second)),
    )


def show(context: PageContext, place: Place) -> None:
    """The total, the stacked trend, and the table of whatever comes next; record types and days of what is open."""
    asked = (context.snapshot, context.scope, place.filters)
    with st.skeleton(height=SKELETON_HEIGHT):
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


def open_service(service: str) -> None:
    """Go to the services page with one service open; for clicks on other pages."""
    st.switch_page("pages/spend/services.py", query_params={BY_SERVICE.first.key: service})


def open_account_service(account: str, service: str) -> None:
    """The same for one service of an account, which is named as its box names it."""
    opened = {BY_ACCOUNT.first.key: account, BY_ACCOUNT.second.key: service}
    st.switch_page("pages/spend/accounts.py", query_params=opened)


def _headline(context: PageContext, place: Place, found: Totals) -> None:
    delta = wording.change_percent(found.amount, found.previous)
    versus = f"vs {wording.span(context.compared)}" if context.compared else None
    before = context.currency.exact(found.previous)
    st.metric(
        f"Total, {wording.span(place.filters.period)}",
        wording.escaped(context.currency.exact(found.amount)),
        wording.delta(delta),
        delta_color=wording.delta_color(delta),
        delta_arrow=wording.delta_arrow(delta),
        delta_description=f"{versus}: {wording.escaped(before)}" if versus and not delta else versus,
    )


def _trend(context: PageContext, place: Place, found: Totals, table: pa.Table) -> None:
    what, granularity = f"cost by {place.next.one}", place.filters.granularity
    drawing = charts.stacked(table, _readings(context, place.next), context.currency, granularity, what)
    with st.container(border=True):
        st.subheader(_title(place, f"{granularity.value.capitalize()} {what}"), anchor=False)
        _headline(context, place, found)
        cards.figure(drawing, f"trend_{place.next.dimension}", _opening_keys(place))
        hint = f"Click a color to open the {place.next.one}. " if place.opens else ""
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
        tables.show(rankings.days(context, table, _slug(place, "days")), "days_of")


def _opening_keys(place: Place) -> Callable[[str], None] | None:
    return partial(_go, place.next.key) if place.opens else None


def _opening_rows(place: Place, keys: Sequence[str]) -> Callable[[int], None] | None:
    return (lambda row: _go(place.next.key, keys[row])) if place.opens else None


def _select(context: PageContext, step: Step, filters: Filters, on_change: Step | None = None) -> str | None:
    values = _values(context, step, filters)
    readings = _readings(context, step)
    known = [readings.get(value, value) for value in values]
    states.unknown_in_the_link(
        unknown_values({step.key: st.query_params.get_all(step.key)}, [Field(step.key, step.one.capitalize(), known)])
    )
    picked = st.selectbox(
        step.one.capitalize(),
        values,
        index=None,
        format_func=lambda value: readings.get(value, value),
        key=step.key,
        bind="query-params",
        placeholder=f"All {step.many}",
        width=320,
        on_change=_forget if on_change else "rerun",
        args=(on_change.key,) if on_change else None,
    )
    return picked if picked in values else None


def _values(context: PageContext, step: Step, filters: Filters) -> tuple[str, ...]:
    """What the box offers: what occurs, within what the filter bar keeps."""
    found = cached.options(context.snapshot, context.scope)
    if step.dimension == "service":
        return filters.services or found.services
    return filters.accounts or tuple(key for key, _ in found.accounts)


def _readings(context: PageContext, step: Step) -> Mapping[str, str]:
    return context.account_names if step.dimension == "usage_account_id" else {}


def _only(filters: Filters, step: Step, value: str) -> Filters:
    return replace(filters, services=(value,)) if step.dimension == "service" else replace(filters, accounts=(value,))


def _go(key: str, value: str | None, forgotten: str | None = None) -> None:
    """Set a step of the path, before its box is drawn."""
    st.session_state[key] = value
    if forgotten:
        _forget(forgotten)


def _forget(key: str) -> None:
    """What was open one step down belongs to what was open before."""
    st.session_state[key] = None


def _title(place: Place, what: str) -> str:
    return wording.escaped(" › ".join([*place.opened, what])) if place.opened else what


def _slug(place: Place, what: str) -> str:
    return "-".join([*place.opened, what, str(place.filters.period.start), str(place.filters.period.last_day)])
