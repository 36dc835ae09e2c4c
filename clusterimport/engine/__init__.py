"""Policy, source and references in, outcome out: pure functions and compiled templates.

No I/O, no clock, no client: the controllers and the offline commands are two shells around it.
"""
