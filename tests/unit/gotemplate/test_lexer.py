"""Tokens of templates."""

import pytest

from clusterimport.gotemplate.lexer import Lexer
from clusterimport.gotemplate.tokens import TokenKind as K


def lex(text):
    return [(token.kind, token.value) for token in Lexer(text, 6000).tokens()]


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
    """Fields after a term are a token of their own, one for all of them."""
    assert inside("$x.a.b") == [(K.VARIABLE, "$x"), (K.FIELD, ".a.b")]
    assert inside(".a.é.b.c") == [(K.FIELD, ".a"), (K.FIELD, ".é"), (K.FIELD, ".b.c")]
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


def test_space_before_tokens():
    """A token knows whether there is space before it, and starts behind that."""
    tokens = Lexer("a {{ f .x\n.é(-1) -}}", 6000).tokens()
    assert [(token.value, token.pos, token.spaced) for token in tokens] == [
        ("a ", 0, False),
        ("{{", 2, False),
        ("f", 5, True),
        (".x", 7, True),
        (".é", 10, True),
        ("(", 12, False),
        ("-1", 13, False),
        (")", 15, False),
        ("}}", 18, True),
        ("EOF", 20, False),
    ]


@pytest.mark.parametrize("text", ["{{ " + "1 " * 500 + "}}", "{{1}}" * 500, "a{{/* c */}}" * 500])
def test_more_tokens_than_wanted(text):
    """The tokens of a text with too many end early, without one that says so."""
    tokens = Lexer(text, 60).tokens()
    assert 60 <= len(tokens) <= 62
    assert tokens[-1].kind not in (K.EOF, K.ERROR)


def test_as_many_tokens_as_wanted():
    """The end of the text is not counted."""
    assert Lexer("{{1}}" * 20, 60).tokens()[-1].kind is K.EOF
