"""What works between here and Cost Explorer, and what to do about the rest: one question for each thing a sync needs.

Each right is tried, not looked up: IAM cannot be read with a least-privilege role. Refusals are free; what is answered
is paid for like any other request, at most twelve in all, and the last finding says how much it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from costlib.config import Settings
from costlib.errors import AccessDenied, CostlibError, DataNotReady, HistoryTooLong, TryAgainLater
from costlib.ingest.client import CostExplorer
from costlib.ingest.findings import Diagnosis, Finding, State
from costlib.ingest.identity import Caller
from costlib.periods import DAY, Period, add_months, month_start
from costlib.vocabulary import COST_METRICS


@dataclass(frozen=True)
class _Optional:
    """An operation that a sync can do without, and what is lost then."""

    operation: str
    lost: str
    parameters: Callable[[Period], dict[str, object]]
    members: str
    noun: str


def _dated(period: Period, **more: object) -> dict[str, object]:
    return {"TimePeriod": {"Start": period.start.isoformat(), "End": period.end.isoformat()}, **more}


def _complete_days(period: Period) -> dict[str, object]:
    """AWS tells about commitments on days before yesterday."""
    return _dated(Period(period.end - 5 * DAY, period.end - 2 * DAY), Granularity="DAILY")


_COMMITMENTS = (
    ("GetSavingsPlansUtilization", "used and unused", "SavingsPlansUtilizationsByTime", "Days of Savings Plans"),
    ("GetSavingsPlansCoverage", "coverage of", "SavingsPlansCoverages", "Days of use that Savings Plans can cover"),
    ("GetReservationUtilization", "used and unused", "UtilizationsByTime", "Days of EC2 reservations"),
    ("GetReservationCoverage", "coverage of", "CoveragesByTime", "Days of use that EC2 reservations can cover"),
)
_OPTIONAL = (
    _Optional(
        "GetDimensionValues",
        "accounts are shown by number, not by name",
        lambda p: _dated(p, Dimension="LINKED_ACCOUNT", Context="COST_AND_USAGE"),
        "DimensionValues",
        "Accounts with cost",
    ),
    _Optional("GetTags", "tags cannot be checked", _dated, "Tags", "Cost allocation tags"),
    _Optional("GetCostCategories", "cost categories are not shown", _dated, "CostCategoryNames", "Cost categories"),
    _Optional(
        "ListCostCategoryDefinitions",
        "a changed cost category is noticed late",
        lambda _: {},
        "CostCategoryReferences",
        "Definitions of cost categories",
    ),
    *(
        _Optional(
            operation,
            f"{lost} {'Savings Plans' if 'Plans' in operation else 'reservations'} are not shown",
            _complete_days,
            members,
            noun,
        )
        for operation, lost, members, noun in _COMMITMENTS
    ),
    _Optional(
        "GetAnomalies",
        "AWS's own anomalies are not shown beside ours",
        lambda p: {"DateInterval": {"StartDate": (p.last_day - 30 * DAY).isoformat()}},
        "Anomalies",
        "Anomalies that AWS found",
    ),
)


def diagnose(
    settings: Settings, client: CostExplorer, identify: Callable[[], Caller] | None, endpoint: str, today: date
) -> Diagnosis:
    """Look at everything. `identify` asks AWS who we are (None: nobody is to be asked); `endpoint` is where we ask.

    `today` is the date in UTC. Raises nothing that belongs to AWS: what goes wrong is a finding.
    """
    asking = _Asking(client)
    findings = tuple(_findings(settings, asking, identify, endpoint, today))
    cost = asking.answered * settings.request_price_usd
    price = Finding("price", State.ok, f"These questions were {asking.answered} paid requests: ${cost}.")
    return Diagnosis((*findings, price), asking.answered, cost)


class _Asking:
    """Counts the answers, which are what is paid for."""

    def __init__(self, client: CostExplorer) -> None:
        self._client = client
        self.answered = 0

    def ask(self, operation: str, parameters: Mapping[str, object]) -> Mapping[str, Any]:
        body = self._client.ask(operation, parameters).body
        self.answered += 1
        return body


def _findings(
    settings: Settings, asking: _Asking, identify: Callable[[], Caller] | None, endpoint: str, today: date
) -> Iterator[Finding]:
    yield _settings(settings)
    credentials = _credentials(identify)
    cost = _read_cost(settings, asking, today)
    if isinstance(cost, CostlibError):
        yield credentials
        failure = _failure("ce:GetCostAndUsage", cost, f"{endpoint}: {cost.message}")
        is_known = credentials.state is State.failed and credentials.detail == cost.message
        yield replace(failure, state=State.skipped, detail="It needs credentials.", remedy="") if is_known else failure
        yield from (Finding(f"ce:{o.operation}", State.skipped, "It needs ce:GetCostAndUsage.") for o in _OPTIONAL)
        return
    yield replace(credentials, state=State.warning) if credentials.state is State.failed else credentials
    yield Finding("ce:GetCostAndUsage", State.ok, f"{endpoint} answers; Cost Explorer is enabled.")
    yield _history(settings, cost)
    yield _metrics(cost)
    yield from _optional_rights(settings, asking, cost.period)


def _settings(settings: Settings) -> Finding:
    chosen = {
        "source": settings.source.value,
        "role": settings.role_arn,
        "billing view": settings.billing_view_arn,
        "settings from": ", ".join(sorted(set(settings.origins.values()))),
    }
    return Finding("settings", State.ok, "; ".join(f"{name}: {value}" for name, value in chosen.items() if value) + ".")


def _credentials(identify: Callable[[], Caller] | None) -> Finding:
    if identify is None:
        return Finding("credentials", State.skipped, "The sample organization asks for none.")
    try:
        return Finding("credentials", State.ok, f"{identify().arn}.")
    except TryAgainLater as error:
        return Finding("credentials", State.warning, error.message, error.remedy)
    except CostlibError as error:
        return _failure("credentials", error)


@dataclass(frozen=True)
class _Cost:
    """The answer of the one big question: cost by month over `period`; `is_short` if AWS refused a longer one."""

    period: Period
    months: Sequence[Mapping[str, Any]]
    is_short: bool


def _read_cost(settings: Settings, asking: _Asking, today: date) -> _Cost | CostlibError:
    """Months are taken off until Cost Explorer holds what is left; its refusals cost nothing."""
    for months in range(settings.history_months, -1, -1):
        period = Period(add_months(month_start(today), -months), today + DAY)
        parameters = _dated(period, Granularity="MONTHLY", Metrics=[m.api_name for m in COST_METRICS])
        try:
            body = asking.ask("GetCostAndUsage", parameters)
        except HistoryTooLong as error:
            refused = error
            continue
        except CostlibError as error:
            return error
        return _Cost(period, body.get("ResultsByTime", ()), months < settings.history_months)
    return refused


def _history(settings: Settings, cost: _Cost) -> Finding:
    with_cost = [m["TimePeriod"]["Start"] for m in cost.months if any(_amounts(m))]
    if not with_cost:
        return Finding(
            "history",
            State.failed,
            f"No cost from {cost.period.start} on.",
            "A new account's data takes about 24 hours. Look at Cost Explorer in the console tomorrow.",
            is_temporary=True,
        )
    detail = f"Cost since {with_cost[0]}, {settings.history_months} months and the current one are asked for."
    if not cost.is_short and with_cost[0] == cost.months[0]["TimePeriod"]["Start"]:
        return Finding("history", State.ok, detail)
    refused = f" AWS refuses to go back beyond {cost.period.start}." if cost.is_short else ""
    return Finding("history", State.warning, detail + refused, "A sync takes what there is; nothing needs to be done.")


def _amounts(month: Mapping[str, Any]) -> Iterator[Decimal]:
    return (Decimal(metric["Amount"]) for metric in month.get("Total", {}).values())


def _metrics(cost: _Cost) -> Finding:
    present = {name for month in cost.months for name in month.get("Total", {})}
    missing = [m.label for m in COST_METRICS if m.api_name not in present]
    if not missing:
        return Finding("cost metrics", State.ok, "All five are there.")
    return Finding(
        "cost metrics",
        State.warning,
        f"Not there: {', '.join(missing)}; shown as not available.",
        "A member account may be kept from seeing discounts: Cost Management preferences in the payer account.",
    )


def _optional_rights(settings: Settings, asking: _Asking, period: Period) -> Iterator[Finding]:
    bodies: dict[str, Mapping[str, Any]] = {}
    for optional in _OPTIONAL:
        try:
            body = bodies[optional.operation] = asking.ask(optional.operation, optional.parameters(period))
        except AccessDenied as error:
            yield Finding(f"ce:{optional.operation}", State.warning, f"Denied: {optional.lost}.", error.remedy)
        except CostlibError as error:
            yield _unanswered(optional, error)
        else:
            yield _listed(optional, body, settings)
    yield _definition(asking, bodies.get("ListCostCategoryDefinitions"))


def _unanswered(optional: _Optional, error: CostlibError) -> Finding:
    """Where nothing was committed to, AWS says that it has no data: the right is there."""
    check = f"ce:{optional.operation}"
    if isinstance(error, DataNotReady) and optional.parameters is _complete_days:
        return Finding(check, State.ok, f"{optional.noun}: 0.")
    return replace(_failure(check, error), state=State.warning)


def _listed(optional: _Optional, body: Mapping[str, Any], settings: Settings) -> Finding:
    members = body.get(optional.members, ())
    more = " or more" if body.get("NextPageToken") or body.get("NextToken") else ""
    finding = Finding(f"ce:{optional.operation}", State.ok, f"{optional.noun}: {len(members)}{more}.")
    if optional.operation == "GetDimensionValues" and len(members) == 1 and not settings.billing_view_arn:
        return replace(
            finding,
            state=State.warning,
            detail=f"Only account {members[0]['Value']} is seen.",
            remedy="If this is a member account of an organization, ask the payer account instead (role_arn).",
        )
    wanted = {"GetTags": settings.tags, "GetCostCategories": settings.cost_categories}.get(optional.operation, ())
    unknown = sorted(name for name in wanted if name not in ("*", *members))
    if unknown and not more:
        return replace(
            finding,
            state=State.warning,
            detail=f"{finding.detail} Not among them: {', '.join(unknown)}.",
            remedy="Mend the setting, or activate them in the Billing console of the payer account.",
        )
    return finding


def _definition(asking: _Asking, listed: Mapping[str, Any] | None) -> Finding:
    check, arns = "ce:DescribeCostCategoryDefinition", [r["CostCategoryArn"] for r in _references(listed)]
    if not arns:
        return Finding(check, State.skipped, "There is no definition to describe.")
    try:
        asking.ask("DescribeCostCategoryDefinition", {"CostCategoryArn": arns[0]})
    except AccessDenied as error:
        return Finding(check, State.warning, "Denied: the rules of cost categories are not shown.", error.remedy)
    except CostlibError as error:
        return replace(_failure(check, error), state=State.warning)
    return Finding(check, State.ok, "Definitions can be read.")


def _references(listed: Mapping[str, Any] | None) -> Sequence[Mapping[str, Any]]:
    references: Sequence[Mapping[str, Any]] = (listed or {}).get("CostCategoryReferences", ())
    return references


def _failure(check: str, error: CostlibError, detail: str = "") -> Finding:
    return Finding(check, State.failed, detail or error.message, error.remedy, isinstance(error, TryAgainLater))
