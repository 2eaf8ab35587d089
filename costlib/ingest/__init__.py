"""The write path: from Cost Explorer's answers to a published snapshot. The only place that talks to AWS."""
