"""Mixed load for hours at a fixed seed, and whether anything grows.

``python -m tests.faults.soak --hours 1 --seed 1`` prints slopes with their confidence and a
verdict, and leaves the samples and a plot beside each other.
"""
