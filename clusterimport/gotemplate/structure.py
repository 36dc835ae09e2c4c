"""Which actions print structure (YAML or JSON) and which print data that must stay a scalar."""

from collections.abc import Mapping

from clusterimport.gotemplate.functions import Entry, Function, Structure
from clusterimport.gotemplate.nodes import Argument, Command, Identifier, Pipe

__all__ = ["makes_structure"]


def makes_structure(pipe: Pipe, functions: Mapping[str, Entry]) -> bool:
    """Tell whether the outermost function makes structure; indenting it keeps it."""
    for index in range(len(pipe.commands) - 1, -1, -1):
        command = pipe.commands[index]
        structure = _of_command(command, functions)
        if structure is not Structure.KEEPS:
            return structure is Structure.MAKES
        if index == 0:
            return len(command.args) > 1 and _of_argument(command.args[-1], functions)
    return False


def _of_command(command: Command, functions: Mapping[str, Entry]) -> Structure:
    first = command.args[0]
    if isinstance(first, Pipe):
        return Structure.MAKES if makes_structure(first, functions) else Structure.SCALAR
    if isinstance(first, Identifier):
        entry = functions.get(first.name)
        if isinstance(entry, Function):
            return entry.structure
    return Structure.SCALAR


def _of_argument(node: Argument, functions: Mapping[str, Entry]) -> bool:
    return isinstance(node, Pipe) and makes_structure(node, functions)
