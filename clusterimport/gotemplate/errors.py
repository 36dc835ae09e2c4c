"""The errors of the template interpreter, worded as Go words them.

    GoTemplateError
      ParseError             the text is no template
        RefusedFunctionError   it names a function that this project refuses
      ExecError              the template failed on this data
      LimitError             parsing or rendering would have cost too much

`FunctionError` and `GoPanic` are what the functions themselves raise; the interpreter turns
them into an `ExecError` that says where.
"""

from typing import Final, Self

from clusterimport.errors import ClusterImportError

__all__ = [
    "ConstantError",
    "ExecError",
    "FunctionError",
    "GoPanic",
    "GoTemplateError",
    "LimitError",
    "ParseError",
    "RefusedFunctionError",
]

_PARSE: Final = "parse"
_EXEC: Final = "exec"


class GoTemplateError(ClusterImportError):
    """A template could not be parsed or rendered.

    `str(error)` is Go's text and may quote the data; `safe_message` never does, so that only
    it may reach a condition, an Event or a log. `line` counts from 1, `column` (bytes) from 0 and
    is None where Go knows the line only.
    """

    stage: str = _EXEC

    def __init__(
        self,
        message: str,
        safe_message: str,
        *,
        name: str = "",
        line: int = 0,
        column: int | None = None,
        source_line: str = "",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.safe_message = safe_message
        self.name = name
        self.line = line
        self.column = column
        self.source_line = source_line


class ParseError(GoTemplateError):
    """The text is not a template: `template: NAME:LINE: MESSAGE`."""

    stage = _PARSE


class RefusedFunctionError(ParseError):
    """The template names a function that exists in sprig and is refused here, and why."""

    def __init__(
        self,
        message: str,
        safe_message: str,
        *,
        function: str,
        reason: str,
        name: str = "",
        line: int = 0,
        column: int | None = None,
        source_line: str = "",
    ) -> None:
        super().__init__(
            message, safe_message, name=name, line=line, column=column, source_line=source_line
        )
        self.function = function
        self.reason = reason


class ExecError(GoTemplateError):
    """Executing failed: `template: NAME:LINE:COL: executing "NAME" at <CONTEXT>: MESSAGE`.

    `refused` names the function if this project refuses a call that Go would have answered.
    """

    refused: str = ""


class LimitError(GoTemplateError):
    """A limit was reached; functions raise it by way of `Meter` and do not know their place."""

    def __init__(self, what: str, *, stage: str = _EXEC) -> None:
        super().__init__(what, what)
        self.what = what
        self.stage = stage
        self.placed = False

    def at(
        self,
        message: str,
        safe_message: str,
        *,
        name: str,
        line: int,
        column: int | None,
        source_line: str,
    ) -> Self:
        """Fill in the place, once: the innermost call knows best."""
        if not self.placed:
            self.placed = True
            self.args = (message,)
            self.message = message
            self.safe_message = safe_message
            self.name = name
            self.line = line
            self.column = column
            self.source_line = source_line
        return self


class FunctionError(Exception):
    """A template function failed; the message is Go's error text without `error calling NAME`.

    `safe` is what of it holds no data, empty for nothing; `by_author` whether the message is the
    argument of a function that fails with its author's words. `refused` names the function when it
    is this project that refuses the call (a call that would read the clock), not Go that fails.
    """

    def __init__(
        self, message: str, *, safe: str = "", by_author: bool = False, refused: str = ""
    ) -> None:
        super().__init__(message)
        self.message = message
        self.safe = safe
        self.by_author = by_author
        self.refused = refused


class ConstantError(FunctionError):
    """A failure whose message is always the same, or differs in types alone."""

    def __init__(self, message: str) -> None:
        super().__init__(message, safe=message)


class GoPanic(FunctionError):  # noqa: N818 - what Go calls it
    """The Go function would have panicked; to a template it looks the same.

    Its message is `safe` unless another one is given.
    """

    def __init__(self, message: str, *, safe: str | None = None) -> None:
        super().__init__(message, safe=message if safe is None else safe)
