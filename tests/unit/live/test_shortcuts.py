"""Which entries of a kubeconfig lead to imported clusters, and which are somebody's own."""

from clusterimport.live.shortcuts import Act, ShortcutEntry, is_shortcut, plan, shortcuts

ROOT = "https://10.0.0.1:6443/apis/clusterpedia.io/v1beta1/resources"
BASE = {
    "server": "https://10.0.0.1:6443",
    "certificate-authority-data": "Q0E=",
    "tls-server-name": "kubernetes",
    "extensions": [{"name": "minikube"}],
}
COPIED = {"certificate-authority-data": "Q0E=", "tls-server-name": "kubernetes"}


def acts(names, *entries):
    return {step.name: step.act for step in plan(BASE, names, entries)}


def test_one_entry_for_all_clusters_and_one_for_each():
    """The trust of the present cluster comes along, and nothing else of it."""
    assert shortcuts(BASE, ["green", "blue"]) == {
        "clusterpedia": {"server": ROOT, **COPIED},
        "blue": {"server": f"{ROOT}/clusters/blue", **COPIED},
        "green": {"server": f"{ROOT}/clusters/green", **COPIED},
    }


def test_a_slash_at_the_end_of_the_server_is_not_doubled():
    """Both forms of an address lead to the same place."""
    assert shortcuts({"server": "https://a/k8s/"}, [])["clusterpedia"]["server"] == (
        "https://a/k8s/apis/clusterpedia.io/v1beta1/resources"
    )


def test_a_cluster_called_clusterpedia_does_not_take_the_place_of_all():
    """The entry for all clusters is what the name promises."""
    assert shortcuts(BASE, ["clusterpedia"])["clusterpedia"]["server"] == ROOT


def test_what_is_missing_is_added_and_what_is_right_is_kept():
    """A second run finds nothing to do."""
    entries = [ShortcutEntry(name, cluster) for name, cluster in shortcuts(BASE, ["blue"]).items()]

    assert acts(["blue"]) == {"clusterpedia": Act.ADD, "blue": Act.ADD}
    assert acts(["blue"], *entries) == {"clusterpedia": Act.KEEP, "blue": Act.KEEP}


def test_an_entry_of_ours_with_an_old_authority_is_renewed():
    """The CA of the API server was rotated."""
    old = ShortcutEntry(
        "blue", {"server": f"{ROOT}/clusters/blue", "certificate-authority-data": "b2xk"}
    )
    assert acts(["blue"], old)["blue"] is Act.UPDATE


def test_an_entry_of_a_cluster_that_is_gone_is_removed():
    """It would lead nowhere."""
    assert acts([], ShortcutEntry("old", {"server": f"{ROOT}/clusters/old"}))["old"] is Act.REMOVE


def test_somebodys_own_entry_is_left_alone_whatever_it_is_called():
    """Ours are known by where they lead under their own name."""
    foreign = [
        ShortcutEntry("blue", {"server": "https://blue:6443"}),
        ShortcutEntry("clusterpedia", {"server": "https://elsewhere/apis/clusterpedia.io"}),
        ShortcutEntry("mine", {"server": f"{ROOT}/clusters/old"}),
        ShortcutEntry(
            "other", {"server": ROOT.replace("10.0.0.1", "10.0.0.2") + "/clusters/other"}
        ),
    ]
    assert acts(["blue"], *foreign) == {"clusterpedia": Act.FOREIGN, "blue": Act.FOREIGN}


def test_a_short_cut_is_told_from_an_api_server():
    """A context that uses one cannot be the base of others."""
    assert is_shortcut({"server": f"{ROOT}/clusters/blue"})
    assert not is_shortcut(BASE)
