"""Edited rules replayed over past months, beside those in force: who would pay more, who less, by how much."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pyarrow as pa
import streamlit as st

from costlib.money import total
from costlib.periods import Period, add_months, month_start
from costlib.queries.sandbox import Replayed
from costlib.ui import cached, cards, tables, wording
from costlib.ui.context import PageContext
from costlib.ui.gain_bars import gain_bars
from costlib.ui.rules_editor import Tried
from costlib.ui.showback_month import in_words
from costlib.ui.tables import Column, Kind, TableView

MONTHS_KEY = "replayed_months"
MONTHS = (1, 3, 6, 12)
MONEY = pa.decimal128(38, 10)
EVERYBODY = "All cost centers"


@dataclass(frozen=True)
class Trial:
    """What the edited rules make of some months, by cost center: the largest change first."""

    found: tuple[Replayed, ...]

    @property
    def months(self) -> tuple[date, ...]:
        """The newest first."""
        return tuple(sorted({r.month for r in self.found}, reverse=True))

    @property
    def missing(self) -> tuple[date, ...]:
        """Months in which the metric is not available."""
        return tuple(sorted({r.month for r in self.found if r.change is None}))

    @property
    def cost_centers(self) -> tuple[str, ...]:
        changes = {center: self.change(center) or Decimal(0) for center in {r.cost_center for r in self.found}}
        return tuple(sorted(changes, key=lambda center: (-abs(changes[center]), center)))

    def before(self, cost_center: str | None) -> Decimal | None:
        return total(r.before for r in self.of(cost_center))

    def after(self, cost_center: str | None) -> Decimal | None:
        return total(r.after for r in self.of(cost_center))

    def change(self, cost_center: str | None, month: date | None = None) -> Decimal | None:
        """Of one cost center or all, in one month or all."""
        return total(r.change for r in self.of(cost_center) if month in (None, r.month))

    def of(self, cost_center: str | None) -> Sequence[Replayed]:
        return [r for r in self.found if cost_center in (None, r.cost_center)]


def gains_and_losses(context: PageContext, tried: Tried | None) -> None:
    """Figures, bars and a table that ends in the sum of all changes."""
    if tried is None:
        st.caption("Mend the rules above to see what they would change.")
        return
    months = st.segmented_control(
        "Months", MONTHS, default=3, required=True, key=MONTHS_KEY, format_func=lambda n: wording.count(n, "month")
    )
    if tried.is_in_force:
        st.caption("These rules say what the rules in force say: nothing would change. Edit them above.")
        return
    period = _period(context, months or 1)
    metric = context.filters.metric
    trial = Trial(cached.replay(context.snapshot, context.scope, tried.text, period, metric))
    if trial.missing or not trial.found:
        missing = ", ".join(in_words(month) for month in trial.missing) or wording.span(period)
        st.caption(f"{metric.label} cost is not available for {missing}. Choose another cost, or fewer months.")
        return
    _figures(context, trial)
    when = wording.span(period)
    changes = {center: trial.change(center) or Decimal(0) for center in trial.cost_centers}
    drawing = gain_bars(changes, context.currency, when)
    if drawing is None:
        st.caption(f"No cost center would pay more or less in {when}.")
        return
    cards.figure(drawing, "gain_bars")
    tables.show(_view(context, trial), "gains_and_losses")
    st.caption(f"{metric.label} cost in {context.snapshot.currency} · {when}, UTC days · without adjustments. {CLOSED}")


CLOSED = "Closed months are replayed for comparison; putting rules in force does not change them."


def _period(context: PageContext, months: int) -> Period:
    held = context.snapshot.period
    return Period(max(add_months(month_start(held.last_day), 1 - months), held.start), held.end)


def _figures(context: PageContext, trial: Trial) -> None:
    changes = [trial.change(center) or Decimal(0) for center in trial.cost_centers]
    more, less = [c for c in changes if c > 0], [c for c in changes if c < 0]
    with st.grid(4, min_column_width=184, gap="small"):
        _figure(context, "Would pay more", total(more) or Decimal(0), wording.count(len(more), "cost center"))
        _figure(context, "Would pay less", total(less) or Decimal(0), wording.count(len(less), "cost center"))
        _figure(context, "Sum of all changes", trial.change(None), "the bill stays the same")
        _figure(context, "All statements", trial.after(None), "by these rules")


def _figure(context: PageContext, label: str, amount: Decimal | None, about: str) -> None:
    cards.kpi(label, context.currency.exact(amount), versus=about)


def _view(context: PageContext, trial: Trial) -> TableView:
    """A row a cost center and a column a month."""
    months = trial.months
    columns = (
        Column("cost_center", "Cost center", Kind.text, width=150),
        Column("in_force", "In force", Kind.money, width=118),
        Column("tried", "By these rules", Kind.money, width=118),
        Column("change", "Change", Kind.money, width=110),
        *(Column(f"change_{m:%Y_%m}", wording.month(m), Kind.money, "Change of the month.", 100) for m in months),
    )
    rows = [_row(trial, center, center, months) for center in trial.cost_centers]
    rows.append(_row(trial, None, EVERYBODY, months))
    arrays = [pa.array([row[0] for row in rows], pa.string())]
    arrays += [pa.array([row[i] for row in rows], MONEY) for i in range(1, len(columns))]
    values = pa.table(arrays, names=[column.name for column in columns])
    return TableView(values, columns, context.currency, "gains_and_losses", "Who gains, who loses", "", whole=True)


def _row(trial: Trial, cost_center: str | None, name: str, months: Sequence[date]) -> tuple[object, ...]:
    changes = (trial.change(cost_center, month) for month in months)
    return name, trial.before(cost_center), trial.after(cost_center), trial.change(cost_center), *changes
