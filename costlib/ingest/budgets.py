"""Budgets in a sync: the file as it stands, and what AWS Budgets tells where the role may ask."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import boto3
from botocore.config import Config

from costlib.config import Settings, Source
from costlib.errors import AccessDenied, ConfigError, CostlibError, InvalidBudgets
from costlib.ingest.credentials import open_payer_session
from costlib.ingest.explanations import explained
from costlib.ingest.identity import foreign_endpoint, is_asked_at_aws, who_asks
from costlib.ingest.run import Run
from costlib.sample.budgets import SAMPLE_BUDGETS
from costlib.store.budgets import (
    BUDGETS_PROBLEM,
    AwsBudget,
    BudgetChange,
    put_budgets_in_force,
    replace_aws_budgets,
)
from costlib.store.ledger import clear_missing_right, note_missing_right

BY_THE_FILE = "budgets file"
ACTION = "budgets:ViewBudget"
"""What IAM calls the right that DescribeBudgets needs."""
FEATURE = "AWS's own budgets beside ours"
MAX_RESULTS = 100
COST_TYPE = "COST"

AskBudgets = Callable[[], Iterator[Mapping[str, Any]]]
"""Every budget as DescribeBudgets tells it, with the account that it was asked of under `AccountId`."""


def sync_budgets(run: Run, ask: AskBudgets | None) -> None:
    """Put the file's budgets in force. Ones that cannot be used leave the last good ones in force, and the sync says
    so. AWS's are read after them; `ask` is None for a source that has none."""
    problem = ""
    found = budgets_text(run.settings)
    if found is not None:
        try:
            put_budgets_in_force(run.warehouse, BudgetChange(*found, run.clock(), BY_THE_FILE, ""))
        except InvalidBudgets as error:
            problem = str(error)
            run.warn(f"{error} The last good budgets stay in force.")
    run.warehouse.set_meta({BUDGETS_PROBLEM: problem})
    if ask is not None:
        _read_aws_budgets(run, ask)


def budgets_text(settings: Settings) -> tuple[str, str] | None:
    """The budgets and the file they stand in; None without a file. The sample organization comes with budgets."""
    file = settings.budgets_file
    if file.exists():
        try:
            return file.read_text(encoding="utf-8"), str(file)
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(
                "budgets_file", str(file), f"cannot be read ({error})", "Make it readable UTF-8."
            ) from error
    return (SAMPLE_BUDGETS, "the sample's budgets.toml") if settings.source is Source.sample else None


def _read_aws_budgets(run: Run, ask: AskBudgets) -> None:
    """An extra: whatever stops it is said, and the sync goes on with what AWS told last."""
    try:
        budgets = [aws_budget(told, run.clock()) for told in ask()]
    except AccessDenied:
        note_missing_right(run.warehouse, ACTION, FEATURE, run.clock())
        return
    except CostlibError as error:
        run.warn(f"AWS Budgets could not be read: {error}")
        return
    clear_missing_right(run.warehouse, ACTION)
    replace_aws_budgets(run.warehouse, budgets)


def asker(settings: Settings, environ: Mapping[str, str] = os.environ) -> AskBudgets | None:
    """How to ask; None where Cost Explorer is asked somewhere that is not AWS, and AWS Budgets are not there too."""
    if foreign_endpoint(settings, None, environ) is not None and is_asked_at_aws("budgets", environ):
        return None
    return lambda: aws_budgets(settings, environ)


def aws_budgets(settings: Settings, environ: Mapping[str, str] = os.environ) -> Iterator[Mapping[str, Any]]:
    """Every budget of the account that asks. No request to Cost Explorer, so that no cap counts it. Raises errors of
    costlib.errors."""
    account_id = who_asks(settings, environ).account_id
    session = boto3.Session(botocore_session=open_payer_session(settings, environ, "budgets"))
    client = session.client("budgets", config=Config(connect_timeout=10, read_timeout=60))
    with explained("DescribeBudgets"):
        for page in client.get_paginator("describe_budgets").paginate(
            AccountId=account_id, ShowFilterExpression=True, PaginationConfig={"PageSize": MAX_RESULTS}
        ):
            for budget in page.get("Budgets", ()):
                yield {**budget, "AccountId": account_id}


def aws_budget(told: Mapping[str, Any], read_at: datetime) -> AwsBudget:
    """From one budget of the answer; spends and limits are text there, and stay exact."""
    spend = told.get("CalculatedSpend", {})
    limit = told.get("BudgetLimit") or _planned(told.get("PlannedBudgetLimits", {}), read_at.date())
    period = told.get("TimePeriod", {})
    narrowed = told.get("FilterExpression") or told.get("CostFilters")
    return AwsBudget(
        account_id=str(told["AccountId"]),
        name=str(told["BudgetName"]),
        budget_type=str(told.get("BudgetType", COST_TYPE)),
        time_unit=str(told.get("TimeUnit", "")),
        start=_day(period.get("Start")),
        end=_day(period.get("End")),
        unit=str((limit or spend.get("ActualSpend") or {}).get("Unit", "")),
        limit=_amount(limit),
        actual=_amount(spend.get("ActualSpend")),
        forecast=_amount(spend.get("ForecastedSpend")),
        narrowed_to=json.dumps(narrowed, sort_keys=True, ensure_ascii=False) if narrowed else "",
        read_at=read_at,
    )


def _planned(limits: Mapping[str, Mapping[str, str]], today: date) -> Mapping[str, str] | None:
    """Limits that differ by month are told by the second at which each begins: the last that has begun."""
    begun = [start for start in limits if _epoch_day(start) <= today]
    return limits[max(begun, key=int)] if begun else None


def _epoch_day(seconds: str) -> date:
    return datetime.fromtimestamp(int(seconds), tz=UTC).date()


def _day(moment: object) -> date | None:
    return date.fromisoformat(str(moment)[:10]) if moment else None


def _amount(spend: Mapping[str, str] | None) -> Decimal | None:
    return Decimal(spend["Amount"]) if spend else None
