"""The showback rules that the sample organization comes with: `allocation.toml` beside this module."""

from __future__ import annotations

from pathlib import Path

SAMPLE_RULES = Path(__file__).with_name("allocation.toml").read_text(encoding="utf-8")
