"""A budget burning up: the running sum, where it leads with its interval, and the line that must not be passed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from costlib.periods import DAY
from costlib.queries.budget_outlook import Outlook, Point
from costlib.queries.budgets import Standing
from costlib.ui import wording
from costlib.ui.chart_style import DIFFERS, Drawing, Json, figure, money_axis, time_axis
from costlib.ui.wording import Currency

SPENT = "#000001"
"""Streamlit's stand-in for the first colour of the theme, light or dark."""
BAND = "rgba(140,150,165,0.28)"
HEIGHT = 380


def burn_up(standing: Standing, currency: Currency) -> Drawing | None:
    """None without a day that is known."""
    points = standing.outlook.points if isinstance(standing.outlook, Outlook) else ()
    if not standing.path and not points:
        return None
    start = standing.path[-1] if standing.path else (standing.period.start, Decimal(0))
    ahead = [Point(start[0], start[1], start[1], start[1]), *(p for p in points if p.day > start[0])]
    traces = [_spent(standing.path, currency)]
    if len(ahead) > 1:
        traces += [*_band(ahead), _expected(ahead, currency)]
    traces += _limit(standing, currency)
    layout = {"xaxis": _days(standing), "yaxis": money_axis(currency.prefix)}
    return Drawing(figure(traces, HEIGHT, **layout), f"Line chart: {told(standing, currency)}")


def told(standing: Standing, currency: Currency) -> str:
    """In a sentence or two."""
    name, amount = standing.budget.name, currency.exact(standing.amount)
    text = f"{name} has spent {currency.exact(standing.actual)} of {amount} in {wording.span(standing.period)}."
    if isinstance(standing.outlook, Outlook):
        end = standing.outlook.end
        between = f"{currency.exact(end.low)} and {currency.exact(end.high)}"
        text += f" It is expected to end at {currency.exact(end.expected)}, probably between {between}."
    if standing.crossing is not None:
        text += f" The budget {'was' if standing.crossed else 'will be'} passed on {wording.day(standing.crossing)}."
    return text


def _days(standing: Standing) -> Json:
    period = standing.period
    return time_axis(range=[str(period.start), str(period.last_day + DAY / 2)])


def _spent(path: Sequence[tuple[date, Decimal]], currency: Currency) -> Json:
    return _line("Spent", path, {"color": SPENT, "width": 3}, currency, "Through %{customdata}<extra></extra>")


def _expected(ahead: Sequence[Point], currency: Currency) -> Json:
    points = [(point.day, point.expected) for point in ahead]
    look = {"color": SPENT, "width": 2, "dash": "dash"}
    return _line("Expected", points, look, currency, "Expected through %{customdata}<extra></extra>")


def _limit(standing: Standing, currency: Currency) -> list[Json]:
    amount, period = standing.amount, standing.period
    if amount is None:
        return []
    line = [(period.start, amount), (period.last_day, amount)]
    traces = [_line("Budget", line, {"color": DIFFERS, "width": 2}, currency, f"Budget {currency.exact(amount)}")]
    if standing.crossing is not None:
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "x": [str(standing.crossing)],
                "y": [float(amount)],
                "name": "Passed",
                "marker": {"color": DIFFERS, "size": 11, "symbol": "diamond"},
                "hovertemplate": f"Passed on {wording.day(standing.crossing)}<extra></extra>",
            }
        )
    return traces


def _band(ahead: Sequence[Point]) -> list[Json]:
    """Two edges, and what lies between them filled."""
    days = [str(point.day) for point in ahead]
    edge: Json = {"type": "scatter", "mode": "lines", "x": days, "line": {"width": 0}, "hoverinfo": "skip"}
    low = {**edge, "y": [float(p.low) for p in ahead], "showlegend": False, "name": "low"}
    fill = {"fill": "tonexty", "fillcolor": BAND, "legendgroup": "band"}
    return [low, {**edge, **fill, "y": [float(p.high) for p in ahead], "name": "Four of five times"}]


def _line(name: str, points: Sequence[tuple[date, Decimal]], look: Json, currency: Currency, hover: str) -> Json:
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [str(day) for day, _ in points],
        "y": [float(amount) for _, amount in points],
        "name": name,
        "line": look,
        "customdata": [f"{wording.day(day)}<br><b>{currency.exact(amount)}</b>" for day, amount in points],
        "hovertemplate": hover,
    }
