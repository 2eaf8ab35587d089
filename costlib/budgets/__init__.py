"""Budgets as text and as values. Pure: what was agreed, for which months, and what a month leaves to the next."""
