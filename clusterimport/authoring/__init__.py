"""What the author of a policy runs on files: the controller's engine, without an API server.

Pure but for reading files. Its commands start in a fraction of a second, so nothing here imports
the Kubernetes client, asyncio or what stands on them.
"""

__all__: list[str] = []
