"""What a person asks of a live API server with their own rights; nothing here writes to it."""

__all__: list[str] = []
