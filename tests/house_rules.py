"""The rules of the house that no linter knows. Each is a pure function: a module's text in, what breaks the rule out.

tests/test_house.py runs them over the tree, and over snippets that break them, so that none can go blind.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath

MODULE_LINES = 300
PAGE_LINES = 120
SQL = re.compile(
    r"\b(SELECT\b.+\bFROM|INSERT INTO|DELETE FROM|UPDATE\b.+\bSET|CREATE TABLE|WITH\b.+\bAS \()", re.DOTALL
)
UNFINISHED = re.compile(r"#.*\b(TO[D]O|FIX[M]E|XX[X]|HAC[K])\b")
HOLDERS_OF_SQL = ("costlib/queries/", "costlib/store/", "costlib/sample/")
PAGE_IMPORTS = ("__future__", "streamlit", "costlib.ui")


@dataclass(frozen=True)
class Module:
    """One Python file: its path within the repository, and its text."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @property
    def is_page(self) -> bool:
        return self.path == "app.py" or self.path.startswith("pages/")


Rule = Callable[[Module], Iterator[str]]


def a_module_is_short(module: Module) -> Iterator[str]:
    limit = PAGE_LINES if module.is_page else MODULE_LINES
    if (lines := module.text.count("\n")) > limit:
        yield f"{lines} lines, at most {limit}"


def a_module_says_what_it_is(module: Module) -> Iterator[str]:
    if module.text.strip() and not ast.get_docstring(module.tree):
        yield "no docstring"


def a_page_is_layout(module: Module) -> Iterator[str]:
    """No functions, classes, arithmetic or session state in a page."""
    if not module.is_page:
        return
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            yield f"line {node.lineno}: a page defines nothing"
        elif isinstance(node, ast.BinOp | ast.AugAssign):
            yield f"line {node.lineno}: a page does no arithmetic"
        elif isinstance(node, ast.Attribute) and node.attr == "session_state":
            yield f"line {node.lineno}: a page keeps no session state"


def a_page_imports_only_streamlit_and_ui(module: Module) -> Iterator[str]:
    if not module.is_page:
        return
    for name, line in _imports(module.tree):
        if not any(name == allowed or name.startswith(f"{allowed}.") for allowed in PAGE_IMPORTS):
            yield f"line {line}: imports {name}"


def sql_stays_in_its_rooms(module: Module) -> Iterator[str]:
    if module.path.startswith(HOLDERS_OF_SQL):
        return
    docstrings = set(_docstrings(module.tree))
    constants = (node for node in ast.walk(module.tree) if isinstance(node, ast.Constant))
    for node in constants:
        if isinstance(node.value, str) and node not in docstrings and SQL.search(node.value):
            yield f"line {node.lineno}: SQL"


def no_html_is_injected(module: Module) -> Iterator[str]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.keyword) and node.arg in ("unsafe_allow_html", "unsafe_allow_javascript"):
            yield f"line {node.value.lineno}: {node.arg}"
        elif isinstance(node, ast.Attribute) and node.attr == "html":
            yield f"line {node.lineno}: st.html"


def every_except_names_what_it_catches(module: Module) -> Iterator[str]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ExceptHandler) and node.type is None:
            yield f"line {node.lineno}: bare except"


def nothing_is_left_unfinished(module: Module) -> Iterator[str]:
    for number, line in enumerate(module.text.splitlines(), 1):
        if UNFINISHED.search(line):
            yield f"line {number}: {line.strip()}"
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Raise) and "NotImplementedError" in ast.dump(node):
            yield f"line {node.lineno}: NotImplementedError"


def figures_are_plain(module: Module) -> Iterator[str]:
    """plotly.express costs seven times the whole rest of a page's rerun."""
    for name, line in _imports(module.tree):
        if name.startswith("plotly.express"):
            yield f"line {line}: plotly.express"


def only_cached_py_caches_data(module: Module) -> Iterator[str]:
    """One place holds the keys of cached tables, and no time-to-live: a snapshot never changes."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Attribute) and node.attr == "cache_data" and module.path != "costlib/ui/cached.py":
            yield f"line {node.lineno}: cache_data outside costlib/ui/cached.py"
        elif isinstance(node, ast.Call) and "cache_data" in ast.dump(node.func):
            yield from (f"line {node.lineno}: cache_data with a ttl" for k in node.keywords if k.arg == "ttl")


def what_redraws_itself_asks_who_is_looking(module: Module) -> Iterator[str]:
    """One place has Streamlit draw a part of a page again, and looks there whether the session still holds."""
    if module.path == "costlib/ui/lasting.py":
        return
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Attribute) and "fragment" in node.attr and not _is_named(node.value, "lasting"):
            yield f"line {node.lineno}: {node.attr} outside costlib/ui/lasting.py"
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("streamlit"):
            yield from (f"line {node.lineno}: {a.name}" for a in node.names if "fragment" in a.name)


def rooms_are_named_for_what_they_hold(module: Module) -> Iterator[str]:
    for part in PurePosixPath(module.path).with_suffix("").parts:
        if part in ("utils", "util", "helpers", "helper", "common", "misc"):
            yield f"{part!r} says nothing"


RULES: tuple[Rule, ...] = (
    a_module_is_short,
    a_module_says_what_it_is,
    a_page_is_layout,
    a_page_imports_only_streamlit_and_ui,
    sql_stays_in_its_rooms,
    no_html_is_injected,
    every_except_names_what_it_catches,
    nothing_is_left_unfinished,
    figures_are_plain,
    only_cached_py_caches_data,
    what_redraws_itself_asks_who_is_looking,
    rooms_are_named_for_what_they_hold,
)


def _is_named(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _imports(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Every imported module; `from costlib import ui` is costlib.ui."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = node.module or "."
            packages = ("costlib", "plotly")
            yield from ((f"{module}.{a.name}" if module in packages else module, node.lineno) for a in node.names)


def _docstrings(tree: ast.Module) -> Iterator[ast.Constant]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield node.value
