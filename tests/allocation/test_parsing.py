"""Rules are text; what is wrong with it is said by file, line and rule."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from costlib.allocation.parsing import parse_rules
from costlib.allocation.rules import Method
from costlib.errors import InvalidRules
from tests.allocation.books import CENTERS

GOOD = """\
[[cost_center]]
cost_category = "Team"

[[cost_center]]
tag = "team"

[[cost_center]]
name = "Platform"
usage_account_id = ["111122223333"]

[[rule]]
id = "support"
name = "AWS Support"
description = "Support is priced by what each team spends."
from = "2026-01"
until = "2026-07"
source = { service = ["AWS Support (Business)"], record_type = "Fee" }
method = "proportional"
driver = { metric = "amortized_cost", "cost_category:Environment" = ["production"] }
except = ["Sandbox"]

[[rule]]
id = "support"
description = "By agreement from July on."
from = "2026-07"
source = { service = ["AWS Support (Business)"] }
method = "fixed"
percent = { "Team A" = 62.5, "Team B" = 37.5 }
"""


def test_a_whole_file_is_read():
    rules = parse_rules(GOOD)
    assert [center.label for center in rules.centers] == ["cost_category:Team", "tag:team", None]
    first, second = rules.rules
    assert (first.name, first.line, first.start, first.end) == ("AWS Support", 11, date(2026, 1, 1), date(2026, 7, 1))
    assert first.source.conditions == (("service", ("AWS Support (Business)",)), ("record_type", ("Fee",)))
    assert first.driver.conditions == (("cost_category:Environment", ("production",)),)
    assert (second.method, second.parts["Team A"]) == (Method.fixed, Decimal("62.5"))


def test_each_month_has_the_version_that_is_in_force():
    rules = parse_rules(GOOD)
    assert [r.method for r in rules.in_force(date(2026, 6, 1))] == [Method.proportional]
    assert [r.method for r in rules.in_force(date(2026, 7, 1))] == [Method.fixed]
    assert rules.in_force(date(2025, 12, 1)) == ()


def test_the_version_names_the_content_not_the_layout():
    spaced = "# a comment\n" + GOOD.replace(
        'id = "support"\nname = "AWS Support"', 'name = "AWS Support"\nid = "support"'
    )
    assert parse_rules(spaced).version == parse_rules(GOOD).version
    assert parse_rules(GOOD.replace("62.5", "62.6").replace("37.5", "37.4")).version != parse_rules(GOOD).version


RULE = '[[rule]]\nid = "r"\ndescription = "d"\nsource = { cost_center = "S" }\nmethod = "even"\n'
WRONG = {
    "no toml": ("[[rule]\n", 3, None, "syntax"),
    "unknown table": ("[[rules]]\nid = 1\n", 3, None, "[[rule]]"),
    "unknown key": (RULE + "taregts = []\n", 8, "r", "targets"),
    "missing": (RULE.replace('description = "d"\n', ""), 3, "r", "description"),
    "method": (RULE.replace('"even"', '"evenly"'), 7, "r", "proportional"),
    "source": (RULE.replace('{ cost_center = "S" }', '{ sevice = ["S"] }'), 6, "r", "service"),
    "month": (RULE + 'from = "2026-13"\n', 8, "r", "2026-01"),
    "months": (RULE + 'from = "2026-03"\nuntil = "2026-03"\n', 9, "r", "first month"),
    "percent": (RULE.replace('"even"', '"fixed"') + "percent = { A = 60, B = 39.9 }\n", 3, "r", "100"),
    "negative": (RULE.replace('"even"', '"fixed"') + "percent = { A = 160, B = -60 }\n", 3, "r", "0 to 100"),
    "percent means nothing": (RULE + "percent = { A = 100 }\n", 8, "r", "Leave it out"),
    "own target": (RULE + 'targets = ["S", "A"]\n', 3, "r", "off the targets"),
    "no target": (RULE + "targets = []\n", 3, "r", "all"),
    "metric": (RULE.replace('"even"', '"proportional"') + 'driver = { metric = "cost" }\n', 8, "r", "unblended_cost"),
    "twice": (RULE + RULE, 8, "r", "from"),
    "unallocated": ('[[cost_center]]\nname = "Unallocated"\nservice = "x"\n', 4, None, "another name"),
    "fixed charge": (
        RULE.replace('cost_center = "S"', 'service = "S"').replace('"even"', '"fixed_charge"') + "amount = { A = 1 }\n",
        3,
        "r",
        "source.cost_center",
    ),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_mistake_is_named_by_file_line_and_rule_with_a_remedy(wrong):
    text, line, rule, remedy = WRONG[wrong]
    with pytest.raises(InvalidRules) as caught:
        parse_rules(CENTERS + text, "shared.toml")
    error = caught.value
    assert (error.file, error.line, error.rule) == ("shared.toml", line, rule)
    assert remedy in error.remedy
    assert f"shared.toml, line {line}" in error.message


def test_a_circle_is_refused_and_drawn():
    circle = "".join(
        RULE.replace('"r"', f'"{a}"').replace('"S"', f'"{a}"') + f'targets = ["{b}"]\n'
        for a, b in (("A", "B"), ("B", "C"), ("C", "A"))
    )
    with pytest.raises(InvalidRules, match="A → B → C → A"):
        parse_rules(CENTERS + circle)


def test_versions_in_different_months_make_no_circle():
    first = RULE.replace('"S"', '"A"').replace('"r"', '"1"') + 'targets = ["B"]\nuntil = "2026-01"\n'
    second = RULE.replace('"S"', '"B"').replace('"r"', '"2"') + 'targets = ["A"]\nfrom = "2026-01"\n'
    assert len(parse_rules(CENTERS + first + second).rules) == 2


def test_a_file_without_a_way_to_a_cost_center_is_refused():
    with pytest.raises(InvalidRules, match="no way to a cost center"):
        parse_rules(RULE)
