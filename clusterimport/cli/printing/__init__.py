"""How commands show things: tables, JSON, YAML, without credentials unless they are asked for."""

__all__: list[str] = []
