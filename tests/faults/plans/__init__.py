"""Faults at random moments of a story, drawn from what an undisturbed run recorded (Sieve's way).

``python -m tests.faults.plans --count 20 --seed 1`` draws plans, runs each on a real API server,
has the judge look, and makes small what fails: from then on it is a test of its own, and a line in
docs/track-record.md.
"""
