"""The two cost categories of a made-up organization, as their definitions say it."""

from __future__ import annotations

from collections.abc import Callable

from costlib.sample import catalog
from costlib.sample.blueprint import ENVIRONMENT, TEAM
from costlib.sample.plan import Account, CategoryRule, CostCategory
from costlib.sample.wire import Expression


def of(accounts: tuple[Account, ...]) -> tuple[CostCategory, ...]:
    """Team, which splits the shared account by service, and Environment, which follows the account."""
    shared = next((a for a in accounts if a.is_shared), None)
    team = (*(_shared_rules(shared) if shared else ()), *_by_account(accounts, lambda a: a.team))
    environment = _by_account(accounts, lambda a: a.environment)
    split_source = "Platform" if any(a.team == "Platform" for a in accounts) else ""
    return CostCategory(TEAM, team, split_source=split_source), CostCategory(ENVIRONMENT, environment)


def _shared_rules(shared: Account) -> tuple[CategoryRule, ...]:
    values = sorted(set(catalog.SHARED_ACCOUNT_TEAMS.values()))
    return tuple(CategoryRule(value, _both(shared, value)) for value in values)


def _both(shared: Account, value: str) -> Expression:
    codes = sorted(code for code, team in catalog.SHARED_ACCOUNT_TEAMS.items() if team == value)
    return {"And": [_is("LINKED_ACCOUNT", [shared.account_id]), _is("SERVICE_CODE", codes)]}


def _by_account(accounts: tuple[Account, ...], value_of: Callable[[Account], str]) -> tuple[CategoryRule, ...]:
    values = sorted({value_of(a) for a in accounts if value_of(a)})
    return tuple(
        CategoryRule(v, _is("LINKED_ACCOUNT", [a.account_id for a in accounts if value_of(a) == v])) for v in values
    )


def _is(key: str, values: list[str]) -> Expression:
    return {"Dimensions": {"Key": key, "Values": values, "MatchOptions": ["EQUALS"]}}
