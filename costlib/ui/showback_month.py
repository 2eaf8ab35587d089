"""What the showback pages share: which month is looked at, how final it is, and what is shown when there is nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import NoReturn

import streamlit as st

from costlib.periods import DAY, month_of
from costlib.queries.rule_history import MonthRules
from costlib.queries.showback import Book, MonthState, Question
from costlib.ui import boxes, cached, states, wording
from costlib.ui.context import PageContext

MONTH_KEY, CENTER_KEY, LINE_KEY = "month", "cost_center", "line"
"""Parameters of the statement's link."""
MONTH_OF_ALL_KEY = "month_of_all"
"""A name of its own: a page cannot send a link to another one that sets what is bound to its own widgets."""
STATEMENT_PAGE = "pages/showback/statement.py"
FIRST_RULES = """\
# allocation.toml
[[cost_center]]
cost_category = "Team"     # or: tag = "team"

[[rule]]
id = "support"
name = "AWS Support"
description = "The support fee follows what each team uses."
source = { service = ["AWS Support (Business)"] }
method = "proportional"
"""


@dataclass(frozen=True)
class ShownMonth:
    """The month that a page is about: its statements as they count, and the rules that they stand on."""

    state: MonthState
    asked: Question
    rules: MonthRules | None
    last_complete: date

    @property
    def month(self) -> date:
        return self.state.month

    @property
    def is_over(self) -> bool:
        """Whether all of its days have arrived."""
        return self.last_complete >= month_of(self.month).last_day

    @property
    def words(self) -> str:
        return in_words(self.month)

    def rule_name(self, rule_id: str) -> str:
        """What people call a rule, with its id where two of the month share a name."""
        return self.rules.label_of(rule_id) if self.rules else wording.one_line(rule_id)


def in_words(month: date) -> str:
    """`October 2026`."""
    return f"{month:%B %Y}"


def banner(context: PageContext) -> None:
    """Say that the rules file cannot be used; nothing when it can."""
    problem = cached.rules_problem(context.snapshot)
    if problem:
        st.warning(
            f"{wording.escaped(problem)}\n\nThe last good rules are in force, and the statements below stand on them.",
            title="The rules file cannot be used",
            icon=":material/rule:",
        )


def choose_month(context: PageContext, key: str = MONTH_KEY) -> ShownMonth:
    """Draw the picker under `key`; the newest month that is over is chosen at first.

    Stops the run when there is no showback, or none that may be seen.
    """
    stored = cached.showback_months(context.snapshot)
    if not stored:
        _nothing_yet(context)
    if context.scope.statements is not None and not context.scope.statements:
        no_access()
    by_month = {state.month: state for state in stored}
    last = context.snapshot.complete_through
    whole = [month for month in by_month if month_of(month).last_day <= last]
    default = whole[0] if whole else stored[0].month
    labels = [in_words(month) for month in by_month]
    states.unknown_value_in_the_link(key, "Month", labels)
    return _shown(context, by_month[boxes.one_of("Month", key, list(by_month), default, in_words, width=220)])


def _shown(context: PageContext, state: MonthState) -> ShownMonth:
    book = Book.as_closed if state.is_closed else Book.now
    asked = Question(state.month, context.filters.metric, book)
    return ShownMonth(state, asked, cached.rules_of(context.snapshot, state.month), context.snapshot.complete_through)


def state_badge(shown: ShownMonth) -> None:
    """How final the month is, in a few words."""
    state = shown.state
    if state.is_closed:
        forced = f" Closed by force: {wording.escaped(state.forced_because)}" if state.forced_because else ""
        about = f"By {wording.escaped(state.closed_by or '')}. Nothing changes these statements any more.{forced}"
        st.badge(f"Closed · statement {state.statement_id}", icon=":material/lock:", color="green", help=about)
    elif not shown.is_over:
        days = (shown.last_complete - shown.month + DAY).days
        text = f"Not over: {max(0, days)} of {month_of(shown.month).days} days are complete"
        st.badge(text, icon=":material/hourglass_top:", color="orange", help="Later days are still arriving.")
    elif state.estimated_days:
        days_left = wording.count(state.estimated_days, "day")
        st.badge(f"Open · {days_left} estimated", icon=":material/edit_calendar:", color="orange", help=ESTIMATED)
    else:
        st.badge("Open · no estimated days", icon=":material/lock_open:", color="blue", help=OPEN)


ESTIMATED = "AWS may still change estimated days, so these statements are not final."
OPEN = "AWS may still add credits or refunds. Closing the month freezes its statements."


def fine_print(context: PageContext, shown: ShownMonth) -> str:
    """What every amount of these pages stands on, as Markdown."""
    version = f" · rules {shown.rules.version.version}" if shown.rules else ""
    of_when = "as it was closed" if shown.state.is_closed else f"as of {wording.moment(context.snapshot.as_of)}"
    metric = context.filters.metric.label
    return f"{metric} cost in {context.snapshot.currency} · {shown.words}, UTC days{version} · {of_when}"


def not_available(context: PageContext, shown: ShownMonth) -> None:
    """The month has charges that lack the metric, so that nothing could be shared."""
    with st.container(border=True, horizontal_alignment="center"):
        label = context.filters.metric.label
        st.subheader(f"{label} cost is not available for {shown.words}", anchor=False, text_alignment="center")
        st.caption(
            "AWS does not offer it for all charges of this month, so that shared cost cannot be computed. "
            "Choose another cost.",
            text_alignment="center",
        )


def _nothing_yet(context: PageContext) -> NoReturn:
    file = wording.escaped(str(context.settings.rules_file))
    with st.container(border=True):
        st.subheader("There is no showback yet", anchor=False)
        st.markdown(
            "Statements say what each cost center spent itself and what it carries of shared cost, and add up to the "
            f"bill. They need rules: write them to {file}, check them, and sync. docs/showback.md explains every key."
        )
        st.code(FIRST_RULES, language="toml")
        st.code("python -m costlib rules check\npython -m costlib sync", language="bash")
    st.stop()


def no_access() -> NoReturn:
    """Nobody has named this person for a statement."""
    with st.container(border=True, horizontal_alignment="center"):
        st.subheader("No statement is open to you", anchor=False, text_alignment="center")
        st.caption(
            "A statement also holds shares of other accounts' cost, so it is shown to those it is named for. "
            "Ask whoever runs this dashboard for your cost center's. Your accounts' own cost is under Spend.",
            text_alignment="center",
        )
    st.stop()
