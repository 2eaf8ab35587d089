"""The parts of the overview: the periods it looks at, its headline figures, and its sentences.

Its periods are fixed, so that an executive finds the same questions answered every morning.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import pyarrow as pa
import streamlit as st

from costlib.errors import NotEnoughHistory, UsageError
from costlib.periods import DAY, Granularity, Period, Preset, add_months, month_of, month_start, preset_period
from costlib.queries.forecasts import Outlook
from costlib.queries.overview import Headline
from costlib.ui import cached, cards, changes, drill, forecast, rank_bars, wording
from costlib.ui.context import PageContext

FORECAST_PAGE = "pages/planning/forecast.py"
DAYS_SHOWN = 60
MOVERS_SHOWN = 8


@dataclass(frozen=True)
class Windows:
    """The periods of the overview; `same_days` are those of last month that the month to date is compared with."""

    month_to_date: Period
    same_days: Period
    months: Period
    days: Period


def windows(context: PageContext) -> Windows:
    """The periods as they stand in this snapshot."""
    stored = context.snapshot.period
    last = min(max(context.snapshot.complete_through, stored.start), stored.last_day)
    to_date = Period(month_start(last), last + DAY)
    before = month_of(add_months(to_date.start, -1))
    same_days = Period(before.start, min(before.start + to_date.days * DAY, before.end))
    days = Period(stored.end - DAYS_SHOWN * DAY, stored.end)
    months = preset_period(Preset.last_13_months, last)
    return Windows(to_date, same_days, months.clip(stored) or stored, days.clip(stored) or stored)


def monthly(context: PageContext, shown: Windows) -> pa.Table:
    """Cost by month, the current one so far last."""
    filters = context.over(shown.months, Granularity.monthly)
    return cached.cost_over_time(context.snapshot, context.scope, filters, None)


def daily(context: PageContext, shown: Windows) -> pa.Table:
    """Cost by day, to the newest day there is."""
    filters = context.over(shown.days)
    return cached.cost_over_time(context.snapshot, context.scope, filters, None)


def to_date(context: PageContext, shown: Windows, by: str) -> pa.Table:
    """Month to date by service or account, the largest and Other."""
    filters = context.over(shown.month_to_date, Granularity.monthly)
    return cached.cost_over_time(context.snapshot, context.scope, filters, by, drill.TOP)


def ranking_to_date(context: PageContext, shown: Windows) -> None:
    """Month to date as bars, by service or by account as the switch says; a click opens one over the same days."""
    with st.container(border=True, height="stretch"):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.subheader("Month to date", anchor=False, width="content")
            by = cards.by_switch("Month to date by", "ranked_by")
        names = context.account_names if by == "usage_account_id" else {}
        what = f"month to date by {cards.CUTS[by].lower()}"
        drawing = rank_bars.rank_bars(to_date(context, shown, by), names, context.currency, what)
        opens = drill.open_account if by == "usage_account_id" else drill.open_service
        cards.figure(drawing, f"{by}_to_date", lambda key: opens(names.get(key, key), Preset.month_to_date))
        st.caption(f"Click a bar to open the {cards.CUTS[by].lower()}. {context.fine_print}")


def kpi_row(context: PageContext, found: Headline, ahead: Outlook | None) -> None:
    """Four figures, each beside what it is compared with."""
    money, last = context.currency, found.last_complete_day
    month = wording.month(last)
    span = wording.span(Period(month_start(last), last + DAY))
    before = month_of(add_months(month_start(last), -1))
    with st.grid(4, min_column_width=220, gap="small"):
        cards.kpi(
            f"Last complete day · {wording.weekday(last)}",
            money.exact(found.last_complete_amount),
            wording.change_percent(found.last_complete_amount, found.same_weekday_before_amount),
            f"vs {wording.weekday(last - 7 * DAY)}",
            "The last day that ended at least 24 hours before the sync. Later days are still arriving.",
        )
        cards.kpi(
            f"Month to date · {span}",
            money.exact(found.month_to_date),
            wording.change_percent(found.month_to_date, found.last_month_same_days),
            f"vs {wording.span(Period(before.start, min(before.start + found.month_to_date_days * DAY, before.end)))}",
            f"{wording.count(found.month_to_date_days, 'complete day')} of {month}.",
        )
        _month_end(context, found, ahead)
        cards.kpi(
            f"Last month · {wording.month(before.start)}",
            money.exact(found.last_month_total),
            None,
            "the whole month",
            "AWS may still add credits and refunds to a month whose bill is final.",
        )


def outlook(context: PageContext) -> Outlook | None:
    """The forecast that the forecast page shows; None with too little history, or in a metric that is not available."""
    try:
        return cached.outlook(*forecast.question(context))
    except (NotEnoughHistory, UsageError):
        return None


def month_end(found: Headline, ahead: Outlook | None) -> Decimal | None:
    """The forecast for the running month; by run-rate where there is no forecast."""
    return ahead.month.expected if ahead else found.month_end_run_rate


def _month_end(context: PageContext, found: Headline, ahead: Outlook | None) -> None:
    money = context.currency
    if ahead is None:
        cards.kpi(
            "Projected month end · run-rate",
            money.exact(found.month_end_run_rate),
            wording.change_percent(found.month_end_run_rate, found.last_month_total),
            f"vs {wording.month(add_months(month_start(found.last_complete_day), -1))}",
            "Month to date, divided by its complete days, times the days of the month: too few days for a forecast.",
        )
        return
    month = ahead.month
    cards.kpi(
        f"Month end · {wording.month(month.period.start)}, forecast",
        money.exact(month.expected),
        wording.change_percent(month.expected, ahead.last_month),
        f"vs {wording.month(add_months(month.period.start, -1))}",
        "Complete days as they were charged; the other days as the model with the best record forecasts them.",
    )


def track_record(context: PageContext, ahead: Outlook | None) -> None:
    """The small print under the month's end, and the way to its report card."""
    if ahead is None:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        money, likely = context.currency, ahead.month.likely
        between = f"{money.compact(likely.lower)} – {money.compact(likely.upper)}"
        st.caption(
            f"Month end: probably {wording.escaped(between)} (80 %); {forecast.small_print(ahead)}.", width="content"
        )
        st.page_link(FORECAST_PAGE, label="Forecast and report card", icon=":material/trending_up:", width="content")


def movers(context: PageContext, shown: Windows) -> None:
    """What changed most between the month to date and the same days of last month, one sentence each."""
    filters = context.over(shown.month_to_date)
    found = cached.movers(
        context.snapshot, context.scope, filters, "service", compared=shown.same_days, limit=MOVERS_SHOWN
    )
    changes.sentences_of(context, "service", found, "Nothing changed, or last month is not stored.")


def movers_note(context: PageContext, shown: Windows) -> str:
    """What the movers compare."""
    return f"{wording.span(shown.month_to_date)} against {wording.span(shown.same_days)}. {context.fine_print}"
