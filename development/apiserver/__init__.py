"""A small API server in memory, over HTTP on loopback: where the real one would take too long."""
