"""The part of the cost categories page that is AWS's definition: its rules in words, and what changed in them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import streamlit as st

from costlib.queries.definitions import Definition, DefinitionChange
from costlib.ui import cached, rule_words, wording
from costlib.ui.context import PageContext
from costlib.ui.labels import Shown, is_tag
from costlib.ui.rule_words import Reader
from costlib.vocabulary import dimension

RULES_SHOWN = 15
"""Longer lists scroll in a box of their own."""
BOX_HEIGHT = 460


def show(context: PageContext, shown: Shown) -> None:
    """The definition beside what changed in it; a tag has neither."""
    if is_tag(shown.label):
        with st.container(border=True):
            st.subheader("No definition", anchor=False)
            st.markdown(
                "A tag has no rules: a charge carries the value that its resource was tagged with at the time, once "
                "the tag was activated for cost allocation."
            )
        return
    name = dimension(shown.label).label
    left, right = st.columns([3, 2])
    with left.container(border=True, height="stretch"):
        st.subheader(wording.escaped(f"How AWS defines {name}"), anchor=False)
        _definition(context, cached.definition(context.snapshot, context.scope, name))
    with right.container(border=True, height="stretch"):
        st.subheader("Changes noticed", anchor=False)
        _changes(context, cached.definition_changes(context.snapshot, context.scope, name))


def _definition(context: PageContext, found: Definition | None) -> None:
    """Rules in order, default value, split charge rules, and since when they hold."""
    if found is None:
        st.markdown(_why_unknown(context))
        return
    _standing(found)
    _rules(context, found)
    _split_charges(found)


def _changes(context: PageContext, found: Sequence[DefinitionChange]) -> None:
    """What changed since the definition was first read, the newest first."""
    if not found:
        st.caption("None since the definition was first read.")
    for change in found:
        st.markdown(f"**{wording.moment(change.noticed_at)}** · effective from {wording.day(change.effective_start)}")
        st.markdown(_bulleted(rule_words.change_lines(change, _reader(context))))


def _standing(found: Definition) -> None:
    content = found.content
    until = f" until {wording.day(content.effective_end)}" if content.effective_end else ""
    st.caption(
        f"Effective from {wording.day(content.effective_start)}{until} · read {wording.moment(found.read_at)}. "
        "The first rule that matches a charge gives its value."
    )
    if found.processing_status == "PROCESSING":
        st.warning(
            "AWS is still applying this definition: values may change until it has.", icon=":material/hourglass_top:"
        )
    else:
        st.badge("Applied", icon=":material/check_circle:", color="green")


def _rules(context: PageContext, found: Definition) -> None:
    reader = _reader(context)
    rules = found.content.rules
    with st.container(height=BOX_HEIGHT if len(rules) > RULES_SHOWN else "content", border=False):
        st.markdown("\n".join(f"{place}. {reader.rule(rule)}" for place, rule in enumerate(rules, 1)))
    st.markdown(rule_words.default_value(found.content))


def _split_charges(found: Definition) -> None:
    splits = found.content.split_charges
    if not splits:
        return
    st.markdown("**Split charge rules**")
    st.markdown(_bulleted(map(rule_words.split_charge, splits)))
    st.caption("Cost Explorer does not apply these, so the amounts here are those before splitting.")


def _reader(context: PageContext) -> Reader:
    return Reader(lambda account: context.account_names.get(account, account))


def _bulleted(lines: Iterable[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _why_unknown(context: PageContext) -> str:
    """The right that is missing, or that nothing has been read yet."""
    rights = cached.missing_rights(context.snapshot).column("action").to_pylist()
    wanted = ("ce:ListCostCategoryDefinitions", "ce:DescribeCostCategoryDefinition")
    lacking = [f"`{action}`" for action in wanted if action in rights]
    if lacking:
        return f"Not known: the role lacks {' and '.join(lacking)}."
    return "Not known: AWS gave no definition of this cost category to the account that asks."
