"""Verify: whether an old export is intact, and whether AWS has changed its figures since."""

from costlib.ui import verifying
from costlib.ui.context import page_context

context = page_context()
verifying.show(context, verifying.choose())
