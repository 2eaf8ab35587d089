"""Who may see what: the access file, as values, and what it says about one person.

Nobody sees anything unless a rule names them. Several rules may: scopes add up, and the highest role counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_

from costlib.access import NOTHING, Role, Scope, highest

Claims = Mapping[str, object]
"""What the sign-in provider says of somebody: `email`, `sub`, and whatever else."""

GROUP = "group:"
"""How a group is written on the command line."""


@dataclass(frozen=True)
class Grant:
    """One rule: whom it names (by e-mail or subject, or by a group), and what they come for and may see."""

    people: frozenset[str]
    groups: frozenset[str]
    role: Role
    scope: Scope
    line: int

    def names(self, people: frozenset[str], groups: frozenset[str]) -> bool:
        return bool(self.people & people or self.groups & groups)


@dataclass(frozen=True)
class Access:
    """What somebody comes for and may see, all rules together.

    `names` are those of theirs that rules name, as `--as` takes them: no more of who they are than it needs.
    """

    role: Role
    scope: Scope
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Roster:
    """The whole file. `group_claim` is the claim that lists somebody's groups; a dot looks inside of a claim.

    `person_claims` are those that `people` are compared with.
    """

    grants: tuple[Grant, ...]
    group_claim: str = "groups"
    person_claims: tuple[str, ...] = ("email", "sub")

    def access(self, claims: Claims) -> Access | None:
        """What the provider's claims come to; None when no rule names this person."""
        people = frozenset(self._people(claims))
        groups = frozenset(_texts(_claim(claims, self.group_claim)))
        return self._access(people, groups)

    def access_as(self, names: Sequence[str]) -> Access | None:
        """The same for an e-mail or subject, and groups written `group:NAME`."""
        groups = frozenset(name.removeprefix(GROUP) for name in names if name.startswith(GROUP))
        return self._access(frozenset(folded(name) for name in names if not name.startswith(GROUP)), groups)

    def _access(self, people: frozenset[str], groups: frozenset[str]) -> Access | None:
        found = [grant for grant in self.grants if grant.names(people, groups)]
        if not found:
            return None
        named = {name for grant in found for name in grant.people & people}
        of_groups = {f"{GROUP}{name}" for grant in found for name in grant.groups & groups}
        scope = reduce(or_, (grant.scope for grant in found), NOTHING)
        return Access(highest(grant.role for grant in found), scope, (*sorted(named), *sorted(of_groups)))

    def _people(self, claims: Claims) -> Iterator[str]:
        """An e-mail that the provider says it has not verified is anybody's to claim: it names nobody."""
        for name in self.person_claims:
            if name == "email" and claims.get("email_verified", True) not in (True, "true"):
                continue
            yield from (folded(text) for text in _texts(_claim(claims, name)))


def folded(person: str) -> str:
    """E-mail addresses are compared without case; a subject is compared as it is."""
    return person.casefold() if "@" in person else person


def _claim(claims: Claims, name: str) -> object:
    if name in claims:
        return claims[name]
    found: object = claims
    for part in name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _texts(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,) if value else ()
    if isinstance(value, list | tuple):
        return tuple(part for part in value if isinstance(part, str) and part)
    return ()
