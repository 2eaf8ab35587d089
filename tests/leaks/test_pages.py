"""No page, link or download tells a secret of somebody else's: all that a server sends over the wire is read."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from costlib.access import NOTHING, Role, Scope
from costlib.roster.parsing import parse_roster
from costlib.store.snapshot import Snapshot
from tests.browser.server import ROOT
from tests.leaks import plants
from tests.leaks.figures import secrets_of
from tests.leaks.reading import everything_in
from tests.leaks.scopes import scopes
from tests.leaks.visiting import Options, options, told
from tests.leaks.world import ACCOUNTS, CELLS, CENTERS, secret_names
from tests.server.session import finished
from tests.server.signed_in import Place, dashboard
from tests.tally import Tally

pytestmark = pytest.mark.xdist_group("server")

PAGES = sorted(path.stem for path in (ROOT / "pages").rglob("*.py"))
LINKS = 3
EVERYTHING = '[[rule]]\npeople = ["ada@example.com"]\nrole = "admin"\neverything = true\n'
WITHOUT_COST = {"verify", "views"}
"""They show what people bring along or have saved themselves."""
OPENED: Options = {
    "incident": [*(plants.incident_id(account) for account in ACCOUNTS), "incident-all"],
    "account": list(ACCOUNTS),
    "service": [cell.service for cell in CELLS],
    "center": CENTERS,
    "day": ["2026-03-19"],
}
"""What links of our own carry beside what can be chosen on a page."""


@pytest.fixture(scope="session")
def place(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("leaking")
    (folder / "access.toml").write_text(EVERYTHING)
    with dashboard(folder, source.parent) as running:
        yield running


@pytest.fixture(scope="session")
def offered(place: Place) -> Mapping[str, Options]:
    """What whoever sees everything may choose on each page."""
    return {page: {**OPENED, **finished(options(place, page, "ada"))} for page in PAGES}


def rule(person: str, role: Role, scope: Scope) -> str:
    labels: dict[str, list[str]] = {}
    for name, value in sorted(scope.labels):
        labels.setdefault(name, []).append(value)
    given = {"accounts": sorted(scope.accounts or ()), "cost_centers": sorted(scope.cost_centers or ()), **labels}
    lines = [f"{json.dumps(key)} = {json.dumps(values)}" for key, values in given.items() if values]
    return "\n".join(["[[rule]]", f'people = ["{person}@example.com"]', f'role = "{role}"', *lines, ""])


def links(offers: Options, scope: Scope, first: int) -> Iterator[Mapping[str, list[str]]]:
    """No parameters, and then each with something that tells of others, from the `first` on."""
    secret = [name.casefold() for name in secret_names(scope)]
    foreign = {key: [o for o in found if any(name in o.casefold() for name in secret)] for key, found in offers.items()}
    yield {}
    for turn in range(first, first + LINKS - 1):
        yield {key: [found[turn % len(found)]] for key, found in foreign.items() if found}


def let_in(place: Place, drawn: Sequence[Scope]) -> Mapping[str, Scope]:
    """Write the access file: one person of each role with a scope, and whoever sees everything, but not `nobody`."""
    roles = dict(zip((Role.lead, Role.executive, Role.finance), drawn, strict=True))
    text = "\n".join([EVERYTHING, *(rule(role, role, scope) for role, scope in roles.items())])
    place.access.write_text(text)
    roster = parse_roster(text)
    people = {str(role): roster.access_as([f"{role}@example.com"]) for role in roles}
    return {"nobody": NOTHING, **{name: access.scope for name, access in people.items() if access}}


def walked(
    place: Place, page: str, offers: Options, people: Mapping[str, Scope], snapshot: Snapshot, first: int = 0
) -> list[str]:
    """The secrets that a page tells these people, whatever link they come by."""
    found: list[str] = []
    for person, scope in people.items():
        hidden = secrets_of(snapshot, scope)
        for link in links(offers, scope, first):
            read = finished(told(place, page, person, link))
            found += [f"{person} {page} {link}: {secret}" for secret in hidden.found_in(read, everything_in(link))]
    return found


def test_no_page_and_no_link_tells_a_secret(
    place: Place, offered: Mapping[str, Options], snapshot: Snapshot, tally: Tally
) -> None:
    opened: list[str] = []

    @settings(max_examples=2, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(
        drawn=st.lists(scopes().filter(lambda scope: scope.in_words != "nothing"), min_size=3, max_size=3),
        first=st.integers(0, 20),
    )
    def open_all(drawn: list[Scope], first: int) -> None:
        people = let_in(place, drawn)
        for page in PAGES:
            assert not walked(place, page, offered[page], people, snapshot, first)
            opened.extend([page] * len(people) * LINKS)

    open_all()
    tally("a page is opened, or a link to it, by somebody whose scope is drawn", len(opened))


def test_a_page_that_forgets_the_scope_is_found(
    place: Place, offered: Mapping[str, Options], snapshot: Snapshot
) -> None:
    """Whoever sees everything is read as if they saw one account: on every page that shows cost there is a secret."""
    place.access.write_text(EVERYTHING)
    one_account = {"ada": Scope(frozenset({next(iter(ACCOUNTS))}), frozenset())}
    silent = {page for page in PAGES if not walked(place, page, offered[page], one_account, snapshot)}
    assert silent <= WITHOUT_COST
