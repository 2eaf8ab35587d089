"""The pages of the dashboard by section, with their icons and what each is for."""

from __future__ import annotations

from typing import NamedTuple

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from costlib.ui import frame
from costlib.ui.identity import Viewer


class Entry(NamedTuple):
    """A page: its file in `pages`, what people read, and a Material icon."""

    path: str
    title: str
    icon: str
    help: str


FIRST = "spend/overview"
SECTIONS = {
    "Spend": (
        Entry(
            "spend/overview",
            "Overview",
            "dashboard",
            "Yesterday's and this month's spend, where the month will end, and what moved.",
        ),
        Entry(
            "spend/services",
            "Services",
            "stacked_bar_chart",
            "Cost by service over time; open one to see its accounts, record types and days.",
        ),
        Entry(
            "spend/accounts",
            "Accounts",
            "group_work",
            "Cost by account over time; open one to see its services, record types and days.",
        ),
        Entry(
            "spend/cost_categories",
            "Cost categories",
            "sell",
            "Cost by cost category or tag, how much carries a value, what to label next, and AWS's rules.",
        ),
        Entry(
            "spend/cost_views",
            "Cost views",
            "waterfall_chart",
            "The same charges unblended, amortized and net, why they differ, and the prepaid balance.",
        ),
        Entry(
            "spend/commitments",
            "Commitments",
            "handshake",
            "Savings Plans and reservations: what was used, what was not, and how much use they cover.",
        ),
        Entry(
            "spend/changes",
            "Changes",
            "compare_arrows",
            "What moved between two periods, the largest first, and why.",
        ),
        Entry(
            "spend/breakdown",
            "Breakdown",
            "pivot_table_chart",
            "Cost by any two dimensions: a pivot, over time, as areas, or adding up over the month.",
        ),
    ),
    "Showback": (
        Entry(
            "showback/statement",
            "Statement",
            "receipt_long",
            "One cost center's month: its own and its shared cost, why it moved, and why each line is there.",
        ),
        Entry(
            "showback/shared_costs",
            "All cost centers",
            "account_tree",
            "Every statement of a month in one table that ends in the bill, and what each rule moved.",
        ),
        Entry(
            "showback/rules",
            "Rules",
            "rule",
            "The rules in force in words, a copy to edit, and who would pay more or less by it.",
        ),
        Entry(
            "showback/category_drafts",
            "Category drafts",
            "edit_note",
            "New rules of a cost category: checked, tried on stored charges, and downloaded for AWS.",
        ),
    ),
    "Planning": (
        Entry(
            "planning/forecast",
            "Forecast",
            "trending_up",
            "Where the month, the quarter and the fiscal year will end, how sure that is, and its record.",
        ),
        Entry(
            "planning/budgets",
            "Budgets",
            "savings",
            "What may be spent, what was, where it will end, and how likely that is too much.",
        ),
        Entry(
            "planning/anomalies",
            "Anomalies",
            "notification_important",
            "What cost more or less than expected, since when, of what, whose it is, and what was said of it.",
        ),
    ),
    "Data": (
        Entry(
            "data/export",
            "Export",
            "file_export",
            "What the filters show as a file that proves itself, and the report of a month.",
        ),
        Entry(
            "data/verify",
            "Verify",
            "fact_check",
            "Whether an old export is intact, and whether AWS has changed its figures since.",
        ),
        Entry(
            "data/views",
            "Saved views",
            "bookmarks",
            "Pages with their filters, under names of your own or shared by others; where you begin.",
        ),
        Entry(
            "data/freshness",
            "Freshness",
            "verified",
            "How fresh the data is, whether it adds up to AWS's totals, what AWS changed, and what it cost.",
        ),
    ),
}
OF_ADMINISTRATORS = "Data"
"""The section that their pages follow in."""


def sections(viewer: Viewer | None) -> dict[str, list[StreamlitPage]]:
    """Made anew each run, as Streamlit wants them."""
    found = {name: [_page(entry) for entry in entries] for name, entries in SECTIONS.items()}
    found[OF_ADMINISTRATORS] += frame.pages_of_administrators(viewer)
    return found


def _page(entry: Entry) -> StreamlitPage:
    """Paths are relative to app.py."""
    return st.Page(
        f"pages/{entry.path}.py",
        title=entry.title,
        icon=f":material/{entry.icon}:",
        default=entry.path == FIRST,
        help=entry.help,
    )
