"""Where the sign-off of a month stands: each cost center's state, the open disputes with their comments, all words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from urllib.parse import urlencode

import pyarrow as pa
import streamlit as st

from costlib.errors import CostlibError
from costlib.exports.statement_lines import By
from costlib.queries.showback import Question
from costlib.store import sign_offs
from costlib.store.sign_offs import SignOff, State
from costlib.ui import cached, links, states, tables, wording
from costlib.ui.context import PageContext
from costlib.ui.links import Link
from costlib.ui.rankings import file_name
from costlib.ui.showback_month import CENTER_KEY, LINE_KEY, MONTH_KEY, ShownMonth, in_words
from costlib.ui.sign_off_words import Standing, by_of, changed, said_by, standing
from costlib.ui.statement import BY_KEY
from costlib.ui.statement_lines import lines_of
from costlib.ui.tables import Column, Kind, TableView
from costlib.vocabulary import metric

MONEY = pa.decimal128(38, 10)
DISPUTES_SHOWN = 5
"""Longer lists scroll in a box of their own."""
BOX_HEIGHT = 420
STATEMENT = "statement"
NOTHING: Mapping[str, str] = {}
COLUMNS = (
    Column("cost_center", "Cost center", Kind.name, width=150),
    Column("state", "Sign-off", Kind.text, width=185),
    Column("total", "Total", Kind.money, width=112),
    Column("signed", "Signed off", Kind.money, "What the statement came to then.", width=105),
    Column("by", "By", Kind.text, width=110),
    Column("said_at", "At", Kind.moment, width=150),
    Column("lines", "Lines", Kind.number, "Disputed lines.", width=65),
    Column("comment", "Comment", Kind.text, width=220),
)
WORD_COLUMNS = (
    Column("said_at", "At", Kind.moment, width=150),
    Column("cost_center", "Cost center", Kind.text, width=140),
    Column("about", "About", Kind.text, width=220),
    Column("state", "State", Kind.text, width=95),
    Column("amount", "Amount then", Kind.money, width=112),
    Column("by", "By", Kind.text, width=140),
    Column("comment", "Comment", Kind.text, width=320),
    Column("metric", "Cost", Kind.text, width=110),
)


def board(context: PageContext, shown: ShownMonth, matrix: pa.Table) -> None:
    """Everything that was said of the statements that may be seen."""
    try:
        words = sign_offs.history(context.settings.source_dir, shown.month, context.scope.statements)
    except CostlibError as error:
        states.problem(error, "Sign-offs cannot be shown")
        return
    current = [_standing(context, shown, word) for word in sign_offs.last_words(words)]
    centers = [(str(row["cost_center"]), row["total"]) for row in matrix.select(["cost_center", "total"]).to_pylist()]
    rows = [_row(shown, center, whole, current) for center, whole in centers]
    st.caption(_summary(rows))
    _disputes(context, shown, [found for found in current if found.word.state is State.disputed])
    tables.show(_view(context, shown, rows), "sign_offs", lambda row: _open(shown, centers[row][0]))
    if words:
        with st.expander(f"Everything that was said ({len(words)})", icon=":material/history:"):
            tables.show(_words_view(context, shown, words), "sign_off_history")


Row = tuple[str, str, Decimal | None, Decimal | None, str, datetime | None, int | None, str]


def _standing(context: PageContext, shown: ShownMonth, word: SignOff) -> Standing:
    """Against the statement in the metric that it was said about."""
    asked = Question(shown.month, metric(word.subject.metric), shown.asked.book)
    table = cached.statement(context.snapshot, context.scope, asked, word.subject.cost_center)
    return standing(word, lines_of(context, shown, table, By.both))


def _row(shown: ShownMonth, center: str, whole: Decimal | None, current: Sequence[Standing]) -> Row:
    """One cost center in the metric shown: an open dispute goes before what was said of the whole."""
    mine = [f for f in current if f.word.subject.cost_center == center and f.word.subject.metric == shown.asked.metric]
    found = next((f for f in mine if f.word.subject.is_whole), None)
    lines = sum(not f.word.subject.is_whole and f.word.state is State.disputed for f in mine)
    if found is None:
        return center, "Line disputed" if lines else NOT_YET, whole, None, "", None, lines or None, ""
    word = found.word
    state = word.state.capitalize() if not lines or word.state is State.disputed else "Line disputed"
    text = f"{state}, changed since" if found.has_changed else state
    return center, text, whole, word.amount, word.person.name, word.said_at, lines or None, word.comment


NOT_YET = "Not signed off"


def _summary(rows: Sequence[Row]) -> str:
    count = wording.count(len(rows), "statement")
    accepted = sum(row[1] == "Accepted" for row in rows)
    disputed = sum("isputed" in row[1] for row in rows)
    return f"Of {count}, {accepted} accepted as they stand, {disputed} disputed as a whole or in a line."


def _disputes(context: PageContext, shown: ShownMonth, found: Sequence[Standing]) -> None:
    """Each with its comment and a way to its line."""
    if not found:
        return
    st.markdown(f"**Open disputes ({len(found)})**")
    with st.container(height=BOX_HEIGHT if len(found) > DISPUTES_SHOWN else "content", border=False):
        for place, dispute in enumerate(found):
            _dispute(context, shown, place, dispute)


def _dispute(context: PageContext, shown: ShownMonth, place: int, dispute: Standing) -> None:
    word, subject = dispute.word, dispute.word.subject
    amount = wording.escaped(context.currency.exact(word.amount))
    cost = "" if subject.metric == shown.asked.metric else f" · {metric(subject.metric).label} cost"
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(
            f"**{wording.escaped(subject.cost_center)}** · {wording.escaped(word.name)} · {amount}{cost}"
            f"{changed(dispute, context.currency)}  \n{said_by(word)}",
            width="stretch",
        )
        st.button("Open", key=f"open_dispute_{place}", on_click=_open_line, args=(shown, word))


def _open_line(shown: ShownMonth, word: SignOff) -> None:
    subject = word.subject
    if subject.is_whole:
        _open(shown, subject.cost_center)
    else:
        _open(shown, subject.cost_center, {LINE_KEY: word.name, BY_KEY: by_of(subject).value})


def _open(shown: ShownMonth, cost_center: str, more: Mapping[str, str] = NOTHING) -> None:
    where = {MONTH_KEY: in_words(shown.month), CENTER_KEY: cost_center, **more}
    links.follow(Link(STATEMENT, urlencode(where)))


def _view(context: PageContext, shown: ShownMonth, rows: Sequence[Row]) -> TableView:
    types = (pa.string(), pa.string(), MONEY, MONEY, pa.string(), pa.timestamp("us"), pa.int64(), pa.string())
    arrays = [pa.array([row[i] for row in rows], kind) for i, kind in enumerate(types)]
    values = pa.table(arrays, names=[column.name for column in COLUMNS])
    name = file_name(f"sign-off {shown.month:%Y-%m} {shown.asked.metric}")
    return TableView(values, COLUMNS, context.currency, name, "Sign-off of each cost center", empty="", whole=True)


def _words_view(context: PageContext, shown: ShownMonth, words: Sequence[SignOff]) -> TableView:
    values = pa.table(
        {
            "said_at": pa.array([w.said_at for w in words], pa.timestamp("us")),
            "cost_center": pa.array([w.subject.cost_center for w in words], pa.string()),
            "about": pa.array([w.name for w in words], pa.string()),
            "state": pa.array([w.state.capitalize() for w in words], pa.string()),
            "amount": pa.array([w.amount for w in words], MONEY),
            "by": pa.array([w.person.name for w in words], pa.string()),
            "comment": pa.array([w.comment for w in words], pa.string()),
            "metric": pa.array([metric(w.subject.metric).label for w in words], pa.string()),
        }
    )
    name = file_name(f"sign-off history {shown.month:%Y-%m}")
    return TableView(values, WORD_COLUMNS, context.currency, name, "Everything that was said", empty="")
