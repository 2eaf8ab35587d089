"""Answers made wrong on purpose: what a careful reader of Cost Explorer must refuse or bear."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy

from costlib.sample.faults import Faults
from costlib.sample.wire import CostAnswer, Group, MetricValue

_NET = ("NetUnblendedCost", "NetAmortizedCost")


def spoiled(answer: CostAnswer, faults: Faults) -> CostAnswer:
    """`answer` as `faults` would have it; untouched when they have nothing to say about it."""
    wrongs = (
        faults.lacks_net_metrics,
        faults.second_currency,
        faults.odd_amount,
        faults.repeats_a_key,
        faults.lacks_label_prefix,
    )
    if not any(wrongs):
        return answer
    changed = deepcopy(answer)
    if faults.lacks_net_metrics:
        _drop_net_metrics(changed)
    if faults.second_currency:
        _change_currency(changed, faults.second_currency)
    if faults.odd_amount:
        _change_amount(changed, faults.odd_amount)
    if faults.repeats_a_key:
        _repeat_a_key(changed)
    if faults.lacks_label_prefix:
        _drop_prefix(changed)
    return changed


def _groups(answer: CostAnswer) -> Iterator[Group]:
    return (group for result in answer["ResultsByTime"] for group in result["Groups"])


def _metrics(answer: CostAnswer) -> list[dict[str, MetricValue]]:
    """The metrics of every group, or of every total."""
    return [g["Metrics"] for g in _groups(answer)] or [r["Total"] for r in answer["ResultsByTime"]]


def _drop_net_metrics(answer: CostAnswer) -> None:
    for metrics in _metrics(answer):
        for name in _NET:
            metrics.pop(name, None)


def _change_currency(answer: CostAnswer, currency: str) -> None:
    """The last group of the page was paid in another currency."""
    for metrics in _metrics(answer)[-1:]:
        for name, value in metrics.items():
            if name.endswith("Cost"):
                value["Unit"] = currency


def _change_amount(answer: CostAnswer, amount: str) -> None:
    for metrics in _metrics(answer)[:1]:
        for value in list(metrics.values())[:1]:
            value["Amount"] = amount


def _repeat_a_key(answer: CostAnswer) -> None:
    for result in answer["ResultsByTime"]:
        if result["Groups"]:
            result["Groups"].append(deepcopy(result["Groups"][0]))
            return


def _drop_prefix(answer: CostAnswer) -> None:
    """One label value of the page comes without its `key$`."""
    definitions = answer.get("GroupDefinitions", [])
    for group in _groups(answer):
        for i, definition in enumerate(definitions):
            if definition["Type"] != "DIMENSION":
                group["Keys"][i] = group["Keys"][i].removeprefix(f"{definition['Key']}$")
                return
