from clusterimport.gotemplate.coverage import Coverage
from clusterimport.gotemplate.template import Template


def missed(text, *data):
    """Return the branches that renderings did not take."""
    coverage = Coverage()
    template = Template(text, coverage=coverage)
    for each in data:
        template.render(each)
    return [(branch.line, branch.column, str(branch)) for branch in coverage.missed()]


def test_both_ways_of_an_if_are_branches():
    """Also the one past it, where there is no else."""
    text = "{{ if .a }}x{{ end }}"
    assert missed(text, {"a": True}) == [(1, 6, "if is never false")]
    assert missed(text, {}) == [(1, 6, "if is never true")]
    assert missed(text, {}, {"a": 1}) == []


def test_an_else_if_is_a_branch_of_its_own():
    """It has its own place."""
    text = "{{ if .a }}x\n{{ else if .b }}y{{ end }}"
    assert missed(text, {"a": 1}) == [
        (1, 6, "if is never false"),
        (2, 11, "if is never false"),
        (2, 11, "if is never true"),
    ]


def test_a_range_goes_over_something_or_nothing():
    """The else list belongs to nothing; loops that are left early count as well."""
    text = "{{ range .l }}{{ break }}{{ else }}none{{ end }}"
    assert missed(text, {"l": [1, 2]}) == [(1, 9, "range is never over nothing")]
    assert missed(text, {"l": []}) == [(1, 9, "range is never over anything")]


def test_traced_renderings_count_too():
    """A document is rendered with the places of what actions print."""
    coverage = Coverage()
    template = Template("{{ with .a }}{{ . }}{{ end }}", coverage=coverage)
    assert template.render_traced({"a": "x"}).text == "x"
    assert [str(branch) for branch in coverage.missed()] == ["with is never false"]
    assert coverage.total == 2


def test_watching_changes_nothing():
    """What is printed is the same."""
    text = "{{ range $i, $e := .l }}{{ if $i }},{{ end }}{{ $e }}{{ else }}-{{ end }}"
    for data in ({"l": [1, 2, 3]}, {"l": []}):
        assert Template(text, coverage=Coverage()).render(data) == Template(text).render(data)
