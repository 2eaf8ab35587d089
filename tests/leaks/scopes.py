"""Who asks: scopes of accounts, cost centers, label values, all of them together, or nothing."""

from __future__ import annotations

from hypothesis import strategies as st

from costlib.access import Scope
from costlib.vocabulary import UNALLOCATED
from tests.leaks.world import ACCOUNTS, CELLS, CENTERS, TEAM, VAULT

LABELS = sorted(
    {(TEAM, cell.team or UNALLOCATED) for cell in CELLS} | {(VAULT, cell.vault or UNALLOCATED) for cell in CELLS}
)


def scopes() -> st.SearchStrategy[Scope]:
    """Any but everything: there is nothing to be hidden from that one."""
    return st.builds(Scope, _some(ACCOUNTS), st.one_of(st.none(), _some(CENTERS)), _some(LABELS))


def _some(values) -> st.SearchStrategy[frozenset]:
    return st.frozensets(st.sampled_from(sorted(values)), max_size=2)
