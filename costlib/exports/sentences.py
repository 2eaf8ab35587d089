"""The five sentences of a month's report: what it came to, what drove it, what else moved, where it sits, how sure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from costlib.exports.month import Line, MonthReport, least_allocated, share
from costlib.money import difference, ratio, rounded, total
from costlib.periods import Period, month_of
from costlib.wording import Currency, count, month_name, one_line, percent, weekday


def sentences(report: MonthReport) -> tuple[str, str, str, str, str]:
    """Five plain sentences; names are as AWS has them, on one line."""
    driver, second = _drivers(report)
    return (_total(report), driver, second, _where(report), _state(report))


def _total(report: MonthReport) -> str:
    month, metric = month_name(report.month.start), f"{report.metric.label.lower()} cost"
    if report.total is None:
        return f"AWS does not offer {metric} for every charge of {month}, so its total is not available."
    what = month if report.is_whole else f"{_days(report.counted)} of {month}"
    start = f"In {metric}, {what} came to {Currency(report.currency).exact(report.total)}"
    before = _versus(report, report.total_before, report.before)
    year = _versus(report, report.total_year_before, report.year_before)
    known = [text for text in (before, year) if text]
    if not known:
        return f"{start}; no earlier month is stored to compare it with."
    return f"{start}: {' and '.join(known)}."


def _versus(report: MonthReport, then: Decimal | None, period: Period) -> str | None:
    more = difference(report.total, then)
    if more is None or then is None:
        return None
    name = month_name(period.start)
    if period != month_of(period.start):
        name = f"{_days(period)} of {name}"
    if not rounded(more):
        return f"as much as {name}"
    size = f"{Currency(report.currency).exact(abs(more))}{_bracketed(ratio(abs(more), abs(then)))}"
    return f"{size} {'more' if more > 0 else 'less'} than {name}"


def _days(period: Period) -> str:
    return "the first day" if period.days == 1 else f"the first {period.days} days"


def _drivers(report: MonthReport) -> tuple[str, str]:
    """What moved the total most its own way, and what moved against it, or else what came next."""
    change = difference(report.total, report.total_before)
    if change is None:
        return _sized(report, 0, "The largest service is"), _sized(report, 1, "Next comes")
    moved = sorted((line for line in report.services if line.change), key=lambda line: (-abs(_change(line)), line.name))
    if not moved:
        return f"No service changed against {month_name(report.before.start)}.", "So none rose, and none fell."
    with_it = [line for line in moved if (_change(line) > 0) == (change > 0)] or moved
    driver = f"The main driver is {_moved(report, with_it[0])}."
    against = [line for line in moved if (_change(line) > 0) != (_change(with_it[0]) > 0)]
    if against:
        return driver, f"What {'fell' if _change(against[0]) < 0 else 'rose'} most is {_moved(report, against[0])}."
    if len(with_it) > 1:
        return driver, f"Next comes {_moved(report, with_it[1])}."
    return driver, "No other service changed."


def _change(line: Line) -> Decimal:
    return line.change or Decimal(0)


def _sized(report: MonthReport, place: int, start: str) -> str:
    """One of the largest services, where there is nothing to compare with."""
    if place >= len(report.services):
        return "No other service cost anything." if report.services else "No service cost anything."
    line = report.services[place]
    amount = Currency(report.currency).exact(line.amount)
    return f"{start} {one_line(line.name)} with {amount}{_bracketed(share(line, report.services))}."


def _moved(report: MonthReport, line: Line) -> str:
    """`Amazon S3, up $12.00 (8.1%) to $160.10`."""
    money, name = Currency(report.currency), one_line(line.name)
    if line.previous is None or not line.previous:
        return f"{name}, new at {money.exact(line.amount)}"
    if not line.amount:
        return f"{name}, which cost {money.exact(line.previous)} before and nothing now"
    direction = "up" if _change(line) > 0 else "down"
    part = _bracketed(ratio(abs(_change(line)), abs(line.previous)))
    return f"{name}, {direction} {money.exact(abs(_change(line)))}{part} to {money.exact(line.amount)}"


def _where(report: MonthReport) -> str:
    top = [line for line in report.services[:3] if line.amount is not None and line.amount > 0]
    if not top:
        return "There is no service with a cost to name."
    money = Currency(report.currency)
    part = total(share(line, report.services) for line in top)
    names = _listed([one_line(line.name) for line in top])
    said = [f"{names} {'is' if len(top) == 1 else 'add up to'} {_share(part)} of the cost"]
    first = next((line for line in report.accounts if line.amount is not None and line.amount > 0), None)
    if first:
        spent = f"{money.exact(first.amount)}{_bracketed(share(first, report.accounts))}"
        said.append(f"the account {one_line(first.name)} alone spent {spent}")
    return f"{'; '.join([*said, *_nobodys(report)])}."


def _nobodys(report: MonthReport) -> Iterator[str]:
    """What the cost category or tag with the most gaps leaves to nobody."""
    label = least_allocated(report)
    if label and label.amount:
        amount = Currency(report.currency).exact(label.amount)
        yield f"{amount}{_bracketed(label.share)} has no {one_line(label.label)}"
    elif label:
        yield "no cost category or tag leaves anything unallocated"


def _state(report: MonthReport) -> str:
    if not report.is_whole:
        state = f"The month is complete through {weekday(report.counted.last_day)}, and later days are still arriving"
        if report.estimated_days:
            state += f"; AWS still calls {_of_days(report)} estimated"
    elif report.estimated_days:
        state = f"AWS still calls {_of_days(report)} estimated, so amounts can change until the bill is final"
    else:
        state = "AWS calls all days of the month final"
    return f"{state}; {tie_out_words(report)}."


def _of_days(report: MonthReport) -> str:
    return "all of it" if report.estimated_days == len(report.days) else f"{count(report.estimated_days, 'day')} of it"


def tie_out_words(report: MonthReport) -> str:
    """Whether the month's stored charges add up to AWS's own total, and by how much they do not."""
    found, money = report.tie_out, Currency(report.currency)
    whose = "all charges of the month, of which these are a part," if report.narrowed_to else "the charges"
    days = f"{count(found.differing_days, 'day')} of {found.days} {'is' if found.differing_days == 1 else 'are'}"
    if not found.is_told and found.differing_days:
        return f"the bill that these are a part of does not tie out: {days} off AWS's own total"
    if not found.is_told:
        return "these are part of the bill, which is tied out as a whole by whoever sees everything"
    if found.differing_days:
        gap = found.absolute_difference
        by = "an amount that is not available" if gap is None else f"{money.whole(gap)} together"
        return f"{whose} do not tie out: {days} off AWS's own total, by {by}"
    if found.control is None:
        return f"AWS offers no total of {report.metric.label.lower()} cost that {whose} could be tied out to"
    of = "" if report.narrowed_to else f" of {money.exact(found.control)}"
    return f"{whose} of {count(found.days, 'stored day')} tie out to AWS's own total{of}"


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _bracketed(part: Decimal | None) -> str:
    return "" if part is None else f" ({_share(part)})"


def _share(part: Decimal | None) -> str:
    """A part without a sign: `8.1%`."""
    text = percent(part).lstrip("+")
    return "under 0.1%" if part and text == "0.0%" else text
