"""The report of a month as one HTML file: no script, nothing fetched, the same bytes for the same figures.

The template escapes every name; drawings are inline SVG whose places `drawing` worked out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from costlib import wording
from costlib.exports.drawing import Bars, Words, bars
from costlib.exports.month import Bar, Line, MonthReport, gross, largest, least_allocated, share
from costlib.exports.sentences import sentences, tie_out_words
from costlib.money import difference
from costlib.wording import NOT_AVAILABLE, Currency

TEMPLATE = "report.html.j2"
LINES_SHOWN = 10
LABELED_DAYS = frozenset({1, 8, 15, 22, 29})


@dataclass(frozen=True)
class Badge:
    """A state in a few words; `tone` is `good`, `bad` or `open`."""

    words: str
    tone: str


@dataclass(frozen=True)
class Figure:
    """A headline number, what it is, and what stands beside it."""

    label: str
    amount: str
    note: str


@dataclass(frozen=True)
class Row:
    """A line of a table as people read it; `part` is its bar's length in percent. `direction`: `up`, `down` or ''."""

    name: str
    amount: str
    share: str
    before: str
    change: str
    change_percent: str
    direction: str
    part: float


def rendered(report: MonthReport, is_sample: bool = False) -> bytes:
    """The whole file, UTF-8; `is_sample` says on it that the organization is made up."""
    return template(TEMPLATE).render(_content(report), is_sample=is_sample).encode()


def file_name(report: MonthReport) -> str:
    """`cost-report-2026-10.html`."""
    return f"cost-report-{report.month.start:%Y-%m}.html"


@cache
def template(name: str) -> Template:
    """A template of this folder, which escapes whatever it is given."""
    folder = FileSystemLoader(Path(__file__).parent)
    environment = Environment(
        loader=folder, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["printable"] = printable
    return environment.get_template(name)


def printable(text: str) -> str:
    """A name on one line, without characters that turn text around or end a document."""
    return "".join(c if c.isprintable() else "\ufffd" for c in wording.one_line(text))


def _content(report: MonthReport) -> Mapping[str, object]:
    """All that the template shows, in words."""
    return {
        "title": wording.month_name(report.month.start),
        "span": wording.span(report.counted),
        "badges": [_state_badge(report), _tie_out_badge(report)],
        "metric": report.metric,
        "currency": report.currency,
        "narrowed_to": report.narrowed_to,
        "sentences": sentences(report),
        "figures": _figures(report),
        "months": _months(report),
        "days": _days(report),
        "month_rows": [_moment_row(report, bar, wording.month_name(bar.start)) for bar in report.months],
        "day_rows": [_moment_row(report, bar, f"{wording.weekday(bar.start)}") for bar in report.days],
        "has_provisional": any(bar.is_estimated or not bar.is_whole for bar in report.days),
        "services": _rows(report, report.services),
        "accounts": _rows(report, report.accounts),
        "kinds": _rows(report, report.kinds, shares=False),
        "whole": _row(report, Line("Total", report.total, report.total_before), None, None),
        "before": wording.span(report.before),
        "labels": [
            (label.label, Currency(report.currency).exact(label.amount), wording.percent(label.share).lstrip("+"))
            for label in report.labels
        ],
        "tie_out": tie_out_words(report),
        "snapshot_id": report.snapshot_id,
        "as_of": wording.moment(report.as_of),
    }


def _state_badge(report: MonthReport) -> Badge:
    if not report.is_whole:
        return Badge(f"Month to date, through {wording.weekday(report.counted.last_day)}", "open")
    return Badge("Estimated", "open") if report.estimated_days else Badge("Final", "good")


def _tie_out_badge(report: MonthReport) -> Badge:
    found, money = report.tie_out, Currency(report.currency)
    if not found.is_told:
        failing = Badge("The bill does not tie out", "bad")
        return failing if found.differing_days else Badge("Part of the bill", "open")
    if found.differing_days:
        return Badge(f"Does not tie out: {money.exact(found.absolute_difference)}", "bad")
    return Badge("Tie-out not available", "open") if found.control is None else Badge("Ties out to AWS", "good")


def _figures(report: MonthReport) -> Sequence[Figure]:
    money = Currency(report.currency)
    return [
        Figure("Total", money.exact(report.total), f"{wording.span(report.counted)}"),
        _versus("Vs month before", report, report.total_before, wording.span(report.before)),
        _versus("Vs last year", report, report.total_year_before, wording.span(report.year_before)),
        _unallocated(report),
    ]


def _unallocated(report: MonthReport) -> Figure:
    label = least_allocated(report)
    if label is None:
        return Figure("Unallocated", NOT_AVAILABLE, "no cost category or tag is read")
    part = "" if label.share is None else f"{wording.percent(label.share).lstrip('+')} without "
    return Figure("Unallocated", Currency(report.currency).exact(label.amount), f"{part}{label.label}")


def _versus(label: str, report: MonthReport, then: Decimal | None, span: str) -> Figure:
    money, change = Currency(report.currency), difference(report.total, then)
    part = wording.change_percent(report.total, then)
    note = f"{part + ' against ' if part else ''}{money.exact(then)}, {span}" if then is not None else span
    return Figure(label, money.change(change), note)


def _rows(report: MonthReport, lines: Sequence[Line], shares: bool = True) -> Sequence[Row]:
    scale = max((line.amount for line in lines if line.amount is not None), default=Decimal(0))
    shown = largest(lines, LINES_SHOWN) if shares else lines
    return [_row(report, line, share(line, lines) if shares and gross(lines) else None, scale) for line in shown]


def _row(report: MonthReport, line: Line, part: Decimal | None, scale: Decimal | None) -> Row:
    money, change = Currency(report.currency), line.change
    is_drawn = line.amount is not None and scale is not None and 0 < line.amount <= scale
    return Row(
        name=line.name,
        amount=money.exact(line.amount),
        share="" if part is None else wording.percent(part).lstrip("+"),
        before=money.exact(line.previous),
        change=money.change(change),
        change_percent=wording.change_percent(line.amount, line.previous) or "",
        direction="" if not change else "up" if change > 0 else "down",
        part=round(float(line.amount / scale) * 100, 2) if is_drawn and line.amount and scale else 0.0,
    )


def _months(report: MonthReport) -> Bars:
    words = [
        Words(
            f"{bar.start:%b}",
            str(bar.start.year) if not place or bar.start.month == 1 else "",
            f"{wording.month_name(bar.start)}: {_amount(report, bar)}",
        )
        for place, bar in enumerate(report.months)
    ]
    return bars(report.months, words, Currency(report.currency), _alt("Cost by month", words))


def _days(report: MonthReport) -> Bars:
    words = [
        Words(
            str(bar.start.day) if bar.start.day in LABELED_DAYS else "",
            "",
            f"{wording.weekday(bar.start)}: {_amount(report, bar)}",
        )
        for bar in report.days
    ]
    return bars(report.days, words, Currency(report.currency), _alt("Cost by day", words))


def _alt(what: str, words: Sequence[Words]) -> str:
    return f"{what}. {'; '.join(its.about for its in words)}."


def _amount(report: MonthReport, bar: Bar) -> str:
    return f"{Currency(report.currency).exact(bar.amount)}{_provisional(bar)}"


def _provisional(bar: Bar) -> str:
    return ", still arriving" if not bar.is_whole else ", estimated" if bar.is_estimated else ""


def _moment_row(report: MonthReport, bar: Bar, name: str) -> tuple[date, str, str, str]:
    return bar.start, name, Currency(report.currency).exact(bar.amount), _provisional(bar).lstrip(", ")
