"""Tests of policies: a world of objects, changed step by step, and what has to become of it."""
