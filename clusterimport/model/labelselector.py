"""``metav1.LabelSelector``: as a policy writes it, as the server reads it, and what it takes."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final, NamedTuple

from clusterimport.limits.objects import LABEL_SELECTOR_CHARACTERS
from clusterimport.model.fields import FieldReader


class Operator(StrEnum):
    """How the value of a label is compared."""

    IN = "In"
    NOT_IN = "NotIn"
    EXISTS = "Exists"
    DOES_NOT_EXIST = "DoesNotExist"


class Requirement(NamedTuple):
    """What one label has to be; ``values`` sorted, and empty where existence alone counts."""

    key: str
    operator: Operator
    values: tuple[str, ...] = ()

    def takes(self, labels: Mapping[str, Any]) -> bool:
        """Whether labels are as required; a label that is missing is in no set."""
        match self.operator:
            case Operator.IN:
                return self.key in labels and labels[self.key] in self.values
            case Operator.NOT_IN:
                return self.key not in labels or labels[self.key] not in self.values
            case Operator.EXISTS:
                return self.key in labels
            case Operator.DOES_NOT_EXIST:
                return self.key not in labels

    def __str__(self) -> str:
        values = ",".join(self.values)
        is_one = len(self.values) == 1
        match self.operator:
            case Operator.IN:
                return f"{self.key}={values}" if is_one else f"{self.key} in ({values})"
            case Operator.NOT_IN:
                return f"{self.key}!={values}" if is_one else f"{self.key} notin ({values})"
            case Operator.EXISTS:
                return self.key
            case Operator.DOES_NOT_EXIST:
                return f"!{self.key}"


class LabelSelector(NamedTuple):
    """Requirements of which all have to hold; sorted, each once, so that equal ones are one."""

    requirements: tuple[Requirement, ...]

    def takes(self, labels: Mapping[str, Any]) -> bool:
        """Whether an object of these labels is selected."""
        return all(each.takes(labels) for each in self.requirements)

    def __str__(self) -> str:
        """Return it in the notation of the server's lists, which is kubectl's, too."""
        return ",".join(map(str, self.requirements))


def read_label_selector(parent: FieldReader, name: str) -> LabelSelector | None:
    """Read the selector in a field; None where there is none, or none that can be used.

    One that names no label takes everything and is refused: what it takes is kept whole.
    """
    if not parent.has(name):
        return None
    if not isinstance(parent.raw(name), Mapping):
        parent.problem(name, "must be an object that has matchLabels or matchExpressions")
        return None
    reader = parent.child(name)
    if not (reader.raw("matchLabels") or reader.raw("matchExpressions")):
        parent.problem(name, "must name at least one label, or be left out")
        return None
    found = {*_read_labels(reader), *_read_expressions(reader)}
    selector = LabelSelector(tuple(sorted(found)))
    if len(str(selector)) > LABEL_SELECTOR_CHARACTERS:
        told = f"is longer than {LABEL_SELECTOR_CHARACTERS} characters in the server's notation"
        parent.problem(name, told)
        return None
    return selector if found else None


def _read_labels(reader: FieldReader) -> list[Requirement]:
    labels = reader.raw("matchLabels") or {}
    if not isinstance(labels, Mapping) or not all(
        isinstance(text, str) for item in labels.items() for text in item
    ):
        reader.problem("matchLabels", "must map labels to strings")
        return []
    return [Requirement(key, Operator.IN, (value,)) for key, value in labels.items()]


def _read_expressions(reader: FieldReader) -> list[Requirement]:
    read = map(_read_expression, reader.children("matchExpressions"))
    return [each for each in read if each is not None]


def _read_expression(reader: FieldReader) -> Requirement | None:
    key, word = reader.text("key", required=True), reader.text("operator", required=True)
    values = tuple(sorted(set(reader.texts("values"))))
    if word and word not in _OPERATORS:
        reader.problem("operator", f"must be one of {', '.join(Operator)}")
        return None
    if not key or not word:
        return None
    operator = Operator(word)
    is_set = operator in {Operator.IN, Operator.NOT_IN}
    if is_set != bool(values):
        told = "must hold at least one value" if is_set else f"must be empty with {operator}"
        reader.problem("values", told)
        return None
    return Requirement(key, operator, values)


_OPERATORS: Final = frozenset(Operator)
