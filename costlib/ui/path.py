"""Where one stands between all services and one day of one account's service; or the other way round.

Where one stands is in the URL: each step of the path is a select box bound to it, which is also the way for a keyboard.
A click on a chart, a name or a crumb sets the same box; such a click is a step of the browser's history too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from costlib.periods import DAY, Granularity, Period
from costlib.queries.filters import Filters
from costlib.ui import boxes, cached, states, wording
from costlib.ui.context import PageContext


@dataclass(frozen=True)
class Step:
    """One select box of the path: the dimension it fixes, its parameter in the URL, and its words."""

    dimension: str
    key: str
    one: str
    many: str


@dataclass(frozen=True)
class Route:
    """The order in which dimensions are opened; a day is the end of each."""

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
DAY_OPENED = Step("charge_date", "day", "day", "days")


@dataclass(frozen=True)
class Place:
    """Where on a route one stands: the filters so far, the next thing to open, and what has been opened.

    `day` is the day that is open; the filters then hold that day alone.
    """

    route: Route
    filters: Filters
    next: Step
    opened: tuple[str, ...]
    day: date | None = None

    @property
    def opens(self) -> bool:
        """Whether a click on the next dimension opens it; record types are opened by their days."""
        return self.next is not RECORD_TYPES


def choose(context: PageContext, route: Route) -> Place:
    """Draw the path and say where it leads; unknown values of the link are named."""
    crumbs = st.container(horizontal=True, vertical_alignment="center", gap="small")
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        place = _chosen(context, route)
    if place.opened:
        _crumbs(crumbs, place)
    return place


def go(key: str, value: str | date | None) -> None:
    """Set a step of the path, before its box is drawn."""
    st.session_state[key] = value


def open_day(day: date) -> None:
    """Show one day of what is open."""
    go(DAY_OPENED.key, day)


def _chosen(context: PageContext, route: Route) -> Place:
    first = _select(context, route.first, context.filters, forgets=(route.second, DAY_OPENED))
    if first is None:
        return Place(route, context.filters, route.first, ())
    filters = _only(context.filters, route.first, first)
    opened: tuple[str, ...] = (readings(context, route.first).get(first, first),)
    second = _select(context, route.second, filters, forgets=(DAY_OPENED,))
    if second is None:
        return Place(route, filters, route.second, opened)
    filters = _only(filters, route.second, second)
    opened = (*opened, readings(context, route.second).get(second, second))
    day = _day(context)
    if day is None:
        return Place(route, filters, RECORD_TYPES, opened)
    filters = replace(filters, period=Period(day, day + DAY), granularity=Granularity.daily)
    return Place(route, filters, RECORD_TYPES, opened, day)


def _crumbs(container: DeltaGenerator, place: Place) -> None:
    """The way back: everything, then each thing that was opened on the way here."""
    route, names = place.route, [wording.escaped(name) for name in place.opened]
    if place.day is not None:
        names.append(wording.escaped(f"{wording.weekday(place.day)} {place.day.year}"))
    forgotten = (route.first.key, route.second.key, DAY_OPENED.key)
    for depth, label in enumerate([f"All {route.first.many}", *names[:-1]]):
        container.button(
            label,
            icon=":material/arrow_back:" if depth == 0 else None,
            key=f"back_to_{(route.first.many, route.first.one, route.second.one)[depth]}",
            type="tertiary",
            on_click=_forget,
            args=(forgotten[depth:],),
        )
        container.caption("›", width="content")
    container.markdown(f"**{names[-1]}**", width="content")


def _select(context: PageContext, step: Step, filters: Filters, forgets: tuple[Step, ...]) -> str | None:
    values = _values(context, step, filters)
    read = readings(context, step)
    known = [read.get(value, value) for value in values]
    states.unknown_value_in_the_link(step.key, step.one.capitalize(), known)
    return boxes.one_or_none(
        step.one.capitalize(),
        step.key,
        values,
        f"All {step.many}",
        lambda value: read.get(value, value),
        width=320,
        on_change=_forget,
        args=(tuple(step.key for step in forgets),),
    )


def _day(context: PageContext) -> date | None:
    """The day that is open: any stored one, so that a link to it holds whatever the period is."""
    days = list(context.snapshot.period)[::-1]
    known = [day.isoformat() for day in days]
    states.unknown_value_in_the_link(DAY_OPENED.key, "Day", known)
    return boxes.one_or_none("Day", DAY_OPENED.key, days, "The whole period", date.isoformat, width=180)


def _values(context: PageContext, step: Step, filters: Filters) -> tuple[str, ...]:
    """What the box offers: what occurs, within what the filter bar keeps."""
    found = cached.options(context.snapshot, context.scope)
    if step.dimension == "service":
        return filters.services or found.services
    return filters.accounts or tuple(key for key, _ in found.accounts)


def readings(context: PageContext, step: Step) -> Mapping[str, str]:
    """How the values of a step read, where they are not read as they are."""
    return context.account_names if step.dimension == "usage_account_id" else {}


def _only(filters: Filters, step: Step, value: str) -> Filters:
    return replace(filters, services=(value,)) if step.dimension == "service" else replace(filters, accounts=(value,))


def _forget(keys: tuple[str, ...]) -> None:
    """What was open further down belongs to what was open before."""
    for key in keys:
        st.session_state[key] = None
