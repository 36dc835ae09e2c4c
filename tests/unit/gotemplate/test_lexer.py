"""Tokens of templates."""

import pytest

from clusterimport.gotemplate.lexer import Lexer
from clusterimport.gotemplate.tokens import TokenKind as K


def lex(text):
    lexer = Lexer(text)
    tokens = []
    while not tokens or tokens[-1].kind not in (K.EOF, K.ERROR):
        lexer.refill(tokens)
    return [(token.kind, token.value) for token in tokens if token.kind is not K.SPACE]


def inside(text):
    return lex("{{" + text + "}}")[1:-2]


def test_text_only():
    """Text without actions is one token."""
    assert lex("plain }} text") == [(K.TEXT, "plain }} text"), (K.EOF, "EOF")]
    assert lex("") == [(K.EOF, "EOF")]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (".", K.DOT),
        (".a", K.FIELD),
        (".日本", K.FIELD),
        ("$", K.VARIABLE),
        ("$x", K.VARIABLE),
        ("$é", K.VARIABLE),
        ("printf", K.IDENTIFIER),
        ("été", K.IDENTIFIER),
        ("true", K.BOOL),
        ("false", K.BOOL),
        ("nil", K.NIL),
        ("range", K.RANGE),
        ("break", K.BREAK),
        ('"a}}b"', K.STRING),
        ("`a\nb`", K.RAW_STRING),
        ("'a'", K.CHAR_CONSTANT),
        ("1.5e3", K.NUMBER),
        (".5", K.NUMBER),
        ("0x1p4", K.NUMBER),
        ("-1", K.NUMBER),
        ("1+2i", K.COMPLEX),
        (":=", K.DECLARE),
        ("=", K.ASSIGN),
        ("|", K.PIPE),
        (",", K.CHARACTER),
    ],
)
def test_single_tokens(text, kind):
    """Each kind of token is recognised alone in an action."""
    assert inside(f" {text} ") == [(kind, text)]


def test_chain():
    """Fields after a term are tokens of their own."""
    assert inside("$x.a.b") == [(K.VARIABLE, "$x"), (K.FIELD, ".a"), (K.FIELD, ".b")]
    assert inside("(f).a") == [
        (K.LEFT_PAREN, "("),
        (K.IDENTIFIER, "f"),
        (K.RIGHT_PAREN, ")"),
        (K.FIELD, ".a"),
    ]


def test_trim_markers():
    """Markers take the space around them, and need some themselves."""
    assert lex("a \n{{- 1 -}}\t b") == [
        (K.TEXT, "a"),
        (K.LEFT_DELIMITER, "{{"),
        (K.NUMBER, "1"),
        (K.RIGHT_DELIMITER, "}}"),
        (K.TEXT, "b"),
        (K.EOF, "EOF"),
    ]
    assert inside("-1") == [(K.NUMBER, "-1")]
    assert lex("a {{- 1\n\n-}} b")[0] == (K.TEXT, "a")
    assert lex(" \n {{- 1 }}")[0] == (K.LEFT_DELIMITER, "{{")


def test_comments():
    """Comments leave nothing behind, with or without markers."""
    assert lex("a{{/* c }} */}}b") == [(K.TEXT, "a"), (K.TEXT, "b"), (K.EOF, "EOF")]
    assert lex("a {{- /* c */ -}} b") == [(K.TEXT, "a"), (K.TEXT, "b"), (K.EOF, "EOF")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{{", "unclosed action"),
        ("{{ .x", "unclosed action"),
        ("{{/* c", "unclosed comment"),
        ("{{/* c */ }}", "comment ends before closing delimiter"),
        ('{{ "a\n" }}', "unterminated quoted string"),
        ('{{ "a', "unterminated quoted string"),
        ("{{ `a", "unterminated raw quoted string"),
        ("{{ 'a", "unterminated character constant"),
        ("{{ ( }}", "unclosed left paren"),
        ("{{ ) }}", "unexpected right paren"),
        ("{{ : }}", "expected :="),
        ("{{ 1x }}", 'bad number syntax: "1x"'),
        ("{{ 1+2 }}", 'bad number syntax: "1+2"'),
        ("{{ 1+2ix }}", 'bad number syntax: "1+2ix"'),
        ("{{ .a[0] }}", "bad character U+005B '['"),
        ("{{ $a+1 }}", "bad character U+002B '+'"),
        ("{{ a½ }}", "bad character U+00BD '½'"),
        ("{{ .s-}}", "bad character U+002D '-'"),
        ("{{ ½ }}", "unrecognized character in action: U+00BD '½'"),
        ("{{ \u200b }}", "unrecognized character in action: U+200B"),
    ],
)
def test_errors(text, message):
    """The first error ends the tokens and has Go's text."""
    assert lex(text)[-1] == (K.ERROR, message)


def test_dot_at_the_end():
    """A dot at the very end of the text is a number to Go."""
    assert (K.NUMBER, ".") in lex("{{ .")


def test_long_actions():
    """Tokens come in batches, across which an action goes on."""
    tokens = lex("{{ " + "1 " * 500 + "}}")
    assert [kind for kind, _ in tokens].count(K.NUMBER) == 500
