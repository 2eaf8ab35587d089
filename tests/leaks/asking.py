"""Every question of `costlib.queries`, asked with every value that its parameters can have, known by their names.

A new question is asked too, as long as its parameters are called like those of others; else `ways` says what is
missing.
"""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path
from typing import Any

from costlib.access import EVERYTHING, Scope
from costlib.alerts.delay import Patience
from costlib.allocation.parsing import parse_rules
from costlib.channels import Cadence
from costlib.errors import CostlibError
from costlib.exports import Format
from costlib.periods import Granularity, Period
from costlib.queries import budgets as budget_questions
from costlib.queries import comparable, exporting, rule_history, verifying
from costlib.queries.alerts import Moment
from costlib.queries.exporting import ExportRequest
from costlib.queries.filters import Filters
from costlib.queries.showback import Book, Question
from costlib.store.snapshot import Snapshot
from costlib.vocabulary import UNALLOCATED, CostMetric
from tests.leaks import plants
from tests.leaks.reading import Read, everything_in
from tests.leaks.world import ACCOUNTS, CENTERS, RULES, TEAM, VAULT
from tests.queries.drafting import dimension, draft, rule

MARCH, FEBRUARY = Period(date(2026, 3, 1), date(2026, 3, 20)), Period(date(2026, 2, 1), date(2026, 3, 1))
COLUMNS = ("usage_account_id", "usage_account_name", "service", TEAM, VAULT)
REGIONS = ("usage_account_id", "region")
UNBLENDED = CostMetric.unblended_cost
Function = Callable[..., object]

VALUES: dict[str, tuple[Any, ...]] = {
    "filters": (
        Filters(MARCH),
        Filters(Period(date(2026, 1, 1), MARCH.end), Granularity.monthly),
        Filters(MARCH, accounts=tuple(ACCOUNTS)[1:3]),
        Filters(MARCH, labels=((TEAM, ("Birchwick", "Cedarfell", UNALLOCATED)),)),
    ),
    "dimensions": (COLUMNS, REGIONS),
    "metrics": ((UNBLENDED,),),
    "metric": (UNBLENDED,),
    "start": (UNBLENDED,),
    "end": (CostMetric.amortized_cost,),
    "by": ("service", "usage_account_id", TEAM),
    "rows": ("usage_account_id",),
    "label": (TEAM, VAULT),
    "name": ("Team",),
    "compared": (FEBRUARY,),
    "period": (MARCH,),
    "month": (FEBRUARY.start, MARCH.start),
    "cost_center": CENTERS,
    "asked": tuple(Question(month.start, UNBLENDED, book) for month in (FEBRUARY, MARCH) for book in Book),
    "incident_id": (*(plants.incident_id(account) for account in ACCOUNTS), "incident-all"),
    "rule_id": ("fees", "pooled"),
    "cadence": tuple(Cadence),
    "moment": (Moment(datetime(2026, 3, 20, 7), None, Patience(48, 3)),),
    "text": (RULES,),
    "rules": (parse_rules(RULES),),
    "request": (ExportRequest(COLUMNS, (UNBLENDED,), Filters(MARCH)),),
    "overwrite": (True,),
    "draft": (draft(rule("A", dimension("LINKED_ACCOUNT", *ACCOUNTS))),),
}
"""Optional parameters that are not here keep their default."""
OPTIONAL = frozenset({"cost_center", "by", "compared", "period", "overwrite"})
"""Optional parameters that are asked with their values too."""


def answers(function: Function, snapshot: Snapshot, scope: Scope, folder: Path) -> Iterator[tuple[Read, Read]]:
    """What was asked, and what was answered, for everything that can be asked; a refusal's words are an answer too."""
    for asked in ways(function, snapshot, scope, folder):
        try:
            found = function(snapshot, **asked)
            answer = everything_in(list(found) if inspect.isgenerator(found) else found)
        except CostlibError as error:
            answer = everything_in(error.message, error.remedy)
        yield everything_in(*(value for name, value in asked.items() if name != "scope")), answer


def ways(function: Function, snapshot: Snapshot, scope: Scope, folder: Path) -> Iterator[dict[str, Any]]:
    """Every combination of what the parameters can be."""
    parameters = list(inspect.signature(function).parameters.values())[1:]
    given = {"scope": (scope,), **VALUES, **_of_this(function, snapshot, scope, folder)}
    choices: list[list[tuple[str, Any]]] = []
    for parameter in parameters:
        name, is_optional = parameter.name, parameter.default is not inspect.Parameter.empty
        if is_optional and name not in OPTIONAL:
            continue
        assert name in given, f"{function.__qualname__}: say in tests/leaks/asking.py what {name!r} can be"
        choices.append([(name, value) for value in given[name]])
        if is_optional:
            choices[-1].append((name, parameter.default))
    every = (dict(pairs) for pairs in itertools.product(*choices))
    return (asked for asked in every if "manifest" not in asked or _belong(asked))


def _belong(asked: dict[str, Any]) -> bool:
    """A file and a manifest of another one differ by what both say: that tells nothing."""
    return "file" not in asked or asked["manifest"].file_name == asked["file"].name


def _of_this(function: Function, snapshot: Snapshot, scope: Scope, folder: Path) -> dict[str, tuple[Any, ...]]:
    """Parameters that mean something else here, or that have to be made for whoever asks."""
    with suppress(CostlibError):
        if function.__module__ == "costlib.queries.why":
            of_month = rule_history.rules_of(snapshot, FEBRUARY.start)
            assert of_month is not None
            return {"rules": (of_month,), "rule": of_month.in_force}
        if function.__name__ == "spend_of":
            return {"budgets": (budget_questions.seen_budgets(snapshot, scope),)}
        if function in (verifying.verify, comparable.require_comparable, exporting.write_export):
            return _of_exports(snapshot, scope, folder)
    return {}


def _of_exports(snapshot: Snapshot, scope: Scope, folder: Path) -> dict[str, tuple[Any, ...]]:
    """Files of one's own and of somebody who sees everything, to be written or to be verified."""
    at, (request, *_) = datetime(2026, 3, 20), VALUES["request"]
    manifests = [
        exporting.write_export(
            snapshot, eyes, request, folder / f"{place}.csv", Format.csv, overwrite=True, generated_at=at
        )
        for place, eyes in enumerate((scope, EVERYTHING))
    ]
    files = tuple(folder / f"{place}.csv" for place in range(2))
    made = {"manifest": tuple(manifests), "file": files, "format": tuple(Format), "request": (request,)}
    return {**made, "generated_at": (at,)}
