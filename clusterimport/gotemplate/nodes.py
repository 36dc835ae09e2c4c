"""The parse tree: frozen records that can print themselves back as Go prints them in errors.

`pos` is the index of the character at which Go's errors place the node.
"""

from dataclasses import dataclass

from clusterimport.gotemplate.literals import Number
from clusterimport.gotemplate.printf import quote

__all__ = [
    "Action",
    "Argument",
    "Bool",
    "Break",
    "Chain",
    "Command",
    "Continue",
    "Dot",
    "Field",
    "Identifier",
    "If",
    "Nil",
    "NodeList",
    "NumberNode",
    "Pipe",
    "Range",
    "Statement",
    "StringNode",
    "TemplateCall",
    "Text",
    "Variable",
    "With",
]


@dataclass(frozen=True, slots=True)
class Text:
    """Plain text."""

    pos: int
    text: str


@dataclass(frozen=True, slots=True)
class Dot:
    """The cursor, `.`."""

    pos: int

    def __str__(self) -> str:
        return "."


@dataclass(frozen=True, slots=True)
class Nil:
    """The literal `nil`."""

    pos: int

    def __str__(self) -> str:
        return "nil"


@dataclass(frozen=True, slots=True)
class Bool:
    """`true` or `false`."""

    pos: int
    value: bool

    def __str__(self) -> str:
        return "true" if self.value else "false"


@dataclass(frozen=True, slots=True)
class NumberNode:
    """A number or a character constant."""

    pos: int
    number: Number

    def __str__(self) -> str:
        return self.number.text


@dataclass(frozen=True, slots=True)
class StringNode:
    """A string literal: as it was written, and its content."""

    pos: int
    quoted: str
    text: str

    def __str__(self) -> str:
        return self.quoted


@dataclass(frozen=True, slots=True)
class Identifier:
    """The name of a function."""

    pos: int
    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Field:
    """Fields of dot: `.a.b`."""

    pos: int
    idents: tuple[str, ...]

    def __str__(self) -> str:
        return "." + ".".join(self.idents)


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable `$x.a.b`: the name with its dollar sign, then fields."""

    pos: int
    idents: tuple[str, ...]

    def __str__(self) -> str:
        return ".".join(self.idents)


@dataclass(frozen=True, slots=True)
class Command:
    """One stage of a pipeline: a function and its arguments, or a single operand."""

    pos: int
    args: tuple["Argument", ...]

    def __str__(self) -> str:
        return " ".join(map(_operand, self.args))


@dataclass(frozen=True, slots=True)
class Pipe:
    """A pipeline and the variables it declares or assigns."""

    pos: int
    commands: tuple[Command, ...]
    variables: tuple[Variable, ...] = ()
    is_assign: bool = False

    def __str__(self) -> str:
        text = " | ".join(map(str, self.commands))
        if not self.variables:
            return text
        names = ", ".join(map(str, self.variables))
        return f"{names} {'=' if self.is_assign else ':='} {text}"


@dataclass(frozen=True, slots=True)
class Chain:
    """Fields of a parenthesised pipeline or of a function's result."""

    pos: int
    node: "Argument"
    fields: tuple[str, ...]

    def __str__(self) -> str:
        return ".".join((_operand(self.node), *self.fields))


Argument = Dot | Nil | Bool | NumberNode | StringNode | Identifier | Field | Variable | Chain | Pipe


def _operand(node: Argument) -> str:
    return f"({node})" if isinstance(node, Pipe) else str(node)


@dataclass(frozen=True, slots=True)
class NodeList:
    """Statements in order."""

    pos: int
    nodes: tuple["Statement", ...]


@dataclass(frozen=True, slots=True)
class Action:
    """What `{{ pipeline }}` prints or declares."""

    pos: int
    pipe: Pipe

    def __str__(self) -> str:
        return f"{{{{{self.pipe}}}}}"


@dataclass(frozen=True, slots=True)
class If:
    """The statement `{{ if }}`; an else-if is an If alone in the else list."""

    pos: int
    pipe: Pipe
    body: NodeList
    orelse: NodeList | None


@dataclass(frozen=True, slots=True)
class With:
    """The statement `{{ with }}`."""

    pos: int
    pipe: Pipe
    body: NodeList
    orelse: NodeList | None


@dataclass(frozen=True, slots=True)
class Range:
    """The statement `{{ range }}`."""

    pos: int
    pipe: Pipe
    body: NodeList
    orelse: NodeList | None


@dataclass(frozen=True, slots=True)
class TemplateCall:
    """The statement `{{ template "name" pipeline }}`, and what a block leaves at its place."""

    pos: int
    name: str
    pipe: Pipe | None

    def __str__(self) -> str:
        tail = "" if self.pipe is None else f" {self.pipe}"
        return f"{{{{template {quote(self.name)}{tail}}}}}"


@dataclass(frozen=True, slots=True)
class Break:
    """The statement `{{ break }}`."""

    pos: int


@dataclass(frozen=True, slots=True)
class Continue:
    """The statement `{{ continue }}`."""

    pos: int


Statement = Text | Action | If | With | Range | TemplateCall | Break | Continue
