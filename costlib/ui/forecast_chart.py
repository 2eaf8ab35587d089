"""The daily path: what was charged, what is still arriving, what is expected, and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from costlib.periods import DAY, Period
from costlib.queries.forecast_record import AwsOutlook
from costlib.queries.forecasts import Ahead, Outlook
from costlib.ui import wording
from costlib.ui.chart_style import GRAY, Drawing, Json, figure, money_axis, time_axis
from costlib.ui.wording import Currency

DAYS_BEFORE = 45
OURS = "#000001"
"""Streamlit's stand-in for the first colour of the theme, light or dark."""
LIKELY, WIDE = "rgba(140,150,165,0.30)", "rgba(140,150,165,0.16)"


def daily_path(found: Outlook, aws: AwsOutlook, currency: Currency) -> Drawing:
    """Charged days as a line, the days ahead dashed in their intervals, AWS's forecast dotted."""
    known = found.history.known
    shown = Period(max(known.start, known.end - DAYS_BEFORE * DAY), known.end)
    actual = [(day, found.history.amounts.get(day, Decimal(0))) for day in shown]
    traces = [
        *_band(
            "95 % interval", found.ahead, WIDE, [a.wide.lower for a in found.ahead], [a.wide.upper for a in found.ahead]
        ),
        *_band(
            "80 % interval",
            found.ahead,
            LIKELY,
            [a.likely.lower for a in found.ahead],
            [a.likely.upper for a in found.ahead],
        ),
        _line("Charged", actual, currency, {"color": OURS, "width": 2}),
        _line("Forecast", [actual[-1], *((a.day, a.expected) for a in found.ahead)], currency, _DASHED),
        *_aws(found, aws, currency),
        *_arriving(found.ahead, currency),
    ]
    layout = {
        "xaxis": time_axis(range=[str(shown.start - DAY), str(found.ahead[-1].day + DAY)]),
        "yaxis": money_axis(currency.prefix),
        "hovermode": "x unified",
    }
    return Drawing(figure(traces, 380, **layout), f"Line chart: cost by day and its forecast. {told(found, currency)}")


def told(found: Outlook, currency: Currency) -> str:
    """In one sentence: until when it was charged, and where the month is expected to end."""
    month = found.month
    return (
        f"Charged through {wording.day(found.through)}; {wording.month_name(month.period.start)} is expected to end at "
        f"{currency.exact(month.expected)}, between {currency.exact(month.likely.lower)} and "
        f"{currency.exact(month.likely.upper)} in four of five cases."
    )


_DASHED: Json = {"color": OURS, "width": 2, "dash": "dash"}


def _line(name: str, points: Sequence[tuple[date, Decimal]], currency: Currency, line: Json) -> Json:
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [day.isoformat() for day, _ in points],
        "y": [float(amount) for _, amount in points],
        "name": name,
        "line": line,
        "customdata": [currency.exact(amount) for _, amount in points],
        "hovertemplate": "%{customdata}",
    }


def _band(
    name: str, ahead: Sequence[Ahead], color: str, lower: Sequence[Decimal], upper: Sequence[Decimal]
) -> list[Json]:
    """The upper bound without a line, and the lower one filled up to it."""
    days = [a.day.isoformat() for a in ahead]
    edge: Json = {"type": "scatter", "mode": "lines", "x": days, "line": {"width": 0}, "hoverinfo": "skip"}
    return [
        {**edge, "y": [float(bound) for bound in upper], "showlegend": False},
        {**edge, "y": [float(bound) for bound in lower], "fill": "tonexty", "fillcolor": color, "name": name},
    ]


def _aws(found: Outlook, aws: AwsOutlook, currency: Currency) -> list[Json]:
    last = found.ahead[-1].day
    points = [(day, mean) for day, mean, _ in aws.days if day <= last]
    return [_line("AWS's forecast", points, currency, {"color": GRAY, "width": 2, "dash": "dot"})] if points else []


def _arriving(ahead: Sequence[Ahead], currency: Currency) -> list[Json]:
    points = [(a.day, a.reported) for a in ahead if a.reported is not None]
    if not points:
        return []
    line = _line("Reported so far", points, currency, {"width": 0})
    return [{**line, "mode": "markers", "marker": {"color": GRAY, "size": 8, "symbol": "circle-open"}}]
