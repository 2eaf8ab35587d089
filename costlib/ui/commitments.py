"""The parts of the commitments page: what was committed to, used and unused, and whether the charges agree.

The figures are the payer's and amortized. The period and the granularity apply to them; the cost view and the filters
by account, service, record type and label do not, and the page says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

import pyarrow as pa
import streamlit as st

from costlib.access import EVERYTHING
from costlib.money import total
from costlib.queries.commitments import Holding, Totals
from costlib.ui import cached, cards, commitment_charts, tables, wording
from costlib.ui.context import PageContext
from costlib.ui.rankings import file_name
from costlib.ui.tables import Column, Kind, TableView
from costlib.ui.wording import Currency
from costlib.vocabulary import CommitmentKind

POLICY = "deploy/iam/optional-commitments.json"
PLANS, RESERVATIONS = CommitmentKind.savings_plan, CommitmentKind.reservation
MONTH_COLUMNS = (
    Column("billing_month", "Month", Kind.month),
    Column("commitment", "Commitment", Kind.text),
    Column("service", "Service", Kind.text),
    Column("total", "Committed", Kind.money),
    Column("used", "Used", Kind.money),
    Column("amortized_used", "Used, charges", Kind.money, "The amortized charges of covered use, on the same days."),
    Column("used_difference", "Difference", Kind.money, "Used, less the charges."),
    Column("unused", "Unused", Kind.money),
    Column("amortized_unused", "Unused, charges", Kind.money, "The amortized charges of the commitment's fee."),
    Column("unused_difference", "Difference", Kind.money, "Unused, less the charges."),
    Column("days", "Days", Kind.number, "Of the month, that AWS has told about."),
)
DIFFERENCES = ("used_difference", "unused_difference")
SERVICE_COLUMNS = (
    Column("service", "Service", Kind.text, width=260),
    Column("total", "Committed", Kind.money),
    Column("used", "Used", Kind.money),
    Column("unused", "Unused", Kind.money),
    Column("utilization", "Utilization", Kind.share, width=130),
    Column("net_savings", "Net savings", Kind.money, "Against on-demand prices, the whole commitment paid for."),
    Column("covered", "Covered hours", Kind.number),
    Column("coverable", "All hours", Kind.number, "Of instances, covered or on demand."),
    Column("coverage", "Coverage", Kind.share, "Of the hours.", width=130),
)


def held(context: PageContext) -> Holding:
    """What there is to show; stops the page, with the reason and the way out, when there is nothing."""
    if context.scope != EVERYTHING:
        _nothing(
            "Commitments are the payer's",
            "AWS tells their use for all accounts together, so they are shown to those who may see them all.",
        )
    found = cached.commitment_holding(context.snapshot, context.scope)
    if not found.kinds and found.days is None:
        _nothing(
            "No commitments",
            "The stored charges hold no Savings Plan and no reservation: nothing was committed to in advance.",
        )
    if found.days is None:
        _nothing("How commitments were used is not known", _why_not_known(context, found))
    if context.filters.period.clip(found.days) is None:
        _nothing(
            "Nothing is told about these days", f"AWS has told about {wording.span(found.days)}: choose among them."
        )
    return found


@dataclass(frozen=True)
class Figures:
    """The answers that the page shows."""

    holding: Holding
    kinds: tuple[Totals, ...]
    over_time: pa.Table
    months: pa.Table
    services: pa.Table


def ask(context: PageContext, holding: Holding) -> Figures:
    """Everything the page shows, of the chosen period."""
    asked = (context.snapshot, context.scope, context.filters)
    return Figures(
        holding,
        cached.commitment_totals(*asked),
        cached.commitments_over_time(*asked),
        cached.commitment_reconciliation(context.snapshot, context.scope, context.filters.period),
        cached.commitments_by_service(*asked),
    )


def notes(context: PageContext, found: Holding) -> None:
    """What applies to the figures, what does not, and what is missing."""
    st.caption(
        "Amortized, and for the whole payer: the period and the granularity above apply, the cost view does not."
        + (
            " Commitments are shared here: in the charges, the fee and what was not used stand with the account that "
            "owns the commitment, and what was used with the account that used it."
            if found.is_shared
            else ""
        )
    )
    ignored = [*context.narrowed_to, *context.left_out]
    if ignored:
        st.info(
            f"AWS tells the use of commitments for everything together, so these filters do not apply here: "
            f"{', '.join(ignored)}.",
            title="These figures are not filtered",
            icon=":material/filter_list_off:",
        )
    if found.missing_rights or found.without_rows:
        st.warning(_why_not_known(context, found), title="Some figures are missing", icon=":material/key_off:")


def kpi_row(context: PageContext, figures: Figures) -> None:
    """Committed, used and unused dollars of the period, utilization, and the coverage of each kind."""
    money, period, days, kinds = context.currency, context.filters.period, figures.holding.days, figures.kinds
    told = days and period.clip(days)
    whole, used, unused = (total(getattr(k, name) for k in kinds) for name in ("total", "used", "unused"))
    saved = total(k.net_savings for k in kinds)
    utilization = used / whole if used is not None and whole else None
    with st.grid(3, min_column_width=220, gap="small"):
        _kpi(f"Committed · {wording.span(told or period)}", money.exact(whole), _by_kind(kinds, money, "total"))
        _kpi("Used", money.exact(used), f"Net savings {money.exact(saved)} against on-demand prices")
        _kpi("Unused", money.exact(unused), _by_kind(kinds, money, "unused"))
        _kpi("Utilization", wording.share(utilization), _each(kinds))
        for kind in kinds:
            _kpi(f"Coverage · {kind.kind.label}", wording.share(kind.coverage), _covered(kind, money))


def parts(context: PageContext, figures: Figures) -> None:
    """Used and unused parts over time, a chart for each kind that AWS told about."""
    table, pieces = figures.over_time, context.filters.granularity
    kinds = [found.kind for found in figures.kinds if found.kind not in figures.holding.without_rows]
    for column, kind in zip(st.columns(len(kinds) or 1), kinds, strict=False):
        with column.container(border=True, height="stretch"):
            st.subheader(f"{kind.label}: used and unused", anchor=False)
            drawing = commitment_charts.used_and_unused(table, kind, context.currency, pieces)
            cards.figure(drawing, f"parts_{kind.value}")
            st.caption(_fine_print(context, figures.holding))


def coverage(context: PageContext, figures: Figures) -> None:
    """How much of what could be covered was, over time."""
    with st.container(border=True):
        st.subheader("Coverage", anchor=False)
        cards.figure(commitment_charts.coverage(figures.over_time, context.filters.granularity), "coverage")
        st.caption(
            "The part of the use that commitments covered: of dollars at on-demand prices for Savings Plans, of hours "
            f"of instances for reservations. {_fine_print(context, figures.holding)}"
        )


def months(context: PageContext, figures: Figures) -> None:
    """AWS's utilization beside the amortized charges, whole months."""
    table = figures.months
    with st.container(border=True):
        st.subheader("Month by month, against the charges", anchor=False)
        if not table.num_rows:
            st.caption("AWS has told nothing about commitments in these months.")
            return
        st.markdown(_verdict(table, context.currency))
        labels = [CommitmentKind(kind).label for kind in table.column("kind").to_pylist()]
        values = table.append_column("commitment", pa.array(labels, pa.string()))
        tables.show(_view(context, values, MONTH_COLUMNS, "commitments by month"), "months")
        st.caption(
            "Whole months, whatever the period's edges. Used parts meet the amortized charges of the same days. A "
            "reservation's unused part is charged on the first of its month for the whole month, so it is compared "
            f"once the month is over; until then it shows –. {_fine_print(context, figures.holding)}"
        )


def services(context: PageContext, figures: Figures) -> None:
    """Reservations by service; nothing where there are none."""
    table = figures.services
    if not table.num_rows:
        return
    with st.container(border=True):
        st.subheader("Reservations by service", anchor=False)
        tables.show(_view(context, table, SERVICE_COLUMNS, "reservations by service"), "services")
        st.caption(f"{wording.span(context.filters.period)}. {_fine_print(context, figures.holding)}")


def _nothing(title: str, why: str) -> NoReturn:
    """An empty state; stops the page."""
    with st.container(border=True, horizontal_alignment="center"):
        st.subheader(title, anchor=False, text_alignment="center")
        st.caption(why, text_alignment="center")
    st.stop()


def _why_not_known(context: PageContext, found: Holding) -> str:
    if found.missing_rights:
        actions = ", ".join(f"`{action}`" for action in found.missing_rights)
        return f"The role lacks {actions}. Add what {POLICY} grants to its policy, and sync again."
    if context.settings.billing_view_arn:
        return "AWS tells the use of commitments for the payer only, not for a billing view: it was not asked."
    kinds = " and ".join(kind.label for kind in found.without_rows)
    return f"AWS has told nothing about {kinds} yet. What it said is among the warnings of the last sync."


def _fine_print(context: PageContext, found: Holding) -> str:
    """What the figures stand on: not the filters' metric and values, which do not apply."""
    told = f"told for {wording.span(found.days)}" if found.days else "not told"
    as_of = wording.moment(context.snapshot.as_of)
    return f"Amortized commitment in {context.snapshot.currency} · whole payer · {told}, UTC days · as of {as_of}"


def _by_kind(kinds: Sequence[Totals], money: Currency, name: str) -> str:
    return " · ".join(f"{kind.kind.label} {money.exact(getattr(kind, name))}" for kind in kinds)


def _each(kinds: Sequence[Totals]) -> str:
    return " · ".join(f"{kind.kind.label} {wording.share(kind.utilization)}" for kind in kinds)


def _covered(kind: Totals, money: Currency) -> str:
    """Of what: dollars or hours."""
    if kind.covered is None or kind.coverable is None:
        return wording.NOT_AVAILABLE
    if kind.kind is PLANS:
        return f"{money.compact(kind.covered)} of {money.compact(kind.coverable)} at on-demand prices"
    return f"{kind.covered:,.0f} of {kind.coverable:,.0f} hours of instances"


def _verdict(table: pa.Table, money: Currency) -> str:
    """One sentence of Markdown: whether AWS's two accounts agree, and by how much they do not."""
    gaps = [abs(gap) for name in DIFFERENCES for gap in table.column(name).to_pylist() if gap is not None]
    if not any(table.column("differs").to_pylist()):
        exact = "but for AWS's rounding" if any(gaps) else "to the last digit"
        return (
            ":green[:material/check_circle:] Used and unused parts equal the amortized charges "
            f"{exact}, in every month that can be compared."
        )
    rows = wording.count(sum(table.column("differs").to_pylist()), "row differs", "rows differ")
    apart = wording.escaped(money.whole(total(gaps)))
    return f":red[:material/error:] {rows} from the amortized charges, by {apart} in all."


def _view(context: PageContext, table: pa.Table, columns: tuple[Column, ...], words: str) -> TableView:
    values = table.select([column.name for column in columns])
    return TableView(values, columns, context.currency, file_name(words), words.capitalize(), empty="–")


def _kpi(label: str, value: str, about: str) -> None:
    cards.kpi(label, value, versus=wording.escaped(about))
