"""What is wrong with a policy, or odd about it, before it meets a source."""

__all__: list[str] = []
