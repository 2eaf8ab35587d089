"""A small organization of two accounts, for tests of who sees which."""

from __future__ import annotations

from datetime import date

from tests.queries.snapshots import Charge, Organization, amounts

NAMES = {"111111111111": "Mine", "222222222222": "Foreign"}


def two_accounts() -> Organization:
    """Half of March 2026; the foreign account's charges are the team Search's."""
    days = [date(2026, 3, day) for day in range(1, 19)]
    charges = [
        Charge(day, account, f"{name} service", "Usage", amounts("10"), ("Search" if name == "Foreign" else "",))
        for day in days
        for account, name in NAMES.items()
    ]
    return Organization(charges, accounts=dict(NAMES), days=days)
