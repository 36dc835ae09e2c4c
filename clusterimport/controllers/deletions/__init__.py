"""The dangerous half: what may be deleted, how many at once, and in which order."""
