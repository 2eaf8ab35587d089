"""What the filters can be set to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from costlib.access import Scope
from costlib.queries.fragments import Sql
from costlib.queries.scoping import charge_conditions
from costlib.store.snapshot import Snapshot
from costlib.vocabulary import UNALLOCATED
from costlib.wording import one_line


@dataclass(frozen=True)
class Options:
    """The values that occur in the charges a person may see, each in the order people read.

    `accounts` are (id, name). `labels` maps a dimension such as 'cost_category:Team' to its values; 'Unallocated' is
    last.
    """

    accounts: tuple[tuple[str, str], ...]
    services: tuple[str, ...]
    record_types: tuple[str, ...]
    labels: Mapping[str, tuple[str, ...]]

    @property
    def account_labels(self) -> dict[str, str]:
        """Id → what people read: the name, with the id where two accounts share a name."""
        names = [one_line(name) for _, name in self.accounts]
        shared = {name for name, times in Counter(names).items() if times > 1}
        return {
            key: f"{name} ({key})" if name in shared else name
            for (key, _), name in zip(self.accounts, names, strict=True)
        }


def options(snapshot: Snapshot, scope: Scope) -> Options:
    """Every value of the filterable dimensions within the scope."""
    names = {
        str(key): str(name) for key, name in snapshot.rows("SELECT usage_account_id, usage_account_name FROM accounts")
    }
    found = [(key, names.get(key) or key) for key in _distinct(snapshot, scope, "usage_account_id")]
    return Options(
        accounts=tuple(sorted(found, key=lambda account: (account[1].casefold(), account))),
        services=_distinct(snapshot, scope, "service"),
        record_types=_distinct(snapshot, scope, "record_type"),
        labels=_label_values(snapshot, scope),
    )


def _distinct(snapshot: Snapshot, scope: Scope, column: str) -> tuple[str, ...]:
    seen = _where(snapshot, scope)
    rows = snapshot.rows(f"SELECT DISTINCT {column} FROM charges{seen.text}", seen.parameters)
    return tuple(sorted((str(value) for (value,) in rows), key=lambda value: (value.casefold(), value)))


def _label_values(snapshot: Snapshot, scope: Scope) -> dict[str, tuple[str, ...]]:
    seen = _where(snapshot, scope)
    rows = snapshot.rows(
        f"""
        SELECT DISTINCT labels.label, COALESCE(label_sets.value, '')
        FROM (SELECT DISTINCT label_set_id FROM charges{seen.text}) AS used
        CROSS JOIN labels
        LEFT JOIN label_sets ON label_sets.label_set_id = used.label_set_id AND label_sets.label = labels.label""",
        seen.parameters,
    )
    values: dict[str, set[str]] = {label: set() for label in snapshot.labels}
    for label, value in rows:
        values[str(label)].add(str(value) or UNALLOCATED)
    return {label: tuple(sorted(its, key=_unallocated_last)) for label, its in values.items()}


def _unallocated_last(value: str) -> tuple[bool, str, str]:
    return (value == UNALLOCATED, value.casefold(), value)


def _where(snapshot: Snapshot, scope: Scope) -> Sql:
    conditions = charge_conditions(snapshot, scope, "charges")
    text = "".join(f" WHERE {c.text}" for c in conditions)
    return Sql(text, tuple(p for c in conditions for p in c.parameters))
