"""Label coverage by month against its target: a pure drawing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from costlib.money import ratio
from costlib.periods import DAY, month_of
from costlib.queries.labels import TARGET
from costlib.ui import wording
from costlib.ui.chart_style import DIFFERS, GRAY, HATCH, Drawing, Json, figure, legend_entry, time_axis
from costlib.ui.wording import Currency

if TYPE_CHECKING:
    import pyarrow as pa

HEIGHT = 300


@dataclass(frozen=True)
class _Month:
    start: date
    share: Decimal
    labeled: Decimal
    positive: Decimal


def coverage_bars(table: pa.Table, complete_through: date, currency: Currency, label: str) -> Drawing | None:
    """A bar a month with the target across them; the month that is not over is hatched. None where nothing is known.

    `table` is as from coverage_by_month.
    """
    months = _months(table)
    if not months:
        return None
    so_far = [month.start for month in months if month_of(month.start).end > complete_through + DAY]
    traces: list[Json] = [_bars(months, so_far, currency), _target(months)]
    if so_far:
        traces.append(legend_entry("Month so far", color=GRAY, pattern={"shape": "/", **HATCH}))
    layout = {
        "barmode": "overlay",
        "xaxis": time_axis(tickformat="%b\n%Y", dtick="M1", ticklabelmode="period", tickangle=0),
        "yaxis": {"range": [0, 105], "ticksuffix": "%", "nticks": 6, "fixedrange": True, "automargin": True},
    }
    return Drawing(figure(traces, HEIGHT, **layout), _told(months, label))


def _months(table: pa.Table) -> list[_Month]:
    rows = zip(*(table.column(n).to_pylist() for n in ("billing_month", "labeled", "positive")), strict=True)
    found = []
    for start, labeled, positive in rows:
        share = None if labeled is None or positive is None else ratio(labeled, positive)
        if share is not None:
            found.append(_Month(start, share, labeled, positive))
    return found


def _bars(months: list[_Month], so_far: list[date], currency: Currency) -> Json:
    return {
        "type": "bar",
        "x": [month.start.isoformat() for month in months],
        "y": [float(month.share * 100) for month in months],
        "xperiod": "M1",
        "xperiodalignment": "middle",
        "name": "Coverage",
        "marker": {"pattern": {"shape": ["/" if m.start in so_far else "" for m in months], **HATCH}},
        "customdata": [
            f"{wording.share(m.share)}<br>{currency.exact(m.labeled)} of {currency.exact(m.positive)}" for m in months
        ],
        "hovertemplate": "%{x|%b %Y}<br><b>%{customdata}</b><extra></extra>",
    }


def _target(months: list[_Month]) -> Json:
    """From the first bar to the last, past both."""
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [month.start.isoformat() for month in months],
        "y": [float(TARGET * 100)] * len(months),
        "xperiod": "M1",
        "xperiodalignment": "middle",
        "name": f"Target {wording.share(TARGET, 0)}",
        "line": {"color": DIFFERS, "width": 2, "dash": "dash"},
        "hoverinfo": "skip",
    }


def _told(months: list[_Month], label: str) -> str:
    met = sum(month.share >= TARGET for month in months)
    last = months[-1]
    return (
        f"Bar chart: coverage of {wording.one_line(label)} by month. {wording.count(len(months), 'month')}, "
        f"{met} of them at the target of {wording.share(TARGET, 0)} or above. "
        f"{wording.month(last.start)}: {wording.share(last.share)}."
    )
