"""Category drafts: rules of a cost category in a table, what they would do to stored charges, and the file for AWS."""

from costlib.ui import category_drafts
from costlib.ui.context import page_context

context = page_context()
category_drafts.show(context)
