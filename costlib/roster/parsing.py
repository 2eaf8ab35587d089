"""The access file's text to rules, with every mistake named by file, line and rule.

TOML, or for a file called `.csv` one grant a line: `person,group,role,scope,value`.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from costlib.access import EVERYTHING, Role, Scope
from costlib.allocation.lines import Lines, NotToml, parsed
from costlib.errors import InvalidRoster
from costlib.roster.rules import Grant, Roster, folded
from costlib.vocabulary import label_dimension

TOP = ("group_claim", "person_claims", "rule")
KEYS = ("people", "groups", "role", "everything", "accounts", "cost_centers")
"""Of a rule, besides labels: "cost_category:NAME", "tag:KEY"."""
COLUMNS = ("person", "group", "role", "scope", "value")
ACCOUNT = re.compile(r"\d{12}")


def parse_roster(text: str, file: str = "access.toml") -> Roster:
    """The rules that `text` says. Raises InvalidRoster for the first mistake, with its line and rule."""
    return _from_csv(text, file) if file.lower().endswith(".csv") else _from_toml(text, file)


@dataclass(frozen=True)
class _Place:
    """One rule of a file, for what is wrong with it."""

    file: str
    line: int
    rule: int = 0

    def refuse(self, problem: str, remedy: str) -> NoReturn:
        raise InvalidRoster(self.file, self.line, self.rule, problem, remedy)


def _from_toml(text: str, file: str) -> Roster:
    try:
        raw = parsed(text)
    except NotToml as error:
        _Place(file, error.line).refuse(error.problem, error.remedy)
    lines = Lines(text)
    for key in raw:
        if key not in TOP:
            _Place(file, lines.of_top(key)).refuse(f"unknown key {key!r}", f"Known are {', '.join(TOP)}.")
    tables = raw.get("rule", [])
    if not isinstance(tables, list) or not tables:
        _Place(file, 1).refuse("it has no rule, so nobody sees anything", "Write [[rule]] for whoever may see cost.")
    top = _Place(file, 1)
    claim = raw.get("group_claim", "groups")
    if not isinstance(claim, str) or not claim:
        top.refuse("group_claim is no name", 'Write the claim that lists groups: group_claim = "groups".')
    claims = _words(top, raw, "person_claims") or ("email", "sub")
    grants = tuple(_grant(table, file, lines, number) for number, table in enumerate(tables, 1))
    return Roster(grants, claim, claims)


def _grant(table: object, file: str, lines: Lines, number: int) -> Grant:
    line = lines.of_table("rule", number - 1)
    place = _Place(file, line, number)
    if not isinstance(table, dict):
        place.refuse("it is no table", "Write [[rule]] and its keys below.")
    for key in table:
        if key not in KEYS and label_dimension(key) is None:
            at = _Place(file, lines.of_key(line, key), number)
            at.refuse(f"unknown key {key!r}", f'Known are {", ".join(KEYS)}, "cost_category:NAME" and "tag:KEY".')
    people, groups = _words(place, table, "people"), _words(place, table, "groups")
    if not people and not groups:
        place.refuse("it names nobody", 'Write people = ["kim@example.com"] or groups = ["finops"].')
    if "role" not in table:
        place.refuse("it has no role", f'Write role = "{Role.lead}"; known are {", ".join(Role)}.')
    role, scope = _role(place, table["role"]), _scope(place, table)
    _require_whole(place, role, scope)
    return Grant(frozenset(map(folded, people)), frozenset(groups), role, scope, line)


def _role(place: _Place, raw: object) -> Role:
    if raw not in list(Role):
        place.refuse(f"{raw!r} is no role", f"Known are {', '.join(Role)}.")
    return Role(str(raw))


def _require_whole(place: _Place, role: Role, scope: Scope) -> None:
    """Administrators look through anybody's eyes and read what everybody did, so that less would be no limit."""
    if role is Role.admin and scope != EVERYTHING:
        place.refuse("an administrator is to see a part only", "Give everything, or another role.")


def _scope(place: _Place, table: Mapping[str, Any]) -> Scope:
    names = [key for key in table if key in ("accounts", "cost_centers") or label_dimension(key)]
    if (whole := table.get("everything", False)) not in (True, False):
        place.refuse("everything is neither true nor false", "Write everything = true, or leave it out.")
    if whole and names:
        place.refuse(f"it gives everything and {names[0]} as well", "Leave one of them out.")
    if whole:
        return EVERYTHING
    if not names:
        place.refuse("it has no scope", 'Write everything = true, accounts, cost_centers or "cost_category:NAME".')
    accounts = _words(place, table, "accounts")
    for account in accounts:
        _require_account(place, account)
    labels = [(name, value) for name in names if label_dimension(name) for value in _words(place, table, name)]
    return Scope(frozenset(accounts), frozenset(_words(place, table, "cost_centers")), frozenset(labels))


def _require_account(place: _Place, account: str) -> None:
    if not ACCOUNT.fullmatch(account):
        place.refuse(f"{account!r} is no account id", "Write the twelve digits, in quotes.")


def _words(place: _Place, table: Mapping[str, Any], key: str) -> tuple[str, ...]:
    raw = table.get(key, [])
    if not isinstance(raw, list) or not all(isinstance(word, str) and word.strip() for word in raw):
        place.refuse(f"{key} is no list of names", f'Write {key} = ["…"].')
    if key in table and not raw:
        place.refuse(f"{key} is empty", "Name somebody or something, or leave the key out.")
    return tuple(raw)


def _from_csv(text: str, file: str) -> Roster:
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    if tuple(reader.fieldnames or ()) != COLUMNS:
        _Place(file, 1).refuse("it has not the columns of a roster", f"Begin with {','.join(COLUMNS)}.")
    grants = tuple(_csv_grants(reader, file))
    if not grants:
        _Place(file, 1).refuse("it has no rule, so nobody sees anything", "Write a line for whoever may see cost.")
    return Roster(grants)


def _csv_grants(reader: csv.DictReader[str], file: str) -> Iterator[Grant]:
    for number, row in enumerate(reader, 1):
        place = _Place(file, reader.line_num, number)
        if None in row or None in row.values():
            place.refuse(f"it has not {len(COLUMNS)} fields", "Quote a field that has a comma in it.")
        person, group, role, scope, value = (row[name].strip() for name in COLUMNS)
        if bool(person) == bool(group):
            place.refuse("it names nobody, or a person and a group", "Fill one of person and group.")
        people = frozenset([folded(person)] if person else [])
        groups = frozenset([group] if group else [])
        grant = Grant(people, groups, _role(place, role), _csv_scope(place, scope, value), place.line)
        _require_whole(place, grant.role, grant.scope)
        yield grant


def _csv_scope(place: _Place, kind: str, value: str) -> Scope:
    if kind not in ("everything", "account", "cost_center") and label_dimension(kind) is None:
        known = "everything, account, cost_center, cost_category:NAME, tag:KEY"
        place.refuse(f"{kind!r} is no scope", f"Known are {known}.")
    if bool(value) == (kind == "everything"):
        place.refuse(f"the scope {kind!r} has {'a' if value else 'no'} value", "Fill value; only everything has none.")
    match kind:
        case "everything":
            return EVERYTHING
        case "account":
            _require_account(place, value)
            return Scope(frozenset([value]), frozenset())
        case "cost_center":
            return Scope(frozenset(), frozenset([value]))
    return Scope(frozenset(), frozenset(), frozenset([(kind, value)]))
