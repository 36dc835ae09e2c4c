"""One lifecycle for every selected source of a policy; the unit of work is (policy, source)."""
