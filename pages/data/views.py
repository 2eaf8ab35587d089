"""Saved views: open, rename, share or delete them, and choose where the dashboard begins."""

from costlib.ui import views_page
from costlib.ui.context import page_context

context = page_context()
views_page.show(context)
