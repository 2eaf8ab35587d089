"""DuckDB on disk: the writer's warehouse, immutable snapshots, and the status file between them."""
