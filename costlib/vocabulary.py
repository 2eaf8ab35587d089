"""The words of the domain: Cost Explorer's, our column, and the label people read.

Sources: Cost Explorer API reference (GetCostAndUsage), the CUR line item columns, FOCUS 1.x charge categories.
SQL identifiers come from here and never from input.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from costlib.errors import UnknownName


class CostMetric(StrEnum):
    """One sense of "cost"; values are our column names."""

    unblended_cost = "unblended_cost"
    amortized_cost = "amortized_cost"
    net_unblended_cost = "net_unblended_cost"
    net_amortized_cost = "net_amortized_cost"
    blended_cost = "blended_cost"

    @property
    def api_name(self) -> str:
        """Cost Explorer's word: `UnblendedCost`."""
        return "".join(part.capitalize() for part in self.value.split("_"))

    @property
    def label(self) -> str:
        return self.value.removesuffix("_cost").replace("_", " ").capitalize()

    @property
    def meaning(self) -> str:
        return _MEANINGS[self]


_MEANINGS = {
    CostMetric.unblended_cost: "What was charged on the day it was charged, upfront fees included.",
    CostMetric.amortized_cost: "Upfront and recurring commitment fees spread over the days they cover.",
    CostMetric.net_unblended_cost: "Unblended, with discounts taken off the charge they belong to.",
    CostMetric.net_amortized_cost: "Amortized, with discounts taken off the charge they belong to.",
    CostMetric.blended_cost: "Usage at the organization's average rate; not for showback.",
}

COST_METRICS = tuple(CostMetric)


@dataclass(frozen=True)
class Dimension:
    """Something cost can be grouped and filtered by; `name` is what people type, `column` what SQL reads."""

    name: str
    column: str
    label: str
    api_type: str = "DIMENSION"
    api_key: str | None = None


CHARGE_DATE = Dimension("charge_date", "charge_date", "Day")
BILLING_MONTH = Dimension("billing_month", "billing_month", "Month")
USAGE_ACCOUNT_ID = Dimension("usage_account_id", "usage_account_id", "Account id", api_key="LINKED_ACCOUNT")
USAGE_ACCOUNT_NAME = Dimension("usage_account_name", "usage_account_name", "Account")
SERVICE = Dimension("service", "service", "Service", api_key="SERVICE")
RECORD_TYPE = Dimension("record_type", "record_type", "Record type", api_key="RECORD_TYPE")
CHARGE_CATEGORY = Dimension("charge_category", "charge_category", "Charge category")
REGION = Dimension("region", "region", "Region", api_key="REGION")
USAGE_TYPE = Dimension("usage_type", "usage_type", "Usage type", api_key="USAGE_TYPE")

DIMENSIONS = {
    d.name: d
    for d in (
        CHARGE_DATE,
        BILLING_MONTH,
        USAGE_ACCOUNT_ID,
        USAGE_ACCOUNT_NAME,
        SERVICE,
        RECORD_TYPE,
        CHARGE_CATEGORY,
        REGION,
        USAGE_TYPE,
    )
}

UNALLOCATED = "Unallocated"
"""What people read where a cost category or tag has no value."""

_LABEL = re.compile(r"(cost_category|tag):(.+)", re.DOTALL)
_LABEL_API_TYPES = {"cost_category": "COST_CATEGORY", "tag": "TAG"}


def label_dimension(name: str) -> Dimension | None:
    """The dimension of `cost_category:NAME` or `tag:KEY`; None for any other word. Existence is the store's to say."""
    match = _LABEL.fullmatch(name)
    if match is None:
        return None
    kind, key = match.groups()
    return Dimension(name, name, key, api_type=_LABEL_API_TYPES[kind], api_key=key)


def dimension(name: str) -> Dimension:
    """The dimension people call `name`; UnknownName with the nearest one otherwise."""
    found = DIMENSIONS.get(name) or label_dimension(name)
    if found is None:
        raise UnknownName("dimension", name, [*DIMENSIONS, "cost_category:NAME", "tag:KEY"])
    return found


def metric(name: str) -> CostMetric:
    """The metric people call `name`; UnknownName with the nearest one otherwise."""
    try:
        return CostMetric(name)
    except ValueError:
        raise UnknownName("metric", name, [m.value for m in COST_METRICS]) from None


class ChargeCategory(StrEnum):
    """FOCUS charge categories."""

    usage = "Usage"
    purchase = "Purchase"
    tax = "Tax"
    credit = "Credit"
    adjustment = "Adjustment"


CHARGE_CATEGORIES = {
    "Usage": ChargeCategory.usage,
    "DiscountedUsage": ChargeCategory.usage,
    "SavingsPlanCoveredUsage": ChargeCategory.usage,
    "SavingsPlanNegation": ChargeCategory.usage,
    "FlatRateSubscription": ChargeCategory.usage,
    "Fee": ChargeCategory.purchase,
    "RIFee": ChargeCategory.purchase,
    "SavingsPlanRecurringFee": ChargeCategory.purchase,
    "SavingsPlanUpfrontFee": ChargeCategory.purchase,
    "Support": ChargeCategory.purchase,
    "Support fee": ChargeCategory.purchase,
    "Tax": ChargeCategory.tax,
    "Credit": ChargeCategory.credit,
    "Refund": ChargeCategory.adjustment,
}
"""Record type → charge category. The vocabulary is open: what is not here is an Adjustment, never Usage."""


def charge_category(record_type: str) -> ChargeCategory:
    return CHARGE_CATEGORIES.get(record_type, ChargeCategory.adjustment)


DISCOUNT_RECORD_TYPES = frozenset(
    {
        "Enterprise Discount Program Discount",
        "EdpDiscount",
        "Private Rate Card Discount",
        "PrivateRateDiscount",
        "Bundled Discount",
        "BundledDiscount",
        "RiVolumeDiscount",
        "Solution Provider Program Discount",
        "Distributor Discount",
    }
)
"""Lines that take a discount off other lines, in Cost Explorer's spelling and the CUR's; their category: Adjustment."""

COMMITMENT_RECORD_TYPES = frozenset(
    {
        "DiscountedUsage",
        "SavingsPlanCoveredUsage",
        "SavingsPlanNegation",
        "RIFee",
        "SavingsPlanRecurringFee",
        "SavingsPlanUpfrontFee",
    }
)
"""Lines of reservations and Savings Plans: their fees, and use at the price that they give. A `Fee` may be a
reservation's upfront fee or anything else, so it is not among them."""

SUPPORT_RECORD_TYPES = ("Support", "Support fee")
SUPPORT_SERVICE_PREFIXES = ("AWS Support", "AWS Premium Support")
"""Support is billed as a record type of its own or, mostly, as a service of this name."""


class CommitmentKind(StrEnum):
    """What can be committed to in advance."""

    savings_plan = "savings_plan"
    reservation = "reservation"

    @property
    def label(self) -> str:
        """The plural, as people read it."""
        return {"savings_plan": "Savings Plans", "reservation": "Reservations"}[self.value]

    @property
    def used_in(self) -> str:
        """The record type whose amortized cost is the used part of the commitment."""
        return {"savings_plan": "SavingsPlanCoveredUsage", "reservation": "DiscountedUsage"}[self.value]

    @property
    def unused_in(self) -> str:
        """The record type whose amortized cost is the unused part. That of a reservation lies on the month's first."""
        return {"savings_plan": "SavingsPlanRecurringFee", "reservation": "RIFee"}[self.value]
