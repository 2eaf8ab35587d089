"""The JSON that crosses the wire, as types; the names are Cost Explorer's.

Requests are checked against botocore's service model before they are read as these types.
"""

from __future__ import annotations

from typing import TypedDict


class ExpressionValues(TypedDict, total=False):
    """A leaf of a filter: the values are ORed."""

    Key: str
    Values: list[str]
    MatchOptions: list[str]


class Expression(TypedDict, total=False):
    """A filter: exactly one member is set."""

    And: list[Expression]
    Or: list[Expression]
    Not: Expression
    Dimensions: ExpressionValues
    Tags: ExpressionValues
    CostCategories: ExpressionValues


class TimePeriod(TypedDict):
    """Half-open: `End` is not included."""

    Start: str
    End: str


class GroupDefinition(TypedDict, total=False):
    """`Type` is DIMENSION, TAG or COST_CATEGORY."""

    Type: str
    Key: str


class SortDefinition(TypedDict, total=False):
    """`SortOrder` is ASCENDING or DESCENDING."""

    Key: str
    SortOrder: str


class CostRequest(TypedDict, total=False):
    """GetCostAndUsage."""

    TimePeriod: TimePeriod
    Granularity: str
    Metrics: list[str]
    GroupBy: list[GroupDefinition]
    Filter: Expression
    NextPageToken: str


class ListingRequest(TypedDict, total=False):
    """GetDimensionValues, GetTags, GetCostCategories and the two List operations."""

    TimePeriod: TimePeriod
    Dimension: str
    TagKey: str
    CostCategoryName: str
    SearchString: str
    Filter: Expression
    SortBy: list[SortDefinition]
    MaxResults: int
    NextPageToken: str
    NextToken: str
    CostCategoryArn: str
    Status: str
    TagKeys: list[str]
    Type: str


class CommitmentRequest(TypedDict, total=False):
    """The four operations about Savings Plans and reservations."""

    TimePeriod: TimePeriod
    Granularity: str
    GroupBy: list[GroupDefinition]
    Filter: Expression
    Metrics: list[str]
    MaxResults: int
    NextPageToken: str
    NextToken: str


class TotalImpactFilter(TypedDict, total=False):
    """Which anomalies by what they cost."""

    NumericOperator: str
    StartValue: float
    EndValue: float


class AnomalyRequest(TypedDict, total=False):
    """GetAnomalies."""

    DateInterval: dict[str, str]
    MonitorArn: str
    Feedback: str
    TotalImpact: TotalImpactFilter
    MaxResults: int
    NextPageToken: str


class MetricValue(TypedDict):
    """An amount as text, exact, with its currency or unit."""

    Amount: str
    Unit: str


class Group(TypedDict):
    """One group of one period."""

    Keys: list[str]
    Metrics: dict[str, MetricValue]


class ResultByTime(TypedDict):
    """One period: `Total` without grouping, `Groups` with it."""

    TimePeriod: TimePeriod
    Total: dict[str, MetricValue]
    Groups: list[Group]
    Estimated: bool


class DimensionValue(TypedDict):
    """A value and what else is known of it; an account's name is its `description`."""

    Value: str
    Attributes: dict[str, str]


class CostAnswer(TypedDict, total=False):
    """GetCostAndUsage."""

    NextPageToken: str
    GroupDefinitions: list[GroupDefinition]
    ResultsByTime: list[ResultByTime]
    DimensionValueAttributes: list[DimensionValue]
