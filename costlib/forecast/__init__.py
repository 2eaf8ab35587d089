"""Forecasts with a track record. Pure: a daily series in, a forecast and how such forecasts did out.

Amounts here are estimates in floating point. They never become amounts that were charged.
"""

from costlib.errors import NotEnoughHistory
from costlib.forecast.contest import Contender, Contest, contest
from costlib.forecast.forecasting import forecast, forecast_total, likely_above, probability_above
from costlib.forecast.grades import Grade
from costlib.forecast.nowcast import Completeness, Share, learned
from costlib.forecast.parts import Forecasted, Parts, forecast_many, forecast_parts

__all__ = [
    "Completeness",
    "Contender",
    "Contest",
    "Forecasted",
    "Grade",
    "NotEnoughHistory",
    "Parts",
    "Share",
    "contest",
    "forecast",
    "forecast_many",
    "forecast_parts",
    "forecast_total",
    "learned",
    "likely_above",
    "probability_above",
]
