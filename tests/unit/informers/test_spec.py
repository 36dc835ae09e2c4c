"""The text of a spec, which names an informer in logs and metrics."""

from clusterimport.informers import InformerSpec, Keep
from clusterimport.model.gvr import POLICIES, SECRETS


def test_every_part_shows_and_different_specs_differ():
    """Whatever makes two specs different makes their texts different."""
    specs = [
        InformerSpec(SECRETS),
        InformerSpec(POLICIES),
        InformerSpec(SECRETS, namespace="a"),
        InformerSpec(SECRETS, label_selector="a"),
        InformerSpec(SECRETS, field_selector="a"),
        InformerSpec(SECRETS, keep=Keep.IDENTITY),
    ]

    assert str(specs[0]) == "secrets.v1.core"
    assert len({str(spec) for spec in specs}) == len(specs)
