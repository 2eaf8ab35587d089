"""The access file: who may see what. `rules` is what it says, `parsing` reads it, `watching` keeps it up to date."""
