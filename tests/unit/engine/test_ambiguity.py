"""Which name templates are certain to give one name to sources of several namespaces."""

import dataclasses
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusterimport.engine.ambiguity import MESSAGES, Ambiguity, name_ambiguity
from clusterimport.engine.evaluation import FUNCTIONS, source_data
from clusterimport.gotemplate.template import Template
from clusterimport.model.policy import SourceType

CLUSTERS = SourceType("cluster.mcp.io", "clusters")
NAMESPACE, NAME = "{{ .source.metadata.namespace }}", "{{ .source.metadata.name }}"


def compiled(text):
    return Template(text, name="spec.nameTemplate", functions=FUNCTIONS)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"{NAMESPACE}-{NAME}", Ambiguity.NOT_SEPARATED),
        (f"{NAMESPACE}{NAME}", Ambiguity.NOT_SEPARATED),
        (f"vc-{NAMESPACE}-{NAME}-x", Ambiguity.NOT_SEPARATED),
        (f"{NAMESPACE}-in-{NAME}", Ambiguity.NOT_SEPARATED),
        (f"{NAME}-{NAMESPACE}", Ambiguity.NOT_SEPARATED),
        ("{{ $.source.metadata.namespace }}-{{ (.source.metadata.name) }}", "NOT_SEPARATED"),
        ('{{ printf "%s-%v" .source.metadata.namespace .source.metadata.name }}', "NOT_SEPARATED"),
        ('{{ print .source.metadata.namespace "-" .source.metadata.name }}', "NOT_SEPARATED"),
        (f'{NAMESPACE}-{{{{ trimPrefix "vc-" .source.metadata.name }}}}', "NOT_SEPARATED"),
        (f"{NAMESPACE}-{{{{ .source.metadata.name | lower | trim }}}}", "NOT_SEPARATED"),
        (NAME, Ambiguity.NOT_PRINTED),
        (f"mcp-{NAME}", Ambiguity.NOT_PRINTED),
        ('{{ printf "x-%s" .source.metadata.name }}', Ambiguity.NOT_PRINTED),
        ("same", Ambiguity.NOT_PRINTED),
        (f"{NAMESPACE}.{NAME}", None),
        (f"{NAME}.{NAMESPACE}", None),
        (f"x-{NAMESPACE}-.-{NAME}", None),
        ('{{ printf "%s.%s" .source.metadata.namespace .source.metadata.name }}', None),
        (NAMESPACE, None),
        (f"{NAMESPACE}-{NAME}-{NAMESPACE}", None),
        (f"{NAMESPACE}-{{{{ .source.metadata.uid }}}}", None),
        ("{{ .source.spec.clusterName }}", None),
        (f"{{{{ if .source.spec.x }}}}{NAME}{{{{ end }}}}", None),
        (f"{{{{ with .source.metadata }}}}{{{{ .name }}}}{{{{ end }}}}-{NAMESPACE}", None),
        (f"{NAMESPACE}-{{{{ .source.metadata.name | sha256sum }}}}", None),
        (f"{NAMESPACE}-{{{{ sha256sum .source.metadata.name }}}}", None),
        ('{{ printf "%s-%d" .source.metadata.namespace 1 }}', None),
        ('{{ printf "%s" .source.metadata.namespace .source.metadata.name }}', None),
        ("{{ $x := .source.metadata.name }}{{ $x }}", None),
        ("{{ list .source.metadata.name }}", None),
        (f'{{{{ define "x" }}}}{NAMESPACE}{{{{ end }}}}{{{{ template "x" . }}}}{NAME}', None),
    ],
)
def test_t56_only_what_is_certain_is_called_ambiguous(text, expected):
    """Without the namespace, or with nothing that separates it, the tree alone tells."""
    if isinstance(expected, str) and expected in Ambiguity.__members__:
        expected = Ambiguity[expected]
    assert name_ambiguity(CLUSTERS, compiled(text)) is expected


@pytest.mark.parametrize(
    "selector",
    [
        {"field_selector": "metadata.namespace=team"},
        {"selector_template": '{{ eq .source.metadata.namespace "team" }}'},
    ],
)
def test_t56_a_selector_of_namespaces_may_leave_only_one(selector):
    """Then the name template alone makes nothing certain."""
    source = dataclasses.replace(CLUSTERS, **selector)

    assert name_ambiguity(source, compiled(NAME)) is None


LABEL = st.from_regex(r"[a-z0-9]([-a-z0-9]{0,4}[a-z0-9])?", fullmatch=True)
SUBDOMAIN = st.from_regex(r"[a-z0-9]([-.a-z0-9]{0,4}[a-z0-9])?", fullmatch=True)


@given(st.sampled_from(["", "-", "x", "-a-", ".", ".-.", "a.b"]), LABEL, SUBDOMAIN, st.booleans())
def test_t56_an_ambiguous_template_really_is(between, namespace, name, is_turned):
    """Exactly where it is told, two other sources exist that have one name."""
    pair = (NAME, NAMESPACE) if is_turned else (NAMESPACE, NAME)
    template = compiled(between.join(pair))

    def called(namespace, name):
        metadata = {"namespace": namespace, "name": name}
        return template.render(source_data({"metadata": metadata}))

    found = name_ambiguity(CLUSTERS, template)
    if found is None:
        text = called(namespace, name)
        owners = {
            (text[:end], text[start:])
            for end in range(1, len(text))
            for start in [end + len(between)]
            if text[end:start] == between
        }
        turned = {(b, a) if is_turned else (a, b) for a, b in owners}
        label = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
        subdomain = re.compile(r"[a-z0-9]([-.a-z0-9]*[a-z0-9])?")
        possible = [(a, b) for a, b in turned if label.fullmatch(a) and subdomain.fullmatch(b)]
        assert possible == [(namespace, name)]
    else:
        one, other = ("c", f"b{between}d"), (f"c{between}b", "d")
        if is_turned:
            one, other = (f"b{between}d", "c"), ("d", f"c{between}b")
        assert called(*one) == called(*other)


def test_t56_each_ambiguity_says_what_it_means():
    """The messages are for a condition and for whoever validates a policy offline."""
    assert set(MESSAGES) == set(Ambiguity)
