"""Audit log: who did what, for administrators."""

from costlib.ui import audit
from costlib.ui.context import page_context

audit.show(page_context())
