"""Services: what costs, over time; open one to see the accounts that use it, its record types and its days."""

from costlib.ui import drill, path
from costlib.ui.context import page_context

context = page_context()
place = path.choose(context, path.BY_SERVICE)
drill.show(context, place)
