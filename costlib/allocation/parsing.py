"""`allocation.toml`: text to rules, with every mistake named by file, line and rule."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NoReturn, TypeVar

from costlib.allocation.checking import require_order, require_parts
from costlib.allocation.lines import Lines, NotToml, Table, parsed, version_of
from costlib.allocation.rules import (
    AllocationRules,
    CenterRule,
    Conditions,
    Driver,
    Method,
    NoBasis,
    Rule,
    Source,
)
from costlib.errors import InvalidRules
from costlib.vocabulary import COST_METRICS, UNALLOCATED, CostMetric, label_dimension

T = TypeVar("T")

MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")
SELECTABLE = ("usage_account_id", "service", "record_type")
"""What charges can be chosen by, besides labels."""
RULE_KEYS = frozenset(
    {"id", "name", "description", "from", "until", "source", "targets", "except", "method", "driver", "no_basis"}
    | {"percent", "amount"}
)
ALL = "all"


def parse_rules(text: str, file: str = "allocation.toml") -> AllocationRules:
    """The rules that `text` says. Raises InvalidRules for the first mistake, with its line and rule."""
    try:
        raw = parsed(text)
    except NotToml as error:
        raise InvalidRules(file, error.line, None, error.problem, error.remedy) from None
    page = _Page(file, Lines(text))
    for key in raw:
        if key not in ("cost_center", "rule"):
            page.refuse(page.lines.of_top(key), None, f"unknown table {key!r}", "Write [[cost_center]] or [[rule]].")
    centers = tuple(_center(page, table) for table in page.tables(raw, "cost_center"))
    rules = tuple(_rule(page, table) for table in page.tables(raw, "rule"))
    if not centers:
        page.refuse(1, None, "it names no way to a cost center", 'Add [[cost_center]] with cost_category = "NAME".')
    require_order(page.file, rules)
    return AllocationRules(centers, rules, version_of(raw))


@dataclass(frozen=True)
class _Page:
    file: str
    lines: Lines

    def refuse(self, line: int, rule: str | None, problem: str, remedy: str) -> NoReturn:
        raise InvalidRules(self.file, line, rule, problem, remedy)

    def tables(self, raw: Mapping[str, Any], name: str) -> Iterator[_Table]:
        found = raw.get(name, [])
        if not isinstance(found, list) or not all(isinstance(table, dict) for table in found):
            self.refuse(self.lines.of_table(name, 0), None, f"{name} is no list of tables", f"Write [[{name}]].")
        for index, table in enumerate(found):
            yield _Table(self.lines.of_table(name, index), table, self)


@dataclass(frozen=True)
class _Table(Table):
    """One [[cost_center]] or [[rule]]."""

    page: _Page

    def refuse(self, key: str, problem: str, remedy: str) -> NoReturn:
        self.page.refuse(self.page.lines.of_key(self.line, key), self.named, problem, remedy)

    def only(self, known: frozenset[str]) -> None:
        for key in self.raw:
            if key not in known:
                self.refuse(key, f"unknown key {key!r}", f"Known are {', '.join(sorted(known))}.")


def _center(page: _Page, table: _Table) -> CenterRule:
    raw = dict(table.raw)
    for kind in ("cost_category", "tag"):
        if kind in raw:
            table.only(frozenset({kind}))
            return CenterRule(f"{kind}:{table.take(kind, str, 'a name')}", (), None, table.line)
    name = _center_name(table, "name", table.take("name", str, "the cost center's name"))
    conditions = _conditions(table, "name", {key: value for key, value in raw.items() if key != "name"})
    if not conditions:
        table.refuse("name", "it says of no charge that it belongs here", "Add usage_account_id, service or a label.")
    return CenterRule(None, conditions, name, table.line)


def _rule(page: _Page, table: _Table) -> Rule:
    table.only(RULE_KEYS)
    rule_id = table.take("id", str, "a short name that stays")
    method = _one_of(table, "method", Method)
    source = _source(table)
    start, end = _month(table, "from"), _month(table, "until")
    if start and end and end <= start:
        table.refuse("until", "until is not after from", "Name the first month in which the rule no longer holds.")
    rule = Rule(
        rule_id=rule_id,
        name=table.take("name", str, "text", rule_id),
        description=table.take("description", str, "a sentence that people read"),
        start=start,
        end=end,
        source=source,
        method=method,
        targets=_targets(table),
        excluded=frozenset(_names(table, "except")),
        driver=_driver(table, method),
        no_basis=_one_of(table, "no_basis", NoBasis, NoBasis.keep),
        parts=_parts(table, method),
        line=table.line,
    )
    require_parts(page.file, rule)
    return rule


def _source(table: _Table) -> Source:
    raw = table.take("source", dict, 'a table such as { cost_center = "Shared" } or { service = ["AWS Support"] }')
    if "cost_center" in raw:
        if len(raw) > 1 or not isinstance(raw["cost_center"], str):
            table.refuse("source", "a source is a cost center or a selection of charges", "Name one cost center alone.")
        return Source(raw["cost_center"])
    conditions = _conditions(table, "source", raw)
    if not conditions:
        table.refuse("source", "it selects nothing", "Name usage_account_id, service, record_type or a label.")
    return Source(None, conditions)


def _conditions(table: _Table, key: str, raw: Mapping[str, Any]) -> Conditions:
    """`service = ["A", "B"]`; a single value needs no list."""
    found = []
    for name, values in raw.items():
        if name not in SELECTABLE and label_dimension(name) is None:
            known = f"{', '.join(SELECTABLE)}, cost_category:NAME, tag:KEY"
            table.refuse(key, f"{name!r} is nothing that charges can be chosen by", f"Known are {known}.")
        listed = [values] if isinstance(values, str) else values
        if not isinstance(listed, list) or not listed or not all(isinstance(value, str) for value in listed):
            table.refuse(key, f"{name} is no list of texts", f'Write {name} = ["one", "other"].')
        found.append((name, tuple(listed)))
    return tuple(found)


def _targets(table: _Table) -> tuple[str, ...] | None:
    raw = table.raw.get("targets", ALL)
    return None if raw == ALL else tuple(_names(table, "targets"))


def _names(table: _Table, key: str) -> list[str]:
    names = table.take(key, list, "list of cost centers", [])
    if not all(isinstance(name, str) for name in names):
        table.refuse(key, f"{key} holds something that is no name", f'Write {key} = ["A", "B"].')
    return names


def _driver(table: _Table, method: Method) -> Driver:
    raw = dict(table.take("driver", dict, "a table", {}))
    if raw and method is not Method.proportional:
        table.refuse("driver", f"a driver means nothing to {method}", "Leave it out, or split proportionally.")
    metric = raw.pop("metric", None)
    if metric is not None and metric not in COST_METRICS:
        table.refuse("driver", f"unknown metric {metric!r}", f"Known are {', '.join(COST_METRICS)}.")
    return Driver(_conditions(table, "driver", raw), CostMetric(metric) if metric else None)


def _parts(table: _Table, method: Method) -> dict[str, Decimal]:
    key = {Method.fixed: "percent", Method.fixed_charge: "amount"}.get(method)
    for other in {"percent", "amount"} - {key}:
        if other in table.raw:
            table.refuse(other, f"{other} means nothing to {method}", "Leave it out, or choose another method.")
    if key is None:
        return {}
    raw = table.take(key, dict, 'a table such as { "Team A" = 60, "Team B" = 40 }')
    for name, value in raw.items():
        if not isinstance(value, int | Decimal) or isinstance(value, bool):
            table.refuse(key, f"{name}'s {key} is no number", "Write digits without quotes.")
    return {name: Decimal(value) for name, value in raw.items()}


def _one_of(table: _Table, key: str, kind: type[T], default: T | None = None) -> T:
    known = [str(value) for value in kind]  # type: ignore[attr-defined]
    text = table.take(key, str, f"one of {', '.join(known)}", None if default is None else str(default))
    if text not in known:
        table.refuse(key, f"unknown {key} {text!r}", f"Known are {', '.join(known)}.")
    return kind(text)  # type: ignore[call-arg]


def _month(table: _Table, key: str) -> date | None:
    if key not in table.raw:
        return None
    text = table.take(key, str, 'a month such as "2026-01"')
    match = MONTH.fullmatch(text)
    if match is None:
        table.refuse(key, f"{text!r} is no month", 'Write a month such as "2026-01".')
    return date(int(match.group(1)), int(match.group(2)), 1)


def _center_name(table: _Table, key: str, name: str) -> str:
    if not name.strip() or name == UNALLOCATED:
        table.refuse(
            key, f"{name!r} cannot name a cost center", f"Choose another name; {UNALLOCATED} is kept for the rest."
        )
    return name
