"""Templates and what they make of an object.

Work, not time, so that a bound is met at the same place every time. Together they keep a parse or
a render below 40 ms. Counted as ``TEMPLATE``.
"""

from typing import Final

TEMPLATE_BYTES: Final = 128 * 1024
"""Most bytes of a template's text."""

TEMPLATE_TOKENS: Final = 6000
"""Words, literals and delimiters of a template; fields that follow one another are one."""

TEMPLATE_NESTING: Final = 100
"""Control structures and parentheses inside one another."""

TEMPLATE_CALLS: Final = 3000
"""Templates that call one another, or themselves, without end."""

TEMPLATE_STEPS: Final = 30_000
"""Steps of one render, each about a microsecond."""

TEMPLATE_OUTPUT_BYTES: Final = 1024 * 1024
"""Most bytes that a render prints; etcd takes some 1.5 MB."""

TEMPLATE_VALUE_SIZE: Final = 1024 * 1024
"""Bytes of one string, or items of one list, that a function makes."""

TEMPLATE_VALUE_DEPTH: Final = 100
"""Lists and maps inside one another, in a value that is printed or descended into."""

TEMPLATE_PATTERN_CHARACTERS: Final = 4096
"""Longest regular expression of a template."""

TEMPLATE_PATTERN_BYTES: Final = 1024 * 1024
"""Most memory of the program that a regular expression becomes."""

COMPILED_TEMPLATES: Final = 1024
"""Templates that are kept compiled, some 20 KiB each. A policy has about six, and its lifecycles
share them; the one that was used least recently is compiled again."""
