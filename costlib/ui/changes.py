"""The parts of the changes page: what is compared, how much moved, what moved most and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial

import pyarrow as pa
import streamlit as st

from costlib.money import difference, total
from costlib.periods import Granularity, LikeForLike
from costlib.queries.changes import Mover, Split, together
from costlib.store.snapshot import Snapshot
from costlib.ui import cached, cards, compared_periods, drill, rankings, states, tables, wording
from costlib.ui.compared_periods import label_of, reads
from costlib.ui.context import PageContext
from costlib.ui.sentences import ACCOUNT, Reader, sentence, summary
from costlib.ui.waterfall import Bar, waterfall

BY = "changes_by"
MOVERS_SHOWN = 8
NOISE = Decimal("0.02")
"""Of the largest change: what is smaller is part of everything else in the waterfall, and only there."""
FIRST = ("service", ACCOUNT)
LAST = ("record_type", "charge_category")


@dataclass(frozen=True)
class Found:
    """The answers of one run: what is compared by which dimension, and what moved."""

    by: str
    compared: LikeForLike
    table: pa.Table
    split: Split
    movers: tuple[Mover, ...]

    @property
    def is_known(self) -> bool:
        """Whether there is an amount on both sides."""
        return self.split.change is not None


def choose(context: PageContext) -> str:
    """By what: a dimension of the charges, a label, or what a lens holds. It is in the URL."""
    choices = _choices(context.snapshot)
    states.unknown_value_in_the_link(BY, "By", choices.values())
    picked = st.segmented_control(
        "By",
        list(choices),
        default=FIRST[0],
        required=True,
        format_func=choices.__getitem__,
        key=BY,
        bind="query-params",
    )
    return picked if picked in choices else FIRST[0]


def find(context: PageContext, by: str, compared: LikeForLike) -> Found | None:
    """What moved; None without any charge in either period."""
    filters = replace(context.filters, period=compared.current)
    asked = (context.snapshot, context.scope, filters, by)
    table = cached.changes(*asked, compared.before)
    if not table.num_rows:
        return None
    movers = cached.movers(*asked, compared=compared.before, limit=MOVERS_SHOWN)
    return Found(by, compared, table, together(table), movers)


def headline(context: PageContext, found: Found) -> None:
    """One sentence, now, before and the difference; why one of them is missing."""
    money, split, pair = context.currency, found.split, found.compared
    notes = " ".join(compared_periods.notes(context, found.by, pair) + _provisional(context, found))
    if found.is_known:
        said = summary(split, Reader(money, context.account_names))
        st.markdown(f"{said} :gray[{compared_periods.lengths(pair)} {notes}]")
    elif notes:
        st.caption(notes)
    with st.grid(3, min_column_width=160, gap="small"):
        cards.kpi(f"Now · {wording.span(pair.current)}", money.exact(split.amount))
        cards.kpi(f"Before · {wording.span(pair.before)}", money.exact(split.previous))
        cards.kpi("Difference", money.change(split.change), wording.change_percent(split.amount, split.previous))
    if not compared_periods.is_stored(context, pair):
        compared_periods.not_stored(context, pair)
    elif not found.is_known:
        metric = context.filters.metric.label
        st.info("AWS does not offer it for all of these charges.", title=f"{metric} cost is not available")


def why(context: PageContext, found: Found) -> None:
    """A sentence for each of the largest movers."""
    sentences_of(context, found.by, found.movers, "Nothing moved between the two periods.")


def sentences_of(context: PageContext, by: str, movers: tuple[Mover, ...], nothing: str) -> None:
    """One line a mover, with an arrow: more cost is red."""
    reader = Reader(context.currency, context.account_names)
    for mover in movers:
        arrow = ":red[:material/trending_up:]" if mover.change > 0 else ":green[:material/trending_down:]"
        st.markdown(f"{arrow} {sentence(by, mover, reader)}")
    if not movers:
        st.caption(nothing)


def steps(context: PageContext, found: Found) -> None:
    """From before to now: the largest movers one by one, and everything else."""
    opens = _opens(context, found.by)
    bars = bars_of(found, Reader(context.currency, context.account_names), opens is not None)
    what = f"cost by {reads(found.by)}, {wording.span(found.compared.before)} to {wording.span(found.compared.current)}"
    cards.figure(waterfall(bars, context.currency, what), "changes_steps", opens)
    hint = f"Click a bar to open the {reads(found.by)}. " if opens else ""
    st.caption(f"{hint}{context.fine_print}")


def bars_of(found: Found, reader: Reader, opens: bool) -> list[Bar]:
    """Before, the movers that can be seen, everything else, now: ends exactly at the amount now."""
    now, before = found.split.amount, found.split.previous
    if now is None or before is None or not found.movers:
        return []
    seen = [m for m in found.movers if abs(m.change) >= NOISE * abs(found.movers[0].change)]
    steps = [Bar(reader.mover(found.by, m), m.change, key=m.key if opens else None) for m in seen]
    rest = difference(found.split.change, total(m.change for m in seen))
    moved = sum(1 for change in found.table.column("change").to_pylist() if change)
    if rest or moved > len(seen):
        steps.append(Bar(f"Everything else ({moved - len(seen)})", rest or Decimal(0)))
    return [Bar("Before", before, is_total=True), *steps, Bar("Now", now, is_total=True)]


def four_parts(context: PageContext, found: Found) -> None:
    """The difference as what is new, gone, grew and shrank."""
    amounts = (found.split.new, found.split.gone, found.split.grew, found.split.shrank)
    with st.grid(4, min_column_width=130, gap="small"):
        for column, amount in zip(rankings.CHANGE_PARTS, amounts, strict=True):
            cards.kpi(column.label, context.currency.change(amount), about=column.help, height=cards.BARE_HEIGHT)
    parts = found.movers[0].parts if found.movers else ()
    levels = " and ".join(f"{reads(part)} by {reads(part)}" for part in parts)
    st.caption(f"These four add up to the difference{f', each {reads(found.by)} taken {levels}' if levels else ''}.")


def title(found: Found) -> str:
    """Of the table."""
    return f"Every {reads(found.by)}"


def all_of_them(context: PageContext, found: Found) -> None:
    """Every key with its change, the largest first, and the file."""
    opens = _opens(context, found.by)
    keys = found.table.column("key").to_pylist()
    words = f"changes by {found.by} {found.compared.before} against {found.compared.current}"
    view = rankings.changed(context, found.table, found.by, found.compared.before, words)
    tables.show(view, f"changes_by_{found.by}", (lambda row: opens(keys[row])) if opens else None)
    hint = f"Click a name to open the {reads(found.by)}. " if opens else ""
    st.caption(f"{hint}{context.fine_print}")


def _provisional(context: PageContext, found: Found) -> list[str]:
    """A word on days that AWS has not closed."""
    filters = context.over(found.compared.current, Granularity.monthly)
    months = cached.cost_over_time(context.snapshot, context.scope, filters, None)
    is_estimated = any(months.column("is_estimated").to_pylist())
    return ["AWS may still change the latest of them."] if is_estimated else []


def _choices(snapshot: Snapshot) -> dict[str, str]:
    """Every dimension that changes can be looked at by, and what people call it; in full where two are called alike."""
    held = {name for lens in snapshot.lenses for name in lens.dimensions} - {*FIRST, *LAST}
    names = [*FIRST, *snapshot.labels, *LAST, *sorted(held)]
    words = [label_of(name) for name in names]
    alike = {word for word, times in Counter(words).items() if times > 1}
    return {name: name if word in alike else word for name, word in zip(names, words, strict=True)}


def _opens(context: PageContext, by: str) -> Callable[[str], None] | None:
    if by == "service":
        return drill.open_service
    return partial(_open_account, context.account_names) if by == ACCOUNT else None


def _open_account(names: Mapping[str, str], account: str) -> None:
    drill.open_account(names.get(account, account))
