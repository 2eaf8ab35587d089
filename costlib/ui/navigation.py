"""The pages of the dashboard by section, with their icons and what each is for."""

from __future__ import annotations

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from costlib.ui import frame


def sections() -> dict[str, list[StreamlitPage]]:
    """Made anew each run, as Streamlit wants them; paths are relative to app.py."""
    return {
        "Spend": [
            st.Page(
                "pages/spend/overview.py",
                title="Overview",
                icon=":material/dashboard:",
                default=True,
                help="Yesterday's and this month's spend, where the month will end, and what moved.",
            ),
            st.Page(
                "pages/spend/services.py",
                title="Services",
                icon=":material/stacked_bar_chart:",
                help="Cost by service over time; open one to see its accounts, record types and days.",
            ),
            st.Page(
                "pages/spend/accounts.py",
                title="Accounts",
                icon=":material/group_work:",
                help="Cost by account over time; open one to see its services, record types and days.",
            ),
            st.Page(
                "pages/spend/cost_categories.py",
                title="Cost categories",
                icon=":material/sell:",
                help="Cost by cost category or tag, how much carries a value, what to label next, and AWS's rules.",
            ),
            st.Page(
                "pages/spend/cost_views.py",
                title="Cost views",
                icon=":material/waterfall_chart:",
                help="The same charges unblended, amortized and net, why they differ, and the prepaid balance.",
            ),
            st.Page(
                "pages/spend/commitments.py",
                title="Commitments",
                icon=":material/handshake:",
                help="Savings Plans and reservations: what was used, what was not, and how much use they cover.",
            ),
            st.Page(
                "pages/spend/changes.py",
                title="Changes",
                icon=":material/compare_arrows:",
                help="What moved between two periods, the largest first, and why.",
            ),
            st.Page(
                "pages/spend/breakdown.py",
                title="Breakdown",
                icon=":material/pivot_table_chart:",
                help="Cost by any two dimensions: a pivot, over time, as areas, or adding up over the month.",
            ),
        ],
        "Showback": [
            st.Page(
                "pages/showback/statement.py",
                title="Statement",
                icon=":material/receipt_long:",
                help="One cost center's month: its own and its shared cost, why it moved, and why each line is there.",
            ),
            st.Page(
                "pages/showback/shared_costs.py",
                title="All cost centers",
                icon=":material/account_tree:",
                help="Every statement of a month in one table that ends in the bill, and what each rule moved.",
            ),
            st.Page(
                "pages/showback/rules.py",
                title="Rules",
                icon=":material/rule:",
                help="The rules in force in words, a copy to edit, and who would pay more or less by it.",
            ),
            st.Page(
                "pages/showback/category_drafts.py",
                title="Category drafts",
                icon=":material/edit_note:",
                help="New rules of a cost category: checked, tried on stored charges, and downloaded for AWS.",
            ),
        ],
        "Planning": [
            st.Page(
                "pages/planning/forecast.py",
                title="Forecast",
                icon=":material/trending_up:",
                help="Where the month, the quarter and the fiscal year will end, how sure that is, and its record.",
            ),
            st.Page(
                "pages/planning/budgets.py",
                title="Budgets",
                icon=":material/savings:",
                help="What may be spent, what was, where it will end, and how likely that is too much.",
            ),
            st.Page(
                "pages/planning/anomalies.py",
                title="Anomalies",
                icon=":material/notification_important:",
                help="What cost more or less than expected, since when, of what, whose it is, and what was said of it.",
            ),
        ],
        "Data": [
            st.Page(
                "pages/data/export.py",
                title="Export",
                icon=":material/file_export:",
                help="What the filters show as a file that proves itself, and the report of a month.",
            ),
            st.Page(
                "pages/data/verify.py",
                title="Verify",
                icon=":material/fact_check:",
                help="Whether an old export is intact, and whether AWS has changed its figures since.",
            ),
            st.Page(
                "pages/data/views.py",
                title="Saved views",
                icon=":material/bookmarks:",
                help="Pages with their filters, under names of your own or shared by others; where you begin.",
            ),
            st.Page(
                "pages/data/freshness.py",
                title="Freshness",
                icon=":material/verified:",
                help="How fresh the data is, whether it adds up to AWS's totals, what AWS changed, and what it cost.",
            ),
            *frame.pages_of_administrators(),
        ],
    }
