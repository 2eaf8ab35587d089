"""Which two periods the changes page sets side by side, and what its reader should know about them."""

from __future__ import annotations

from collections.abc import Iterator

import streamlit as st

from costlib.periods import Comparison, LikeForLike, Preset, is_whole_months, like_for_like, months_before
from costlib.ui import cached, wording
from costlib.ui.context import PageContext
from costlib.vocabulary import DIMENSIONS, dimension


def settle(context: PageContext, by: str) -> LikeForLike | None:
    """The two periods; None, with the reason on the page, when there are not two.

    Raises UsageError when no stored table holds `by` together with what the filters look at.
    """
    by_month = cached.held_by_month(context.snapshot, context.scope, context.filters, by)
    pair = _pair(context, by_month)
    if pair is None:
        _no_complete_day(context)
    elif by_month and not is_whole_months(pair.current):
        _only_whole_months(by)
    else:
        return pair
    return None


def notes(context: PageContext, by: str, pair: LikeForLike) -> list[str]:
    """Why the two periods are not those of the filter bar, if they are not."""
    by_month = cached.held_by_month(context.snapshot, context.scope, context.filters, by)
    return list(_notes(context, pair, by_month))


def lengths(pair: LikeForLike) -> str:
    """How many days are compared with how many."""
    days = wording.count(pair.current.days, "complete day")
    return f"{days} against {'as many' if pair.current.days == pair.before.days else pair.before.days}."


def is_stored(context: PageContext, pair: LikeForLike) -> bool:
    """Whether history reaches back to the whole of the period before."""
    return pair.before.start >= context.snapshot.period.start


def not_stored(context: PageContext, pair: LikeForLike) -> None:
    """Say that history does not reach back to the period before."""
    st.info(
        f"Stored are the days from {wording.day(context.snapshot.period.start)} on, which is not all of "
        f"{wording.span(pair.before)}. Choose a later or shorter period, or another one to compare with.",
        title="The period before is not stored",
        icon=":material/history:",
    )


def label_of(name: str) -> str:
    """What people call a dimension, as the heading of a column or the choice of a list."""
    found = DIMENSIONS["usage_account_name"] if name == "usage_account_id" else dimension(name)
    return wording.one_line(found.label)


def reads(name: str) -> str:
    """The same within a sentence: a label's name is a name and keeps its capitals."""
    return label_of(name).lower() if name in DIMENSIONS else wording.escaped(label_of(name))


def _pair(context: PageContext, by_month: bool) -> LikeForLike | None:
    comparison = context.comparison
    if comparison is Comparison.none:
        comparison = Comparison.previous_period
    pair = like_for_like(context.filters.period, comparison, context.snapshot.complete_through)
    if pair and by_month and comparison is Comparison.previous_period and is_whole_months(pair.current):
        return LikeForLike(pair.current, months_before(pair.current))
    return pair


def _notes(context: PageContext, pair: LikeForLike, by_month: bool) -> Iterator[str]:
    if context.comparison is Comparison.none:
        yield "“Compare with” is set to nothing, so this is the previous period."
    elif by_month and context.comparison is Comparison.previous_period:
        yield "What is kept by month is compared with the whole months before."
    last = min(context.filters.period.last_day, context.snapshot.complete_through)
    if last < context.filters.period.last_day:
        yield f"AWS is still adding to the days after {wording.weekday(last)}: they are left out."
    if pair.current.last_day < last:
        yield f"{wording.month(pair.before.start)} is shorter: the days after {wording.weekday(pair.current.last_day)}"
        yield "are left out too." if last < context.filters.period.last_day else "are left out."


def _no_complete_day(context: PageContext) -> None:
    last = wording.weekday(context.snapshot.complete_through)
    st.info(
        f"AWS is still adding to these days. The last complete one is {last}: choose a period that reaches back to it.",
        title="No complete day in this period",
        icon=":material/hourglass_top:",
    )


def _only_whole_months(by: str) -> None:
    """Say so, and offer months that can be compared."""
    with st.container(border=True, horizontal_alignment="center"):
        st.subheader(f"{label_of(by)} is kept by whole months", anchor=False, text_alignment="center")
        st.caption("Choose a period of whole months to see what moved.", text_alignment="center")
        st.button("Last month and the month before", key="changes_whole_months", on_click=_choose_whole_months)


def _choose_whole_months() -> None:
    """Set the filter bar, before it is drawn."""
    st.session_state["period"] = Preset.last_month
    st.session_state["compare"] = Comparison.last_month
