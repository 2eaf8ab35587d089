"""From accounts and services to recurring charges: who uses what, how much, where, under which labels."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from costlib.sample import catalog
from costlib.sample.catalog import ServiceKind, UsageType
from costlib.sample.plan import UNIT, Account, Cell, Discounting, Growth, Recurring

DAYS_A_MONTH = Decimal("30.4375")
SECOND_REGION_PART = Decimal("0.25")
TEAM, ENVIRONMENT, APPLICATION = "Team", "Environment", "application"
LABELS = (f"cost_category:{TEAM}", f"cost_category:{ENVIRONMENT}", f"tag:{APPLICATION}")
"""The order of a cell's labels."""


@dataclass(frozen=True)
class Detail:
    """How finely use is recorded: usage types and regions of a service in an account."""

    services_per_account: int
    usage_types: int = 3
    regions: int = 2
    noise: Decimal = Decimal("0.12")


def fraction(*words: object) -> Decimal:
    """A number in [0, 1) that depends on `words` alone."""
    digest = hashlib.sha256("|".join(map(str, words)).encode()).digest()
    return Decimal(int.from_bytes(digest[:6], "big")) / Decimal(2**48)


def usage(
    accounts: Sequence[Account], services: Sequence[ServiceKind], detail: Detail, discounting: Discounting
) -> Iterator[Recurring]:
    """The metered use of everybody, and the private discount on it."""
    used_by = {a.account_id: services_of(a, services, detail.services_per_account) for a in accounts}
    weights = {s.name: sum(a.weight for a in accounts if s in used_by[a.account_id]) for s in services}
    for account in accounts:
        for service in used_by[account.account_id]:
            daily = service.monthly_cost * account.weight / weights[service.name] / DAYS_A_MONTH
            for recurring in _metered(account, service, daily, detail):
                yield from with_discount(recurring, discounting.of(service.name))


def services_of(account: Account, services: Sequence[ServiceKind], count: int) -> tuple[ServiceKind, ...]:
    """What everybody uses comes first, then what chance gives this account."""
    ranked = sorted(services, key=lambda s: (not s.is_everywhere, fraction(account.account_id, s.name)))
    chosen = set(ranked[:count])
    return tuple(s for s in services if s in chosen)


def _metered(account: Account, service: ServiceKind, daily: Decimal, detail: Detail) -> Iterator[Recurring]:
    kinds = service.usage_types[: detail.usage_types]
    parts = sum(k.part for k in kinds if not k.is_free)
    for kind in kinds:
        for region, region_part in _regions(account, service, detail.regions):
            cell = Cell(
                account.account_id,
                service.name,
                "Usage",
                region,
                catalog.USAGE_TYPE_PREFIXES.get(region, "") + kind.name,
                kind.unit,
                cell_labels(account, service, kind.name),
            )
            yield _recurring(cell, service, kind, daily * kind.part / parts * region_part, detail.noise)


def _recurring(cell: Cell, service: ServiceKind, kind: UsageType, daily: Decimal, noise: Decimal) -> Recurring:
    seed = "|".join((cell.usage_account_id, cell.service, cell.region, cell.usage_type))
    return Recurring(
        cell=cell,
        value=max(daily.quantize(UNIT), UNIT),
        seed=seed,
        rhythm=service.rhythm,
        growth=_growth(service, seed),
        noise=noise,
        quantity_per_dollar=(1 / kind.price).quantize(Decimal("1e-4")),
        blended_rate=Decimal(1) + (fraction("blend", seed) - Decimal("0.5")) / 20
        if "Usage" in kind.name
        else Decimal(1),
        is_free=kind.is_free,
    )


def _growth(service: ServiceKind, seed: str) -> Growth:
    """Most of a service's use develops as the service does; some of it goes its own way."""
    return Growth.shrinking if fraction("growth", seed) < Decimal("0.15") else service.growth


def _regions(account: Account, service: ServiceKind, count: int) -> list[tuple[str, Decimal]]:
    if service.is_global:
        return [("global", Decimal(1))]
    spreads = count > 1 and fraction("region", account.account_id, service.name) < Decimal("0.35")
    if not spreads:
        return [(account.region, Decimal(1))]
    return [
        (account.region, 1 - SECOND_REGION_PART),
        (catalog.second_region(account.region), SECOND_REGION_PART),
    ]


def cell_labels(account: Account, service: ServiceKind | None, usage_type: str = "") -> tuple[str, str, str]:
    """Team, environment and application of a charge; only metered use carries tags, and not all of it."""
    team = account.team
    if account.is_shared:
        team = catalog.SHARED_ACCOUNT_TEAMS.get(service.code, "") if service else ""
    application = ""
    if service and account.applications:
        draw = fraction("application", account.account_id, service.name, usage_type)
        index = int(draw * (len(account.applications) + 1))
        application = account.applications[index] if index < len(account.applications) else ""
    return team, account.environment, application


def with_discount(recurring: Recurring, rate: Decimal) -> Iterator[Recurring]:
    """The charge, and the private discount's own row on the same list price."""
    yield replace(recurring, discount=rate)
    if rate and not recurring.is_free:
        cell = replace(recurring.cell, record_type="Enterprise Discount Program Discount")
        yield replace(recurring, cell=cell, discount=rate, quantity_per_dollar=Decimal(0))
