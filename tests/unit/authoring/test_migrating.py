"""What a swap of Clusterpedia's controller-manager does to each cluster."""

import base64

import pytest
import yaml

from clusterimport.authoring.documents import Document
from clusterimport.authoring.evaluating import evaluate
from clusterimport.authoring.inputs import Inputs
from clusterimport.authoring.migrating import Swap, clusterpedia_spec, escaped, migrate
from tests.fakes.authoring.authored import POLICY, documents, secret, source

ODD_SOURCE = source().replace(":6443", ":6443/k8s+a")
"""Its address has a character that Clusterpedia escapes."""
MARK = ("metadata.annotations",)
"""The name of the source, which comes along with any write."""
PLUS = "a~~~"
"""Its base64 has a plus."""


def judged(*texts, observed=None):
    inputs = Inputs(documents(*texts), observed=observed or ())
    return migrate(evaluate(inputs), inputs, is_observed=observed is not None)


def lifecycle(name="blue-one", owner="blue", of="team/one", created=True):
    """Return a lifecycle as Clusterpedia leaves it."""
    namespace, _, source_name = of.rpartition("/")
    return {
        "apiVersion": "policy.clusterpedia.io/v1alpha1",
        "kind": "PediaClusterLifecycle",
        "metadata": {
            "name": name,
            "uid": f"uid-{name}",
            "ownerReferences": [
                {
                    "apiVersion": "policy.clusterpedia.io/v1alpha1",
                    "kind": "ClusterImportPolicy",
                    "name": owner,
                    "uid": "",
                    "controller": True,
                }
            ],
        },
        "spec": {
            "source": {
                "group": "cluster.example.io",
                "version": "v1",
                "resource": "clusters",
                "namespace": namespace,
                "name": source_name,
            }
        },
        "status": {
            "conditions": [
                {
                    "type": "Created",
                    "status": "True" if created else "False",
                    "lastTransitionTime": "2026-01-02T00:00:00Z",
                }
            ]
        },
    }


def pediacluster(name="blue-one", *, owner=True, **spec):
    """Return a PediaCluster as Clusterpedia writes it."""
    mark = {
        "apiVersion": "policy.clusterpedia.io/v1alpha1",
        "kind": "PediaClusterLifecycle",
        "name": name,
        "uid": f"uid-{name}",
    }
    return {
        "apiVersion": "cluster.clusterpedia.io/v1alpha2",
        "kind": "PediaCluster",
        "metadata": {
            "name": name,
            "creationTimestamp": "2026-01-01T00:00:00Z",
            **({"ownerReferences": [mark]} if owner else {}),
        },
        "spec": {
            "apiserver": "https://192.0.2.1:6443",
            "tokenData": token(),
            "syncResources": [],
            **spec,
        },
    }


def token(text="sample-token-7f3a"):
    return base64.b64encode(text.encode()).decode()


def standing(*objects):
    return [Document(obj) for obj in objects]


def one(*texts, observed=None):
    (found,) = judged(*texts, observed=observed)
    return found


INPUTS = (POLICY, source(), secret())


def test_an_equal_cluster_is_not_written():
    """Also one whose mark Clusterpedia has made."""
    found = one(*INPUTS, observed=standing(lifecycle(), pediacluster()))
    assert (found.swap, found.cluster, found.fields) == (Swap.NOTHING, "blue-one", ())


def test_an_escaped_value_is_written_anew_and_named():
    """Clusterpedia has printed it as for HTML."""
    old = pediacluster(apiserver="https://192.0.2.1:6443/k8s&#43;a")
    found = one(POLICY, ODD_SOURCE, secret(), observed=standing(lifecycle(), old))
    assert (found.swap, found.fields) == (Swap.REWRITE, ("spec.apiserver", *MARK))
    assert "escaped apiserver as for HTML" in found.message


def test_another_value_is_written_anew():
    """A rotation that Clusterpedia has missed, for example."""
    old = pediacluster(tokenData=token("old"))
    found = one(*INPUTS, observed=standing(lifecycle(), old))
    assert (found.swap, found.fields) == (Swap.REWRITE, ("spec.tokenData", *MARK))
    assert found.message == ""


def test_a_refused_credential_is_told_with_what_allows_it():
    """What stands is neither changed nor deleted."""
    strict = POLICY.replace("  allowedCredentialFeatures: [InsecureTLS]\n", "")
    found = one(strict, source(), secret(), observed=standing(lifecycle(), pediacluster()))
    assert found.swap is Swap.REFUSAL
    assert "what stands is left as it is" in found.message
    assert "--allowed-credential-features=InsecureTLS" in found.message


def test_a_policy_that_has_made_nothing_wakes_up():
    """Clusterpedia follows one policy for each source type."""
    other = POLICY.replace("name: blue\n", "name: other\n").replace("blue-{{", "other-{{")
    there = standing(lifecycle(), pediacluster())
    found = judged(POLICY, other, source(), secret(), observed=there)
    assert [(each.policy, each.swap, each.is_waking) for each in found] == [
        ("blue", Swap.NOTHING, False),
        ("other", Swap.CREATE, True),
    ]
    assert "mode: Observe" in found[1].message


def test_a_cluster_that_clusterpedia_could_not_import_is_created():
    """Base64 with a plus is none once it is escaped."""
    there = standing(lifecycle("blue-x", of="team/x"), pediacluster("blue-x"))
    texts = (POLICY, source(), secret(token=PLUS), source("x", secret="one"))
    found = {each.cluster: each for each in judged(*texts, observed=there)}
    assert "+" in token(PLUS)
    assert found["blue-one"].swap is Swap.CREATE
    assert "escapes tokenData as for HTML, which is no base64" in found["blue-one"].message
    assert not found["blue-one"].is_waking


def test_what_waits_goes_on_waiting():
    """For its condition, or for a Secret; what was created is not asked again."""
    waiting = source(ready="false")
    found = one(POLICY, waiting, secret(), observed=[])
    assert found.swap is Swap.WAIT
    assert one(POLICY, source(), observed=[]).swap is Swap.WAIT
    there = standing(lifecycle(), pediacluster())
    assert one(POLICY, waiting, secret(), observed=there).swap is Swap.NOTHING


def test_a_name_that_somebody_else_has_is_refused():
    """As for the controller: never written."""
    found = one(*INPUTS, observed=standing(pediacluster(owner=False)))
    assert found.swap is Swap.REFUSAL
    assert "policy.clusterpedia.io/adopt" in found.message


@pytest.mark.parametrize("texts", [(POLICY,), (POLICY, source().replace("remote", "local"))])
def test_a_cluster_that_is_not_selected_any_more_goes(texts):
    """Or whose source is gone, while Clusterpedia was not running."""
    texts = (*texts, source("two", secret="one"), secret())
    found = judged(*texts, observed=standing(lifecycle(), pediacluster()))
    assert [(each.cluster, each.swap) for each in found] == [
        ("blue-two", Swap.CREATE),
        ("blue-one", Swap.DELETION),
    ]


def test_a_cluster_under_another_name_is_renamed():
    """The old PediaCluster stays until the new one stands."""
    there = standing(lifecycle("capi-one"), pediacluster("capi-one"))
    found = judged(*INPUTS, observed=there)
    assert [(each.cluster, each.swap) for each in found] == [
        ("blue-one", Swap.CREATE),
        ("capi-one", Swap.RENAME),
    ]
    assert "calls it blue-one now" in found[1].message


def test_lifecycles_of_other_policies_do_not_count():
    """Their policies were not asked about."""
    there = standing(lifecycle(), pediacluster(), lifecycle("x", owner="not-given"))
    assert one(*INPUTS, observed=there).swap is Swap.NOTHING


def test_without_what_stands_the_two_renderings_are_compared():
    """Equal, different, or such that Clusterpedia could import nothing."""
    assert one(*INPUTS).swap is Swap.NOTHING
    found = one(POLICY, ODD_SOURCE, secret())
    assert (found.swap, found.fields) == (Swap.REWRITE, ("spec.apiserver",))
    assert "escaped apiserver" in found.message
    found = one(POLICY, source(), secret(token=PLUS))
    assert found.swap is Swap.CREATE
    assert "no base64" in found.message


def test_a_kubeconfig_that_is_written_in_another_form_is_left_as_clusterpedia_wrote_it():
    """Every update makes Clusterpedia begin anew, so that only real differences are written."""
    config = yaml.safe_dump(
        {
            "clusters": [{"name": "c", "cluster": {"server": "https://192.0.2.1:6443"}}],
            "users": [{"name": "u", "user": {"token": "t"}}],
            "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
            "current-context": "x",
        }
    )
    text = POLICY.replace('      apiserver: "{{ .source.spec.server }}"\n', "").replace(
        "tokenData:", "kubeconfig:"
    )
    assert one(text, source(), secret(token=config + "# a comment\n")).swap is Swap.NOTHING


def test_a_template_that_escapes_by_itself_prints_the_same_with_both():
    """``html`` at the end of a pipeline is left alone by Clusterpedia."""
    text = POLICY.replace(".source.spec.server }}", ".source.spec.server | html }}")
    assert one(text, ODD_SOURCE, secret()).swap is Swap.NOTHING


@pytest.mark.parametrize(
    ("text", "entities"),
    [
        ("a+b&c'd", "a&#43;b&amp;c&#39;d"),
        ('<"x">', "&lt;&#34;x&#34;&gt;"),
        ("`=/\0", "`=/\N{REPLACEMENT CHARACTER}"),
    ],
)
def test_values_are_escaped_as_gos_html_template_does(text, entities):
    """Seen in Clusterpedia's own rendering."""
    assert escaped(text) == entities


def test_only_values_are_escaped_and_not_the_text_around_them():
    """What the policy's author wrote is no HTML to it."""
    template = "spec:\n  a: '+ & <{{ .x }}>'\n  b: '{{ .none }}'\n"
    assert clusterpedia_spec(template, {"x": "+"}) == {"a": "+ & <&#43;>", "b": ""}
    assert clusterpedia_spec("{{ .x | quote }}: [", {"x": "a"}) is None
    assert clusterpedia_spec("{{ fail .x }}", {"x": "a"}) is None
