"""Random templates: text and every statement of the language around random expressions."""

from random import Random
from typing import Final

from tests.golden.fuzz.expressions import Expressions

_TEXTS: Final = (
    "", "", "", "a", " ", "x\n", " y ", "\n\n", "é", " {} ", "}}", "key: ", "\t", "- b\n",
)  # fmt: skip
_OPEN: Final = ("{{ ", "{{ ", "{{ ", "{{- ", "{{", "{{-\n")
_CLOSE: Final = (" }}", " }}", " }}", " -}}", "}}", "\n-}}")
_VARIABLES: Final = ("$x", "$y", "$z", "$v", "$é", "$")
_COMMENTS: Final = ("{{/* c */}}", "{{- /* c\n */ -}}", "{{/**/}}", "{{ /* c */ }}", "{{/* c */ }}")
_SLIPS: Final = (
    "{{ end }}", "{{ else }}", "{{ break }}", "{{ continue }}", "{{ $undefined }}", "{{ $u = 1 }}",
    "{{ nope . }}", "{{ 1 2 }}", '{{ "a" "b" }}', "{{ . 1 }}", "{{ nil }}", "{{ .a | }}",
    "{{ | .a }}", "{{ 1 | .a }}", "{{ .a 1 }}", "{{}}", "{{ }}", "{{ (.).a }}", "{{ printf }}",
    '{{ template "no" }}', '{{ template "no" . }}', "{{ if }}", "{{ range }}{{ end }}",
    "{{ $x, $y := .a }}", "{{ ($q := 1) }}{{ $q }}", "{{ .a.b.c.d }}", "{{ $.a }}",
    '{{ print("a") }}', "{{ range $x, $y, $z := . }}{{ end }}", "{{ else if true }}",
    "{{ if true }}{{ else with 1 }}{{ end }}", "{{ with 1 }}{{ else if 1 }}{{ end }}", "{{ not }}",
    "{{ and }}", "{{ call }}", "{{ .a.b .c }}", "{{ $x := 1 | print }}{{ $x }}",
    '{{ (index . "a").b }}', "{{ range $i, $c := 3 }}{{ end }}", "{{ range 3 }}{{ . }}{{ end }}",
    '{{ define "x" }}{{ end }}',
)  # fmt: skip
_RECURSIVE: Final = (
    '{{ define "R" }}{{ if . }}{{ first . }}{{ template "R" (rest .) }}{{ end }}{{ end }}',
    '{{ define "R" }}{{ . }}{{ if gt (len .) 0 }}{{ template "R" (initial .) }}{{ end }}{{ end }}',
)


class Statements:
    """Makes templates out of expressions."""

    def __init__(self, random: Random, expressions: Expressions) -> None:
        self._random = random
        self._expressions = expressions
        self._defined: list[str] = []

    def template(self) -> str:
        """Return a whole template."""
        random = self._random
        if random.random() < 0.4:
            return self.action(random.choice((1, 2, 2, 3)))
        parts = [self._definition(name) for name in ("T", "U") if random.random() < 0.2]
        parts.append(self._body(random.choice((1, 1, 2, 2, 3)), in_range=False))
        if random.random() < 0.1:
            parts.append(self._definition(random.choice(("T", "V", "V", "policy"))))
        if random.random() < 0.02:
            parts += random.choice(_RECURSIVE), '{{ template "R" (list 1 2 3) }}'
        return "".join(parts)

    def action(self, depth: int) -> str:
        """Return an action that prints."""
        return self._marked(self._expressions.pipeline(depth))

    def _marked(self, text: str) -> str:
        return self._random.choice(_OPEN) + text + self._random.choice(_CLOSE)

    def _text(self) -> str:
        return self._random.choice(_TEXTS)

    def _body(self, depth: int, *, in_range: bool) -> str:
        variables = self._expressions.variables
        parts = [self._text()]
        for _ in range(self._random.choice((1, 1, 2, 3))):
            parts += self._statement(depth, in_range=in_range), self._text()
        # What is declared in a body ends with it.
        self._expressions.variables = variables
        return "".join(parts)

    def _statement(self, depth: int, *, in_range: bool) -> str:
        random = self._random
        choice = random.random()
        if depth <= 0:
            choice *= 0.6
        if choice < 0.38:
            return self.action(random.choice((0, 1, 1, 2)))
        if choice < 0.5:
            return self._assignment()
        if choice < 0.53:
            return (
                self._marked(random.choice(("break", "continue"))) if in_range else self.action(1)
            )
        if choice < 0.55:
            return random.choices(_COMMENTS, (30, 30, 20, 1, 1))[0]
        if choice < 0.55 + self._expressions.slips / 5:
            return random.choice(_SLIPS)
        if choice < 0.6:
            return self._template_call() if self._defined else self.action(1)
        if choice < 0.73:
            return self._branches("if", depth, in_range=in_range)
        if choice < 0.83:
            return self._branches("with", depth, in_range=in_range)
        if choice < 0.97:
            return self._range(depth, in_range=in_range)
        return self._block(depth)

    def _assignment(self) -> str:
        name = self._random.choice(_VARIABLES)
        known = name in self._expressions.variables or self._random.random() < 0.02
        operator = self._random.choice((" := ", ":=", " = " if known else " := ", " := "))
        text = self._marked(name + operator + self._expressions.pipeline(1))
        if ":" in operator:
            self._expressions.declared(name)
        return text

    def _template_call(self) -> str:
        name = self._random.choice(self._defined or ["T"]) if self._random.random() < 0.9 else "T"
        argument = self._random.choice(("", " .", f" {self._expressions.operand('any', 1)}"))
        return self._marked(f'template "{name}"{argument}')

    def _branches(self, word: str, depth: int, *, in_range: bool) -> str:
        random = self._random
        expressions = self._expressions
        variables, at_root = expressions.variables, expressions.at_root
        parts = [self._condition(word, depth)]
        inside = at_root and word == "if"
        expressions.at_root = inside
        parts.append(self._body(depth - 1, in_range=in_range))
        if random.random() < 0.25:
            expressions.at_root = at_root
            parts.append(self._condition(f"else {word}", depth))
            expressions.at_root = inside
            parts.append(self._body(depth - 1, in_range=in_range))
        expressions.at_root = at_root
        if random.random() < 0.4:
            parts += self._marked("else"), self._body(depth - 1, in_range=in_range)
        expressions.variables = variables
        return "".join(parts) + self._marked("end")

    def _condition(self, word: str, depth: int) -> str:
        random = self._random
        declaration = random.choice(("", "", "", "", "$w := "))
        kind = "bool" if word.endswith("if") and random.random() < 0.6 else "any"
        text = self._marked(
            f"{word} {declaration}{self._expressions.pipeline(min(depth, 1), kind)}"
        )
        if declaration:
            self._expressions.declared("$w")
        return text

    def _range(self, depth: int, *, in_range: bool) -> str:
        random = self._random
        expressions = self._expressions
        variables, at_root = expressions.variables, expressions.at_root
        names = random.choice(("", "", "$v", "$i, $v", "$i, $v", "$k,$v", "$_, $v"))
        known = all(name.strip() in expressions.variables for name in names.split(","))
        operator = (
            random.choice((" := ", " := ", ":=", " = " if known else " := ")) if names else ""
        )
        kind = random.choices(
            ("list", "dict", "texts", "int", "int64", "any", "textmap"), (8, 5, 2, 2, 1, 2, 1)
        )[0]
        over = random.choice(("3", "2", "0", "-1", "(len .)")) if kind == "int" else ""
        over = over or (
            expressions.pipeline(1, kind) if random.random() < 0.4 else expressions.operand(kind, 1)
        )
        parts = [self._marked(f"range {names}{operator}{over}")]
        if ":" in operator:
            for name in names.replace(" ", "").split(","):
                expressions.declared(name)
        expressions.at_root = False
        parts.append(self._body(depth - 1, in_range=True))
        expressions.at_root = at_root
        if random.random() < 0.3:
            parts += self._marked("else"), self._body(depth - 1, in_range=in_range)
        expressions.variables = variables
        return "".join(parts) + self._marked("end")

    def _block(self, depth: int) -> str:
        name = self._random.choice(("B", "C", "T"))
        start = self._marked(f'block "{name}" {self._expressions.pipeline(1)}')
        return start + self._elsewhere(depth - 1) + self._marked("end")

    def _definition(self, name: str) -> str:
        text = self._marked(f'define "{name}"') + self._elsewhere(1) + self._marked("end")
        self._defined.append(name)
        return text

    def _elsewhere(self, depth: int) -> str:
        """Return the body of another template, without variables; it calls none, so no circles."""
        expressions = self._expressions
        variables, at_root, defined = expressions.variables, expressions.at_root, self._defined
        expressions.variables, expressions.at_root, self._defined = ["$"], False, []
        body = self._body(depth, in_range=False)
        expressions.variables, expressions.at_root, self._defined = variables, at_root, defined
        return body
