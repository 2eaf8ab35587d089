"""The access file: who is named, what several rules come to, and what is wrong with a file that cannot be used."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from costlib.access import EVERYTHING, NOTHING, Role, Scope, highest, read_scope
from costlib.errors import InvalidRoster
from costlib.roster.parsing import parse_roster
from costlib.roster.rules import Access
from costlib.roster.watching import WatchedRoster

FILE = """\
group_claim = "realm_access.roles"

[[rule]]
people = ["Kim@Example.com"]
role = "lead"
cost_centers = ["Payments"]
accounts = ["111122223333"]

[[rule]]
groups = ["finops"]
role = "finance"
everything = true

[[rule]]
groups = ["search"]
role = "executive"
"cost_category:Team" = ["Search", "Unallocated"]
"""
PAYMENTS = Scope(frozenset({"111122223333"}), frozenset({"Payments"}))
SEARCH = Scope(
    frozenset(), frozenset(), frozenset({("cost_category:Team", "Search"), ("cost_category:Team", "Unallocated")})
)
KIM = Access(Role.lead, PAYMENTS, ("kim@example.com",))
NAMES = st.frozensets(st.sampled_from("abc"), max_size=2)
SCOPES = st.one_of(
    st.just(EVERYTHING),
    st.builds(Scope, NAMES, NAMES, st.frozensets(st.tuples(st.just("tag:team"), st.sampled_from("xy")), max_size=2)),
)


def test_a_person_is_found_by_e_mail_without_case_and_by_subject() -> None:
    roster = parse_roster(FILE)
    assert roster.access({"email": "kim@example.COM", "sub": "1"}) == KIM
    by_subject = parse_roster(FILE.replace("Kim@Example.com", "auth0|7"))
    assert by_subject.access({"email": "x@example.com", "sub": "auth0|7"}) == Access(Role.lead, PAYMENTS, ("auth0|7",))
    assert by_subject.access({"sub": "AUTH0|7"}) is None


def test_nobody_sees_anything_unless_a_rule_names_them() -> None:
    roster = parse_roster(FILE)
    for claims in ({}, {"email": ""}, {"email": "kim@example.com.evil"}, {"groups": ["finops"]}, {"email": None}):
        assert roster.access(claims) is None


def test_an_e_mail_that_the_provider_has_not_verified_names_nobody() -> None:
    assert parse_roster(FILE).access({"email": "kim@example.com", "email_verified": False}) is None


def test_of_several_rules_the_scopes_add_up_and_the_highest_role_counts() -> None:
    claims = {"email": "kim@example.com", "realm_access": {"roles": ["search"]}}
    found = parse_roster(FILE).access(claims)
    assert found == Access(Role.executive, PAYMENTS | SEARCH, ("kim@example.com", "group:search"))
    assert found is not None
    assert found.scope.in_words == "1 account, 1 cost center and 2 label values"
    everything = parse_roster(FILE).access({**claims, "realm_access": {"roles": ["search", "finops"]}})
    assert everything == Access(Role.finance, EVERYTHING, ("kim@example.com", "group:finops", "group:search"))
    assert highest([Role.admin, Role.lead]) is Role.admin


def test_the_names_that_rules_use_are_what_as_takes_for_the_same() -> None:
    roster = parse_roster(FILE)
    claims = {"email": "KIM@example.com", "sub": "7", "realm_access": {"roles": ["search", "a group of no rule"]}}
    found = roster.access(claims)
    assert found is not None
    assert found.names == ("kim@example.com", "group:search")
    assert roster.access_as(found.names) == found


def test_a_csv_roster_says_the_same() -> None:
    text = (
        "person,group,role,scope,value\r\nKim@example.com,,lead,cost_center,Payments\r\n"
        "Kim@example.com,,lead,account,111122223333\r\n,groups-of-finops,finance,everything,\r\n"
        ",search,executive,cost_category:Team,Search\r\n"
    )
    roster = parse_roster(text, "access.csv")
    assert roster.access({"email": "kim@example.com"}) == KIM
    of_finops = ("group:groups-of-finops",)
    assert roster.access({"groups": ["groups-of-finops"]}) == Access(Role.finance, EVERYTHING, of_finops)
    search = Scope(frozenset(), frozenset(), frozenset({("cost_category:Team", "Search")}))
    assert roster.access_as(["group:search"]) == Access(Role.executive, search, ("group:search",))


@pytest.mark.parametrize(
    ("before", "after", "line", "rule", "words"),
    [
        ('role = "lead"', 'role = "boss"', 3, 1, "'boss' is no role"),
        ('role = "lead"\n', "", 3, 1, "it has no role"),
        ('role = "lead"', 'role = "admin"', 3, 1, "an administrator is to see a part only"),
        ('people = ["Kim@Example.com"]\n', "", 3, 1, "it names nobody"),
        ('accounts = ["111122223333"]', 'accounts = ["1"]', 3, 1, "is no account id"),
        ("everything = true", 'everything = true\naccounts = ["111122223333"]', 9, 2, "everything and accounts"),
        ("everything = true\n", "", 9, 2, "it has no scope"),
        ("everything = true", "everyting = true", 12, 2, "unknown key 'everyting'"),
        ('cost_centers = ["Payments"]', "cost_centers = []", 3, 1, "cost_centers is empty"),
        ("[[rule]]", "[[rule", 3, 0, "no TOML"),
    ],
)
def test_what_is_wrong_is_named_by_file_line_and_rule(
    before: str, after: str, line: int, rule: int, words: str
) -> None:
    with pytest.raises(InvalidRoster) as refused:
        parse_roster(FILE.replace(before, after, 1), "rules/access.toml")
    assert (refused.value.file, refused.value.line, refused.value.rule) == ("rules/access.toml", line, rule)
    assert words in refused.value.message
    assert refused.value.remedy


def test_a_file_without_a_rule_is_refused() -> None:
    for text, name in (("", "a.toml"), ("person,group,role,scope,value\n", "a.csv"), ("x,y\n", "a.csv")):
        with pytest.raises(InvalidRoster):
            parse_roster(text, name)


def test_a_changed_file_holds_at_once_and_a_broken_one_keeps_the_last_good_rules(tmp_path: Path) -> None:
    file = tmp_path / "access.toml"
    watched = WatchedRoster(file)
    assert watched.standing().roster.access({"email": "kim@example.com"}) is None
    file.write_text(FILE)
    good = watched.standing()
    assert (good.problem, good.roster.access({"email": "kim@example.com"})) == (None, KIM)
    file.write_text("[[rule")
    os.utime(file, ns=(1, 1))
    broken = watched.standing()
    assert (broken.roster, broken.version) == (good.roster, good.version)
    assert isinstance(broken.problem, InvalidRoster)
    file.unlink()
    assert "no such file" in str(watched.standing().problem)
    assert watched.standing().roster == good.roster
    file.write_text(FILE.replace("Kim@", "Lee@"))
    assert watched.standing().problem is None
    assert watched.standing().roster.access({"email": "kim@example.com"}) is None


@given(SCOPES, SCOPES, SCOPES)
def test_scopes_add_up_in_any_order(one: Scope, two: Scope, three: Scope) -> None:
    assert one | two == two | one
    assert (one | two) | three == one | (two | three)
    assert one | one == one | NOTHING == one
    assert one | EVERYTHING == EVERYTHING


@given(SCOPES)
def test_a_written_scope_reads_back(scope: Scope) -> None:
    assert read_scope(scope.written()) == scope
