"""Secrets in every table that is not of charges: what was judged, restated, forecast, agreed on and committed to.

Each amount is told apart by its first digits; `FIGURES` says whose it is: an account's, a cost center's, or ('')
nobody's but those who see everything.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal

from tests.queries.snapshots import Rows, amounts

WHEN = datetime(2026, 3, 19)
AWS_BUDGET = (Decimal("71100220033.41"), Decimal("71200330044.43"), Decimal("71300440055.47"))
FIGURES: dict[Decimal, tuple[str, ...]] = dict.fromkeys(AWS_BUDGET, ("",))
OWNED = ("incident", "expected", "driver")
"""Told of an account, and by an alert to the cost center that has the incident."""
_PLANTED = {
    "incident": 61,
    "expected": 62,
    "driver": 63,
    "muted": 64,
    "restated": 65,
    "by_aws": 66,
    "cause": 67,
    "committed": 68,
    "covered": 69,
    "foreseen": 72,
    "odd": 73,
}


def figure(what: str, whose: str, center: str = "") -> Decimal:
    """An amount that nothing else has."""
    digits = sum(ord(letter) * (place + 7) for place, letter in enumerate(whose)) % 90_000
    found = Decimal(f"{_PLANTED[what]}{10_000 + digits}{digits % 7}{4321 + digits % 5000}.{digits % 89 + 10}")
    FIGURES[found] = (whose, center) if center else (whose,)
    return found


def incident_id(account: str) -> str:
    return f"incident-{account}"


def rows(owners: Mapping[str, tuple[str, str, str]], day: date) -> dict[str, Rows]:
    """The rows of every such table; `owners` are accounts with their name, a service and whose that one is."""
    accounts = {account: name for account, (name, _, _) in owners.items()}
    return {
        "incidents": [
            *(_incident(account, service, center, day) for account, (_, service, center) in owners.items()),
            _of_all(day),
        ],
        "incident_days": [
            (incident_id(a), day - timedelta(n), figure("incident", a, c), figure("expected", a, c), 0, 1, not n)
            for a, (_, _, c) in owners.items()
            for n in range(8)
        ],
        "incident_drivers": [
            (incident_id(a), "usage_type", f"{n}:type", False, figure("driver", a, c), 1, figure("driver", a, c))
            for a, (n, _, c) in owners.items()
        ],
        "muted_days": [
            ("service_account", a, service, "", "", day, f"{name} moved house", figure("muted", a), 1)
            for a, (name, service, _) in owners.items()
        ],
        "data_anomalies": [("d", "sign_flip", "Seaweed Queue", "", day, figure("odd", ""), -1, WHEN, WHEN)],
        "restatements": [
            ("run", WHEN, day, a, service, "Usage", False, *amounts("1"), *amounts(str(figure("restated", a))))
            for a, (_, service, _) in owners.items()
        ],
        "aws_anomalies": [
            (
                f"aws-{a}",
                day,
                day,
                "arn",
                service,
                1,
                1,
                figure("by_aws", a),
                figure("by_aws", a),
                *[None] * 3,
                "",
                WHEN,
                WHEN,
            )
            for a, (_, service, _) in owners.items()
        ],
        "aws_anomaly_causes": [
            (f"aws-{a}", 0, service, "us-east-1", a, f"{name}:type", figure("cause", a))
            for a, (name, service, _) in owners.items()
        ],
        **_of_everybody(day),
        **_lenses(accounts, day),
    }


def _incident(account: str, service: str, center: str, day: date) -> tuple[object, ...]:
    root = ("service_account", account, service, "", "")
    above, expected = (figure(what, account, center) for what in ("incident", "expected"))
    judged = (above, expected, above, center, WHEN, WHEN)
    return (incident_id(account), *root, "spike", "amortized_cost", day, day, True, *judged)


def _of_all(day: date) -> tuple[object, ...]:
    sums = (figure("incident", ""), figure("expected", ""), figure("incident", ""))
    return ("incident-all", "total", "", "", "", "", "spike", "amortized_cost", day, day, True, *sums, "", WHEN, WHEN)


def _of_everybody(day: date) -> dict[str, Rows]:
    """Commitments and AWS's own forecast, which are of the whole organization."""
    used, covered, foreseen = (figure(what, "") for what in ("committed", "covered", "foreseen"))
    days = [day - timedelta(n) for n in range(40)]
    nothing = (None, None, None)
    return {
        "commitment_utilization": [("savings_plan", "", d, used, used, 0, used, 0, used, used, WHEN) for d in days],
        "commitment_coverage": [("savings_plan", "", d, covered, 0, covered, *nothing, WHEN) for d in days],
        "forecasts": [
            (
                "aws",
                date(2026, 3, 19),
                "total",
                "",
                "unblended_cost",
                "daily",
                d,
                d + timedelta(1),
                foreseen,
                foreseen,
                foreseen,
                80,
                "",
                WHEN,
            )
            for d in (day, day + timedelta(1))
        ],
        "cost_category_definitions": [
            ("Team", "arn", date(2026, 1, 1), None, "APPLIED", "", _rules(), "[]", WHEN),
        ],
    }


def _rules() -> str:
    return (
        '[{"Value": "Amberton", "Rule": {"Dimensions": {"Key": "LINKED_ACCOUNT", "Values": ["410273650011"],'
        ' "MatchOptions": ["EQUALS"]}}, "Type": "REGULAR"},'
        ' {"Value": "Cedarfell", "Rule": {"Dimensions": {"Key": "LINKED_ACCOUNT_NAME", "Values": ["Heronsee"],'
        ' "MatchOptions": ["EQUALS"]}}, "Type": "REGULAR"}]'
    )


def _lenses(accounts: Mapping[str, str], day: date) -> dict[str, Rows]:
    """Regions by account: what has no labels."""
    regions: list[tuple[object, ...]] = [
        ("usage_account_id,region", d, a, f"{name.lower()}-region", *amounts(str(figure("foreseen", a))), None, None)
        for a, name in accounts.items()
        for d in (day - timedelta(n) for n in range(40))
    ]
    return {"lenses": [("usage_account_id,region", "usage_account_id", "region", "daily")], "lens_charges": regions}
