"""What is told to people who are not looking at a page: digests and alerts, how they read, and their way out."""
