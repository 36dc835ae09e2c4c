"""What the outside sees of the program: metrics, health and logs.

Its modules are imported one by one, not names from here: the command line takes the logging and
must not load Prometheus and an HTTP server with it.
"""

__all__: list[str] = []
