"""Measurements of a controller on the real control plane, alone or beside another one.

`python -m development.bench` is `make bench`; docs/performance.md says what each figure means.
"""
