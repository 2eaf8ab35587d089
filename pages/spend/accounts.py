"""Accounts: who spends, over time; open one to see the services it uses, its record types and its days."""

from costlib.ui import drill, path
from costlib.ui.context import page_context

context = page_context()
place = path.choose(context, path.BY_ACCOUNT)
drill.show(context, place)
