"""A digest in sentences: what was spent, where the month ends, what moved, and how far it can be trusted."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from costlib.alerts.figures import Compared, DigestFigures, MonthEnd, Move, Spend, StatementSum
from costlib.channels import Cadence
from costlib.money import difference, ratio, rounded
from costlib.periods import Period, add_months, month_of
from costlib.wording import Currency, count, moment, month_name, one_line, percent, share, span, weekday

_MONTH_DAYS = 28


def subject(figures: DigestFigures) -> str:
    """What stands in the list of an inbox: the amount, and how it moved."""
    if figures.spend is None:
        return f"Cost statements, {month_name(figures.month)} so far"
    latest = figures.spend.latest
    money = Currency(figures.currency)
    part = None if not latest.previous or latest.change is None else ratio(latest.change, abs(latest.previous))
    against = f" ({percent(part)} on the week before)" if part is not None else ""
    return f"Cloud cost, {days(latest.period)}: {money.exact(latest.amount)}{against}"


def spending(figures: DigestFigures) -> Iterator[str]:
    """What was spent, so far this month, and where it will end."""
    spend = figures.spend
    if spend is None:
        return
    money = Currency(figures.currency)
    yield f"{days(spend.latest.period)}: {money.exact(spend.latest.amount)}{versus(spend.latest, money)}."
    so_far = f"{month_name(figures.month)} so far, {count(spend.to_date.period.days, 'day')}"
    yield f"{so_far}: {money.exact(spend.to_date.amount)}{versus(spend.to_date, money)}."
    yield from _ending(figures, spend, money)


def _ending(figures: DigestFigures, spend: Spend, money: Currency) -> Iterator[str]:
    end = spend.month_end
    if end is None:
        return
    yield f"End of {month_name(end.month)}, estimated: {money.exact(end.expected)} ({month_end_note(end, money)})."
    if spend.last_month is not None and end.month == figures.month:
        yield f"{month_name(add_months(end.month, -1))} came to {money.exact(spend.last_month)}."


def month_end_note(end: MonthEnd, money: Currency) -> str:
    """How sure it is, and how it was made."""
    if end.low is None or end.high is None:
        return end.how
    return f"{end.level}% likely between {money.compact(end.low)} and {money.compact(end.high)}; {end.how}"


def versus(compared: Compared, money: Currency) -> str:
    """`, $120.10 (2.1%) more than Sun 15 Nov`; nothing where nothing is known."""
    more, then = compared.change, compared.previous
    if more is None or then is None:
        return f"; {days(compared.before)} is not available to compare with"
    if not rounded(more):
        return f", as much as {days(compared.before)}"
    size = f"{money.exact(abs(more))}{_bracketed(more, then)}"
    return f", {size} {'more' if more > 0 else 'less'} than {days(compared.before)}"


def movement(move: Move, money: Currency) -> str:
    """`Amazon EC2 rose $90.10 (6.1%) to $1,560.20, mostly in data-lake-prod (+$80.00).`"""
    name = one_line(move.name)
    where = f", mostly in {one_line(move.place)} ({money.change(move.place_change)})" if move.place else ""
    if not move.previous:
        return f"{name} is new at {money.exact(move.amount)}{where}."
    if not move.amount:
        return f"{name} is gone; it was {money.exact(move.previous)}{where}."
    verb = "rose" if move.change > 0 else "fell"
    size = f"{money.exact(abs(move.change))}{_bracketed(move.change, move.previous)}"
    return f"{name} {verb} {size} to {money.exact(move.amount)}{where}."


def statement_words(sums: StatementSum, figures: DigestFigures) -> str:
    """A cost center's statement in one line of text."""
    money = Currency(figures.currency)
    before = "" if sums.month_before is None else f"; the whole month before came to {money.exact(sums.month_before)}"
    return f"{one_line(sums.cost_center)}: {money.exact(sums.amount)} in {month_name(figures.month)} so far{before}."


def against(figures: DigestFigures, spend: Spend) -> str:
    """What movements are measured against."""
    return "What moved" if not spend.moves else f"What moved against {days(spend.latest.before)}"


def unmoved(spend: Spend) -> str:
    """Why no movement is listed."""
    if spend.latest.previous is None:
        return f"{days(spend.latest.before)} is not stored, so there is nothing to compare with."
    return f"No service cost more or less than {days(spend.latest.before)}."


def data_words(figures: DigestFigures) -> Iterator[str]:
    """How far the figures can be trusted."""
    state = figures.state
    metric = f"{figures.metric.label} cost in {figures.currency}, days in UTC"
    yield f"{metric}; complete through {weekday(state.last_complete_day)}, read {moment(state.as_of)}."
    if figures.ties_out:
        yield "All stored charges tie out to AWS's own totals."
    else:
        yield "Some stored days do not tie out to AWS's own totals: the freshness page says which, and by how much."
    if figures.estimated_days:
        which = "this day" if figures.cadence is Cadence.daily else f"{figures.estimated_days} of these days"
        yield f"AWS still calls {which} estimated: amounts can change until the bill is final."
    if figures.narrowed_to:
        yield f"Not everything: only {' and '.join(figures.narrowed_to)}."


def days(period: Period) -> str:
    """`Sun 22 Nov`, `the first 22 days of October 2026`, `16–22 Nov 2026`."""
    if period.days == 1:
        return weekday(period.start)
    if period == month_of(period.start):
        return month_name(period.start)
    if period.start.day == 1 and period.days < _MONTH_DAYS and period.days > 7:
        return f"the first {period.days} days of {month_name(period.start)}"
    return span(period)


def _bracketed(change: Decimal, before: Decimal) -> str:
    part = ratio(abs(change), abs(before))
    if part is None:
        return ""
    text = share(part)
    return " (under 0.1%)" if part and text == "0.0%" else f" ({text})"


def change_note(compared: Compared, money: Currency) -> str:
    """`+$120.10 (2.1%) against Sun 15 Nov`: what stands small below a figure."""
    more = difference(compared.amount, compared.previous)
    if more is None or compared.previous is None:
        return f"{days(compared.before)} is not available"
    return f"{money.change(more)}{_bracketed(more, compared.previous)} against {days(compared.before)}"
