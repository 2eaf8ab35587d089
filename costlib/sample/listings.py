"""The operations that list what there is: dimension values, tags, cost categories and their definitions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from costlib.sample.expressions import Vocabulary
from costlib.sample.ledger import Ledger
from costlib.sample.organization import Organization
from costlib.sample.plan import ZERO, CostCategory
from costlib.sample.questions import COST_METRICS, USAGE_QUANTITY, plain_period
from costlib.sample.refusals import Refusal, invalid
from costlib.sample.wire import ListingRequest

Slicer = Callable[[int, int | None], tuple[slice, str | None]]
"""(size, page size) → the part to give on this page, and the token of the next."""

Listed = tuple[str, Mapping[str, Decimal]]
"""A value and its sums, by our names of the metrics."""

MAX_RESULTS = 1000
DEFINITION_PAGE = 20
TAG_PAGE = 100


@dataclass(frozen=True)
class Listings:
    """Answers from one state of the data. `page` cuts a listing as the request's token says."""

    organization: Organization
    ledger: Ledger
    vocabulary: Vocabulary
    page_size: int | None
    page: Slicer
    processing: frozenset[str]

    def dimension_values(self, request: ListingRequest) -> dict[str, object]:
        column = self.vocabulary.column("DIMENSION", request["Dimension"])
        values, total, token = self._sorted_page(request, self._distinct(request, column))
        names = {a.account_id: a.name for a in self.organization.accounts}
        is_account = request["Dimension"] == "LINKED_ACCOUNT"
        listed = [
            {"Value": v, "Attributes": {"description": names[v]} if is_account and v in names else {}} for v in values
        ]
        return with_token({"DimensionValues": listed, "ReturnSize": len(listed), "TotalSize": total}, token)

    def tags(self, request: ListingRequest) -> dict[str, object]:
        """Keys, or the values of one key; '' stands for untagged."""
        return self._labels(request, "TAG", request.get("TagKey"), self.organization.tags, "Tags", "Tags")

    def cost_categories(self, request: ListingRequest) -> dict[str, object]:
        """Names, or the values of one cost category; '' stands for uncategorized."""
        names = tuple(c.name for c in self.organization.cost_categories)
        key = request.get("CostCategoryName")
        return self._labels(request, "COST_CATEGORY", key, names, "CostCategoryNames", "CostCategoryValues")

    def _labels(
        self,
        request: ListingRequest,
        kind: str,
        key: str | None,
        names: Sequence[str],
        names_member: str,
        values_member: str,
    ) -> dict[str, object]:
        if key is None:
            plain_period(request["TimePeriod"], self.organization.today)
            found: list[Listed] = [(name, {}) for name in sorted(names)]
        else:
            found = self._distinct(request, self.vocabulary.column(kind, key))
        member = names_member if key is None else values_member
        listed, total, token = self._sorted_page(request, found)
        return with_token({member: listed, "ReturnSize": len(listed), "TotalSize": total}, token)

    def _distinct(self, request: ListingRequest, column: str) -> list[Listed]:
        """The values in the asked days with their sums, in the order of the values."""
        period = plain_period(request["TimePeriod"], self.organization.today)
        condition = self.vocabulary.condition(request.get("Filter"))
        measures = ", ".join(f"SUM({m}) AS {m}" for m in (*COST_METRICS.values(), "usage_quantity"))
        rows = self.ledger.table(
            f"""
            SELECT {column} AS listed, {measures}
            FROM charges
            JOIN (SELECT * FROM cells WHERE {condition.sql}) USING (cell_id)
            WHERE charge_date >= ? AND charge_date < ? AND contains(lower({column}), lower(?))
            GROUP BY listed
            ORDER BY listed
            """,
            [*condition.parameters, period.start, period.end, request.get("SearchString", "")],
        ).to_pylist()
        return [(r["listed"], r) for r in rows]

    def _sorted_page(self, request: ListingRequest, found: Sequence[Listed]) -> tuple[list[str], int, str | None]:
        """With SortBy at most MaxResults values and no further page; without it, pages."""
        sort_by = request.get("SortBy")
        if not sort_by:
            part, token = self.page(len(found), self.page_size)
            return [v for v, _ in found[part]], len(found), token
        if request.get("NextPageToken") or request.get("SearchString"):
            raise invalid("When using SortBy, NextPageToken and SearchString aren't supported.")
        metric = sort_by[0]["Key"]
        if metric not in (*COST_METRICS, USAGE_QUANTITY):
            raise invalid(f"SortBy key {metric} is invalid.")
        column = COST_METRICS.get(metric, "usage_quantity")
        is_descending = sort_by[0].get("SortOrder", "DESCENDING") == "DESCENDING"
        ordered = sorted(found, key=lambda listed: listed[1].get(column, ZERO), reverse=is_descending)
        limit = min(request.get("MaxResults", MAX_RESULTS), MAX_RESULTS)
        return [v for v, _ in ordered[:limit]], len(found), None

    def definitions(self, request: ListingRequest) -> dict[str, object]:
        categories = self.organization.cost_categories
        part, token = self.page(len(categories), request.get("MaxResults", DEFINITION_PAGE))
        references = [self._reference(c) for c in categories[part]]
        return with_token({"CostCategoryReferences": references}, token, "NextToken")

    def definition(self, request: ListingRequest) -> dict[str, object]:
        arn = request["CostCategoryArn"]
        for category in self.organization.cost_categories:
            if self.arn(category) == arn:
                return {"CostCategory": self._definition(category)}
        raise Refusal("ResourceNotFoundException", f"No Cost Category found with ARN {arn}")

    def allocation_tags(self, request: ListingRequest) -> dict[str, object]:
        """The tag keys that were activated for cost allocation, all of them by the user."""
        wanted = request.get("TagKeys") or list(self.organization.tags)
        is_asked = request.get("Status", "Active") == "Active" and request.get("Type", "UserDefined") == "UserDefined"
        keys = [k for k in self.organization.tags if k in wanted and is_asked]
        part, token = self.page(len(keys), request.get("MaxResults", TAG_PAGE))
        used = _midnight(self.organization.today - timedelta(days=1))
        tags = [
            {
                "TagKey": key,
                "Type": "UserDefined",
                "Status": "Active",
                "LastUpdatedDate": _midnight(self.organization.start),
                "LastUsedDate": used,
            }
            for key in keys[part]
        ]
        return with_token({"CostAllocationTags": tags}, token, "NextToken")

    def arn(self, category: CostCategory) -> str:
        index = self.organization.cost_categories.index(category)
        return f"arn:aws:ce::{self.organization.payer_account_id}:costcategory/00000000-0000-4000-8000-{index:012d}"

    def _common(self, category: CostCategory) -> dict[str, object]:
        status = "PROCESSING" if category.name in self.processing else "APPLIED"
        return {
            "CostCategoryArn": self.arn(category),
            "Name": category.name,
            "EffectiveStart": _midnight(category.effective_start),
            "ProcessingStatus": [{"Component": "COST_EXPLORER", "Status": status}],
            **({"DefaultValue": category.default_value} if category.default_value else {}),
        }

    def _reference(self, category: CostCategory) -> dict[str, object]:
        values = list(dict.fromkeys(r.value for r in category.rules))
        return {**self._common(category), "NumberOfRules": len(category.rules), "Values": values}

    def _definition(self, category: CostCategory) -> dict[str, object]:
        rules = [{"Value": r.value, "Rule": r.expression, "Type": "REGULAR"} for r in category.rules]
        definition = {**self._common(category), "RuleVersion": "CostCategoryExpression.v1", "Rules": rules}
        if category.split_source:
            targets = [v for v in dict.fromkeys(r.value for r in category.rules) if v != category.split_source]
            split = {"Source": category.split_source, "Targets": targets, "Method": "PROPORTIONAL"}
            definition["SplitChargeRules"] = [split]
        return definition


def _midnight(day: date) -> str:
    return f"{day.isoformat()}T00:00:00Z"


def with_token(answer: dict[str, object], token: str | None, member: str = "NextPageToken") -> dict[str, object]:
    """`answer` with the token of the next page, if there is one."""
    return {**answer, member: token} if token is not None else answer
