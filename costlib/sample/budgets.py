"""The budgets that the sample organization comes with: `budgets.toml` beside this module."""

from __future__ import annotations

from pathlib import Path

SAMPLE_BUDGETS = Path(__file__).with_name("budgets.toml").read_text(encoding="utf-8")
