"""A digest's figures by hand, to be changed a field at a time."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

from costlib.alerts.alert import Alert
from costlib.alerts.delay import DataState
from costlib.alerts.figures import Compared, Day, DigestFigures, MonthEnd, Move, Spend, StatementSum
from costlib.channels import AlertKind, Cadence
from costlib.periods import Period
from costlib.vocabulary import CostMetric

SUNDAY, WEEK_BEFORE = date(2026, 11, 22), date(2026, 11, 15)
STATE = DataState("s1", datetime(2026, 11, 24, 6, 5), SUNDAY)
INCIDENT = Alert(
    "incident:7",
    AlertKind.incident,
    "EC2 in checkout is $120.00 above expectation",
    ("It began on Sat 21 Nov, with BoxUsage:m5.large.",),
    SUNDAY,
    Decimal(120),
    "Payments",
    page="anomalies?incident=7",
)
BUDGET = Alert(
    "budget:Data:2026-11:100",
    AlertKind.budget,
    "The budget of Data will be exceeded",
    ("$9,000.00 of $10,000.00 are spent.",),
    SUNDAY,
    Decimal(10000),
    "Data",
)
SPEND = Spend(
    latest=Compared(
        Period(SUNDAY, date(2026, 11, 23)), Decimal("110.50"), Period(WEEK_BEFORE, date(2026, 11, 16)), Decimal(100)
    ),
    to_date=Compared(
        Period(date(2026, 11, 1), date(2026, 11, 23)),
        Decimal("2200"),
        Period(date(2026, 10, 1), date(2026, 10, 23)),
        Decimal("2400"),
    ),
    last_month=Decimal("3300.25"),
    month_end=MonthEnd(date(2026, 11, 1), Decimal("3000.10"), "our forecast", Decimal(2900), Decimal(3100), 80),
    moves=(
        Move("Amazon EC2", Decimal(60), Decimal(40), Decimal(20), "checkout", Decimal(18)),
        Move("Amazon S3", Decimal(20), Decimal(30), Decimal(-10)),
        Move("AWS Lambda", Decimal(5), Decimal(0), Decimal(5)),
        Move("Amazon SQS", Decimal(0), Decimal("4.5"), Decimal("-4.5")),
    ),
    days=tuple(
        Day(date(2026, 11, number), Decimal(90 + number), number == SUNDAY.day) for number in range(9, SUNDAY.day + 1)
    ),
)
FIGURES = DigestFigures(
    cadence=Cadence.daily,
    metric=CostMetric.unblended_cost,
    currency="USD",
    month=date(2026, 11, 1),
    spend=SPEND,
    statements=(),
    alerts=(INCIDENT, BUDGET),
    state=STATE,
    ties_out=True,
    estimated_days=1,
    narrowed_to=(),
)
STATEMENTS = (StatementSum("Data", Decimal("512.25"), Decimal("700")), StatementSum("Search", None, None))
LEADS = replace(
    FIGURES, spend=None, statements=STATEMENTS, alerts=(BUDGET,), narrowed_to=("statements of Data, Search",)
)


def named(name: str) -> DigestFigures:
    """Everything that has a name has this one."""
    alert = replace(INCIDENT, title=name, sentences=(name,), cost_center=name)
    moves = (Move(name, Decimal(1), Decimal(2), Decimal(-1), name, Decimal(-1)),)
    return replace(
        FIGURES,
        spend=replace(SPEND, moves=moves),
        statements=(StatementSum(name, Decimal(1), None),),
        alerts=(alert,),
        narrowed_to=(name,),
    )
