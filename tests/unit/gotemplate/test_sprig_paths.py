"""Paths, against Go's own answers."""

import pytest

from tests.fakes.gotemplate import goanswers


@pytest.mark.parametrize(
    ("expression", "output"),
    [
        ('base ""', "."),
        ('base "/"', "/"),
        ('base "a//"', "a"),
        ('base "/a/b"', "b"),
        ('dir ""', "."),
        ('dir "a"', "."),
        ('dir "/a/"', "/a"),
        ('dir "a//b"', "a"),
        ('clean ""', "."),
        ('clean "a/../../b"', "../b"),
        ('clean "/../a"', "/a"),
        ('clean "//"', "/"),
        ('clean "./a/./b/"', "a/b"),
        ('ext "a.b/c"', ""),
        ('ext "a.tar.gz"', ".gz"),
        ('ext "a."', "."),
        ('isAbs "/a"', "true"),
        ('isAbs "a"', "false"),
        ('osBase "/a/b"', "b"),
        ('osDir "a/./b/"', "a/b"),
        ('osClean "a//b/.."', "a"),
        ('osExt ".x"', ".x"),
        ('osIsAbs "/"', "true"),
    ],
)
def test_paths(expression, output):
    """Paths are texts; cleaning never looks at files."""
    assert goanswers.rendered(expression) == output
