"""A digest as a message: plain text, and HTML that mail programs show: tables, styles at each element, nothing fetched.

The template escapes every name. Mail programs that follow the reader's dark mode find colours for it in a style sheet;
those that drop style sheets show the light ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from costlib.alerts import sentences
from costlib.alerts.alert import Alert
from costlib.alerts.delay import DataState
from costlib.alerts.figures import Day, DigestFigures
from costlib.alerts.message import Frame, Message
from costlib.channels import AlertKind, Cadence
from costlib.exports.report import printable
from costlib.wording import Currency, day, month, month_name, one_line, span, weekday

TEMPLATE = "digest.html.j2"
BAR_PIXELS = 56
_SECTIONS = {
    AlertKind.incident: "Open incidents",
    AlertKind.budget: "Budgets at risk",
    AlertKind.data: "Data to look at",
    AlertKind.sync: "Syncs",
}


@dataclass(frozen=True)
class Card:
    """A figure, what it is, and what stands small below it. `direction`: `up`, `down` or ''."""

    label: str
    amount: str
    note: str
    direction: str


@dataclass(frozen=True)
class Column:
    """A day of the trend as a bar."""

    pixels: int
    label: str
    about: str
    is_compared: bool


@dataclass(frozen=True)
class Entry:
    """Its text, with a title or without; `page` is where the dashboard shows it, '' where it does not."""

    text: str
    title: str = ""
    page: str = ""


@dataclass(frozen=True)
class Section:
    """A heading and what is listed under it."""

    heading: str
    entries: Sequence[Entry]


def digest_message(figures: DigestFigures, frame: Frame) -> Message:
    """The whole digest."""
    title = sentences.subject(figures)
    return Message(title, _text(title, figures, frame), _html(title, figures, frame))


def delayed_message(state: DataState, delay: str, frame: Frame) -> Message:
    """What is sent instead of a digest while the data is too old for one: no figure is in it."""
    title = "Cost digest: data delayed"
    said = (
        delay,
        f"Figures would end on {weekday(state.last_complete_day)}, so there is no digest until newer data is read.",
        "Whoever runs the dashboard finds the reason on its freshness page, or with: python -m costlib doctor",
    )
    text = _underlined(title) + "\n".join([*said, *frame.notes]) + _link(frame) + "\n"
    html = _template().render(
        _page(title, frame),
        eyebrow="Cost digest",
        heading="Data delayed",
        lead=said,
        cards=(),
        columns=(),
        trend="",
        sections=(),
        footer=(),
    )
    return Message(title, text, html)


def _text(title: str, figures: DigestFigures, frame: Frame) -> str:
    parts = ["\n".join(sentences.spending(figures))] if figures.spend else []
    parts += [f"{s.heading}\n" + "\n".join(f"- {_entry(e)}" for e in s.entries) for s in _sections(figures)]
    parts.append("\n".join(map(printable, [*sentences.data_words(figures), *frame.notes])))
    return _underlined(title) + "\n\n".join(parts) + _link(frame) + "\n"


def _underlined(title: str) -> str:
    return f"{title}\n{'=' * len(title)}\n\n"


def _entry(entry: Entry) -> str:
    return printable(f"{entry.title.rstrip('.')}. {entry.text}" if entry.title else entry.text)


def _link(frame: Frame) -> str:
    return f"\n\nThe dashboard: {frame.dashboard_url}" if frame.dashboard_url else ""


def _html(title: str, figures: DigestFigures, frame: Frame) -> str:
    return _template().render(
        _page(title, frame),
        eyebrow=f"{figures.cadence.capitalize()} cost digest",
        heading=_heading(figures),
        lead=(),
        cards=tuple(_cards(figures)),
        columns=_columns(figures),
        trend=_trend(figures),
        sections=tuple(_sections(figures)),
        footer=tuple(sentences.data_words(figures)),
    )


def _page(title: str, frame: Frame) -> Mapping[str, object]:
    return {"title": title, "dashboard_url": frame.dashboard_url, "is_sample": frame.is_sample}


@cache
def _template() -> Template:
    folder = FileSystemLoader(Path(__file__).parent)
    environment = Environment(
        loader=folder, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["printable"] = printable
    return environment.get_template(TEMPLATE)


def _heading(figures: DigestFigures) -> str:
    if figures.spend is None:
        return f"{month_name(figures.month)} so far"
    period = figures.spend.latest.period
    return f"{period.start:%A} {day(period.start)}" if figures.cadence is Cadence.daily else span(period)


def _cards(figures: DigestFigures) -> Iterator[Card]:
    spend, money = figures.spend, Currency(figures.currency)
    if spend is None:
        return
    latest = "Last complete day" if figures.cadence is Cadence.daily else "Last seven complete days"
    labels = (latest, f"{month_name(figures.month)} so far")
    for label, compared in zip(labels, (spend.latest, spend.to_date), strict=True):
        direction = "" if not compared.change else "up" if compared.change > 0 else "down"
        yield Card(label, money.exact(compared.amount), sentences.change_note(compared, money), direction)
    if spend.month_end:
        note = f"Estimated: {sentences.month_end_note(spend.month_end, money)}"
        yield Card(f"End of {month(spend.month_end.month)}", money.exact(spend.month_end.expected), note, "")


def _columns(figures: DigestFigures) -> Sequence[Column]:
    days = figures.spend.days if figures.spend else ()
    top = max((bar.amount for bar in days if bar.amount is not None), default=None)
    if not top or top <= 0:
        return ()
    money = Currency(figures.currency)
    return [Column(_pixels(each, float(top)), _label(each), _about(each, money), each.is_compared) for each in days]


def _pixels(bar: Day, top: float) -> int:
    return max(1, round(BAR_PIXELS * float(bar.amount or 0) / top))


def _label(bar: Day) -> str:
    return str(bar.day.day) if bar.day.weekday() == 0 or bar.is_compared else ""


def _about(bar: Day, money: Currency) -> str:
    return f"{weekday(bar.day)}: {money.exact(bar.amount)}"


def _trend(figures: DigestFigures) -> str:
    days = figures.spend.days if figures.spend else ()
    return f"The last {len(days)} complete days" if days else ""


def _sections(figures: DigestFigures) -> Iterator[Section]:
    """Alerts first: they are what somebody must act on."""
    money = Currency(figures.currency)
    for kind, heading in _SECTIONS.items():
        found = [alert for alert in figures.alerts if alert.kind is kind]
        if found:
            yield Section(heading, [_alert(alert) for alert in found])
    if figures.statements:
        yield Section("Statements", [Entry(sentences.statement_words(s, figures)) for s in figures.statements])
    if figures.spend:
        moves = [Entry(sentences.movement(move, money)) for move in figures.spend.moves]
        yield Section(sentences.against(figures, figures.spend), moves or [Entry(sentences.unmoved(figures.spend))])


def _alert(alert: Alert) -> Entry:
    owner = [f"Owner: {alert.cost_center}."] if alert.cost_center else []
    return Entry(one_line(" ".join([*alert.sentences, *owner])), one_line(alert.title), alert.page)
