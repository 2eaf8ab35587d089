"""Names that break naive code: separators, quotes, newlines, formulas, foreign scripts."""

from __future__ import annotations

from dataclasses import replace
from itertools import cycle

from costlib.sample.catalog import ServiceKind
from costlib.sample.plan import Account

ACCOUNT_NAMES = (
    'Müller, Söhne & "Partner" $1',
    '=HYPERLINK("http://example.com";"click")',
    "+41 first line\nsecond line",
    "-minus'quote\\slash",
    "@mention;semi\ttab",
    "会計部 – ε < 1 & 50% off",
)
SERVICE_NAMES = (
    'Compute, "elastic" $tuff',
    "=SUM(A1:A9)",
    "@Storage\nof everything",
    "+Queue|pipe;semi",
    "-Dätä 'base'",
    "検索サービス\r\nv2",
)
TEAMS = ("Team$One", '=Two, "too"', "+Drei\nZeilen", "-Quatre", "@5")
APPLICATIONS = ("a$b", "=app$", "チーム,x", "$lead")


def accounts(plain: tuple[Account, ...]) -> tuple[Account, ...]:
    """The same accounts under awkward names, teams and applications."""
    named = zip(plain, cycle(ACCOUNT_NAMES), cycle(TEAMS), cycle(APPLICATIONS), strict=False)
    return tuple(replace(a, name=n, team=t, applications=(p, t)) for a, n, t, p in named)


def services(plain: tuple[ServiceKind, ...]) -> tuple[ServiceKind, ...]:
    """The same services under awkward names."""
    return tuple(replace(s, name=n) for s, n in zip(plain, cycle(SERVICE_NAMES), strict=False))
