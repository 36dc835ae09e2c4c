"""The command line: what a user types becomes settings, what fails becomes one line.

Modules here import click and little else at the top; what a command needs is loaded when it runs.
"""

__all__: list[str] = []
