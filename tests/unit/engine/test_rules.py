"""What an installation allows."""

from clusterimport.engine.rules import ImportRules
from clusterimport.model.policy import ImportOptions


def test_features_of_policy_and_installation_add_up():
    """A policy gets what it allows itself and what everybody is allowed."""
    rules = ImportRules(allowed_features=frozenset({"ProxyURL"}))
    options = ImportOptions(allowed_credential_features=frozenset({"ExecPlugin"}))

    assert rules.features(options) == {"ProxyURL", "ExecPlugin"}
    assert ImportRules().features(ImportOptions()) == frozenset()


def test_everything_is_off_by_default():
    """The safe installation is the one without flags."""
    assert ImportRules() == ImportRules(frozenset(), False, False)
