"""The prepaid balance as a picture: what was paid in advance, what of it was used, and what that leaves."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from costlib.periods import Granularity
from costlib.ui import wording
from costlib.ui.chart_style import Drawing, Json, figure, money_axis, time_axis
from costlib.ui.wording import Currency

if TYPE_CHECKING:
    import pyarrow as pa

PAID, AMORTIZED, BALANCE = "Paid in advance", "Amortized", "Balance"
_HOVER = {Granularity.daily: "%a %-d %b %Y", Granularity.weekly: "week of %-d %b %Y", Granularity.monthly: "%b %Y"}


def prepaid_chart(table: pa.Table, granularity: Granularity, currency: Currency) -> Drawing | None:
    """`table` as from prepaid_balance: payments above zero, their use below, the balance as a line; None without any.

    The line is drawn at the end of each piece of time, in the middle of its bar.
    """
    columns = {name: table.column(name).to_pylist() for name in ("period_start", "paid", "amortized", "balance")}
    if not any((*columns["paid"], *columns["amortized"])):
        return None
    used = [None if amount is None else amount.copy_negate() for amount in columns["amortized"]]
    pieces = {PAID: columns["paid"], AMORTIZED: used, BALANCE: columns["balance"]}
    starts = [start.isoformat() for start in columns["period_start"]]
    traces = [_trace(name, starts, amounts, granularity, currency) for name, amounts in pieces.items()]
    axis = (
        time_axis(tickformat="%b\n%Y", dtick="M1", ticklabelmode="period")
        if granularity is Granularity.monthly
        else time_axis()
    )
    layout = {"barmode": "relative", "xaxis": axis, "yaxis": money_axis(currency.prefix)}
    return Drawing(figure(traces, 340, **layout), _in_words(columns["period_start"], columns["balance"], currency))


def _trace(
    name: str, starts: list[str], amounts: list[Decimal | None], granularity: Granularity, currency: Currency
) -> Json:
    shown: dict[str, object] = {
        "x": starts,
        "y": [None if amount is None else float(amount) for amount in amounts],
        "name": name,
        "customdata": [currency.exact(amount) for amount in amounts],
        "hovertemplate": f"%{{x|{_HOVER[granularity]}}}<br><b>%{{customdata}}</b><extra>{name}</extra>",
    }
    if granularity is Granularity.monthly:
        shown |= {"xperiod": "M1", "xperiodalignment": "middle"}
    if name == BALANCE:
        return {**shown, "type": "scatter", "mode": "lines+markers" if len(starts) < 40 else "lines"}
    return {**shown, "type": "bar"}


def _in_words(starts: list[date], balances: list[Decimal | None], currency: Currency) -> str:
    known = [(balance, start) for balance, start in zip(balances, starts, strict=True) if balance is not None]
    if not known:
        return "Chart: prepaid balance, not available: AWS does not offer amortized cost for these days."
    (high, when_high), (low, when_low) = max(known), min(known)
    return (
        f"Chart: paid in advance, amortized, and the balance of both. "
        f"Balance at the end: {currency.exact(known[-1][0])}. "
        f"Highest: {currency.exact(high)} ({wording.month(when_high)}); "
        f"lowest: {currency.exact(low)} ({wording.month(when_low)})."
    )
