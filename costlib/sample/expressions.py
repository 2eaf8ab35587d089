"""Cost Explorer's filter grammar as SQL over the ledger's cells, and its dimensions as columns of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from costlib.sample.refusals import MORE_THAN_ONE_ROOT, invalid
from costlib.sample.wire import Expression, ExpressionValues

_COLUMNS = {
    "LINKED_ACCOUNT": "usage_account_id",
    "SERVICE": "service",
    "RECORD_TYPE": "record_type",
    "REGION": "region",
    "USAGE_TYPE": "usage_type",
    "LEGAL_ENTITY_NAME": "'Amazon Web Services, Inc.'",
    "INVOICING_ENTITY": "'Amazon Web Services, Inc.'",
    "BILLING_ENTITY": "'AWS'",
    "AZ": "'NoAZ'",
    "OPERATION": "'NoOperation'",
    "PLATFORM": "'NoPlatform'",
    "TENANCY": "'NoTenancy'",
    "INSTANCE_TYPE": "CASE WHEN usage_type LIKE '%:%.%' THEN regexp_extract(usage_type, '[^:]+$') "
    "ELSE 'NoInstanceType' END",
    "PURCHASE_TYPE": "CASE WHEN record_type LIKE 'SavingsPlan%' THEN 'Savings Plans' "
    "WHEN record_type IN ('DiscountedUsage', 'RIFee') THEN 'Standard Reserved Instances' "
    "ELSE 'On Demand Instances' END",
}
"""Dimensions that can be grouped by. What this ledger does not know is `No…`, as AWS has it."""

_OPERATORS = ("And", "Or", "Not", "Dimensions", "Tags", "CostCategories")
_LABEL_KINDS = {"TAG": "tag", "COST_CATEGORY": "cost_category"}
_MATCH_OPTIONS = {
    "Dimensions": {"EQUALS", "CASE_SENSITIVE"},
    "Tags": {"EQUALS", "ABSENT", "CASE_SENSITIVE"},
    "CostCategories": {"EQUALS", "ABSENT", "CASE_SENSITIVE"},
}


@dataclass(frozen=True)
class Condition:
    """SQL with `?` marks over the columns of `cells`, and the values for the marks."""

    sql: str
    parameters: tuple[str, ...] = ()


EVERYTHING = Condition("TRUE")


@dataclass(frozen=True)
class Vocabulary:
    """What can be grouped by and filtered on: dimensions, and the organization's labels."""

    labels: tuple[str, ...]
    payer_account_id: str

    def column(self, group_type: str, key: str) -> str:
        """The SQL of a group key's value. A label that does not exist is empty everywhere, as in AWS."""
        if group_type == "DIMENSION":
            return self._dimension(key)
        name = f"{_LABEL_KINDS[group_type]}:{key}"
        return f"label_{self.labels.index(name)}" if name in self.labels else "''"

    def condition(self, expression: Expression | None) -> Condition:
        """The filter as SQL; ValidationException in AWS's words when it is not well formed."""
        return EVERYTHING if expression is None else self._node(expression)

    def _dimension(self, key: str) -> str:
        if key == "PAYER_ACCOUNT":
            return f"'{self.payer_account_id}'"
        if key not in _COLUMNS:
            raise invalid(f"Dimension {key} is not allowed.")
        return _COLUMNS[key]

    def _node(self, node: Expression) -> Condition:
        roots = [name for name in _OPERATORS if name in node]
        if len(roots) > 1:
            raise invalid(MORE_THAN_ONE_ROOT)
        match node:
            case {"And": list(parts)}:
                return self._joined("And", "AND", parts)
            case {"Or": list(parts)}:
                return self._joined("Or", "OR", parts)
            case {"Not": inner}:
                condition = self._node(inner)
                return Condition(f"NOT ({condition.sql})", condition.parameters)
            case {"Dimensions": values}:
                return self._leaf("Dimensions", values)
            case {"Tags": values}:
                return self._leaf("Tags", values)
            case {"CostCategories": values}:
                return self._leaf("CostCategories", values)
        raise invalid("Expression must have at least one of: And, Or, Not, Dimensions, Tags, CostCategories")

    def _joined(self, name: str, operator: str, parts: Sequence[Expression]) -> Condition:
        if len(parts) < 2:
            raise invalid(f"{name} expression must have at least 2 operands")
        conditions = [self._node(p) for p in parts]
        sql = f" {operator} ".join(f"({c.sql})" for c in conditions)
        return Condition(sql, tuple(v for c in conditions for v in c.parameters))

    def _leaf(self, kind: str, leaf: ExpressionValues) -> Condition:
        key, values, options = leaf.get("Key", ""), leaf.get("Values", []), set(leaf.get("MatchOptions", []))
        unknown = sorted(options - _MATCH_OPTIONS[kind])
        if unknown:
            raise invalid(f"Match option {unknown[0]} is not supported for {kind} in this request.")
        column = self.column({"Tags": "TAG", "CostCategories": "COST_CATEGORY"}.get(kind, "DIMENSION"), key)
        if "ABSENT" in options:
            return self._absent(column, values)
        if not values:
            raise invalid(f"{kind} expression must have at least one value for key {key}")
        return Condition(f"{column} IN ({', '.join('?' for _ in values)})", tuple(values))

    def _absent(self, column: str, values: Sequence[str]) -> Condition:
        if values:
            raise invalid("Values must not be given with the match option ABSENT")
        return Condition(f"{column} = ''")
