"""Kubeconfigs that nobody writes: real ones, changed at a few places."""

import json
import random
from collections.abc import Callable
from typing import Any, Final

import yaml

from tests.golden.kubeconfigs.seeds import CONTENT, RAW, SHORT, SIGNS, filled

_CHANGES_EACH: Final = (1, 1, 1, 2, 2, 3, 4)
_SHARE_GENTLE: Final = 0.6
_SHARE_RAW: Final = 0.03
_SHARE_OTHER_ENCODING: Final = 0.01
_SHARE_UNCHANGED: Final = 0.02
_CONTENTS: Final[tuple[Any, ...]] = tuple(yaml.load(text, yaml.CSafeLoader) for text in SHORT)


def make(seed: str, number: int) -> bytes:
    """Return a case; it depends on seed and number alone."""
    chance = random.Random(f"{seed}:{number}")
    text = _written_anew(chance) if chance.random() < 1 / 4 else chance.choice(SHORT)
    if chance.random() >= _SHARE_UNCHANGED:
        for _ in range(chance.choice(_CHANGES_EACH)):
            changes = _GENTLE if chance.random() < _SHARE_GENTLE else _ROUGH
            text = chance.choice(changes)(chance, text)
    text = filled(text)
    data = text.encode("utf-8", "surrogatepass")
    if chance.random() < _SHARE_RAW:
        at = chance.randint(0, len(data))
        data = data[:at] + chance.choice(RAW) + data[at:]
    if chance.random() < _SHARE_OTHER_ENCODING:
        data = text.encode(chance.choice(("utf-16", "utf-16-le", "utf-8-sig", "utf-32")), "replace")
    return data


def _written_anew(chance: random.Random) -> str:
    """Return a real one as another program would write it."""
    content = chance.choice(_CONTENTS)
    if chance.random() < 1 / 3:
        separators = (",", ":") if chance.random() < 1 / 2 else None
        indent = chance.choice((None, None, 1, 2, 4, "\t"))
        return json.dumps(content, indent=indent, separators=separators)
    text: str = yaml.dump(
        content,
        Dumper=yaml.CSafeDumper,
        default_flow_style=chance.choice((False, False, None, True)),
        default_style=chance.choice((None, None, "'", '"', "|", ">")),
        indent=chance.choice((2, 4)),
        width=chance.choice((10, 80, 10_000)),
        line_break=chance.choice(("\n", "\n", "\r\n", "\r")),
        explicit_start=chance.random() < 1 / 4,
        sort_keys=chance.random() < 1 / 2,
    )
    return text


def _insert(chance: random.Random, text: str) -> str:
    at = chance.randint(0, len(text))
    return text[:at] + chance.choice(SIGNS) + text[at:]


def _begin_line(chance: random.Random, text: str) -> str:
    lines, at = _line(chance, text)
    lines[at] = chance.choice(SIGNS) + lines[at]
    return "\n".join(lines)


def _end_line(chance: random.Random, text: str) -> str:
    lines, at = _line(chance, text)
    lines[at] += chance.choice(("", " ")) + chance.choice(SIGNS)
    return "\n".join(lines)


def _add_line(chance: random.Random, text: str) -> str:
    """Add something to be seen or not, where a sign may hide it."""
    lines, at = _line(chance, text)
    near = lines[at]
    indentation = near[: len(near) - len(near.lstrip(" "))] if chance.random() < 3 / 4 else ""
    hidden = chance.choice(("", "", "# ", "\ufeff# ", "#\ufeff", "%", "'", "- ", "? "))
    lines.insert(at, chance.choice(("", "\ufeff")) + indentation + hidden + chance.choice(CONTENT))
    return "\n".join(lines)


def _add_in_brackets(chance: random.Random, text: str) -> str:
    places = [at for at, character in enumerate(text) if character in "{,"]
    if not places:
        return _add_line(chance, text)
    at = chance.choice(places) + 1
    return f"{text[:at]}{chance.choice(CONTENT)}, {text[at:]}"


def _hide_in_brackets(chance: random.Random, text: str) -> str:
    """Add something behind a comma, in a line that is a comment to who skips what stands there."""
    places = [at for at, character in enumerate(text) if character == ","]
    if not places:
        return text
    at = chance.choice(places) + 1
    sign = "\ufeff" if chance.random() < 1 / 2 else chance.choice(SIGNS)
    hidden = f"\n{sign}#{chance.choice((' ', ': x'))}, {chance.choice(CONTENT)},\n"
    return text[:at] + hidden + text[at:]


def _change_value(chance: random.Random, text: str) -> str:
    lines, at = _line(chance, text)
    key, colon, value = lines[at].partition(": ")
    changes: tuple[Callable[[], str], ...] = (
        lambda: f'"{value}"',
        lambda: f"'{value}'",
        lambda: "|\n" + " " * chance.randint(0, 12) + value,
        lambda: ">-\n" + " " * chance.randint(0, 12) + value,
        lambda: "\n" + " " * chance.randint(0, 12) + value,
        lambda: "[" + value + "]",
        lambda: "{" + value + "}",
        lambda: chance.choice(SIGNS),
        lambda: value[: len(value) // 2] + chance.choice(SIGNS) + value[len(value) // 2 :],
        lambda: (
            value[: len(value) // 2] + "\n" + " " * chance.randint(0, 8) + value[len(value) // 2 :]
        ),
        lambda: f"&a {value}",
        lambda: f"!!str {value}",
        lambda: "",
    )
    lines[at] = key + colon + chance.choice(changes)()
    return "\n".join(lines)


def _change_key(chance: random.Random, text: str) -> str:
    lines, at = _line(chance, text)
    key, colon, value = lines[at].partition(":")
    name = key.lstrip(" -")
    before = key[: len(key) - len(name)]
    changes = (
        name.upper(), name.title(), name.swapcase(), f'"{name}"', f"'{name}'",
        f"? {name}\n{before}", f"{name} ", f"!!str {name}", name.replace("-", "_"), f"&k {name}",
        name + "\n", chance.choice(SIGNS) + name,
        chance.choice(("exec", "server", "token", "kind")),
    )  # fmt: skip
    lines[at] = before + chance.choice(changes) + colon + value
    return "\n".join(lines)


def _indent(chance: random.Random, text: str) -> str:
    lines, at = _line(chance, text)
    if chance.random() < 1 / 2:
        lines[at] = " " * chance.randint(0, 4) + lines[at]
    else:
        lines[at] = lines[at].removeprefix(" " * chance.randint(1, 4))
    return "\n".join(lines)


def _repeat_line(chance: random.Random, text: str) -> str:
    lines, at = _line(chance, text)
    line = lines[at]
    lines.insert(chance.randint(0, len(lines)), chance.choice((line, line.upper(), line.title())))
    return "\n".join(lines)


def _join_lines(chance: random.Random, text: str) -> str:
    lines, at = _line(chance, text)
    joined = chance.choice(("", " ", ", ", " # ", "\r", "\x85", "\u2028", "\t", ": "))
    lines[at : at + 2] = [joined.join(lines[at : at + 2])]
    return "\n".join(lines)


def _delete(chance: random.Random, text: str) -> str:
    at = chance.randint(0, len(text))
    return text[:at] + text[at + chance.choice((1, 1, 1, 2, 5, 40)) :]


def _delete_line(chance: random.Random, text: str) -> str:
    lines, at = _line(chance, text)
    del lines[at]
    return "\n".join(lines)


def _swap(chance: random.Random, text: str) -> str:
    """Put one character in place of another."""
    if not text:
        return text
    at = chance.randrange(len(text))
    return text[:at] + chance.choice("\t \n:#'\"-\ufeff\r") + text[at + 1 :]


def _comment(chance: random.Random, text: str) -> str:
    lines, at = _line(chance, text)
    content = chance.choice(("", "", ": ", "- ", "\t")) + chance.choice((*SIGNS, *CONTENT))
    lines.insert(at, " " * chance.choice((0, 0, 2, 4, 8)) + "#" + content.partition("\n")[0])
    return "\n".join(lines)


def _comment_behind(chance: random.Random, text: str) -> str:
    lines, at = _line(chance, text)
    lines[at] += chance.choice((" # ", "  #", "\t# ", " #")) + chance.choice(SIGNS).strip("\n")
    return "\n".join(lines)


def _quote(chance: random.Random, text: str) -> str:
    """Put a value between quotes, perhaps with an escape more."""
    lines, at = _line(chance, text)
    key, colon, value = lines[at].partition(": ")
    if colon and value[:1].isalnum():
        more = chance.choice(
            ("", "", "", "\\u0041", "\\x41", "\\U0001F600", "\\n", "\\L", "\\/", "\\0", "\\t")
        )
        lines[at] = (
            key + colon + chance.choice((f'"{value}{more}"', f"'{value}'", f'"{more}{value}"'))
        )
    return "\n".join(lines)


def _in_value(chance: random.Random, text: str) -> str:
    """Put one thing into a value, where most of them belong to it."""
    places = [at for at, character in enumerate(text) if character.isalnum()]
    at = chance.choice(places) if places else 0
    return text[:at] + chance.choice(_INNER) + text[at:]


def _space(chance: random.Random, text: str) -> str:
    """Add space where it should not matter."""
    lines, at = _line(chance, text)
    added = chance.choice((" ", "  ", "\t", "\n", "\n\n", "\r", " \n  "))
    lines[at] = (
        lines[at].replace(": ", ":" + added, 1) if chance.random() < 1 / 3 else lines[at] + added
    )
    return "\n".join(lines)


def _line_ends(chance: random.Random, text: str) -> str:
    end = chance.choice(("\r\n", "\r\n", "\r", "\x85", "\u2028", "\n\n", " \n"))
    return text.replace("\n", end) if chance.random() < 1 / 2 else text.replace("\n", end, 1)


def _in_brackets(chance: random.Random, text: str) -> str:
    """Write the lines below a key in brackets, where there is just one of them."""
    lines, at = _line(chance, text)
    if at and lines[at - 1].endswith(":") and ": " in lines[at]:
        gap = chance.choice((" ", "  ", "\n     ", "\t"))
        lines[at - 1 : at + 1] = [lines[at - 1] + gap + "{" + lines[at].strip(" -") + "}"]
    return "\n".join(lines)


def _add_known(chance: random.Random, text: str) -> str:
    """Add a line where it fits, in front of one of the same depth."""
    lines, at = _line(chance, text)
    near = lines[at]
    depth = len(near) - len(near.lstrip(" "))
    lines.insert(at, " " * depth + chance.choice(CONTENT))
    return "\n".join(lines)


def _line(chance: random.Random, text: str) -> tuple[list[str], int]:
    lines = text.split("\n")
    return lines, chance.randrange(len(lines))


_INNER: Final = (
    " ", "  ", "#", " #", ":", "::", "?", "%", "%41", "@", "&", "*", "!", "|", ">", "~", "`", "\\",
    "'", "''", '"', ",", "[", "]", "{", "}", "é", "\xa0", "\u200b", "\ufeff", "\t", "_", "0", "-",
    ".", "=", "/", "\n", "\n      ",
)  # fmt: skip

_GENTLE: Final = (
    _comment,
    _comment_behind,
    _quote,
    _in_value,
    _in_value,
    _space,
    _line_ends,
    _in_brackets,
    _hide_in_brackets,
    _add_known,
    _add_known,
    _indent,
)
_ROUGH: Final = (
    _insert,
    _insert,
    _begin_line,
    _begin_line,
    _end_line,
    _add_line,
    _add_line,
    _add_in_brackets,
    _hide_in_brackets,
    _change_value,
    _change_value,
    _change_key,
    _indent,
    _repeat_line,
    _join_lines,
    _delete,
    _delete_line,
    _swap,
)
