"""The parts of the rules page that are read: what is in force, in words, and every version that ever was."""

from __future__ import annotations

import pyarrow as pa
import streamlit as st

from costlib.allocation.reading import method_in_words, months_in_words, source_in_words, targets_in_words
from costlib.allocation.rules import CenterRule, Rule
from costlib.periods import month_start
from costlib.queries.rule_history import RuleVersion
from costlib.ui import cached, tables, wording
from costlib.ui.context import PageContext
from costlib.ui.tables import Column, Kind, TableView
from costlib.vocabulary import UNALLOCATED, dimension

RULES_SHOWN = 8
"""Longer lists scroll in a box of their own."""
BOX_HEIGHT = 640
COLUMNS = (
    Column("applied_at", "In force since", Kind.moment, width=150),
    Column("applied_by", "By", Kind.text, width=140),
    Column("note", "Why", Kind.text, width=330),
    Column("version", "Version", Kind.text, width=130),
    Column("rules", "Rules", Kind.number, width=80),
    Column("file", "File", Kind.text, width=220),
)


def require_access(context: PageContext) -> None:
    """Rules name cost centers, their agreed amounts and what they share: stop for whoever sees some statements only."""
    if context.scope.statements is None and context.scope.accounts is None:
        return
    with st.container(border=True, horizontal_alignment="center"):
        st.subheader("The rules are not open to you as a whole", anchor=False, text_alignment="center")
        st.caption(
            "They name every cost center, what it shares and what was agreed on, and trying them shows everybody's "
            "cost. Your statement explains the rules that concern you: click a shared line, or dispute it there.",
            text_alignment="center",
        )
    st.stop()


def in_force(context: PageContext) -> None:
    """The ways to a cost center, then each rule in its order."""
    versions = cached.rule_versions(context.snapshot)
    if not versions:
        st.markdown(
            "No rules are in force yet. Write some below, or bring those that AWS has; nothing is shared so far."
        )
        return
    newest = versions[0]
    rules = newest.rules
    about = [f"Version {newest.version}", f"by {wording.escaped(newest.applied_by)}", wording.moment(newest.applied_at)]
    st.caption(" · ".join([*about, *([wording.escaped(newest.note)] if newest.note else [])]))
    with st.container(height=BOX_HEIGHT if len(rules.rules) > RULES_SHOWN else "content", border=False, gap="medium"):
        ways = [f"{place}. {_way(context, way)}" for place, way in enumerate(rules.centers, 1)]
        last = f"{len(ways) + 1}. What is left is **{UNALLOCATED}**."
        st.markdown("\n".join(["**Whose a charge is**: the first way that says something.", "", *ways, last]))
        for place, rule in enumerate(rules.rules, 1):
            _rule(context, place, rule)
        if not rules.rules:
            st.markdown("No rule shares anything.")
    st.caption("Rules run in this order; each sees what the ones before moved. Closed months keep the rules they had.")


def history(context: PageContext) -> None:
    """Who put which version in force, when, and why."""
    versions = cached.rule_versions(context.snapshot)
    if not versions:
        st.caption("None yet.")
        return
    tables.show(_versions_view(context, versions), "rule_versions")
    st.caption("To look at one, or to go back to it, choose it under “Start from”.")


def _versions_view(context: PageContext, versions: tuple[RuleVersion, ...]) -> TableView:
    values = pa.table(
        {
            "applied_at": pa.array([v.applied_at for v in versions], pa.timestamp("us")),
            "applied_by": pa.array([v.applied_by for v in versions], pa.string()),
            "note": pa.array([v.note for v in versions], pa.string()),
            "version": pa.array([v.version for v in versions], pa.string()),
            "rules": pa.array([len(v.rules.rules) for v in versions], pa.int64()),
            "file": pa.array([v.file for v in versions], pa.string()),
        }
    )
    return TableView(values, COLUMNS, context.currency, "rule_versions", "Versions of the rules", empty="")


def _way(context: PageContext, way: CenterRule) -> str:
    if way.label is not None:
        return f"The value of {wording.escaped(dimension(way.label).label)}."
    conditions = [
        f"{wording.escaped(dimension(name).label)} is "
        + wording.escaped(" or ".join(context.account_names.get(value, value) for value in values))
        for name, values in way.conditions
    ]
    return f"**{wording.escaped(way.cost_center or '')}**, where {' and '.join(conditions)}."


def _rule(context: PageContext, place: int, rule: Rule) -> None:
    names = context.account_names
    with st.container(gap=None):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"**{place}\\. {wording.escaped(rule.name)}**", width="content")
            _when(context, rule)
        st.markdown(wording.escaped(rule.description))
        said = (source_in_words(rule, names), method_in_words(rule, None, names), targets_in_words(rule))
        parts = zip(("Moves", "Split", "Shared by"), said, strict=True)
        st.caption("  \n".join(f"{name}: {wording.escaped(_lower(text))}" for name, text in parts))


def _when(context: PageContext, rule: Rule) -> None:
    """Whether it holds in the newest month, and when."""
    month = month_start(context.snapshot.complete_through)
    words = months_in_words(rule)
    if rule.is_in_force(month):
        st.badge("in force" if words == "always" else f"in force {words}", color="green", icon=":material/check:")
    elif rule.start is not None and rule.start > month:
        st.badge(f"not yet: {words}", color="blue", icon=":material/schedule:")
    else:
        st.badge(f"no longer: {words}", color="gray", icon=":material/history:")


def _lower(text: str) -> str:
    """A sentence after a colon; names at its beginning keep their capital."""
    first = text.split(" ", 1)[0]
    return text[0].lower() + text[1:] if first in SENTENCE_STARTS else text


SENTENCE_STARTS = ("The", "An", "Every", "Everything", "In", "Agreed")
