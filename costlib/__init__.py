"""Showback dashboard over the AWS Cost Explorer API: ingestion, local store, queries and two faces (CLI and app)."""

__version__ = "0.1.0"
