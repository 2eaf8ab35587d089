"""Every read of cost data: `question(snapshot, scope, filters) → table`. The only place with read SQL.

A question reads what `scope` may see and nothing else, and leaves amounts DECIMAL; a NULL amount means "not available".
"""
