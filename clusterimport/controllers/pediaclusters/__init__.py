"""Imported clusters: whether their credentials may be used, and whether they answer."""
