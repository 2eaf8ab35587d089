"""The house keeps its rules, and every rule can be broken (else it would protect nothing)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import house_rules
from tests.house_rules import RULES, Module, Rule

ROOT = Path(__file__).resolve().parent.parent

BREAKING: dict[Rule, list[Module]] = {
    house_rules.a_module_is_short: [
        Module("costlib/long.py", '"""Long."""\n' + "x = 1\n" * 300),
        Module("pages/spend/long.py", '"""Long."""\n' + "x = 1\n" * 120),
    ],
    house_rules.a_module_says_what_it_is: [Module("costlib/mute.py", "x = 1\n")],
    house_rules.a_page_is_layout: [
        Module("pages/spend/a.py", "def total(): pass\n"),
        Module("pages/spend/a.py", "share = part / whole\n"),
        Module("pages/spend/a.py", "count += 1\n"),
        Module("pages/spend/a.py", "st.session_state['x'] = 1\n"),
        Module("app.py", "callback = lambda: None\n"),
    ],
    house_rules.a_page_imports_only_streamlit_and_ui: [
        Module("pages/spend/a.py", "from costlib.queries import ranking\n"),
        Module("pages/spend/a.py", "from costlib import store\n"),
        Module("pages/spend/a.py", "import os\n"),
        Module("app.py", "import streamlit_extras\n"),
    ],
    house_rules.sql_stays_in_its_rooms: [
        Module("costlib/ui/a.py", 'x = "SELECT 1 FROM charges"\n'),
        Module("costlib/cli/a.py", 'x = """\nSELECT 1\nFROM charges\n"""\n'),
        Module("costlib/ingest/a.py", 'x = f"DELETE FROM {table}"\n'),
    ],
    house_rules.no_html_is_injected: [
        Module("costlib/ui/a.py", 'st.markdown("<b>", unsafe_allow_html=True)\n'),
        Module("pages/spend/a.py", 'st.html("<style>")\n'),
    ],
    house_rules.every_except_names_what_it_catches: [Module("costlib/a.py", "try:\n    x()\nexcept:\n    pass\n")],
    house_rules.nothing_is_left_unfinished: [
        Module("costlib/a.py", "x = 1  # TO" + "DO later\n"),
        Module("costlib/a.py", "def f():\n    raise NotImplementedError\n"),
    ],
    house_rules.figures_are_plain: [
        Module("costlib/ui/a.py", "import plotly.express as px\n"),
        Module("costlib/ui/a.py", "from plotly import express\n"),
    ],
    house_rules.only_cached_py_caches_data: [
        Module("costlib/ui/charts.py", "@st.cache_data(max_entries=3)\ndef f(): ...\n"),
        Module("costlib/ui/cached.py", "@st.cache_data(ttl=3)\ndef f(): ...\n"),
    ],
    house_rules.what_redraws_itself_asks_who_is_looking: [
        Module("costlib/ui/a.py", "@st.fragment(run_every=2)\ndef f(): ...\n"),
        Module("pages/spend/a.py", "streamlit.experimental_fragment(draw)\n"),
        Module("costlib/ui/a.py", "from streamlit import fragment\n"),
    ],
    house_rules.rooms_are_named_for_what_they_hold: [
        Module("costlib/utils.py", ""),
        Module("costlib/queries/common/a.py", ""),
    ],
}

KEEPING = Module(
    "pages/spend/overview.py",
    '"""What was spent. SELECT nothing FROM here."""\n\nimport streamlit as st\n\nfrom costlib.ui import charts\n\n'
    "context = charts.context()\nst.plotly_chart(charts.trend(context), key='trend')\n",
)


def product_modules() -> list[Module]:
    files = [
        ROOT / "app.py",
        ROOT / "server.py",
        *(path for room in ("costlib", "pages", "scripts") for path in (ROOT / room).rglob("*.py")),
    ]
    return [Module(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")) for path in files]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_house_keeps_its_rule(rule: Rule) -> None:
    broken = [f"{module.path}: {problem}" for module in product_modules() for problem in rule(module)]
    assert not broken, "\n".join(broken)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_each_way_of_breaking_a_rule_is_noticed(rule: Rule) -> None:
    for module in BREAKING[rule]:
        assert list(rule(module)), module.text
    assert not list(rule(KEEPING))


def test_the_tests_themselves_are_finished() -> None:
    for path in (ROOT / "tests").rglob("*.py"):
        module = Module(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8"))
        assert not list(house_rules.nothing_is_left_unfinished(module)), module.path
        assert not list(house_rules.every_except_names_what_it_catches(module)), module.path


def test_pages_lie_one_folder_down() -> None:
    """Streamlit would serve files directly in `pages` by themselves, past app.py, until app.py has run once."""
    assert list((ROOT / "pages").rglob("*.py"))
    assert not list((ROOT / "pages").glob("*.py"))
