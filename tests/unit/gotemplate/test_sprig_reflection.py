"""Types and kinds, against Go's own answers."""

import pytest

from tests.fakes.gotemplate import goanswers


@pytest.mark.parametrize(
    ("expression", "output"),
    [
        ("typeOf .n", "int64"),
        ("typeOf 1", "int"),
        ("typeOf nil", "<nil>"),
        ("typeOf .m", "map[string]interface {}"),
        ('typeOf (split "," "a")', "map[string]string"),
        ('typeOf (semver "1.0.0")', "*semver.Version"),
        ('typeOf (toDate "2006" "2020")', "time.Time"),
        ('typeOf (toDate "2006" "2020").Month', "time.Month"),
        ('typeOf (toDate "2006" "2020").Location', "*time.Location"),
        ('typeIs "int64" .n', "true"),
        ('typeIs "int" .n', "false"),
        ('typeIsLike "semver.Version" (semver "1.0.0")', "true"),
        ('typeIsLike "int" 1', "true"),
        ('typeIsLike "int" .n', "false"),
        ('kindOf (semver "1.0.0")', "ptr"),
        ('kindOf (semver "1.0.0").IncMajor', "struct"),
        ("kindOf nil", "invalid"),
        ("kindOf .list", "slice"),
        ('kindOf (toDate "2006" "2020").Weekday', "int"),
        ('kindIs "map" .m', "true"),
        ('kindIs "slice" .m', "false"),
        ("deepEqual 1 .one", "false"),
        ("deepEqual .one .one", "true"),
        ('deepEqual (list 1 (dict "a" nil)) (list 1 (dict "a" nil))', "true"),
        ("deepEqual (list 1) (list 2)", "false"),
        ("deepEqual (rest (list)) (list)", "false"),
        ("deepEqual nil .missing", "true"),
        ('deepEqual (semver "1.0.0") (semver "1.0.0")', "true"),
        ('deepEqual (semver "1.0.0") (semver "v1.0.0")', "false"),
        ('deepEqual (toDate "2006" "2020") (toDate "2006" "2020")', "true"),
        ('deepEqual (toDate "2006" "2020") (toDate "2006 Z07" "2020 Z")', "false"),
    ],
)
def test_types(expression, output):
    """Types and kinds have Go names."""
    assert goanswers.rendered(expression) == output
