"""What moved, in sentences: each is one that a person would write."""

from __future__ import annotations

from decimal import Decimal

import pytest

from costlib.queries.changes import Mover, Piece, Split
from costlib.ui.sentences import Reader, sentence, summary
from costlib.ui.wording import Currency
from tests.app.pages import read

READER = Reader(Currency("USD"), {"1": "checkout", "2": "search", "3": "twin (3)"})
ACCOUNT, SERVICE, BOTH = ("usage_account_id",), ("service",), ("usage_account_id", "service")


def piece(now: str, before: str, *values: str) -> Piece:
    return Piece(values, Decimal(now), Decimal(before), Decimal(now) - Decimal(before))


def mover(
    now: str,
    before: str,
    *drivers: Piece,
    parts: tuple[str, ...] = ACCOUNT,
    against: tuple[Piece, ...] = (),
    moved: int | None = None,
    key: str = "EC2",
) -> Mover:
    change = Decimal(now) - Decimal(before)
    count = len(drivers) if moved is None else moved
    return Mover(key, key, Decimal(now), Decimal(before), change, parts, drivers, against, count)


@pytest.mark.parametrize(
    ("moved", "reads"),
    [
        # nothing is known one level down
        (mover("120", "100", parts=()), "**EC2** is up $20.00 (+20.0%) to $120.00."),
        (mover("80", "100", parts=()), "**EC2** is down $20.00 (−20.0%) to $80.00."),
        # one place is all there is of it, or all that moved
        (
            mover("120", "100", piece("120", "100", "1")),
            "**EC2** is up $20.00 (+20.0%) to $120.00, all of it in *checkout*.",
        ),
        (
            mover("120", "100", piece("40", "20", "1")),
            "**EC2** is up $20.00 (+20.0%), all of it in *checkout*, which went from $20.00 to $40.00.",
        ),
        # one place explains it
        (
            mover("38450.55", "34240", piece("4800", "900", "1"), piece("400.55", "90", "2"), moved=9),
            "**EC2** is up $4,210.55 (+12.3%), nearly all of it in *checkout*, which went from $900.00 to $4,800.00.",
        ),
        (
            mover("100", "200", piece("10", "75", "1"), piece("5", "40", "2")),
            "**EC2** is down $100.00 (−50.0%), mostly in *checkout*, which went from $75.00 to $10.00.",
        ),
        (
            mover("200", "100", piece("80", "0", "1"), piece("60", "40", "2")),
            "**EC2** is up $100.00 (+100.0%), mostly in *checkout*, which is new at $80.00.",
        ),
        (
            mover("100", "200", piece("0", "95", "2"), piece("5", "10", "1")),
            "**EC2** is down $100.00 (−50.0%), nearly all of it in *search*, which is gone from $95.00.",
        ),
        # two places explain it together, or none does
        (
            mover("200", "100", piece("60", "20", "1"), piece("70", "40", "2"), moved=7),
            "**EC2** is up $100.00 (+100.0%), mostly in *checkout* (+$40.00) and *search* (+$30.00).",
        ),
        (
            mover("200", "100", piece("30", "10", "1"), piece("70", "55", "2"), moved=15),
            "**EC2** is up $100.00 (+100.0%), spread over 15 accounts, most of all in *checkout* (+$20.00).",
        ),
        # rises and falls hide each other
        (
            mover("90", "100", piece("10", "50", "1"), against=(piece("70", "40", "2"),)),
            "**EC2** is down $10.00 (−10.0%): *checkout* fell by $40.00, while *search* rose by $30.00.",
        ),
        # new and gone
        (mover("80", "0", piece("80", "0", "1")), "**EC2** is new: $80.00, all of it in *checkout*."),
        (
            mover("80", "0", piece("60", "0", "1"), piece("20", "0", "2")),
            "**EC2** is new: $80.00, mostly in *checkout* ($60.00).",
        ),
        (mover("0", "80", piece("0", "80", "2")), "**EC2** is gone: it was $80.00, all of it in *search*."),
        (mover("-5", "0", piece("-5", "0", "1"), key="Refund"), "**Refund** is new: −$5.00, all of it in *checkout*."),
        # many times what it was: a percentage would say nothing
        (
            mover("4200", "3", piece("4190", "1", "1"), moved=2),
            "**EC2** is up $4,197.00 from $3.00 to $4,200.00, nearly all of it in *checkout*, "
            "which went from $1.00 to $4,190.00.",
        ),
        # other levels
        (
            mover("120", "100", piece("40", "21", "Amazon S3"), parts=SERVICE, moved=2),
            "**EC2** is up $20.00 (+20.0%), nearly all of it *Amazon S3*, which went from $21.00 to $40.00.",
        ),
        (
            mover("120", "100", piece("40", "21", "1", "Amazon S3"), parts=BOTH, moved=2),
            "**EC2** is up $20.00 (+20.0%), nearly all of it *Amazon S3* in *checkout*, "
            "which went from $21.00 to $40.00.",
        ),
        (
            mover("120", "100", piece("25", "20", "1", "A"), piece("24", "20", "9", "B"), parts=BOTH, moved=8),
            "**EC2** is up $20.00 (+20.0%), spread over 8 places, most of all *A* in *checkout* (+$5.00).",
        ),
    ],
)
def test_a_mover_is_one_sentence(moved: Mover, reads: str) -> None:
    assert read(sentence("service", moved, READER)) == reads


def test_an_account_is_called_as_everywhere_else() -> None:
    assert read(sentence("usage_account_id", mover("2", "1", parts=(), key="3"), READER)).startswith(
        "**twin (3)** is up"
    )


def test_a_name_is_never_taken_for_markdown() -> None:
    awkward = mover("2", "1", piece("2", "1", "*a*_b_ $5"), parts=SERVICE, key="[x](y)")
    said = sentence("service", awkward, READER)
    assert r"**\[x\]\(y\)**" in said
    assert r"*\*a\*\_b\_ \$5*" in said


@pytest.mark.parametrize(
    ("split", "reads"),
    [
        (
            ("110", "100", "10", "0", "0", "0"),
            "Cost is **up $10.00** (+10.0%).",
        ),
        (
            ("90", "100", "0", "0", "5", "-15"),
            "Cost is **down $10.00** (−10.0%): it rose by $5.00 in some places and fell by $15.00 in others.",
        ),
        (
            ("1001", "1000", "0", "-9", "10", "0"),
            "Cost is **nearly the same**, up $1.00: it rose by $10.00 in some places and fell by $9.00 in others.",
        ),
        (
            ("100", "100", "5", "-5", "0", "0"),
            "Cost is **the same** as before: it rose by $5.00 in some places and fell by $5.00 in others.",
        ),
        (
            ("100", "100", "0", "0", "0", "0"),
            "Cost is **the same** as before.",
        ),
        (
            ("5", "0", "5", "0", "0", "0"),
            "Cost is **up $5.00**.",
        ),
    ],
)
def test_everything_together_is_one_sentence(split: tuple[str, ...], reads: str) -> None:
    assert read(summary(Split(*map(Decimal, split)), READER)) == reads
