"""The reconcilers and what they share: the generic controller, caches, tallies, Events.

Each reconciler lives in a sub-package of its own; they are shells around ``engine``: they read
caches, call pure functions, and write differences.
"""
