"""Forecasts with a track record. Pure: a daily series in, a forecast and how such forecasts did out.

Amounts here are estimates in floating point. They never become amounts that were charged.
"""

from costlib.errors import NotEnoughHistory
from costlib.forecast.contest import Contender, Contest, Grade, contest
from costlib.forecast.forecasting import forecast, forecast_total, probability_above

__all__ = [
    "Contender",
    "Contest",
    "Grade",
    "NotEnoughHistory",
    "contest",
    "forecast",
    "forecast_total",
    "probability_above",
]
