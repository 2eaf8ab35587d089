"""Showback: which cost center a charge belongs to, and how shared cost is moved between cost centers.

Pure: rules and sums in, entries out. Nothing here reads a file, a database or the clock.
"""
